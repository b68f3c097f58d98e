"""Recognises which code of a table a changed value was before: zeros lost or added, digits rounded, a date. Pure.

Each kind of damage has a form that a code and what became of it have in common, so that both are found by looking up
one in a dictionary of the others.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from refdata.core.codes import look_like_days

DECIMAL = re.compile(r"(-?[0-9]+)[.,]([0-9]+)")
MARKED = re.compile(r"'(.+)|=\"(.+)\"", re.DOTALL)
"""A value with a spreadsheet's mark for text: ``'01001``, ``="01001"``."""
SERIAL = re.compile(r"[1-7][0-9]{4}")
"""The days of a spreadsheet that are dates in practice: 1927 to 2119."""
SERIAL_DIGITS = 5
LONG, EXACT, SHOWN = 12, 15, 6
"""Digits of a whole number from which a spreadsheet shows a power, digits that it keeps, and digits that it shows."""
MOST_CHARACTERS = 32
"""A longer text is no code, and a zero in it no loss."""
GROUP_MARKS = " '.,\u00a0\u2009\u2019\u202f"
"""Between the thousands of a number: blanks of several widths, straight and curly apostrophes, point and comma."""
MOST_DECIMALS = 6
"""Zeros behind a decimal mark that a program adds to a whole number: ``7.0``, ``7.000000``."""

_MOST_ZEROS = 3
"""Zeros that are tried where a code lost some."""

_GROUP = re.compile(r"[0-9]+")
_LED_GROUP = re.compile(r"(?<![0-9])0+(?=[0-9])")
_ZERO_GROUP = re.compile(r"(?<![0-9])0[0-9]+")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_GROUPED = re.compile(rf"([0-9]{{1,3}}([{GROUP_MARKS}])[0-9]{{3}}(?:\2[0-9]{{3}})*)(?:[.,]0{{1,{MOST_DECIMALS}}})?")
_WITH_DECIMALS = re.compile(rf"([0-9]+)[.,]0{{1,{MOST_DECIMALS}}}")
_PARTS = re.compile(r"([0-9]{1,4})[-/. ]([0-9]{1,4})(?:[-/. ]([0-9]{1,4}))?")
_NAMED = re.compile(r"([A-Za-z]{3,9})[-/. ]?([0-9]{1,4})|([0-9]{1,4})[-/. ]?([A-Za-z]{3,9})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAY_ZERO = datetime.date(1899, 12, 30)
_LAST_MONTH, _LAST_DAY = 12, 31


class CodeDamage(StrEnum):
    """What happened to a code."""

    ZEROS_BEHIND = "zeros behind the decimal mark are gone"
    ZEROS_AROUND = "zeros in front and behind the decimal mark are gone"
    ZEROS_WITHIN = "zeros within the code are gone"
    MARKED = "a spreadsheet's mark for text is in front"
    ROUNDED = "the last digits became zeros"
    DATED = "a code became a date"
    GROUPED = "marks were put between the thousands of a code"
    DECIMALS = "a decimal was put behind a code"
    ZEROS_IN_FRONT = "codes have more or fewer zeros in front"


MISSING_WORDS = ("NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "nan", "NaN")
"""Values that programs read as missing ones by default, although they may be codes: ``NA`` is Namibia. The list is the
part of pandas' ``read_csv`` (``na_values``) and of R's ``read.csv`` (``na.strings``) that occurs in tables."""
LONGEST_CODE = 12
"""Characters of a text that may be a code."""


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The damage that a column's usual values can suffer.

    ``behind``: there are texts such as ``1.10``; ``group``: the digits of the shortest group with a zero in front, 0 if
    there is none; ``marked``: no value begins like ``'01001``; ``dated``: no value is a date, ``serials``: nor a number
    of five digits. ``whole``: there are whole numbers, none of them with marks between its thousands or with decimals;
    ``lengths``: the digits that they have, empty if none has a zero in front.
    """

    behind: bool = False
    group: int = 0
    marked: bool = False
    dated: bool = False
    serials: bool = False
    whole: bool = False
    lengths: frozenset[int] = frozenset()

    @classmethod
    def of(cls, values: Iterable[object]) -> Sensitive:
        """From some values of the column.

        >>> Sensitive.of(["DE-01", "1.10"])
        Sensitive(behind=True, group=2, marked=True, dated=True, serials=True, whole=False, lengths=frozenset())
        """
        texts = [value for value in values if isinstance(value, str)]
        groups = [len(group) for text in texts if _is_compound(text) for group in _ZERO_GROUP.findall(text)]
        dated = bool(texts) and not look_like_days(texts)
        numbers = [text for text in texts if _is_digits(text)]
        is_zero_led = any(text.startswith("0") for text in numbers if len(text) > 1)
        return cls(
            any(DECIMAL.fullmatch(text) for text in texts),
            min(groups, default=0),
            bool(texts) and not any(MARKED.match(text) for text in texts),
            dated,
            dated and not any(len(text) == SERIAL_DIGITS for text in numbers),
            bool(numbers) and not any(_GROUPED.fullmatch(text) or _WITH_DECIMALS.fullmatch(text) for text in texts),
            frozenset(len(text) for text in numbers) if is_zero_led else frozenset(),
        )


