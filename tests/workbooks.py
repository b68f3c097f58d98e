"""Workbooks and packed files for tests: the same rows, written by three writers."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import xlsxwriter

Cells = Sequence[Sequence[Any]]
"""Rows of a sheet; a value may be a pair of a value and its number format."""


@dataclass(frozen=True)
class Formula:
    """A formula and its calculated value. openpyxl writes no values."""

    text: str
    value: Any


def by_openpyxl(path: Path, sheets: Mapping[str, Cells], hidden: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                plain, shown = value if isinstance(value, tuple) else (value, "")
                cell = sheet.cell(at, column, plain)
                cell.number_format = shown or cell.number_format
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


def by_xlsxwriter(path: Path, sheets: Mapping[str, Cells], hidden: Sequence[str] = ()) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    plain, shown = value if isinstance(value, tuple) else (value, "")
                    sheet.write(at, column, plain, book.add_format({"num_format": shown}) if shown else None)
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()
    return path


def as_ods(path: Path, sheets: Mapping[str, Cells], hidden: Sequence[str] = ()) -> Path:
    """An OpenDocument spreadsheet by hand: https://docs.oasis-open.org/office/OpenDocument/v1.3/."""
    styles = (
        '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
    )
    tables = "".join(
        f'<table:table table:name="{name}"{" table:style-name=" + chr(34) + "h" + chr(34) if name in hidden else ""}>'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text", "style")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def _ods_cell(value: Any) -> str:
    plain = value[0] if isinstance(value, tuple) else value
    kind, attribute = _ods_value(plain)
    if plain is None:
        return "<table:table-cell/>"
    text = str(plain).replace("&", "&amp;").replace("<", "&lt;")
    return f'<table:table-cell office:value-type="{kind}"{attribute}><text:p>{text}</text:p></table:table-cell>'


def _ods_value(value: Any) -> tuple[str, str]:
    match value:
        case bool():
            return "boolean", f' office:boolean-value="{str(value).lower()}"'
        case int() | float():
            return "float", f' office:value="{value!r}"'
        case datetime() | date():
            return "date", f' office:date-value="{value.isoformat()}"'
        case time():
            return "time", f' office:time-value="PT{value.hour}H{value.minute}M{value.second}S"'
        case _:
            return "string", ""


def zipped(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def gzipped(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


def zstandard(path: Path, text: str) -> Path:
    with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, "zstd") as stream:
        stream.write(text.encode())
    return path
