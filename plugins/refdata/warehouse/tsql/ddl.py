"""Renders tables and their changes as T-SQL. Pure: returns statements, runs none.

The forms are those that SQL Server 2017, Azure SQL and Babelfish all accept: ``ALTER COLUMN`` states no
nullability where NULL is allowed (Babelfish accepts no other form), and NOT NULL where it is not (SQL
Server would drop it). https://learn.microsoft.com/sql/t-sql/statements/alter-table-transact-sql
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from refdata.core.alignment import Widening
from refdata.core.errors import ConfigurationError
from refdata.core.model import Column, TableName
from refdata.core.naming import quote
from refdata.core.publishing import qualified
from refdata.core.sqltypes import TypeKind

INTERIM_COLUMN = "refdata widening"
"""Stores a column's text while its type changes; the blank keeps it distinct from any column of a file."""

_COLLATION = re.compile(r"[A-Za-z0-9_]+")


def create_table(name: TableName, columns: Sequence[Column]) -> str:
    """CREATE TABLE with the columns in order."""
    lines = ",\n    ".join(_definition(column) for column in columns)
    return f"CREATE TABLE {qualified(name)} (\n    {lines}\n)"


def drop_table(name: TableName) -> str:
    """DROP TABLE, which does nothing when there is none."""
    return f"DROP TABLE IF EXISTS {qualified(name)}"


def add_columns(name: TableName, columns: Sequence[Column]) -> list[str]:
    """One ALTER TABLE per column (Babelfish accepts no more at once); existing rows get NULL."""
    return [f"ALTER TABLE {qualified(name)} ADD {_definition(column)}" for column in columns]


def widen_column(name: TableName, change: Widening, collation: str | None = None) -> list[str]:
    """Widens a column's type, keeping every value as a reader of the table would write it.

    :param collation: of a live text column; ALTER COLUMN would fall back to the database's.
    """
    alter = f"ALTER TABLE {qualified(name)} ALTER COLUMN {_altered(change.column, collation)}"
    text = _as_text(change)
    if text is None:
        return [alter]
    # SQL Server's own conversion would lose something, so the text is stored first and copied back afterwards.
    column, interim = quote(change.column.name), quote(INTERIM_COLUMN)
    return [
        f"ALTER TABLE {qualified(name)} ADD {interim} {change.column.type} NULL",
        f"UPDATE {qualified(name)} SET {interim} = {text}",
        alter,
        f"UPDATE {qualified(name)} SET {column} = {interim}",
        f"ALTER TABLE {qualified(name)} DROP COLUMN {interim}",
    ]


def retype_columns(name: TableName, live: Sequence[Column], changes: Sequence[Widening]) -> list[str]:
    """Gives text columns another type; the server converts their values, which must be written its way."""
    known = {column.name: column for column in live if column.type.kind is TypeKind.NVARCHAR}
    still = [change.column for change in changes if change.column.name in known]
    altered = (_altered(replace(column, nullable=known[column.name].nullable), None) for column in still)
    return [f"ALTER TABLE {qualified(name)} ALTER COLUMN {column}" for column in altered]


def _definition(column: Column) -> str:
    return f"{quote(column.name)} {column.type} {'NULL' if column.nullable else 'NOT NULL'}"


def _altered(column: Column, collation: str | None) -> str:
    words = [quote(column.name), str(column.type)]
    if collation is not None and column.type.kind is TypeKind.NVARCHAR:
        if not _COLLATION.fullmatch(collation):
            raise ConfigurationError(f"Collation {collation!r} is not a name", where=column.name, advice="Report this.")
        words += ["COLLATE", collation]
    return " ".join(words if column.nullable else [*words, "NOT NULL"])


def _as_text(change: Widening) -> str | None:
    """The expression for a value's text where ALTER COLUMN would write it differently; None where it is right."""
    old = change.old
    if change.column.type.kind is not TypeKind.NVARCHAR:
        return None
    column = quote(old.name)
    if old.native is not None and old.native.name in ("money", "smallmoney"):
        return f"CONVERT(NVARCHAR(30), CONVERT({old.type}, {column}))"
    if old.type.kind is TypeKind.BIT:
        return f"CASE {column} WHEN 1 THEN N'true' WHEN 0 THEN N'false' END"
    if old.type.kind is TypeKind.FLOAT:
        return _float_text(column, old.type_name)
    if old.type.kind in (TypeKind.DATETIME2, TypeKind.TIME):
        return _moment_text(column, 19 if old.type.kind is TypeKind.DATETIME2 else 8)
    return None


def _float_text(column: str, kind: str) -> str:
    """The server's short form (6 digits) where it reads back as the same number, else the form with all digits.

    https://learn.microsoft.com/sql/t-sql/functions/cast-and-convert-transact-sql#float-and-real-styles
    """
    # Babelfish pads with blanks.
    short, exact = (f"LTRIM(RTRIM(CONVERT(NVARCHAR(50), {column}, {style})))" for style in (0, 3))
    small = f"CASE WHEN CONVERT({kind}, {short}) = {column} THEN {short} ELSE {exact} END"
    # For larger numbers the short form is also scientific, and Babelfish has none for the largest.
    return f"CASE WHEN ABS({column}) < 1E6 THEN {small} ELSE {exact} END"


def _moment_text(column: str, whole: int) -> str:
    """ISO text: the first ``whole`` characters up to the second, then the fraction without trailing zeros."""
    text = f"CONVERT(NVARCHAR(30), {column}, 121)"
    fraction = f"RTRIM(REPLACE(SUBSTRING({text}, {whole + 1}, 8), N'0', N' '))"
    return f"LEFT({text}, {whole}) + CASE {fraction} WHEN N'.' THEN N'' ELSE REPLACE({fraction}, N' ', N'0') END"
