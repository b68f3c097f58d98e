"""Two runs of one file, or a run that stood still for long: each test is one order of events, of another process's
doing between two steps of the first."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refdata.core.errors import (
    AirflowAwayError,
    ConnectionLostError,
    FileChangedError,
    FormatError,
    LockTimeoutError,
    RefdataError,
)
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, FileStatus, Load
from refdata.core.runid import run_id_of
from refdata.core.tablerules import TableRules
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.turn import NotYetError, row_of, take_turn
from tests.integration.ingest.conftest import APPEND

if TYPE_CHECKING:
    from refdata.ingest.context import Deps
    from tests.integration.ingest.conftest import Site

GOOD = "code,name\n01,Graz\n02,Linz\n"
BAD = 'code,name\n01,"Graz\n'


class Meanwhile:
    """``inner``, but that something happens just before the first call of its method ``name``."""

    def __init__(self, inner: object, name: str, action: Callable[[], object]) -> None:
        self._inner = inner
        self._name = name
        self._actions = [action]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name != self._name or not self._actions:
            return found

        def call(*args: Any, **named: Any) -> Any:
            if self._actions:
                self._actions.pop()()
            return found(*args, **named)

        return call


def meanwhile(deps: Deps, part: str, method: str, action: Callable[[], object]) -> Deps:
    wrapped: Any = Meanwhile(getattr(deps, part), method, action)
    return dataclasses.replace(deps, **{part: wrapped})


def by_path(site: Site, file: DroppedFile) -> Load:
    row = site.deps.ledger.by_path(file.path)
    assert row is not None
    return row


def only(site: Site) -> Load:
    (row,) = site.deps.ledger.page().files
    return row


def refused(site: Site, file: DroppedFile) -> Failure:
    with pytest.raises(FormatError) as caught:
        detect_format(site.deps, file, "run")
    return Failure.of(caught.value, "detect_format")


def again(site: Site, file: DroppedFile) -> DroppedFile:
    return site.deps.dropoff.find(file.path)


def test_a_second_run_that_finds_a_file_on_its_way_to_error_keeps_its_reason_and_blocks_no_other(
    site: Site,
) -> None:
    file = site.drop("cities.csv", BAD)
    failure = refused(site, file)
    register = lambda: site.deps.ledger.register(file, "cities", "run", site.clock())  # noqa: E731
    archived = move_to_error(meanwhile(site.deps, "dropoff", "archive_error", register), file, failure, "run")
    row = only(site)
    assert (row.status, row.error_category, row.file_path) == (FileStatus.ERROR, "format", archived)
    assert site.load(site.drop("cities_2025.csv", GOOD), "next").status is FileStatus.COMPLETED


def test_a_row_that_waits_under_the_path_of_an_archive_blocks_no_other(site: Site) -> None:
    file = site.drop("cities.csv", BAD, mtime=1)
    row = site.deps.ledger.register(file, "cities", "run", site.clock())
    site.deps.ledger.mark_archived(row.id, str(site.dropoff.error.of(file.path) / "ERROR_cities.csv"), site.clock())
    (Path(site.deps.settings.dropoff_root) / file.path).unlink()
    assert site.load(site.drop("cities_2025.csv", GOOD), "next").status is FileStatus.COMPLETED


def test_a_file_that_is_refused_while_a_newer_one_looks_whether_it_is_there_keeps_its_reason(site: Site) -> None:
    older = site.drop("cities_2024.csv", BAD, mtime=1)
    failure = refused(site, older)
    newer = site.drop("cities_2025.csv", GOOD, mtime=2)
    detection = detect_format(site.deps, newer, "newer")
    refuse = lambda: move_to_error(site.deps, older, failure, "run")  # noqa: E731
    with contextlib.suppress(NotYetError):
        align_table(meanwhile(site.deps, "dropoff", "exists", refuse), newer, detection)
    (row,) = (row for row in site.deps.ledger.page().files if row.file_name == "cities_2024.csv")
    assert (row.status, row.error_category, row.error_message) == (FileStatus.ERROR, "format", failure.text)


def test_a_file_that_is_refused_while_a_second_run_would_give_it_back_keeps_its_reason(site: Site) -> None:
    file = site.drop("cities.csv", BAD)
    failure = refused(site, file)
    refuse = lambda: move_to_error(site.deps, file, failure, "run")  # noqa: E731
    gone = Failure.of(FileChangedError("The file is gone", where=file.path), "detect_format")
    move_to_error(meanwhile(site.deps, "dropoff", "hand_back", refuse), file, gone, "run")
    row = only(site)
    assert (row.status, row.error_category, row.error_message) == (FileStatus.ERROR, "format", failure.text)


def test_a_load_that_was_silent_so_long_that_its_turn_was_taken_is_tried_again(site: Site) -> None:
    file = site.drop("cities_2024.csv", GOOD, mtime=1)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    newer = site.drop("cities_2025.csv", "code,name\n03,Wels\n", mtime=2)
    waiting = detect_format(site.deps, newer, "newer")

    def long_after() -> None:
        site.clock.now += timedelta(seconds=site.deps.settings.stale_after + 1)
        with pytest.raises(NotYetError):
            align_table(site.deps, newer, waiting)

    with pytest.raises(LockTimeoutError):
        load_rows(meanwhile(site.deps, "warehouse", "validate", long_after), file, detection)
    assert load_rows(site.deps, file, detection).rows == 2


def test_a_load_gives_signs_of_life_while_the_database_works(make_site: Callable[..., Site]) -> None:
    site = make_site(stale_after=5.0)
    file = site.drop("cities.csv", GOOD)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)

    def heartbeat() -> Any:
        return site.rows(site.deps.settings.ledger_table, "heartbeat_at")

    def until_the_next_sign() -> None:
        first, end = heartbeat(), time.monotonic() + 10
        while heartbeat() == first:
            assert time.monotonic() < end, "no sign of life"
            time.sleep(0.1)

    assert load_rows(meanwhile(site.deps, "warehouse", "validate", until_the_next_sign), file, detection).rows == 2


def test_a_duplicate_whose_turn_was_taken_just_then_is_not_loaded(site: Site) -> None:
    site.load(site.drop("cities_2024.csv", GOOD, folder=APPEND, mtime=1), "first")
    file = site.drop("cities_2025.csv", GOOD, folder=APPEND, mtime=2)
    detection = detect_format(site.deps, file, "run")
    second = lambda: site.deps.ledger.register(file, "cities", "run", site.clock())  # noqa: E731
    with contextlib.suppress(RefdataError):
        align_table(meanwhile(site.deps, "warehouse", "table", second), file, detection)
    with contextlib.suppress(RefdataError):
        load_rows(site.deps, file, detection)
    assert len(site.rows("cities")) == 2


def test_content_loaded_between_two_steps_is_a_duplicate(site: Site) -> None:
    file = site.drop("cities_2025.csv", GOOD, folder=APPEND, mtime=2)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    site.clock.now += timedelta(seconds=site.deps.settings.stale_after + 1)  # Airflow was away
    assert site.load(site.drop("cities_2024.csv", GOOD, folder=APPEND, mtime=1), "older").status is FileStatus.COMPLETED
    assert load_rows(site.deps, file, detection).status == "duplicate"
    assert len(site.rows("cities")) == 2


@pytest.fixture
def after_an_outage(site: Site) -> Iterator[tuple[DroppedFile, Callable[[], str]]]:
    """A file that was registered a day before an outage, and was handed back at its end."""
    file = site.drop("cities_2025.csv", GOOD, mtime=2)
    site.clock.now = datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None) - timedelta(days=2)
    detect_format(site.deps, file, "run")
    away = Failure.of(ConnectionLostError("The database is away"), "align_table")
    move_to_error(site.deps, file, away, "run")
    site.clock.now += timedelta(days=2, seconds=90)
    back = again(site, file)
    detection = detect_format(site.deps, back, "next run")
    yield back, lambda: align_table(site.deps, back, detection)


def test_after_an_outage_an_older_file_that_the_ledger_never_heard_of_goes_first(
    site: Site, after_an_outage: tuple[DroppedFile, Callable[[], str]]
) -> None:
    site.drop("cities_2024.csv", GOOD, mtime=1)
    with pytest.raises(NotYetError, match="is waiting for the older cities_2024"):
        after_an_outage[1]()


@pytest.mark.parametrize("running", [True, False], ids=["its run is under way", "nothing loads it"])
def test_a_file_waits_for_an_older_one_that_no_worker_has_begun(site: Site, running: bool) -> None:
    older = site.drop("cities_2024.csv", GOOD, mtime=1)
    file = site.drop("cities_2025.csv", GOOD, mtime=2)
    detection = detect_format(site.deps, file, "run")
    site.clock.now += timedelta(hours=1)
    deps = dataclasses.replace(site.deps, is_running=lambda run_id: running and run_id == run_id_of(older))
    if running:
        with pytest.raises(NotYetError, match="is waiting for the older cities_2024"):
            align_table(deps, file, detection)
    else:
        align_table(deps, file, detection)


def test_a_file_keeps_its_place_when_no_worker_began_its_load(site: Site) -> None:
    older = site.drop("cities_2024.csv", GOOD, mtime=1)
    file = site.drop("cities_2025.csv", GOOD, mtime=2)
    detection = detect_format(site.deps, file, "run")
    move_to_error(site.deps, older, Failure.of(AirflowAwayError("No worker"), "detect_format"), "older")
    site.clock.now += timedelta(hours=1)
    with pytest.raises(NotYetError, match="is waiting for cities_2024"):
        align_table(site.deps, file, detection)
    assert site.load(again(site, older), "next run").status is FileStatus.COMPLETED
    align_table(site.deps, file, detection)


def test_an_outage_does_not_count_as_waiting_for_a_turn(
    site: Site, after_an_outage: tuple[DroppedFile, Callable[[], str]]
) -> None:
    older = site.drop("cities_2024.csv", GOOD, mtime=1)
    align_table(site.deps, older, detect_format(site.deps, older, "older"))
    with pytest.raises(NotYetError, match="is waiting for cities_2024"):
        after_an_outage[1]()


def test_an_error_branch_that_comes_again_leaves_a_file_that_it_gave_back_to_its_next_run(site: Site) -> None:
    file = site.drop("cities.csv", GOOD)
    detect_format(site.deps, file, "run")
    failure = Failure.of(RefdataError("It was killed"), "unknown")

    def away(*_: object, **__: object) -> None:
        raise ConnectionLostError("The database is away")

    with pytest.raises(ConnectionLostError):
        move_to_error(meanwhile(site.deps, "warehouse", "initialise", away), file, failure, "run")
    back = again(site, file)
    assert back.identity != file.identity
    detection = detect_format(site.deps, back, "next run")
    assert move_to_error(site.deps, file, failure, "run") == ""
    align_table(site.deps, back, detection)
    assert load_rows(site.deps, back, detection).rows == 2


@pytest.mark.parametrize("error", [RefdataError("It was killed"), ConnectionLostError("The database is away")])
def test_a_file_that_is_loaded_is_not_given_back_when_the_database_goes_away_before_it_is_archived(
    site: Site, error: RefdataError
) -> None:
    file = site.drop("cities_2024.csv", GOOD, mtime=1)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    load_rows(site.deps, file, detection)

    def away(*_: object, **__: object) -> None:
        raise ConnectionLostError("The database is away")

    with pytest.raises(ConnectionLostError):
        failure = Failure.of(error, "write_config")
        move_to_error(meanwhile(site.deps, "warehouse", "initialise", away), file, failure, "run")
    newer = "code,name\n03,Wels\n"
    assert site.load(site.drop("cities_2025.csv", newer, mtime=2), "newer").status is FileStatus.COMPLETED
    if not site.deps.dropoff.is_there(file):  # the watcher would offer it
        site.load(again(site, file), "next run")
    assert site.rows("cities", "code") == [("03",)]


def replaced(site: Site, file: DroppedFile, content: str) -> DroppedFile:
    path = Path(site.deps.settings.dropoff_root) / file.path
    new = path.with_name("new")
    new.write_text(content)
    new.replace(path)
    os.utime(path, ns=(0, file.changed_ns))
    return again(site, file)


def test_findings_about_an_earlier_file_are_not_reported_for_its_replacement(site: Site) -> None:
    file = site.drop("cities.csv", GOOD)
    hashes: list[str | None] = []

    def next_run() -> None:
        detect_format(site.deps, replaced(site, file, "code,name\n03,Wels\n"), "next run")
        hashes.append(by_path(site, file).file_hash)

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(site.deps.dropoff, name)

        @contextlib.contextmanager
        def open(self, dropped: DroppedFile) -> Iterator[str]:
            with site.deps.dropoff.open(dropped) as path:
                yield path
            next_run()

    slow: Any = Slow()
    with pytest.raises(FileChangedError):
        detect_format(dataclasses.replace(site.deps, dropoff=slow), file, "run")
    assert by_path(site, file).file_hash == hashes[0]


def test_a_run_that_reads_an_earlier_file_for_long_leaves_no_list_of_rejects_to_the_one_that_took_its_place(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(max_rejected_rows=5)
    file = site.drop("cities.csv", "code,name\n01,Graz\n02\n")
    found: list[str] = []

    def rejects() -> str:
        (path,) = site.deps.dropoff.left_rejects().values()
        return path.read_text()

    def next_run(table: str) -> TableRules:
        if not found:
            found.append("")
            detect_format(site.deps, replaced(site, file, "code,name\n03,Wels\n04,Linz\n05\n"), "next run")
            found.append(rejects())
        return site.deps.rules(table)

    with pytest.raises(FileChangedError):
        detect_format(dataclasses.replace(site.deps, rules=next_run), file, "run")
    assert rejects() == found[1]


def test_a_run_that_gives_up_late_takes_no_turn_from_the_next_run(site: Site) -> None:
    file = site.drop("cities.csv", GOOD)
    detect_format(site.deps, file, "run")

    def next_run() -> None:
        back = again(site, file)
        align_table(site.deps, back, detect_format(site.deps, back, "next run"))

    away = Failure.of(ConnectionLostError("The database is away"), "align_table")
    move_to_error(meanwhile(site.deps, "dropoff", "exists", next_run), file, away, "run")
    assert only(site).status is FileStatus.PROCESSING


def test_a_run_that_asks_late_takes_no_turn_from_the_run_of_the_file_that_took_its_place(site: Site) -> None:
    file = site.drop("cities.csv", GOOD)
    detection = detect_format(site.deps, file, "run")
    attempts: list[int] = []

    def next_run() -> None:
        new = replaced(site, file, "code,name\n03,Wels\n")
        attempts.append(take_turn(site.deps, new, row_of(site.deps, detect_format(site.deps, new, "next run"))))

    with pytest.raises((NotYetError, FileChangedError)):
        take_turn(meanwhile(site.deps, "dropoff", "scan", next_run), file, row_of(site.deps, detection))
    row = only(site)
    assert (row.status, row.attempt) == (FileStatus.PROCESSING, attempts[0])
