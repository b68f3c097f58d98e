"""The unique index of a table's key in T-SQL: what the catalog shows, and whether a set of keys fits it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core import keyindex
from refdata.core.alignment import Widening
from refdata.core.indexes import ReferringKey, UniqueIndex
from refdata.core.model import Table, TableName
from refdata.core.naming import fold_name
from refdata.core.publishing import has_rows
from refdata.core.tablediff import Rows
from refdata.warehouse.base import Session, Statements
from refdata.warehouse.keys import columns_of, count_repeated, own_index
from refdata.warehouse.tsql import clustering
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.types import CatalogColumn, column

_ENGINE = TsqlCapabilities()
_COLLATION = re.compile(r"[A-Za-z0-9_]+")


def unique_indexes(session: Session, statement: Statements, table: TableName) -> tuple[UniqueIndex, ...]:
    """The unique indexes of a table."""
    columns: dict[tuple[str, bool], list[str]] = {}
    for name, part, clustered in session.query(statement("select_unique_indexes"), (table.schema, table.name)):
        columns.setdefault((str(name), bool(clustered)), []).append(str(part))
    return tuple(UniqueIndex(name, tuple(members), clustered) for (name, clustered), members in columns.items())


def referring_keys(session: Session, statement: Statements, table: TableName) -> tuple[ReferringKey, ...]:
    """The foreign keys that forbid to remove or change rows of a table."""
    columns: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for name, schema, child, own, other in session.query(
        statement("select_referring_keys"), (table.schema, table.name)
    ):
        columns.setdefault((str(name), str(schema), str(child)), []).append((str(own), str(other)))
    return tuple(
        ReferringKey(name, TableName(schema, child), tuple(own for own, _ in pairs), tuple(other for _, other in pairs))
        for (name, schema, child), pairs in columns.items()
    )


def may_cluster(session: Session, statement: Statements, table: Table, key: Sequence[str]) -> bool:
    """Whether a new index on the key can order the rows: it is narrow enough, and there are no rows to rewrite."""
    if not _ENGINE.clusters(columns_of(table, key)) or clustering.has_foreign(session, statement, table.name):
        return False
    return not session.query(has_rows(table.name).sql)[0][0]


def drop_before_change(session: Session, statement: Statements, table: TableName, changes: Sequence[Widening]) -> None:
    """Drops the key's index where a column of it gets another type: SQL Server alters no indexed column. It is created
    again once the table has its columns."""
    changed = {fold_name(change.column.name) for change in changes}
    own = own_index(unique_indexes(session, statement, table), table) if changed else None
    if own is not None and changed & {fold_name(name) for name in own.columns}:
        session.execute(_ENGINE.drop_key_index(table, clustered=own.clustered).sql)


def release_index(
    session: Session, statement: Statements, table: TableName, catalog: Sequence[CatalogColumn], rows: Sequence[Rows]
) -> int:
    """See ``Warehouse.release_key``."""
    own = own_index(unique_indexes(session, statement, table), table)
    if own is None:
        return 0
    columns = columns_of(Table(table, tuple(map(column, catalog))), own.columns)
    if len(rows) == 1:
        values = count_repeated(session, _ENGINE, rows[0], columns, exactly=False)
    else:
        named = {one.name: one.collation for one in catalog if one.collation}
        collations = {name: collation for name, collation in named.items() if _COLLATION.fullmatch(collation)}
        equal = keyindex.equal_keys(_ENGINE, [side.source for side in rows], columns, collations)
        values = int(session.query(equal.sql, equal.values)[0][0])
    if values:
        session.execute(_ENGINE.drop_key_index(table, clustered=own.clustered).sql)
    return values
