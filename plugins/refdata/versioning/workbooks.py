"""Writes rows into an Excel workbook as they come: one sheet, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from refdata.core.errors import DataError
from refdata.core.sheetwriting import SheetForm, SheetValue

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_576
"""Rows of a sheet: https://support.microsoft.com/office/excel-specifications-and-limits."""
MOST_TEXT = 32_767
"""Characters of a cell, from the same page."""

_MOST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")

Cells = Sequence[SheetValue]


def write_sheet(target: BinaryIO, name: str, form: SheetForm, batches: Iterable[Iterable[Cells]]) -> int:
    """Writes a workbook with one sheet: the header frozen, with a filter; returns the number of rows.

    :param name: what the rows are; the sheet gets it as far as Excel allows.
    :raises DataError: when a sheet cannot hold so many rows, or a cell so long a text.
    """
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(sheet_name(name))
        top = _head(sheet, form, book.add_format({"bold": True, "num_format": "@"}))
        formats = [book.add_format({"num_format": one.number_format}) for one in form.columns]
        line = top
        for batch in batches:
            for cells in batch:
                if line >= MOST_ROWS:
                    raise _too_many(name)
                _write_row(sheet, line, cells, formats, name)
                line += 1
        if top and form.columns:
            sheet.autofilter(0, 0, max(line - 1, top), len(form.columns) - 1)
    return line - top


def sheet_name(name: str) -> str:
    """The name of a sheet: at most 31 characters, and none that Excel refuses.

    >>> sheet_name("a/b"), sheet_name("'history'"), len(sheet_name("x" * 40))
    ('a_b', 'history_', 31)
    """
    plain = _NOT_IN_NAMES.sub("_", name)[:_MOST_NAME].strip("'") or "Sheet"
    return f"{plain[: _MOST_NAME - 1]}_" if plain.casefold() == "history" else plain


def _head(sheet: Worksheet, form: SheetForm, bold: Format) -> int:
    """Widths and header; returns the first line of the rows."""
    for at, column in enumerate(form.columns):
        sheet.set_column(at, at, column.width)
    if not form.has_header:
        return 0
    for at, column in enumerate(form.columns):
        sheet.write_string(0, at, column.header, bold)
    sheet.freeze_panes(1, 0)
    return 1


def _write_row(sheet: Worksheet, line: int, cells: Cells, formats: Sequence[Format], name: str) -> None:
    for at, value in enumerate(cells):
        if value is None:
            continue
        if isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * MOST_TEXT:
            raise _too_long(name, line)
        _writer_of(sheet, value)(line, at, value, formats[at])


def _writer_of(sheet: Worksheet, value: SheetValue) -> Callable[..., Any]:
    write: Callable[..., Any]
    if isinstance(value, str):
        write = partial(_write_plain, sheet) if _looks_rich(value) else sheet.write_string
    elif isinstance(value, bool):
        write = sheet.write_boolean
    else:
        write = sheet.write_datetime if isinstance(value, date | time) else sheet.write_number
    return write


def _looks_rich(text: str) -> bool:
    """Whether XlsxWriter would take a text for its own markup, and write it as it is (3.3, ``_write_cell``)."""
    return text.startswith("<r>") and text.endswith("</r>")


def _write_plain(sheet: Worksheet, line: int, at: int, text: str, form: Format) -> None:
    """In pieces, which XlsxWriter escapes one by one."""
    sheet.write_rich_string(line, at, text[:1], text[1:2], text[2:], form)


def _too_many(name: str) -> DataError:
    return DataError(
        f"{name} has more rows than the {MOST_ROWS:,} that an Excel sheet can hold",
        where=name,
        advice="Download it as CSV.",
    )


def _too_long(name: str, line: int) -> DataError:
    return DataError(
        f"Row {line:,} of {name} has a text of more than the {MOST_TEXT:,} characters that an Excel cell can hold",
        where=name,
        advice="Download it as CSV.",
    )
