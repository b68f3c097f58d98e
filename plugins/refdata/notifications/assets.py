"""An Airflow asset for each table, so that other DAGs run when it has new rows."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk import Asset, AssetAlias

from refdata.core.loadstates import PUBLISHED
from refdata.core.model import Load
from refdata.ingest.context import Deps

TABLES = AssetAlias("refdata_tables")
"""The alias through which the load's last task emits: the table is known only at run time."""


def table_address(deps: Deps, table: str) -> str:
    """``mssql://host:port/database/schema/table``; ``file://`` and the database's path for SQLite.

    It contains no login, because it is visible in Airflow's pages and in other DAGs.
    """
    return f"{deps.warehouse.address}/{quote(deps.settings.ref_schema)}/{quote(table)}"


def emit(deps: Deps, row: Load, events: Any) -> None:
    """Announces that a table has new rows; a duplicate adds none.

    Call it from the task that archives, never from the one that commits: two runs that emit one new asset at the same
    time may collide in Airflow's database and fail the task, which is then simply run again.

    :param events: the task's ``outlet_events``.
    """
    if row.status not in PUBLISHED or row.version_id is None:
        return
    extra = {
        "table": row.table_name,
        "rows": row.rows_loaded,
        "version": row.version_id,
        "load_id": row.id,
        "load_type": row.load_type.value,
        "file": row.file_name,
    }
    # Its address is its name: a DAG scheduled on Asset("mssql://…") means this one.
    events[TABLES].add(Asset(table_address(deps, row.table_name)), extra=extra)
