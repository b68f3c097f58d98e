"""A load is stopped while its process is deep in the database or in a file: by a person, by Airflow, by time."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata import serial
from refdata.core.errors import CancelledError, FileChangedError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, FileStatus, Load, Stage
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error
from refdata.ingest.cancel import cancel
from refdata.ingest.context import Detection
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.turn import row_of, take_turn
from refdata.warehouse.connect import open_warehouse
from tests.integration.engines import ALL, MSSQL_PYTHON
from tests.integration.ingest import stopped_task

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

LIVE = "code,name\n01,Graz\n02,Linz\n"
NEXT = "code,name\n03,Wels\n"
AT_ONCE = 5.0
"""Seconds from Airflow's SIGTERM to its SIGKILL."""


@pytest.fixture
def loaded(site: Site) -> Site:
    """A table with two rows."""
    assert site.load(site.drop("cities.csv", LIVE)).status is FileStatus.COMPLETED
    return site


def prepared(site: Site, content: str = NEXT) -> tuple[DroppedFile, Detection]:
    """A second file, its first two steps done."""
    file = site.drop("cities.csv", content)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    return file, detection


def load_in_process(
    site: Site, file: DroppedFile, detection: Detection, state: str | None, **settings: float
) -> subprocess.Popen[str]:
    xcoms = {"detect_format": serial.to_json(detection)}
    chosen = dataclasses.replace(site.deps.settings, **settings)  # type: ignore[arg-type]
    return stopped_task.start("load_rows", chosen, file.path, state=state, **xcoms)


