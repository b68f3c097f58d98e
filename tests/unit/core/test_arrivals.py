"""How far a dropped file is, from what the watcher stored after its last check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from refdata.core.arrivals import FOLDER_OF_FILES, PATIENCE, Progress, arrivals, remedy
from refdata.core.model import DroppedFile, LoadType
from refdata.core.stability import Phase, Rule, Watched, WatchState, check, digest, settle

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
RULE = Rule(checks=6, interval_ns=15 * SECOND, max_releases=200)
FILE = DroppedFile("reference_data_table/fullload/a.csv", "1-2-3-4", "1", LoadType.FULL, True, 10, START, START)


def watched(checks: int, file: DroppedFile = FILE) -> tuple[WatchState, int]:
    """The state after so many checks beyond the first sighting, and the time of the last."""
    state, now = WatchState(), START
    for number in range(checks + 1):
        now = START + number * RULE.interval_ns
        state = check(state, RULE, {file.path: file}, now, carrier="run").state
    return state, now


@pytest.mark.parametrize(("checks", "seconds"), [(0, 90), (3, 45), (5, 15)])
def test_a_file_shows_its_checks_and_the_time_until_its_load(checks: int, seconds: float) -> None:
    state, now = watched(checks)
    (one,) = arrivals([FILE], state, RULE, now)
    assert (one.progress, one.checks, one.needed, one.seconds) == (Progress.CHECKING, checks, 6, seconds)
    (later,) = arrivals([FILE], state, RULE, now + 5 * SECOND)
    assert later.seconds == seconds - 5


def test_the_announced_time_is_that_at_which_the_watcher_releases_the_file() -> None:
    state, now = watched(2)
    (one,) = arrivals([FILE], state, RULE, now)
    assert one.seconds is not None
    released = START + 6 * RULE.interval_ns
    assert now + one.seconds * SECOND == released
    assert watched(6)[0].files != watched(5)[0].files
    assert arrivals([FILE], watched(6)[0], RULE, released)[0].progress is Progress.STARTING


def test_a_file_that_changed_or_was_never_seen_starts_at_no_check() -> None:
    state, now = watched(4)
    changed = replace(FILE, identity="9-9-9-9", arrived_ns=now)
    fresh = replace(FILE, path="reference_data_table/append/b.csv", arrived_ns=now)
    for file in (changed, fresh):
        (one,) = arrivals([file], state, RULE, now + SECOND)
        assert (one.progress, one.checks, one.seconds) == (Progress.CHECKING, 0, 104.0)


def test_an_idle_watcher_that_stored_nothing_for_hours_is_not_called_dead() -> None:
    state, _ = watched(6)
    now = START + 7_200 * SECOND
    (one,) = arrivals([replace(FILE, identity="5-5-5-5", arrived_ns=now)], settle(state, arrived=True), RULE, now)
    assert (one.progress, one.seconds) == (Progress.CHECKING, 90.0)


@pytest.mark.parametrize("seen", [True, False])
def test_a_check_that_does_not_come_is_reported_and_nothing_is_promised(seen: bool) -> None:
    state, now = watched(3) if seen else (WatchState(), START)
    late = now + RULE.interval_ns + PATIENCE + 1
    (one,) = arrivals([FILE], state, RULE, late)
    assert (one.progress, one.seconds) == (Progress.UNWATCHED, None)


def test_while_the_loads_of_released_files_are_started_no_check_is_missed() -> None:
    state, now = watched(3)
    released = Watched(digest("1-1-1-1"), checks=6, phase=Phase.OFFERED)
    starting = replace(state, files={**state.files, digest("other.csv"): released})
    for seconds, progress in ((200, Progress.CHECKING), (400, Progress.UNWATCHED)):
        (one,) = arrivals([FILE], starting, RULE, now + seconds * SECOND)
        assert one.progress is progress


def test_the_file_whose_load_starts_first_comes_first() -> None:
    state, now = watched(5)
    other = replace(FILE, path="reference_data_table/fullload/0.csv", arrived_ns=now)
    assert [one.file for one in arrivals([other, FILE], state, RULE, now)] == [FILE, other]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("reference_data_table/fullload/a.csv.part", "final name"),
        ("a.csv", "Move it into the load folder"),
        ("reference_data_table/a.csv", "Move it into the load folder"),
        ("reference_data_table/fullload/a.xlsx", "Save it as a .csv file, or ask for .xlsx"),
        ("reference_data_table/fullload/a.pdf", "save it as a .csv file"),
        ("reference_data_table/fullload/link.csv", "plain file"),
    ],
)
def test_each_reason_has_a_remedy(path: str, part: str) -> None:
    assert part in remedy(path, "some reason", {"csv"})


def test_the_remedy_for_a_folder_is_to_move_its_files() -> None:
    assert remedy(f"{FILE.path.rpartition('/')[0]}/2024", FOLDER_OF_FILES, {"csv"}).startswith("Move the files up")
