"""Gives a table its columns in T-SQL, and a new one its clustered index."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence

from refdata.core import alignment
from refdata.core.alignment import Alignment, NewTable
from refdata.core.model import Column, Table, TableName
from refdata.core.naming import backup_name, fold_name
from refdata.core.publishing import qualified
from refdata.warehouse.base import Session, Statements
from refdata.warehouse.keys import align_index
from refdata.warehouse.publish import require_empty
from refdata.warehouse.tsql import clustering, ddl, equalnames, guards, keys, locks, types
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.types import CatalogColumn, catalog_column


def catalog(session: Session, statement: Statements, name: TableName) -> list[CatalogColumn]:
    """The columns of a table; empty where there is none.

    :raises SchemaError: when the database takes another table's name for this one.
    """
    rows = session.query(statement("select_columns"), (name.schema, name.name))
    columns = [catalog_column(row) for row in rows]
    if columns and columns[0].table:
        equalnames.require_same(name, columns[0].table)
    return columns


def align_columns(
    session: Session, statement: Statements, name: TableName, wanted: Sequence[Column], *, compress: bool
) -> None:
    """Creates the table, or adds and widens its columns.

    :param compress: whether a new version table is compressed by pages.
    """
    rows = catalog(session, statement, name)
    if not rows:
        session.execute(ddl.create_table(name, wanted))
        session.execute(clustering.create_index(name, wanted, compress=compress))
        return
    live = [types.column(column) for column in rows if column.writable]
    collations = {column.name: column.collation for column in rows}
    add, widen = alignment.diff_columns(live, wanted)
    changes = [ddl.widen_column(name, change, collations[change.old.name]) for change in widen]
    for one in (*itertools.chain.from_iterable(changes), *ddl.add_columns(name, add)):
        session.execute(one)
    if any(len(change) > 1 for change in changes):
        clustering.rebuild_heap(session, statement, name)


def align_tables(session: Session, statement: Statements, plan: Alignment, bkp_schema: str, *, compress: bool) -> None:
    """Gives the live table and its version table their columns.

    :param compress: whether a new version table is compressed by pages, where the edition can.
    """
    compress = compress and clustering.Edition.of(session, statement).compresses
    align_columns(session, statement, plan.table, plan.columns, compress=False)
    backup = TableName(bkp_schema, backup_name(plan.table.name))
    align_columns(session, statement, backup, alignment.backup_columns(plan.columns), compress=compress)


def create_tables(
    session: Session, statement: Statements, new: NewTable, bkp_schema: str, *, plain: bool
) -> Table | None:
    """Creates the tables of a first load in its publish transaction; returns the live one.

    :param plain: without compression and the index of the key, after the server refused one of them.
    :raises NotCreatedError: when the server refuses it.
    """
    name = new.plan.table
    with guards.change_of(name) if plain else guards.creation_of(name):
        is_new = not catalog(session, statement, name)
        align_tables(session, statement, new.plan, bkp_schema, compress=not plain)
        live = table_of(session, statement, name)
        if is_new and live is not None and not plain:
            clustered = bool(new.key) and keys.may_cluster(session, statement, live, new.key)
            align_index(session, TsqlCapabilities(), live, new.key, (), online=False, clustered=clustered)
    return live


def drop_empty(session: Session, statement: Statements, table: TableName, bkp_schema: str) -> None:
    """See ``Warehouse.discard_empty``."""
    for name in (table, TableName(bkp_schema, backup_name(table.name))):
        if catalog(session, statement, name):
            session.query(locks.hold_writers(name))
            require_empty(session, name)
            session.execute(ddl.drop_table(name))


def table_of(session: Session, statement: Statements, name: TableName) -> Table | None:
    """A table with the columns that a load may write; None where there is none."""
    columns = tuple(types.column(one) for one in catalog(session, statement, name) if one.writable)
    return Table(name, columns) if columns else None


@contextlib.contextmanager
def identity_insert(
    session: Session, statement: Statements, table: TableName, columns: Sequence[str]
) -> Iterator[None]:
    """Allows explicit values in an identity column, if the table has one."""
    brought = {fold_name(name) for name in columns}
    if not any(one.identity and fold_name(one.name) in brought for one in catalog(session, statement, table)):
        yield
        return
    session.execute(f"SET IDENTITY_INSERT {qualified(table)} ON")
    yield
    session.execute(f"SET IDENTITY_INSERT {qualified(table)} OFF")
