"""Values of a column whose type and notation are known: which do not fit, and how large those are that do.

The quick checks of ``numbers`` and ``temporal`` come first: they answer for all values of a block at once, and nearly
always with yes. Where they say no, the values are looked at one by one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.columnevidence import PLAIN, Evidence, MomentShape, NumberKey, NumberShape
from refdata.core.columnreadings import MOMENTS, NUMBERS
from refdata.core.filemodel import ColumnReading, Notation
from refdata.core.inference import NANOSECOND_YEARS
from refdata.core.sqltypes import MAX_DECIMAL_PRECISION, SqlType, TypeKind
from refdata.csvformat.infer import last_day, longest_text, moment_shape, utf16_lengths
from refdata.csvformat.moments import Moments, read_clocks, read_moments
from refdata.csvformat.numbers import find_doubles, keeps_double, plain_shape
from refdata.csvformat.plainnumbers import plain_numbers
from refdata.csvformat.powers import written_out
from refdata.csvformat.temporal import MAX_FRACTION
from refdata.csvformat.values import Mask, Values, as_mask

WHOLE = frozenset({TypeKind.INT, TypeKind.BIGINT})

_AMBIGUOUS = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"
_ZERO_FRACTION = r"\.0+$"
_GROUP, _POINT = 3, ord(".")
BLANKS = " \t\u00a0\u2007\u2009\u200b\u202f\u2060\ufeff"
"""Characters that mean nothing around a number, a date or a time: blanks of several widths, and invisible ones."""
_NANOSECONDS = (-106_751, 106_751)
"""Days since 1970 whose nanoseconds surely fit 64 bits."""


def without_missing(column: pa.StringArray, notation: Notation) -> pa.StringArray:
    """The column with ``''`` in place of each text that means no value, and without blanks around values."""
    if notation.padded:
        column = pc.utf8_trim(column, characters=BLANKS)
    if not notation.missing_values:
        return column
    missing = pc.is_in(column, value_set=pa.array(notation.missing_values, pa.string()))
    return pc.if_else(missing, "", column) if pc.any(missing).as_py() else column


def misfits(column: pa.StringArray, reading: ColumnReading) -> Mask | None:
    """Which values of a column (text without nulls) do not fit its reading; None if a quick check says that all do."""
    column = without_missing(column, reading.notation)
    if reading.type is None or _all_plain(column, reading):
        return None
    given = as_mask(pc.not_equal(column, ""))
    wrong: Mask = given & ~_fitting(column, reading)
    return wrong


def measure(column: pa.StringArray, reading: ColumnReading, longest: int) -> Evidence:
    """Evidence about values that all fit the reading.

    :param longest: UTF-16 code units of the longest value so far.
    """
    column = without_missing(column, reading.notation)
    values = Values.of(column)
    evidence = Evidence(values=len(values), nulls=len(column) - len(values), longest=longest_text(values, longest))
    if reading.type is None or reading.known.kind is TypeKind.NVARCHAR or not len(values):
        return evidence
    given, kind = values.arrow(), reading.known.kind
    if kind in NUMBERS:
        numbers = _quick_numbers(values, reading) or _number_shape(given, reading)
        return replace(evidence, numbers=numbers, double=kind is TypeKind.FLOAT)
    if kind in MOMENTS:
        quick = _quick_moments(values, reading) or _moment_shape(read_moments(given, reading.notation))
        return replace(evidence, dates={("ymd", "-"): quick})
    if kind is TypeKind.TIME:
        return replace(evidence, clock=int(read_clocks(given, reading.notation).digits.max()))
    return replace(evidence, bit=kind is TypeKind.BIT)


def convert_known(column: pa.StringArray, kind: SqlType, notation: Notation, target: pa.DataType) -> pa.Array:
    """A column (text, ``''`` or null for no value) as ``target``, whatever its notation.

    :raises pyarrow.ArrowInvalid: a value does not fit.
    """
    column = without_missing(column, notation)
    column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    if kind.kind is TypeKind.NVARCHAR:
        return column
    if kind.kind is TypeKind.BIT:
        return _refusing(_booleans(column, notation), column)
    if kind.kind in NUMBERS:
        plain = _refusing(_plain(column, ColumnReading(kind, notation)), column)
        return pc.cast(pc.replace_substring_regex(plain, _ZERO_FRACTION, "") if kind.kind in WHOLE else plain, target)
    return _from_moments(column, kind, notation, target)


def _all_plain(column: pa.StringArray, reading: ColumnReading) -> bool:
    """Whether a quick check shows that all values fit."""
    kind, notation = reading.known.kind, reading.notation
    if kind is TypeKind.NVARCHAR and not (reading.bounded and reading.known.length):
        return True
    if kind is TypeKind.NVARCHAR:
        return int(Values.of(column).lengths.max(initial=0)) <= (reading.known.length or 0)  # bytes never are fewer
    if not is_numeric_date(notation) or notation.minus != "-" or notation.affix:
        return False
    values = Values.of(column)
    if not len(values):
        return True
    if kind in NUMBERS:
        pointed = _pointed(values, notation)
        return pointed is not None and _plain_and_fitting(pointed, reading)
    return kind in MOMENTS and _quick_moments(values, reading) is not None


def _plain_and_fitting(values: Values, reading: ColumnReading) -> bool:
    """Whether all values are plain numbers within the bounds of a reading."""
    shape, kind = plain_shape(values), reading.known.kind
    if not reading.mark_known and (shape is None or _may_be_grouped(values, shape)):
        return False
    if kind is TypeKind.FLOAT:
        return find_doubles(values, shape is not None)[0]
    whole, scale = _digits(reading)
    if kind in WHOLE:
        scale = 0  # a column that stays whole although its values have a fraction (1.0) is converted by its reading
        whole = _SAFE_DIGITS[kind] if reading.bounded else whole
    return shape is not None and shape.whole <= whole and shape.scale <= scale


def _pointed(values: Values, notation: Notation) -> Values | None:
    """The values with a point as their decimal mark; None where a point means something else in one of them."""
    if notation.decimal_point == ".":
        return values
    mark = notation.decimal_point.encode()
    if len(mark) > 1 or b"." in values.marks_used:
        return None
    return replace(values, data=np.where(values.data == mark[0], np.uint8(_POINT), values.data))


def _may_be_grouped(values: Values, shape: NumberShape) -> bool:
    """Whether a plain number has three digits behind its point, which may mean thousands."""
    if shape.scale < _GROUP:
        return False
    before = values.ends - (_GROUP + 1)
    return bool((values.data[before[before >= values.starts]] == _POINT).any())


def _quick_moments(values: Values, reading: ColumnReading) -> MomentShape | None:
    """The measurements, if all values are of the usual form; dates with a time are looked at one by one."""
    notation = reading.notation
    if not is_numeric_date(notation):
        return None
    shape = moment_shape(values, (notation.date_order, notation.date_separator))
    if shape is None or (shape.timed and reading.known.kind is TypeKind.DATE):
        return None
    far = shape.first_year not in NANOSECOND_YEARS or shape.last_year not in NANOSECOND_YEARS
    return None if shape.fraction >= MAX_FRACTION and far else shape


def is_numeric_date(notation: Notation) -> bool:
    """Whether dates are written as ``temporal`` knows them: three numbers, a year of four digits, no zone, no AM/PM."""
    plain = (notation.year_digits, notation.month_names, notation.hours, notation.zone) == (4, "", 24, "")
    return plain and bool(notation.date_separator)


def _fitting(column: pa.StringArray, reading: ColumnReading) -> Mask:
    """Which values fit, one by one."""
    kind, notation = reading.known.kind, reading.notation
    if kind is TypeKind.NVARCHAR:
        return _short_enough(column, reading)
    if kind is TypeKind.BIT:
        return as_mask(_booleans(column, notation).is_valid())
    if kind is TypeKind.TIME:
        return read_clocks(column, notation).fits
    if kind in MOMENTS:
        return _fitting_moments(column, reading)
    plain = _plain(column, reading)
    fits = as_mask(plain.is_valid())
    if not reading.mark_known:
        fits &= ~as_mask(pc.fill_null(pc.match_substring_regex(plain, _AMBIGUOUS), False))
    return fits & _in_bounds(plain, reading)


def _plain(column: pa.StringArray, reading: ColumnReading) -> pa.StringArray:
    column = written_out(column) if reading.notation.powers else column
    return plain_numbers(column, reading.notation, exponents=reading.known.kind is TypeKind.FLOAT)


def _quick_numbers(values: Values, reading: ColumnReading) -> dict[NumberKey, NumberShape] | None:
    """What numbers written in the plain way need."""
    notation = reading.notation
    if (notation.decimal_point, notation.thousands, notation.minus, notation.affix) != (".", "", "-", ""):
        return None
    shape = plain_shape(values)
    zeros = shape is not None and shape.scale > 0 and reading.known.kind in WHOLE
    return {PLAIN: shape} if shape and not zeros else None


def _number_shape(given: pa.StringArray, reading: ColumnReading) -> dict[NumberKey, NumberShape]:
    """The digits that the numbers need; a fraction of zeros needs none."""
    plain = pc.replace_substring_regex(_plain(given, reading), _ZERO_FRACTION, "")
    shape = plain_shape(Values.of(pc.replace_substring_regex(plain, "^-0$", "0")))
    return {PLAIN: shape} if shape else {}


def _short_enough(column: pa.StringArray, reading: ColumnReading) -> Mask:
    length = reading.known.length if reading.bounded else None
    if length is None:
        return np.ones(len(column), np.bool_)
    return as_mask(pc.less_equal(utf16_lengths(column), length))


def _booleans(column: pa.StringArray, notation: Notation) -> pa.BooleanArray:
    spelled = notation.true_values or notation.false_values
    true, false = (notation.true_values, notation.false_values) if spelled else (("true",), ("false",))
    texts = column if spelled else pc.utf8_lower(column)
    is_true = pc.is_in(texts, value_set=pa.array(true, pa.string()))
    is_false = pc.is_in(texts, value_set=pa.array(false, pa.string()))
    return pc.if_else(pc.or_(is_true, is_false), is_true, pa.scalar(None, pa.bool_()))


def _in_bounds(plain: pa.StringArray, reading: ColumnReading) -> Mask:
    """Which plain numbers the type can hold, or could if it grew."""
    if reading.known.kind is TypeKind.FLOAT:
        return _doubles(plain)
    parts = pc.extract_regex(pc.replace_substring_regex(plain, _ZERO_FRACTION, ""), _DIGITS)
    whole, scale = (pc.fill_null(pc.binary_length(pc.struct_field(parts, name)), 0) for name in ("whole", "fraction"))
    most = _digits(reading)
    fits: Mask = as_mask(pc.and_(pc.less_equal(whole, most[0]), pc.less_equal(scale, most[1])))
    if reading.bounded and reading.known.kind in WHOLE:
        fits &= _in_range(plain, _RANGES[reading.known.kind])
    return fits


_DIGITS = r"^-?(?P<whole>[0-9]*)\.?(?P<fraction>[0-9]*)$"
_RANGES = {TypeKind.INT: 2**31, TypeKind.BIGINT: 2**63}
_SAFE_DIGITS = {TypeKind.INT: 9, TypeKind.BIGINT: 18}
"""Numbers of so many digits are within the range of their type."""
_MOST_WHOLE, _MOST_SCALE = 20, MAX_DECIMAL_PRECISION - 20
"""Digits that an exact number may grow to: however two values are chosen, one DECIMAL stores both."""


def _digits(reading: ColumnReading) -> tuple[int, int]:
    """The most digits before and behind the point."""
    precision, scale = reading.known.precision or 0, reading.known.scale or 0
    if reading.bounded:
        return (precision - scale, scale) if precision else (19, 0)
    behind = scale if scale > _MOST_SCALE else MAX_DECIMAL_PRECISION - max(_MOST_WHOLE, precision - scale)
    return MAX_DECIMAL_PRECISION - behind, behind


def _in_range(plain: pa.StringArray, limit: int) -> Mask:
    wholes = ((text or "").partition(".")[0] for text in plain.to_pylist())
    numbers = (int(whole) if whole not in ("", "-") else 0 for whole in wholes)  # .5 and -.5 have no whole part
    return np.fromiter((-limit <= number < limit for number in numbers), np.bool_, len(plain))


def _doubles(plain: pa.StringArray) -> Mask:
    """Which numbers a double keeps."""
    texts = pc.fill_null(plain, "0").to_pylist()
    return np.fromiter((keeps_double(text) for text in texts), np.bool_, len(plain))


def _fitting_moments(column: pa.StringArray, reading: ColumnReading) -> Mask:
    moments = read_moments(column, reading.notation)
    fits = moments.fits & ((moments.digits < MAX_FRACTION) | _near(moments))
    if reading.bounded and reading.known.kind is TypeKind.DATE:
        fits &= moments.ticks == 0
    return fits


def _near(moments: Moments) -> Mask:
    """Which days nanoseconds since 1970 can express."""
    inside: Mask = (moments.days >= _NANOSECONDS[0]) & (moments.days < _NANOSECONDS[1])
    return inside


def _moment_shape(moments: Moments) -> MomentShape:
    """A time that is midnight in all values is not a time: some databases write dates so."""
    timed = bool((moments.ticks != 0).any())
    years = moments.days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return MomentShape(timed, int(moments.digits.max()), int(years.min()), int(years.max()), last_day(moments.days))


def _from_moments(column: pa.StringArray, kind: SqlType, notation: Notation, target: pa.DataType) -> pa.Array:
    texts = pc.fill_null(column, "")
    moments = read_clocks(texts, notation) if kind.kind is TypeKind.TIME else read_moments(texts, notation)
    given = as_mask(column.is_valid())
    wrong = given & ~moments.fits
    if kind.kind is TypeKind.DATE:
        wrong |= moments.ticks != 0
    elif target.unit == "ns" and kind.kind is TypeKind.DATETIME2:
        wrong |= given & ~_near(moments)
    if wrong.any():
        raise pa.ArrowInvalid(f"a value is no {kind} in the column's notation")
    return _arrow(moments, kind, target, given)


def _arrow(moments: Moments, kind: SqlType, target: pa.DataType, given: Mask) -> pa.Array:
    if kind.kind is TypeKind.DATE:
        return pa.array(moments.days.astype(np.int32), mask=~given).cast(target)
    numbers = moments.ticks * 100 if target.unit == "ns" else moments.ticks // 10
    if kind.kind is TypeKind.DATETIME2:
        numbers = numbers + moments.days * 86_400 * (10**9 if target.unit == "ns" else 10**6)
    return pa.array(numbers, pa.int64(), mask=~given).cast(target)


def _refusing(converted: pa.Array, column: pa.StringArray) -> pa.Array:
    if converted.null_count != column.null_count:
        raise pa.ArrowInvalid("a value does not fit the column's notation")
    return converted
