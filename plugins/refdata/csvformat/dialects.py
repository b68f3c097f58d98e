"""A dialect, and the rows that a text has under it, as Python's csv module reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from refdata.csvformat.lines import physical_lines

if TYPE_CHECKING:
    from refdata.core.filemodel import Format

DELIMITERS = (",", ";", "\t", "|")
"""The known delimiters, the most common first."""

NO_DELIMITER = "\x1f"
"""Stands for 'one column': the ASCII unit separator, which does not occur in such text files."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a line are separated; ``""`` means that there is no such character."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skip_initial_space: bool = False

    @classmethod
    def of(cls, fmt: Format) -> Dialect:
        """The dialect in which a file's blocks of rows are written."""
        return cls(fmt.delimiter, fmt.quote, fmt.escape, fmt.skip_initial_space)

    def csv_arguments(self) -> dict[str, Any]:
        """The keyword arguments that make ``csv.reader`` read this dialect."""
        quoting: dict[str, Any] = {"quoting": csv.QUOTE_NONE}
        if self.quote:
            quoting = {"quotechar": self.quote, "doublequote": True}
        return quoting | {
            "delimiter": self.delimiter,
            "escapechar": self.escape or None,
            "skipinitialspace": self.skip_initial_space,
        }


@dataclass(frozen=True, slots=True)
class TextRow:
    """One record: its first physical line (from 0), the line after its last, and its fields."""

    first: int
    last: int
    cells: list[str]

    @property
    def filled(self) -> int:
        """The number of cells that hold more than blanks."""
        return sum(1 for cell in self.cells if cell and not cell.isspace())

    @property
    def blank(self) -> bool:
        """Whether the line was empty."""
        return not self.cells or (len(self.cells) == 1 and not self.cells[0].strip())


class _Lines(Iterator[str]):
    """Physical lines for ``csv.reader``, without comment lines between two records, and counted."""

    def __init__(self, lines: Iterable[str], comment: str) -> None:
        self._lines = iter(lines)
        self._comment = comment
        self.count = 0
        self.between_records = True
        self.first = 0

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        while self.between_records and self._comment and line.startswith(self._comment):
            line = next(self._lines)
            self.count += 1
        if self.between_records:
            self.first, self.between_records = self.count - 1, False
        return line


def read_rows(lines: Iterable[str], dialect: Dialect, *, comment: str = "", limit: int = 1 << 30) -> list[TextRow]:
    """At most ``limit`` rows of physical lines; reading stops where the csv module refuses to go on."""
    return list(_rows(_Lines(lines, comment), dialect, limit))


def rows_of(text: str, dialect: Dialect) -> list[TextRow]:
    """The rows of a text."""
    return read_rows(physical_lines(text), dialect)


def _rows(lines: _Lines, dialect: Dialect, limit: int) -> Iterator[TextRow]:
    reader = csv.reader(lines, **dialect.csv_arguments())
    for _ in range(limit):
        try:
            cells = next(reader)
        except (StopIteration, csv.Error):
            return
        yield TextRow(lines.first, lines.count, cells)
        lines.between_records = True
