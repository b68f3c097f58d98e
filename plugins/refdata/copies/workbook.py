"""The sheets of a workbook and their cells: ``.xlsx`` row by row by openpyxl, ``.xlsb`` and ``.ods`` by calamine."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

from refdata.copies.binarybook import BinaryBook
from refdata.copies.bounds import SAVE, refuse_uncalculated, workbook_damage
from refdata.copies.cells import CellRow
from refdata.copies.opendocument import table_besides, table_facts
from refdata.copies.openxml import open_xml
from refdata.copies.parts import Part
from refdata.copies.wholebook import BesidesRow, completed
from refdata.core.errors import FormatError
from refdata.sealing import open_local

_BINARY, _OPEN_DOCUMENT, _OPEN_XML = "xlsb", "ods", "xlsx"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All rows of a sheet. ``notes`` for the ledger are complete when the rows are read."""

    rows: Iterator[CellRow]
    notes: list[str] = field(default_factory=list)


def sheets(path: Path) -> tuple[Part, ...]:
    """The sheets with cells, in their order.

    :raises FormatError: the workbook is damaged, or too large to be read safely.
    """
    with workbook_damage():
        kind = _kind(path)
        if kind == _OPEN_XML:
            with open_xml(path) as book:
                return book.parts()
        return tuple(_parts(path, kind))


@contextlib.contextmanager
def open_sheet(path: Path, name: str) -> Iterator[_Sheet]:
    """The rows of one sheet, read while the context lasts.

    :raises FormatError: the workbook is damaged or too large, or contains formulas without a value.
    """
    with workbook_damage():
        kind = _kind(path)
        if kind == _OPEN_XML:
            with open_xml(path) as book:
                notes: list[str] = []
                yield _Sheet(book.rows(name, notes), notes)
        elif kind == _BINARY:
            binary = BinaryBook.opened(path)
            yield _whole(path, name, binary.formulas(name), binary.besides(name))
        else:
            table = table_facts(path)[name]
            refuse_uncalculated(table.uncalculated, name)
            yield _whole(path, name, table.formulas, table_besides(path, name))


def _kind(path: Path) -> str:
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
    if len(set(names)) < len(names):
        raise FormatError("The workbook has two parts of the same name", advice=SAVE)
    return _BINARY if "xl/workbook.bin" in names else _OPEN_DOCUMENT if "content.xml" in names else _OPEN_XML


def _parts(path: Path, kind: str) -> Iterator[Part]:
    binary = BinaryBook.opened(path) if kind == _BINARY else None
    # Before calamine, which would keep in memory whatever the file asks for.
    tables = {} if binary else table_facts(path)
    with open_local(path) as file:
        for number, one in enumerate(load_workbook(file).sheets_metadata, start=1):
            if one.typ is SheetTypeEnum.WorkSheet:
                empty = binary.is_empty(one.name) if binary else tables[one.name].empty
                yield Part(one.name, number, hidden=one.visible is not SheetVisibleEnum.Visible, empty=empty)


def _whole(path: Path, name: str, formulas: int, besides: Iterator[BesidesRow]) -> _Sheet:
    notes = [f"{formulas:,} cells of the sheet {name!r} contain formulas; their last calculated values were read."]
    return _Sheet(_rows(path, name, besides), notes if formulas else [])


def _rows(path: Path, name: str, besides: Iterator[BesidesRow]) -> Iterator[CellRow]:
    with open_local(path) as file:
        sheet: Any = load_workbook(file).get_sheet_by_name(name)
        start = sheet.start
        yield from completed(sheet.iter_rows() if start else iter(()), start[1] if start else 0, besides)
