"""Finds the values that may be codes with some damage, on whole columns: only these are looked for in the table.

Which values are suspicious depends on those of the table (``codedamage.Sensitive``): ``DE-1`` only where there are
codes such as ``DE-01``. Each check begins with bytes at a fixed place: an expression on each value takes ten times as
long.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.codedamage import EXACT, GROUP_MARKS, LONG, MOST_DECIMALS, SERIAL_DIGITS, SHOWN, Sensitive
from refdata.csvformat.values import Mask, Values, as_mask

_MARKS = np.isin(np.arange(256), list(b"'="))
_GAPS = np.isin(np.arange(256), list(b"-/."))
_SHORTEST_DATE, _LONGEST_DATE = len("1/2/2024"), len("2024-01-02 00:00:00.000000")
_ZERO = ord("0")
_ENDS_OF_MARKS = np.isin(np.arange(256), [mark.encode()[-1] for mark in GROUP_MARKS])
_THOUSANDS, _SHORTEST_WHOLE = len(",000"), len("7.0")

_MARKED = r"^('.+|=\".+\")$"
_DATE = r"^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})([ T].*)?$"
_SERIALS = "^[1-7][0-9]{4}$"
_ROUND = rf"^([0-9]{{1,{SHOWN}}}0{{{LONG - SHOWN},}}|[0-9]{{{EXACT}}}0+)$"
_WHOLE = rf"^[0-9]+([{GROUP_MARKS}][0-9]{{3}})*([.,]0{{1,{MOST_DECIMALS}}})?$"
_BARE = r"^-?[0-9]+([.,][0-9]*[1-9])?$"


def signs(values: Values, sensitive: Sensitive) -> Iterator[str]:
    """The distinct values of a text column that may be damaged codes."""
    if not len(values):
        return
    first = values.firsts
    digits = (first - np.uint8(_ZERO)) <= 9
    if sensitive.marked:
        yield from _matching(values, _MARKS[first], _MARKED)
    if sensitive.behind:
        yield from _matching(values, digits | (first == ord("-")), _BARE)
    if sensitive.group:
        yield from _matching(values, np.ones(len(values), np.bool_), _short_group(sensitive.group))
    if sensitive.whole:
        yield from _matching(values, _may_have_marks(values, digits), _WHOLE)
    if sensitive.lengths:
        usual = np.isin(values.lengths, list(sensitive.lengths))
        yield from _matching(values, (first == _ZERO) & ~usual, "^[0-9]+$")
    yield from long_numbers(values, digits)
    if sensitive.dated:
        yield from _matching(values, _may_be_dates(values, digits), _DATE)
    if sensitive.serials:
        yield from _matching(values, digits & (values.lengths == SERIAL_DIGITS), _SERIALS)


def long_numbers(values: Values, digits: Mask) -> Iterator[str]:
    """The long whole numbers that may be rounded (``codedamage.is_round``).

    :param digits: which values begin with a digit.
    """
    ends_so = values.data[values.ends - 1] == _ZERO
    yield from _matching(values, digits & (values.lengths >= LONG) & ends_so, _ROUND)


def _may_be_dates(values: Values, digits: Mask) -> Mask:
    """Which values have a mark of dates behind one, two or four characters."""
    mask: Mask = digits & (values.lengths >= _SHORTEST_DATE) & (values.lengths <= _LONGEST_DATE)
    if mask.any():
        starts = values.starts[mask]
        mask[mask] = _GAPS[values.data[starts + 4]] | _GAPS[values.data[starts + 2]] | _GAPS[values.data[starts + 1]]
    return mask


def _may_have_marks(values: Values, digits: Mask) -> Mask:
    """Which values have a mark before their last three characters, or one with nothing but zeros behind it."""
    mask: Mask = digits & (values.lengths >= _SHORTEST_WHOLE)
    if mask.any():
        ends, lengths = values.ends[mask], values.lengths[mask]
        places = range(2, MOST_DECIMALS + 2)
        behind = [_ENDS_OF_MARKS[values.data[np.maximum(ends - at, 0)]] & (lengths > at) for at in places]
        zero = values.data[ends - 1] == _ZERO
        mask[mask] = behind[_THOUSANDS - 2] | (np.logical_or.reduce(behind) & zero)
    return mask


def _short_group(width: int) -> str:
    """Digits without a zero in front, and fewer than the groups with one have."""
    return rf"(^|[^0-9])(0|[1-9][0-9]{{0,{width - 2}}})([^0-9]|$)"


def _matching(values: Values, mask: Mask, pattern: str) -> list[str]:
    if not mask.any():
        return []
    column: pa.StringArray = (values if mask.all() else values.take(mask)).arrow()
    matches = as_mask(pc.match_substring_regex(column, pattern))
    texts: list[str] = pc.unique(column.filter(pa.array(matches))).to_pylist() if matches.any() else []
    return texts
