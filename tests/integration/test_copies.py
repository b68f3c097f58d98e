"""Packed files and workbooks are read as the CSV file of the same content is, with hashes and refusals of their own."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from refdata.core.errors import FormatError, SchemaError
from refdata.core.filemodel import ColumnReading, Format, Notation, ReadColumn, RejectedRow, Scan
from refdata.core.filetypes import FILE_TYPES
from refdata.core.naming import column_names
from refdata.core.sqltypes import DATE, decimal
from refdata.core.statedformat import NOTHING_STATED, StatedFormat
from refdata.readers import reader_of
from tests.workbooks import Cells, as_ods, by_openpyxl, by_xlsxwriter, gzipped, zipped, zstandard

CSV = "code,name,price\n" + "".join(f"{n:03},Näme {n},{n}.5\n" for n in range(1, 7))
SHEET: Cells = [["code", "name", "price"], *([f"{n:03}", f"Näme {n}", n + 0.5] for n in range(1, 7))]
WRITERS = {"openpyxl": by_openpyxl, "XlsxWriter": by_xlsxwriter, "OpenDocument": as_ods}
FILES: dict[str, Callable[[Path], Path]] = {
    "gz": lambda folder: gzipped(folder / "a.csv.gz", CSV),
    "zst": lambda folder: zstandard(folder / "a.csv.zst", CSV),
    "zip": lambda folder: zipped(folder / "a.zip", {"a.csv": CSV}),
    "zip with side files": lambda folder: zipped(
        folder / "a.zip", {"d/a.csv": CSV, "__MACOSX/d/._a.csv": "x", "d/.DS_Store": "x", "read.me": "Hello"}
    ),
    "openpyxl": lambda folder: by_openpyxl(folder / "a.xlsx", {"Any": SHEET}),
    "XlsxWriter": lambda folder: by_xlsxwriter(folder / "a.xlsx", {"Any": SHEET}),
    "OpenDocument": lambda folder: as_ods(folder / "a.ods", {"Any": SHEET}),
}


def layout(path: Path, stated: StatedFormat = NOTHING_STATED) -> Format:
    return reader_of(path).detect(path, code_page="cp1252", min_confidence=0.2, stated=stated)


def scanned(path: Path, **options: Any) -> Scan:
    fmt = layout(path)
    return reader_of(path).scan(path, fmt, column_names(fmt.header), **options)


def rows(path: Path, *, fmt: Format | None = None, columns: list[ReadColumn] | None = None) -> list[dict[str, Any]]:
    fmt = fmt or layout(path)
    scan = reader_of(path).scan(path, fmt, column_names(fmt.header))
    assert not scan.rejected
    wanted = columns or [
        ReadColumn(at, one.name, one.type, one.notation) for at, one in enumerate(scan.columns) if one.type
    ]
    refused: list[RejectedRow] = []
    batches = reader_of(path).read_rows(path, fmt, columns=wanted, on_reject=refused.append)
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return FILES[request.param](tmp_path)


def test_a_copy_is_read_as_the_csv_file_is(file: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text(CSV)
    assert rows(file) == rows(plain)
    assert [one.type for one in scanned(file).columns] == [one.type for one in scanned(plain).columns]


def test_hash_and_size_are_those_of_the_file_itself(file: Path) -> None:
    scan = scanned(file)
    assert (scan.sha256, scan.size) == (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)


def test_an_error_in_the_copy_names_the_file(file: Path) -> None:
    with pytest.raises(SchemaError) as found:
        reader_of(file).scan(file, layout(file), ["code", "name"])
    assert found.value.where == str(file)


def test_a_kind_that_is_not_enabled_is_refused_as_before(file: Path) -> None:
    with pytest.raises(FormatError, match="not CSV"):
        reader_of(file, ["csv"])
    assert reader_of(file, FILE_TYPES)


def at(day: int) -> datetime:
    return datetime.combine(date(2024, 1, day), time(8, 30))


@pytest.mark.parametrize("writer", WRITERS)
def test_codes_dates_and_booleans_of_cells_keep_their_meaning(writer: str, tmp_path: Path) -> None:
    sheet: Cells = [["code", "day", "at", "open", "n"],
             *([f"{n:02}", date(2024, 1, n), at(n), n % 2 == 0, n] for n in range(1, 9))]  # fmt: skip
    shown = [sheet[0], *([*row[:2], (row[2], "yyyy-mm-dd hh:mm"), *row[3:]] for row in sheet[1:])]
    path = WRITERS[writer](tmp_path / ("a.ods" if writer == "OpenDocument" else "a.xlsx"), {"s": shown})
    assert rows(path)[1] == {
        "code": "02", "day": date(2024, 1, 2), "at": at(2), "open": True, "n": 2,
    }  # fmt: skip


CELLS = [
    (123, "00000", "00123"),
    (0.125, "0.0%", "12.5%"),
    (1234567890123456, "0", "1234567890123456"),
    (0.1, "General", "0.1"),
    (1e21, "General", "1000000000000000000000"),
    (time(7, 5), "hh:mm", "07:05:00"),
    (-3, '0;"minus "0', "-3"),
    ("a\nb", "@", "a\nb"),
    ("2024-01-02", "@", "2024-01-02"),
]
FORMULA_LIKE = ("=1+1", "@", "=1+1")
"""A text; openpyxl would write it as a formula."""


@pytest.mark.parametrize(
    ("writer", "value", "shown", "text"),
    [*((writer, *cell) for cell in CELLS for writer in ("openpyxl", "XlsxWriter")), ("XlsxWriter", *FORMULA_LIKE)],
)
def test_a_cell_becomes_the_text_that_a_csv_file_would_have(
    writer: str, value: Any, shown: str, text: str, tmp_path: Path
) -> None:
    sheet: Cells = [["id", "x"], *([f"k{n}", f"text {n}"] for n in range(5)), ["k9", (value, shown)]]
    path = WRITERS[writer](tmp_path / "a.xlsx", {"s": sheet})
    assert rows(path)[-1]["x"] == text


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(
    ("sheets", "hidden", "table", "read"),
    [
        ({"Notes": [], "Data": SHEET}, (), "", "Data"),
        ({"Old": SHEET, "Data": SHEET}, ("Old",), "", "Data"),
        ({"Rates": SHEET, "Countries": SHEET}, (), "countries", "Countries"),
    ],
)
def test_the_sheet_is_chosen_by_data_visibility_and_name(
    writer: str, sheets: dict[str, Any], hidden: tuple[str, ...], table: str, read: str, tmp_path: Path
) -> None:
    path = WRITERS[writer](tmp_path / ("a.ods" if writer == "OpenDocument" else "a.xlsx"), sheets, hidden)
    fmt = layout(path, StatedFormat(table=table))
    assert (fmt.part, fmt.doubt) == (read, None)


def test_several_sheets_with_data_are_a_question(tmp_path: Path) -> None:
    path = by_openpyxl(tmp_path / "a.xlsx", {"North": SHEET, "South": SHEET})
    doubt = layout(path).doubt
    assert doubt is not None
    assert [(one.key, one.kept) for one in doubt.readings] == [
        ("sheet_1", ("part", "North")), ("sheet_2", ("part", "South")),
    ]  # fmt: skip
    assert layout(path, StatedFormat(sheet_name="south")).part == "South"
    assert layout(path, StatedFormat(sheet_number=1)).part == "North"
    with pytest.raises(FormatError, match="no sheet 'West'; it has 'North', 'South'"):
        layout(path, StatedFormat(sheet_name="West"))


def test_a_title_an_empty_margin_and_empty_rows_are_no_part_of_the_table(tmp_path: Path) -> None:
    sheet: Cells = [[None, "Prices of 2024"], [], *([None, *row] for row in SHEET), [], [None, None]]
    path = by_openpyxl(tmp_path / "a.xlsx", {"s": sheet})
    fmt = layout(path)
    assert (fmt.header, fmt.preamble_lines) == (("code", "name", "price"), 2)
    assert len(rows(path)) == 6


def test_a_header_may_have_line_breaks(tmp_path: Path) -> None:
    path = by_openpyxl(tmp_path / "a.xlsx", {"s": [["code", "name", "unit\nprice"], *SHEET[1:]]})
    assert layout(path).header == ("code", "name", "unit price")
    assert len(rows(path)) == 6


def test_a_reject_names_the_row_of_the_sheet(tmp_path: Path) -> None:
    sheet: Cells = [["code", "name", "price"], ["001", "two\nlines", 1.5], *SHEET[1:], ["008", "x", "dear"]]
    path = by_openpyxl(tmp_path / "a.xlsx", {"s": sheet})
    known = {"price": ColumnReading(decimal(10, 2), bounded=False)}
    refused: list[RejectedRow] = []
    fmt = layout(path)
    reader_of(path).scan(path, fmt, fmt.header, known=known, on_reject=refused.append)
    assert [one.line for one in refused] == [len(sheet)]


def test_typed_cells_are_read_exactly_whatever_the_notation_of_the_table(tmp_path: Path) -> None:
    sheet: Cells = [["day", "price"], *([date(2024, 1, n), n + 0.125] for n in range(1, 7))]
    path = by_xlsxwriter(tmp_path / "a.xlsx", {"s": sheet})
    fmt = layout(path)
    notation = {
        "day": ColumnReading(DATE, Notation(date_order="dmy", date_separator="/")),
        "price": ColumnReading(decimal(10, 3), Notation(decimal_point=",", thousands=".")),
    }
    scan = reader_of(path).scan(path, fmt, fmt.header, known=notation)
    assert [(one.misfits, one.notation) for one in scan.columns] == [(0, one.notation) for one in notation.values()]
    columns = [ReadColumn(at, one.name, one.type, one.notation, one.reading)
               for at, one in enumerate(scan.columns) if one.type]  # fmt: skip
    read = rows(path, fmt=fmt, columns=columns)
    assert (read[0]["day"], str(read[0]["price"])) == (date(2024, 1, 1), "1.125")


def test_percentages_are_numbers_with_a_unit(tmp_path: Path) -> None:
    sheet: Cells = [["code", "share"], *([f"k{n}", (n / 8, "0.0%")] for n in range(1, 7))]
    path = by_openpyxl(tmp_path / "a.xlsx", {"s": sheet})
    column = scanned(path).columns[1]
    assert column.notation.affix == "%"
    assert str(rows(path)[0]["share"]) == "12.5"


def test_formulas_are_read_by_their_values_and_named(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("s")
        sheet.write_row(0, 0, ("code", "twice", "text"))
        for at in range(1, 7):
            sheet.write_row(at, 0, (f"k{at}",))
            sheet.write_formula(at, 1, f"={at}*2", None, at * 2)
            sheet.write_formula(at, 2, '="t"', None, "t")
    assert rows(path)[0]["twice"] == 2
    assert any("contain formulas" in note for note in layout(path).notes)


@pytest.mark.parametrize(
    ("cell", "uncalculated"),
    [
        ('<c r="A3"><f>B1</f><v>2</v></c>', 0),
        ('<c r="A3" t="str"><f>B1</f><v></v></c>', 0),
        ('<c r="A3" t="str"><f t="shared" si="0"/><v>x</v></c>', 0),
        ('<c r="A3"><f>B1</f></c>', 1),
        ('<c r="A3" s="0"><f>B1</f><v></v></c>', 1),
        ('<c r="A3"><f t="shared" si="0"/><v/></c>', 1),
    ],
)
def test_an_empty_text_is_a_value_and_no_value_is_not(cell: str, uncalculated: int, tmp_path: Path) -> None:
    source = by_xlsxwriter(tmp_path / "a.xlsx", {"s": [["x"], ["marked"]]})
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", f'<row r="3">{cell}</row></sheetData>'.encode())
    path = zipped(tmp_path / "b.xlsx", parts)
    if uncalculated:
        with pytest.raises(FormatError, match="1 formulas in the sheet 's' have no value"):
            layout(path)
    else:
        assert "1 cells of the sheet 's' contain formulas" in " ".join(layout(path).notes)


def test_a_formula_without_a_value_refuses_the_workbook(tmp_path: Path) -> None:
    sheet: Cells = [["code", "twice"], *([f"k{n}", f"=A{n}&A{n}"] for n in range(2, 8))]
    path = by_openpyxl(tmp_path / "a.xlsx", {"s": sheet})
    with pytest.raises(FormatError, match=r"6 formulas .* have no value"):
        layout(path)


@pytest.mark.parametrize("kind", ["gz", "zst", "zip", "openpyxl", "OpenDocument"])
def test_a_damaged_file_is_refused_with_a_reason(kind: str, tmp_path: Path) -> None:
    path = FILES[kind](tmp_path)
    data = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(FormatError, match=r"damaged|not complete") as caught:
            layout(path)
        assert str(path) in str(caught.value.where)


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refdata.copies.spool.FREE_BYTES", 1 << 20)
    path = gzipped(tmp_path / "a.csv.gz", "a,b\n" + "1,2\n" * 2_000_000)
    with pytest.raises(FormatError, match="unpacks to more than"):
        layout(path)


def test_members_of_an_archive_are_chosen_as_sheets_are(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"north.csv": CSV, "south.csv": CSV})
    assert layout(path).doubt is not None
    assert layout(path, StatedFormat(table="south")).part == "south.csv"
