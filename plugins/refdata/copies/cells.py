"""The text of a cell, as a CSV file would have it, whatever the spreadsheet shows. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

_ZEROS = re.compile(r"0{2,}")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


class CellKind(Enum):
    """What a cell contains, as far as it matters for reading the copy."""

    EMPTY = "empty"
    TEXT = "text"
    TYPED = "typed"
    """A number, a date, a time or a boolean: written in one way, whatever the table's notation is."""
    PERCENT = "percent"
    """A number that is shown, and written, as a percentage."""


CellRow = Sequence[tuple[str, CellKind]]
"""The texts and kinds of a row's cells, from the first column on, up to the last one that is not empty."""


def cell_text(value: Any, number_format: str = "") -> tuple[str, CellKind]:
    """The text and the kind of a cell's value.

    A number whose format is zeros only (``00000``) keeps them, and one shown as a percentage its sign, because both
    are what a person sees, and what a spreadsheet writes into CSV.

    :param number_format: the format code of the cell, ``""`` if unknown.

    >>> cell_text(123.0, "00000"), cell_text(0.055, "0.0%"), cell_text(1.0)
    (('00123', <CellKind.TEXT: 'text'>), ('5.5%', <CellKind.PERCENT: 'percent'>), ('1', <CellKind.TYPED: 'typed'>))
    >>> cell_text(datetime(2024, 5, 1), "dd/mm/yyyy"), cell_text("05")
    (('2024-05-01', <CellKind.TYPED: 'typed'>), ('05', <CellKind.TEXT: 'text'>))
    """
    if value is None or value == "":
        return "", CellKind.EMPTY
    if isinstance(value, str):
        return value, CellKind.TEXT
    if isinstance(value, bool):
        return str(value).lower(), CellKind.TYPED
    if isinstance(value, int | float):
        return _number(value, number_format)
    return _moment(value, number_format), CellKind.TYPED


def trimmed(cells: list[tuple[str, CellKind]]) -> CellRow:
    """A row without the empty cells at its end.

    >>> trimmed([cell_text("a"), cell_text(None)])
    [('a', <CellKind.TEXT: 'text'>)]
    """
    while cells and cells[-1][1] is CellKind.EMPTY:
        cells.pop()
    return cells


def _is_padded(number_format: str) -> bool:
    """Whether a format shows zeros that the number does not have: ``00000``."""
    return bool(_ZEROS.fullmatch(number_format.split(";")[0]))


def _number(value: float, number_format: str) -> tuple[str, CellKind]:
    if _is_padded(number_format) and value >= 0 and value == int(value):
        shown = str(int(value)).zfill(len(number_format.split(";")[0]))
        return shown, CellKind.TEXT
    if "%" in _QUOTED.sub("", number_format):
        return f"{_plain(Decimal(repr(value)) * 100)}%", CellKind.PERCENT
    return _plain(Decimal(repr(value))), CellKind.TYPED


def _plain(number: Decimal) -> str:
    """Without an exponent, unless it would need more than 30 digits, and without zeros at the end of a fraction."""
    if number == number.to_integral_value():
        whole = number.to_integral_value() or Decimal()  # without the sign of a negative zero
        return f"{whole:f}" if abs(whole.adjusted()) < 30 else f"{number.normalize()}"
    number = number.normalize()
    return f"{number:f}" if number.adjusted() > -30 else str(number)


def _moment(value: Any, number_format: str) -> str:
    if isinstance(value, datetime):
        codes = _QUOTED.sub("", number_format).lower()
        midnight = value.time() == time()
        as_date = midnight and not ("h" in codes or "s" in codes)
        return value.date().isoformat() if as_date else value.isoformat(" ")
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _duration(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    seconds, thousandths = divmod(round(value / timedelta(milliseconds=1)), 1000)
    parts = f".{thousandths:03}" if thousandths else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{parts}"
