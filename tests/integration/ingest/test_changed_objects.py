"""A file of a bucket that changes between its release and its archive is loaded whole, as it was or as it is, or not.

Of the thirteen changes of ``test_changed_files.py`` two have no meaning in a bucket: it has no links, and a second copy
says nothing about the first. A third, a file that may not be read any more, needs a server that refuses:
``test_store_faults.py``. Nothing is changed in place there, and nobody sets a time, so four are a whole new object.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.meddling import (
    BEFORE,
    FEW,
    MOMENTS,
    MORE,
    NEW,
    OLD,
    PUBLISHED,
    Meddler,
    check_quiet,
    meddled,
    rows_of,
)
from tests.integration.places import BUCKETS, Bucket
from tests.integration.trust.runs import Book, work

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

CITIES, TOWNS = (f"reference_data_table/fullload/{name}.csv" for name in ("cities", "towns"))
CUT = 'code,name\n01,"Gr'
Change = Callable[[Bucket], None]


def appended(bucket: Bucket) -> None:
    bucket.put(CITIES, (OLD + MORE).encode())


def truncated(bucket: Bucket) -> None:
    bucket.put(CITIES, OLD[:-4].encode())


def cut_within_quotes(bucket: Bucket) -> None:
    bucket.put(CITIES, CUT.encode())


def replaced(bucket: Bucket) -> None:
    bucket.take(CITIES)
    bucket.put(CITIES, NEW.encode())


def rewritten_under_its_old_size(bucket: Bucket) -> None:
    bucket.put(CITIES, NEW.encode())


def uploaded_again(bucket: Bucket) -> None:
    bucket.put(CITIES, OLD.encode())


def renamed(bucket: Bucket) -> None:
    bucket.move(CITIES, TOWNS)


def taken_out(bucket: Bucket) -> None:
    bucket.move(CITIES, "kept.txt")


def deleted(bucket: Bucket) -> None:
    bucket.take(CITIES)


def turned_into_a_folder(bucket: Bucket) -> None:
    bucket.take(CITIES)
    bucket.put(f"{CITIES}/part.csv", OLD.encode())


WATCHED_AGAIN: dict[Change, str] = {
    appended: OLD + MORE, truncated: OLD[:-4], replaced: NEW, rewritten_under_its_old_size: NEW, uploaded_again: OLD,
    cut_within_quotes: "",
}  # fmt: skip
TAKEN_AWAY: tuple[Change, ...] = (renamed, taken_out, deleted, turned_into_a_folder)
FULL = bool(os.environ.get("REFDATA_TEST_FULL"))
WANTED = os.environ.get("REFDATA_TEST_SOURCE", "")


def cases(*sampled: Change, of: tuple[Change, ...]) -> list[object]:
    """Each place, change and moment; REFDATA_TEST_FULL=1 takes all, REFDATA_TEST_SOURCE those of one place."""
    return [
        pytest.param(place, change, moment, id=f"{place}-{change.__name__}-{moment}")
        for place in BUCKETS
        if WANTED in ("", place)
        for change in of
        for moment in (MOMENTS if FULL else FEW)
        if FULL or change in sampled
    ]


def begin(site: Site, folder: Path, place: str, change: Change, moment: str) -> tuple[Site, Bucket]:
    """Drops a file and loads it while it is meddled with, then lets the watcher go on until all is quiet."""
    bucket = BUCKETS[place](folder)
    site = dataclasses.replace(site, deps=dataclasses.replace(site.deps, dropoff=bucket.source(site.deps.settings)))
    bucket.put(CITIES, BEFORE.encode())
    site.load(site.deps.dropoff.find(CITIES))
    bucket.put(CITIES, OLD.encode())
    meddler = Meddler(moment, lambda: change(bucket))
    work(meddled(site.deps, meddler), Book(folder / "airflow.jsonl"), lambda step, runs: meddler.come_to(step))
    assert meddler.done
    check_quiet(site)
    assert site.deps.dropoff.scan().files == ()
    return site, bucket


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("place", "change", "moment"), cases(rewritten_under_its_old_size, of=tuple(WATCHED_AGAIN)))
def test_an_object_that_is_written_meanwhile_is_loaded_whole_in_the_end(
    site: Site, tmp_path: Path, place: str, change: Change, moment: str
) -> None:
    content = WATCHED_AGAIN[change]
    site, bucket = begin(site, tmp_path, place, change, moment)
    files = bucket.files()
    live = sorted(site.rows("cities", "code, name"))
    assert live == rows_of(content or (OLD if moment in PUBLISHED else BEFORE))
    assert (content or CUT).encode() in files.values()
    if not content:
        refused = [path for path in files if "/error/" in path and path.endswith(".csv")]
        assert [files[path] for path in refused] == [CUT.encode()]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("place", "change", "moment"), cases(deleted, of=TAKEN_AWAY))
def test_an_object_that_is_taken_away_meanwhile_is_loaded_whole_or_not_at_all(
    site: Site, tmp_path: Path, place: str, change: Change, moment: str
) -> None:
    site, bucket = begin(site, tmp_path, place, change, moment)
    assert sorted(site.rows("cities", "code, name")) == rows_of(OLD if moment in PUBLISHED else BEFORE)
    row = sorted(site.deps.ledger.page(limit=500).files, key=lambda one: one.id)[1]
    assert row.status in ((FileStatus.COMPLETED,) if moment in PUBLISHED else (FileStatus.CANCELLED, FileStatus.ERROR))
    assert row.status is FileStatus.COMPLETED or row.error_message
    if change is renamed:
        assert sorted(site.rows("towns", "code, name")) == rows_of(OLD)
    if change is taken_out:
        assert bucket.files()["kept.txt"] == OLD.encode()
