"""Reports how tables are stored, and gives a heap its clustered index."""

from __future__ import annotations

from refdata.core.model import Table, TableName
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, backup_name
from refdata.core.settings import Settings
from refdata.core.storage import StorageReport, TableStorage
from refdata.warehouse.base import Session, Statements
from refdata.warehouse.keys import columns_of, own_index
from refdata.warehouse.tsql import clustering, keys
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.clustering import Edition

_ENGINE = TsqlCapabilities()


def report(session: Session, statement: Statements) -> StorageReport:
    """The tables of both schemas."""
    if Edition.of(session, statement).is_babelfish:
        return StorageReport(unknown="Babelfish reports no pages, and stores no rows in the order of an index")
    return StorageReport(
        tuple(
            TableStorage(TableName(str(schema), str(name)), int(rows), int(pages), bool(is_heap), int(widest or 0))
            for schema, name, rows, pages, is_heap, widest in session.query(statement("select_storage"))
        )
    )


def live_table(table: TableName, settings: Settings) -> TableName:
    """The live table of a version table; a live table itself."""
    name = table.name.removesuffix(backup_name("")) if table.schema == settings.bkp_schema else table.name
    return TableName(settings.ref_schema, name)


def cluster(session: Session, statement: Statements, table: Table | None, *, plain: bool) -> str:
    """Gives a heap its clustered index, in the session's transaction; returns what was done, empty where it has one.

    :param plain: without the options that only some editions have.
    """
    if table is None or not clustering.is_heap(session, statement, table.name):
        return ""
    edition = Edition() if plain else Edition.of(session, statement)
    own = own_index(keys.unique_indexes(session, statement, table.name), table.name)
    if own is not None and _ENGINE.clusters(columns_of(table, own.columns)):
        session.execute(_ENGINE.drop_key_index(table.name).sql)
        create = _ENGINE.create_key_index(table.name, own.columns, online=edition.online, clustered=True)
        session.execute(create.sql)
        return f"clustered by its key ({', '.join(own.columns)})"
    column = table.column(VERSION_COLUMN) or table.column(LINEAGE_COLUMNS[2])
    if column is None:
        return ""
    options = {"compress": edition.compresses, "online": edition.online}
    session.execute(clustering.create_index(table.name, table.columns, **options))
    return f"clustered by {column.name}"
