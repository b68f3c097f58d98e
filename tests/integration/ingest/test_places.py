"""Runs that wait keep their places among those that Airflow has begun; a file must not wait behind them for ever."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from refdata import serial
from refdata.core.errors import ConnectionLostError, GaveWayError, RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, FileStatus
from refdata.core.runid import run_id_of
from refdata.core.turns import GIVE_WAY
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.context import Deps, Detection
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.turn import NotYetError, row_of, take_turn
from refdata.watching import grouped

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

PLACES = 3
SINCE = datetime(2024, 12, 1, 11, tzinfo=UTC).timestamp()


@dataclass
class Airflow:
    """Begins queued runs by ``run_after`` while there are places, and starts a file that was handed back again."""

    site: Site
    queued: list[tuple[str, DroppedFile]] = field(default_factory=list)
    begun: dict[str, DroppedFile] = field(default_factory=dict)
    detected: dict[str, Detection] = field(default_factory=dict)
    gave_way: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    @property
    def deps(self) -> Deps:
        ids = {run_id_of(file) for file in self.begun.values()}
        return dataclasses.replace(
            self.site.deps, is_running=ids.__contains__, is_crowded=lambda: bool(self.queued), asks=True
        )

    def release(self, *files: DroppedFile) -> None:
        again = {row.file_path for row, _ in self.site.deps.ledger.unfinished()}
        now = self.site.clock().replace(tzinfo=UTC)
        for group in grouped([serial.to_json(file) for file in files], 25, now, again):
            moments: dict[str, Any] = {entry["path"]: entry["run_after"] for entry in group}
            self.queued += [(moments[file.path], file) for file in files if file.path in moments]

    def begin(self) -> None:
        self.queued.sort(key=lambda entry: entry[0])
        while self.queued and len(self.begun) < PLACES:
            _, file = self.queued.pop(0)
            self.begun[file.path] = file
            self.detected[file.path] = detect_format(self.deps, file, run_id_of(file))

    def end(self, path: str, failure: RefdataError | None = None) -> None:
        """Ends a run; a transient failure hands its file back, which is released again when it has rested."""
        file = self.begun.pop(path)
        if failure is not None:
            move_to_error(self.deps, file, Failure.of(failure, "align_table"), run_id_of(file))
            self.begin()  # it rests first, and its place is taken meanwhile
            self.release(self.site.deps.dropoff.find(path))

    def step(self) -> None:
        """A minute, in which each run asks for its turn and works where it has it."""
        self.begin()
        for path, file in [item for item in self.begun.items() if item[0] not in self.asked]:
            try:
                align_table(self.deps, file, self.detected[path])
                load_rows(self.deps, file, self.detected[path])
            except NotYetError:
                continue
            except GaveWayError as error:
                self.gave_way.append(file.name)
                self.end(path, error)
                continue
            move_to_processed(self.deps, file)
            self.end(path)
        self.site.clock.now += timedelta(minutes=1)


def rates(site: Site, number: int) -> DroppedFile:
    return site.drop(f"rates_2024010{number}.csv", f"code,rate\na,{number}\n", mtime=SINCE + number)


def loaded(site: Site) -> list[str]:
    """The loaded files, in the order of their loads."""
    files = [row for row in site.deps.ledger.page(limit=100).files if row.status is FileStatus.COMPLETED]
    return [row.file_name for row in sorted(files, key=lambda row: row.loaded_at or datetime.max)]  # noqa: DTZ901


def test_a_file_that_is_handed_back_gets_a_place_before_those_that_wait_for_it(site: Site) -> None:
    airflow, files = Airflow(site), [rates(site, number) for number in range(1, 9)]
    airflow.release(*files)
    airflow.begin()
    airflow.end(files[0].path, ConnectionLostError("The server is away"))
    for _ in range(60):
        airflow.step()
    assert loaded(site) == [file.name for file in files]
    assert airflow.gave_way


def test_files_behind_a_question_make_room_for_other_tables_and_are_loaded_when_it_is_answered(site: Site) -> None:
    airflow, files = Airflow(site), [rates(site, number) for number in range(1, 6)]
    airflow.release(*files)
    airflow.begin()
    first, detection = files[0], airflow.detected[files[0].path]
    attempt = take_turn(airflow.deps, first, row_of(site.deps, detection))
    site.deps.ledger.hold_for_review(detection.load_id, attempt, site.clock())
    airflow.asked.add(first.path)
    other = site.drop("cities.csv", "code\na\n", mtime=SINCE + 60)
    airflow.release(other)
    for _ in range(30):
        airflow.step()
    assert loaded(site) == [other.name]
    site.deps.ledger.mark_answered(detection.load_id, attempt)
    airflow.asked.clear()
    for _ in range(60):
        airflow.step()
    assert loaded(site) == [other.name, *(file.name for file in files)]


@pytest.mark.parametrize(
    ("begun", "crowded", "waited", "gives_way"),
    [
        (False, True, GIVE_WAY, True),
        (False, True, GIVE_WAY - timedelta(minutes=1), False),
        (False, False, GIVE_WAY, False),
        (True, True, GIVE_WAY, False),
    ],
    ids=["in vain", "not for long", "nobody needs the place", "the other is at it"],
)
def test_a_load_gives_way_only_where_it_helps(
    site: Site, begun: bool, crowded: bool, waited: timedelta, gives_way: bool
) -> None:
    first, second = rates(site, 1), rates(site, 2)
    detect_format(site.deps, first, run_id_of(first))
    detection = detect_format(site.deps, second, run_id_of(second))
    ids = {run_id_of(second), *([run_id_of(first)] if begun else [])}
    deps = dataclasses.replace(site.deps, is_running=ids.__contains__, is_crowded=lambda: crowded)
    site.clock.now += waited
    with pytest.raises(GaveWayError if gives_way else NotYetError):
        take_turn(deps, second, row_of(deps, detection))
