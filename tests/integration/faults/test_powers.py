"""Whole numbers that come with an exponent: a spreadsheet or a program may have rounded them."""

from __future__ import annotations

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site

ROUNDED = [
    ("1e+05", 100_000),
    ("1.2E+3", 1_200),
    ("1.23E+12", 1_230_000_000_000),
    ("1.5E3", 1_500),
    ("-4e+06", -4_000_000),
]
WHOLE = "id,n\n1,5\n2,7\n"


@pytest.mark.parametrize(("text", "number"), ROUNDED)
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_a_power_in_a_column_of_whole_numbers_is_asked_about(site: Site, text: str, number: int, folder: str) -> None:
    later = f"id,n\n3,{text}\n4,7\n"
    require_held_until_answered(site, WHOLE, later, folder, "codes_changed:n")
    assert (number,) in site.rows("t", "n")
    assert site.columns("t")["n"] in ("INT", "BIGINT")


def test_an_answer_can_be_kept(site: Site) -> None:
    site.load(site.drop("t.csv", WHOLE))
    site.load(site.drop("t.csv", "id,n\n1,1e+05\n2,7\n"), "run 2", {"codes_changed:n": "load"}, keep=True)
    again = site.load(site.drop("t.csv", "id,n\n1,2e+05\n2,7\n"), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message
    assert (200_000,) in site.rows("t", "n")


@pytest.mark.parametrize("text", ["1e+05", "1E+05", "1.0e+05"])
def test_a_power_of_a_number_that_the_table_has_asks_nothing(site: Site, text: str) -> None:
    site.load(site.drop("t.csv", "id,n\n1,100000\n2,7\n"))
    row = site.load(site.drop("t.csv", f"id,n\n1,{text}\n2,8\n"), "run 2")
    assert (row.status, row.error_message) == (FileStatus.COMPLETED, None)
    assert site.rows("t", "n") == [(100_000,), (8,)]


@pytest.mark.parametrize(("text", "number"), [*ROUNDED[:2], *ROUNDED[3:]])
def test_a_new_table_keeps_whole_numbers_and_warns_and_asks_nothing_later(site: Site, text: str, number: int) -> None:
    row = site.load(site.drop("t.csv", f"id,n\n1,{text}\n2,7\n"))
    assert any("such as 1e+05" in one for one in row.warnings), row.warnings
    assert (number,) in site.rows("t", "n")
    assert site.columns("t")["n"] == "INT"
    again = site.load(site.drop("t.csv", f"id,n\n1,{text}\n2,8\n"), "run 2")
    assert (again.status, again.error_message) == (FileStatus.COMPLETED, None)
    assert (number,) in site.rows("t", "n")


CODES = [("2E5", "12A"), ("2E5", "3E1"), ("1E3", "12E1"), ("2E5", "31"), ("7e2", "7d2")]


@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("first", ["", "id,room\n1,A1\n2,B1\n"])
def test_a_code_is_never_a_power(site: Site, codes: tuple[str, str], first: str) -> None:
    if first:
        site.load(site.drop("t.csv", first))
    row = site.load(site.drop("t.csv", f"id,room\n1,{codes[0]}\n2,{codes[1]}\n"), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("t", "room") == [(code,) for code in codes]


@pytest.mark.parametrize("code", ["2E5", "1E3", "12E1", "7e2", "1E1"])
def test_a_code_among_numbers_is_asked_about_as_another_type(site: Site, code: str) -> None:
    site.load(site.drop("t.csv", "id,room\n1,101\n2,102\n"))
    held = site.load(site.drop("t.csv", f"id,room\n1,101\n2,{code}\n"), "run 2")
    assert "type_changed:room" in (held.error_message or "")
    row = site.load(site.drop("t.csv", f"id,room\n1,101\n2,{code}\n"), "run 2", {"type_changed:room": "text"})
    assert (row.status, site.rows("t", "room")) == (FileStatus.COMPLETED, [("101",), (code,)])
