"""A person marks a task or a run in Airflow: the load stops within seconds, and the ledger says so."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.e2e.conftest import FULL

if TYPE_CHECKING:
    from tests.e2e.conftest import RunningAirflow

RUNS = "/dags/refdata_load/dagRuns"
FIRST, SECOND = b"code,name\n01,Graz\n02,Linz\n", b"code,name\n03,Wels\n"
SECONDS = 25
"""From click to row; Airflow notifies a running task at its next heartbeat, every 5 s. The machine may be busy."""


def write(airflow: RunningAirflow, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(airflow.local.ref_database, timeout=30, isolation_level=None)) as connection:
        connection.execute(sql, values)


def run_of(airflow: RunningAirflow, name: str) -> str:
    found = airflow.query("SELECT dag_run_id FROM File_Monitor_Tracking WHERE file_name = ? ORDER BY id DESC", name)
    return str(found[0][0])


def task_state(airflow: RunningAirflow, run_id: str, task: str) -> str:
    return str(airflow.api(f"{RUNS}/{run_id}/taskInstances/{task}")["state"])


def cancelled_after(airflow: RunningAirflow, name: str, mark: Callable[[], None]) -> float:
    """Seconds from the click until the row says so and the file is archived."""
    began = time.monotonic()
    mark()
    sql = """SELECT 1 FROM File_Monitor_Tracking
             WHERE file_name = ? AND status = 'cancelled' AND file_path LIKE '%/error/%'"""
    airflow.local.wait_for(lambda: bool(airflow.query(sql, name)), 60, f"{name} was not cancelled")
    return time.monotonic() - began


@contextmanager
def turn_taken(airflow: RunningAirflow, table: str) -> Iterator[None]:
    """Another load of the table seems to be at work."""
    now = datetime.now(UTC).replace(tzinfo=None)
    write(
        airflow,
        """INSERT INTO File_Monitor_Tracking (file_path, file_name, status, load_type, table_name, is_reference_data,
             attempt, created_at, started_at, heartbeat_at, file_mtime_ns)
           VALUES (?, 'other.csv', 'processing', 'fullload', ?, 1, 1, ?, ?, ?, 1)""",
        f"/elsewhere/{table}.csv", table, *(str(moment) for moment in (now, now, now + timedelta(hours=1))),
    )  # fmt: skip
    yield
    write(airflow, "DELETE FROM File_Monitor_Tracking WHERE file_path = ?", f"/elsewhere/{table}.csv")


def test_marking_the_running_task_failed_stops_a_publish_and_leaves_the_table_as_it_was(
    airflow: RunningAirflow,
) -> None:
    airflow.drop("stop_me.csv", FIRST)
    airflow.wait_ended("stop_me.csv")
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) SELECT i FROM n"
    write(airflow, f"CREATE TRIGGER slow AFTER INSERT ON stop_me BEGIN SELECT COUNT(*) FROM ({counting}); END")
    airflow.drop("stop_me.csv", SECOND)
    sql = (
        "SELECT 1 FROM File_Monitor_Tracking WHERE file_name = 'stop_me.csv' AND attempt >= 2 AND status = 'processing'"
    )
    airflow.local.wait_for(lambda: bool(airflow.query(sql)), 90, "The load did not begin")
    run_id = run_of(airflow, "stop_me.csv")
    path = f"{RUNS}/{run_id}/taskInstances/load_rows"
    seconds = cancelled_after(airflow, "stop_me.csv", lambda: airflow.mark(path, new_state="failed"))
    assert seconds < SECONDS
    write(airflow, "DROP TRIGGER slow")
    assert sorted(airflow.query("SELECT code FROM stop_me")) == [("01",), ("02",)]
    reason = airflow.query("SELECT error_message FROM File_Monitor_Tracking WHERE status = 'cancelled'")
    assert "load_rows was marked failed in Airflow" in reason[0][0]
    airflow.local.wait_for(lambda: airflow.api(f"{RUNS}/{run_id}")["state"] == "failed", 60, "The run goes on")
    assert airflow.status("stop_me.csv") == ["completed", "cancelled"]
    assert not (airflow.local.dropoff / FULL / "stop_me.csv").exists()
    # Nothing is left of it, and the next file of the table is loaded.
    airflow.drop("stop_me.csv", SECOND)
    airflow.wait_ended("stop_me.csv", drops=3)
    assert airflow.query("SELECT code FROM stop_me") == [("03",)]


def test_marking_a_run_that_waits_for_its_turn_cancels_its_load(airflow: RunningAirflow) -> None:
    airflow.drop("waiting_run.csv", FIRST)
    airflow.wait_ended("waiting_run.csv")
    with turn_taken(airflow, "waiting_run"):
        airflow.drop("waiting_run.csv", SECOND)
        airflow.local.wait_for(lambda: airflow.status("waiting_run.csv") == ["completed", "pending"], 90, "No load")
        run_id = run_of(airflow, "waiting_run.csv")
        waiting = lambda: task_state(airflow, run_id, "align_table") == "deferred"  # noqa: E731
        airflow.local.wait_for(waiting, 60, "It does not wait")
        mark = lambda: airflow.mark(f"{RUNS}/{run_id}", state="failed")  # noqa: E731
        assert cancelled_after(airflow, "waiting_run.csv", mark) < SECONDS
    assert len(airflow.query("SELECT 1 FROM waiting_run")) == 2


def test_marking_a_task_that_waits_for_its_turn_cancels_its_load(airflow: RunningAirflow) -> None:
    airflow.drop("waiting_task.csv", FIRST)
    airflow.wait_ended("waiting_task.csv")
    with turn_taken(airflow, "waiting_task"):
        airflow.drop("waiting_task.csv", SECOND)
        airflow.local.wait_for(lambda: airflow.status("waiting_task.csv") == ["completed", "pending"], 90, "No load")
        run_id = run_of(airflow, "waiting_task.csv")
        waiting = lambda: task_state(airflow, run_id, "align_table") == "deferred"  # noqa: E731
        airflow.local.wait_for(waiting, 60, "It does not wait")
        mark = lambda: airflow.mark(f"{RUNS}/{run_id}/taskInstances/align_table", new_state="failed")  # noqa: E731
        assert cancelled_after(airflow, "waiting_task.csv", mark) < SECONDS
    assert len(airflow.query("SELECT 1 FROM waiting_task")) == 2
