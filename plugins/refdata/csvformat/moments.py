"""Dates and times of any notation, value by value: those that do not fit are marked, not fatal.

``temporal`` is several times faster for the usual forms, but all or nothing for a column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.monthnames import month_numbers
from refdata.csvformat.temporal import MAX_FRACTION
from refdata.csvformat.values import Ints, Mask, as_mask, as_numpy

if TYPE_CHECKING:
    from refdata.core.filemodel import Notation

_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,7}))?)?"
_HALF = "[ \u00a0\u202f]?(?P<half>[AaPp])\\.?[Mm]\\.?"
_ZONE = r" ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
_WORD_GAP = r"[-./ ,]{1,2}"
_PIVOT = 69
"""Two digits from here on are years of the last century:
https://pubs.opengroup.org/onlinepubs/9799919799/functions/strptime.html"""

_TICKS = 10**MAX_FRACTION
_DAY = 86_400 * _TICKS


@dataclass(frozen=True)
class Moments:
    """One entry a value: ``fits``, ``days`` since 1970, ``ticks`` of the day (1e-7 s), ``digits`` of the second's
    fraction, and whether a time was written (``timed``). What does not fit is zero."""

    fits: Mask
    days: Ints
    ticks: Ints
    digits: Ints
    timed: Mask


def read_moments(column: pa.StringArray, notation: Notation) -> Moments:
    """Each value as a date, with or without a time."""
    parts = pc.extract_regex(column, _date_pattern(notation))
    fits = as_mask(parts.is_valid())
    year, day = _numbers(parts, "year"), _numbers(parts, "day")
    if notation.year_digits == 2:
        year = year + np.where(year >= _PIVOT, 1900, 2000)
    month = _month(parts, notation)
    days, real = _days(np.where(fits, year, 1970), np.where(fits, month, 1), np.where(fits, day, 1))
    timed = _given(parts, "hour") & fits
    ticks, digits, valid = _ticks(parts, notation)
    fits &= real & (valid | ~timed)
    days, ticks = _in_utc(parts, notation, days, ticks)
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    fits &= (years >= 1) & (years <= 9999)
    return Moments(
        fits, np.where(fits, days, 0), np.where(fits & timed, ticks, 0), digits * (fits & timed), timed & fits
    )


def read_clocks(column: pa.StringArray, notation: Notation) -> Moments:
    """Each value as a time of day."""
    parts = pc.extract_regex(column, _clock_pattern(notation))
    fits = as_mask(parts.is_valid())
    ticks, digits, valid = _ticks(parts, notation)
    fits &= valid
    return Moments(fits, fits * 0, np.where(fits, ticks, 0), digits * fits, fits)


@cache
def _clock_pattern(notation: Notation) -> str:
    return f"^{_CLOCK}{_HALF if notation.hours == 12 else ''}$"


@cache
def _date_pattern(notation: Notation) -> str:
    gap = _WORD_GAP if notation.month_names else re.escape(notation.date_separator)
    # Without a separator only full widths can be distinguished.
    small = "[0-9]{1,2}" if notation.date_separator or notation.month_names else "[0-9]{2}"
    month = r"[\p{L}]{3,12}\.?" if notation.month_names else small
    fields = {"y": f"(?P<year>[0-9]{{{notation.year_digits}}})", "m": f"(?P<month>{month})", "d": f"(?P<day>{small})"}
    date = gap.join(fields[letter] for letter in notation.date_order)
    half = _HALF if notation.hours == 12 else ""
    clock = f"(?:T| {{1,2}}){_CLOCK}{half}{_ZONE if notation.zone else ''}"
    return f"^{date}{clock}$" if notation.zone else f"^{date}(?:{clock})?$"


def _numbers(parts: pa.StructArray, name: str) -> Ints:
    """A group of digits as numbers; 0 where it is absent."""
    texts = pc.struct_field(parts, name)
    texts = pc.if_else(pc.equal(pc.fill_null(texts, ""), ""), "0", texts)
    return as_numpy(pc.cast(texts, pa.int64()), np.int64)


def _given(parts: pa.StructArray, name: str) -> Mask:
    return as_mask(pc.not_equal(pc.fill_null(pc.struct_field(parts, name), ""), ""))


def _month(parts: pa.StructArray, notation: Notation) -> Ints:
    if not notation.month_names:
        return _numbers(parts, "month")
    known = month_numbers(notation.month_names)
    names = pc.utf8_rtrim(pc.utf8_lower(pc.fill_null(pc.struct_field(parts, "month"), "")), characters=".")
    places = pc.fill_null(pc.index_in(names, value_set=pa.array(list(known), pa.string())), -1)
    numbers = np.array([*known.values(), 0], np.int64)
    return numbers[as_numpy(places, np.int32)]


def _days(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Mask]:
    """Days since 1970, and which dates exist."""
    real: Mask = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[D]").astype(np.int64)
    days = first + day - 1
    return days, real & (days < following)


def _ticks(parts: pa.StructArray, notation: Notation) -> tuple[Ints, Ints, Mask]:
    """Ticks of the day, digits of the fraction, and which times exist."""
    hour, minute, second = (_numbers(parts, name) for name in ("hour", "minute", "second"))
    valid: Mask = (minute < 60) & (second < 60)
    if notation.hours == 12:
        valid &= (hour >= 1) & (hour <= 12)
        afternoon = as_mask(pc.equal(pc.utf8_lower(pc.fill_null(pc.struct_field(parts, "half"), "")), "p"))
        hour = hour % 12 + 12 * afternoon
    valid &= hour < 24
    texts = pc.fill_null(pc.struct_field(parts, "fraction"), "")
    fraction = as_numpy(pc.cast(pc.utf8_rpad(texts, MAX_FRACTION, "0"), pa.int64()), np.int64)
    digits = as_numpy(pc.binary_length(texts), np.int32).astype(np.int64)
    return (hour * 3600 + minute * 60 + second) * _TICKS + fraction, digits, valid


def _in_utc(parts: pa.StructArray, notation: Notation, days: Ints, ticks: Ints) -> tuple[Ints, Ints]:
    """The moments without the offsets that the values state."""
    if not notation.zone:
        return days, ticks
    zone = pc.replace_substring(pc.fill_null(pc.struct_field(parts, "zone"), ""), ":", "")
    hours = pc.if_else(
        pc.match_substring_regex(zone, "^[+-][0-9]{2}$"), pc.binary_join_element_wise(zone, "00", ""), zone
    )
    digits = pc.if_else(pc.match_substring_regex(hours, "^[+-]"), pc.utf8_slice_codeunits(hours, 1), "0")
    number = as_numpy(pc.cast(digits, pa.int64()), np.int64)
    sign = np.where(as_mask(pc.starts_with(hours, "-")), -1, 1)
    moved = ticks - sign * (number // 100 * 60 + number % 100) * 60 * _TICKS
    return days + moved // _DAY, moved % _DAY
