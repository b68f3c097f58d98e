"""Readers and writers of the embedded engine's three files: no circle of them waits for each other."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.providers.sqlite.hooks.sqlite import SqliteHook

from refdata.core.errors import LockTimeoutError
from refdata.warehouse.sqlite import staging
from refdata.warehouse.sqlite.connection import SqliteFiles, SqliteSession
from tests.integration.warehouse.conftest import Loads
from tests.integration.warehouse.test_staging import COLUMNS, batches, count, stage_of

PATIENCE = 1.5
FILES = ("main", "ref", "bkp")

LOOK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT name FROM sqlite_master").fetchall()
print("looking", flush=True)
time.sleep(0.5)  # the stage is complete by then, and its commit waits
"""

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])


def opened(loads: Loads, schema: str, timeout: float) -> contextlib.closing[sqlite3.Connection]:
    """Somebody else's connection to one of the files."""
    with loads.database.warehouse.transaction(write=False) as session:
        files = {row[1]: row[2] for row in session.query("PRAGMA database_list")}
    return contextlib.closing(sqlite3.connect(Path(files[schema]), isolation_level=None, timeout=timeout))


@pytest.mark.parametrize("wanted", FILES)
def test_a_reader_that_has_one_file_has_all_so_it_waits_for_no_writer(loads: Loads, wanted: str) -> None:
    reading = loads.database.warehouse.transaction(write=False)
    with opened(loads, wanted, 0) as writer, reading, pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.execute("BEGIN EXCLUSIVE")


@pytest.mark.parametrize(("taken", "free"), [("ref", "main"), ("bkp", "main"), ("bkp", "ref")])
def test_a_reader_that_cannot_have_all_files_keeps_none(loads: Loads, taken: str, free: str) -> None:
    """A writer that commits has some files locked and waits for the others: it must get them before it gives up."""
    impatient = loads.database.reopened(lock_timeout=PATIENCE)
    hook = SqliteHook(impatient.settings.conn_id)  # type: ignore[no-untyped-call]
    files = SqliteFiles(hook, impatient.settings)
    connected, locked = threading.Event(), threading.Event()
    ended: list[str] = []

    def read() -> None:
        with contextlib.closing(files.connect()) as connection:
            connected.set()
            locked.wait()
            try:
                files.begin_reading(SqliteSession(connection, "files"))
            except LockTimeoutError as error:
                ended.append(error.category)

    reader = threading.Thread(target=read)
    with opened(loads, taken, 0) as holding, opened(loads, free, PATIENCE / 2) as needing:
        reader.start()
        connected.wait()
        holding.execute("BEGIN EXCLUSIVE")
        locked.set()
        while reader.is_alive():
            needing.execute("BEGIN EXCLUSIVE")
            needing.execute("ROLLBACK")
    reader.join()
    assert ended == ["lock_timeout"]


def stage_file(loads: Loads) -> Path:
    (file,) = loads.database.warehouse._files.stage_folder.glob("*.db")  # type: ignore[attr-defined]
    return Path(file)


@contextlib.contextmanager
def looking_at(file: Path) -> Iterator[None]:
    """Another process reads the file, for half a second: a process does not lock a file against itself."""
    with subprocess.Popen([sys.executable, "-c", LOOK, str(file)], stdout=subprocess.PIPE) as looking:
        assert looking.stdout
        assert looking.stdout.readline() == b"looking\n"
        yield


def test_a_stage_waits_for_a_load_that_looks_which_table_it_is_for(loads: Loads) -> None:
    warehouse, stage = loads.database.warehouse, stage_of(loads.database)
    with contextlib.ExitStack() as ends:

        def look(_: int) -> None:
            ends.enter_context(looking_at(stage_file(loads)))

        assert warehouse.stage(stage, COLUMNS, batches(1), look)[0] == 3
    assert count(loads.database, stage) == 3


def test_a_stage_that_stays_locked_is_no_full_disk(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_PATIENCE", 1)
    with contextlib.ExitStack() as ends:

        def look(_: int) -> None:
            ends.enter_context(looking_at(stage_file(loads)))

        with pytest.raises(LockTimeoutError, match="looked at the stage database") as raised:
            loads.database.warehouse.stage(stage_of(loads.database), COLUMNS, batches(1), look)
    assert loads.database.warehouse.stages() == ()
    assert "retried" in raised.value.advice


def test_a_stage_that_is_being_filled_is_known_by_its_load(loads: Loads) -> None:
    stage = stage_of(loads.database, load_id=7, attempt=2)
    loads.database.warehouse.stage(stage, COLUMNS, batches(1), lambda rows: None)
    with contextlib.closing(sqlite3.connect(stage_file(loads), isolation_level=None)) as filling:
        filling.execute("BEGIN EXCLUSIVE")
        assert [(one.load_id, one.attempt) for one in loads.database.warehouse.stages()] == [(7, 2)]
