"""Dates and times of a whole column at once, in any order of day, month and year.

Accepted: ``Y-M-D`` with four-digit years and any of ``- / .``, day and month first as well, then optionally
a space or ``T`` and ``H:M``, ``H:M:S`` or ``H:M:S.f`` with one to seven digits. With ``-`` in year order
everything is padded, as ISO 8601 writes it; elsewhere one digit is enough. Zones, two-digit years, month
names and AM/PM are left to ``moments``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from refdata.csvformat.values import Grid, Ints, Mask, Values

if TYPE_CHECKING:
    from refdata.core.filemodel import Notation

MAX_FRACTION = 7
"""Digits behind the second: https://learn.microsoft.com/sql/t-sql/data-types/datetime2-transact-sql"""

_DATE_MARKS = 2
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class _ParsedMoments:
    """Values of one form: ``rows`` index the values, ``days`` since 1970, ``seconds`` of the day, ``fraction``
    in units of 1e-7 s with at most ``digits`` digits. ``timed`` says whether a time was written."""

    rows: Ints
    days: Ints
    seconds: Ints
    fraction: Ints
    digits: int
    timed: bool


def parse_moments(values: Values, order: str, separator: str) -> list[_ParsedMoments] | None:
    """Every value as a date, with or without a time; None where one is not of that form."""
    readings = []
    for grid in values.grids():
        parsed = _moment(values, grid, order, separator)
        if parsed is None:
            return None
        readings.append(parsed)
    return readings


def parse_times(values: Values) -> list[_ParsedMoments] | None:
    """Every value as a time of day, hours padded; None where one is not."""
    readings = []
    for grid in values.grids():
        parsed = _clock(values, grid, 0, values.starts[grid.rows], padded=True)
        if parsed is None:
            return None
        readings.append(parsed)
    return readings


def date_days(values: Values, notation: Notation) -> Ints:
    """Days since 1970-01-01.

    :raises pyarrow.ArrowInvalid: a value is not a date in that notation.
    """
    days = np.zeros(len(values), np.int64)
    for part in _parsed(values, notation):
        if part.timed:
            raise pa.ArrowInvalid("a date with a time where a date is expected")
        days[part.rows] = part.days
    return days


def timestamps(values: Values, notation: Notation, unit: str) -> Ints:
    """Moments since 1970-01-01 in ``us`` or ``ns``.

    :raises pyarrow.ArrowInvalid: a value is not a date in that notation.
    """
    per_second = {"us": 10**6, "ns": 10**9}[unit]
    moments = np.zeros(len(values), np.int64)
    for part in _parsed(values, notation):
        whole = (part.days * _DAY_SECONDS + part.seconds) * per_second
        moments[part.rows] = whole + part.fraction * per_second // 10**MAX_FRACTION
    return moments


def _parsed(values: Values, notation: Notation) -> Iterator[_ParsedMoments]:
    parts = parse_moments(values, notation.date_order, notation.date_separator)
    if parts is None:
        raise pa.ArrowInvalid("a value is not a date in the column's notation")
    yield from parts


def _moment(values: Values, grid: Grid, order: str, separator: str) -> _ParsedMoments | None:
    count = grid.marks.shape[1]
    if count < _DATE_MARKS or not (grid.marks[:, :_DATE_MARKS] == ord(separator)).all():
        return None
    strict = order == "ymd" and separator == "-"
    ends = values.ends[grid.rows] if count == _DATE_MARKS else grid.at[:, _DATE_MARKS]
    days = _days(values, grid, ends, order, padded=strict)
    if days is None:
        return None
    zero = np.zeros(days.size, np.int64)
    if count == _DATE_MARKS:
        return _ParsedMoments(grid.rows, days, zero, zero, 0, timed=False)
    if not np.isin(grid.marks[:, _DATE_MARKS], (ord(" "), ord("T"))).all():
        return None
    clock = _clock(values, grid, _DATE_MARKS + 1, ends + 1, padded=strict)
    return clock and _ParsedMoments(grid.rows, days, clock.seconds, clock.fraction, clock.digits, timed=True)


