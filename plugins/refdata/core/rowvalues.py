"""How the values of a table's columns are read for people: which are compared, cut, searched."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core.capabilities import Capabilities
from refdata.core.model import Column
from refdata.core.naming import fold_name, quote
from refdata.core.sqltypes import SqlType, TypeKind

SHOWN = 300
"""Characters of a text that a page of rows brings; the whole value is read with its row."""
_CHARACTERS = ("nchar", "char", "varchar")
_BINARY = ("binary", "varbinary", "image", "geography", "geometry", "hierarchyid")
"""Types that are shown in hex, and neither sorted nor searched."""
_DIGITS = re.compile(r"[-+0-9.,:eE T/]+")


def named_column(columns: Sequence[Column], name: str) -> Column:
    """The column of that name; upper and lower case are the same.

    :raises ValueError: when there is none.
    """
    column = next((one for one in columns if fold_name(one.name) == fold_name(name)), None)
    if column is None:
        raise ValueError(f"There is no column {name}; there are {', '.join(one.name for one in columns)}")
    return column


def value_of(engine: Capabilities, column: Column) -> str:
    """A column's value in a form that a server can compare."""
    name, foreign = quote(column.name), _foreign(column)
    is_other = bool(foreign) and foreign not in _CHARACTERS and column.type.kind is TypeKind.NVARCHAR
    # Such as xml and uniqueidentifier, which a server does not compare with text.
    return f"CAST({name} AS {engine.type_name(SqlType(TypeKind.NVARCHAR))})" if is_other else name


def readable(engine: Capabilities, column: Column) -> str:
    """A column's value in a form that a driver returns: bytes as they are."""
    return quote(column.name) if is_binary(column) else value_of(engine, column)


def _foreign(column: Column) -> str:
    """The name of a column's type, without its size, where it is none of the nine; else ``""``."""
    return column.native.name.partition("(")[0].lower() if column.native else ""


def is_binary(column: Column) -> bool:
    """Whether a column's values are bytes."""
    return _foreign(column) in _BINARY


def is_long(column: Column) -> bool:
    """Whether a value of the column may be longer than what a list shows."""
    length = column.type.length
    return not is_binary(column) and column.type.kind is TypeKind.NVARCHAR and (length is None or length > SHOWN)


def may_contain(column: Column, text: str) -> bool:
    """Whether a value of the column's type, as text, can contain a text: a number contains no letters."""
    if column.type.kind is TypeKind.NVARCHAR:
        return not is_binary(column)
    return column.type.kind is not TypeKind.BIT and _DIGITS.fullmatch(text) is not None
