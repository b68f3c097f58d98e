"""A file that changes between its release and its archive is loaded whole, as it was or as it is, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.meddling import (
    BEFORE,
    MOMENTS,
    MORE,
    NEW,
    OLD,
    PUBLISHED,
    Meddler,
    check_quiet,
    meddled,
    moments_of,
    rows_of,
)
from tests.integration.trust.rights import as_mortal
from tests.integration.trust.runs import Book, work

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

Change = Callable[[Path], None]


def appended(path: Path) -> None:
    with path.open("a") as file:
        file.write(MORE)


def truncated(path: Path) -> None:
    os.truncate(path, len(OLD) - 4)


def cut_within_quotes(path: Path) -> None:
    path.write_text('code,name\n01,"Gr')


def replaced(path: Path) -> None:
    other = path.with_name(".new")
    other.write_text(NEW)
    other.replace(path)


def rewritten_under_its_old_size_and_time(path: Path) -> None:
    found = path.stat()
    path.write_text(NEW)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def touched(path: Path) -> None:
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def renamed(path: Path) -> None:
    path.rename(path.with_name("towns.csv"))


def taken_out(path: Path) -> None:
    path.rename(path.parents[3] / "kept.csv")


def deleted(path: Path) -> None:
    path.unlink()


def closed(path: Path) -> None:
    path.chmod(0)


def turned_into_a_link(path: Path) -> None:
    path.rename(path.parents[3] / "kept.csv")
    path.symlink_to(path.parents[3] / "kept.csv")


def turned_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def given_a_second_name(path: Path) -> None:
    path.parents[3].joinpath("kept.csv").hardlink_to(path)


WATCHED_AGAIN: dict[Change, str] = {
    appended: OLD + MORE, truncated: OLD[:-4], replaced: NEW, rewritten_under_its_old_size_and_time: NEW, touched: OLD,
    cut_within_quotes: "",
}  # fmt: skip
TAKEN_AWAY: Sequence[Change] = (
    renamed, taken_out, deleted, turned_into_a_link, turned_into_a_folder, given_a_second_name
)  # fmt: skip


def begin(site: Site, tmp_path: Path, change: Change, moment: str) -> Book:
    """Drops a file and loads it while it is meddled with, then lets the watcher go on until all is quiet."""
    site.load(site.drop("cities.csv", BEFORE, mtime=1_000_000))
    file = site.drop("cities.csv", OLD, mtime=1_000_001)
    meddler = Meddler(moment, lambda: change(site.dropoff.root / file.path))
    book = Book(tmp_path / "airflow.jsonl")
    work(meddled(site.deps, meddler), book, lambda step, runs: meddler.come_to(step))
    assert meddler.done
    return book


@pytest.mark.parametrize(
    ("change", "moment"), moments_of(WATCHED_AGAIN, (appended, replaced, rewritten_under_its_old_size_and_time))
)
def test_a_file_that_is_written_meanwhile_is_loaded_whole_in_the_end(
    site: Site, tmp_path: Path, change: Change, moment: str
) -> None:
    content = WATCHED_AGAIN[change]
    begin(site, tmp_path, change, moment)
    check_quiet(site)
    live = sorted(site.rows("cities", "code, name"))
    if content:
        assert live == rows_of(content)
    else:
        assert live == rows_of(OLD if moment in PUBLISHED else BEFORE)
        assert [path.name[:5] for path in site.dropoff.root.glob("*_table/*/error/*.csv")] == ["ERROR"]
    assert not list(site.dropoff.root.glob("*_table/*/*.csv"))
    kept = [path.read_text() for path in site.dropoff.root.rglob("[!.]*.csv")]
    assert (content or '01,"Gr') in kept or any('01,"Gr' in text for text in kept)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_file_that_may_not_be_read_any_more_is_refused_with_the_reason(
    site: Site, tmp_path: Path, moment: str
) -> None:
    with as_mortal():
        begin(site, tmp_path, closed, moment)
    check_quiet(site)
    assert sorted(site.rows("cities", "code, name")) == rows_of(OLD if moment in PUBLISHED else BEFORE)
    row = site.deps.ledger.page().files[0]
    assert (row.status, row.error_category) == (FileStatus.ERROR, "permission")
    assert any(words in (row.error_message or "") for words in ("may", "refused", "not readable"))
    assert Path(row.file_path).read_text() == OLD
    assert site.error_report(row)["what_to_do"]
    assert not list(site.dropoff.root.glob("*_table/*/*.csv"))


@pytest.mark.parametrize(("change", "moment"), moments_of(TAKEN_AWAY, (deleted,)))
def test_a_file_that_is_taken_away_meanwhile_is_loaded_whole_or_not_at_all(
    site: Site, tmp_path: Path, change: Change, moment: str
) -> None:
    begin(site, tmp_path, change, moment)
    check_quiet(site)
    assert sorted(site.rows("cities", "code, name")) == rows_of(OLD if moment in PUBLISHED else BEFORE)
    row = sorted(site.deps.ledger.page().files, key=lambda one: one.id)[1]
    assert row.status in ((FileStatus.COMPLETED,) if moment in PUBLISHED else (FileStatus.CANCELLED, FileStatus.ERROR))
    assert row.status is FileStatus.COMPLETED or row.error_message
    if change is renamed:
        assert sorted(site.rows("towns", "code, name")) == rows_of(OLD)
    elif change in (taken_out, turned_into_a_link, given_a_second_name):
        assert (tmp_path / "kept.csv").read_text() == OLD
