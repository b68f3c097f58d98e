"""A text is found in the rows of any table, table by table, for as long as the caller waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from refdata.api import ReferenceData
from refdata.versioning.finding import MOST_ROWS, Found
from tests.integration.ingest.conftest import FULL, Site


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site(on_missing_column="null", on_type_change="widen")
    for name, content in {
        "countries": "code,name\nNA,Namibia\nAT,Austria\n",
        "rates": "code,rate,since\nNAD,18.5,2024-01-02\nEUR,1.25,2024-01-03\n",
        "visits": "town,land\n" + "".join(f"town {number},namibia\n" for number in range(9)),
    }.items():
        made.load(made.drop(f"{name}.csv", content, folder=FULL), name)
    return made


def found(site: Site, text: str, after: str = "", patience: float = 60) -> Found:
    data = ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)
    return data.rows.find(text, after=after, patience=patience)


@pytest.mark.parametrize(("text", "tables"), [
    ("Namibia", ["countries", "visits"]),
    (" NAMIB ", ["countries", "visits"]),
    ("18.5", ["rates"]),
    ("2024-01-03", ["rates"]),
    ("town 7", ["visits"]),
    ("nowhere", []),
    ("%%", []),
    ("O'Hara [x]", []),
])  # fmt: skip
def test_a_text_is_found_in_every_table_that_has_it(site: Site, text: str, tables: list[str]) -> None:
    done = found(site, text)
    assert [hit.table for hit in done.hits] == tables
    assert (done.searched, done.tables, done.next) == (3, 3, None)


def test_a_hit_shows_where_the_text_is_and_some_of_the_rows(site: Site) -> None:
    countries, visits = found(site, "namibia").hits
    assert countries.columns == ("code", "name")
    assert [[cell.text for cell in row.cells] for row in countries.rows] == [["NA", "Namibia"]]
    assert [row.at for row in countries.rows] == [(1,)]
    assert (countries.has_more, visits.has_more, len(visits.rows)) == (False, True, MOST_ROWS)


def test_a_search_that_takes_long_goes_on_with_the_next_table(site: Site) -> None:
    parts, after = [], ""
    while True:
        part = found(site, "namibia", after, patience=0)
        parts.append((part.searched, [hit.table for hit in part.hits]))
        if part.next is None:
            break
        after = part.next
        site.clock.now += timedelta(seconds=1)
    assert parts == [(1, ["countries"]), (2, []), (3, ["visits"])]


def test_a_table_that_was_dropped_by_hand_is_passed_over(site: Site) -> None:
    site.database.run("DROP TABLE ref.[countries]")
    assert [hit.table for hit in found(site, "namibia").hits] == ["visits"]


@pytest.mark.parametrize("text", ["", "  ", "x", " x "])
def test_a_single_letter_is_too_short(site: Site, text: str) -> None:
    with pytest.raises(ValueError, match="at least 2 characters"):
        found(site, text)
