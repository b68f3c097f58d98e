"""How dates and times are written, by the patterns of Table Schema (``%d/%m/%Y``), those of ``strptime``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from refdata.core.contractterms import FieldType

if TYPE_CHECKING:
    from refdata.core.filemodel import Notation

_DAY = r"%[dmYybB](?P<mark>[-/. ]?)%[dmYybB](?P=mark)%[dmYybB]"
_CLOCK = r"(?P<hour>%[HI]):%M(?::%S(?:\.%f)?)?(?P<half> ?%p)?"
_ZONE = r"(?P<zone>Z|%z)?"
_PATTERNS = {
    FieldType.DATE: re.compile(_DAY),
    FieldType.DATETIME: re.compile(rf"{_DAY}(?:[ T]{_CLOCK}{_ZONE})?"),
    FieldType.TIME: re.compile(_CLOCK),
}
_DEFAULTS = {FieldType.DATE: "%Y-%m-%d", FieldType.DATETIME: "%Y-%m-%dT%H:%M:%S", FieldType.TIME: "%H:%M:%S"}
_ORDERS = ("ymd", "dmy", "mdy")
UNDECIDED = ("", "any")
"""Formats that say nothing about how values are written."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """The meaning of a pattern: ``order`` is ``ymd``, ``dmy`` or ``mdy``, ``""`` for a time of day; ``separator`` is
    between the three; ``year_digits`` is 4 or 2; ``month_words``: months are written as words; ``hours`` is 24, or 12
    with AM and PM; ``zoned``: a zone follows.
    """

    order: str = ""
    separator: str = ""
    year_digits: int = 4
    month_words: bool = False
    hours: int = 24
    zoned: bool = False


def format_of(kind: FieldType, notation: Notation) -> str | None:
    """The pattern of dates and times, where their order and separator alone do not say how they are written."""
    plain = (notation.year_digits, notation.month_names, notation.hours, notation.zone) == (4, "", 24, "")
    return None if plain or kind not in _DEFAULTS else pattern_of(kind, notation)


def pattern_of(kind: FieldType, notation: Notation) -> str:
    """The pattern for values of a notation.

    >>> from refdata.core.filemodel import Notation
    >>> pattern_of(FieldType.DATE, Notation(date_order="dmy", date_separator=".", year_digits=2))
    '%d.%m.%y'
    """
    clock = "%I:%M:%S %p" if notation.hours == 12 else "%H:%M:%S"
    if kind is FieldType.TIME:
        return clock
    parts = {"y": "%Y" if notation.year_digits == 4 else "%y", "m": "%b" if notation.month_names else "%m", "d": "%d"}
    day = notation.date_separator.join(parts[letter] for letter in notation.date_order)
    return day if kind is FieldType.DATE else f"{day} {clock}{'%z' if notation.zone else ''}"


def date_format(kind: FieldType, text: str) -> DateFormat | None:
    """The meaning of a field's format; None where it cannot be read.

    >>> date_format(FieldType.DATE, "%d.%m.%Y")
    DateFormat(order='dmy', separator='.', year_digits=4, month_words=False, hours=24, zoned=False)
    >>> date_format(FieldType.DATE, "%d %j") is None
    True
    """
    written = _DEFAULTS[kind] if text == "default" else text.removeprefix("fmt:")
    match = _PATTERNS[kind].fullmatch(written)
    if match is None:
        return None
    parts = match.groupdict()
    order, letters = "", re.findall(r"%([dmYybB])", written) if kind is not FieldType.TIME else []
    if letters:
        order = "".join("m" if letter in "bB" else letter.lower() for letter in letters[:3])
        if order not in _ORDERS:
            return None
    hours = 12 if parts.get("hour") == "%I" else 24
    if (hours == 12) is not bool(parts.get("half")):
        return None
    return DateFormat(
        order,
        parts.get("mark") or "",
        2 if "y" in letters[:3] else 4,
        any(letter in "bB" for letter in letters[:3]),
        hours,
        bool(parts.get("zone")),
    )
