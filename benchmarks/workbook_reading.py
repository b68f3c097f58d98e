"""What refdata reads in a workbook, as texts, without a database."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workbook_contents import Rows

from refdata.copies.copy import COPIERS, Copies
from refdata.copyreader import CopyReader
from refdata.core.errors import FormatError
from refdata.core.statedformat import StatedFormat
from refdata.readers import reader_of


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows with their header, or the refusal; the warnings of the load, and what a person would be asked."""

    rows: tuple[tuple[str, ...], ...] = ()
    refused: str = ""
    notes: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what reading it must give; see ``Content``."""

    name: str
    writer: str
    path: Path
    rows: Rows = ()
    refused: str = ""
    note: str = ""
    doubt: bool = False
    table: str = ""

    def fault(self, reading: Reading) -> str:
        """What is wrong with a reading; ``""`` where it is as it must be."""
        if self.refused or reading.refused:
            as_must = bool(self.refused) and self.refused in reading.refused
            return (
                "" if as_must else f"refused: {reading.refused[:150]}" if reading.refused else f"loaded: {reading.rows}"
            )
        if self.doubt or reading.doubt:
            return "" if self.doubt == bool(reading.doubt) else f"doubt: {reading.doubt!r}"
        if self.note and self.note not in reading.notes:
            return f"notes: {reading.notes!r}"
        return "" if reading.rows == tuple(map(tuple, self.rows)) else f"rows: {reading.rows}"


def read(path: Path, table: str = "", sheet: str = "") -> Reading:
    """Reads a workbook as a load of a table would, up to the texts of its rows. Empty rows are left out."""
    try:
        reader = reader_of(path)
        fmt = reader.detect(
            path, code_page="cp1252", min_confidence=0.2, stated=StatedFormat(table=table, sheet_name=sheet)
        )
        doubt = fmt.doubt.what if fmt.doubt else ""
        return Reading(_rows(path, reader, fmt.part, fmt.preamble_lines), "", " ".join(fmt.notes), doubt)
    except FormatError as error:
        return Reading(refused=f"{error} {error.advice}")


def _rows(path: Path, reader: object, part: str, preamble: int) -> tuple[tuple[str, ...], ...]:
    plain = path
    if isinstance(reader, CopyReader):
        copies = Copies()
        copy = copies.of(path, part, COPIERS[reader.kind])
        plain = copy.path
    with plain.open(encoding="utf-8", newline="") as file:
        for _ in range(preamble):
            next(file)
        return tuple(tuple(row) for row in csv.reader(file) if any(row))


def sheet_texts(path: Path, sheet: str) -> list[list[str]]:
    """All cells of one sheet as they are copied, with the empty rows.

    :raises FormatError: when it is refused.
    """
    copy = Copies().of(path, sheet, COPIERS["sheet"])
    with copy.path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
