"""The sheets of an ``.xlsx``, read row by row by openpyxl."""

from __future__ import annotations

import contextlib
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element

import pyarrow as pa
from openpyxl.cell.text import Text
from openpyxl.packaging.manifest import Manifest
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import ARC_CONTENT_TYPES, SHARED_STRINGS, SHEET_MAIN_NS, XLSM, XLSX, XLTM, XLTX
from openpyxl.xml.functions import fromstring, iterparse

from refdata.copies.bounds import (
    MOST_COLUMNS,
    MOST_ROW,
    MOST_ROWS,
    SAVE,
    refuse_over,
    refuse_trees,
    refuse_uncalculated,
)
from refdata.copies.cells import CellRow, cell_text, trimmed
from refdata.copies.parts import Part
from refdata.core.errors import FormatError
from refdata.sealing import open_local

_STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_STRICT = b"http://purl.oclc.org/ooxml/"
_RECALCULATED = re.compile(rb'<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad="(?:1|true)"')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """A text without the escapes of Open XML, which control characters have, such as those of a line break.

    >>> unescaped("a_x000D_b"), unescaped("_x005F_x000D_")
    ('a\\rb', '_x000D_')
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    # A letter beyond the first 65,536 has two escapes, for the two halves of its UTF-16 form.
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return text  # one half alone is no letter


class _SharedTexts:
    """The shared texts as Arrow keeps them, in about a third of the memory of Python's strings."""

    _AT_ONCE = 10_000

    def __init__(self, texts: Iterator[str]) -> None:
        self.pieces: list[pa.Array] = []
        while some := list(islice(texts, self._AT_ONCE)):
            self.pieces.append(pa.array(some, pa.string()))

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        piece, at = divmod(number, self._AT_ONCE)
        return str(self.pieces[piece][at])


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader of workbooks, without what is no cell and may be damaged: author, theme, fonts and fills.

    openpyxl itself keeps all styles, and removes a part of some escapes from the shared texts.
    """

    formats: Sequence[str] = ()
    """The number formats of the cells' styles."""

    sheets: Mapping[str, tuple[str, str]] = {}
    """The state and the part of each sheet with cells, by its name."""

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        part = self.package.find(_STYLES)
        if part is not None and part.PartName[1:] in self.valid_files:
            with self.archive.open(part.PartName[1:]) as source:
                self.formats = _formats(source)
        self.read_worksheets()

    def read_worksheets(self) -> None:
        # openpyxl would look for the dimensions in the whole sheet, and parse the links of each.
        self.sheets = {
            sheet.name: (sheet.state, related.target)
            for sheet, related in self.parser.find_sheets()
            if "chartsheet" not in related.Type and "dialogsheet" not in related.Type
        }

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            self.shared_strings = _SharedTexts(Text.from_tree(one).content for one in _flat(source, "sst", "si"))


def _formats(source: IO[bytes]) -> list[str]:
    """The format codes of the cells' styles, in their order."""
    codes, formats = dict(BUILTIN_FORMATS), list[str]()
    for element in _flat(source, "cellXfs", "xf", "numFmts", "numFmt"):
        if element.tag == _tag("numFmt"):
            codes[int(element.attrib["numFmtId"])] = element.attrib["formatCode"]
        else:
            formats.append(codes.get(int(element.get("numFmtId", 0)), "General"))
    return formats


def _flat(source: IO[bytes], *names: str) -> Iterator[Element]:
    """The elements of lists: pairs of a list's name and an element's. What is done leaves the tree."""
    lists = {_tag(outer): _tag(inner) for outer, inner in zip(names[::2], names[1::2], strict=True)}
    outer: Element | None = None
    for event, element in iterparse(source, ("start", "end")):
        if event == "start":
            outer = element if element.tag in lists else outer
        elif outer is not None and element.tag == lists[outer.tag]:
            yield element
            outer.clear()
        elif element is outer:
            outer = None


