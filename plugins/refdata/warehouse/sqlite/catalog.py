"""What SQLite's catalog shows of a table beyond its columns."""

from __future__ import annotations

import re

from refdata.core.indexes import DatabaseUser, UniqueIndex
from refdata.core.model import TableName
from refdata.core.naming import quote
from refdata.warehouse.base import Session


def unique_indexes(session: Session, table: TableName) -> tuple[UniqueIndex, ...]:
    """The unique indexes of a table that cover all of its rows."""
    indexes = session.query(
        "SELECT l.name, i.name FROM pragma_index_list(?, ?) AS l, pragma_index_info(l.name, ?) AS i"
        " WHERE l.[unique] = 1 AND l.partial = 0 ORDER BY l.seq, i.seqno",
        (table.name, table.schema, table.schema),
    )
    columns: dict[str, list[str]] = {}
    for name, column in indexes:
        columns.setdefault(str(name), []).append(str(column))
    return tuple(UniqueIndex(name, tuple(names)) for name, names in columns.items())


def users(session: Session, table: TableName) -> tuple[DatabaseUser, ...]:
    """The views and triggers whose definition contains the table's name as a word."""
    named = re.compile(rf"(?<!\w){re.escape(table.name)}(?!\w)", re.IGNORECASE)
    master = f"{quote(table.schema)}.sqlite_master"
    found = session.query(f"SELECT type, name, sql FROM {master} WHERE type IN ('view', 'trigger') ORDER BY name")
    return tuple(DatabaseUser(str(kind), str(name)) for kind, name, sql in found if named.search(str(sql)))
