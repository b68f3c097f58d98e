"""What a scan passes over without a word is listed for people."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from refdata.core.dropnames import LOAD_FOLDERS, OWN_PREFIX
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff

FULL = "reference_data_table/fullload"


@pytest.fixture
def dropoff(tmp_path: Path) -> Dropoff:
    made = Dropoff.of(Settings(dropoff_root=str(tmp_path / "dropoff"), file_types="csv"))
    made.create_folders()
    return made


def put(dropoff: Dropoff, *paths: str) -> None:
    for path in paths:
        target = dropoff.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x")


def listed(dropoff: Dropoff) -> dict[str, str]:
    return {one.path: one.reason for one in dropoff.overlooked()}


def test_other_types_and_unfinished_names_are_listed(dropoff: Dropoff) -> None:
    put(dropoff, f"{FULL}/a.xlsx", f"{FULL}/a.csv.part", f"{FULL}/~$a.xlsx", f"{FULL}/a.pdf", f"{FULL}/.a.csv")
    assert listed(dropoff) == {
        f"{FULL}/a.xlsx": "files that end with .xlsx are not enabled here (setting file_types)",
        f"{FULL}/a.csv.part": "its name is that of a hidden or unfinished file",
        f"{FULL}/~$a.xlsx": "its name is that of a hidden or unfinished file",
        f"{FULL}/.a.csv": "its name is that of a hidden or unfinished file",
        f"{FULL}/a.pdf": "its name does not end with .csv",
    }


def test_a_folder_with_files_in_a_load_folder_is_listed_and_the_archives_are_not(dropoff: Dropoff) -> None:
    put(dropoff, f"{FULL}/2024/a.csv", f"{FULL}/processed/b.csv", f"{FULL}/error/c.csv", f"{FULL}/empty/readme.md")
    assert list(listed(dropoff)) == [f"{FULL}/2024"]


def test_data_beside_the_load_folders_is_listed_and_notes_are_not(dropoff: Dropoff) -> None:
    put(dropoff, "a.xlsx", "reference_data_table/b.zip", "notes.txt", "tables.yaml", "contracts/a.yaml")
    assert sorted(listed(dropoff)) == ["a.xlsx", "reference_data_table/b.zip"]
    assert all(folder in listed(dropoff)["a.xlsx"] for folder in LOAD_FOLDERS)


def test_what_the_scan_takes_up_or_reports_itself_is_not_repeated(dropoff: Dropoff) -> None:
    put(dropoff, f"{FULL}/a.csv", "misplaced.csv", f"{FULL}/{OWN_PREFIX}write-x.csv", f"{FULL}/.DS_Store")
    assert listed(dropoff) == {}
    assert len(dropoff.scan().malformed) == 1


def test_no_link_is_followed_and_a_name_is_made_printable(dropoff: Dropoff, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(dropoff, f"{FULL}/a\n.pdf")
    outside.mkdir()
    (outside / "secret.csv").write_bytes(b"x")
    (dropoff.root / FULL / "link").symlink_to(outside)
    load_folder = dropoff.root / LOAD_FOLDERS[1]
    (load_folder / "processed").rmdir()
    (load_folder / "error").rmdir()
    load_folder.rmdir()
    load_folder.symlink_to(outside)
    assert sorted(listed(dropoff)) == [f"{FULL}/a\\n.pdf", f"{FULL}/link"]


def test_all_are_counted_among_many_files_that_wait(dropoff: Dropoff) -> None:
    for number in range(6_000):
        os.close(os.open(dropoff.root / FULL / f"{number}.{'pdf' if number % 3 else 'csv'}", os.O_CREAT))
    paths = [place.path for place in dropoff.overlooked()]
    assert (len(paths), paths) == (4_000, sorted(paths))
