"""Real Airflow (scheduler, triggerer, DAG processor, API server) for the whole session."""

from __future__ import annotations

import json
import shutil
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from scripts import airflow_api
from scripts.local_airflow import PROJECT, LocalAirflow, free_port

from tests.airflow.secrets.canaries import EXTRA
from tests.e2e.browser import chromium, log_in, running_browser
from tests.e2e.desk import WIDE, Place, running_desk
from tests.fileclock import next_tick
from tests.integration.engines import MSSQL, SQLITE, Database, Server, open_database

FULL = "reference_data_table/fullload"
APPEND = "reference_data_table/append"
INTERVAL = 0.5
CHECKS = 6
ALERT_WAITING = 40.0
"""Seconds after which a load is late: most need a quarter of it."""
READ_DOWNSTREAM = "read_downstream"
"""The table that the DAG of ``downstream.py`` waits for."""


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of the shared Airflow: ``scripts/test`` runs them beside the others, since most of them wait."""
    for item in items:
        if {"airflow", "either_airflow"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.shared_airflow)


@dataclass
class RunningAirflow:
    """Airflow as a person meets it: folders, pages, the database that it fills."""

    local: LocalAirflow
    alerts_file: Path

    @property
    def lineage_file(self) -> Path:
        """OpenLineage's events, one a line."""
        return self.local.home / "lineage.jsonl"

    @property
    def downstream_file(self) -> Path:
        """The events that the downstream DAG received, one per line."""
        return self.local.home / "downstream.jsonl"

    def asset(self, name: str) -> str:
        """The address of a table."""
        return f"file://{self.local.database}/ref/{name}"

    def dataset(self, name: str) -> tuple[str, str]:
        """OpenLineage's namespace and name of a table."""
        return "file", f"{self.local.database}/ref/{name}"

    def drop(self, name: str, content: bytes, folder: str = FULL) -> Path:
        target = self.local.dropoff / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        hidden = target.with_name(f".{name}.writing")
        hidden.write_bytes(content)
        next_tick(self.local.home)
        return hidden.rename(target)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        uri = f"file:{self.local.ref_database}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "unable to open" in str(error):
                return []  # before the first load
            raise

    def status(self, name: str) -> list[str]:
        """Statuses of all drops of a file name, oldest first; empty path prefix means archived."""
        sql = "SELECT status FROM File_Monitor_Tracking WHERE file_name = ? ORDER BY id"
        return [row[0] for row in self.query(sql, name)]

    def wait_ended(self, *names: str, drops: int = 1, seconds: float = 300) -> None:
        """Returns when each name has had so many drops, all archived."""
        sql = """SELECT COUNT(*) FROM File_Monitor_Tracking WHERE file_name = ? AND processed_at IS NOT NULL
                 AND status IN ('completed', 'error', 'duplicate', 'cancelled')"""

        def ended() -> bool:
            return all((self.query(sql, name) or [(0,)])[0][0] >= drops for name in names)

        self.local.wait_for(ended, seconds, f"{', '.join(names)} did not come to an end")

    def get(self, path: str, token: str | None = None) -> tuple[int, bytes]:
        """Status and body of a page; without a token as an anonymous caller."""
        request = urllib.request.Request(f"{self.local.url}{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def token(self, user: str = "admin") -> str:
        return airflow_api.token(self.local, user)

    def api(self, path: str) -> dict[str, Any]:
        """An answer of Airflow's own REST API."""
        status, body = self.get(f"/api/v2{path}", self.token())
        assert status == 200, body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def mark(self, path: str, **changes: str) -> None:
        """Changes a run or a task instance by Airflow's own REST API, as its page does."""
        request = urllib.request.Request(
            f"{self.local.url}/api/v2{path}", data=json.dumps(changes).encode(), method="PATCH"
        )
        request.add_header("Authorization", f"Bearer {self.token()}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200

    def alerts(self) -> list[dict[str, str]]:
        lines = self.alerts_file.read_text().splitlines() if self.alerts_file.exists() else []
        return [json.loads(line) for line in lines]


@dataclass
class TsqlAirflow(RunningAirflow):
    """One that loads into the T-SQL server of ``REFDATA_TEST_MSSQL_URI``, in schemas of its own."""

    database: Database

    def asset(self, name: str) -> str:
        return f"{self._server()}/{Server.named().database}/{self.database.settings.ref_schema}/{name}"

    def dataset(self, name: str) -> tuple[str, str]:
        return self._server(), f"{Server.named().database}.{self.database.settings.ref_schema}.{name}"

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.rows(sql.replace("FROM File_", "FROM ref.File_"), *values)

    def _server(self) -> str:
        return f"mssql://{Server.named().host}:{Server.named().port}"


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    home = tmp_path_factory.mktemp("airflow")
    extra: dict[str, str] = {}
    running = RunningAirflow(LocalAirflow(home, free_port(), extra), home / "alerts.jsonl")
    connection = {"conn_type": "sqlite", "host": str(running.local.database), "extra": {"token": EXTRA}}
    extra["AIRFLOW_CONN_REFDATA_DEFAULT"] = json.dumps(connection)
    with _started(running, extra):
        yield running


@pytest.fixture(scope="session")
def tsql_airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TsqlAirflow]:
    home = tmp_path_factory.mktemp("tsql_airflow")
    with pytest.MonkeyPatch.context() as patch:
        database = open_database("mssql", home, patch)
        extra = {
            "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(Server.named().connection("mssql")),
            "AIRFLOW__REFDATA__REF_SCHEMA": database.settings.ref_schema,
            "AIRFLOW__REFDATA__BKP_SCHEMA": database.settings.bkp_schema,
        }
        running = TsqlAirflow(LocalAirflow(home, free_port(), extra), home / "alerts.jsonl", database)
        try:
            with _started(running, extra):
                yield running
        finally:
            database.drop()


@pytest.fixture(params=[SQLITE, MSSQL])
def either_airflow(request: pytest.FixtureRequest) -> RunningAirflow:
    """The embedded engine, and a T-SQL server where one is named."""
    running: RunningAirflow = request.getfixturevalue("airflow" if request.param == "sqlite" else "tsql_airflow")
    return running


@contextmanager
def _started(running: RunningAirflow, extra: dict[str, str]) -> Iterator[None]:
    """Starts it under its environment ``extra`` and what is the same for all."""
    notifier = {"notifier": "tests.e2e.alert_file.AlertFile", "path": str(running.alerts_file)}
    words = {name: "{" + name + "}" for name in ("title", "text", "url")}
    local = running.local
    extra |= {
        "AIRFLOW__REFDATA__STABILITY_INTERVAL": str(INTERVAL),
        "AIRFLOW__REFDATA__STABILITY_CHECKS": str(CHECKS),
        "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "1",
        # Each alert by itself: gathering them has tests of its own.
        "AIRFLOW__REFDATA__ALERT_WINDOW": "0",
        "AIRFLOW__REFDATA__ALERT_WAITING": str(ALERT_WAITING),
        "AIRFLOW__REFDATA__ALERT_NOTIFIERS": json.dumps([notifier | words]),
        "PYTHONPATH": str(PROJECT),
        "AIRFLOW__CORE__DAGS_FOLDER": str(_dags_with_another(local.home)),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(running.lineage_file), "append": True}
        ),
        "DOWNSTREAM_TABLE": running.asset(READ_DOWNSTREAM),
        "DOWNSTREAM_FILE": str(running.downstream_file),
    }
    local.prepare()
    local.start()
    try:
        local.wait_healthy()
        yield
    finally:
        local.stop()


def _dags_with_another(home: Path) -> Path:
    """The project's DAGs, and beside them one that waits for a table."""
    folder = shutil.copytree(PROJECT / "dags", home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("downstream.py"), folder)
    return Path(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session: Playwright runs no second one beside it."""
    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The steward's desk."""
    chromium()
    with running_desk(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture(scope="session")
def window(place: Place, browser: Browser) -> Iterator[Page]:
    """A window in which somebody who may do everything is logged in."""
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, place.local.url, "admin", place.local.password)
        yield page
