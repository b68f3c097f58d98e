"""How SQLite writes what engines write differently; see ``core.capabilities``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from refdata.core.keyindex import name_in_schema
from refdata.core.model import Column, TableName
from refdata.core.naming import fold_name, like_pattern, quote
from refdata.core.publishing import column_list, qualified
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.statement import Statement
from refdata.warehouse.sqlite.ddl import EXACT_DIGITS

STAGE_SCHEMA = "stage"
"""The name under which a stage's file is attached."""
_CACHE_KIB = 65_536
"""How much SQLite may keep of temporary tables in memory; with its default of 2 MB each key lookup reads the disk."""


class SqliteCapabilities:
    """See ``Capabilities``."""

    most_values = 32_766
    """SQLITE_MAX_VARIABLE_NUMBER since 3.32; https://www.sqlite.org/limits.html"""

    def empty_table(self, table: TableName, method: str) -> Statement:  # noqa: ARG002
        """See ``Capabilities``. There is no TRUNCATE; DELETE without WHERE empties a table just as fast."""
        return Statement(f"DELETE FROM {qualified(table)}")

    def whole(self, table: TableName) -> str:
        """See ``Capabilities``. A writer has all tables to itself anyway."""
        return qualified(table)

    def stored_order(self, key: Sequence[str]) -> str:  # noqa: ARG002
        """See ``Capabilities``. Tables are stored in the order of insertion."""
        return ""

    def first_rows(self, select: str, most: int, values: tuple[object, ...] = ()) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"{select} LIMIT ?", (*values, most))

    def type_name(self, kind: SqlType) -> str:
        """See ``Capabilities``."""
        return "TEXT" if kind.kind is TypeKind.NVARCHAR else str(kind)

    def text_parts(self, value: str) -> tuple[str, ...]:
        """See ``Capabilities``."""
        return (value,)

    def differs(self, first: str, second: str, *, is_text: bool) -> str:  # noqa: ARG002
        """See ``Capabilities``."""
        return f"({first} IS NOT {second})"

    def canonical(self, value: str, kind: SqlType) -> str:
        """See ``Capabilities``.

        Long decimals and times are stored as text (``sqlite/ddl.py``), in which ``1.10`` and ``1.1000``, or a date and
        its midnight, differ after a widening.
        """
        if kind.kind is TypeKind.DECIMAL and (kind.precision or 0) > EXACT_DIGITS:
            return f"CASE WHEN instr({value}, '.') THEN rtrim(rtrim({value}, '0'), '.') ELSE {value} END"
        if kind.kind is TypeKind.DATETIME2:
            return f"CASE WHEN length({value}) = 10 THEN {value} || ' 00:00:00' ELSE {value} END"
        return value

    def temporary(self, name: str) -> str:
        """See ``Capabilities``."""
        return f"temp.{name}"

    def prepare_copies(self) -> tuple[Statement, ...]:
        """See ``Capabilities``."""
        return (Statement(f"PRAGMA temp.cache_size = -{_CACHE_KIB}"),)

    def copy_rows(self, name: str, select: str, where: str, values: tuple[object, ...]) -> tuple[Statement, ...]:
        """See ``Capabilities``. The columns keep the affinity of their source, which SQLite's comparison uses."""
        return (Statement(f"CREATE TEMPORARY TABLE {name} AS {select}{where}", values),)

    def store_rows(self, name: str, columns: str, rest: str) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"CREATE TEMPORARY TABLE {name} AS {columns}{rest}")

    def index_rows(self, name: str, columns: Sequence[str]) -> tuple[Statement, ...]:
        """See ``Capabilities``."""
        return (
            Statement(f"DROP INDEX IF EXISTS temp.{name}_key"),
            Statement(f"CREATE INDEX temp.{name}_key ON {name} ({', '.join(columns)})"),
        )

    indexes_exactly = True

    def index_limit(self, columns: Sequence[Column]) -> str:  # noqa: ARG002
        """See ``Capabilities``. SQLite sets no limit below that of a row."""
        return ""

    def row_refusal(self, columns: Sequence[Column]) -> str:  # noqa: ARG002
        """See ``Capabilities``. SQLite's rows may have a gigabyte."""
        return ""

    row_warning = row_refusal

    def create_key_index(
        self,
        table: TableName,
        key: Sequence[str],
        *,
        online: bool,  # noqa: ARG002
        clustered: bool = False,  # noqa: ARG002
    ) -> Statement:
        """See ``Capabilities``."""
        index = qualified(TableName(table.schema, name_in_schema(table)))
        return Statement(f"CREATE UNIQUE INDEX {index} ON {quote(table.name)} ({column_list(tuple(key))})")

    def drop_key_index(self, table: TableName, *, clustered: bool = False) -> Statement:  # noqa: ARG002
        """See ``Capabilities``."""
        return Statement(f"DROP INDEX IF EXISTS {qualified(TableName(table.schema, name_in_schema(table)))}")

    def index_stage(self, stage: str, values: Sequence[str]) -> tuple[Statement, ...]:
        """See ``Capabilities``."""
        index = qualified(TableName(STAGE_SCHEMA, "refdata_lookup"))
        return (Statement(f"CREATE INDEX IF NOT EXISTS {index} ON {quote(stage)} ({', '.join(values)})"),)

    def delete_rows(self, table: TableName, where: str) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"DELETE FROM {qualified(table)} AS t WHERE {where}")

    def update_rows(
        self, table: TableName, assigned: str, source: str, same: str, where: str, values: tuple[object, ...]
    ) -> Statement:
        """See ``Capabilities``."""
        sql = f"UPDATE {qualified(table)} AS t SET {assigned} FROM {source} WHERE {same} AND {where}"
        return Statement(sql, values)

    def is_absent(self, values: Sequence[str], source: str, others: Sequence[str]) -> str:
        """See ``Capabilities``. A subquery that depends on no outer row is run once."""
        return f"({', '.join(values)}) NOT IN (SELECT {', '.join(others)} FROM {source})"

    def same_rows(self, values: Sequence[str], others: Sequence[str]) -> str:
        """See ``Capabilities``. An index serves IS as it serves the equals sign."""
        return " AND ".join(f"{one} IS {other}" for one, other in zip(values, others, strict=True))

    def page_rows(self, skip: int, most: int) -> Statement:
        """See ``Capabilities``."""
        return Statement("LIMIT ? OFFSET ?", (most, skip))

    def row_number(self, columns: Sequence[Column]) -> str | None:
        """See ``Capabilities``. A column of that name hides SQLite's own: https://www.sqlite.org/rowidtable.html"""
        taken = {fold_name(column.name) for column in columns}
        return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)

    def sortable(self, value: str, kind: SqlType) -> str:
        """See ``Capabilities``. Long decimals are text, which sorts by digits, so they sort as doubles."""
        if kind.kind is TypeKind.DECIMAL and (kind.precision or 0) > EXACT_DIGITS:
            return f"CAST({value} AS REAL)"
        return self.canonical(value, kind)

    def bound(self, value: object, kind: SqlType) -> object:  # noqa: ARG002
        """See ``Capabilities``; ``sqlite/values.py`` writes the columns."""
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, datetime):
            text = value.isoformat(sep=" ")
            return text.rstrip("0") if value.microsecond else text
        if isinstance(value, time):
            return value.isoformat().rstrip("0") if value.microsecond else value.isoformat()
        return value.isoformat() if isinstance(value, date) else value

    def contains(self, value: str, kind: SqlType, text: str) -> Statement:  # noqa: ARG002
        """See ``Capabilities``. LIKE turns numbers into text, and ignores case in ASCII only."""
        spellings = (text,) if text.isascii() else tuple(dict.fromkeys((text, text.lower(), text.upper())))
        like = " OR ".join([f"{value} LIKE ? ESCAPE '\\'"] * len(spellings))
        return Statement(f"({like})", tuple(like_pattern(one) for one in spellings))