def _tag(name: str) -> str:
    return f"{{{SHEET_MAIN_NS}}}{name}"


class _RowParser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's reader of rows, with less memory; counts formulas, those without a value and those that are 0."""

    formulas = uncalculated = zeros = 0

    def parse_row(self, row: Element) -> tuple[int, list[dict[str, Any]]]:
        parsed: tuple[int, list[dict[str, Any]]] = super().parse_row(row)
        # The heights of all rows, which nobody asks for.
        self.row_dimensions.clear()
        return parsed

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            self.formulas += 1
            self.uncalculated += cell["value"] is None and element.get("t") != "str"
            self.zeros += cell["data_type"] == "n" and cell["value"] == 0
        if cell["data_type"] == "e" and element.get("t", "n") == "n":
            # A number that is too large for its date format, which openpyxl calls an error.
            cell |= {"data_type": "n", "value": float(element.findtext(VALUE_TAG) or 0)}
        return cell


class OpenXmlBook:
    """A workbook, open as long as its file; ``recalculated`` when it asks to be calculated before it is shown."""

    def __init__(self, file: IO[bytes]) -> None:
        """:raises FormatError: it is too large, or of the strict kind, which openpyxl does not read."""
        with zipfile.ZipFile(file) as archive:
            main = _main_part(archive)
        if _STRICT in main[:4096]:
            raise _unknown_form()
        self.recalculated = bool(_RECALCULATED.search(main))
        file.seek(0)
        reader = _Reader(file, read_only=True, data_only=True, keep_links=False)
        reader.read()
        self.reader = reader
        self.formats = reader.formats
        self.dates = {at for at, code in enumerate(self.formats) if is_date_format(code)}
        self.durations = {at for at, code in enumerate(self.formats) if is_timedelta_format(code)}

    def parts(self) -> tuple[Part, ...]:
        """The sheets with cells, in their order; a sheet with formulas is not empty."""
        return tuple(
            Part(name, number, hidden=state != "visible", empty=self._is_empty(name))
            for number, (name, (state, _)) in enumerate(self.reader.sheets.items(), start=1)
        )

    def rows(self, name: str, notes: list[str]) -> Iterator[CellRow]:
        """All rows of a sheet. After the last one ``notes`` has a sentence on formulas.

        :raises FormatError: after the last row, when formulas have no value; when rows or cells are out of order.
        """
        parser = self._parser()
        yield from self._texts(name, parser)
        notes += self._formula_notes(parser, name)

    def _is_empty(self, name: str) -> bool:
        parser = self._parser()
        return not any(row or parser.formulas for row in self._texts(name, parser))

    def _parser(self) -> _RowParser:
        return _RowParser(
            None, self.reader.shared_strings, data_only=True, epoch=self.reader.wb.epoch, date_formats=self.dates,
            timedelta_formats=self.durations,
        )  # fmt: skip

    def _texts(self, name: str, parser: _RowParser) -> Iterator[CellRow]:
        done = 0
        with self.reader.archive.open(self.reader.sheets[name][1]) as source:
            for number, cells in _parsed(source, parser):
                if not done < number <= MOST_ROWS:
                    raise _out_of_order(number)
                yield from [()] * (number - done - 1)
                yield _placed(number, cells, self.formats)
                done = number

    def _formula_notes(self, parser: _RowParser, name: str) -> list[str]:
        never = parser.uncalculated
        if self.recalculated and parser.formulas and parser.zeros == parser.formulas:
            never = parser.zeros  # programs that do not calculate write 0, and this mark
        refuse_uncalculated(never, name)
        doubtful = f" {parser.zeros:,} of them are 0 and may never have been calculated." if self.recalculated else ""
        read = (
            f"{parser.formulas:,} cells of the sheet {name!r} contain formulas; their last calculated values were read."
        )
        return [read + (doubtful if parser.zeros else "")] if parser.formulas else []


