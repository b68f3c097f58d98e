"""The sheets of an ``.xlsb``: values by calamine, number formats, errors and formulas by a scan of the records.

https://learn.microsoft.com/openspecs/office_file_formats/ms-xlsb/ describes the records.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel
from openpyxl.xml.functions import iterparse

from refdata.copies.bounds import MOST_COLUMNS, MOST_ROWS, SAVE_OTHERWISE, refuse_large, refuse_wide
from refdata.copies.wholebook import Besides, BesidesRow
from refdata.core.errors import FormatError
from refdata.sealing import open_local

_ERRORS = {
    0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA",
}  # fmt: skip
_ROW, _ERROR, _FORMULA_ERROR, _RICH = 0, 3, 11, 62
_SMALL, *_NUMBERS = 2, 2, 5, 9
_FORMULAS = range(8, 12)
_CELLS = (*range(2, 12), _RICH)
_SHORT = range(13, 19)
"""Cells with a value but no column, which stand beside the one before; calamine leaves them out."""
_END_OF_ROWS, _PROPERTIES, _SHEET, _FORMAT, _STYLES, _END_OF_STYLES, _STYLE = 146, 153, 156, 44, 617, 618, 47

_CHUNK, _MOST_HEAD = 1 << 20, 6


@dataclass(slots=True)
class _Area:
    """From the first to the last cell with a value, which is what calamine keeps."""

    top: int = MOST_ROWS
    left: int = MOST_COLUMNS
    bottom: int = -1
    right: int = -1

    def add(self, row: int, column: int) -> None:
        """Takes a cell into account."""
        self.top, self.left = min(self.top, row), min(self.left, column)
        self.bottom, self.right = max(self.bottom, row), max(self.right, column)


@dataclass(slots=True)
class BinaryBook:
    """The records of a workbook; ``formats`` by the number of a cell's style, ``members`` by the name of a sheet."""

    path: Path
    date_1904: bool = False
    formats: list[str] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: Path) -> BinaryBook:
        """:raises FormatError: when it is too large."""
        refuse_large(path)
        book = cls(path)
        with open_local(path) as packed, zipfile.ZipFile(packed) as archive:
            related = _related(archive)
            for number, body in _records(archive, "xl/workbook.bin"):
                if number == _PROPERTIES:
                    book.date_1904 = bool(body[0] & 1)
                elif number == _SHEET:
                    target, after = _wide(body, 8)
                    book.members[_wide(body, after)[0]] = f"xl/{related[target]}"
            if "xl/styles.bin" in archive.namelist():
                book.formats = _formats(archive)
        return book

    def is_empty(self, name: str) -> bool:
        """Whether no cell of a sheet has a value."""
        return not any(cells for _, cells in self._cells(name))

    def formulas(self, name: str) -> int:
        """How many cells of a sheet contain a formula.

        :raises FormatError: when calamine cannot read it: it is too large for memory, or has cells of the short form.
        """
        area, formulas = _Area(), 0
        for row, cells in self._cells(name):
            for number, column, _, _ in cells:
                if number in _SHORT:
                    raise FormatError(
                        f"The sheet {name!r} has cells in the short form of .xlsb, which cannot be read",
                        advice=SAVE_OTHERWISE,
                    )
                formulas += number in _FORMULAS
                area.add(row, column)
            if cells:
                refuse_wide(area.bottom + 1 - area.top, area.right + 1 - area.left, name)
        return formulas

    def besides(self, name: str) -> Iterator[BesidesRow]:
        """The formats, errors and rich texts of a sheet's cells."""
        for row, cells in self._cells(name):
            known = {
                column: one for number, column, style, body in cells if (one := self._besides(number, style, body))
            }
            if known:
                yield row, known

    def _besides(self, number: int, style: int, body: bytes) -> Besides | None:
        if number in (_ERROR, _FORMULA_ERROR):
            return Besides(_ERRORS.get(body[8], "#ERROR!"))
        if number == _RICH:
            return Besides(_wide(body, 9)[0])
        code = self.formats[style] if number in _NUMBERS and style < len(self.formats) else ""
        if code in ("", "General"):
            return None
        # Calamine gives some dates as numbers, and those before the first day as times.
        moment = self._moment(_number(number, body), code) if is_date_format(code) else None
        return Besides(moment=moment, number_format=code)

    def _moment(self, value: float, code: str) -> Any:
        """The date that a number stands for; the number where it is too large for one."""
        try:
            epoch = MAC_EPOCH if self.date_1904 else WINDOWS_EPOCH
            return from_excel(value, epoch, timedelta=is_timedelta_format(code))
        except (OverflowError, ValueError):
            return value

    def _cells(self, name: str) -> Iterator[tuple[int, list[tuple[int, int, int, bytes]]]]:
        """Each row with its cells with a value: number of the record, column, style and body."""
        row, cells = -1, list[tuple[int, int, int, bytes]]()
        with open_local(self.path) as packed, zipfile.ZipFile(packed) as archive:
            for number, body in _records(archive, self.members[name]):
                if number in _CELLS:
                    column, style = struct.unpack_from("<II", body)
                    cells.append((number, column, style & 0xFFFFFF, body))
                elif number == _ROW:
                    yield row, cells
                    row, cells = _next_row(row, body), []
                elif number in _SHORT:
                    cells.append((number, -1, 0, b""))
                elif number == _END_OF_ROWS:
                    break
        yield row, cells


