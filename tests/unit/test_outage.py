"""An outage is reported once when it begins, whichever process notices it, and once when it ends."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from refdata.core.errors import TransientError
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.dropoff.outage import _PREFIX, REMEMBERED, Outage, Outages, _key_of

NOW = datetime(2024, 12, 1, 12, 0)  # noqa: DTZ001  naive UTC
LATER = NOW + timedelta(minutes=7)
A, B = "reference_data_table/append/a.csv", "reference_data_table/append/b.csv"


def reported(root: Path, *failures: tuple[str, str]) -> list[bool]:
    """Each by an object of its own, as processes have."""
    return [Outages(root).is_news(category, file, "It is away.", NOW) for category, file in failures]


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([("connection", A), ("connection", A), ("connection", B), ("throttled", B)], [True, False, False, False]),
        ([("storage_full", A), ("storage_full", B), ("connection", B)], [True, False, True]),
        ([("lock_timeout", A), ("deadlock", A), ("lock_timeout", B)], [True, False, True]),
        ([("file_changed", A), ("file_busy", A)], [True, False]),
        ([("format", A), ("format", A), ("permission", A), ("internal", A)], [True, True, True, True]),
        ([("lock_timeout", ""), ("lock_timeout", "")], [True, True]),
    ],
)
def test_what_is_reported(tmp_path: Path, failures: list[tuple[str, str]], expected: list[bool]) -> None:
    assert reported(tmp_path, *failures) == expected


@pytest.mark.parametrize("kind", TransientError.__subclasses__())
def test_every_transient_error_is_reported_once(tmp_path: Path, kind: type[TransientError]) -> None:
    assert reported(tmp_path, (kind.category, A), (kind.category, A)) == [True, False]


def test_of_many_at_a_time_one_shows(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: reported(tmp_path, ("connection", A))[0], range(64)))
    assert answers.count(True) == 1


@pytest.mark.parametrize(
    ("category", "loaded", "ended"),
    [
        ("connection", True, ["database"]),
        ("connection", False, ["database"]),
        ("storage_full", True, ["storage"]),
        ("storage_full", False, []),
        ("lock_timeout", True, []),
    ],
)
def test_the_end_is_reported_once_and_the_next_outage_again(
    tmp_path: Path, category: str, loaded: bool, ended: list[str]
) -> None:
    reported(tmp_path, (category, A))
    over = Outages(tmp_path).over(A, LATER, loaded=loaded)
    assert over == tuple(Outage(what, NOW, "It is away.") for what in ended)
    assert Outages(tmp_path).over(A, LATER, loaded=loaded) == ()
    assert reported(tmp_path, (category, A)) == [category != "storage_full" or loaded]


def test_of_many_at_a_time_one_shows_the_end(tmp_path: Path) -> None:
    reported(tmp_path, ("connection", A))
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda _: Outages(tmp_path).over(A, LATER, loaded=True), range(64)))
    assert sum(map(len, ends)) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_trouble_of_one_file_is_reported_again_after_a_day(tmp_path: Path) -> None:
    reported(tmp_path, ("lock_timeout", A))
    assert Outages(tmp_path).is_news("lock_timeout", A, "", NOW + REMEMBERED) is False
    assert Outages(tmp_path).is_news("lock_timeout", A, "", NOW + REMEMBERED * 1.01) is True


def test_marks_that_say_nothing_any_more_go_and_an_outage_that_lasts_stays(tmp_path: Path) -> None:
    reported(tmp_path, ("lock_timeout", A), ("lock_timeout", B), ("connection", A), ("storage_full", A))
    database, storage = sorted(path.name for path in tmp_path.glob(".*outage-[ds]*"))
    (tmp_path / f"{database}-over-77").touch()
    ended = NOW.replace(tzinfo=UTC) - REMEMBERED - timedelta(seconds=1)
    for mark in tmp_path.glob(".*"):
        os.utime(mark, (ended.timestamp(),) * 2)
    os.utime(next(tmp_path.glob(f".*{_key_of(B)}")))
    Outages(tmp_path).sweep(NOW)
    assert {path.name for path in tmp_path.iterdir()} == {database, storage, f"{_PREFIX}{_key_of(B)}"}
    Outages(tmp_path / "not there").sweep(NOW)


def test_where_no_mark_can_be_written_each_failure_is_reported(tmp_path: Path) -> None:
    assert reported(tmp_path / "unmounted", ("connection", A), ("connection", A)) == [True, True]


@pytest.mark.parametrize("written", ["", '{"since": "2024-12-01T12:0'])
def test_a_mark_without_its_text_as_a_full_disk_leaves_it_counts(tmp_path: Path, written: str) -> None:
    reported(tmp_path, ("storage_full", A))
    (mark,) = tmp_path.iterdir()
    mark.write_text(written)
    assert reported(tmp_path, ("storage_full", A)) == [False]
    assert Outages(tmp_path).over(A, LATER, loaded=True) == (Outage("storage", LATER, ""),)


def test_the_watcher_does_not_see_the_marks(tmp_path: Path) -> None:
    ensure_tree(tmp_path)
    reported(tmp_path, ("connection", A), ("lock_timeout", A))
    found = Dropoff.of(Settings(dropoff_root=str(tmp_path))).scan()
    nothing: tuple[DroppedFile, ...] = ()
    assert (found.files, found.malformed) == (nothing, ())
