"""The unique index of a declared key: created where possible, explained where not, and never an obstacle."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.keyindex import INDEX
from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_rules import declare


def contract(*key: str, kind: str = "string", **rules: object) -> dict[str, Any]:
    fields = [{"name": name, "type": kind} for name in key]
    return {"name": "t", "schema": {"primaryKey": list(key), "fields": fields}, **({"refdata": rules} if rules else {})}


def indexed(site: Site) -> list[str]:
    """The columns of the index that refdata made, in order."""
    warehouse, table = site.deps.warehouse, site.database.table("t")
    if site.database.is_sqlite:
        name = f"t {INDEX}"
        return [row[0] for row in site.database.rows(f"SELECT name FROM pragma_index_info('{name}', 'ref')")]
    with warehouse.transaction(write=False) as session:
        found = session.query(warehouse.statement("select_unique_indexes"), (table.schema, table.name))
    return [column for name, column, *_ in found if str(name).startswith(INDEX)]


def changes(site: Site, row: Load) -> str:
    found = site.database.rows(f"SELECT table_changes FROM ref.File_Monitor_Tracking WHERE id = {row.id}")
    return str(found[0][0])


def problem(row: Load) -> str:
    """The warning that the key has no index."""
    return next((warning for warning in row.warnings if "has no unique index" in warning), "")


def load(site: Site, content: str, name: str = "t.csv", **options: Any) -> Load:
    row = site.load(site.drop(name, content, **options))
    assert row.status is FileStatus.COMPLETED, row.error_message
    return row


def test_a_declared_key_becomes_a_unique_index_before_the_first_row(site: Site) -> None:
    declare(site, contract("code", "area"))
    row = load(site, "code,area,n\na,x,1\na,y,2\n")
    assert indexed(site) == ["code", "area"]
    assert "create a unique index on code, area" in changes(site, row)
    assert not problem(row)
    assert changes(site, load(site, "code,area,n\na,x,1\nb,y,2\n")) == "no change"


def test_a_key_declared_later_indexes_the_rows_that_are_there(site: Site) -> None:
    load(site, "code,n\na,1\nb,2\n")
    declare(site, contract("code"))
    load(site, "code,n\nc,3\n", folder=APPEND)
    assert indexed(site) == ["code"]


def test_the_index_follows_the_contract_and_goes_with_it(site: Site) -> None:
    for key in (("code",), ("area",), ("area", "code")):
        declare(site, contract(*key))
        load(site, f"code,area,x\na,north,{''.join(key)}\nb,south,\n")
        assert indexed(site) == list(key)
    declare(site, {"name": "t", "schema": {"fields": [{"name": "code", "type": "string"}]}})
    row = load(site, "code,area,x\na,north,new\nb,south,new\n")
    assert indexed(site) == []
    assert "drop the unique index on area, code" in changes(site, row)


def test_repeated_rows_are_named_once_and_the_load_after_them_creates_the_index(site: Site) -> None:
    load(site, "code,n\na,1\na,2\nb,3\n")
    declare(site, contract("code"))
    row = load(site, "code,n\nc,3\n", folder=APPEND)
    assert indexed(site) == []
    assert "1 value occurs more than once in the rows that are there" in problem(row)
    assert not problem(load(site, "code,n\nd,4\n", folder=APPEND))
    load(site, "code,n\na,1\nb,3\n")
    load(site, "code,n\na,1\nb,4\n")
    assert indexed(site) == ["code"]


def test_rows_without_a_key_are_rejected_although_the_column_allows_null(site: Site) -> None:
    declare(site, contract("code", max_rejected_rows=1))
    row = load(site, "code,n\na,1\n,2\n")
    assert (row.rows_loaded, row.rows_rejected, indexed(site)) == (1, 1, ["code"])


@pytest.mark.parametrize("width", [900, 5000])
def test_a_key_too_wide_for_an_index_is_said_and_loads(site: Site, width: int) -> None:
    declare(site, contract("code"))
    row = load(site, f"code,n\n{'x' * width},1\n{'y' * width},2\n")
    if site.database.is_sqlite:
        assert indexed(site) == ["code"]
        return
    assert indexed(site) == []
    assert "an index takes at most 1700" in problem(row)
    assert not problem(load(site, f"code,n\n{'x' * width},1\n{'z' * width},2\n"))


@pytest.mark.parametrize("folder", ["full", "append"])
def test_keys_that_only_the_collation_calls_equal_are_loaded_without_the_index(site: Site, folder: str) -> None:
    declare(site, contract("code"))
    load(site, "code,n\nab,1\nc,2\n")
    assert indexed(site) == ["code"]
    options = {"folder": APPEND} if folder == "append" else {}
    lines = "AB,3\n" if folder == "append" else "ab,1\nAB,3\n"
    row = load(site, f"code,n\n{lines}", **options)
    assert sorted(code for (code,) in site.rows("t", "code") if code != "c") == ["AB", "ab"]
    if site.database.is_sqlite:
        assert indexed(site) == ["code"]
        return
    assert indexed(site) == []
    assert "the database's collation does not" in problem(row)
    assert not problem(load(site, "code,n\nzz,1\n", folder=APPEND))
    load(site, "code,n\nab,1\n")
    load(site, "code,n\nab,2\n")
    assert indexed(site) == ["code"]


def test_a_new_table_whose_keys_differ_by_case_alone_loads(site: Site) -> None:
    declare(site, contract("code"))
    load(site, 'code,n\nab,1\nAB,2\n"ab ",3\n')
    assert len(site.rows("t")) == 3


def test_a_key_column_is_widened_and_keeps_its_index(site: Site) -> None:
    declare(site, contract("code", kind="integer"))
    load(site, "code,n\n1,1\n2,2\n")
    load(site, "code,n\n1,1\n12345678901,2\n")
    assert site.columns("t")["code"] == "BIGINT"
    assert indexed(site) == ["code"]
    assert sorted(site.rows("t", "code")) == [(1,), (12345678901,)]


def test_somebody_elses_index_on_the_key_is_enough(site: Site) -> None:
    load(site, "code,n\na,1\nb,2\n")
    table = "[t] ([code])" if site.database.is_sqlite else "ref.t (code)"
    name = "ref.[by hand]" if site.database.is_sqlite else "[by hand]"
    site.database.run(f"CREATE UNIQUE INDEX {name} ON {table}")
    declare(site, contract("code"))
    load(site, "code,n\na,1\nb,3\n")
    assert indexed(site) == []


def test_a_rollback_to_repeated_keys_goes_on_without_the_index(site: Site) -> None:
    from refdata.core.model import LoadType
    from refdata.versioning.locating import Versions
    from refdata.versioning.revising import Revision, revise

    load(site, "code,n\na,1\na,2\n")
    declare(site, contract("code"))
    load(site, "code,n\na,1\nb,2\n")
    load(site, "code,n\na,1\nb,3\n")
    assert indexed(site) == ["code"]
    now = site.clock()
    versions = Versions(site.deps.settings, site.deps.warehouse)
    revise(versions, Revision("t", LoadType.ROLLBACK, 1, "ann", "wrong file", "r1", now, now))
    assert sorted(site.rows("t", "code, n")) == [("a", 1), ("a", 2)]
    assert indexed(site) == []
