"""A deployment in a folder that can be put back to where a scenario starts."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

# What a load imports on use is imported here: each of the many processes that are forked would pay for it.
import adbc_driver_sqlite.dbapi  # noqa: F401

import refdata.csvformat.detection
import refdata.csvformat.reader
import refdata.csvformat.scan
import refdata.warehouse.sqlite.engine  # noqa: F401
from refdata.config import absolute
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ingest.context import Deps
from refdata.warehouse.connect import open_warehouse
from refdata.wiring import table_rules

CONN_ID = "refdata_trust"
NOW = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC
EARLIER = 1_700_000_000
"""Seconds since the epoch: mtime of the first file that is dropped; one of order n is n seconds younger."""


class SqliteSite:
    """Folders and database files below ``home``; what Airflow knows lies beside it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.home = folder / "site"
        self.book = folder / "airflow.jsonl"
        self._saved = folder / "saved"
        self.settings = absolute(dataclasses.replace(Settings(conn_id=CONN_ID), **changes), self.home)

    @property
    def folders(self) -> dict[str, Path]:
        """The folders that belong to the state."""
        names = ("dropoff", "processed", "error")
        roots = map(Path, (self.settings.dropoff_root, self.settings.processed_root, self.settings.error_root))
        found = dict(zip(names, roots, strict=True))
        outside = {name: path for name, path in found.items() if not path.is_relative_to(self.home)}
        return {"dropoff": found["dropoff"], "warehouse": self.home / "warehouse", **outside}

    @property
    def _places(self) -> dict[str, Path]:
        outside = {name: path for name, path in self.folders.items() if not path.is_relative_to(self.home)}
        return {"home": self.home, **outside}

    def make(self) -> None:
        """An empty deployment."""
        for path in (self._saved, *self._places.values()):
            shutil.rmtree(path, ignore_errors=True)
        self.book.unlink(missing_ok=True)
        for path in self.folders.values():
            path.mkdir(parents=True)
        ensure_tree(Path(self.settings.dropoff_root))

    def save(self) -> None:
        """Remembers how everything is now."""
        for name, path in self._places.items():
            shutil.copytree(path, self._saved / name)

    def restore(self) -> None:
        """Puts everything back to how it was saved; runs are forgotten."""
        self.book.unlink(missing_ok=True)
        for name, path in self._places.items():
            shutil.rmtree(path)
            shutil.copytree(self._saved / name, path)

    def drop(self, name: str, content: str, *, folder: str, order: int = 0) -> None:
        """Drops a file; one of a higher order is younger."""
        path = Path(self.settings.dropoff_root) / folder / name
        path.write_text(content, encoding="utf-8")
        os.utime(path, (EARLIER + order, EARLIER + order))

    def connect(self) -> Deps:
        """What the steps of a load need; to be called in the process that uses it."""
        host = str(self.home / "warehouse" / "refdata.db")
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps({"conn_type": "sqlite", "host": host})
        return Deps(
            settings=self.settings,
            warehouse=open_warehouse(self.settings),
            dropoff=Dropoff.of(self.settings),
            clock=lambda: NOW,
            rules=lambda table: table_rules(self.settings, table),
        )
