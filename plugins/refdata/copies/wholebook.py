"""Sheets that calamine reads as a whole, with what it leaves out: number formats, errors and some texts.

Calamine gives neither the format of a number nor the text of an error. So each kind of file has a scan that passes its
cells once more, row by row, and yields a ``Besides`` for each cell where that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from refdata.copies.bounds import MOST_ROWS, SAVE_OTHERWISE
from refdata.copies.cells import CellKind, CellRow, cell_text, trimmed
from refdata.core.errors import FormatError


@dataclass(frozen=True, slots=True)
class Besides:
    """What calamine leaves out of a cell: its ``text``, or else the format of its number."""

    text: str | None = None
    number_format: str = ""


BesidesRow = tuple[int, Mapping[int, Besides]]
"""The number of a row, from 0, and its cells by their column, from 0; the rows come in their order."""

_EMPTY = cell_text(None)


def completed(
    rows: Iterator[Sequence[Any]], first: int, besides: Iterator[BesidesRow], *, date_1904: bool = False
) -> Iterator[CellRow]:
    """The rows of a sheet, of which calamine gives the cells from column ``first`` on."""
    pending = next(besides, None)
    done = 0
    for values in rows:
        known: Mapping[int, Besides] = {}
        if pending is not None and pending[0] == done:
            known, pending = pending[1], next(besides, None)
        cells = [*[_EMPTY] * first, *(cell_text(value) if value != "" else _EMPTY for value in values)]
        yield _row(cells, values, first, known, date_1904) if known else trimmed(cells)
        done += 1
    while pending is not None and pending[0] < MOST_ROWS:
        yield from [()] * (pending[0] - done)
        yield _row([], (), 0, pending[1], date_1904)
        done, pending = pending[0] + 1, next(besides, None)


def _row(
    cells: list[tuple[str, CellKind]], values: Sequence[Any], first: int, known: Mapping[int, Besides], date_1904: bool
) -> CellRow:
    for column, one in known.items():
        cells += [_EMPTY] * (column + 1 - len(cells))
        at = column - first
        value = values[at] if 0 <= at < len(values) else None
        cells[column] = cell_text(one.text) if one.text is not None else _number(value, one.number_format, date_1904)
    return trimmed(cells)


def _number(value: Any, number_format: str, date_1904: bool) -> tuple[str, CellKind]:
    """A value in its format. Calamine gives some dates as numbers."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and is_date_format(number_format):
        value = dated(value, number_format, date_1904)
    elif isinstance(value, date | datetime | time | timedelta) and not is_date_format(number_format):
        raise FormatError(f"A number with the format {number_format!r} cannot be read safely", advice=SAVE_OTHERWISE)
    return cell_text(value, number_format)


def dated(value: float, number_format: str, date_1904: bool) -> Any:
    """The date that a number stands for; the number where it is too large for one."""
    try:
        epoch = MAC_EPOCH if date_1904 else WINDOWS_EPOCH
        return from_excel(value, epoch, timedelta=is_timedelta_format(number_format))
    except (OverflowError, ValueError):
        return value
