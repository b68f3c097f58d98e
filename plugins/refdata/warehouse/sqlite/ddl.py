"""Renders types and alignments as SQLite's SQL. Pure: returns statements, runs none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core.alignment import Widening
from refdata.core.model import Column, TableName
from refdata.core.naming import quote
from refdata.core.publishing import column_list, qualified
from refdata.core.sqltypes import SqlType, TypeKind

EXACT_DIGITS = 15
"""Decimal digits that a double keeps (IEEE 754, DBL_DIG). A DECIMAL column has numeric affinity, which
stores a double, so a longer one is declared DECIMAL_TEXT, which has text affinity and keeps each digit.
https://www.sqlite.org/datatype3.html#determination_of_column_affinity"""

_DECLARED = re.compile(r"(?P<name>[A-Z0-9_]+)\s*(?:\(\s*(?P<first>\d+)\s*(?:,\s*(?P<second>\d+)\s*)?\))?")
_INDEX_HEAD = re.compile(r"^CREATE\s+(?P<kind>(?:UNIQUE\s+)?INDEX|TRIGGER)\s+(?:IF\s+NOT\s+EXISTS\s+)?", re.IGNORECASE)


def is_text(kind: SqlType) -> bool:
    """Whether a string, or a decimal that a double cannot keep: SQLite stores both as text."""
    return kind.kind is TypeKind.NVARCHAR or (kind.kind is TypeKind.DECIMAL and (kind.precision or 0) > EXACT_DIGITS)


def declared_type(kind: SqlType) -> str:
    """How a type is written in CREATE TABLE. ``NVARCHAR(MAX)`` is ``TEXT``: SQLite accepts only numbers there."""
    if kind.kind is TypeKind.NVARCHAR and kind.length is None:
        return "TEXT"
    if kind.kind is TypeKind.DECIMAL and is_text(kind):
        return f"DECIMAL_TEXT({kind.precision},{kind.scale})"
    return str(kind)


def parse_declared(text: str) -> SqlType:
    """The type of a column from its declaration; a foreign type counts as unlimited text."""
    match = _DECLARED.fullmatch(text.strip().upper())
    if match is None:
        return SqlType(TypeKind.NVARCHAR)
    name = {"DECIMAL_TEXT": "DECIMAL", "NUMERIC": "DECIMAL", "INTEGER": "BIGINT", "REAL": "FLOAT"}.get(
        match["name"], match["name"]
    )
    first, second = (int(match[key]) if match[key] else None for key in ("first", "second"))
    if name == TypeKind.DECIMAL and first is not None:
        return SqlType(TypeKind.DECIMAL, precision=first, scale=second or 0)
    if name in ("NVARCHAR", "VARCHAR", "NCHAR", "CHAR"):
        return SqlType(TypeKind.NVARCHAR, length=first)
    plain = name in TypeKind.__members__ and name not in ("DECIMAL", "NVARCHAR")
    return SqlType(TypeKind(name)) if plain else SqlType(TypeKind.NVARCHAR)


def create_table(name: TableName, columns: Sequence[Column]) -> str:
    """CREATE TABLE with the columns in order."""
    lines = ",\n    ".join(_definition(column) for column in columns)
    return f"CREATE TABLE {qualified(name)} (\n    {lines}\n)"


def add_columns(name: TableName, columns: Sequence[Column]) -> list[str]:
    """One ALTER TABLE per column; SQLite accepts no more at once."""
    return [f"ALTER TABLE {qualified(name)} ADD COLUMN {_definition(column)}" for column in columns]


def rebuild_table(
    name: TableName, live: Sequence[Column], widenings: Sequence[Widening], dependents: Sequence[str]
) -> list[str]:
    """Changes column types by copying the table, since SQLite cannot alter a type.

    ``dependents`` are the CREATE statements of the table's indexes and triggers, recreated afterwards.
    The order of the steps is SQLite's own: https://www.sqlite.org/lang_altertable.html#otheralter
    """
    widened = {change.column.name: change for change in widenings}
    columns = [widened[column.name].column if column.name in widened else column for column in live]
    copy = TableName(name.schema, f"{name.name}_rebuild")
    values = ", ".join(_converted(column.name, widened.get(column.name)) for column in live)
    names = column_list(tuple(column.name for column in live))
    return [
        f"DROP TABLE IF EXISTS {qualified(copy)}",
        create_table(copy, columns),
        f"INSERT INTO {qualified(copy)} ({names}) SELECT {values} FROM {qualified(name)}",
        f"DROP TABLE {qualified(name)}",
        f"ALTER TABLE {qualified(copy)} RENAME TO {quote(name.name)}",
        *(_INDEX_HEAD.sub(rf"CREATE \g<kind> {quote(name.schema)}.", sql, count=1) for sql in dependents),
    ]


def _definition(column: Column) -> str:
    null = "" if column.nullable else " NOT NULL"
    return f"{quote(column.name)} {declared_type(column.type)}{null}"


def _converted(name: str, change: Widening | None) -> str:
    value = quote(name)
    if change is None:
        return value
    old, new = change.old.type, change.column.type
    if new.kind is TypeKind.DECIMAL and is_text(new):
        return _with_scale(value, old, new.scale or 0)
    if new.kind is not TypeKind.NVARCHAR:
        return value
    if old.kind is TypeKind.DECIMAL and not is_text(old):
        return _with_digits(value, old.scale or 0)
    if old.kind is TypeKind.BIT:
        return f"CASE {value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if old.kind is TypeKind.FLOAT:
        # CAST writes 15 digits, which does not round-trip every double; quote() writes as many as needed.
        exact = _if_equal(value, f"printf('%.15g', {value})", f"quote({value})")
        return f"CASE WHEN {value} IS NOT NULL THEN {exact} END"
    return f"CAST({value} AS TEXT)"


def _with_scale(value: str, old: SqlType, scale: int) -> str:
    """A number or its text as a text with ``scale`` decimals, as a load would store it now."""
    if old.kind is TypeKind.DECIMAL and not is_text(old):
        return _with_digits(value, old.scale or 0, scale)
    zeros = "0" * scale
    if not zeros:
        return f"CAST({value} AS TEXT)"
    if old.kind in (TypeKind.INT, TypeKind.BIGINT):
        return f"CAST({value} AS TEXT) || '.{zeros}'"
    missing = f"substr('{zeros}', 1, max(0, {scale} - length({value}) + instr({value}, '.')))"
    return f"""CASE WHEN {value} GLOB '*[^0-9.-]*' THEN {value} WHEN instr({value}, '.') THEN {value} || {missing}
        ELSE {value} || '.{zeros}' END"""


def _with_digits(value: str, old: int, new: int = 0) -> str:
    """A double as a text with the decimals that it was declared with, and zeros behind them up to ``new`` decimals.

    Printed with more of them it would show what a double is off (91193035.70999999 for 91193035.71). CAST writes no
    zeros at the end, and a small number as 1.5e-07.
    """
    zeros = "." * (old == 0 < new) + "0" * (new - old)
    return _if_equal(value, f"printf('%.{old}f', {value}) || '{zeros}'", f"CAST({value} AS TEXT)")


def _if_equal(value: str, written: str, otherwise: str) -> str:
    """A number's text ``written`` where it is the same number."""
    return f"CASE WHEN CAST({written} AS REAL) = {value} THEN {written} ELSE {otherwise} END"
