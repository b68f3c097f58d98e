"""The sheets of a workbook and their cells: ``.xlsx`` row by row by openpyxl, ``.xlsb`` and ``.ods`` by calamine."""

from __future__ import annotations

import contextlib
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from refdata.copies.cells import CellKind, cell_text
from refdata.copies.parts import Part
from refdata.core.errors import FormatError, RefdataError
from refdata.sealing import open_local

MOST_WHOLE = 256 << 20
"""Bytes that the readers may keep in memory: the shared texts of an ``.xlsx``, all of an ``.xlsb`` or ``.ods``."""

CellRow = Sequence[tuple[str, CellKind]]

_SAVE = "Open it in a spreadsheet program, save it again, or save the sheet as CSV."
_FORMULA = re.compile(rb"<f[ />]")
# A formula whose result is an empty text has no value either, but its cell is of type "str".
_UNCALCULATED = re.compile(
    rb'<c\b(?![^>]*\bt="str")[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_CHUNK, _OVERLAP = 1 << 20, 4096


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All rows of a sheet, each up to its last cell that is not empty; ``notes`` for the ledger."""

    rows: Iterator[CellRow]
    notes: tuple[str, ...] = ()


def is_open_xml(path: Path) -> bool:
    """Whether a workbook is an ``.xlsx``; otherwise it is an ``.xlsb`` or ``.ods``.

    :raises FormatError: when its archive is damaged.
    """
    with _damage(), open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        return "xl/workbook.xml" in archive.namelist()


def sheets(path: Path) -> tuple[Part, ...]:
    """The sheets with cells, in their order.

    :raises FormatError: the workbook is damaged, or too large to be read safely.
    """
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    with _damage():
        if is_open_xml(path):
            return _open_xml_sheets(path)
        _refuse_large(path)
        with open_local(path) as file:
            book = load_workbook(file)
            return tuple(
                Part(
                    one.name,
                    number,
                    hidden=one.visible is not SheetVisibleEnum.Visible,
                    empty=not book.get_sheet_by_name(one.name).height,
                )
                for number, one in enumerate(book.sheets_metadata, start=1)
                if one.typ is SheetTypeEnum.WorkSheet
            )


@contextlib.contextmanager
def open_sheet(path: Path, name: str) -> Iterator[_Sheet]:
    """The rows of one sheet, read while the context lasts.

    :raises FormatError: the workbook is damaged or too large, or contains formulas without a value.
    """
    with _damage(), open_local(path) as file:
        if not is_open_xml(path):
            yield _Sheet(_calamine_rows(file, name))
            return
        with _open_xml(file) as book:
            sheet = book[name]
            yield _Sheet(_open_xml_rows(sheet), _formula_notes(path, sheet, name))


@contextlib.contextmanager
def _open_xml(file: IO[bytes]) -> Iterator[Any]:
    from openpyxl import load_workbook

    _refuse_large_texts(file)
    with warnings.catch_warnings():
        # About drawings and data validation, which are no values.
        warnings.simplefilter("ignore")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _open_xml_sheets(path: Path) -> tuple[Part, ...]:
    with open_local(path) as file, _open_xml(file) as book:
        return tuple(
            Part(sheet.title, number, hidden=sheet.sheet_state != "visible", empty=_is_empty(sheet))
            for number, sheet in enumerate(book.worksheets, start=1)
        )


def _is_empty(sheet: Any) -> bool:
    return not any(row for row in _open_xml_rows(sheet))


def _open_xml_rows(sheet: Any) -> Iterator[CellRow]:
    # The stated dimensions may be wrong, and then rows would be cut.
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        yield _trimmed([cell_text(cell.value, _format_of(cell)) for cell in row])


def _format_of(cell: Any) -> str:
    return str(cell.number_format or "") if cell.value is not None and not isinstance(cell.value, str) else ""


def _calamine_rows(file: IO[bytes], name: str) -> Iterator[CellRow]:
    from python_calamine import load_workbook

    for row in load_workbook(file).get_sheet_by_name(name).iter_rows():
        yield _trimmed([cell_text(value) for value in row])


def _trimmed(cells: list[tuple[str, CellKind]]) -> CellRow:
    while cells and cells[-1][1] is CellKind.EMPTY:
        cells.pop()
    return cells


def _formula_notes(path: Path, sheet: Any, name: str) -> tuple[str, ...]:
    """A sentence on formulas.

    :raises FormatError: when some were never calculated: their cells have no value.
    """
    # The name of the sheet's member in the archive is private, but nothing else has it.
    formulas, uncalculated = _count_formulas(path, sheet._worksheet_path)  # noqa: SLF001
    if uncalculated:
        raise FormatError(
            f"{uncalculated:,} formulas in the sheet {name!r} have no value, because no program has calculated them",
            advice="Open the workbook in a spreadsheet program and save it again.",
        )
    if not formulas:
        return ()
    return (f"{formulas:,} cells of the sheet {name!r} contain formulas; their last calculated values were read.",)


def _count_formulas(path: Path, member: str) -> tuple[int, int]:
    """How many cells contain a formula, and how many of these have no value."""
    formulas = uncalculated = 0
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive, archive.open(member) as xml:
        text = b""
        while chunk := xml.read(_CHUNK):
            text += chunk
            # Up to the end of the last whole cell, so that no formula is counted twice or missed.
            end = text.rfind(b"</c>") + 4
            if end < 4:
                text = text[-_OVERLAP:]
                continue
            formulas += len(_FORMULA.findall(text, 0, end))
            uncalculated += len(_UNCALCULATED.findall(text, 0, end))
            text = text[end:]
    return formulas, uncalculated


def _refuse_large(path: Path) -> None:
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        _refuse_over(sum(info.file_size for info in archive.infolist()))


def _refuse_large_texts(file: IO[bytes]) -> None:
    with zipfile.ZipFile(file) as archive:
        names = [info for info in archive.infolist() if "worksheets/" not in info.filename]
        _refuse_over(sum(info.file_size for info in names if info.filename.endswith(".xml")))
    file.seek(0)


def _refuse_over(size: int) -> None:
    if size > MOST_WHOLE:
        raise FormatError(
            f"The workbook is too large: {size // (1 << 20):,} MB would have to be kept in memory",
            advice="Save the sheet as CSV and drop that.",
        )


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Turns the errors of the readers, of any class, into one of the tree."""
    try:
        yield
    except (RefdataError, OSError, MemoryError):
        raise
    except Exception as error:
        raise FormatError(
            f"The workbook is damaged, encrypted or not complete ({type(error).__name__})", advice=_SAVE
        ) from error
