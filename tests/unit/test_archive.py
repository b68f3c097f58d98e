"""Moves to the archives: once, atomically, never over anything, and safe to repeat after any crash."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from refdata.core.dropnames import processed_name
from refdata.core.errors import FileBusyError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, Malformed, archive, ensure_tree, osfiles
from refdata.dropoff.leftovers import leftovers
from tests.filesystems import other_filesystem

FULL = "reference_data_table/fullload"
TEXT = "code\nNA\n"


FAILURE = Failure("data", "2 rows are damaged", "airports.csv, line 7", "Fix the lines", False, "detect_format")
RECEIVED = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are UTC without a zone


@pytest.fixture(params=["inside the load folders", "gathered below the root", "another filesystem"])
def dropoff(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dropoff]:
    root = tmp_path / "dropoff"
    ensure_tree(root)
    if request.param != "another filesystem":
        names = ("", "") if request.param == "inside the load folders" else ("processed", "error")
        yield Dropoff.of(Settings(dropoff_root=str(root), processed_root=names[0], error_root=names[1]))
        return
    elsewhere = other_filesystem(tmp_path)
    if elsewhere is None:
        pytest.skip("this machine has one filesystem")
    with tempfile.TemporaryDirectory(dir=elsewhere) as other:
        yield Dropoff.of(Settings(dropoff_root=str(root), processed_root=f"{other}/p", error_root=f"{other}/e"))


def drop(dropoff: Dropoff, name: str = "airports.csv", text: str = TEXT) -> DroppedFile:
    path = f"{FULL}/{name}"
    (dropoff.root / path).write_text(text)
    os.utime(dropoff.root / path, ns=(1_700_000_000_123_456_789,) * 2)
    return dropoff.find(path)


def processed(dropoff: Dropoff) -> Path:
    """The archive of the load folder that ``drop`` uses."""
    return dropoff.processed.of(f"{FULL}/airports.csv")


def refused(dropoff: Dropoff) -> Path:
    return dropoff.error.of(f"{FULL}/airports.csv")


def tree(*roots: Path) -> dict[str, str]:
    """Every file below the roots, hidden ones too, with its text."""
    return {
        f"{root.name}/{path.relative_to(root)}": path.read_text()
        for root in roots
        if root.exists()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_loaded_file_goes_to_processed(dropoff: Dropoff) -> None:
    file = drop(dropoff)
    target = Path(dropoff.archive_processed(file, RECEIVED, 41))
    assert target == processed(dropoff) / "20241201_120000_airports.csv"
    assert target.read_text() == TEXT
    assert target.stat().st_mtime_ns == file.changed_ns
    assert [path.name for path in (dropoff.root / FULL).glob("*.csv")] == []


def test_a_refused_file_goes_to_error_with_reason_and_rejects(dropoff: Dropoff) -> None:
    file = drop(dropoff)
    dropoff.rejects_path(file, 41).write_text("line,reason,raw\n")
    target = dropoff.archive_error(file, RECEIVED, 41, FAILURE)
    assert target == str(refused(dropoff) / "ERROR_20241201_120000_airports.csv")
    found = tree(refused(dropoff))
    assert {name.partition("/")[2] for name in found} == {
        "ERROR_20241201_120000_airports.csv",
        "ERROR_20241201_120000_airports.error.json",
        "ERROR_20241201_120000_airports.rejects.csv",
    }
    assert json.loads((refused(dropoff) / "ERROR_20241201_120000_airports.error.json").read_text()) == {
        "category": "data",
        "message": "2 rows are damaged",
        "place": "airports.csv, line 7",
        "what_to_do": "Fix the lines",
        "load_id": 41,
        "received_at": "2024-12-01T12:00:00+00:00",
        "original_path": f"{FULL}/airports.csv",
    }


def test_a_file_is_archived_also_when_a_second_process_puts_its_rejects_beside_it_just_then(dropoff: Dropoff) -> None:
    class TakenJustThen(type(Path())):  # type: ignore[misc]
        def exists(self) -> bool:
            return True

    file = drop(dropoff)
    rejects = TakenJustThen(dropoff.rejects_path(file, 41))
    names = partial(processed_name, moment=RECEIVED)
    archived = archive.move(dropoff.root, file, processed(dropoff), names, rejects)
    assert archived == str(processed(dropoff) / "20241201_120000_airports.csv")


def test_allowed_rejects_are_listed_beside_the_loaded_file(dropoff: Dropoff) -> None:
    file = drop(dropoff)
    dropoff.rejects_path(file, 41).write_text("line,reason,raw\n")
    dropoff.archive_processed(file, RECEIVED, 41)
    assert (processed(dropoff) / "20241201_120000_airports.rejects.csv").exists()
    assert tree(refused(dropoff)) == {}


def test_a_file_that_the_ledger_does_not_know_is_named_by_its_mtime(dropoff: Dropoff) -> None:
    file = drop(dropoff)
    target = dropoff.archive_error(file, RECEIVED, 0, FAILURE)
    assert Path(target).name == "ERROR_20231114_221320_airports.csv"


def test_archived_files_are_never_overwritten(dropoff: Dropoff) -> None:
    for number in range(4):
        file = drop(dropoff, text=f"drop {number}")
        dropoff.archive_processed(file, RECEIVED, number)
    assert [path.read_text() for path in sorted(processed(dropoff).iterdir())] == [f"drop {n}" for n in range(4)]
    assert {path.name for path in processed(dropoff).iterdir()} == {
        "20241201_120000_airports.csv",
        *(f"20241201_120000_airports_{number}.csv" for number in (2, 3, 4)),
    }


def test_twins_of_one_second_keep_an_archive_of_their_own(dropoff: Dropoff) -> None:
    """Same name, size, mtime, content and moment, from two folders."""
    first = drop(dropoff)
    second = replace(first, path="reference_data_table/append/airports.csv")
    (dropoff.root / second.path).write_text(TEXT)
    os.utime(dropoff.root / second.path, ns=(first.changed_ns,) * 2)
    second = dropoff.find(second.path)
    targets = [dropoff.archive_processed(file, RECEIVED, number) for number, file in enumerate((first, second))]
    archives = {Path(target).parent for target in targets}
    assert len(set(targets)) == sum(len(tree(folder)) for folder in archives) == 2
    if processed(dropoff).is_relative_to(dropoff.root):  # a copy's inode is another, and twins are alike then
        again = [dropoff.archive_processed(file, RECEIVED, number) for number, file in enumerate((first, second))]
        assert again == targets


@pytest.mark.parametrize("name", ["مطارات.csv", "机场.csv", "✈️.csv", "é" * 125 + ".csv", "x'; DROP TABLE ref;--.csv"])
def test_any_name_can_be_archived_with_its_reason(dropoff: Dropoff, name: str) -> None:
    file = drop(dropoff, name)
    dropoff.rejects_path(file, 41).write_text("")
    target = Path(dropoff.archive_error(file, RECEIVED, 41, FAILURE))
    assert target.read_text() == TEXT
    assert len(list(refused(dropoff).iterdir())) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("another drop"),
        lambda path: path.unlink(),
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
    ],
    ids=["replaced", "removed", "a link in its place"],
)
def test_a_file_that_is_no_longer_the_loaded_one_stays(dropoff: Dropoff, change: Callable[[Path], Any]) -> None:
    file = drop(dropoff)
    change(dropoff.root / file.path)
    before = tree(dropoff.root / "reference_data_table")
    assert dropoff.archive_processed(file, RECEIVED, 41) == ""
    assert dropoff.archive_error(file, RECEIVED, 41, FAILURE) == ""
    assert tree(dropoff.root / "reference_data_table") == before
    assert tree(processed(dropoff), refused(dropoff)) == {}


def test_a_file_whose_folder_is_away_is_waited_for(dropoff: Dropoff) -> None:
    file = drop(dropoff)
    folder = (dropoff.root / file.path).parent
    folder.rename(folder.with_name("x"))
    with pytest.raises(FileBusyError):
        dropoff.archive_processed(file, RECEIVED, 41)
    folder.with_name("x").rename(folder)
    assert dropoff.archive_processed(file, RECEIVED, 41)


def dies_at(step: int, action: Callable[[], object], state: Callable[[], object]) -> bool:
    """Runs the action in a process that dies before a line of the dropoff package: at the ``step``-th different state.

    A process that dies leaves the disk: the lines between two changes of the disk are one death.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    try:
        sys.settrace(_dying(step, state))
        action()
    finally:
        os._exit(0)  # whatever happened, the child must not go on as a second pytest


