"""The clustered index of a table: without one, SQL Server keeps the pages of deleted rows, and the table only grows.

A live table is clustered by its declared key where that fits, else by the load that a row came from; a version table by
its version, so that reading one version does not scan the others.
https://learn.microsoft.com/sql/t-sql/statements/delete-transact-sql (Locking behavior: deleting from a heap)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.model import Column, TableName
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, fold_name, quote
from refdata.core.publishing import qualified
from refdata.warehouse.base import Session, Statements

ROWS_INDEX = "refdata_rows"
"""Clusters a live table by load, where no key does."""
VERSIONS_INDEX = "refdata_versions"
"""Clusters a version table by version."""
_HEAP, _NONCLUSTERED, _CLUSTERED = 0, 2, (1, 5)
"""Types in sys.indexes: https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-indexes-transact-sql"""
_ONLINE = frozenset((3, 5, 8))
"""Engine editions that create indexes online:
https://learn.microsoft.com/sql/t-sql/functions/serverproperty-transact-sql (EngineEdition)"""
_COMPRESSING = frozenset((2, 3, 4, 5, 8))
"""Engine editions with page compression, from SQL Server 2016 SP1 on; not Synapse and Fabric."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What the server can do with an index."""

    online: bool = False
    compresses: bool = False
    is_babelfish: bool = False

    @classmethod
    def of(cls, session: Session, statement: Statements) -> Edition:
        """Asks the server."""
        number, is_babelfish = session.query(statement("select_edition"))[0]
        edition = int(number or 0)
        real = not is_babelfish
        return cls(real and edition in _ONLINE, real and edition in _COMPRESSING, bool(is_babelfish))


def is_heap(session: Session, statement: Statements, table: TableName) -> bool:
    """Whether a table has no clustered index; Babelfish calls every table a heap, so the index's name counts too."""
    rows = session.query(statement("select_table_indexes"), (table.schema, table.name))
    names = [str(name) for name, _ in rows if name]
    if any(int(kind) in _CLUSTERED for _, kind in rows):
        return False
    return any(int(kind) == _HEAP for _, kind in rows) and not any(is_own(name) for name in names)


def rebuild_heap(session: Session, statement: Statements, table: TableName) -> None:
    """Writes a heap again whose rows an interim column made wider.

    A row that left its page left a forwarding address, which every scan follows. Rows in the order of an index do not.

    https://learn.microsoft.com/sql/relational-databases/indexes/heaps-tables-without-clustered-indexes
    """
    if is_heap(session, statement, table) and not Edition.of(session, statement).is_babelfish:
        session.execute(f"ALTER TABLE {qualified(table)} REBUILD")


def is_own(name: str) -> bool:
    """Whether refdata made the index. Babelfish's catalog shows its name with a suffix."""
    return fold_name(name).startswith((ROWS_INDEX, VERSIONS_INDEX))


def create_index(table: TableName, columns: Sequence[Column], *, compress: bool = False, online: bool = False) -> str:
    """The clustered index of a table with these columns: by version in a version table, else by load.

    :param compress: only version tables are compressed, because their rows are written once and seldom read.
    """
    by_version = any(fold_name(column.name) == VERSION_COLUMN for column in columns)
    name, column = (VERSIONS_INDEX, VERSION_COLUMN) if by_version else (ROWS_INDEX, LINEAGE_COLUMNS[2])
    options = ["DATA_COMPRESSION = PAGE"] if compress and by_version else []
    options += ["ONLINE = ON"] if online else []
    words = f" WITH ({', '.join(options)})" if options else ""
    return f"CREATE CLUSTERED INDEX {quote(name)} ON {qualified(table)} ({quote(column)}){words}"


def drop_rows_index(table: TableName) -> str:
    """Drops the index by load: a key takes its place."""
    return f"DROP INDEX IF EXISTS {quote(ROWS_INDEX)} ON {qualified(table)}"


def has_foreign(session: Session, statement: Statements, table: TableName) -> bool:
    """Whether somebody else gave the table a clustered index, or stores it in another way (in memory)."""
    rows = session.query(statement("select_table_indexes"), (table.schema, table.name))
    return any(int(kind) not in (_HEAP, _NONCLUSTERED) and not is_own(str(name)) for name, kind in rows)
