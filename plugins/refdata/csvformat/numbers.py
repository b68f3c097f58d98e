"""Which notations of numbers fit all values of a block, and how many digits they need."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.columnevidence import MOST_VERSIONS, NUMBERS, PLAIN, NumberKey, NumberShape
from refdata.csvformat.values import Ints, Mask, Values, as_mask, as_numpy

_PLAIN_MARKS = set(b"-.")
_GROUP_MARKS = set("-.,' \u00a0\u202f\u2019".encode())
_DOUBLE_MARKS = set(b"+-.eE")
_MINUS, _POINT, _ZERO = b"-.0"
_GROUP = 3
_VERSION_DIGITS = 3
_SAFE_DIGITS = 15
"""Decimal digits that a double always keeps: DBL_DIG of IEEE 754 binary64."""
_BIGINT_DIGITS = 19
_INT_SAFE_DIGITS = 9
_SMALLEST_NORMAL = 2.2250738585072014e-308
_DOUBLE = r"^-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)[eE][+-]?[0-9]{1,3}$"


def find_numbers(
    values: Values, shape: NumberShape | None, alive: Collection[NumberKey] | None
) -> dict[NumberKey, NumberShape]:
    """The notations, among those ``alive`` (None: all), that fit every value.

    :param shape: the result of ``plain_shape`` for the values.
    """
    keys = NUMBERS if alive is None else [key for key in NUMBERS if key in alive]
    if not keys:
        return {}
    if shape or set(values.marks_used) <= _PLAIN_MARKS:
        return _from_plain(values, keys, shape)
    if not set(values.marks_used) <= _GROUP_MARKS:
        return {}
    shapes = ((key, _rewritten(values, key)) for key in keys if key != PLAIN)
    return {key: shape for key, shape in shapes if shape is not None}


def _from_plain(values: Values, keys: Collection[NumberKey], shape: NumberShape | None) -> dict[NumberKey, NumberShape]:
    """Values without a comma or blank; other notations follow from the plain one's shape where they can."""
    shapes = {} if shape is None else {key: _ungrouped(shape, key) for key in keys if _same(key, shape)}
    grouped = (",", ".")
    if grouped in keys and grouped not in shapes and (shape is None or shape.scale == _GROUP):
        regrouped = _rewritten(values, grouped)
        if regrouped:
            shapes[grouped] = regrouped
    return shapes


def _ungrouped(shape: NumberShape, key: NumberKey) -> NumberShape:
    """The shape of values without a thousands mark, in a notation that may have one."""
    return replace(shape, bare=shape.whole) if key[1] else shape


def _same(key: NumberKey, shape: NumberShape) -> bool:
    """Whether a notation reads the values as the plain one does."""
    return key[0] == "." or not shape.scale


def _rewritten(values: Values, key: NumberKey) -> NumberShape | None:
    """The shape under another notation: rewrite the values plainly, then measure them."""
    point, thousands = key
    column = values.arrow()
    if not pc.all(pc.match_substring_regex(column, _pattern(point, thousands))).as_py():
        return None
    plain = pc.replace_substring(column, thousands, "") if thousands else column
    shape = plain_shape(Values.of(pc.replace_substring(plain, point, ".") if point != "." else plain))
    return _grouped(shape, column, point, thousands) if shape and thousands else shape


def _grouped(shape: NumberShape, column: pa.StringArray, point: str, thousands: str) -> NumberShape:
    """The shape with the measures of groups."""
    whole = pc.replace_substring_regex(column, f"^-|{re.escape(point)}.*$", "")
    marks = as_numpy(pc.count_substring(whole, thousands), np.int32)
    digits = as_numpy(pc.utf8_length(whole), np.int32) - marks
    grouped = marks > 0
    if not grouped.any():
        return replace(shape, bare=shape.whole)
    bare = int(digits[~grouped].max(initial=0))
    return replace(shape, bare=bare, narrowest=int(digits[grouped].min()), groups=int(marks.max()))


def _pattern(point: str, thousands: str) -> str:
    grouped = rf"|[1-9][0-9]{{0,2}}({re.escape(thousands)}[0-9]{{3}})+" if thousands else ""
    return rf"^-?((0|[1-9][0-9]*{grouped})({re.escape(point)}[0-9]+)?|{re.escape(point)}[0-9]+)$"


def plain_shape(values: Values) -> NumberShape | None:
    """Digits of values such as ``-12.50``; None if one is written otherwise or would lose something.

    Refused: leading zeros, a point without digits after it, ``-0``, and all other characters.
    """
    negative = values.firsts == _MINUS
    points = values.at[values.marks == _POINT]
    if values.at.size - points.size != int(negative.sum()):
        return None  # a minus that is not in front, or some other character
    starts = values.starts + negative
    if not points.size:
        return _whole_shape(values, starts, negative)
    return _decimal_shape(values, starts, negative, points)