def _dying(step: int, state: Callable[[], object]) -> Callable[[FrameType, str, Any], Any]:
    package = str(Path(osfiles.__file__).parent)
    last, changes = None, 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal last, changes
        if event == "line" and (now := state()) != last:
            last, changes = now, changes + 1
            if changes == step:
                os._exit(9)
        return count

    return lambda frame, event, argument: count if frame.f_code.co_filename.startswith(package) else None


def on_disk(*roots: Path) -> list[tuple[str, int, int, bytes]]:
    """All that a process leaves below the roots: names, inodes, times and contents."""
    paths = [Path(folder, name) for root in roots for folder, below, files in os.walk(root) for name in below + files]
    statuses = [path.stat() for path in paths]
    return [
        (str(path), status.st_ino, status.st_mtime_ns, b"" if path.is_dir() else path.read_bytes())
        for path, status in zip(paths, statuses, strict=True)
    ]


def outcome(dropoff: Dropoff, step: int, *, new_drop: bool) -> tuple[bool, str, dict[str, str]]:
    """A refused file's move that dies at a step and is repeated: whether it died, the answer, the folders."""
    for folder in (refused(dropoff), dropoff.root / FULL):
        folder.mkdir(parents=True, exist_ok=True)
        for path in filter(Path.is_file, folder.iterdir()):
            path.unlink()
    (refused(dropoff) / "ERROR_20241201_120000_airports.csv").write_text("of another load")
    file = drop(dropoff)
    dropoff.rejects_path(file, 41).write_text("rejects")
    died = dies_at(
        step,
        lambda: dropoff.archive_error(file, RECEIVED, 41, FAILURE),
        lambda: on_disk(dropoff.root, refused(dropoff)),
    )
    if new_drop and not (dropoff.root / file.path).exists():
        drop(dropoff, text="next drop")
    target = dropoff.archive_error(file, RECEIVED, 41, FAILURE)
    in_flight = {f"{FULL}/{path.name}": path.read_text() for path in (dropoff.root / FULL).iterdir() if path.is_file()}
    return died, target, tree(refused(dropoff)) | in_flight


