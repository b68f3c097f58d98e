"""The size of the pages in the embedded engine's files."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from refdata.core.settings import Settings
from refdata.warehouse.sqlite.connection import PAGE_BYTES
from refdata.warehouse.sqlite.engine import SqliteWarehouse
from refdata.warehouse.sqlite.plainhook import PlainHook

NAMES = ("refdata.db", "refdata.ref.db", "refdata.bkp.db")


def pages_of(folder: Path) -> list[int]:
    sizes = []
    for name in NAMES:
        with contextlib.closing(sqlite3.connect(folder / name)) as connection:
            sizes += connection.execute("PRAGMA page_size").fetchone()
    return sizes


@pytest.mark.parametrize("earlier", [(), ("refdata.ref.db",), NAMES])
def test_only_new_files_get_large_pages(tmp_path: Path, earlier: tuple[str, ...]) -> None:
    for name in earlier:
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.execute("CREATE TABLE theirs (id)")
    warehouse = SqliteWarehouse(PlainHook(str(tmp_path / "refdata.db")), Settings())
    warehouse.initialise()
    warehouse.initialise()
    assert pages_of(tmp_path) == [4096 if name in earlier else PAGE_BYTES for name in NAMES]
