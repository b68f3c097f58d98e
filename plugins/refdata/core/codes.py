"""Recognises codes among texts: leading zeros, equal length, damage by a spreadsheet, difference in case only. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from refdata.core.lookalikes import alike

ZERO_LED = re.compile(r"0[^.,].*", re.DOTALL)
"""A code with a leading zero; ``0.5`` and ``0,5`` are numbers below one."""
NUMBER = r"^(?:0|[1-9][0-9]*)(?:\.0)?$"
"""A whole number without leading zeros, as a program writes what it took for a number: ``7``, ``7.0``."""
_MONTH = "(?:Jan|Feb|Mar|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)"
MONTH_DAY = rf"^(?:[0-9]{{1,2}}(?:-|\. ?){_MONTH}|{_MONTH}[- ][0-9]{{2}})$"
"""``2-Mar``, ``Mar-02`` or ``02. Mrz``, as spreadsheets show a day without a year."""
INVISIBLE = "[\u00ad\u200b-\u200d\u2060\ufeff]"
"""Characters without width: the soft hyphen, zero-width spaces and joiners, the byte-order mark."""
_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T].*)?")
_POWER = re.compile(r"-?\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _CodeShape:
    """Evidence from some values of a column: whether codes begin with zeros, and the digits that all codes have.

    ``length`` is None where the codes of digits differ in length, or there are none.
    """

    zero_led: bool
    length: int | None


def shape_of(values: Iterable[object]) -> _CodeShape:
    """The shape of a column's values.

    >>> shape_of(["01001", "90210", None])
    _CodeShape(zero_led=True, length=5)
    >>> shape_of(["7", "010"])
    _CodeShape(zero_led=True, length=None)
    """
    texts = [value for value in values if isinstance(value, str)]
    lengths = {len(text) for text in texts if text.isascii() and text.isdigit()}
    return _CodeShape(any(ZERO_LED.fullmatch(text) for text in texts), lengths.pop() if len(lengths) == 1 else None)


def digits_of(number: str) -> str:
    """A whole number without the decimal that a program added: ``7.0`` becomes ``7``."""
    return number.removesuffix(".0")


def key_forms(value: str) -> frozenset[str]:
    """Possible results of a database's UPPER for keys that nearly equal a value; SQLite's knows only ASCII letters.

    >>> sorted(key_forms("Kä")) == ["KA\u0308", "KÄ", "Kä"]
    True
    """
    seen = re.sub(INVISIBLE, "", value).strip()
    written = (seen, seen.lower(), seen.title(), seen.upper(), alike(value))
    composed = (unicodedata.normalize(form, text) for text in written for form in ("NFC", "NFD"))
    return frozenset((seen.upper(), *map(_upper_ascii, composed)))


def _upper_ascii(text: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def letter_case(value: str) -> str:
    """How a value's letters are written: ``upper``, ``lower``, ``mixed`` or ``none``.

    ``blank`` where blanks are around it or invisible characters within.

    >>> [letter_case(value) for value in ("DE", "de", "De", "49", "DE ")]
    ['upper', 'lower', 'mixed', 'none', 'blank']
    """
    if value != re.sub(INVISIBLE, "", value).strip():
        return "blank"
    if value.upper() == value.lower():
        return "none"
    return "upper" if value == value.upper() else "lower" if value == value.lower() else "mixed"


def near_pairs(old: Iterable[str], new: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of an old value and a new one that nearly equals it.

    >>> near_pairs(["DE", "FR"], ["de", "IT"])
    (('DE', 'de'),)
    """
    by_form = {alike(value): value for value in new}
    pairs = ((value, by_form.get(alike(value), value)) for value in old)
    return tuple(sorted((value, other) for value, other in pairs if value != other))


def look_like_days(values: Iterable[object]) -> bool:
    """Whether one of the values is written like a date."""
    return any(isinstance(value, str) and _DAY.fullmatch(value.strip()) for value in values)


def look_like_month_days(values: Iterable[object]) -> bool:
    """Whether one of the values is written like ``2-Mar``."""
    return any(isinstance(value, str) and re.match(MONTH_DAY, value) for value in values)


def look_like_powers(values: Iterable[object]) -> bool:
    """Whether one of the values is written like ``1.23E+11``."""
    return any(isinstance(value, str) and _POWER.fullmatch(value.strip()) for value in values)


def fraction_digits(value: object) -> int:
    """The decimals of a number as a database returns it.

    >>> fraction_digits(1.25), fraction_digits("0.100"), fraction_digits(3)
    (2, 1, 0)
    """
    text = str(value)
    return len(text.partition(".")[2].rstrip("0")) if "e" not in text.lower() else 0


def has_time(moment: object) -> bool:
    """Whether a moment as a database returns it has a time of day other than midnight.

    >>> has_time("2024-12-25 10:30:00"), has_time("2024-12-25 00:00:00"), has_time("2024-12-25")
    (True, False, False)
    """
    return any(digit in "123456789" for digit in str(moment)[len("2024-12-25") :])
