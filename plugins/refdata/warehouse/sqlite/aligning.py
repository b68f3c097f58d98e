"""Gives a table of the embedded engine its columns and its name."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core import alignment
from refdata.core.model import Column, Table, TableName
from refdata.core.naming import quote
from refdata.core.publishing import qualified
from refdata.warehouse.base import Session
from refdata.warehouse.keys import own_index
from refdata.warehouse.sqlite import catalog, ddl
from refdata.warehouse.sqlite.capabilities import SqliteCapabilities


def table_of(session: Session, name: TableName) -> Table | None:
    """A table with its columns, or None."""
    # As values: SQLite's brackets cannot contain a name with a bracket, and a caller may pass one.
    rows = session.query("SELECT cid, name, type, [notnull] FROM pragma_table_info(?, ?)", (name.name, name.schema))
    columns = tuple(Column(row[1], ddl.parse_declared(row[2]), nullable=not row[3]) for row in rows)
    return Table(name, columns) if columns else None


def align(session: Session, name: TableName, wanted: Sequence[Column]) -> None:
    """Creates the table, or adds and widens its columns."""
    live = table_of(session, name)
    if live is None:
        session.execute(ddl.create_table(name, wanted))
        return
    add, widen = alignment.diff_columns(live.columns, wanted)
    if widen:
        for statement in ddl.rebuild_table(name, live.columns, widen, dependents(session, name)):
            session.execute(statement)
    for statement in ddl.add_columns(name, add):
        session.execute(statement)


def dependents(session: Session, name: TableName) -> list[str]:
    """The statements that make a table's indexes and triggers again."""
    sql = f"""SELECT sql FROM {quote(name.schema)}.sqlite_master
              WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"""
    return [row[0] for row in session.query(sql, (name.name,))]


def existing(session: Session, names: Sequence[TableName]) -> list[TableName]:
    """The tables that are there."""
    return [name for name in names if table_of(session, name) is not None]


def rename(session: Session, names: Sequence[TableName], new_names: Sequence[TableName]) -> None:
    """Renames the tables that are there, the live one first; the index of its key is made again with its new name."""
    there, engine = existing(session, names), SqliteCapabilities()
    own = own_index(catalog.unique_indexes(session, names[0]), names[0])
    if own is not None:
        session.execute(engine.drop_key_index(names[0]).sql)
    for name, new in zip(names, new_names, strict=True):
        if name in there:
            session.execute(f"ALTER TABLE {qualified(name)} RENAME TO {quote(new.name)}")
    if own is not None:
        session.execute(engine.create_key_index(new_names[0], own.columns, online=False).sql)
