"""Dates with the day first in some rows and the month first in others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import Site

MIXED = [
    pytest.param(["13/01/2024", "01/25/2024"], "DD/MM/YYYY", "MM/DD/YYYY", id="slashes"),
    pytest.param(["13-01-2024", "01-25-2024", "02-03-2024"], "DD-MM-YYYY", "MM-DD-YYYY", id="hyphens"),
    pytest.param(["13.01.2024", "01.25.2024"], "DD.MM.YYYY", "MM.DD.YYYY", id="points"),
    pytest.param(["13/01/99", "01/25/99", "02/03/99"], "DD/MM/YY", "MM/DD/YY", id="short years"),
    pytest.param(["13/01/2024 10:00", "01/25/2024 11:30"], "DD/MM/YYYY", "MM/DD/YYYY", id="times"),
    pytest.param(["3/1/2024"] * 30 + ["13/1/2024", "1/25/2024"], "DD/MM/YYYY", "MM/DD/YYYY", id="few"),
    pytest.param(["31/12/2023"] + ["02/03/2024"] * 3_000 + ["12/31/2023"], "DD/MM/YYYY", "MM/DD/YYYY", id="far apart"),
]


def table(days: list[str]) -> str:
    return "id,d\n" + "".join(f"{number},{day}\n" for number, day in enumerate(days))


@pytest.mark.parametrize(("days", "one", "other"), MIXED)
@pytest.mark.parametrize("turned", [False, True])
def test_a_first_file_names_both_notations_with_a_line_each(
    site: Site, days: list[str], one: str, other: str, turned: bool
) -> None:
    days = days[::-1] if turned else days
    row = site.load(site.drop("t.csv", table(days)))
    assert row.status is FileStatus.COMPLETED, row.error_message
    (warning,) = (text for text in row.warnings if "two notations" in text)
    parts = [(line, re.split("[-/.]", day)) for line, day in enumerate(days, start=2)]
    for letters, place in ((one, 0), (other, 1)):
        line = next(line for line, part in parts if int(part[place]) > 12)
        assert f"line {line} can only be read as {letters}" in warning
    assert [str(value) for (value,) in site.rows("t", "d")] == days


@pytest.mark.parametrize(("days", "one", "other"), MIXED[:5])
def test_a_known_column_of_dates_is_asked_about(
    make_site: Callable[..., Site], days: list[str], one: str, other: str
) -> None:
    site = make_site(max_rejected_rows=1)
    site.load(site.drop("t.csv", table([days[0], days[0]])))
    assert site.columns("t")["d"] in ("DATE", "DATETIME2")
    before = site.rows("t")
    held = site.load(site.drop("t.csv", table(days)), "run 2")
    assert "type_changed:d" in (held.error_message or ""), held
    assert site.rows("t") == before
    row = site.load(site.drop("t.csv", table(days)), "run 2", {"type_changed:d": "reject"})
    assert (row.status, row.rows_rejected) == (FileStatus.COMPLETED, 1), row.error_message


SILENT = [
    ["13/01/2024", "25/01/2024"], ["01/13/2024", "01/25/2024"], ["13/01/2024", "tbd"], ["13/01/2024", "32/01/2024"],
    ["13/01/2024", "2024-01-25"], ["1/2", "13/2"], ["13/13/2024", "14/14/2024"], ["02/03/2024", "03/04/2024"],
]  # fmt: skip


@pytest.mark.parametrize("days", SILENT)
def test_other_dates_and_texts_are_not_called_mixed(site: Site, days: list[str]) -> None:
    row = site.load(site.drop("t.csv", table(days)))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert not any("two notations" in text for text in row.warnings)