@pytest.mark.parametrize("new_drop", [False, True], ids=["alone", "with a new drop under the same name"])
def test_a_move_that_dies_anywhere_and_is_repeated_ends_the_same(dropoff: Dropoff, new_drop: bool) -> None:
    _, wanted_target, wanted = outcome(dropoff, 0, new_drop=new_drop)
    name = f"{refused(dropoff).name}/ERROR_20241201_120000_airports"
    assert set(wanted) - {"reference_data_table/fullload/airports.csv"} == {
        f"{name}.csv", f"{name}_2.csv", f"{name}_2.error.json", f"{name}_2.rejects.csv"
    }  # fmt: skip
    step, died = 1, True
    while died:
        died, target, found = outcome(dropoff, step, new_drop=new_drop)
        if new_drop:  # whether the next drop came in before the repetition depends on the step
            assert found.pop("reference_data_table/fullload/airports.csv", "next drop") == "next drop", step
        expected = {key: text for key, text in wanted.items() if "fullload" not in key}
        assert (target, found) == (wanted_target, expected), f"died at step {step}"
        step += 1
    assert step > 7


def test_a_file_swapped_just_before_the_rename_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rename is by name; should the name mean another file by then, that one must not be archived."""
    ensure_tree(tmp_path)
    dropoff = Dropoff.of(Settings(dropoff_root=str(tmp_path)))
    file = drop(dropoff)
    real = osfiles.rename_exclusive
    swapped: list[bool] = []

    def swap_then_rename(source_folder: int, source: str, target_folder: int, target: str) -> None:
        if not swapped:
            swapped.append(True)
            (dropoff.root / "new").write_text("another drop")
            (dropoff.root / "new").replace(dropoff.root / file.path)
        real(source_folder, source, target_folder, target)

    monkeypatch.setattr("refdata.dropoff.archive.rename_exclusive", swap_then_rename)
    assert dropoff.archive_processed(file, RECEIVED, 41) == ""
    assert (dropoff.root / file.path).read_text() == "another drop"
    assert tree(processed(dropoff)) == {}


def test_a_name_that_another_load_takes_meanwhile_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_tree(tmp_path)
    dropoff = Dropoff.of(Settings(dropoff_root=str(tmp_path)))
    file = drop(dropoff)
    real = osfiles.rename_exclusive

    def lose_the_race(source_folder: int, source: str, target_folder: int, target: str) -> None:
        if target == "20241201_120000_airports.csv":
            (processed(dropoff) / target).write_text("of another load")
        real(source_folder, source, target_folder, target)

    monkeypatch.setattr("refdata.dropoff.archive.rename_exclusive", lose_the_race)
    assert dropoff.archive_processed(file, RECEIVED, 41).endswith("20241201_120000_airports_2.csv")
    assert (processed(dropoff) / "20241201_120000_airports.csv").read_text() == "of another load"


def test_renames_are_exclusive_without_renameat2_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        for rename in (osfiles.rename_exclusive, osfiles.rename_locked):
            with pytest.raises(FileExistsError):
                rename(folder, "a", folder, "b")
        osfiles.rename_locked(folder, "a", folder, "c")
    finally:
        os.close(folder)
    assert ((tmp_path / "b").read_text(), (tmp_path / "c").read_text()) == ("b", "a")


def test_a_malformed_place_gets_its_reason_once_and_stays(dropoff: Dropoff) -> None:
    place = Malformed(f"{FULL}/x.csv", "it is a folder", changed_ns=1_700_000_000_000_000_000)
    written = [dropoff.report_malformed(place) for _ in range(2)]
    assert written == [str(refused(dropoff) / "ERROR_20231114_221320_x.error.json")] * 2
    document = json.loads(Path(written[0]).read_text())
    assert (document["category"], document["place"]) == ("dropoff", f"{FULL}/x.csv")
    assert "it is a folder" in document["message"]
    assert len(list(refused(dropoff).iterdir())) == 1


def test_a_reason_that_two_processes_write_at_once_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to_disk = os.fsync

    def second_process_first(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", to_disk)
        osfiles.write_whole(folder, "a.error.json", b"{}\n")
        to_disk(handle)

    with osfiles.root_folder(tmp_path) as folder:
        monkeypatch.setattr(os, "fsync", second_process_first)
        osfiles.write_whole(folder, "a.error.json", b"{}\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.error.json", "{}\n")]


def test_a_copy_that_disappeared_after_its_folder_was_read_is_not_a_leftover(tmp_path: Path) -> None:
    class Busy(type(Path())):  # type: ignore[misc]
        def iterdir(self) -> Iterator[Path]:
            yield from (self / ".refdata-moving-gone", self / ".refdata-moving-left")

    (tmp_path / ".refdata-moving-left").touch()
    assert [left.path.name for left in leftovers(tmp_path, (Busy(tmp_path), tmp_path / "error"))] == [
        ".refdata-moving-left"
    ]
