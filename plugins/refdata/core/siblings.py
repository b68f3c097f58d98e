"""The parts of a file's name that change from one delivery to the next: periods, versions, marks of copies. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from refdata.core.monthnames import MONTH_LANGUAGES, month_numbers

_TOKENS = re.compile(r"[^\W\d_]+|\d+")
_DATE = re.compile(
    r"(?:19|20)\d\d|(?:19|20)?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])20\d\d"
)
"""A year, a year and a month, or a day; the digits of 241201 and of 01122024 too."""
_COUNTED = frozenset(
    (
        *("q", "qu", "quarter", "quartal", "trim", "h", "half", "halbjahr", "w", "kw", "cw", "wk", "week", "woche"),
        *("semaine", "fy", "gj", "v", "ver", "vers", "version", "rev", "revision", "release", "rel", "run", "lauf"),
        *("nr", "no", "part", "teil", "day", "tag"),
    )
)
"""Words that give a number its meaning: the third quarter, the second version."""
_MARKS = frozenset(
    (
        *("copy", "copies", "kopie", "copie", "copia", "kopia", "final", "finale", "fin", "new", "neu", "nouveau"),
        *("nuevo", "old", "alt", "draft", "entwurf", "latest", "current", "aktuell", "update", "updated", "upd"),
        *("corrected", "korrigiert", "fixed", "backup", "bak", "export", "download", "orig", "original", "of", "von"),
    )
)
"""Words for a copy or a state of the same file."""
_SHORT_NAMES = ("en", "de")
"""Languages whose months count in three letters too; other words are as short in the others."""


def lasting_words(name: str, *, numbered_copy: bool = False) -> tuple[str, ...]:
    """The words of a table's or a file's name that stay the same from one delivery to the next.

    :param numbered_copy: whether a number at the end counts the copies of a file, as in ``rates (2).csv``.

    >>> lasting_words("rates_dec2024"), lasting_words("rates_q4"), lasting_words("kurse_märz_24_v2")
    (('rates',), ('rates',), ('kurse',))
    >>> lasting_words("zone_2"), lasting_words("zone_2", numbered_copy=True), lasting_words("2024")
    (('zone', '2'), ('zone',), ())
    """
    tokens = _TOKENS.findall(unicodedata.normalize("NFKC", name).casefold())
    changing = [_changes(token) for token in tokens]
    last = len(tokens) - 1
    for at, token in enumerate(tokens):
        if token.isdigit() and len(token) < 3:
            beside = changing[at - 1 : at] + changing[at + 1 : at + 2]
            counted = at > 0 and tokens[at - 1] in _COUNTED
            changing[at] = any(beside) or counted or (numbered_copy and at == last)
        elif token in _COUNTED:
            changing[at] = at < last and tokens[at + 1].isdigit()
    return tuple(token for token, changes in zip(tokens, changing, strict=True) if not changes)


def _changes(token: str) -> bool:
    if token.isdigit():
        return _DATE.fullmatch(token) is not None
    return token in _MARKS or token in month_names()


@cache
def month_names() -> Mapping[str, int]:
    """The number of each month by its names in file names: lower case, with their accents or without.

    >>> month_names()["dez"], month_names()["maerz"], month_names()["fevrier"], month_names().get("pro")
    (12, 3, 2, None)
    """
    names = {
        name: number
        for language in reversed(MONTH_LANGUAGES)
        for name, number in month_numbers(language).items()
        if len(name) > 3 or language in _SHORT_NAMES
    }
    spelled = {name.replace("ä", "ae"): number for name, number in names.items()}
    return {_plain(name): number for name, number in names.items()} | spelled | names


def _plain(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
