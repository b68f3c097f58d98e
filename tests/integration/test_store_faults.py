"""What a store refuses while a file is loaded from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refdata.core.errors import PermissionDeniedError
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from refdata.ingest.archive import move_to_processed
from refdata.ingest.process import process
from tests.integration.ingest.conftest import make_site, site  # noqa: F401  fixtures
from tests.integration.places import s3_bucket

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

CITIES = "reference_data_table/fullload/cities.csv"
CONTENT = b"code,name\n01,Graz\n02,Linz\n"


class Undeletable:
    """A filesystem whose server answers 403 to every deletion, as s3fs reports it."""

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fs, name)

    def rm_file(self, path: str) -> None:
        raise PermissionError("Access Denied")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_the_right_to_delete_a_file_is_loaded_once_stays_and_its_run_says_why(
    site: Site,  # noqa: F811
    tmp_path: Path,
) -> None:
    bucket = s3_bucket(tmp_path)
    bucket.put(CITIES, CONTENT)
    whole = bucket.store()
    refusing = ObjectSource(
        ObjectStore(Undeletable(whole.fs), whole.prefix, whole.address), ObjectSpool(tmp_path / "x")
    )
    deps = dataclasses.replace(site.deps, dropoff=refusing)
    file = refusing.find(CITIES)
    for attempt in ("run", "run", "again"):
        with pytest.raises(PermissionDeniedError, match="refused") as refused:
            process(deps, file, attempt)
        assert "delete" in str(refused.value.advice)
    assert sorted(site.rows("cities", "code, name")) == [("01", "Graz"), ("02", "Linz")]
    assert {version for (version,) in site.rows("cities_backup", "ref_data_version_id", "bkp")} <= {1}
    assert refusing.is_there(file)
    move_to_processed(dataclasses.replace(site.deps, dropoff=bucket.source(site.deps.settings)), file)
    assert CITIES not in bucket.files()
    assert CONTENT in bucket.files().values()
