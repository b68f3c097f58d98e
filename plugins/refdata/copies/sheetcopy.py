"""Writes the rows of a sheet as plain CSV: UTF-8, commas, one width, a line for each row of the sheet."""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from refdata.copies.bounds import MOST_COLUMNS
from refdata.copies.cells import CellKind, CellRow
from refdata.copies.spool import Spool
from refdata.core.errors import FormatError
from refdata.sealing import open_local

_WRITTEN_AT_ONCE = 1000


@dataclass(slots=True)
class Lines:
    """Which row of the sheet each physical line of the copy belongs to. Only rows of several lines are noted."""

    ends: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)

    def add(self, line: int, breaks: int) -> None:
        """Notes a row that begins at a line (from 1) and contains that many line breaks."""
        self.ends.append(line + breaks)
        self.extra.append((self.extra[-1] if self.extra else 0) + breaks)

    def row(self, line: int) -> int:
        """The row, from 1, of a line at which a row begins.

        >>> lines = Lines()
        >>> lines.add(2, 1)
        >>> [lines.row(line) for line in (1, 2, 4, 5)]
        [1, 2, 3, 4]
        """
        at = bisect_right(self.ends, line - 1)
        return line - (self.extra[at - 1] if at else 0)


@dataclass(slots=True)
class _Shape:
    """The columns with cells, from ``first`` (from 0), those with typed cells and with percentages; ``rows`` counts
    up to the last filled one."""

    first: int = MOST_COLUMNS
    width: int = 0
    rows: int = 0
    typed: set[int] = field(default_factory=set)
    percent: set[int] = field(default_factory=set)

    def add(self, number: int, row: CellRow) -> None:
        """Takes a row into account, by its number from 1."""
        filled = [at for at, (_, kind) in enumerate(row) if kind is not CellKind.EMPTY]
        if filled:
            self.rows = number
            self.first, self.width = min(self.first, filled[0]), max(self.width, filled[-1] + 1)
            self.typed.update(at for at in filled if row[at][1] is CellKind.TYPED)
            self.percent.update(at for at in filled if row[at][1] is CellKind.PERCENT)


@dataclass(frozen=True, slots=True)
class _SheetCopy:
    """The rows of the copy's lines; the columns (from 0, of the copy) with values of typed cells, of which ``percent``
    are shown as percentages."""

    lines: Lines
    typed: tuple[int, ...]
    percent: tuple[int, ...]


def copy_sheet(rows: Iterable[CellRow], spool: Spool) -> _SheetCopy:
    """Writes all rows up to the last one with a value, without the empty columns on the left and right.

    :raises FormatError: the sheet is empty, or the copy is too large.
    """
    raw = Spool.beside(spool.path, spool.limit)
    try:
        shape = _write(rows, raw)
        if not shape.rows:
            raise FormatError("The sheet is empty", advice="Drop a file with a header and rows.")
        lines = _write_even(raw, spool, shape)
    finally:
        raw.close()
    percent = shape.percent - shape.typed
    typed, shares = (tuple(sorted(at - shape.first for at in some)) for some in (shape.typed | shape.percent, percent))
    return _SheetCopy(lines, typed, shares)


def _write(rows: Iterable[CellRow], raw: Spool) -> _Shape:
    """Writes the rows as they come: how wide the table is shows only at the end."""
    shape = _Shape()

    def texts() -> Iterator[list[str]]:
        for number, row in enumerate(rows, start=1):
            shape.add(number, row)
            yield [text for text, _ in row]

    _write_rows(texts(), raw)
    return shape


def _write_even(raw: Spool, spool: Spool, shape: _Shape) -> Lines:
    lines = Lines()

    def even() -> Iterator[list[str]]:
        line = 1
        with io.TextIOWrapper(open_local(raw.path), encoding="utf-8", newline="") as file:
            for row in islice(csv.reader(file), shape.rows):
                cells = row[shape.first : shape.width]
                breaks = sum(map(_breaks, cells))
                if breaks:
                    lines.add(line, breaks)
                line += 1 + breaks
                yield cells + [""] * (shape.width - shape.first - len(cells)) if cells else []

    _write_rows(even(), spool)
    return lines


def _breaks(cell: str) -> int:
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


def _write_rows(rows: Iterator[list[str]], spool: Spool) -> None:
    while some := list(islice(rows, _WRITTEN_AT_ONCE)):
        text = io.StringIO(newline="")
        # Only texts with a character of the line's end are quoted, and a carriage return needs that too.
        csv.writer(text, lineterminator="\r\n").writerows(some)
        spool.write(text.getvalue().encode("utf-8", "replace"))
    spool.done()
