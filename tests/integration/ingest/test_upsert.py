"""``load: upsert``: append files replace rows of the same key, and every version stays readable."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.errors import DataError
from refdata.core.model import FileStatus, Load, LoadType
from refdata.versioning.comparing import diff_versions
from refdata.versioning.locating import Versions
from refdata.versioning.reading import read_version
from refdata.versioning.revising import Revision, revise
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_rules import declare

CONTRACT: dict[str, Any] = {
    "name": "t",
    "schema": {
        "primaryKey": ["code"],
        "fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}],
    },
    "refdata": {"load": "upsert"},
}


def upsert(site: Site, content: str, name: str = "t.csv") -> Load:
    return site.load(site.drop(name, content, folder=APPEND))


def counts(row: Load) -> tuple[int | None, ...]:
    return row.rows_loaded, row.rows_inserted, row.rows_updated, row.rows_unchanged


def versions(site: Site) -> Versions:
    return Versions(site.deps.settings, site.deps.warehouse)


def version(site: Site, number: int) -> list[tuple[Any, ...]]:
    frame = read_version(versions(site), "t", number)
    return sorted(tuple(row) for row in frame[["code", "n"]].itertuples(index=False))


def revised(site: Site, kind: LoadType, origin: int) -> None:
    now = site.clock()
    revise(versions(site), Revision("t", kind, origin, "ann", "because", f"{kind} {origin}", now, now))


def test_same_keys_are_replaced_and_others_inserted_and_each_is_counted(site: Site) -> None:
    declare(site, CONTRACT)
    assert counts(upsert(site, "code,n\na,1\nb,2\n")) == (2, 2, 0, 0)
    row = upsert(site, "code,n\na,1\nb,20\nc,3\n")
    assert (row.status, row.version_id, *counts(row)) == (FileStatus.COMPLETED, 2, 3, 1, 1, 1)
    assert row.rows_compared == "1 inserted, 1 updated, 1 unchanged"
    assert sorted(site.rows("t", "code, n")) == [("a", 1), ("b", 20), ("c", 3)]


def test_versions_before_and_between_are_read_compared_and_restored(site: Site) -> None:
    declare(site, CONTRACT)
    site.load(site.drop("t.csv", "code,n\na,1\nb,2\n"))
    upsert(site, "code,n\nb,20\nc,3\n")
    upsert(site, "code,n\na,10\nd,4\n")
    history = {1: [("a", 1), ("b", 2)], 2: [("a", 1), ("b", 20), ("c", 3)]}
    for number, rows in history.items():
        assert version(site, number) == rows
    assert [one.rows for one in versions(site).listed("t")] == [4, 3, 2]
    found = diff_versions(versions(site), "t", 1, 3)
    assert (found.added, found.removed, found.changed) == (2, 0, 2)
    revised(site, LoadType.ROLLBACK, 2)
    assert sorted(site.rows("t", "code, n")) == history[2]
    assert version(site, 3) == [("a", 10), ("b", 20), ("c", 3), ("d", 4)]


def test_it_is_not_taken_back_because_that_would_lose_what_it_replaced(site: Site) -> None:
    declare(site, CONTRACT)
    upsert(site, "code,n\na,1\n")
    row = upsert(site, "code,n\na,2\n")
    with pytest.raises(DataError, match="replaced rows of t by their key"):
        revised(site, LoadType.TAKE_BACK, row.id)
    assert site.rows("t", "n") == [(2,)]


def test_the_same_file_again_is_a_duplicate_only_until_another_load(site: Site) -> None:
    declare(site, CONTRACT)
    upsert(site, "code,n\na,1\n")
    assert upsert(site, "code,n\na,1\n").status is FileStatus.DUPLICATE
    upsert(site, "code,n\na,2\n")
    row = upsert(site, "code,n\na,1\n")
    assert (row.status, counts(row)) == (FileStatus.COMPLETED, (1, 0, 1, 0))
    assert site.rows("t", "n") == [(1,)]


def test_a_key_repeated_within_the_file_is_a_reject(site: Site) -> None:
    declare(site, CONTRACT, max_rejected_rows=1)
    row = upsert(site, "code,n\na,1\na,2\n")
    assert (row.rows_rejected, *counts(row)) == (1, 1, 1, 0, 0)
    assert site.rows("t", "n") == [(1,)]


def test_a_full_load_of_the_same_table_replaces_all_rows(site: Site) -> None:
    declare(site, CONTRACT)
    upsert(site, "code,n\na,1\nb,2\n")
    site.load(site.drop("t.csv", "code,n\nb,2\nc,3\n"))
    assert sorted(site.rows("t", "code, n")) == [("b", 2), ("c", 3)]


def test_a_key_spelled_in_another_way_replaces_the_row_where_the_spelling_does_not_count(site: Site) -> None:
    declare(site, CONTRACT, key_ignores_case=True)
    upsert(site, "code,n\nab,1\n")
    assert counts(upsert(site, "code,n\nAB,1\n")) == (1, 0, 1, 0)
    assert site.rows("t", "code, n") == [("AB", 1)]
