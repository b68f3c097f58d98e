"""The sheets of an ``.ods``: values by calamine; percentages, errors, durations, shown zeros and tabs by a scan.

https://docs.oasis-open.org/office/OpenDocument/v1.3/ describes the elements. Like calamine, the scan knows them by the
prefixes that all programs write.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from refdata.copies.bounds import MOST_COLUMNS, MOST_ROWS, SAVE, refuse_large, refuse_wide
from refdata.copies.cells import cell_text
from refdata.copies.wholebook import Besides, BesidesRow
from refdata.core.errors import FormatError
from refdata.sealing import open_local

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_CHUNK = 1 << 18
_CELLS = ("table:table-cell", "table:covered-table-cell")
_BREAKS = {"text:tab": "\t", "text:line-break": "\n"}
_ZEROS = re.compile(r"0\d+")
_ERROR = re.compile(r"¡?#[^\d\s]\S*|Err:\d+")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
_VALUES = ("office:value", "office:string-value", "office:date-value", "office:time-value", "office:boolean-value")


@dataclass(slots=True)
class TableFacts:
    """What a sheet contains. calamine keeps its rows from the first to the last with a value, each from column 0."""

    formulas: int = 0
    uncalculated: int = 0
    top: int = -1
    bottom: int = -1
    width: int = 0

    @property
    def empty(self) -> bool:
        """Whether no cell has a value or formula."""
        return self.bottom < 0


@dataclass(slots=True)
class _Cell:
    """The cell that is being read: its attributes, its shown text, and whether calamine leaves parts of it out."""

    attributes: Mapping[str, str]
    repeated: int
    texts: list[str] = field(default_factory=list)
    paragraphs: int = 0
    has_breaks: bool = False

    @property
    def is_empty(self) -> bool:
        kind = self.attributes.get("office:value-type", "")
        return not kind and "table:formula" not in self.attributes

    @property
    def is_uncalculated(self) -> bool:
        # An empty text is a value: it is written as an empty paragraph.
        has_value = self.paragraphs or any(name in self.attributes for name in _VALUES)
        return "table:formula" in self.attributes and not has_value

    def besides(self) -> Besides | None:
        """What calamine leaves out."""
        kind, shown = self.attributes.get("office:value-type", ""), "".join(self.texts)
        if self.attributes.get("calcext:value-type") == "error" or self._is_old_error(kind, shown):
            return Besides(shown or "#ERROR!")
        if kind == "percentage":
            return Besides(number_format="0%")
        if (
            kind == "float"
            and _ZEROS.fullmatch(shown)
            and float(shown) == float(self.attributes.get("office:value", "nan"))
        ):
            return Besides(shown)
        if kind == "time":
            return _duration(self.attributes.get("office:time-value", ""))
        return (
            Besides(shown)
            if kind == "string" and self.has_breaks and "office:string-value" not in self.attributes
            else None
        )

    def _is_old_error(self, kind: str, shown: str) -> bool:
        """As Excel and programs before LibreOffice write errors: as formulas with the value 0 or a text."""
        has_none = kind == "string" or (kind == "float" and float(self.attributes.get("office:value", 0)) == 0)
        return "table:formula" in self.attributes and has_none and bool(_ERROR.fullmatch(shown))


def _duration(value: str) -> Besides | None:
    found = _DURATION.fullmatch(value)
    if not found:
        return Besides(value) if value else None
    sign, days, hours, minutes, seconds = found.groups()
    length = timedelta(
        int(days or 0), float((seconds or "0").replace(",", ".")), 0, 0, int(minutes or 0), int(hours or 0)
    )
    return None if not sign and length < timedelta(days=1) else Besides(cell_text(-length if sign else length)[0])


class _Scan:
    """Passes the elements of ``content.xml``. ``rows`` collects those of the table ``wanted``, as number, cells and
    how often they are repeated."""

    def __init__(self, wanted: str = "") -> None:
        self.wanted = wanted
        self.tables: dict[str, TableFacts] = {}
        self.rows: list[tuple[int, dict[int, Besides], int]] = []
        self.facts: TableFacts | None = None
        self.name = ""
        self.row = self.column = self.repeated = self.notes = 0
        self.cells: dict[int, Besides] = {}
        self.cell: _Cell | None = None
        self.filled = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse_doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self._start_within(tag, attributes)
        elif tag in _CELLS:
            self.cell = _Cell(attributes, int(attributes.get("table:number-columns-repeated", 1)))
        elif tag == "table:table-row":
            self.repeated = int(attributes.get("table:number-rows-repeated", 1))
            self.column, self.cells, self.filled = 0, {}, False
        elif tag == "table:table" and "table:name" in attributes:
            self.name, self.row = attributes["table:name"], 0
            self.facts = self.tables.setdefault(self.name, TableFacts())

    def _start_within(self, tag: str, attributes: dict[str, str]) -> None:
        cell = self.cell
        if cell is None or tag == "office:annotation" or self.notes:
            self.notes += tag == "office:annotation"
        elif tag == "text:p":
            cell.texts += ["\n"] if cell.paragraphs else []
            cell.paragraphs += 1
        elif tag == "text:s":
            cell.texts.append(" " * min(int(attributes.get("text:c", 1)), 1 << 15))
        elif tag in _BREAKS:
            cell.texts.append(_BREAKS[tag])
            cell.has_breaks = True

    def _text(self, text: str) -> None:
        if self.cell is not None and self.cell.paragraphs and not self.notes:
            self.cell.texts.append(text)

    def _end(self, tag: str) -> None:
        if tag == "office:annotation":
            self.notes -= 1
        elif tag in _CELLS and self.cell is not None:
            self._end_cell(self.cell)
            self.cell = None
        elif tag == "table:table-row" and self.facts is not None:
            self._end_row(self.facts)
        elif tag == "table:table":
            self.facts = None

    def _end_cell(self, cell: _Cell) -> None:
        facts = self.facts
        if facts is not None and not cell.is_empty:
            self.filled = True
            facts.width = max(facts.width, self.column + cell.repeated)
            facts.formulas += cell.repeated * self.repeated * ("table:formula" in cell.attributes)
            facts.uncalculated += cell.repeated * self.repeated * cell.is_uncalculated
            if self.name == self.wanted and (besides := cell.besides()):
                _refuse_beyond(self.row + self.repeated, self.column + cell.repeated)
                self.cells |= dict.fromkeys(range(self.column, self.column + cell.repeated), besides)
        self.column += cell.repeated

    def _end_row(self, facts: TableFacts) -> None:
        if self.filled:
            facts.top = self.row if facts.empty else facts.top
            facts.bottom = self.row + self.repeated - 1
            _refuse_beyond(facts.bottom + 1, facts.width)
            # All tables are in memory at once, and calamine fills each up to its widest row.
            refuse_wide(sum(one.bottom + 1 - one.top for one in self.tables.values() if not one.empty),
                        max(one.width for one in self.tables.values()), self.name)  # fmt: skip
            if self.cells:
                self.rows.append((self.row, self.cells, self.repeated))
        self.row += self.repeated


def _refuse_beyond(rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise FormatError(f"The sheet has {rows:,} rows and {columns:,} columns, more than a spreadsheet", advice=SAVE)


def _refuse_doctype(*_: object) -> NoReturn:
    raise FormatError("The workbook declares a document type, which no spreadsheet program does", advice=SAVE)


def _scanned(path: Path, scan: _Scan) -> Iterator[None]:
    """Reads ``content.xml`` in pieces."""
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive, archive.open(_CONTENT) as part:
        while data := part.read(_CHUNK):
            scan.parser.Parse(data)
            yield
        scan.parser.Parse(b"", True)
        yield


def table_facts(path: Path) -> dict[str, TableFacts]:
    """What each sheet of a workbook contains.

    :raises FormatError: when it is too large for memory.
    """
    refuse_large(path)
    _refuse_password(path)
    scan = _Scan()
    for _ in _scanned(path, scan):
        pass
    return scan.tables


def _refuse_password(path: Path) -> None:
    with open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        if _MANIFEST in archive.namelist() and b"encryption-data" in archive.read(_MANIFEST):
            raise FormatError("The workbook has a password", advice="Save it without a password and drop it again.")


def table_besides(path: Path, name: str) -> Iterator[BesidesRow]:
    """What calamine leaves out of a sheet's cells."""
    scan = _Scan(name)
    for _ in _scanned(path, scan):
        for row, cells, repeated in scan.rows:
            yield from ((number, cells) for number in range(row, row + repeated))
        scan.rows.clear()
