"""Sheets that calamine reads as a whole, with what it leaves out: number formats, errors and some texts.

Calamine gives neither the format of a number nor the text of an error. So each kind of file has a scan that passes its
cells once more, row by row, and yields a ``Besides`` for each cell where that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refdata.copies.bounds import MOST_ROWS
from refdata.copies.cells import CellKind, CellRow, cell_text, trimmed


@dataclass(frozen=True, slots=True)
class Besides:
    """What calamine leaves out of a cell: its ``text``, or the date that it stands for, or the format of its number."""

    text: str | None = None
    moment: Any = None
    number_format: str = ""


BesidesRow = tuple[int, Mapping[int, Besides]]
"""The number of a row, from 0, and its cells by their column, from 0; the rows come in their order."""

_EMPTY = cell_text(None)


def completed(rows: Iterator[Sequence[Any]], first: int, besides: Iterator[BesidesRow]) -> Iterator[CellRow]:
    """The rows of a sheet, of which calamine gives the cells from column ``first`` on."""
    pending = next(besides, None)
    done = 0
    for values in rows:
        known: Mapping[int, Besides] = {}
        if pending is not None and pending[0] == done:
            known, pending = pending[1], next(besides, None)
        cells = [*[_EMPTY] * first, *(cell_text(value) if value != "" else _EMPTY for value in values)]
        yield _row(cells, values, first, known) if known else trimmed(cells)
        done += 1
    while pending is not None and pending[0] < MOST_ROWS:
        yield from [()] * (pending[0] - done)
        yield _row([], (), 0, pending[1])
        done, pending = pending[0] + 1, next(besides, None)


def _row(cells: list[tuple[str, CellKind]], values: Sequence[Any], first: int, known: Mapping[int, Besides]) -> CellRow:
    for column, one in known.items():
        cells += [_EMPTY] * (column + 1 - len(cells))
        at = column - first
        value = one.moment if one.moment is not None else values[at] if 0 <= at < len(values) else None
        cells[column] = cell_text(one.text if one.text is not None else value, one.number_format)
    return trimmed(cells)
