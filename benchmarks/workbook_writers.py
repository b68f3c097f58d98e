"""Writes a ``Content`` as workbooks by openpyxl, XlsxWriter, LibreOffice, SheetJS, and by hand for ``.xlsb``.

LibreOffice and SheetJS are given what XlsxWriter wrote and save it in their own way.
"""

from __future__ import annotations

import datetime
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from benchmarks.workbook_contents import Content
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from tests.binaryworkbooks import as_xlsb
from tests.workbooks import Formula

_FORMS = {
    datetime.datetime: "yyyy-mm-dd hh:mm:ss",
    datetime.date: "yyyy-mm-dd",
    datetime.time: "hh:mm:ss",
    datetime.timedelta: "[h]:mm:ss",
}
_SHEETJS = """
const XLSX = require(process.argv[1]);
for (const [from, to] of JSON.parse(process.argv[2])) {
  const book = XLSX.readFile(from, {cellNF: true, cellFormula: true, cellStyles: true});
  XLSX.writeFile(book, to, {cellStyles: true});
}
"""


def _parted(cell: Any) -> tuple[Any, str]:
    value, shown = cell if isinstance(cell, tuple) else (cell, "")
    return value, shown or _FORMS.get(type(value), "")


def write_openpyxl(path: Path, content: Content) -> None:
    book = openpyxl.Workbook()
    if content.date_1904:
        book.epoch = CALENDAR_MAC_1904
    book.remove(book.active)
    for name, rows in content.sheets.items():
        sheet = book.create_sheet(name)
        for at, row in enumerate(rows, start=1):
            for column, cell in enumerate(row, start=1):
                value, shown = _parted(cell)
                target = sheet.cell(at, column, value)
                target.number_format = shown or target.number_format
        sheet.sheet_state = "hidden" if name in content.hidden else "visible"
        for area in content.merged:
            sheet.merge_cells(area)
    book.save(path)


def write_xlsxwriter(path: Path, content: Content) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": content.date_1904}) as book:
        for name, rows in content.sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    _write_cell(book, sheet, at, column, cell)
            _merge(sheet, content)
            if name in content.hidden:
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()


def _merge(sheet: Any, content: Content) -> None:
    for area in content.merged:
        first = next(cell for row in next(iter(content.sheets.values())) for cell in row)
        sheet.merge_range(area, first)


def _write_cell(book: Any, sheet: Any, row: int, column: int, cell: Any) -> None:
    value, shown = _parted(cell)
    form = book.add_format({"num_format": shown}) if shown else None
    match value:
        case Formula():
            sheet.write_formula(row, column, f"={value.text}", form, value.value)
        case str() if value.startswith("=") and shown != "@":
            sheet.write_formula(row, column, value)
        case str():
            sheet.write_string(row, column, value, form)
        case None:
            sheet.write_blank(row, column, None, form)
        case _:
            sheet.write(row, column, value, form)


def write_by_hand(path: Path, content: Content) -> None:
    as_xlsb(path, content.sheets, content.hidden, date_1904=content.date_1904)


def libreoffice() -> str:
    """LibreOffice's program; ``""`` where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def by_libreoffice(sources: Sequence[Path], folder: Path, ending: str) -> None:
    """Saves workbooks as another kind, all by one process."""
    profile = folder / "profile"
    command = [libreoffice(), f"-env:UserInstallation={profile.absolute().as_uri()}", "--headless",
               "--convert-to", ending,
               "--outdir", str(folder), *map(str, sources)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    shutil.rmtree(profile, ignore_errors=True)


def sheetjs() -> str:
    """The folder of the npm package xlsx, from REFDATA_SHEETJS; ``""`` where there is none."""
    folder = os.environ.get("REFDATA_SHEETJS", "")
    return folder if folder and shutil.which("node") else ""


def by_sheetjs(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Reads each first workbook and saves it as the second."""
    import json

    listed = json.dumps([[str(source), str(target)] for source, target in pairs])
    subprocess.run(["node", "-e", _SHEETJS, sheetjs(), listed], check=True, capture_output=True, timeout=300)