class _Bounded:
    """The XML of a sheet; ``size`` counts the bytes of the row that is being read."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.size = 0

    def read(self, size: int) -> bytes:
        """:raises FormatError: when a row has more bytes than memory should."""
        data = self.source.read(size)
        self.size += len(data)
        if self.size > MOST_ROW:
            raise FormatError(f"A row of the workbook has more than {MOST_ROW // (1 << 20)} MB", advice=SAVE)
        return data


def _parsed(source: IO[bytes], parser: _RowParser) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The cells of each row. The rows that are done leave the tree, so memory stays flat."""
    data: Element | None = None
    known = False
    bounded = _Bounded(source)
    for event, element in iterparse(bounded, ("start", "end")):
        if event == "start":
            if not known and not element.tag.startswith(_tag("")):
                raise _unknown_form()
            known = True
            data = element if element.tag == DATA_TAG else data
        elif element.tag == ROW_TAG and data is not None:
            yield parser.parse_row(element)
            data.clear()
            bounded.size = 0
        elif element.tag == DATA_TAG:
            return


def _placed(number: int, cells: list[dict[str, Any]], formats: Sequence[str]) -> CellRow:
    row: list[Any] = []
    for cell in cells:
        if not len(row) < cell["column"] <= MOST_COLUMNS or cell["row"] != number:
            raise _out_of_order(number)
        row += [cell_text(None)] * (cell["column"] - len(row) - 1)
        value = cell["value"]
        if isinstance(value, str):
            row.append(cell_text(unescaped(value)))
        else:
            style = cell["style_id"]
            row.append(cell_text(value, formats[style] if style < len(formats) else ""))
    return trimmed(row)


def _unknown_form() -> FormatError:
    return FormatError(
        "The workbook is of the kind Strict Open XML, or of an early form of Excel 2007",
        advice="Save it as Excel workbook (.xlsx), not as Strict Open XML Spreadsheet.",
    )


def _out_of_order(number: int) -> FormatError:
    return FormatError(f"The rows or cells of the workbook are out of order at row {number:,}", advice=SAVE)


def _main_part(archive: zipfile.ZipFile) -> bytes:
    """The part that lists the sheets.

    :raises FormatError: when the parts that are kept in memory are too large.
    """
    sizes = {info.filename: info.file_size for info in archive.infolist()}
    refuse_trees(sizes.get(ARC_CONTENT_TYPES, 0))
    manifest = Manifest.from_tree(fromstring(archive.read(ARC_CONTENT_TYPES)))
    kinds = {one.PartName.lstrip("/"): one.ContentType for one in manifest.Override}
    texts = {name for name, kind in kinds.items() if kind in (SHARED_STRINGS, _STYLES)}
    sheets = {name for name, kind in kinds.items() if kind.endswith("worksheet+xml")} - texts
    refuse_over(sum(sizes.get(name, 0) for name in texts))
    refuse_trees(sum(size for name, size in sizes.items() if _is_tree(name) and name not in sheets | texts))
    main = next((name for name, kind in kinds.items() if kind in (XLSX, XLSM, XLTX, XLTM)), "xl/workbook.xml")
    return archive.read(main)


def _is_tree(name: str) -> bool:
    """Whether openpyxl parses a part of this name as a whole; it reads no drawings, comments, pivot tables or links."""
    return name.endswith((".xml", ".rels")) and not re.match(
        r"xl/(?:drawings|charts|pivot\w+|comments|externalLinks)", name
    )


@contextlib.contextmanager
def open_xml(path: Path) -> Iterator[OpenXmlBook]:
    """A workbook, while the context lasts."""
    with open_local(path) as file, warnings.catch_warnings():
        # About drawings and data validation, which are no values.
        warnings.simplefilter("ignore")
        opened = OpenXmlBook(file)
        try:
            yield opened
        finally:
            opened.reader.archive.close()
