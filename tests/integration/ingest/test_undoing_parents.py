"""Undoing the loads of a table to which others refer: by contract (``on_orphans``) or by a foreign key."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.core.errors import DataError
from refdata.core.model import FileStatus
from tests.integration.engines import TSQL
from tests.integration.ingest.conftest import APPEND, FULL, Site
from tests.integration.ingest.test_rules import AIRPORTS, COUNTRIES, declare

BY: dict[str, Any] = {"reason": "wrong file", "by": "ada"}
LOST = "1 row of countries to which 1 row of airports refers (country to code)"


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def load(site: Site, name: str, content: str, folder: str = FULL) -> int:
    row = site.load(site.drop(name, content, folder=folder), f"run {name} {site.clock()}")
    assert row.status is FileStatus.COMPLETED, row.error_message
    return row.id


def codes(site: Site) -> list[str]:
    return sorted(row[0] for row in site.rows("countries", "code"))


def ready(site: Site, undo: str, **parent: object) -> int:
    """A child refers to what the last load of the parent brought; returns what is to be undone."""
    declare(site, {**COUNTRIES, "refdata": parent} if parent else COUNTRIES, AIRPORTS)
    load(site, "countries.csv", "code,name\nDE,Germany\n")
    if undo == "rollback":
        load(site, "countries.csv", "code,name\nDE,Germany\nFR,France\n")
        origin = 1
    else:
        origin = load(site, "countries.csv", "code,name\nFR,France\n", APPEND)
    load(site, "airports.csv", "iata,country\nBER,DE\nCDG,FR\nXXX,\n")
    return origin


def undone(site: Site, undo: str, origin: int, **options: Any) -> Any:
    data = desk(site)
    if undo == "rollback":
        return data.rollback("countries", origin, **BY, **options)
    return data.take_back(origin, **BY, **options)


UNDO = pytest.mark.parametrize("undo", ["rollback", "take_back"])


@UNDO
@pytest.mark.parametrize(("policy", "accept"), [("hold", False), ("refuse", False), ("refuse", True)])
def test_undoing_is_refused_where_a_child_would_lose_what_it_refers_to(
    site: Site, undo: str, policy: str, accept: bool
) -> None:
    origin = ready(site, undo, on_orphans=policy)
    with pytest.raises(DataError) as refused:
        undone(site, undo, origin, accept_orphans=accept)
    said = str(refused.value)
    assert LOST in said
    assert f"on_orphans is {policy}" in said
    assert ("--accept-orphans" in said) is (policy == "hold")
    assert codes(site) == ["DE", "FR"]
    assert desk(site).live_version("countries") == 2


@UNDO
@pytest.mark.parametrize(("policy", "accept"), [("hold", True), ("allow", False)])
def test_undoing_goes_on_with_a_warning_where_policy_or_person_allows_it(
    site: Site, undo: str, policy: str, accept: bool
) -> None:
    origin = ready(site, undo, on_orphans=policy)
    done = undone(site, undo, origin, accept_orphans=accept)
    assert [LOST in warning for warning in done.warnings] == [True]
    row = desk(site).file(done.load_id)
    assert row is not None
    assert row.warnings == done.warnings
    assert codes(site) == ["DE"]


def test_undoing_without_loss_asks_nothing(site: Site) -> None:
    ready(site, "rollback", on_orphans="refuse")
    load(site, "airports.csv", "iata,country\nBER,DE\n")
    assert undone(site, "rollback", 1).warnings == ()
    assert codes(site) == ["DE"]


@pytest.fixture
def child(site: Site) -> Any:
    """A table of somebody else's with a foreign key to ``countries``, whose key is unique."""
    site.database.run("CREATE TABLE ref.countries (code NVARCHAR(10) NOT NULL PRIMARY KEY, name NVARCHAR(50) NULL)")
    site.database.run(
        "CREATE TABLE ref.visits (country NVARCHAR(10) NULL CONSTRAINT fk_visits REFERENCES ref.countries (code))"
    )
    site.database.run("INSERT INTO ref.visits (country) VALUES (NULL)")
    yield site
    site.database.run("DROP TABLE ref.visits")


@pytest.mark.parametrize("engine", TSQL)
def test_a_table_with_a_foreign_key_on_it_is_rolled_back_by_its_difference(child: Site) -> None:
    first = load(child, "countries.csv", "code,name\nDE,Germany\nFR,Frnce\n")
    child.database.run("INSERT INTO ref.visits (country) VALUES ('DE'), ('FR')")
    load(child, "countries.csv", "code,name\nDE,Deutschland\nFR,Frnce\nIT,Italy\n")
    done = desk(child).rollback("countries", 1, **BY)
    assert (done.rows_before, done.rows) == (3, 2)
    assert sorted(child.rows("countries", "code, name, ref_data_load_id")) == [
        ("DE", "Germany", first), ("FR", "Frnce", first)
    ]  # fmt: skip
    assert desk(child).diff("countries", 1, 3).is_empty


@pytest.mark.parametrize("engine", TSQL)
@UNDO
def test_what_a_foreign_key_forbids_to_undo_is_refused_with_key_table_and_rows(child: Site, undo: str) -> None:
    load(child, "countries.csv", "code,name\nDE,Germany\n")
    if undo == "rollback":
        load(child, "countries.csv", "code,name\nDE,Germany\nFR,France\nIT,Italy\n")
        origin = 1
    else:
        origin = load(child, "countries.csv", "code,name\nFR,France\nIT,Italy\n", APPEND)
    child.database.run("INSERT INTO ref.visits (country) VALUES ('FR'), ('FR'), ('DE')")
    with pytest.raises(DataError) as refused:
        undone(child, undo, origin)
    said = str(refused.value)
    assert f"1 row of {child.database.settings.ref_schema}.countries that the" in said
    assert "2 rows refer to them (foreign key fk_visits: country refers to code)" in said
    assert codes(child) == ["DE", "FR", "IT"]
