"""Where archives are: inside each load folder, gathered by a setting, or where an earlier installation left them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.errors import DataError, DropoffError, RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, Malformed

RECEIVED = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are UTC without a zone
FAILURE = Failure.of(DataError("It is bad", where="line 2", advice="Correct it."), "detect_format")
DONE, BAD = "20241201_120000_airports.csv", "ERROR_20241201_120000_airports.csv"


def site(root: Path, **written: str) -> Dropoff:
    dropoff = Dropoff.of(Settings(dropoff_root=str(root), **written))  # type: ignore[arg-type]  # only text settings
    dropoff.create_folders()
    return dropoff


def drop(dropoff: Dropoff, folder: str = LOAD_FOLDERS[0]) -> DroppedFile:
    path = f"{folder}/airports.csv"
    (dropoff.root / path).write_text("code\nNA\n")
    return dropoff.find(path)


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", LOAD_FOLDERS)
def test_each_load_folder_has_archives_of_its_own(tmp_path: Path, folder: str) -> None:
    dropoff = site(tmp_path)
    dropoff.archive_processed(drop(dropoff, folder), RECEIVED, 1)
    file = drop(dropoff, folder)
    dropoff.rejects_path(file, 2).write_text("line,reason,raw\n")
    dropoff.archive_error(file, RECEIVED, 2, FAILURE)
    stem = f"{folder}/error/{BAD.removesuffix('.csv')}"
    assert files(tmp_path) == {
        f"{folder}/processed/{DONE}", f"{stem}.csv", f"{stem}.error.json", f"{stem}.rejects.csv"
    }  # fmt: skip
    assert dropoff.scan().malformed == ()


def test_folders_are_created_inside_the_load_folders_unless_a_setting_gathers_them(tmp_path: Path) -> None:
    site(tmp_path / "a")
    assert {path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("processed")} == {
        f"{folder}/processed" for folder in LOAD_FOLDERS
    }
    site(tmp_path / "b", processed_root="done", error_root="/mnt/not/mounted")
    assert [*(tmp_path / "b").rglob("processed"), *(tmp_path / "b").rglob("error")] == []


@pytest.mark.parametrize("gathered", ["done", "{outside}"])
def test_the_settings_gather_the_archives_of_all_load_folders(tmp_path: Path, gathered: str) -> None:
    place = gathered.format(outside=tmp_path / "outside")
    dropoff = site(tmp_path / "root", processed_root=place, error_root=f"{place}-bad")
    for number, folder in enumerate(LOAD_FOLDERS):
        dropoff.archive_processed(drop(dropoff, folder), RECEIVED, number)
        dropoff.archive_error(drop(dropoff, folder), RECEIVED, number, FAILURE)
    home = tmp_path / "root" / place
    assert len(list(home.iterdir())) == len(LOAD_FOLDERS)
    assert len(list(home.with_name(f"{home.name}-bad").iterdir())) == 2 * len(LOAD_FOLDERS)


@pytest.mark.parametrize(("path", "folder"), [
    ("reference_data_table/append/x.csv", "reference_data_table/append/error"),
    ("x.csv", "error"),
    ("reference_data_table/x.csv", "error"),
    ("reference_data_table/append", "error"),
    ("elsewhere", "error"),
])  # fmt: skip
def test_the_report_on_a_misplaced_file_is_where_its_owner_looks(tmp_path: Path, path: str, folder: str) -> None:
    report = Path(site(tmp_path).report_malformed(Malformed(path, "it is a folder", 0)))
    assert report.parent == tmp_path / folder
    assert report.is_file()


CHANGES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "an upgrade": ({"processed_root": "processed", "error_root": "error"}, {}),
    "gathered from now on": ({}, {"processed_root": "done", "error_root": "bad"}),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_a_move_that_was_interrupted_before_the_settings_changed_is_finished(
    tmp_path: Path, before: dict[str, str], after: dict[str, str]
) -> None:
    """The file is in the folder of before, its ledger row does not say so, and the step is tried again."""
    old, new = site(tmp_path, **before), site(tmp_path, **after)
    file = drop(old)
    done = old.archive_processed(file, RECEIVED, 1)
    assert new.archived(file, RECEIVED, refused=False) == done
    assert new.archive_processed(file, RECEIVED, 1) == done
    bad = drop(old)
    old.rejects_path(bad, 2).write_text("line,reason,raw\n")
    refused = Path(old.error.of(bad.path)) / BAD
    (tmp_path / bad.path).rename(refused)
    assert new.archived(bad, RECEIVED, refused=True) == str(refused)
    assert new.archive_error(bad, RECEIVED, 2, FAILURE) == str(refused)
    assert {path.name for path in refused.parent.iterdir()} == {
        BAD, BAD.replace(".csv", ".error.json"), BAD.replace(".csv", ".rejects.csv")
    }  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_a_load_that_spans_a_change_of_the_settings_keeps_its_rejects(
    tmp_path: Path, before: dict[str, str], after: dict[str, str]
) -> None:
    old, new = site(tmp_path, **before), site(tmp_path, **after)
    file = drop(old)
    old.rejects_path(file, 7).write_text("line,reason,raw\n")
    assert list(new.left_rejects()) == [7]
    archived = Path(new.archive_processed(file, RECEIVED, 7))
    assert archived.parent == new.processed.of(file.path)
    assert archived.with_suffix(".rejects.csv").is_file()
    assert new.left_rejects() == {}
    old.rejects_path(file, 8).write_text("line,reason,raw\n")
    new.discard_rejects(file, 8)
    assert new.left_rejects() == {}


def _twin_dropped(dropoff: Dropoff, file: DroppedFile) -> None:
    (dropoff.root / file.path).write_text("code\nNA\n")
    os.utime(dropoff.root / file.path, ns=(file.changed_ns,) * 2)


def test_a_twin_of_a_file_in_an_old_archive_goes_to_the_new_one(tmp_path: Path) -> None:
    old, new = site(tmp_path, processed_root="processed"), site(tmp_path)
    file = drop(old)
    old.archive_processed(file, RECEIVED, 1)
    _twin_dropped(old, file)
    twin = new.find(file.path)
    assert new.archive_processed(twin, RECEIVED, 2) == str(new.processed.of(file.path) / DONE)
    assert not (tmp_path / file.path).exists()


def _link(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def _file(place: Path, outside: Path) -> None:
    place.write_text("in the way")


@pytest.mark.parametrize("put", [_link, _file])
def test_nothing_is_written_through_what_a_dropper_put_in_the_place_of_an_archive(
    tmp_path: Path, put: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    dropoff = site(tmp_path / "root")
    file = drop(dropoff)
    for folders in dropoff.archives:
        folders.of(file.path).rmdir()
        put(folders.of(file.path), outside)
    (outside / ".refdata-rejects-1.csv").write_text("of somebody else")
    (outside / ".refdata-write-x").write_text("of somebody else")
    (outside / DONE).write_text("of somebody else")
    actions: list[Callable[[], object]] = [
        lambda: dropoff.archive_processed(file, RECEIVED, 1),
        lambda: dropoff.archive_error(file, RECEIVED, 1, FAILURE),
        lambda: dropoff.rejects_path(file, 1),
        lambda: dropoff.report_malformed(Malformed(file.path, "it is a folder", 0)),
        dropoff.create_folders,
    ]
    for action in actions:
        with pytest.raises(DropoffError, match=r"set (processed|error)_root"):
            action()
    if put is _link:
        dropoff.discard_rejects(file, 1)
        assert (dropoff.left_rejects(), dropoff.leftovers()) == ({}, ())
    assert len(list(outside.iterdir())) == 3
    assert (tmp_path / "root" / file.path).exists()


@pytest.mark.parametrize("path", ["../x.csv", "/etc/x.csv", "x.csv", "reference_data_table/fullload/../../../x.csv"])
def test_a_path_that_is_not_that_of_a_drop_has_no_archive(tmp_path: Path, path: str) -> None:
    dropoff = site(tmp_path)
    for folders in dropoff.archives:
        for asked in (folders.of, folders.searched):
            with pytest.raises(RefdataError):
                asked(path)
