"""How T-SQL writes what engines write differently; see ``core.capabilities``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core.keyindex import INDEX
from refdata.core.model import Column, TableName
from refdata.core.naming import quote
from refdata.core.publishing import column_list, qualified
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.statement import Statement
from refdata.warehouse.tsql import clustering, rowwidth

MAX_KEY_BYTES = 1700
"""https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server (bytes per index key)"""
MAX_CLUSTERED_BYTES = 900
"""The same for the key of a clustered index, from the same page."""
MAX_KEY_COLUMNS = 32
"""Columns of an index, from the same page."""
_BYTES = {
    TypeKind.BIT: 1,
    TypeKind.INT: 4,
    TypeKind.BIGINT: 8,
    TypeKind.DECIMAL: 17,
    TypeKind.FLOAT: 8,
    TypeKind.DATE: 3,
    TypeKind.TIME: 5,
    TypeKind.DATETIME2: 8,
}
_WILDCARD = re.compile(r"[%_\[]")
_AT_ONCE = 200
"""Values that one CONCAT joins."""
_SORTED = MAX_KEY_BYTES // 2
"""Characters by which a long text sorts; a longer one cannot be in an index anyway."""
_BINARY = "COLLATE Latin1_General_BIN2"


class TsqlCapabilities:
    """See ``Capabilities``."""

    most_values = 2_000
    """SQL Server takes 2,100 parameters; https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications"""

    def empty_table(self, table: TableName, method: str) -> Statement:
        """See ``Capabilities``. DELETE lets readers under row versioning continue; TRUNCATE makes them wait."""
        truncates = method == "truncate"
        return Statement(f"TRUNCATE TABLE {qualified(table)}" if truncates else f"DELETE FROM {self.whole(table)}")

    def whole(self, table: TableName) -> str:
        """See ``Capabilities``. With TABLOCK a heap gives back the pages of deleted rows, and inserts log less."""
        return f"{qualified(table)} WITH (TABLOCK)"

    def stored_order(self, key: Sequence[str]) -> str:
        """See ``Capabilities``. The key's index clusters the table, and rows in its order split no pages."""
        return f" ORDER BY {column_list(tuple(key))}" if key else ""

    def first_rows(self, select: str, most: int, values: tuple[object, ...] = ()) -> Statement:
        """See ``Capabilities``; TOP comes after DISTINCT."""
        verb = "SELECT DISTINCT " if select.startswith("SELECT DISTINCT ") else "SELECT "
        return Statement(select.replace(verb, f"{verb}TOP (?) ", 1), (most, *values))

    def type_name(self, kind: SqlType) -> str:
        """See ``Capabilities``."""
        return str(kind)

    def text_parts(self, value: str) -> tuple[str, ...]:
        """See ``Capabilities``. ``=`` ignores trailing blanks under any collation, hence the length."""
        return f"{value} {_BINARY}", f"DATALENGTH({value})"

    def differs(self, first: str, second: str, *, is_text: bool) -> str:
        """See ``Capabilities``."""
        same = f"{first} = {second}"
        if is_text:
            same = f"{first} {_BINARY} = {second} AND DATALENGTH({first}) = DATALENGTH({second})"
        return f"CASE WHEN {same} OR ({first} IS NULL AND {second} IS NULL) THEN 0 ELSE 1 END"

    def canonical(self, value: str, kind: SqlType) -> str:  # noqa: ARG002
        """See ``Capabilities``."""
        return value

    def temporary(self, name: str) -> str:
        """See ``Capabilities``."""
        return f"#{name}"

    def prepare_copies(self) -> tuple[Statement, ...]:
        """See ``Capabilities``."""
        return ()

    def copy_rows(self, name: str, select: str, where: str, values: tuple[object, ...]) -> tuple[Statement, ...]:
        """See ``Capabilities``.

        The table is created without values: in ODBC a statement with values runs in its own scope, and what it
        creates vanishes with that scope. Behind a UNION, no column is an identity.
        """
        empty = f"{select} WHERE 1 = 0"
        return (
            Statement(f"SELECT * INTO #{name} FROM ({empty} UNION ALL {empty}) AS s"),
            Statement(f"INSERT INTO #{name} {select}{where}", values),
        )

    def store_rows(self, name: str, columns: str, rest: str) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"{columns} INTO #{name}{rest}")

    def index_rows(self, name: str, columns: Sequence[str]) -> tuple[Statement, ...]:  # noqa: ARG002
        """See ``Capabilities``. Keys compare by code points, which no index does, so hash joins are used."""
        return ()

    indexes_exactly = False
    """An index compares by its column's collation, and never by trailing blanks."""

    def clusters(self, columns: Sequence[Column]) -> bool:
        """Whether a clustered index can have these columns as its key."""
        total = sum(_width(column.type) or MAX_KEY_BYTES for column in columns)
        return len(columns) <= MAX_KEY_COLUMNS and total <= MAX_CLUSTERED_BYTES

    def index_limit(self, columns: Sequence[Column]) -> str:
        """See ``Capabilities``."""
        if len(columns) > MAX_KEY_COLUMNS:
            return f"it has {len(columns)} columns, and an index takes at most {MAX_KEY_COLUMNS}"
        widths = {column.name: _width(column.type) for column in columns}
        unlimited = [name for name, width in widths.items() if width is None]
        if unlimited:
            return (
                f"the length of {', '.join(unlimited)} is not limited, and an index takes at most {MAX_KEY_BYTES} bytes"
            )
        total = sum(width or 0 for width in widths.values())
        fits = total <= MAX_KEY_BYTES
        return "" if fits else f"its columns can have {total} bytes, and an index takes at most {MAX_KEY_BYTES}"

    def row_refusal(self, columns: Sequence[Column]) -> str:
        """See ``Capabilities``."""
        return rowwidth.refusal(columns)

    def row_warning(self, columns: Sequence[Column]) -> str:
        """See ``Capabilities``."""
        return rowwidth.warning(columns)

    def create_key_index(
        self, table: TableName, key: Sequence[str], *, online: bool, clustered: bool = False
    ) -> Statement:
        """See ``Capabilities``."""
        option = " WITH (ONLINE = ON)" if online else ""
        rest = f"{quote(INDEX)} ON {qualified(table)} ({column_list(tuple(key))}){option}"
        if not clustered:
            return Statement(f"CREATE UNIQUE INDEX {rest}")
        return Statement(f"{clustering.drop_rows_index(table)}; CREATE UNIQUE CLUSTERED INDEX {rest}")

    def drop_key_index(self, table: TableName, *, clustered: bool = False) -> Statement:
        """See ``Capabilities``."""
        drop = f"DROP INDEX IF EXISTS {quote(INDEX)} ON {qualified(table)}"
        return Statement(f"{drop}; {clustering.create_index(table, ())}" if clustered else drop)

    def index_stage(self, stage: str, values: Sequence[str]) -> tuple[Statement, ...]:  # noqa: ARG002
        """See ``Capabilities``. Keys compare by code points, which no index does, so hash joins are used."""
        return ()

    def delete_rows(self, table: TableName, where: str) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"DELETE t FROM {qualified(table)} AS t WITH (TABLOCK) WHERE {where}")

    def update_rows(
        self, table: TableName, assigned: str, source: str, same: str, where: str, values: tuple[object, ...]
    ) -> Statement:
        """See ``Capabilities``."""
        return Statement(
            f"UPDATE t SET {assigned} FROM {qualified(table)} AS t JOIN {source} ON {same} WHERE {where}", values
        )

    def is_absent(self, values: Sequence[str], source: str, others: Sequence[str]) -> str:
        """See ``Capabilities``."""
        same = " AND ".join(f"{one} = {other}" for one, other in zip(values, others, strict=True))
        return f"NOT EXISTS (SELECT 1 FROM {source} WHERE {same})"

    def same_rows(self, values: Sequence[str], others: Sequence[str]) -> str:
        """See ``Capabilities``.

        The servers join by hash only where something equals something: here the rows' texts. They may be cut, and drop
        digits, which is why each value is compared as well.
        """
        texts = (_joined_text(values), _joined_text(others))
        pairs = zip(values, others, strict=True)
        equal = (f"({one} = {other} OR ({one} IS NULL AND {other} IS NULL))" for one, other in pairs)
        return " AND ".join((f"{texts[0]} = {texts[1]} {_BINARY}", *equal))

    def page_rows(self, skip: int, most: int) -> Statement:
        """See ``Capabilities``."""
        return Statement("OFFSET ? ROWS FETCH NEXT ? ROWS ONLY", (skip, most))

    def row_number(self, columns: Sequence[Column]) -> str | None:  # noqa: ARG002
        """See ``Capabilities``. T-SQL has none that is documented."""
        return None

    def sortable(self, value: str, kind: SqlType) -> str:
        """See ``Capabilities``."""
        is_long = kind.kind is TypeKind.NVARCHAR and (kind.length is None or kind.length > _SORTED)
        return f"SUBSTRING({value}, 1, {_SORTED})" if is_long else value

    def bound(self, value: object, kind: SqlType) -> object:  # noqa: ARG002
        """See ``Capabilities``."""
        return value

    def contains(self, value: str, kind: SqlType, text: str) -> Statement:
        """See ``Capabilities``. Text compares as its collation says; digits need none, and are faster without.

        Wildcards are escaped by brackets: Babelfish ignores ESCAPE where a collation ignores case.
        """
        is_text = kind.kind is TypeKind.NVARCHAR
        compared = value if is_text else f"CAST({value} AS VARCHAR(60)) {_BINARY}"
        pattern = _WILDCARD.sub(r"[\g<0>]", text)
        return Statement(f"{compared} LIKE ?", (f"%{pattern}%",))


def _joined_text(values: Sequence[str]) -> str:
    """The values as one text, where NULL is empty. CONCAT takes 254 values."""
    parts = [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
    texts = [f"CONCAT({', '.join((*part, 'NULL'))})" for part in parts]
    return texts[0] if len(texts) == 1 else _joined_text(texts)


def _width(kind: SqlType) -> int | None:
    if kind.kind is TypeKind.NVARCHAR:
        return None if kind.length is None else 2 * kind.length
    return _BYTES[kind.kind]
