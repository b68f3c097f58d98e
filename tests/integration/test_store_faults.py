"""What an S3 server in trouble does to a load: it says so, loses nothing, and ends as it should afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refdata.core.errors import FileBusyError, FileChangedError, PermissionDeniedError, RefdataError, ThrottledError
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from refdata.ingest.archive import move_to_processed
from refdata.ingest.process import process
from tests.faulty_s3 import FaultyS3, Trouble, asks, cut, faulty_server, refused, times
from tests.integration.ingest.conftest import make_site, site  # noqa: F401  fixtures

if TYPE_CHECKING:
    from refdata.ingest.context import Deps
    from tests.integration.ingest.conftest import Site

CITIES = "reference_data_table/fullload/cities.csv"
CONTENT = b"code,name\n01,Graz\n02,Linz\n"
ROWS = [("01", "Graz"), ("02", "Linz")]
SLOW_DOWN = refused("503 Slow Down", "SlowDown")
DENIED = refused("403 Forbidden", "AccessDenied")
_numbers = count(1)


@dataclass
class Bucket:
    """A bucket on the server, and the source that reads it."""

    server: FaultyS3
    fs: Any
    name: str
    source: ObjectSource

    def put(self, content: bytes = CONTENT) -> None:
        self.fs.pipe_file(f"{self.name}/drop/{CITIES}", content)

    def files(self) -> dict[str, bytes]:
        self.fs.invalidate_cache()
        paths = [path for path in self.fs.find(self.name) if "/.refdata/" not in path]
        return {path.removeprefix(f"{self.name}/drop/"): self.fs.cat_file(path) for path in paths}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    import s3fs

    server, endpoint = faulty_server()
    # The client repeats a request itself; without it a test need not wait for that.
    client = {"config_kwargs": {"retries": {"max_attempts": 0}}, "skip_instance_cache": True}
    fs = s3fs.S3FileSystem(key="test", secret="test", endpoint_url=endpoint, **client)
    fs.retries = 1
    name = f"faulty-{next(_numbers)}"
    fs.mkdir(name)
    store = ObjectStore(fs, f"{name}/drop", f"s3://{name}/drop")
    yield Bucket(server, fs, name, ObjectSource(store, ObjectSpool(tmp_path / "spool")))


def deps_of(site: Site, bucket: Bucket) -> Deps:  # noqa: F811
    return dataclasses.replace(site.deps, dropoff=bucket.source)


TROUBLES: dict[str, tuple[str, str, Trouble, type[RefdataError]]] = {
    "throttled while it is read": ("GET", "cities.csv", SLOW_DOWN, ThrottledError),
    "throttled while it is looked at": ("HEAD", "cities.csv", SLOW_DOWN, ThrottledError),
    "the line is cut in a read": ("GET", "cities.csv", cut, FileBusyError),
    "it may not be read": ("GET", "cities.csv", DENIED, PermissionDeniedError),
    "throttled while it is archived": ("PUT", "processed", SLOW_DOWN, ThrottledError),
    "throttled while it is deleted": ("DELETE", "cities.csv", SLOW_DOWN, ThrottledError),
    "the server fails while it is archived": ("PUT", "processed", refused("500 Oops", "InternalError"), FileBusyError),
}


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("case", TROUBLES)
def test_a_server_in_trouble_fails_the_step_and_the_next_try_ends_it(site: Site, bucket: Bucket, case: str) -> None:  # noqa: F811
    method, part, trouble, kind = TROUBLES[case]
    bucket.put()
    deps, file = deps_of(site, bucket), bucket.source.find(CITIES)
    with bucket.server.trouble(asks(method, part), trouble), pytest.raises(kind) as raised:
        process(deps, file, "run")
    assert "test" not in str(raised.value).lower(), "no key of the client is shown"
    assert CONTENT in bucket.files().values(), "the file is never gone"
    again = next(iter(bucket.source.scan().files))  # handed back where nothing was published
    done = process(deps, again, "run" if again == file else "the watcher's next run")
    assert (done.status, done.rows_loaded) == ("completed", 2)
    assert sorted(site.rows("cities", "code, name")) == ROWS
    assert list(bucket.files().values()) == [CONTENT]
    assert CITIES not in bucket.files()


def test_a_request_that_fails_once_is_repeated_by_the_client(bucket: Bucket) -> None:
    bucket.put()
    bucket.fs.retries = 3
    with (
        bucket.server.trouble(asks("GET", "cities.csv"), times(1, SLOW_DOWN)) as server,
        bucket.source.open(bucket.source.find(CITIES)) as path,
    ):
        assert Path(path).read_bytes() == CONTENT
    assert server.hits > 0


@pytest.mark.parametrize("trouble", [SLOW_DOWN, DENIED, refused("500 Oops", "InternalError")])
def test_a_bucket_that_cannot_be_listed_is_no_empty_one(bucket: Bucket, trouble: Trouble) -> None:
    bucket.put()
    with bucket.server.trouble(asks("GET", "list-type"), trouble), pytest.raises(RefdataError):
        bucket.source.scan()
    assert [file.path for file in bucket.source.scan().files] == [CITIES]


def test_a_listing_that_is_behind_loads_nothing_twice(bucket: Bucket) -> None:
    """A gone object that is still listed is released, and found gone by the load."""
    bucket.put()
    (file,) = bucket.source.scan().files
    bucket.fs.rm_file(f"{bucket.name}/drop/{CITIES}")
    assert not bucket.source.is_there(file)
    with pytest.raises(FileChangedError), bucket.source.open(file):
        pass
    assert bucket.source.scan().files == ()


def test_an_upload_in_parts_is_seen_when_it_is_complete(bucket: Bucket) -> None:
    place = {"Bucket": bucket.name, "Key": f"drop/{CITIES}"}
    begun = bucket.fs.call_s3("create_multipart_upload", **place)
    part = bucket.fs.call_s3("upload_part", **place, PartNumber=1, UploadId=begun["UploadId"], Body=CONTENT)
    assert bucket.source.scan().files == ()
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    bucket.fs.call_s3("complete_multipart_upload", **place, UploadId=begun["UploadId"], MultipartUpload=parts)
    assert [file.path for file in bucket.source.scan().files] == [CITIES]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_the_right_to_delete_a_file_is_loaded_once_stays_and_its_run_says_why(
    site: Site,  # noqa: F811
    bucket: Bucket,
) -> None:
    bucket.put()
    deps, file = deps_of(site, bucket), bucket.source.find(CITIES)
    with bucket.server.trouble(asks("DELETE"), DENIED):
        for attempt in ("run", "run", "again"):
            with pytest.raises(PermissionDeniedError, match="refused") as raised:
                process(deps, file, attempt)
            assert "delete" in str(raised.value.advice)
        assert sorted(site.rows("cities", "code, name")) == ROWS
        assert {version for (version,) in site.rows("cities_backup", "ref_data_version_id", "bkp")} <= {1}
        assert bucket.source.is_there(file)
    move_to_processed(deps, file)
    assert CITIES not in bucket.files()
    assert CONTENT in bucket.files().values()
