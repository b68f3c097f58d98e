"""Binary workbooks (.xlsb) for tests, by hand: https://learn.microsoft.com/openspecs/office_file_formats/ms-xlsb/."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.workbooks import Cells, Formula

_ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}
_EPOCH = {False: datetime.fromisoformat("1899-12-30"), True: datetime.fromisoformat("1904-01-01")}
_NO_FORMULA = struct.pack("<HII", 0, 0, 0)
_TYPES = "application/vnd.ms-excel."


def record(number: int, body: bytes = b"") -> bytes:
    """A record: its number and its length in groups of seven bits, then its body."""
    head = bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
    size, length = len(body), b""
    while size >= 128:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return head + length + bytes([size]) + body


def wide(text: str) -> bytes:
    """A text with its length in front."""
    units = text.encode("utf-16-le")
    return struct.pack("<I", len(units) // 2) + units


def row_header(row: int) -> bytes:
    """The start of a row, from 0."""
    return record(0, struct.pack("<IIHBHI", row, 0, 300, 0, 0, 0))


def sheet_of(body: bytes) -> bytes:
    """The part of a sheet with these rows."""
    return record(129) + record(148, bytes(16)) + record(145) + body + record(146) + record(130)


def as_xlsb(
    path: Path, sheets: Mapping[str, Cells], hidden: Sequence[str] = (), *, short: bool = False, date_1904: bool = False
) -> Path:
    """A workbook with the texts in its cells; ``short`` leaves out the columns of all cells but a row's first."""
    formats: list[str] = [""]
    parts = [sheet_of(b"".join(_rows(rows, formats, short, date_1904))) for rows in sheets.values()]
    return packed_xlsb(path, dict(zip(sheets, parts, strict=True)), formats, hidden, date_1904=date_1904)


def packed_xlsb(
    path: Path, parts: Mapping[str, bytes], formats: Sequence[str] = ("",), hidden: Sequence[str] = (),
    *, date_1904: bool = False,
) -> Path:  # fmt: skip
    """A workbook of finished sheets."""
    bundle = b"".join(
        record(156, struct.pack("<II", int(name in hidden), at) + wide(f"r{at}") + wide(name))
        for at, name in enumerate(parts, 1)
    )
    book = record(153, struct.pack("<III", int(date_1904), 0, 0)) + record(143) + bundle + record(144)
    related = "".join(f'<Relationship Id="r{at}" Target="worksheets/s{at}.bin"/>' for at, _ in enumerate(parts, 1))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Default ContentType="{_TYPES}sheet.binary"/></Types>')
        archive.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{related}</Relationships>")
        archive.writestr("xl/workbook.bin", record(131) + book + record(132))
        archive.writestr("xl/styles.bin", _styles(formats))
        for at, part in enumerate(parts.values(), 1):
            archive.writestr(f"xl/worksheets/s{at}.bin", part)
    return path


def _styles(formats: Sequence[str]) -> bytes:
    codes = b"".join(record(44, struct.pack("<H", 164 + at) + wide(code)) for at, code in enumerate(formats) if code)
    cells = b"".join(
        record(47, struct.pack("<HH", 0, 164 + at if code else 0) + bytes(12)) for at, code in enumerate(formats)
    )
    count = struct.pack("<I", len(formats))
    return (
        record(278) + record(615, struct.pack("<I", len(formats) - 1)) + codes + record(616)
        + record(617, count) + cells + record(618) + record(279)
    )  # fmt: skip


def _rows(rows: Cells, formats: list[str], short: bool, date_1904: bool) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield row_header(number)
        behind = False
        for column, cell in enumerate(row):
            value, shown = cell if isinstance(cell, tuple) else (cell, "")
            shown = shown or _own_format(value)
            if shown not in formats:
                formats.append(shown)
            style = struct.pack("<I", formats.index(shown))
            number_of, body = _cell(value, date_1904)
            place = b"" if short and behind else struct.pack("<I", column)
            yield record(number_of + 11 if short and behind else number_of, place + style + body)
            behind = True


def _own_format(value: Any) -> str:
    match value:
        case datetime():
            return "yyyy\\-mm\\-dd hh:mm:ss"
        case date():
            return "yyyy\\-mm\\-dd"
        case time() | timedelta():
            return "[h]:mm:ss"
    return ""


def _cell(value: Any, date_1904: bool) -> tuple[int, bytes]:
    match value:
        case None:
            return 1, b""
        case Formula():
            return _formula(value.value)
        case bool():
            return 4, bytes([value])
        case str() if value in _ERRORS:
            return 3, bytes([_ERRORS[value]])
        case str():
            return 6, wide(value)
    number = _serial(value, date_1904)
    if number == int(number) and abs(number) < 1 << 29:
        return 2, struct.pack("<i", int(number) << 2 | 2)
    return 5, struct.pack("<d", number)


def _formula(value: Any) -> tuple[int, bytes]:
    match value:
        case bool():
            return 10, bytes([value]) + _NO_FORMULA
        case str() if value in _ERRORS:
            return 11, bytes([_ERRORS[value]]) + _NO_FORMULA
        case str():
            return 8, wide(value) + _NO_FORMULA
    return 9, struct.pack("<d", value) + _NO_FORMULA


def _serial(value: Any, date_1904: bool) -> float:
    match value:
        case datetime():
            return (value - _EPOCH[date_1904]) / timedelta(days=1)
        case date():
            return (datetime.combine(value, time()) - _EPOCH[date_1904]) / timedelta(days=1)
        case time():
            return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second) / timedelta(days=1)
        case timedelta():
            return value / timedelta(days=1)
    return float(value)
