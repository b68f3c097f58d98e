"""What SQLite's catalog shows of a table beyond its columns."""

from __future__ import annotations

from refdata.core.indexes import UniqueIndex
from refdata.core.model import TableName
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
