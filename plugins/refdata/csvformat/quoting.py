"""Where the quote characters stand: at the boundaries of fields, or anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from refdata.csvformat.dialects import Row

QUOTES = ('"', "'")
LOOKED_AT = 4000
"""Runs of quote characters that are looked at; more would tell nothing new."""


@dataclass(frozen=True, slots=True)
class QuoteUse:
    """Counts of runs of a quote character under one delimiter.

    ``opening`` runs stand at the start of a field, ``closing`` ones at its end, ``doubled`` ones are
    pairs inside, ``stray`` ones are none of these.
    """

    opening: int = 0
    closing: int = 0
    doubled: int = 0
    stray: int = 0

    @property
    def total(self) -> int:
        """All runs."""
        return self.opening + self.closing + self.doubled + self.stray

    @property
    def placed(self) -> float:
        """The share of runs that stand where quotes belong; 1 where there are none."""
        return 1 - self.stray / self.total if self.total else 1.0

    @property
    def quotes_fields(self) -> bool:
        """Whether the character encloses fields at all."""
        return self.opening > 0 and self.closing > 0


def quote_use(text: str, delimiter: str, quote: str) -> QuoteUse:
    """How a text uses a quote character under a delimiter."""
    counts = {"opening": 0, "closing": 0, "doubled": 0, "stray": 0}
    for number, run in enumerate(_runs(quote).finditer(text)):
        if number >= LOOKED_AT:
            break
        counts[_place(text, run, delimiter)] += 1
    return QuoteUse(**counts)


def _place(text: str, run: re.Match[str], delimiter: str) -> str:
    before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
    starts = before in {"", "\n", "\r", delimiter, "\ufeff"}
    ends = after in {"", "\n", "\r", delimiter}
    if starts:
        return "opening"
    if ends:
        return "closing"
    return "doubled" if len(run["quotes"]) % 2 == 0 or before == "\\" else "stray"


@lru_cache
def _runs(quote: str) -> re.Pattern[str]:
    return re.compile(rf" *(?P<quotes>{quote}+) *")


def escape_for(text: str, delimiter: str, quote: str) -> str:
    """The escape character: a backslash, or ``""`` for doubled quotes and none.

    A backslash before a quote that neither closes a field nor is doubled escapes it. Where no quote
    encloses a field and each apostrophe has its backslash, the writer escaped for apostrophes as quotes.
    """
    if "\\" + quote not in text:
        return ""
    escaped = len(re.findall(rf"\\{quote}(?![{quote}{re.escape(delimiter)}\r\n]|\Z)", text))
    doubled = len(re.findall(rf"\\{quote}{quote}", text))
    return "\\" if escaped > doubled else ""


def broken_fields(rows: Sequence[Row], quote: str) -> int:
    """Fields that a wrong quote leaves: with a line ending and a row's length of text in them, and a quote."""
    if not quote:
        return 0
    return sum(1 for row in rows for cell in row.cells if quote in cell and "\n" in cell)
