"""A steward's desk: an API server on one loaded table, and the library on the same folders and database."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from playwright.sync_api import FrameLocator, Page, ViewportSize
from scripts.local_airflow import LocalAirflow, free_port

from refdata.api import ReferenceData
from refdata.config import absolute
from refdata.core.settings import Settings
from refdata.dropoff import ensure_tree
from refdata.warehouse.sqlite.engine import SqliteWarehouse

CONNECTION = "desk_store"
WIDE: ViewportSize = {"width": 1366, "height": 860}
COUNTRIES = "code;name;rate\n" + "".join(f"C{n:03d};Country {n};{n / 4}\n" for n in range(40))


class Place:
    """An API server with one loaded table, and the library on the same folders."""

    def __init__(self, local: LocalAirflow, data: ReferenceData, warehouse: SqliteWarehouse) -> None:
        self.local, self.data, self.warehouse = local, data, warehouse

    def drop_and_load(self, name: str, content: str) -> None:
        (self.local.dropoff / "reference_data_table" / "fullload" / name).write_text(content)
        self.data.process_file(f"reference_data_table/fullload/{name}")


@contextmanager
def running_desk(home: Path) -> Iterator[Place]:
    """Starts the API server on ``countries`` with forty rows."""
    local = LocalAirflow(home, free_port(), {"AIRFLOW__REFDATA__CONN_ID": CONNECTION})
    local.prepare()
    ensure_tree(local.dropoff)
    stored = {"conn_type": "sqlite", "host": str(local.database)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(stored))
        settings = absolute(Settings(conn_id=CONNECTION, dropoff_root=str(local.dropoff)), home)
        warehouse = SqliteWarehouse(SqliteHook(sqlite_conn_id=CONNECTION), settings)  # type: ignore[no-untyped-call]
        data = ReferenceData(settings, warehouse, clock=lambda: datetime.now(UTC).replace(tzinfo=None))
        found = Place(local, data, warehouse)
        found.drop_and_load("countries.csv", COUNTRIES)
        local.start(("api-server",))
        try:
            local.wait_for(lambda: answers(local), 300, "The API server does not answer")
            yield found
        finally:
            local.stop()


def answers(local: LocalAirflow) -> bool:
    """Whether the API server is up."""
    try:
        with urllib.request.urlopen(f"{local.url}/api/v2/version", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def view(window: Page, place: Place, query: str = "view=upload") -> FrameLocator:
    """Opens a view of the page; returns its frame."""
    window.goto(f"{place.local.url}/plugin/refdata/refdata/?{query}")
    return window.frame_locator("iframe")
