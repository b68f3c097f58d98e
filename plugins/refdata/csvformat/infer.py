"""Evidence about one block of one column, by vectorised checks, the cheapest first.

Only readings that are still possible for the column are tried, so a text column costs next to nothing from its
first block on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.columnevidence import DATES, DateKey, Evidence, MomentShape
from refdata.csvformat.numbers import count_bare_powers, find_doubles, find_numbers, find_versions, plain_shape
from refdata.csvformat.powers import whole_digits
from refdata.csvformat.spreadsheet import count_errors, count_formulas, count_month_days, count_powers
from refdata.csvformat.temporal import parse_moments, parse_times
from refdata.csvformat.values import Ints, Values, as_numpy

_SAMPLE = 256
_LONGEST_READING = 1000
"""A value longer than this is text: examining each byte of millions of such values would take much memory."""
_FOUR_BYTES = 0xF0
_ISO: DateKey = ("ymd", "-")
_DATE_WIDTH = 10
_ISO_WIDTHS = np.isin(np.arange(27), (_DATE_WIDTH, 16, 19, *range(21, 27)))
"""Characters of a date, with ``HH:MM``, with seconds, with one to six digits of a second."""
_TRUE_WIDTH = 4
_FIRST_YEAR = 1
"""Of DATE and DATETIME2; Arrow knows a year 0 too."""


def gather(column: pa.StringArray, so_far: Evidence, *, powers: bool = True) -> Evidence:
    """Evidence about a block.

    :param column: text without nulls, ``''`` for no value.
    :param so_far: evidence of blocks before; readings excluded there are not tried.
    :param powers: whether ``E+`` occurs in the block at all.
    """
    values = Values.of(column)
    measures = Evidence(
        values=len(values),
        nulls=len(column) - len(values),
        longest=longest_text(values, so_far.longest),
        spreadsheet=count_powers(column) if powers else 0,
    )
    if not len(values):
        return measures
    evidence = (
        measures if so_far.is_text or values.lengths.max() > _LONGEST_READING else _fitting(values, measures, so_far)
    )
    if not evidence.is_text:
        return evidence
    return replace(
        evidence,
        month_days=count_month_days(values),
        formulas=count_formulas(values),
        errors=count_errors(values),
    )


def _fitting(values: Values, measures: Evidence, so_far: Evidence) -> Evidence:
    """``measures`` with the readings that fit; a few values decide which ones are tried on all."""
    known = so_far if so_far.values else _readings(values.take(np.arange(min(_SAMPLE, len(values)))), Evidence(), None)
    return measures if known.is_text else _readings(values, measures, known)


def longest_text(values: Values, known: int) -> int:
    """UTF-16 code units of the longest value, or ``known`` where none can be longer (bytes never are fewer)."""
    most = int(values.lengths.max(initial=0))
    if most <= known or values.data.max(initial=0) < 0x80:
        return max(most, known)
    return max(known, int(utf16_lengths(values.take(values.lengths > known).arrow()).max(initial=0)))


def utf16_lengths(column: pa.StringArray) -> Ints:
    """UTF-16 code units of each value."""
    return as_numpy(pc.utf8_length(column), np.int32) + _astral(column)


def _astral(column: pa.StringArray) -> Ints:
    """Characters of each value that take two UTF-16 code units: those of four UTF-8 bytes."""
    values = Values.of(column)
    marks = np.concatenate([[0], np.cumsum(values.data >= _FOUR_BYTES)])
    counts = np.zeros(len(column), np.int64)
    counts[values.given] = marks[values.ends] - marks[values.starts]
    return counts


def _readings(values: Values, measures: Evidence, known: Evidence | None) -> Evidence:
    """``measures`` with every reading, among those of ``known`` (None: all), that fits all ``values``."""
    shape = plain_shape(values) if known is None or known.numbers or known.double else None
    numbers = find_numbers(values, shape, None if known is None else known.numbers.keys())
    double, scientific, fractions = False, 0, False
    if known is None or known.double:
        double, scientific, fractions = find_doubles(values, plain=shape is not None)
    return replace(
        measures,
        values=len(values),
        numbers=numbers,
        dates=_dates(values, None if known is None else known.dates.keys()),
        clock=_clock(values) if known is None or known.clock is not None else None,
        double=double,
        bit=(known is None or known.bit) and _is_bit(values),
        scientific=scientific,
        fractions=fractions,
        bare_powers=count_bare_powers(values) if scientific else 0,
        wholes=whole_digits(values, shape) if double and not fractions else None,
        versions=find_versions(values, shape) if known is None or known.versions is not None else None,
    )


def _dates(values: Values, alive: Collection[DateKey] | None) -> dict[DateKey, MomentShape]:
    shapes: dict[DateKey, MomentShape] = {}
    for key in DATES:
        if alive is None or key in alive:
            shape = moment_shape(values, key)
            if shape:
                shapes[key] = shape
    return shapes


def moment_shape(values: Values, key: DateKey) -> MomentShape | None:
    """Measurements of values that are all dates of one form; None where one is not.

    Where the order cannot be doubted, the latest day is not looked for.
    """
    return _iso(values) if key == _ISO else _moments(values, key)


def _iso(values: Values) -> MomentShape | None:
    """Dates in ISO 8601, which Arrow casts many times faster than they can be taken apart here."""
    longest, shortest = int(values.lengths.max()), int(values.lengths.min())
    if shortest < _DATE_WIDTH:
        return None
    if longest >= _ISO_WIDTHS.size or not _ISO_WIDTHS[values.lengths].all():
        return _moments(values, _ISO)
    timed = longest > _DATE_WIDTH
    try:
        days = pc.cast(values.arrow(), pa.timestamp("us") if timed else pa.date32())
    except pa.ArrowInvalid:
        return None
    ends = pc.min_max(pc.cast(pc.cast(days, pa.date32()), pa.int32())).as_py()
    first, last = _year(ends["min"]), _year(ends["max"])
    return MomentShape(timed, max(longest - 20, 0), first, last) if first >= _FIRST_YEAR else None


def _moments(values: Values, key: DateKey) -> MomentShape | None:
    parts = parse_moments(values, *key)
    if not parts:
        return None
    first = min(int(part.days.min()) for part in parts)
    last = max(int(part.days.max()) for part in parts)
    timed = any(part.timed for part in parts)
    shape = MomentShape(timed, max(part.digits for part in parts), _year(first), _year(last))
    return shape if key[0] == "ymd" else replace(shape, last_day=max(last_day(part.days) for part in parts))


def last_day(days: Ints) -> int:
    """The latest day of a month among days since 1970."""
    dates = days.astype("datetime64[D]")
    return int((dates - dates.astype("datetime64[M]").astype("datetime64[D]")).max().astype(np.int64)) + 1


def _year(days: int) -> int:
    return int(np.datetime64(days, "D").astype("datetime64[Y]").astype(np.int64)) + 1970


def _clock(values: Values) -> int | None:
    parts = parse_times(values)
    return max(part.digits for part in parts) if parts else None


def _is_bit(values: Values) -> bool:
    """Arrow reads ``true`` and ``false`` in any case as booleans, and digits, which are refused here."""
    if values.lengths.min() < _TRUE_WIDTH:
        return False
    try:
        pc.cast(values.arrow(), pa.bool_())
    except pa.ArrowInvalid:
        return False
    return True