@dataclass(frozen=True, slots=True)
class ChangedCode:
    """A code of the table, and what the file has instead."""

    damage: CodeDamage
    old: str
    new: str


def changed(old: Iterable[str], new: Sequence[str]) -> tuple[ChangedCode, ...]:
    """The new values that are old ones with one kind of damage.

    >>> [(one.old, one.new) for one in changed(["1.10", "DE-01", "2-1"], ["1.1", "DE-1", "2024-02-01", "x"])]
    [('1.10', '1.1'), ('DE-01', 'DE-1'), ('2-1', '2024-02-01')]
    """
    known = _Known()
    for value in old:
        known.add(value)
    codes = (known.before(value) for value in new)
    return tuple(one for one in codes if one is not None)


@dataclass(slots=True)
class _Known:
    """The old values by the forms in which damage can be recognised."""

    values: set[str] = field(default_factory=set)
    forms: dict[tuple[CodeDamage, str], str] = field(default_factory=dict)
    """The longest of those that have a form in common: what became of it is shorter."""
    days: dict[tuple[int, int], str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Whole numbers by their digits without the zeros in front."""
    wholes: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    is_sorted: bool = False

    def add(self, value: str) -> None:
        self.values.add(value)
        for damage, form_of in _FORMS.items():
            form = form_of(value)
            if form is not None and form != value:
                before = self.forms.setdefault((damage, form), value)
                self.forms[damage, form] = max(before, value, key=len)
        for day in _readings(value):
            self.days.setdefault(day, value)
        if _is_digits(value) and len(value) <= MOST_CHARACTERS:
            self.numbers.setdefault(_without_zeros_in_front(value), value)
        if _is_digits(value) and len(value) >= LONG:
            self.wholes[len(value)].append(int(value))

    def before(self, new: str) -> ChangedCode | None:
        """The old value that a new one was."""
        if match := MARKED.fullmatch(new):
            inner = match[1] or match[2]
            return ChangedCode(CodeDamage.MARKED, inner, new) if inner in self.values or _is_digits(inner) else None
        for damage, number in _whole_numbers(new):
            code = self.numbers.get(_without_zeros_in_front(number))
            if code is not None and code != new:
                return ChangedCode(damage, code, new)
        for damage, form_of in _FORMS.items():
            before = self.forms.get((damage, form_of(new) or ""), "")
            if len(before) > len(new):
                return ChangedCode(damage, before, new)
        if (day := _day_of(new)) and (code := self.days.get(day)):
            return ChangedCode(CodeDamage.DATED, code, new)
        whole = self._rounded(new) if is_round(new) else None
        return ChangedCode(CodeDamage.ROUNDED, whole, new) if whole else None

    def _rounded(self, new: str) -> str | None:
        """A whole number that differs from the new one only in the digits that became zeros."""
        if not self.is_sorted:
            for numbers in self.wholes.values():
                numbers.sort()
            self.is_sorted = True
        unit, number = 10 ** (len(new) - len(new.rstrip("0"))), int(new)
        numbers = self.wholes.get(len(new), [])
        at = bisect_left(numbers, number - unit + 1)
        return str(numbers[at]) if at < len(numbers) and abs(numbers[at] - number) < unit else None


def is_round(number: str) -> bool:
    """Whether the digits of a long whole number end in the zeros that rounding leaves.

    >>> is_round("1234570000000000"), is_round("1234567890123450"), is_round("1234567890123")
    (True, True, False)
    """
    if not _is_digits(number) or len(number) < LONG:
        return False
    digits = len(number.rstrip("0"))
    return 0 < digits <= SHOWN or (digits <= EXACT < len(number))


def candidates(new: str) -> frozenset[str]:
    """Codes that a value may have been, except for rounding, which leaves too many.

    >>> sorted(candidates("DE-1"))
    ['DE-0001', 'DE-001', 'DE-01']
    >>> "MARCH1" in candidates("2024-03-01"), "2-1" in candidates("02.01.2024")
    (True, True)
    """
    variants: set[str] = set()
    if match := MARKED.fullmatch(new):
        return frozenset((match[1] or match[2],))
    for _, number in _whole_numbers(new):
        variants.update(_with_zeros_in_front(number))
    if _without_zeros_behind(new) == new:
        variants.update(_with_zeros_around(new))
    if _is_compound(new):
        variants.update(_padded(new))
    if day := _day_of(new):
        year = re.search("[0-9]{4}", new)
        variants.update(_codes_of_day(*day, int(year[0]) if year and not SERIAL.fullmatch(new) else 0))
    return frozenset(variants - {new})


def _padded(value: str) -> Iterator[str]:
    """The value with zeros in front of one of its groups of digits, or of all."""
    for width in range(2, 2 + _MOST_ZEROS):
        yield _GROUP.sub(lambda group, width=width: group[0].zfill(width), value)  # type: ignore[misc]
        for group in _GROUP.finditer(value):
            yield value[: group.start()] + group[0].zfill(width) + value[group.end() :]


def _codes_of_day(month: int, day: int, year: int) -> Iterator[str]:
    name = _MONTHS[month - 1].upper()
    for number in {str(day), f"{day:02}"}:
        yield from (f"{word}{gap}{number}" for word in (name, name[:3], name[:4]) for gap in ("", "-", "/", " "))
    pairs = [(month, day), (day, month), *([(month, year), (year, month)] if year and day == 1 else [])]
    for one, other in pairs:
        yield from (f"{one}{gap}{other}" for gap in "-/.")
        yield from (f"{one:02}{gap}{other:02}" for gap in "-/.")


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _whole_numbers(new: str) -> Iterator[tuple[CodeDamage, str]]:
    """The whole numbers that a program may have written in this way; ``1.000`` may be 1000 or 1.

    >>> [number for _, number in _whole_numbers("1.000")], [number for _, number in _whole_numbers("1000")]
    (['1000', '1'], [])
    """
    if match := _GROUPED.fullmatch(new):
        yield CodeDamage.GROUPED, match[1].replace(match[2], "")
    if match := _WITH_DECIMALS.fullmatch(new):
        yield CodeDamage.DECIMALS, match[1]
    if _is_digits(new) and new.startswith("0"):
        yield CodeDamage.ZEROS_IN_FRONT, new


def _without_zeros_in_front(number: str) -> str:
    return number.lstrip("0") or "0"


def _with_zeros_in_front(number: str) -> Iterator[str]:
    """The number with no zero in front, with as many as it has, and with a few more."""
    bare = _without_zeros_in_front(number)
    return (bare.zfill(width) for width in range(len(bare), len(number) + 1 + _MOST_ZEROS))


def _without_zeros_behind(value: str) -> str | None:
    match = DECIMAL.fullmatch(value)
    if match is None:
        return value if value.removeprefix("-").isdigit() else None
    fraction = match[2].rstrip("0")
    return value[: len(match[1]) + 1] + fraction if fraction else match[1]


def _without_zeros_around(value: str) -> str | None:
    """A decimal number without the zeros that number formats leave out: ``01.10`` and ``1.1`` have that in common."""
    match = DECIMAL.fullmatch(value)
    bare = _without_zeros_behind(value)
    if match is None or bare is None or value.startswith("-"):
        return bare
    return _without_zeros_in_front(match[1]) + bare[len(match[1]) :]


def _with_zeros_around(number: str) -> Iterator[str]:
    """The number with a few zeros behind its decimal mark, and in front too."""
    marked = [number] if DECIMAL.fullmatch(number) else [f"{number}.", f"{number},"]
    for text in marked:
        yield from (f"{text}{'0' * zeros}" for zeros in range(1, _MOST_ZEROS + 1))
        if text[-1].isdigit():
            yield from (f"{'0' * led}{text}{'0' * zeros}" for led in range(1, 3) for zeros in range(_MOST_ZEROS + 1))


def _without_zeros_within(value: str) -> str | None:
    return _LED_GROUP.sub("", value) if _is_compound(value) else None


_FORMS: dict[CodeDamage, Callable[[str], str | None]] = {
    CodeDamage.ZEROS_BEHIND: _without_zeros_behind,
    CodeDamage.ZEROS_AROUND: _without_zeros_around,
    CodeDamage.ZEROS_WITHIN: _without_zeros_within,
}


def _is_compound(value: str) -> bool:
    """Whether a value may be a code of several parts; neither digits alone nor a decimal number are."""
    return len(value) <= MOST_CHARACTERS and not value.isdigit() and DECIMAL.fullmatch(value) is None


def _day_of(value: str) -> tuple[int, int] | None:
    """Month and day of a date, or of a day number; ``01/02/2024`` is read month first."""
    if SERIAL.fullmatch(value):
        day = _DAY_ZERO + datetime.timedelta(days=int(value))
        return day.month, day.day
    match = _DATE.match(value)
    if match is None:
        return None
    first, second = (int(match[at]) for at in ((2, 3) if match[1] else (4, 5)))
    return (second, first) if first > _LAST_MONTH else (first, second)


def _readings(code: str) -> set[tuple[int, int]]:
    """The months and days that a spreadsheet may see in a code: ``2-1`` is 2 January or 1 February.

    >>> sorted(_readings("2-1")), sorted(_readings("MARCH1")), sorted(_readings("1/2024"))
    ([(1, 2), (2, 1)], [(3, 1)], [(1, 1)])
    """
    days: set[tuple[int, int]] = set()
    if match := _NAMED.fullmatch(code):
        name, number = (match[1], int(match[2])) if match[1] else (match[4], int(match[3]))
        month = _month(name)
        days = {(month, number), (month, 1)} if month else days
        return {(month, day) for month, day in days if _is_day(month, day)}
    if (match := _PARTS.fullmatch(code)) and not _DATE.fullmatch(code):
        numbers = [int(part) for part in match.groups() if part]
        days = {(one, other) for at, one in enumerate(numbers) for to, other in enumerate(numbers) if at != to}
        days |= {(one, 1) for one in numbers if max(numbers) > _LAST_DAY}
    return {(month, day) for month, day in days if _is_day(month, day)}


def _month(name: str) -> int:
    """A month by its English name, whole or cut; 0 for any other word."""
    return next((at for at, month in enumerate(_MONTHS, 1) if month.startswith(name.lower())), 0)


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= _LAST_MONTH and 1 <= day <= _LAST_DAY
