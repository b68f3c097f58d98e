"""Declared column types, in place of those that a file's values suggest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from refdata.core.contract import Contract, FieldContract, stated_by_people
from refdata.core.contractterms import FieldType
from refdata.core.filemodel import Notation, ScannedColumn
from refdata.core.learning import STORED_AS
from refdata.core.sqltypes import BIT, DATE, DATETIME2, INT, TIME, SqlType, TypeKind, covers, decimal, text

_EMPTY = {
    FieldType.INTEGER: INT,
    FieldType.YEAR: INT,
    FieldType.BOOLEAN: BIT,
    FieldType.DATE: DATE,
    FieldType.DATETIME: DATETIME2,
    FieldType.TIME: TIME,
}
"""The type for a column without values, by its declared type; a number may turn out to be one of several types."""


def with_declared_types(columns: Sequence[ScannedColumn], contract: Contract) -> tuple[ScannedColumn, ...]:
    """The columns with the declared types, where these can store the values found.

    Text keeps its original form, so codes declared as ``string`` keep their zeros. Values that a declared type cannot
    store keep the type that was found: the contract's policy decides about them.
    """
    return tuple(_with_declared(column, contract.column(column.name)) for column in columns)


def _with_declared(column: ScannedColumn, stated: FieldContract | None) -> ScannedColumn:
    wanted = _wanted(column, stated) if stated else None
    if wanted is None:
        return column
    # Text has no notation: what was a number's notation is part of the value.
    plain = Notation(missing_values=column.notation.missing_values)
    return replace(column, type=wanted, notation=plain if wanted.kind is TypeKind.NVARCHAR else column.notation)


def _wanted(column: ScannedColumn, stated: FieldContract) -> SqlType | None:
    """The type to use, None for the one that was found."""
    if stated.sql_type and stated_by_people(stated.origin("sql_type")):
        return _exact(column, stated.sql_type)
    if stated.type is None or not stated_by_people(stated.origin("type")):
        return None
    if column.type is None:
        return _EMPTY.get(stated.type)
    return None if stated.type in STORED_AS else text(column.longest)


def _exact(column: ScannedColumn, declared: SqlType) -> SqlType | None:
    """A declared database type if it can store the values; for declared text, a longer one if necessary."""
    if declared.kind is TypeKind.NVARCHAR:
        return declared if declared.length is None or column.longest <= declared.length else text(column.longest)
    return declared if holds(declared, column) else None


def holds(declared: SqlType, column: ScannedColumn) -> bool:
    """Whether a type can store all values of a column; text also accepts longer text, because it may grow.

    >>> holds(decimal(12, 4), ScannedColumn("A", "a", INT, longest=5))
    True
    """
    if column.type is None or declared.kind is TypeKind.NVARCHAR:
        return True
    if column.type.kind in (TypeKind.INT, TypeKind.BIGINT):
        # The actual digits decide, because INT stands for ten of them.
        return covers(declared, column.type) or covers(declared, decimal(max(column.longest, 1), 0))
    return covers(declared, column.type)
