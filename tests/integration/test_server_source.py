"""What only drops on a file server show: archives killed at each change, drops that come again, rights."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from refdata.core.errors import (
    ConfigurationError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
)
from refdata.core.model import DroppedFile
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.serverstore import PASSING
from refdata.ingest.process import process
from refdata.sources import given_file, given_files
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import Site, make_site, site  # noqa: F401  fixtures
from tests.integration.server_meddling import (
    FULL,
    REASON,
    RECEIVED,
    SERVERS,
    Killed,
    address_of,
    mortal,
    names_in,
    put,
    watched,
)
from tests.sftp_servers import SSHD

_numbers = count(1)


@pytest.mark.parametrize(("kind", "after"), [("SFTP", True), ("SFTP", False), ("SMB", True)])
def test_an_archive_killed_at_any_change_is_finished_by_the_next_call(tmp_path: Path, kind: str, after: bool) -> None:
    for lives in count():
        local, whole = SERVERS[kind](tmp_path / "spool")
        file = whole.find(put(local))
        whole.rejects_path(file, 7).write_text("line,reason\n")
        whole.share_rejects(file, 7)
        try:
            mortal(whole, lives, after=after).archive_error(file, RECEIVED, 7, REASON)
        except Killed:
            pass
        else:
            break
        (place,) = (path for path in (local / FULL).rglob("*") if path.is_file() and path.read_bytes() == b"a\n1\n")
        assert whole.lies(file) is (place.parent == local / FULL), "the file is never gone"
        archived = whole.archive_error(file, RECEIVED, 7, REASON)
        assert archived.endswith("error/ERROR_20241201_120000_airports.csv")
        assert names_in(local / FULL) == {"error"}
        assert names_in(local / FULL / "error") == {
            "ERROR_20241201_120000_airports.csv",
            "ERROR_20241201_120000_airports.error.json",
            "ERROR_20241201_120000_airports.rejects.csv",
        }
    assert lives > 10


def first(change: Callable[[], object], name: str = "rename") -> Callable[[str, bool], None]:
    """Makes a change before the first call that moves the dropped file: the second rename, after the decision's."""
    seen = count(1)

    def at(operation: str, made: bool) -> None:
        if operation == name and not made and next(seen) == 2:
            change()

    return at


