"""A load's cost for the database: an undisturbed second load of a table opens few connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from refdata.core.model import Table, TableName
from refdata.ingest.process import process
from refdata.warehouse.sqlite.connection import SqliteFiles
from refdata.warehouse.sqlite.engine import SqliteWarehouse
from refdata.warehouse.tsql.engine import TsqlWarehouse
from refdata.warehouse.tsql.pool import ConnectionPool
from tests.integration.ingest import conftest as steps

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

MOST = 8
FIRST, SECOND = "code,name\n01,Graz\n", "code,name\n02,Linz\n"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The connections opened to the warehouse, as they are opened."""
    made: list[str] = []

    def counted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def connect(*args: Any, **kwargs: Any) -> Any:
            made.append(name)
            return real(*args, **kwargs)

        return connect

    monkeypatch.setattr(SqliteFiles, "connect", counted(SqliteFiles.connect, "sqlite"))
    monkeypatch.setattr(ConnectionPool, "_new_one", counted(ConnectionPool._new_one, "tsql"))
    return made


STEPS = ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed")


@pytest.fixture
def begun(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps, as they begin; each begins without idle connections, as in a process of its own."""
    names: list[str] = []

    def begins(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            names.append(step.__name__)
            leave_idle(site)
            return step(*args, **kwargs)

        return run

    for name in STEPS:
        monkeypatch.setattr(steps, name, begins(getattr(steps, name)))
    return names


def leave_idle(site: Site) -> None:
    """Closes the connections that the process keeps between steps."""
    if isinstance(site.deps.warehouse, TsqlWarehouse):
        site.deps.warehouse._pool.close()


def test_a_second_load_opens_few_connections_step_by_step(site: Site, opened: list[str], begun: list[str]) -> None:
    site.load(site.drop("cities.csv", FIRST), "first")
    file = site.drop("cities.csv", SECOND)
    opened.clear()
    begun.clear()
    assert site.load(file, "second").status == "completed"
    assert begun == list(STEPS)
    assert len(STEPS) <= len(opened) <= MOST


@pytest.mark.parametrize("engine", ["sqlite"])
def test_each_step_of_a_second_load_reads_the_table_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.load(site.drop("cities.csv", FIRST), "first")
    file = site.drop("cities.csv", SECOND)
    read: list[str] = []
    real = SqliteWarehouse.table

    def noted(self: SqliteWarehouse, name: TableName) -> Table | None:
        read.append(name.name)
        return real(self, name)

    monkeypatch.setattr(SqliteWarehouse, "table", noted)
    assert site.load(file, "second").status == "completed"
    assert read == ["cities"] * 3, "in detect_format, align_table and load_rows"


def test_a_second_load_in_one_process_opens_fewer(site: Site, opened: list[str]) -> None:
    site.load(site.drop("cities.csv", FIRST), "first")
    file = site.drop("cities.csv", SECOND)
    leave_idle(site)
    opened.clear()
    process(site.deps, file, "second")
    # The load's own, one to publish with the stage, and one that compares the staged rows with the live ones.
    assert len(opened) <= 3


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_idle_connection_of_a_step_locks_nothing(site: Site) -> None:
    with site.deps.warehouse.connected():
        site.deps.warehouse.schema_version()
        other = site.database.reopened()
        with other.warehouse.transaction() as session:
            session.execute("PRAGMA user_version = 7")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_failed_transaction_leaves_the_next_one_a_sound_connection(site: Site, opened: list[str]) -> None:
    warehouse = site.deps.warehouse
    with warehouse.connected():
        with pytest.raises(ZeroDivisionError), warehouse.transaction() as session:
            session.execute("CREATE TABLE ref.gone (x INT)")
            raise ZeroDivisionError
        with warehouse.transaction(write=False) as session:
            assert session.query("SELECT name FROM ref.sqlite_master WHERE name = 'gone'") == []
        with warehouse.transaction() as session, warehouse.transaction(write=False) as inner:
            assert inner is not session


@pytest.mark.parametrize("engine", ["sqlite"])
def test_each_thread_has_a_connection_of_its_own(site: Site, opened: list[str]) -> None:
    opened.clear()
    with site.deps.warehouse.connected():
        site.deps.warehouse.schema_version()
        thread = threading.Thread(target=site.deps.warehouse.schema_version)
        thread.start()
        thread.join()
        site.deps.warehouse.schema_version()
    site.deps.warehouse.schema_version()
    assert len(opened) == 3
