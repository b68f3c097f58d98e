"""A whole load without Airflow's processes: real folders, a real database, a clock set by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from refdata.config import absolute
from refdata.core.errors import RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, Load
from refdata.core.questions import Given
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.asking import QuestionsError, answer
from refdata.ingest.configure import write_config
from refdata.ingest.context import Deps
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.wiring import table_rules
from tests.fileclock import next_tick
from tests.integration.engines import Database, open_database

FULL = "reference_data_table/fullload"
APPEND = "reference_data_table/append"


@dataclass
class Clock:
    """A clock that moves only on request."""

    now: datetime = field(default_factory=lambda: datetime(2024, 12, 1, 12, 0, 0))  # noqa: DTZ001  naive UTC

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Site:
    """A deployment in a temporary folder, and shorthands for what people do with it."""

    deps: Deps
    clock: Clock
    database: Database

    @property
    def dropoff(self) -> Dropoff:
        """The folders that the source of dropped files is here."""
        return Dropoff.of(self.deps.settings)

    def drop(self, name: str, content: str | bytes, *, folder: str = FULL, mtime: float | None = None) -> DroppedFile:
        path = Path(self.deps.settings.dropoff_root) / folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        next_tick(Path(self.deps.settings.dropoff_root).parent)
        return self.deps.dropoff.find(f"{folder}/{name}")

    def load(
        self, file: DroppedFile, run_id: str = "run", answers: Mapping[str, str] | None = None, *, keep: bool = False
    ) -> Load:
        """Runs all steps as the DAG does, with the error branch; the file's row at the end.

        :param answers: by a question's name, the choice that a person makes; ``keep`` keeps it for later files.
        """
        load_id = 0
        try:
            self._answer(file, run_id, answers or {}, keep=keep)
            detection = detect_format(self.deps, file, run_id)
            load_id = detection.load_id
            align_table(self.deps, file, detection)
            loaded = load_rows(self.deps, file, detection)
            write_config(self.deps, loaded)
            move_to_processed(self.deps, file)
        except RefdataError as error:
            move_to_error(self.deps, file, Failure.of(error, "test"))
        rows = [row for row in self.deps.ledger.page(limit=500).files if not load_id or row.id == load_id]
        return next(row for row in rows if row.file_name == file.name)

    def _answer(self, file: DroppedFile, run_id: str, answers: Mapping[str, str], *, keep: bool) -> None:
        """Asks until every question has its answer, as the review does between the steps."""
        while answers:
            try:
                detection = detect_format(self.deps, file, run_id)
                align_table(self.deps, file, detection)
                load_rows(self.deps, file, detection)
            except QuestionsError as error:
                row = self.deps.ledger.get(error.load_id)
                assert row is not None
                for question in error.questions:
                    given = Given(question.fingerprint, answers[question.name], "ann", "as agreed", keep)
                    answer(self.deps, row, question, given)
            else:
                return

    def rows(self, table: str, columns: str = "*", schema: str = "ref") -> list[tuple[Any, ...]]:
        return self.database.rows(f"SELECT {columns} FROM {schema}.[{table}]")

    def columns(self, table: str) -> dict[str, str]:
        live = self.deps.warehouse.table(self.database.table(table))
        return {column.name: str(column.type) for column in live.columns} if live else {}

    def tables(self) -> list[str]:
        return [found.name.name for found in self.deps.warehouse.tables(self.deps.settings.ref_schema)]

    def error_report(self, row: Load) -> dict[str, Any]:
        path = Path(row.file_path)
        report: dict[str, Any] = json.loads(path.with_name(f"{path.stem}.error.json").read_text())
        return report


def open_site(engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Site:
    """A site with its files in ``folder``; ``changes`` are settings."""
    database = open_database(engine, folder, monkeypatch, **{"dropoff_root": str(folder / "dropoff"), **changes})
    settings = absolute(database.settings, folder)
    ensure_tree(Path(settings.dropoff_root))
    clock = Clock()
    deps = Deps(
        settings=settings,
        warehouse=database.warehouse,
        dropoff=Dropoff.of(settings),
        clock=clock,
        rules=lambda table: table_rules(settings, table),
    )
    return Site(deps, clock, database)


@pytest.fixture
def make_site(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """Makes the test's site; keyword arguments are settings."""
    made: list[Site] = []

    def make(**changes: Any) -> Site:
        made.append(open_site(engine, tmp_path, monkeypatch, **changes))
        return made[-1]

    yield make
    for one in made:
        one.database.clear()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()
