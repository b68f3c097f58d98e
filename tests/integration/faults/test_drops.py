"""Files under a slip of a name, older files, and day numbers of a spreadsheet: asked about before anything changes."""

from __future__ import annotations

import datetime
import random

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site

HARBOURS = "iata,name,country\nAAA,Foo,DE\nBBB,Bar,FR\n"
SLIPS = [
    "harbours (1).csv", "harbours(2).csv", "harbours - Copy.csv", "harbours - Kopie (3).csv", "Copy of harbours.csv",
    "harbours_v2.csv", "harbours-v10.csv", "harbours_final.csv", "harbours final FINAL.csv", "new harbours.csv",
    "2025-02_harbours.csv", "harbours_Mar2025.csv", "harbours Q1 2025.csv", "harbours_2025-W14.csv", "harbors.csv",
    "harbuors.csv", "harbours_backup.csv", "harbours_01.12.24.csv", "my_harbours_export.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_a_file_under_a_slip_of_a_name_makes_no_new_table(site: Site, name: str) -> None:
    site.load(site.drop("harbours.csv", HARBOURS))
    row = site.load(site.drop(name, HARBOURS.replace("Bar", "Baz")), "run 2")
    assert row.table_name == "harbours" or "new_table" in (row.error_message or ""), row
    assert site.tables() == ["harbours"]


@pytest.mark.parametrize("seed", range(6))
def test_words_and_numbers_around_a_name_make_no_new_table(site: Site, seed: int) -> None:
    rng = random.Random(seed)
    parts = ["v3", "final", "copy", "2025", "Q2", "new", "(2)", "export", "Jan", "old", "corrected"]
    around = rng.sample(parts, rng.randint(1, 3))
    at = rng.randint(0, len(around))
    name = rng.choice("_- ").join([*around[:at], "harbours", *around[at:]]) + rng.choice([".csv", ".CSV"])
    site.load(site.drop("harbours.csv", HARBOURS))
    row = site.load(site.drop(name, HARBOURS.replace("Bar", "Baz")), "run 2")
    assert row.table_name == "harbours" or "new_table" in (row.error_message or ""), (name, row)


@pytest.mark.parametrize("name", ["regions.csv", "harbour_fees.csv", "airports.csv", "ports.csv", "countries.csv"])
def test_a_file_with_other_columns_makes_its_table(site: Site, name: str) -> None:
    site.load(site.drop("harbours.csv", HARBOURS))
    row = site.load(site.drop(name, "code,amount,since\nX,1,2020-01-01\n"), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message


DATED = [
    ("rates_20241201.csv", "rates_20241101.csv"), ("rates_2024-12-01.csv", "rates_2024-11-30.csv"),
    ("rates_202412.csv", "rates_202411.csv"), ("rates_2024.csv", "rates_2023.csv"),
    ("rates_20241201.csv", "rates_20231201.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("newer", "older"), DATED)
@pytest.mark.parametrize("turned", [False, True], ids=["older last", "newer last"])
def test_only_an_older_file_after_a_newer_one_is_asked_about(site: Site, newer: str, older: str, turned: bool) -> None:
    first, later = (older, newer) if turned else (newer, older)
    site.load(site.drop(first, "cur,rate\nUSD,1.10\nCHF,0.95\n"))
    row = site.load(site.drop(later, "cur,rate\nUSD,1.05\nCHF,0.93\n"), "run 2")
    assert row.table_name == "rates"
    assert (row.status is FileStatus.COMPLETED) is turned, row.error_message
    assert ("older_content" in (row.error_message or "")) is not turned


DAY_ZERO = datetime.date(1899, 12, 30)


def serial(text: str) -> str:
    return str((datetime.date.fromisoformat(text) - DAY_ZERO).days)


DAYS = ["2024-01-15", "2024-02-01", "1999-12-31", "2031-07-04"]
SERIALS = [
    pytest.param("id,start\n", [f"{number},{serial(day)}" for number, day in enumerate(DAYS)], FULL, id="all"),
    pytest.param("id,start\n", [f"0,{serial(DAYS[0])}"], APPEND, id="an append"),
    pytest.param("start,id\n", [f"{serial(day)},{number}" for number, day in enumerate(DAYS)], FULL, id="first column"),
    pytest.param("id,start\n", [f"{number},{serial(day)}.5" for number, day in enumerate(DAYS)], FULL, id="with times"),
    pytest.param("id,start\n", ["1,2024-03-01", f"2,{serial(DAYS[1])}"], FULL, id="one among dates"),
]


@pytest.mark.parametrize(("header", "lines", "folder"), SERIALS)
@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"])
def test_day_numbers_in_a_column_of_dates_are_asked_about(
    site: Site, header: str, lines: list[str], folder: str, written: str
) -> None:
    days = [datetime.date.fromisoformat(day).strftime(written) for day in DAYS]
    rows = [f"{number},{day}" if header.startswith("id") else f"{day},{number}" for number, day in enumerate(days)]
    site.load(site.drop("t.csv", header + "\n".join(rows) + "\n", folder=folder))
    before = site.rows("t")
    row = site.load(site.drop("t.csv", header + "\n".join(lines) + "\n", folder=folder), "run 2")
    assert (row.status, row.error_category) == (FileStatus.PENDING, "held"), row
    assert ":start" in (row.error_message or "")
    assert site.rows("t") == before
