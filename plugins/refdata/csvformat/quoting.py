"""Where the quote characters are: at the boundaries of fields, or anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

QUOTES = ('"', "'")

LOOKED_AT = 4000
"""Runs of quote characters that are examined; more would show nothing new."""


@dataclass(frozen=True, slots=True)
class QuoteUse:
    """Counts of runs of a quote character under one delimiter.

    ``opening`` runs are at the start of a field, ``closing`` ones at its end, ``spaced`` ones are at
    either with blanks between, ``doubled`` ones are pairs inside or come after a backslash, ``stray`` ones
    are none of these. ``enclosed`` counts whole fields between two quotes that are not empty.
    """

    opening: int = 0
    closing: int = 0
    spaced: int = 0
    doubled: int = 0
    stray: int = 0
    enclosed: int = 0

    @property
    def total(self) -> int:
        """All runs."""
        return self.opening + self.closing + self.spaced + self.doubled + self.stray

    @property
    def placed(self) -> float:
        """The share of runs that are where quotes belong (half of it for spaced ones); 1 without any."""
        return 1 - (self.stray + self.spaced / 4) / self.total if self.total else 1.0


def quote_use(text: str, delimiter: str, quote: str) -> QuoteUse:
    """How a text uses a quote character under a delimiter."""
    if not quote or quote not in text:
        return QuoteUse()
    counts = dict.fromkeys(("opening", "closing", "spaced", "doubled", "stray"), 0)
    for number, run in enumerate(_runs(quote).finditer(text)):
        if number >= LOOKED_AT:
            break
        counts[_place(text, run, delimiter)] += 1
    return QuoteUse(**counts, enclosed=sum(1 for _ in _enclosed(delimiter, quote).finditer(text)))


def _place(text: str, run: re.Match[str], delimiter: str) -> str:
    start, end = run.span()
    before, after = start, end
    while before and text[before - 1] == " ":
        before -= 1
    while text.startswith(" ", after):
        after += 1
    starts = before == 0 or text[before - 1] in ("\n", "\r", delimiter, "\ufeff")
    if starts or after == len(text) or text[after] in ("\n", "\r", delimiter):
        near = before == start if starts else after == end
        return ("opening" if starts else "closing") if near else "spaced"
    return "doubled" if (end - start) % 2 == 0 or text[before - 1] == "\\" else "stray"


@lru_cache
def _runs(quote: str) -> re.Pattern[str]:
    return re.compile(f"{quote}+")


@lru_cache
def _enclosed(delimiter: str, quote: str) -> re.Pattern[str]:
    edge = re.escape(delimiter)
    return re.compile(rf"{quote}(?:(?<=[{edge}\r\n]{quote})|(?<=\A{quote}))[^{quote}\r\n]+{quote}(?=[{edge}\r\n]|\Z)")


def escape_for(text: str, delimiter: str, quote: str) -> str:
    """The escape character: a backslash, or ``""`` where quotes are doubled or nothing is escaped.

    A backslash before a quote escapes it, unless that quote is doubled or closes its field, and more of
    them escape than do not. Two quotes before a delimiter are an escaped one and the closing one.
    """
    if not quote or "\\" + quote not in text:
        return ""
    end = rf"[{re.escape(delimiter)}\r\n]|\Z"
    escaped = len(re.findall(rf"\\{quote}(?!{quote}|{end})|\\{quote}{quote}(?={end})", text))
    doubled = len(re.findall(rf"\\{quote}{quote}(?!{end})", text))
    return "\\" if escaped > doubled else ""


def escapes_each(text: str, quote: str) -> bool:
    """Whether each of a text's quote characters has a backslash before it.

    Then its writer escaped quotes, though no field needed to be enclosed.
    """
    count = text.count(quote)
    return count > 0 and text.count("\\" + quote) == count