def _whole_shape(values: Values, starts: Ints, negative: Mask) -> NumberShape | None:
    digits = values.ends - starts
    if not (digits >= 1).all():
        return None
    zero = values.data[starts] == _ZERO
    if (zero & ((digits > 1) | negative)).any():
        return None
    most = int(digits.max())
    return NumberShape(most, 0, _width(values, most))


def _width(values: Values, digits: int) -> int:
    """Bytes that whole numbers need: 4, 8, or 16 for those too large for BIGINT."""
    if digits <= _INT_SAFE_DIGITS:
        return 4
    if digits > _BIGINT_DIGITS:
        return 16
    try:
        numbers = as_numpy(pc.cast(values.arrow(), pa.int64()), np.int64)
    except pa.ArrowInvalid:
        return 16
    limits = np.iinfo(np.int32)
    return 4 if limits.min <= numbers.min() and numbers.max() <= limits.max else 8


def _decimal_shape(values: Values, starts: Ints, negative: Mask, points: Ints) -> NumberShape | None:
    ends = values.ends
    if points.size == len(values) and (points >= starts).all() and (points < ends).all():
        whole, scale = points - starts, ends - points - 1
        pointed = np.ones(points.size, np.bool_)
    else:
        owner = np.searchsorted(ends, points, side="right")
        if (owner[1:] == owner[:-1]).any():
            return None
        pointed = np.zeros(len(values), np.bool_)
        pointed[owner] = True
        stops = ends.copy()
        stops[owner] = points
        whole, scale = stops - starts, np.where(pointed, ends - stops - 1, 0)
    if (pointed & (scale < 1)).any() or (~pointed & (whole < 1)).any():
        return None
    zero = (whole >= 1) & (values.data[starts] == _ZERO)
    if (zero & ((whole > 1) | (negative & ~pointed))).any():
        return None
    return NumberShape(int(whole.max()), int(scale.max()), 4)


def find_versions(values: Values, shape: NumberShape | None) -> frozenset[str] | None:
    """The distinct values, if all could be version numbers such as ``1.10`` and they are few."""
    if shape is None or shape.whole > _VERSION_DIGITS or shape.scale > _VERSION_DIGITS or _MINUS in values.marks_used:
        return None
    distinct = pc.unique(values.arrow())
    return frozenset(distinct.to_pylist()) if len(distinct) <= MOST_VERSIONS else None


def count_bare_powers(values: Values) -> int:
    """How many values are like ``1E5``, with neither a point nor a sign in the exponent."""
    return int(pc.sum(pc.match_substring_regex(values.arrow(), "^-?[0-9]+[eE][0-9]+$")).as_py() or 0)


def find_doubles(values: Values, plain: bool) -> tuple[bool, int, bool]:
    """Whether all values are numbers that a double keeps, how many have an exponent, and whether one
    without an exponent has a point.

    :param plain: whether the values are known to be plain numbers.
    """
    marks = set(values.marks_used)
    if plain:
        return _survive(values), 0, _POINT in marks
    if not marks <= _DOUBLE_MARKS or not marks & set(b"eE"):
        return False, 0, False
    powers = as_mask(pc.match_substring_regex(values.arrow(), _DOUBLE))
    others = values.take(~powers)
    fits = not len(others) or plain_shape(others) is not None
    fractions = _POINT in others.marks_used
    return fits and _in_range(values.take(powers)) and _survive(values), int(powers.sum()), fractions


def _in_range(powers: Values) -> bool:
    """Whether no value with an exponent overflows or loses digits near zero."""
    column = powers.arrow()
    numbers = np.abs(as_numpy(pc.cast(column, pa.float64()), np.float64))
    zero = as_mask(pc.match_substring_regex(column, r"^-?[0.]+[eE]"))
    return bool((np.isfinite(numbers) & (zero | (numbers >= _SMALLEST_NORMAL))).all())


def _survive(values: Values) -> bool:
    """Whether each value, read into a double and written in its shortest form, is the same number."""
    long = values.lengths > _SAFE_DIGITS
    if not long.any():
        return True
    column = values.take(long).arrow()
    digits = pc.replace_substring_regex(column, r"[eE].*$|[-.]|^-?0*\.?0*", "")
    column = Values.of(column).take(as_numpy(pc.binary_length(digits), np.int32) > _SAFE_DIGITS).arrow()
    written = pc.cast(pc.cast(column, pa.float64()), pa.string())
    doubtful = Values.of(column.filter(pc.not_equal(column, written)))
    return all(keeps_double(text) for text in doubtful.texts())


def keeps_double(text: str) -> bool:
    """Whether a number, read into a double and written in its shortest form, is the same number."""
    value = float(text)
    return math.isfinite(value) and Decimal(repr(value)) == Decimal(text)
