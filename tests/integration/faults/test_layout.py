"""A publisher changes most of a table's columns: a person says whether it is the table, and the load goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, Site

BEFORE = "symbol,name,sector\nMMM,3M,Industrials\nABT,Abbott,Health Care\n"
AFTER = "symbol,security,gics_sector,founded\nMMM,3M,Industrials,1902\nACN,Accenture,IT,1989\n"
NAME = "layout_changed"


def held(site: Site, content: str, table: str = "constituents") -> str:
    row = site.load(site.drop(f"{table}.csv", content), "run 2")
    assert row.status is FileStatus.PENDING, row.error_message
    return row.error_message or ""


@pytest.mark.parametrize(
    ("choice", "columns", "rows"),
    [
        (
            "same",
            ["symbol", "name", "sector", "security", "gics_sector", "founded"],
            [("ACN", None, None, "Accenture", "IT", 1989), ("MMM", None, None, "3M", "Industrials", 1902)],
        ),
        (
            "renamed",
            ["symbol", "name", "sector", "founded"],
            [("ACN", "Accenture", "IT", 1989), ("MMM", "3M", "Industrials", 1902)],
        ),
    ],
)
def test_few_of_the_columns_are_asked_about_and_loaded_as_answered(
    site: Site, choice: str, columns: list[str], rows: list[tuple[Any, ...]]
) -> None:
    site.load(site.drop("constituents.csv", BEFORE))
    assert "has only 1 of the 3 columns of constituents. Have its columns changed?" in held(site, AFTER)
    row = site.load(site.drop("constituents.csv", AFTER), "run 2", {NAME: choice}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert any("which become NULL, as answered" in warning for warning in row.warnings) == (choice == "same")
    assert [name for name in site.columns("constituents") if not name.startswith("ref_data_")] == columns
    assert sorted(site.rows("constituents", ", ".join(columns)), key=repr) == rows
    # The answer is kept: the next edition in the new layout asks nothing.
    again = site.load(site.drop("constituents.csv", AFTER.replace("1902", "1903")), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message


def test_a_refused_layout_leaves_the_table_alone(site: Site) -> None:
    site.load(site.drop("constituents.csv", BEFORE))
    row = site.load(site.drop("constituents.csv", AFTER), "run 2", {NAME: "refuse"})
    assert row.status is FileStatus.ERROR
    assert len(site.rows("constituents")) == 2
    assert len(site.columns("constituents")) == 6


@pytest.mark.parametrize(
    ("content", "folder", "message"),
    [
        ("a,b,c\n1,2,3\n", "", "0 of the 3 columns"),
        ("symbol,country,iso\nX,Y,Z\n", "", "Tables that match better: nations"),
        ("symbol,security\nX,Y\n", APPEND, "1 of the 3 columns"),
    ],
    ids=["none of the columns", "another table's file", "an append"],
)
def test_what_is_no_new_layout_is_refused(site: Site, content: str, folder: str, message: str) -> None:
    site.load(site.drop("nations.csv", "symbol,country,iso\nA,B,C\n"))
    site.load(site.drop("constituents.csv", BEFORE))
    file = site.drop("constituents.csv", content, folder=folder) if folder else site.drop("constituents.csv", content)
    row = site.load(file, "run 2")
    assert row.status is FileStatus.ERROR
    assert message in (row.error_message or "")


def test_settings_that_ask_nobody_still_refuse(make_site: Callable[..., Site]) -> None:
    site = make_site(on_missing_column="null")
    site.load(site.drop("constituents.csv", BEFORE))
    row = site.load(site.drop("constituents.csv", AFTER), "run 2")
    assert row.status is FileStatus.ERROR
    assert "at least 70% is needed" in (row.error_message or "")
