"""Workbooks and packed files are loaded where the setting enables them, beside CSV files of the same table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from refdata.core.errors import DropoffError
from refdata.core.model import FileStatus, Load
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import FULL, Site
from tests.integration.ingest.test_contracts import declare
from tests.integration.ingest.test_notations import plain
from tests.workbooks import Cells, by_openpyxl, by_xlsxwriter, gzipped, zipped

pytestmark = pytest.mark.parametrize("engine", [SQLITE, MSSQL])

TYPES = "csv, gz, zip, xlsx"
CSV = "code;day;price\n" + "".join(f"{n:03};{n + 12:02}/02/2024;1.{n:03},5\n" for n in range(1, 7))
SHEET: Cells = [["code", "day", "price"], *([f"{n:03}", date(2024, 2, n + 12), 1000.5 + n] for n in range(1, 7))]
ROWS = [(f"{n:03}", f"2024-02-{n + 12}", 1000.5 + n) for n in range(1, 7)]


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(file_types=TYPES)


def load(site: Site, name: str, write: Callable[[Path, Any], Path], content: Any, **options: Any) -> Load:
    write(Path(site.deps.settings.dropoff_root) / FULL / name, content)
    return site.load(site.deps.dropoff.find(f"{FULL}/{name}"), run_id=name, **options)


def values(site: Site, table: str = "prices") -> list[tuple[Any, ...]]:
    return [tuple(map(plain, row)) for row in site.rows(table, "code, day, price")]


def test_a_workbook_fills_a_table_and_is_archived_under_its_name(site: Site) -> None:
    row = load(site, "prices.xlsx", by_openpyxl, {"Sheet1": SHEET})
    assert (row.status, row.table_name) == (FileStatus.COMPLETED, "prices")
    assert row.file_path.endswith("_prices.xlsx")
    assert sorted(values(site)) == ROWS


def test_text_workbook_and_packed_text_are_the_same_rows_and_nothing_is_asked(site: Site) -> None:
    for name, write, content in (
        ("prices_20240101.csv", _text, CSV),
        ("prices_20240102.xlsx", by_xlsxwriter, {"Tabelle1": SHEET}),
        ("prices_20240103.csv.gz", gzipped, CSV.replace("1.001,5", "1.001,50")),
        ("prices_20240104.xlsx", by_openpyxl, {"x": SHEET}),
        ("prices_20240105.zip", zipped, {"prices.csv": CSV.replace("1.002,5", "1.002,50")}),
    ):
        row = load(site, name, write, content)
        assert (row.status, row.warnings) == (FileStatus.COMPLETED, row.warnings), row.error_message
        assert sorted(values(site)) == ROWS, name


def _text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_a_kept_answer_names_the_sheet_of_later_workbooks(site: Site) -> None:
    other: Cells = [["code", "day", "price"], ["x", date(2000, 1, 1), 1.0]]
    row = load(
        site, "prices_20240101.xlsx", by_openpyxl, {"Old": other, "New": SHEET},
        answers={"format_unsure": "sheet_2"}, keep=True,
    )  # fmt: skip
    assert row.status is FileStatus.COMPLETED
    row = load(
        site, "prices_20240102.xlsx", by_openpyxl, {"New": [*SHEET, ["007", date(2024, 3, 1), 5.0]], "Old": other}
    )
    assert row.status is FileStatus.COMPLETED
    assert len(values(site)) == 7
    assert any("'New' was read" in warning for warning in row.warnings)


def test_a_declared_sheet_is_read_and_a_workbook_without_it_is_refused(site: Site) -> None:
    declare(site, "dialect: {delimiter: ';', sheetName: New}\n", "prices")
    assert load(site, "prices_20240101.xlsx", by_openpyxl, {"Old": SHEET, "New": SHEET}).status is FileStatus.COMPLETED
    row = load(site, "prices_20240102.xlsx", by_openpyxl, {"Old": SHEET})
    assert (row.status, row.error_what) == (FileStatus.ERROR, "The file has no sheet 'New'; it has 'Old'")


def test_a_rejected_row_is_listed_with_its_number_in_the_sheet(site: Site) -> None:
    row = load(site, "prices_20240101.xlsx", by_openpyxl, {"s": SHEET})
    declare(site, "schema: {fields: [{name: price, type: number, constraints: {maximum: 2000}}]}\n", "prices")
    row = load(site, "prices_20240102.xlsx", by_openpyxl, {"s": [*SHEET, ["007", date(2024, 2, 20), 5000.25]]})
    assert row.status is FileStatus.ERROR
    rejects = Path(row.file_path.removesuffix(".xlsx") + ".rejects.csv")
    assert rejects.read_text().splitlines()[1].startswith("8,")


def test_what_is_not_enabled_is_left_alone_and_named(make_site: Callable[..., Site]) -> None:
    site = make_site()
    by_openpyxl(Path(site.deps.settings.dropoff_root) / FULL / "prices.xlsx", {"s": SHEET})
    assert site.deps.dropoff.scan().files == ()
    with pytest.raises(DropoffError, match=r"files that end with .xlsx are not enabled here"):
        site.deps.dropoff.find(f"{FULL}/prices.xlsx")
