"""``on_orphans``: a full load that removes what other tables refer to is asked about, refused or allowed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_rules import AIRPORTS, COUNTRIES, declare

COUNTRY_LINES = "code,name\nDE,Germany\nFR,France\nIT,Italy\n"
QUESTION = "orphans:airports.country"


def ready(site: Site, **parent: object) -> None:
    """Airports in two countries; Italy has none."""
    declare(site, {**COUNTRIES, "refdata": parent} if parent else COUNTRIES, AIRPORTS)
    for name, content in (
        ("countries.csv", COUNTRY_LINES),
        ("airports.csv", "iata,country\nBER,DE\nMUC,DE\nCDG,FR\nXXX,\n"),
    ):
        assert site.load(site.drop(name, content)).status is FileStatus.COMPLETED


def without(site: Site, *codes: str, **options: Any) -> Load:
    lines = [line for line in COUNTRY_LINES.splitlines() if line[:2] not in codes]
    return site.load(site.drop("countries.csv", "\n".join(lines) + "\n"), **options)


def test_rows_that_nothing_refers_to_go_without_a_question(site: Site) -> None:
    ready(site)
    assert without(site, "IT").status is FileStatus.COMPLETED


def test_a_person_is_asked_with_table_key_and_numbers(site: Site) -> None:
    ready(site)
    row = without(site, "DE", "IT")
    assert row.status is not FileStatus.COMPLETED
    assert "removes rows of countries that airports refers to" in (row.error_message or "")
    question = site.database.rows("SELECT document FROM ref.Reference_Data_Question")[0][0]
    assert "The file no longer has 1 row of countries to which 2 rows of airports refer (country to code)." in question
    assert len(site.rows("countries")) == 3


def test_the_load_goes_on_once_the_question_is_answered(site: Site) -> None:
    ready(site)
    assert without(site, "DE", answers={QUESTION: "load"}).status is FileStatus.COMPLETED
    assert sorted(site.rows("countries", "code")) == [("FR",), ("IT",)]
    # What refers to nothing already is not asked about again.
    assert without(site, "DE", "IT").status is FileStatus.COMPLETED


@pytest.mark.parametrize(
    ("policy", "status", "words"),
    [("refuse", FileStatus.ERROR, "on_orphans is refuse"), ("allow", FileStatus.COMPLETED, "on_orphans is allow")],
)
def test_the_contract_can_refuse_or_allow_it_and_each_is_said(
    site: Site, policy: str, status: FileStatus, words: str
) -> None:
    ready(site, on_orphans=policy)
    row = without(site, "DE", "FR")
    assert row.status is status
    said = row.error_message or " ".join(row.warnings)
    assert "2 rows of countries to which 3 rows of airports refer (country to code)" in said
    assert words in said


def test_an_append_removes_nothing(site: Site) -> None:
    ready(site, on_orphans="refuse")
    row = site.load(site.drop("countries.csv", "code,name\nES,Spain\n", folder=APPEND))
    assert row.status is FileStatus.COMPLETED


def test_a_reference_that_only_warns_asks_nothing(site: Site) -> None:
    ready(site)
    schema: dict[str, Any] = copy.deepcopy(AIRPORTS["schema"])  # type: ignore[arg-type]
    schema["foreignKeys"][0]["refdata"] = {"severity": "warn"}
    declare(site, {**AIRPORTS, "schema": schema})
    assert without(site, "DE").status is FileStatus.COMPLETED


@pytest.mark.parametrize("parent", ["countries", "units"])
def test_another_tables_broken_contract_is_named_where_it_names_the_table_and_stops_nothing(
    site: Site, parent: str
) -> None:
    ready(site)
    folder = next((site.dropoff.root / "contracts").glob("airports.yaml")).parent
    (folder / "other.yaml").write_text(
        f"name: other\nschema: {{foreignKeys: [{{fields: [a], reference: {{resource: {parent}}}, nonsense: b}}]}}\n"
    )
    row = without(site, "IT")
    assert row.status is FileStatus.COMPLETED
    told = any("contracts/other.yaml cannot be read" in warning for warning in row.warnings)
    assert told is (parent == "countries")


def test_a_child_loaded_while_its_parent_is_staged_is_seen_before_the_parent_is_published(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    ready(site)
    inner = site.deps.warehouse.publish

    def publish(*arguments: object) -> object:
        object.__setattr__(site.deps.warehouse, "publish", inner)
        site.load(site.drop("airports.csv", "iata,country\nFCO,IT\n", folder=APPEND), "other")
        return inner(*arguments)  # type: ignore[arg-type]

    object.__setattr__(site.deps.warehouse, "publish", publish)
    row = without(site, "IT")
    assert row.status is FileStatus.PENDING  # a transient failure: the file goes back, and is then asked about
    assert len(site.rows("countries")) == 3
