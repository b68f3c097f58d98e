"""What an S3 server in trouble does to a load: it says so, loses nothing, and ends as it should afterwards."""

from __future__ import annotations

import dataclasses
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.errors import FileBusyError, FileChangedError, PermissionDeniedError, RefdataError, ThrottledError
from refdata.core.settings import Settings
from refdata.ingest.archive import move_to_processed
from refdata.ingest.process import process
from tests.faulty_s3 import Trouble, asks, cut, faulty_server, refused, times
from tests.integration.ingest.conftest import make_site, site  # noqa: F401  fixtures
from tests.integration.places import Bucket

if TYPE_CHECKING:
    from refdata.ingest.context import Deps
    from tests.integration.ingest.conftest import Site

CITIES = "reference_data_table/fullload/cities.csv"
CONTENT = b"code,name\n01,Graz\n02,Linz\n"
ROWS = [("01", "Graz"), ("02", "Linz")]
SLOW_DOWN = refused("503 Slow Down", "SlowDown")
DENIED = refused("403 Forbidden", "AccessDenied")
_numbers = count(1)


class FaultyBucket(Bucket):
    """A bucket on the server, and the source that reads it."""

    def __init__(self, folder: Path) -> None:
        import s3fs

        self.server, endpoint = faulty_server()
        # The client repeats a request itself; without it a test need not wait for that.
        client = {"config_kwargs": {"retries": {"max_attempts": 0}}, "skip_instance_cache": True}
        self.fs = s3fs.S3FileSystem(key="test", secret="test", endpoint_url=endpoint, **client)
        self.fs.retries = 1
        self.name = f"faulty-{next(_numbers)}"
        self.fs.mkdir(self.name)
        super().__init__(lambda: self.fs, f"s3://{self.name}/drop", folder / "spool")
        self.drops = self.source(Settings())

    def peoples(self) -> dict[str, bytes]:
        """The files without refdata's own."""
        return {path: content for path, content in self.files().items() if not path.startswith(".refdata/")}


@pytest.fixture
def bucket(tmp_path: Path) -> FaultyBucket:
    return FaultyBucket(tmp_path)


def deps_of(site: Site, bucket: FaultyBucket) -> Deps:  # noqa: F811
    return dataclasses.replace(site.deps, dropoff=bucket.drops)


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
def test_a_server_in_trouble_fails_the_step_and_the_next_try_ends_it(
    site: Site,  # noqa: F811
    bucket: FaultyBucket,
    case: str,
) -> None:
    method, part, trouble, kind = TROUBLES[case]
    bucket.put(CITIES, CONTENT)
    deps, file = deps_of(site, bucket), bucket.drops.find(CITIES)
    with bucket.server.trouble(asks(method, part), trouble), pytest.raises(kind) as raised:
        process(deps, file, "run")
    assert "test" not in str(raised.value).lower(), "no key of the client is shown"
    assert CONTENT in bucket.peoples().values(), "the file is never gone"
    again = next(iter(bucket.drops.scan().files))  # handed back where nothing was published
    done = process(deps, again, "run" if again == file else "the watcher's next run")
    assert (done.status, done.rows_loaded) == ("completed", 2)
    assert sorted(site.rows("cities", "code, name")) == ROWS
    assert list(bucket.peoples().values()) == [CONTENT]
    assert CITIES not in bucket.peoples()


def test_a_request_that_fails_once_is_repeated_by_the_client(bucket: FaultyBucket) -> None:
    bucket.put(CITIES, CONTENT)
    bucket.fs.retries = 3
    with (
        bucket.server.trouble(asks("GET", "cities.csv"), times(1, SLOW_DOWN)) as server,
        bucket.drops.open(bucket.drops.find(CITIES)) as path,
    ):
        assert Path(path).read_bytes() == CONTENT
    assert server.hits > 0


@pytest.mark.parametrize("trouble", [SLOW_DOWN, DENIED, refused("500 Oops", "InternalError")])
def test_a_bucket_that_cannot_be_listed_is_no_empty_one(bucket: FaultyBucket, trouble: Trouble) -> None:
    bucket.put(CITIES, CONTENT)
    with bucket.server.trouble(asks("GET", "list-type"), trouble), pytest.raises(RefdataError):
        bucket.drops.scan()
    assert [file.path for file in bucket.drops.scan().files] == [CITIES]


def test_a_listing_that_is_behind_loads_nothing_twice(bucket: FaultyBucket) -> None:
    """A gone object that is still listed is released, and found gone by the load."""
    bucket.put(CITIES, CONTENT)
    (file,) = bucket.drops.scan().files
    bucket.take(CITIES)
    assert not bucket.drops.is_there(file)
    with pytest.raises(FileChangedError), bucket.drops.open(file):
        pass
    assert bucket.drops.scan().files == ()


def test_an_upload_in_parts_is_seen_when_it_is_complete(bucket: FaultyBucket) -> None:
    place = {"Bucket": bucket.name, "Key": f"drop/{CITIES}"}
    begun = bucket.fs.call_s3("create_multipart_upload", **place)
    part = bucket.fs.call_s3("upload_part", **place, PartNumber=1, UploadId=begun["UploadId"], Body=CONTENT)
    assert bucket.drops.scan().files == ()
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    bucket.fs.call_s3("complete_multipart_upload", **place, UploadId=begun["UploadId"], MultipartUpload=parts)
    assert [file.path for file in bucket.drops.scan().files] == [CITIES]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_the_right_to_delete_a_file_is_loaded_once_stays_and_its_run_says_why(
    site: Site,  # noqa: F811
    bucket: FaultyBucket,
) -> None:
    bucket.put(CITIES, CONTENT)
    deps, file = deps_of(site, bucket), bucket.drops.find(CITIES)
    with bucket.server.trouble(asks("DELETE"), DENIED):
        for attempt in ("run", "run", "again"):
            with pytest.raises(PermissionDeniedError, match="refused") as raised:
                process(deps, file, attempt)
            assert "delete" in str(raised.value.advice)
        assert sorted(site.rows("cities", "code, name")) == ROWS
        assert {version for (version,) in site.rows("cities_backup", "ref_data_version_id", "bkp")} <= {1}
        assert bucket.drops.is_there(file)
    move_to_processed(deps, file)
    assert CITIES not in bucket.peoples()
    assert CONTENT in bucket.peoples().values()
