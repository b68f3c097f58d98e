"""Classifies the text of one cell, to distinguish dialects.

This is not column typing (the reader does that in a full scan): it only checks whether a piece of text
looks like the content of one cell.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


class CellType(IntEnum):
    """The kinds of cell, the weakest last."""

    EMPTY = 0
    INTEGER = 1
    DECIMAL = 2
    DATE = 3
    TIME = 4
    MEASURE = 5
    """A number with a percent sign, a currency or a unit."""
    BOOLEAN = 6
    LINK = 7
    """A web or mail address, a path."""
    CODE = 8
    """One word: letters, digits and connecting characters, no space."""
    TEXT = 9
    BROKEN = 10
    """A piece cut out of something larger: a lone quote or bracket, or other delimiters in it."""


NUMERIC = frozenset({CellType.INTEGER, CellType.DECIMAL, CellType.MEASURE})
TYPED = frozenset(
    {
        CellType.INTEGER,
        CellType.DECIMAL,
        CellType.DATE,
        CellType.TIME,
        CellType.MEASURE,
        CellType.BOOLEAN,
        CellType.LINK,
    }
)

_CURRENCY = "[$€£¥₽₹¢]|USD|EUR|GBP|CHF|Kč|kr|zł|R\\$"
_NUMBER = r"[+-]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:[.,\u00a0\u202f' ]\d{3})+(?:[.,]\d+)?|[.,]\d+)"
_DAY = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[- ]?[A-Za-zé]{3,9}\.?[- ,]{0,2}\d{2,4}|[A-Za-zé]{3,9}\.? \d{1,2},? \d{4})"
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,:]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_KINDS = (
    (CellType.INTEGER, r"[+-]?\d{1,20}"),
    (CellType.DECIMAL, rf"{_NUMBER}(?:[eE][+-]?\d{{1,3}})?|[+-]?(?:nan|NaN|NAN|inf|Inf)"),
    (CellType.DATE, rf"{_DAY}(?:[T ]{_CLOCK})?|\d{{8}}T\d{{4,6}}Z?"),
    (CellType.TIME, rf"{_CLOCK}|P(?:\d+[YMWDHS]|T(?=\d))+"),
    (
        CellType.MEASURE,
        rf"(?:{_CURRENCY}) ?{_NUMBER}|{_NUMBER} ?(?:%|‰|{_CURRENCY})|\({_NUMBER}\)|[-+]?(?:{_CURRENCY}){_NUMBER}",
    ),
    (CellType.BOOLEAN, r"(?i:true|false|yes|no|y|n|t|f|on|off)"),
    (
        CellType.LINK,
        r"(?:https?|ftp|file|mailto)://?\S+|www\.\S+|[\w.%+-]+@[\w-]+(?:\.[\w-]+)+|(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?",
    ),
    (CellType.CODE, r"[\w#*@&$%~^+=<>!?./:\\-]+"),
)
_PATTERN = re.compile("|".join(f"(?P<k{int(kind)}>{pattern})" for kind, pattern in _KINDS))
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


@lru_cache(maxsize=1 << 16)
def cell_type(cell: str) -> CellType:
    """The kind of a cell's text, blanks around it aside. Long cells count as text without closer examination."""
    text = cell.strip()
    if not text:
        return CellType.EMPTY
    if len(text) > 200:
        return CellType.TEXT
    if match := _PATTERN.fullmatch(text):
        return CellType(int(match.lastgroup[1:])) if match.lastgroup else CellType.TEXT
    return CellType.BROKEN if _is_broken(text) else CellType.TEXT


def _is_broken(text: str) -> bool:
    if text.count('"') % 2:
        return True
    return any(text.count(opening) != text.count(closing) for opening, closing in _PAIRS)
