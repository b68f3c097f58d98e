"""Changes a dropped file at a chosen moment of its load, wherever files are dropped."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from refdata.core.model import Column, DroppedFile, FileStatus, Publication, Published, Stage, Table, TableName
from refdata.dropoff.source import Source
from refdata.ingest.context import Deps
from refdata.warehouse.base import Warehouse

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

BEFORE = "code,name\n00,Enns\n"
OLD = "code,name\n01,Graz\n02,Linz\n"
NEW = "code,name\n01,Graz\n03,Wels\n"
MORE = '04,"St. Veit"\n'


class Meddler:
    """Changes the file once, when the load comes to the moment."""

    def __init__(self, moment: str, change: Callable[[], None]) -> None:
        self._moment = moment
        self._change = change
        self.done = False

    def come_to(self, moment: str) -> None:
        if moment == self._moment and not self.done:
            self.done = True
            self._change()


class MeddledWarehouse:
    """A warehouse that reports the load's progress to the meddler."""

    def __init__(self, inner: Warehouse, meddler: Meddler) -> None:
        self._inner = inner
        self._meddler = meddler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def table(self, name: TableName) -> Table | None:
        self._meddler.come_to("opened")
        return self._inner.table(name)

    def stage(
        self,
        stage: Stage,
        columns: Sequence[Column],
        batches: Iterable[pa.RecordBatch],
        on_progress: Callable[[int], None],
    ) -> tuple[int, str]:
        return self._inner.stage(stage, columns, self._watched(batches), on_progress)

    def _watched(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch
            self._meddler.come_to("first rows staged")

    def publish(self, request: Publication, *more: Any) -> Published:
        self._meddler.come_to("staged")
        return self._inner.publish(request, *more)


class MeddledSource:
    """A source that reports the load's progress to the meddler."""

    def __init__(self, inner: Source, meddler: Meddler) -> None:
        self._inner = inner
        self._meddler = meddler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def rejects_path(self, file: DroppedFile, load_id: int) -> Path:
        self._meddler.come_to("format found")
        return self._inner.rejects_path(file, load_id)

    @contextlib.contextmanager
    def open(self, file: DroppedFile) -> Iterator[str]:
        with self._inner.open(file) as path:
            yield path
            self._meddler.come_to("read")


def meddled(deps: Deps, meddler: Meddler) -> Deps:
    dropoff: Any = MeddledSource(deps.dropoff, meddler)
    warehouse: Any = MeddledWarehouse(deps.warehouse, meddler)
    return dataclasses.replace(deps, dropoff=dropoff, warehouse=warehouse)


MOMENTS = [
    "detect_format", "opened", "format found", "read", "align_table", "load_rows", "first rows staged", "staged",
    "write_config", "move_to_processed",
]  # fmt: skip
FEW = MOMENTS if os.environ.get("REFDATA_TEST_FULL") else ["opened", "staged", "move_to_processed"]
"""Moments for the changes that differ little from others; REFDATA_TEST_FULL=1 takes all for all."""
PUBLISHED = ("write_config", "move_to_processed", "staged")


def rows_of(content: str) -> list[tuple[str, str]]:
    lines = [line.replace('"', "").split(",") for line in content.splitlines()[1:]]
    return sorted((line[0], line[1]) for line in lines)


def check_quiet(site: Site) -> None:
    """No load is in flight, none left anything, and each version has the rows of one file."""
    assert {row.status for row in site.deps.ledger.page(limit=500).files} <= {
        FileStatus.COMPLETED, FileStatus.CANCELLED, FileStatus.ERROR, FileStatus.DUPLICATE,
    }  # fmt: skip
    assert site.deps.warehouse.stages() == ()
    whole = [rows_of(content) for content in (BEFORE, OLD, NEW, OLD + MORE, OLD[:-4])]
    versions: dict[int, list[tuple[str, str]]] = {}
    for code, name, version in site.rows("cities_backup", "code, name, ref_data_version_id", "bkp"):
        versions.setdefault(version, []).append((code, name))
    assert all(sorted(rows) in whole for rows in versions.values())


def moments_of(changes: Iterable[Callable[..., None]], thoroughly: Sequence[Callable[..., None]]) -> list[Any]:
    """A case for each change and moment."""
    return [
        pytest.param(change, moment, id=f"{change.__name__}-{moment}")
        for change in changes
        for moment in (MOMENTS if change in thoroughly else FEW)
    ]
