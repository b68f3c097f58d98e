"""Values that a spreadsheet has changed, or would run: powers of ten, dates, formulas.

Codes turned into powers of ten or into dates are common and cannot be undone, so the ledger warns about them.
Gene names are the well-known case of the second: Ziemann, Eren and El-Osta, "Gene name errors are widespread in
the scientific literature", Genome Biology 17, 177 (2016).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.codes import MONTH_DAY
from refdata.core.missingwords import CERTAIN, ERROR, LONGEST, POSSIBLE
from refdata.csvformat.values import Mask, Values

_POWER = r"^-?[0-9](\.[0-9]+)?E\+(1[1-9]|[2-9][0-9])$"
_ANY_POWER = r"^-?[0-9]([.,][0-9]+)?[eE]\+(1[1-9]|[2-9][0-9])$"
"""Also with a decimal comma, or as a program writes it."""
_SHORTEST, _LONGEST = len("2-Mar"), len("02. Mrz")
_MONTH_WIDTH = 3
_FORMULA = r"^[\t\r\n ]*(?:=\s*[^\s=>]|@[A-Za-z.]+\(|[+-]\S*[(|!])"
"""Of what OWASP lists (https://owasp.org/www-community/attacks/CSV_Injection), what does something: a sign before
a number or a word is arithmetic at most, and usual in data (``+43 1 234``, ``- none``)."""
_BEGINS = np.isin(np.arange(256), list(b"=+-@\t\r\n "))
_WORDS = pa.array(sorted(CERTAIN | POSSIBLE), pa.string())
_ERROR_BEGINS = np.isin(np.arange(256), list(b"#E"))
_WORD_BEGINS = np.isin(np.arange(256), [ord("#"), *(word.encode()[0] for word in CERTAIN | POSSIBLE)])
_POWER_WIDTH = len("E+11")
_IS_GAP = np.isin(np.arange(256), list(b"-. "))


def count_powers(column: pa.StringArray) -> int:
    """How many values look like ``1.23E+11``, as numbers of twelve digits and more are shown."""
    return _count(column, _POWER)


def count_month_days(values: Values) -> int:
    """How many values look like ``2-Mar``, ``Mar-02`` or ``02. Mrz``, as ``MARCH2`` or ``3-2`` end up.

    The gap beside the month is looked for first, in the few values that are short enough.
    """
    return _count(_with_gap(values), MONTH_DAY)


def damaged(values: Values) -> list[str]:
    """The values that look like ``2-Mar``, ``1.23E+15`` or ``1,23e+15``."""
    days = _with_gap(values)
    texts: list[str] = days.filter(pc.match_substring_regex(days, MONTH_DAY)).to_pylist() if len(days) else []
    if not (values.data == ord("+")).any():
        return texts
    powers = values.take(_may_be_powers(values)).arrow()
    texts += powers.filter(pc.match_substring_regex(powers, _ANY_POWER)).to_pylist()
    return texts


def count_errors(values: Values) -> int:
    """How many values are errors of a spreadsheet, such as ``#REF!``."""
    begins = _ERROR_BEGINS[values.firsts]
    return _count(values.take(begins).arrow(), ERROR) if begins.any() else 0


def missing_words(values: Values) -> list[str]:
    """The distinct values that stand for no value, as words of programs or errors of a spreadsheet."""
    short = values.lengths <= LONGEST
    begins = short & _WORD_BEGINS[values.firsts]
    if not begins.any():
        return []
    texts = pc.unique(values.take(begins).arrow())
    words = pc.or_(pc.is_in(texts, value_set=_WORDS), pc.match_substring_regex(texts, ERROR))
    found: list[str] = texts.filter(words).to_pylist()
    return found


def _with_gap(values: Values) -> pa.StringArray:
    """The values that are as short as a day and a month, with a gap beside the month."""
    short = (values.lengths >= _SHORTEST) & (values.lengths <= _LONGEST)
    if not short.any():
        return pa.array([], pa.string())
    starts, ends = values.starts[short], values.ends[short]
    gaps = _IS_GAP[values.data[ends - _MONTH_WIDTH - 1]] | _IS_GAP[values.data[starts + _MONTH_WIDTH]]
    return values.take(np.flatnonzero(short)[gaps]).arrow()


def _may_be_powers(values: Values) -> Mask:
    """Which values have a plus sign before their last two bytes."""
    at = np.maximum(values.ends - _POWER_WIDTH, 0) + 1
    mask: Mask = (values.lengths > _POWER_WIDTH) & (values.data[np.minimum(at, len(values.data) - 1)] == ord("+"))
    return mask


def count_formulas(values: Values) -> int:
    """How many values a spreadsheet would run, such as ``=cmd|' /C calc'!A0``; by their first bytes, then in full."""
    begins = _BEGINS[values.firsts]
    return _count(values.take(begins).arrow(), _FORMULA) if begins.any() else 0


def _count(column: pa.StringArray, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)
