"""Evidence about one block of one column, by vectorised checks, the cheapest first.

Only readings that are still alive for the column are tried, so a text column costs next to nothing from its
first block on.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.inference import PLAIN, DateKey, Evidence, MomentShape
from refdata.csvformat.numbers import find_doubles, find_numbers
from refdata.csvformat.temporal import ORDERS, SEPARATORS, Parsed, parse_moments, parse_times
from refdata.csvformat.values import Values, as_numpy

_SAMPLE = 256
_FOUR_BYTES = 0xF0
_DATE_MARKS = set(b"-/.:T ")
_CLOCK_MARKS = set(b":.")
_COLON = ord(":")
_BIT_MARKS = set(b"trueTRUEfalsFALS")


def gather(column: pa.StringArray, so_far: Evidence) -> Evidence:
    """Evidence about a block.

    :param column: text without nulls, ``''`` for no value.
    :param so_far: evidence of blocks before; readings dead there are not tried.
    """
    values = Values.of(column)
    measures = Evidence(
        values=len(values),
        nulls=len(column) - len(values),
        longest=_longest(values, so_far.longest),
        spreadsheet=_spreadsheet_values(column, values),
    )
    if not len(values) or so_far.is_text:
        return measures
    if not so_far.values and len(values) > 2 * _SAMPLE and _readings(_first(values), measures, so_far).is_text:
        return measures
    return _readings(values, measures, so_far)


def _first(values: Values) -> Values:
    return values.take(np.arange(_SAMPLE))


def _longest(values: Values, known: int) -> int:
    """UTF-16 code units of the longest value, or ``known`` where none can be longer (bytes never are fewer)."""
    most = int(values.lengths.max(initial=0))
    if most <= known or values.data.max(initial=0) < 0x80:
        return max(most, known)
    long = values.take(values.lengths > known).arrow()
    units = as_numpy(pc.utf8_length(long), np.int32) + _astral(long)
    return max(known, int(units.max(initial=0)))


def _astral(column: pa.StringArray) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Characters of each value that take two UTF-16 code units: those of four UTF-8 bytes."""
    values = Values.of(column)
    marks = np.concatenate([[0], np.cumsum(values.data >= _FOUR_BYTES)])
    return np.asarray(marks[values.ends] - marks[values.starts], np.int64)


def _spreadsheet_values(column: pa.StringArray, values: Values) -> int:
    """How many values look like ``1.23E+11``; a spreadsheet writes so what has twelve digits and more."""
    if b"E+" not in values.data.tobytes():
        return 0
    matches = pc.match_substring_regex(column, r"^-?[0-9](\.[0-9]+)?E\+(1[1-9]|[2-9][0-9])$")
    return int(pc.sum(matches).as_py() or 0)


def _readings(values: Values, measures: Evidence, so_far: Evidence) -> Evidence:
    """``measures`` with every reading that fits all ``values``."""
    marks, fresh = set(values.marks_used), not so_far.values
    numbers = find_numbers(values, None if fresh else so_far.numbers.keys())
    double, scientific, fractions = False, 0, False
    if fresh or so_far.double:
        double, scientific, fractions = find_doubles(values, plain=PLAIN in numbers)
    return Evidence(
        values=measures.values,
        nulls=measures.nulls,
        longest=measures.longest,
        numbers=numbers,
        dates=_dates(values, so_far, fresh) if marks <= _DATE_MARKS else {},
        clock=_clock(values)
        if _COLON in marks and marks <= _CLOCK_MARKS and (fresh or so_far.clock is not None)
        else None,
        double=double,
        bit=marks <= _BIT_MARKS and (fresh or so_far.bit) and _is_bit(values),
        scientific=scientific,
        spreadsheet=measures.spreadsheet,
        fractions=fractions,
    )


def _dates(values: Values, so_far: Evidence, fresh: bool) -> dict[DateKey, MomentShape]:
    found: dict[DateKey, MomentShape] = {}
    for separator in SEPARATORS:
        if ord(separator) not in values.marks_used:
            continue
        for order in ORDERS:
            if fresh or (order, separator) in so_far.dates:
                parts = parse_moments(values, order, separator)
                if parts:
                    found[order, separator] = _shape(parts)
    return found


def _shape(parts: list[Parsed]) -> MomentShape:
    first = min(int(part.days.min()) for part in parts)
    last = max(int(part.days.max()) for part in parts)
    return MomentShape(any(part.timed for part in parts), max(part.digits for part in parts), _year(first), _year(last))


def _year(days: int) -> int:
    return int(np.datetime64(days, "D").astype("datetime64[Y]").astype(np.int64)) + 1970


def _clock(values: Values) -> int | None:
    parts = parse_times(values)
    return max(part.digits for part in parts) if parts else None


def _is_bit(values: Values) -> bool:
    matches = pc.match_substring_regex(values.arrow(), "(?i)^(true|false)$")
    return bool(pc.all(matches).as_py())