def _number(number: int, body: bytes) -> float:
    """The value of a cell with a number: eight bytes, or a part of them with two marks."""
    if number != _SMALL:
        return float(struct.unpack_from("<d", body, 8)[0])
    (packed,) = struct.unpack_from("<i", body, 8)
    value = packed >> 2 if packed & 2 else struct.unpack("<d", struct.pack("<ii", 0, packed & ~3))[0]
    return float(value / 100 if packed & 1 else value)


def _next_row(row: int, body: bytes) -> int:
    (number,) = struct.unpack_from("<I", body)
    if not row < number < MOST_ROWS:
        raise FormatError(f"The rows of the workbook are out of order at row {number + 1:,}", advice=SAVE_OTHERWISE)
    return int(number)


def _records(archive: zipfile.ZipFile, member: str) -> Iterator[tuple[int, bytes]]:
    """The numbers and bodies of the records of a part."""
    with archive.open(member) as part:
        data, at = b"", 0
        while True:
            if len(data) - at < _MOST_HEAD:
                data, at = data[at:] + part.read(_CHUNK), 0
            if not data:
                return
            number, size, at = _head(data, at)
            if len(data) - at < size:
                data, at = data[at:] + part.read(size + _CHUNK), 0
            if len(data) < size:
                raise FormatError("The workbook is not complete: a record ends early", advice=SAVE_OTHERWISE)
            yield number, data[at : at + size]
            at += size


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """The number and the length of the record at a place, and the place of its body."""
    number, at = data[at], at + 1
    if number & 128:
        number, at = number & 127 | (data[at] & 127) << 7, at + 1
    size = 0
    for shift in (0, 7, 14, 21):
        part, at = data[at], at + 1
        size |= (part & 127) << shift
        if part < 128:
            break
    return number, size, at


def _formats(archive: zipfile.ZipFile) -> list[str]:
    """The format codes of the cells' styles, in their order."""
    codes, found, within = dict(BUILTIN_FORMATS), list[str](), False
    for number, body in _records(archive, "xl/styles.bin"):
        if number == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide(body, 2)[0]
        elif number in (_STYLES, _END_OF_STYLES):
            within = number == _STYLES
        elif number == _STYLE and within:
            found.append(codes.get(struct.unpack_from("<H", body, 2)[0], ""))
    return found


def _related(archive: zipfile.ZipFile) -> dict[str, str]:
    with archive.open("xl/_rels/workbook.bin.rels") as part:
        links = [element.attrib for _, element in iterparse(part) if element.tag.endswith("Relationship")]
    return {link["Id"]: link["Target"] for link in links}


def _wide(body: bytes, at: int) -> tuple[str, int]:
    """The text at a place, and the place behind it."""
    (length,) = struct.unpack_from("<I", body, at)
    end = at + 4 + length * 2
    return body[at + 4 : end].decode("utf-16-le"), end
