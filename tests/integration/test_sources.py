"""The contract of every source of dropped files: the folder tree and one in memory pass the same cases.

A source that is added joins ``SOURCES``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import fsspec
import pytest

from refdata.core.errors import ConfigurationError, DropoffError, FileChangedError, FormatError
from refdata.core.failure import Failure
from refdata.core.health import State
from refdata.core.model import DroppedFile, LoadType
from refdata.core.runid import run_id_of
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.source import Source
from refdata.ingest.process import process
from tests.fileclock import next_tick
from tests.integration.ingest.conftest import Site, make_site, site  # noqa: F401  fixtures
from tests.integration.places import Bucket, azure_bucket, gcs_bucket, s3_bucket
from tests.integration.server_meddling import SERVERS
from tests.memory_source import MemorySource
from tests.sftp_servers import asyncssh_server, sftp_source

FULL, APPEND = "reference_data_table/fullload", "none_reference_data_table/append"
RECEIVED = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC
REASON = Failure("data", "It is damaged", "line 1", "Correct it.", transient=False, task="detect_format")


@dataclass
class Place:
    """A source, and how a person drops a file into it and takes one away."""

    source: Source
    put: Callable[[str, bytes], object]
    take: Callable[[str], object]


def tree(folder: Path) -> Place:
    root = folder / "dropoff"
    ensure_tree(root)
    dropoff = Dropoff.of(Settings(dropoff_root=str(root)))

    def put(path: str, content: bytes) -> None:
        passing = root / f"{path}.part"
        passing.write_bytes(content)
        passing.rename(root / path)
        next_tick(root.parent)

    return Place(dropoff, put, lambda path: (root / path).unlink())


def memory(folder: Path) -> Place:
    source = MemorySource(folder)
    return Place(source, source.put, source.objects.pop)


def of_store(folder: Path, fs: Any, prefix: str) -> Place:
    source = ObjectSource(ObjectStore(fs, prefix, f"s3://{prefix}"), ObjectSpool(folder / "spool"))
    return Place(
        source, lambda path, content: fs.pipe_file(f"{prefix}/{path}", content), lambda path: fs.rm(f"{prefix}/{path}")
    )


def object_store(folder: Path) -> Place:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    fs.mkdir("/bucket")
    return of_store(folder, fs, "bucket/prefix")


def bucket(of: Callable[[Path], Bucket], folder: Path) -> Place:
    made = of(folder)
    return Place(made.source(Settings()), made.put, made.take)


def on_server(of: Callable[[Path], tuple[Path, ServerSource]], folder: Path) -> Place:
    """Each drop is a second later than the one before: by nothing else a server distinguishes two of the same size."""
    local, source = of(folder / "spool")
    times = count(1_700_000_000)

    def put(path: str, content: bytes) -> None:
        (local / path).parent.mkdir(parents=True, exist_ok=True)
        passing = local / f"{path}.part"
        passing.write_bytes(content)
        passing.chmod(0o666)
        os.utime(passing, (moment := next(times), moment))
        passing.rename(local / path)

    return Place(source, put, lambda path: (local / path).unlink())


SOURCES: dict[str, Callable[[Path], Place]] = {
    "folder tree": tree,
    "memory": memory,
    "object store": object_store,
    "S3": partial(bucket, s3_bucket),
    "Azure Blob": partial(bucket, azure_bucket),
    "Google Cloud Storage": partial(bucket, gcs_bucket),
    "SFTP by OpenSSH": partial(on_server, SERVERS["SFTP"]),
    "SFTP by asyncssh": partial(on_server, lambda spool: sftp_source(asyncssh_server(), spool)),
    "SMB by Samba": partial(on_server, SERVERS["SMB"]),
}


@pytest.fixture(params=SOURCES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return SOURCES[request.param](tmp_path)


def dropped(place: Place, name: str = "airports.csv", content: bytes = b"a\n1\n", folder: str = FULL) -> DroppedFile:
    place.put(f"{folder}/{name}", content)
    return place.source.find(f"{folder}/{name}")


def test_drops_are_listed_with_their_class_and_load_type(place: Place) -> None:
    files = {dropped(place), dropped(place, "rates.csv", folder=APPEND)}
    assert set(place.source.scan().files) == files
    assert {(file.name, file.load_type, file.is_reference_data) for file in files} == {
        ("airports.csv", LoadType.FULL, True),
        ("rates.csv", LoadType.APPEND, False),
    }
    assert {file.size for file in files} == {4}


def test_a_scan_for_some_names_lists_no_others(place: Place) -> None:
    wanted = {dropped(place), dropped(place, "airports_2024.csv", folder=APPEND)}
    dropped(place, "rates.csv")
    assert set(place.source.scan(lambda name: name.startswith("airports")).files) == wanted


def test_files_that_no_scan_takes_up_are_listed_with_the_reason(place: Place) -> None:
    dropped(place)
    for name in ("rates.xlsx", "rates.zip"):
        place.put(f"{FULL}/{name}", b"x")
    listed = {one.path.rpartition("/")[2]: one.reason for one in place.source.overlooked()}
    assert sorted(listed) == ["rates.xlsx", "rates.zip"]
    assert listed["rates.xlsx"] == "files that end with .xlsx are not enabled here (setting file_types)"


def test_path_and_identity_name_the_file_also_through_json(place: Place) -> None:
    file = dropped(place)
    path, identity = json.loads(json.dumps([file.path, file.identity]))
    assert place.source.drop(path, identity) == file
    place.take(file.path)
    assert place.source.drop(path, identity) == file, "also when it is gone"


@pytest.mark.parametrize("identity", ["", "x", None, {"size": 1}])
def test_a_malformed_identity_is_refused(place: Place, identity: object) -> None:
    with pytest.raises(ConfigurationError):
        place.source.drop(f"{FULL}/airports.csv", identity)


@pytest.mark.parametrize("path", ["airports.csv", f"{FULL}/../airports.csv", f"{FULL}/airports.doc", ""])
def test_a_path_outside_the_load_folders_is_refused(place: Place, path: str) -> None:
    with pytest.raises(DropoffError):
        place.source.find(path)
    with pytest.raises(DropoffError):
        place.source.drop(path, dropped(place).identity)


def test_the_later_drop_has_another_identity_run_and_a_later_turn(place: Place) -> None:
    first = dropped(place)
    second = dropped(place, content=b"a\n2\n")
    assert first.identity != second.identity
    assert run_id_of(first) != run_id_of(second)
    assert first.order <= second.order


def test_the_very_file_is_read_and_can_be_sought(place: Place) -> None:
    file = dropped(place, content=b"code,name\n01,Graz\n")
    with place.source.open(file) as path, Path(path).open("rb") as stream:
        stream.seek(5)
        assert stream.read() == b"name\n01,Graz\n"
    assert place.source.content_hash(file) == hashlib.sha256(b"code,name\n01,Graz\n").hexdigest()


def replaced(place: Place, file: DroppedFile) -> None:
    place.put(file.path, b"other\n")


def gone(place: Place, file: DroppedFile) -> None:
    place.take(file.path)


def handed_back(place: Place, file: DroppedFile) -> None:
    assert place.source.hand_back(file) is not None


@pytest.mark.parametrize("change", [replaced, gone, handed_back])
def test_a_file_that_changed_is_never_taken_for_the_released_one(
    place: Place, change: Callable[[Place, DroppedFile], None]
) -> None:
    file = dropped(place)
    change(place, file)
    assert not place.source.is_there(file)
    assert place.source.lies(file) is (change is handed_back)
    assert place.source.exists(file.path) is (change is not gone)
    assert place.source.hand_back(file) is None
    with pytest.raises(FileChangedError), place.source.open(file):
        pass


@pytest.mark.parametrize("change", [replaced, gone, handed_back])
def test_a_change_of_the_file_overrides_errors_found_in_it(
    place: Place, change: Callable[[Place, DroppedFile], None]
) -> None:
    file = dropped(place)
    with pytest.raises(FileChangedError), place.source.open(file):
        change(place, file)
    file = dropped(place)
    with pytest.raises(FileChangedError), place.source.open(file):
        change(place, file)
        raise FormatError("It is no CSV")


def test_an_error_found_in_a_file_names_the_file_by_its_own_path(place: Place) -> None:
    file = dropped(place)
    with pytest.raises(FormatError) as found, place.source.open(file) as path:
        raise FormatError("The quote is never closed", where=f"{path}, line 1", advice="Close it.")
    assert found.value.where == f"{file.path}, line 1"


def test_a_file_handed_back_is_another_drop_with_the_same_turn(place: Place) -> None:
    file = dropped(place)
    identity = place.source.hand_back(file)
    again = place.source.find(file.path)
    assert again.identity == identity != file.identity
    assert again.order == file.order
    assert run_id_of(again) != run_id_of(file)
    assert place.source.recover() == ()


def archive(place: Place, file: DroppedFile, *, refused: bool) -> str:
    if refused:
        return place.source.archive_error(file, RECEIVED, 7, REASON)
    return place.source.archive_processed(file, RECEIVED, 7)


@pytest.mark.parametrize("refused", [True, False])
def test_an_archived_file_waits_no_more_and_is_found_again(place: Place, refused: bool) -> None:
    file = dropped(place)
    where = archive(place, file, refused=refused)
    assert "airports" in where
    assert place.source.scan().files == ()
    assert archive(place, file, refused=refused) == where, "a call repeated after a crash"
    assert place.source.archived(file, RECEIVED, refused=refused) == where
    assert place.source.is_reachable(file)


@pytest.mark.parametrize("refused", [True, False])
def test_archived_files_are_listed_and_deleted(place: Place, refused: bool) -> None:
    where = archive(place, dropped(place), refused=refused)
    archived, *beside = sorted(place.source.archived_files(refused=refused), key=lambda one: len(one.name))
    assert f"{archived.folder}/{archived.name}".endswith(where)
    assert [one.name.endswith(".error.json") for one in beside] == [True] * refused
    assert list(place.source.archived_files(refused=not refused)) == []
    place.source.delete_archived(archived.folder, archived.name)
    assert list(place.source.archived_files(refused=refused)) == beside


@pytest.mark.parametrize("refused", [True, False])
def test_an_archived_file_is_read_again_until_it_is_deleted(place: Place, refused: bool) -> None:
    where = archive(place, dropped(place), refused=refused)
    with place.source.open_archived(where) as stream:
        assert stream.read() == b"a\n1\n"
    for elsewhere in ("/etc/passwd", "x.csv"):
        with pytest.raises(DropoffError), place.source.open_archived(elsewhere):
            pass
    folder, _, name = where.rpartition("/")
    place.source.delete_archived(folder, name)
    with pytest.raises(FileChangedError), place.source.open_archived(where):
        pass


def test_a_source_says_where_files_are_dropped_and_prepares_the_place(place: Place) -> None:
    source = place.source
    assert source.place in source.prepare()
    assert source.is_ready()
    assert source.scan().files == ()
    assert source.look_pause >= 0
    states = {check.name: check.state for check in source.checks(0)}
    assert states["dropoff"] is State.OK
    assert set(states.values()) == {State.OK}


@pytest.mark.parametrize("refused", [True, False])
def test_a_file_of_refdata_itself_is_dropped_and_leaves_no_trace(place: Place, refused: bool) -> None:
    other = dropped(place)
    archive(place, other, refused=refused)
    kept = {one.name for one in place.source.archived_files(refused=refused)}
    for is_archived in (False, True):
        place.source.put_own(f"{FULL}/canary_1.csv", b"a\n1\n")
        (file,) = place.source.scan().files
        with place.source.open(file) as path:
            assert Path(path).read_bytes() == b"a\n1\n"
        if is_archived:
            archive(place, file, refused=refused)
        place.source.remove_own(file.path)
        assert place.source.scan().files == ()
        assert {one.name for one in place.source.archived_files(refused=refused)} == kept
    with pytest.raises(DropoffError):
        place.source.put_own("canary_1.csv", b"a\n1\n")


def test_marks_have_a_folder_and_each_drop_a_name_for_lineage(place: Place) -> None:
    assert place.source.state_folder.is_dir()
    first, second = dropped(place), dropped(place, "rates.csv", folder=APPEND)
    assert place.source.dataset(first.path) != place.source.dataset(second.path)


@pytest.mark.parametrize("refused", [True, False])
def test_the_archive_overwrites_nothing(place: Place, refused: bool) -> None:
    places = [archive(place, dropped(place, content=b"a\n" * number), refused=refused) for number in (1, 2, 3)]
    assert len(set(places)) == 3


@pytest.mark.parametrize("refused", [True, False])
def test_a_file_that_took_the_place_stays(place: Place, refused: bool) -> None:
    file = dropped(place)
    replaced(place, file)
    assert archive(place, file, refused=refused) == ""
    assert [one.path for one in place.source.scan().files] == [file.path]


def test_a_touched_file_is_archived_all_the_same(place: Place) -> None:
    file = dropped(place)
    handed_back(place, file)
    assert archive(place, file, refused=False)


def test_rejects_leave_with_the_file(place: Place) -> None:
    file = dropped(place)
    place.source.rejects_path(file, 7).write_text("line,reason\n")
    assert list(place.source.left_rejects()) == [7]
    archive(place, file, refused=True)
    assert place.source.left_rejects() == {}
    place.source.rejects_path(file, 8).write_text("line,reason\n")
    place.source.discard_rejects(file, 8)
    assert place.source.left_rejects() == {}


GOOD, BAD = b"code,name\n01,Graz\n02,Linz\n", b"code,name\n01,Graz\n02,Linz,Wien,Wels\n"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_files_of_any_source_are_loaded_refused_and_known_again(site: Site, tmp_path: Path) -> None:  # noqa: F811
    source = MemorySource(tmp_path)
    deps = dataclasses.replace(site.deps, dropoff=source)
    first = process(deps, source.put(f"{FULL}/cities.csv", GOOD), "run 1")
    assert (first.status, first.rows_loaded, first.file_path) == (
        "completed",
        2,
        "processed/1/20241201_120000_cities.csv",
    )
    assert process(deps, source.put(f"{FULL}/cities.csv", GOOD), "run 2").status == "duplicate"
    with pytest.raises(Exception, match="damaged"):
        process(deps, source.put(f"{FULL}/cities.csv", BAD), "run 3")
    refused = deps.ledger.by_run("run 3")
    assert refused is not None
    assert (refused.status, refused.order_key) == ("error", "000000003")
    assert {f"{refused.file_path}.error.json", f"{refused.file_path}.rejects.csv"} <= source.beside.keys()
    assert source.objects == {}
    assert site.rows("cities", "code, name") == [("01", "Graz"), ("02", "Linz")]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("path", ["archive/fullload/cities.csv", f"{FULL}/cities.csv#1", "processed/1/cities.csv"])
def test_only_a_load_at_a_drop_of_its_name_has_a_dropped_file(site: Site, tmp_path: Path, path: str) -> None:  # noqa: F811
    source = MemorySource(tmp_path)
    deps = dataclasses.replace(site.deps, dropoff=source)
    file = source.put(f"{FULL}/cities.csv", GOOD)
    process(site.deps, site.drop("cities.csv", GOOD), "run")
    row = site.deps.ledger.by_run("run")
    assert row is not None
    row = dataclasses.replace(row, file_path=file.path, file_identity=file.identity)
    assert deps.file_of(row) == file
    assert deps.file_of(dataclasses.replace(row, file_identity=None)) is None
    assert deps.file_of(dataclasses.replace(row, file_path=path)) is None