def test_a_file_that_is_replaced_at_the_moment_of_the_rename_goes_back(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    file = source.find(put(local))
    meddled = watched(source, first(lambda: put(local, b"a\n2\n", at=1_700_000_009)))
    assert meddled.archive_processed(file, RECEIVED, 7) == ""
    assert (local / file.path).read_bytes() == b"a\n2\n"
    assert not list((local / FULL / "processed").rglob("*")), "nothing of it is in the archive"
    (again,) = source.scan().files
    assert source.archive_processed(again, RECEIVED, 8)


def test_a_file_that_replaced_another_goes_back_also_after_a_kill(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    file = source.find(put(local))
    renames = count(1)

    def at(operation: str, made: bool) -> None:
        if operation == "rename" and not made and next(renames) == 2:
            put(local, b"a\n2\n", at=1_700_000_009)
        elif operation == "rename" and made and not (local / file.path).exists():
            raise Killed

    with pytest.raises(Killed):
        watched(source, at).archive_processed(file, RECEIVED, 7)
    assert names_in(local / FULL) != {"airports.csv"}, "it was taken away for a moment"
    assert source.archive_processed(file, RECEIVED, 7) == ""
    assert (local / file.path).read_bytes() == b"a\n2\n"


def test_the_same_file_dropped_again_with_its_old_time_is_another_drop(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    places, identities = [], set()
    for _ in range(3):
        file = source.find(put(local))
        assert source.scan().files == (file,)
        identities.add(file.identity)
        places.append(source.archive_processed(file, RECEIVED, 7))
        put(local)
        assert source.archive_processed(file, RECEIVED, 7) == places[-1], "a call repeated after a crash"
        assert (local / file.path).exists(), "and it leaves alone what was dropped since"
    assert len(identities) == len(set(places)) == 3


def test_a_file_that_is_written_is_seen_and_changes(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    assert source.shows_unfinished
    seen: list[DroppedFile] = []
    with (local / FULL / "airports.csv").open("ab", buffering=0) as stream:
        for line in (b"a\n", b"1\n"):
            stream.write(line)
            seen += source.scan().files
    assert len({file.identity for file in seen}) == 2


def test_a_folder_with_more_names_than_an_answer_has_is_listed_whole(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    for number in range(450):
        put(local, name=f"file_{number}.csv")
    back = source.hand_back(source.find(f"{FULL}/file_7.csv"))
    files = {file.name: file for file in source.scan().files}
    assert len(files) == 450
    assert files["file_7.csv"].identity == back


def test_missing_folders_are_not_empty_ones(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    file = source.find(put(local))
    (local / FULL).rename(local / "gone")
    assert not source.is_reachable(file)
    local.rename(local.with_name(f"gone-{next(_numbers)}"))
    with pytest.raises(ConfigurationError, match="folder is missing on the"):
        source.scan()
    local.mkdir()
    with pytest.raises(ConfigurationError, match="none of the load folders"):
        source.scan()


def test_a_copy_of_a_task_leaves_no_folder_behind(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    path = f".refdata-tasks/0123456789abcdef0123/{FULL}/airports.csv"
    source.deliver(path, [b"a\n", b"1\n"], 0)
    assert source.scan().files == ()
    file = source.find(path)
    with source.open(file) as copy:
        assert Path(copy).read_bytes() == b"a\n1\n"
    source.archive_processed(file, RECEIVED, 7)
    source.clear(path)
    assert names_in(local / ".refdata-tasks") == set()
    assert len(names_in(local / FULL / "processed")) == 1


def test_what_a_killed_attempt_was_writing_is_deleted_after_a_week(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    with pytest.raises(Killed):
        mortal(source, 2, after=True).put_own(f"{FULL}/canary.csv", b"a\n1\n")
    source.put_own(f"{FULL}/canary.csv", b"a\n1\n")
    (left,) = (local / PASSING).iterdir()
    source.leftovers()
    assert left.exists(), "it may be written just now"
    os.utime(left, (1_700_000_000, 1_700_000_000))
    assert source.leftovers() == ()
    assert not left.exists()


@pytest.mark.skipif(SSHD is None and os.geteuid() == 0, reason="this user may read everything")
def test_a_folder_without_the_right_to_write_keeps_its_file(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    file = source.find(put(local))
    (local / FULL).chmod(0o555)
    with pytest.raises(PermissionDeniedError, match="account lacks a right"):
        source.archive_processed(file, RECEIVED, 7)
    assert source.is_there(file)
    (local / FULL).chmod(0o777)
    (local / file.path).chmod(0)
    with pytest.raises(PermissionDeniedError), source.open(file):
        pass


@pytest.mark.parametrize("engine", [SQLITE, MSSQL])
def test_files_on_a_server_are_loaded_refused_and_archived(
    site: Site,  # noqa: F811
    drops: tuple[Path, ServerSource],
) -> None:
    local, source = drops
    deps = dataclasses.replace(site.deps, dropoff=source)
    done = process(deps, source.find(put(local, b"code,name\n01,Graz\n02,Linz\n", "cities.csv")), "run 1")
    assert (done.status, done.rows_loaded) == ("completed", 2)
    assert done.file_path == f"{source.place}/{FULL}/processed/20241201_120000_cities.csv"
    with pytest.raises(RefdataError, match="damaged"):
        process(deps, source.find(put(local, b"code,name\n01,Graz\n02,Linz,Wien,Wels\n", "cities.csv")), "run 2")
    error = names_in(local / FULL / "error")
    assert {name.partition("cities")[2] for name in error} == {".csv", ".error.json", ".rejects.csv"}
    assert names_in(local / FULL) == {"processed", "error"}
    assert sorted(site.rows("cities", "code, name")) == [("01", "Graz"), ("02", "Linz")]


def test_a_task_is_given_files_on_a_server(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    (local / "in").mkdir()
    for name in ("daily_1.csv", "daily_2.csv", "other.csv"):
        (local / "in" / name).write_bytes(b"a\n1\n")
    folder = f"{address_of(source)}/in"
    assert sorted(given_files(f"{folder}/daily_*.csv")) == [f"{folder}/daily_1.csv", f"{folder}/daily_2.csv"]
    file = given_file(f"{folder}/other.csv")
    assert (file.place, b"".join(file.read())) == (f"{source.place}/in/other.csv", b"a\n1\n")
    (local / "in" / "other.csv").write_bytes(b"a\n11\n")
    with pytest.raises(FileChangedError):
        list(file.read())


def test_a_dropped_file_is_known_by_size_and_time(drops: tuple[Path, ServerSource]) -> None:
    local, source = drops
    file: DroppedFile = source.find(put(local))
    assert (file.size, file.changed_ns) == (4, 1_700_000_000 * 10**9)
