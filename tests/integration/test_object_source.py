"""What only an object store shows: archives killed at each write, hand-backs, paging, errors of its client."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest

from refdata.core.addresses import Address
from refdata.core.errors import (
    ConfigurationError,
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    StorageFullError,
    ThrottledError,
)
from refdata.core.failure import Failure
from refdata.core.filetypes import enabled
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore, error_of
from refdata.ingest.process import process
from refdata.sealing import open_local
from refdata.sources import source_of
from tests.integration.ingest.conftest import Site, make_site, site  # noqa: F401  fixtures
from tests.workbooks import as_ods, by_openpyxl, gzipped, zipped, zstandard

FULL = "reference_data_table/fullload"
RECEIVED = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC
REASON = Failure("data", "It is damaged", "line 1", "Correct it.", transient=False, task="detect_format")


class Killed(BaseException):
    """Ends the process as far as the code can see."""


class Mortal:
    """A filesystem that lets a number of changes through and dies at the next one, before or after it is made."""

    def __init__(self, fs: Any, lives: int, *, after: bool) -> None:
        self._fs, self._lives, self._after = fs, lives, after

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._fs, name)
        return self._mortal(operation) if name in {"pipe_file", "cp_file", "rm_file"} else operation

    def _mortal(self, operation: Any) -> Any:
        def run(*arguments: Any, **options: Any) -> None:
            self._lives -= 1
            if self._lives < 0 and not self._after:
                raise Killed
            operation(*arguments, **options)
            if self._lives < 0:
                raise Killed

        return run


@pytest.fixture
def bucket() -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    fs.mkdir("/bucket")
    yield fs
    fs.store.clear()


def source(fs: Any, folder: Path) -> ObjectSource:
    return ObjectSource(ObjectStore(fs, "bucket/drop", "s3://bucket/drop"), ObjectSpool(folder / "spool"))


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("lives", range(6))
def test_an_archive_killed_at_any_change_is_finished_by_the_next_call(
    bucket: Any, tmp_path: Path, lives: int, after: bool
) -> None:
    bucket.pipe_file(f"bucket/drop/{FULL}/airports.csv", b"a\n1\n")
    whole = source(bucket, tmp_path)
    file = whole.find(f"{FULL}/airports.csv")
    whole.rejects_path(file, 7).write_text("line,reason\n")
    whole.share_rejects(file, 7)
    with pytest.raises(Killed):
        source(Mortal(bucket, lives, after=after), tmp_path).archive_error(file, RECEIVED, 7, REASON)
    places = [path for path in bucket.find("bucket") if path.endswith("airports.csv")]
    assert {bytes(bucket.store[path].getvalue()) for path in places} == {b"a\n1\n"}, "the file is never gone"
    assert whole.archive_error(file, RECEIVED, 7, REASON).endswith("error/ERROR_20241201_120000_airports.csv")
    assert {path.rpartition("/")[2] for path in bucket.find(f"bucket/drop/{FULL}")} == {
        "ERROR_20241201_120000_airports.csv",
        "ERROR_20241201_120000_airports.error.json",
        "ERROR_20241201_120000_airports.rejects.csv",
    }


def test_a_file_that_is_replaced_while_it_is_copied_stays_and_is_not_archived(bucket: Any, tmp_path: Path) -> None:
    place = f"bucket/drop/{FULL}/airports.csv"
    bucket.pipe_file(place, b"a\n1\n")
    file = source(bucket, tmp_path).find(f"{FULL}/airports.csv")

    class Replacing(Mortal):
        def _mortal(self, operation: Any) -> Any:
            def run(*arguments: Any, **options: Any) -> None:
                if operation.__name__ == "cp_file":
                    bucket.pipe_file(place, b"a\n2\n")
                operation(*arguments, **options)

            return run

    assert source(Replacing(bucket, 0, after=False), tmp_path).archive_processed(file, RECEIVED, 7) == ""
    assert [path for path in bucket.find("bucket/drop") if path.endswith(".csv")] == [f"/{place}"]


def test_an_original_stays_until_its_copy_is_complete(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe_file(f"bucket/drop/{FULL}/airports.csv", b"a\n1\n")
    file = source(bucket, tmp_path).find(f"{FULL}/airports.csv")

    class Pending(Mortal):
        def _mortal(self, operation: Any) -> Any:
            pending = operation.__name__ == "cp_file"
            return (lambda path, target: bucket.pipe_file(target, b"")) if pending else operation

    with pytest.raises(FileBusyError, match="copy is incomplete"):
        source(Pending(bucket, 0, after=False), tmp_path).archive_processed(file, RECEIVED, 7)
    assert source(bucket, tmp_path).is_there(file)
    archived = source(bucket, tmp_path).archive_processed(file, RECEIVED, 7)
    assert bucket.cat_file(archived.removeprefix("s3://")) == b"a\n1\n"


@pytest.mark.parametrize("name", ["ETag", "etag"])
def test_a_tag_is_the_same_with_and_without_quotes(name: str) -> None:
    facts = {"size": 4, "LastModified": 1_700_000_000}
    assert ObjectIdentity.of({**facts, name: '"0x8D"'}) == ObjectIdentity.of({**facts, name: "0x8D"})


def test_a_drop_outside_the_load_folders_is_reported_once(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe_file("bucket/drop/airports.csv", b"a\n1\n")
    drops = source(bucket, tmp_path)
    (misplaced,) = drops.scan().malformed
    assert "outside the load folders" in misplaced.reason
    assert drops.report_malformed(misplaced) == drops.report_malformed(misplaced)


def test_a_missing_bucket_is_not_an_empty_one(bucket: Any, tmp_path: Path) -> None:
    bucket.rm("/bucket", recursive=True)
    with pytest.raises(ConfigurationError, match="bucket is missing"):
        source(bucket, tmp_path).scan()


def test_rejects_of_another_worker_leave_with_the_file(bucket: Any, tmp_path: Path) -> None:
    bucket.pipe_file(f"bucket/drop/{FULL}/airports.csv", b"a\n1\n")
    one, other = source(bucket, tmp_path / "one"), source(bucket, tmp_path / "other")
    file = one.find(f"{FULL}/airports.csv")
    one.rejects_path(file, 7).write_text("line,reason\n")
    one.share_rejects(file, 7)
    archived = other.archive_error(file, RECEIVED, 7, REASON).removeprefix("s3://").replace(".csv", ".rejects.csv")
    assert bucket.cat_file(archived) == b"line,reason\n"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (PermissionError("Access Denied"), PermissionDeniedError),
        (OSError(5, "An error occurred (SlowDown): Please reduce your request rate"), ThrottledError),
        (RuntimeError("ServerBusy"), ThrottledError),
        (ConnectionResetError("peer"), FileBusyError),
        (RuntimeError("Forbidden"), PermissionDeniedError),
    ],
)
def test_faults_of_a_store_become_errors_of_the_tree(fault: Exception, kind: type[RefdataError]) -> None:
    assert type(error_of(fault, "s3://bucket")) is kind


def test_the_setting_chooses_the_source(tmp_path: Path) -> None:
    assert isinstance(source_of(Settings(dropoff_root=str(tmp_path))), Dropoff)
    chosen = source_of(Settings(dropoff_root="memory://bucket/drop", spool_folder=str(tmp_path)))
    assert isinstance(chosen, ObjectSource)
    assert (chosen.store.prefix, chosen.store.address) == ("bucket/drop", "memory://bucket/drop")


def test_a_store_without_its_package_names_the_package() -> None:
    with pytest.raises(ConfigurationError, match="Install apache-airflow-providers-google"):
        source_of(Settings(dropoff_root="gs://my_gcp@bucket/drop"))


@pytest.mark.parametrize("text", ["gs://", "s3://a:b@bucket", "s3://bucket/../x", "s3://bucket?x=1", "S3 bucket://"])
def test_an_address_that_is_none_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Address.parse(text)
    assert text not in str(refused.value)


def test_a_file_that_grows_while_it_is_read_fills_no_disk(tmp_path: Path) -> None:
    read: list[bytes] = []

    def growing() -> Iterator[bytes]:
        for chunk in (b"a\n1\n", b"2\n", b"3\n"):
            read.append(chunk)
            yield chunk

    spool = ObjectSpool(tmp_path / "spool")
    with pytest.raises(FileChangedError, match="grew while it was read"), spool.copy(growing(), "airports.csv", 4):
        pass
    assert read == [b"a\n1\n", b"2\n"], "nothing is read beyond the size that was released"
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize("size", [4, None])
def test_a_local_copy_leaves_the_space_that_must_stay_free(bucket: Any, tmp_path: Path, size: int | None) -> None:
    spool = ObjectSpool(tmp_path / "spool", free_bytes=1 << 60)
    with (
        pytest.raises(StorageFullError, match=r"airports.csv needs 4; 1,152,921,504,606,846,976 must stay free"),
        spool.copy(iter([b"a\n1\n"]), "airports.csv", size),
    ):
        pass
    assert list(spool.folder.iterdir()) == []


def test_the_settings_say_what_the_spool_leaves_free() -> None:
    chosen = source_of(Settings(dropoff_root="memory://bucket/drop", min_free_mb=3))
    assert isinstance(chosen, ObjectSource)
    assert chosen.spool.free_bytes == 3 << 20


def plain(path: Path) -> Path:
    path.write_text(ROWS)
    return path


TYPES = "csv, gz, zst, zip, xlsx, ods"
ROWS = "code,name\n01,Graz\n02,Linz an der Donau\n"
SHEET = {"cities": [line.split(",") for line in ROWS.splitlines()]}
KINDS: dict[str, Callable[[Path], Path]] = {
    "cities.csv": plain,
    "cities.csv.gz": lambda path: gzipped(path, ROWS),
    "cities.csv.zst": lambda path: zstandard(path, ROWS),
    "cities.zip": lambda path: zipped(path, {"cities.csv": ROWS}),
    "cities.xlsx": lambda path: by_openpyxl(path, SHEET),
    "cities.ods": lambda path: as_ods(path, SHEET),
}


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("name", KINDS)
def test_files_are_loaded_from_an_encrypted_spool(bucket: Any, site: Site, tmp_path: Path, name: str) -> None:  # noqa: F811
    content = KINDS[name](tmp_path / name).read_bytes()
    spool = ObjectSpool(tmp_path / "spool", sealed=True)
    store = ObjectStore(bucket, "bucket/drop", "s3://bucket/drop")
    source = ObjectSource(store, spool, file_types=enabled(TYPES))
    bucket.pipe_file(f"bucket/drop/{FULL}/{name}", content)
    file = source.find(f"{FULL}/{name}")
    with source.open(file) as path:
        assert Path(path).read_bytes() != content, "what is on the disk is encrypted"
        assert open_local(Path(path)).read() == content
    settings = dataclasses.replace(site.deps.settings, file_types=TYPES)
    deps = dataclasses.replace(site.deps, dropoff=source, settings=settings)
    done = process(deps, file, "run 1")
    assert (done.status, done.rows_loaded) == ("completed", 2)
    assert site.rows("cities", "code, name") == [("01", "Graz"), ("02", "Linz an der Donau")]
    assert source.rejects_path(file, 7).is_relative_to("/dev/shm"), "rejects quote their rows"
