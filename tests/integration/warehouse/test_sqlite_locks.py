"""Readers and writers of the embedded engine's three files: no circle of them waits for each other."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest
from airflow.providers.sqlite.hooks.sqlite import SqliteHook

from refdata.core.errors import LockTimeoutError
from refdata.warehouse.sqlite.connection import SqliteFiles, SqliteSession
from tests.integration.warehouse.conftest import Loads

PATIENCE = 1.5
FILES = ("main", "ref", "bkp")

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