def _days(values: Values, grid: Grid, ends: Ints, order: str, *, padded: bool) -> Ints | None:
    stops = np.stack([grid.at[:, 0], grid.at[:, 1], ends])
    widths = stops - np.stack([values.starts[grid.rows], grid.at[:, 0] + 1, grid.at[:, 1] + 1])
    place = {letter: order.index(letter) for letter in "ymd"}
    small = widths[[place["m"], place["d"]]]
    if not ((widths[place["y"]] == 4).all() and (small <= 2).all() and (small >= (2 if padded else 1)).all()):
        return None
    year = _number(values, stops[place["y"]], 4)
    month = _short_number(values, stops[place["m"]], widths[place["m"]])
    day = _short_number(values, stops[place["d"]], widths[place["d"]])
    return _calendar(year, month, day)


def _calendar(year: Ints, month: Ints, day: Ints) -> Ints | None:
    """Days since 1970, None where a date does not exist (the proleptic Gregorian calendar from year 1)."""
    if not ((year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)).all():
        return None
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[D]").astype(np.int64)
    days: Ints = first + day - 1
    return days if (days < following).all() else None


def _clock(values: Values, grid: Grid, mark: int, starts: Ints, *, padded: bool) -> _ParsedMoments | None:
    """The time that starts at ``starts`` and whose marks begin with column ``mark``."""
    marks, at, ends = grid.marks[:, mark:], grid.at[:, mark:], values.ends[grid.rows]
    count = marks.shape[1]
    if count not in (1, 2, 3) or not _clock_marks(marks, count):
        return None
    stops = np.column_stack([at, ends])
    widths = stops - np.column_stack([starts, at + 1])
    if not _clock_widths(widths, padded=padded):
        return None
    seconds = _seconds(values, stops, widths)
    if seconds is None:
        return None
    fraction, digits = np.zeros(seconds.size, np.int64), 0
    if count == 3:
        fraction, digits = _fraction(values, stops[:, 3], widths[:, 3]), int(widths[:, 3].max())
    return _ParsedMoments(grid.rows, fraction * 0, seconds, fraction, digits, timed=True)


def _clock_marks(marks: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], count: int) -> bool:
    return bool((marks[:, : min(count, 2)] == ord(":")).all() and (marks[:, 2:] == ord(".")).all())


def _clock_widths(widths: Ints, *, padded: bool) -> bool:
    hours, rest, fractions = widths[:, 0], widths[:, 1:3], widths[:, 3:]
    return bool(
        (hours <= 2).all()
        and (hours >= (2 if padded else 1)).all()
        and (rest == 2).all()
        and (fractions >= 1).all()
        and (fractions <= MAX_FRACTION).all()
    )


def _seconds(values: Values, stops: Ints, widths: Ints) -> Ints | None:
    hours = _short_number(values, stops[:, 0], widths[:, 0])
    minutes = _number(values, stops[:, 1], 2)
    seconds = _number(values, stops[:, 2], 2) if stops.shape[1] > 2 else hours * 0
    valid: Mask = (hours < 24) & (minutes < 60) & (seconds < 60)
    return hours * 3600 + minutes * 60 + seconds if valid.all() else None


def _fraction(values: Values, stops: Ints, widths: Ints) -> Ints:
    total = np.zeros(stops.size, np.int64)
    starts = stops - widths
    for place in range(MAX_FRACTION):
        inside = place < widths
        digit = values.data[np.where(inside, starts + place, starts)].astype(np.int64) - 48
        total = total * 10 + np.where(inside, digit, 0)
    return total


def _number(values: Values, stops: Ints, digits: int) -> Ints:
    total = np.zeros(stops.size, np.int64)
    for place in range(digits, 0, -1):
        total = total * 10 + (values.data[stops - place].astype(np.int64) - 48)
    return total


def _short_number(values: Values, stops: Ints, widths: Ints) -> Ints:
    """A number of one or two digits."""
    tens = np.where(widths == 2, values.data[np.maximum(stops - 2, 0)].astype(np.int64) - 48, 0)
    return tens * 10 + (values.data[stops - 1].astype(np.int64) - 48)