def wait_until(done: Callable[[], bool], child: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert child.poll() is None, "the process ended before it could be stopped"
        assert time.monotonic() < until
        time.sleep(0.01)


def stop(child: subprocess.Popen[str]) -> tuple[str, float]:
    """The step's answer to SIGTERM, and the seconds until it."""
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    try:
        answer = child.communicate(timeout=30)[0]
    finally:
        child.kill()
    return answer.strip().splitlines()[-1], time.monotonic() - began


def row_of_file(site: Site, detection: Detection) -> Load:
    return row_of(site.deps, detection)


@contextlib.contextmanager
def slow_publish(site: Site) -> Iterator[Callable[[], bool]]:
    """Lets a publish into ``cities`` take forever; the function says whether one is running."""
    if site.database.is_sqlite:
        # A trigger that counts to ten thousand million for each row.
        site.database.run(
            """CREATE TRIGGER ref.slow AFTER INSERT ON cities BEGIN
               SELECT COUNT(*) FROM (WITH RECURSIVE n(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) SELECT i FROM n); END"""
        )
        yield lambda: _is_written(site)
        return
    other = open_warehouse(site.deps.settings)
    with other.transaction() as session:
        session.execute(site.database.named("UPDATE ref.[cities] SET name = name"))
        # Staged: what follows is the publish, which waits for this transaction.
        yield lambda: any(_is_filled(site, stage) for stage in site.deps.warehouse.stages())


def _is_filled(site: Site, stage: Stage) -> bool:
    with site.deps.warehouse.reading_stage(stage) as (session, name):
        return bool(session.query(f"SELECT 1 FROM {name}"))


def _is_written(site: Site) -> bool:
    ref = Path(next(row[2] for row in site.database.rows("PRAGMA database_list") if row[1].startswith("ref")))
    with contextlib.closing(sqlite3.connect(ref, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return bool(list(ref.with_name("refdata.stage").glob("*.db")))
        connection.execute("ROLLBACK")
    return False


@pytest.mark.parametrize("engine", [*ALL, MSSQL_PYTHON], indirect=True)
def test_a_person_stops_a_publish_within_seconds_and_the_file_goes_to_error(loaded: Site) -> None:
    file, detection = prepared(loaded)
    with slow_publish(loaded) as publishing:
        child = load_in_process(loaded, file, detection, "failed")
        wait_until(publishing, child)
        answer, seconds = stop(child)
        assert answer == "cancelled"
        assert seconds < AT_ONCE
    row = row_of_file(loaded, detection)
    assert (row.status, row.error_category) == (FileStatus.CANCELLED, "cancelled")
    assert "marked failed in Airflow" in (row.error_message or "")
    assert sorted(loaded.rows("cities", "code, name")) == [("01", "Graz"), ("02", "Linz")]
    assert Path(row.file_path).parent.name == "error"
    assert loaded.error_report(row)["category"] == "cancelled"
    assert not loaded.deps.dropoff.exists(file.path)
    # The next load of the table is not held up, and sweeps what is left.
    if loaded.database.is_sqlite:
        loaded.database.run("DROP TRIGGER ref.slow")
    assert loaded.load(loaded.drop("cities.csv", NEXT)).status is FileStatus.COMPLETED
    assert loaded.rows("cities", "code") == [("03",)]
    assert loaded.deps.warehouse.stages() == ()


def test_a_person_stops_a_load_while_rows_are_staged(loaded: Site) -> None:
    rows = "".join(f"{n:07d},name {n}\n" for n in range(100_000))
    file, detection = prepared(loaded, "code,name\n" + rows * 20)
    child = load_in_process(loaded, file, detection, "failed")
    wait_until(lambda: bool(loaded.deps.warehouse.stages()), child)
    answer, seconds = stop(child)
    assert (answer, seconds < AT_ONCE) == ("cancelled", True)
    assert row_of_file(loaded, detection).status is FileStatus.CANCELLED
    assert len(loaded.rows("cities")) == 2
    late = Failure("internal", "A step was killed", "run", "", transient=False, task="unknown")
    assert move_to_error(loaded.deps, file, late, "run") == ""
    assert loaded.deps.warehouse.stages() == ()


def test_a_person_stops_a_load_while_the_file_is_read(loaded: Site) -> None:
    rows = "".join(f"{n:07d},name {n}\n" for n in range(100_000))
    file = loaded.drop("large.csv", "code,name\n" + rows * 20)
    child = stopped_task.start("detect_format", loaded.deps.settings, file.path, state="failed")
    wait_until(lambda: loaded.deps.ledger.by_path(file.path) is not None, child)
    answer, seconds = stop(child)
    assert (answer, seconds < AT_ONCE) == ("cancelled", True)
    row = loaded.deps.ledger.by_run("run")
    assert row is not None
    assert (row.status, Path(row.file_path).parent.name) == (FileStatus.CANCELLED, "error")


@pytest.mark.parametrize("state", ["running", None])
def test_a_worker_that_is_shut_down_leaves_the_load_to_the_next_try(loaded: Site, state: str | None) -> None:
    file, detection = prepared(loaded)
    with slow_publish(loaded) as publishing:
        child = load_in_process(loaded, file, detection, state)
        wait_until(publishing, child)
        answer, seconds = stop(child)
    assert (answer, seconds < AT_ONCE) == ("stopped", True)
    assert row_of_file(loaded, detection).status is FileStatus.PROCESSING
    assert len(loaded.rows("cities")) == 2
    if loaded.database.is_sqlite:
        loaded.database.run("DROP TRIGGER ref.slow")
    assert load_rows(loaded.deps, file, detection).rows == 1
    assert loaded.rows("cities", "code") == [("03",)]


def test_load_timeout_ends_a_publish_that_hangs(loaded: Site) -> None:
    site = loaded
    file, detection = prepared(site)
    with slow_publish(site):
        child = load_in_process(site, file, detection, "running", load_timeout=4.0)
        answer = child.communicate(timeout=60)[0]
    assert answer.strip().splitlines()[-1] == "cancelled"
    row = row_of_file(site, detection)
    assert row.status is FileStatus.CANCELLED
    assert "load_timeout" in (row.error_message or "")
    assert len(site.rows("cities")) == 2


def test_a_load_that_was_published_just_before_is_archived_as_loaded(loaded: Site) -> None:
    file, detection = prepared(loaded)
    load_rows(loaded.deps, file, detection)
    cancel(loaded.deps, file, "Somebody cancelled it", "run", "write_config")
    row = row_of_file(loaded, detection)
    assert (row.status, Path(row.file_path).parent.name) == (FileStatus.COMPLETED, "processed")


def test_the_error_branch_after_a_cancelled_load_changes_nothing(loaded: Site) -> None:
    file, detection = prepared(loaded)
    cancel(loaded.deps, file, "Somebody cancelled it", "run", "load_rows")
    before = row_of_file(loaded, detection)
    late = Failure("internal", "A step was killed", "run", "", transient=False, task="unknown")
    assert move_to_error(loaded.deps, file, late, "run") == ""
    assert row_of_file(loaded, detection) == before


def test_an_attempt_that_goes_on_after_the_cancel_publishes_nothing(loaded: Site) -> None:
    file, detection = prepared(loaded)
    take_turn(loaded.deps, file, row_of_file(loaded, detection))
    cancel(loaded.deps, file, "Somebody cancelled it", "run", "load_rows")
    with pytest.raises(FileChangedError, match="file is gone"):
        load_rows(loaded.deps, file, detection)
    assert len(loaded.rows("cities")) == 2


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_only_the_thread_that_broke_off_may_go_on(site: Site) -> None:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            with site.deps.warehouse.transaction() as session:
                session.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n")
        except CancelledError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    site.deps.warehouse.break_off()
    thread.join(timeout=30)
    assert len(caught) == 1
    assert site.deps.ledger.counts() is not None
