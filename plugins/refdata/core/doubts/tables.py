"""Whether a file that would create a new table belongs to an existing one: misspelt, copied or renamed. Pure.

Two signs are needed, because code lists have much in common (``code,name``): the columns, and either the name or the
values. A table with other columns never raises a question, and neither does the first table of its kind.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.contractterms import QuestionKind
from refdata.core.filemodel import ScannedColumn
from refdata.core.matching import TableMatch, rank_tables
from refdata.core.model import Table
from refdata.core.naming import fold_name
from refdata.core.questions import REFUSE, Choice, Outcome, Question
from refdata.core.siblings import lasting_words

SAME_COLUMNS = 0.9
"""Share of the table's columns that the file must have, and of the file's columns that the table must have."""
LIKE_COLUMNS = 0.7
"""The same share where the names are nearly equal."""
LIKE_NAME = 0.85
"""How similar the letters of two names must be to count as a typo."""
LONG_NAME = 6
"""Names with at least this many letters are long enough to recognise a typo."""

_NUMBERS = re.compile(r"\d+")
_NUMBERED_COPY = re.compile(r"\(\d+\)\.[^.]*$")
"""How browsers and file managers count copies: ``rates (2).csv``."""


@dataclass(frozen=True, slots=True)
class _LookAlike:
    """A table that a file for a new table seems to belong to, and why, as sentences."""

    match: TableMatch
    reasons: tuple[str, ...]

    @property
    def table(self) -> str:
        """The table's own name."""
        return self.match.table.name


def look_alikes(
    wanted: str, columns: Sequence[ScannedColumn], tables: Sequence[Table], file_name: str = ""
) -> tuple[_LookAlike, ...]:
    """The tables that a file for the new table ``wanted`` seems to belong to, the best match first."""
    copies = _NUMBERED_COPY.search(file_name) is not None
    candidates = (_look_alike(wanted, len(columns), match, copies) for match in rank_tables(columns, tables))
    return tuple(sorted(filter(None, candidates), key=lambda one: (-len(one.reasons), -one.match.score, one.table)))


def _look_alike(wanted: str, width: int, match: TableMatch, copies: bool) -> _LookAlike | None:
    least = min(match.share, len(match.matched) / max(width, 1))
    if least < LIKE_COLUMNS:
        return None
    name = _name_sign(wanted, match.table.name, least, copies)
    if not name:
        return None
    columns = f"It has {len(match.matched)} of the {width} columns of the file."
    return _LookAlike(match, (columns, name))


def _name_sign(wanted: str, table: str, columns: float, copies: bool) -> str:
    """Why the names belong together: one contains the words of the other, they are two deliveries of one thing, or one
    is a typo away from the other."""
    if _within(_words(table), _words(wanted)) and columns >= SAME_COLUMNS:
        return f"The file's name contains the name {table}."
    if columns >= SAME_COLUMNS and _are_siblings(wanted, table, copies):
        return f"The names {wanted} and {table} differ in a period, a version or the mark of a copy only."
    return f"The names {wanted} and {table} differ by a few letters." if _is_slip(wanted, table) else ""


def _are_siblings(one: str, other: str, copies: bool) -> bool:
    words = lasting_words(one, numbered_copy=copies)
    return bool(words) and words == lasting_words(other, numbered_copy=copies)


def _is_slip(one: str, other: str) -> bool:
    """Whether two names differ by a typo. Different numbers are not a typo, and short names differ by too little."""
    if min(len(one), len(other)) < LONG_NAME or _NUMBERS.sub("", one) == _NUMBERS.sub("", other):
        return False
    return difflib.SequenceMatcher(None, fold_name(one), fold_name(other), autojunk=False).ratio() >= LIKE_NAME


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold_name(name))


def _within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether the words of one name occur in sequence in the other, possibly beside further words."""
    starts = range(len(long) - len(short) + 1)
    return bool(short) and any(list(long[at : at + len(short)]) == list(short) for at in starts)


def new_table_question(
    file_name: str, wanted: str, alike: Sequence[_LookAlike], *, always: bool = False
) -> Question | None:
    """Asks where to load a file that would create a new table; None if nothing suggests another table.

    :param always: ask even where no table is similar (``new_tables = hold``).
    """
    if not alike and not always:
        return None
    routes = tuple(_route(one.table, file_name) for one in alike[:3])
    make = Choice("create", f"Create table {wanted}", f"A new table {wanted} is created from this file.")
    best = f" {alike[0].table} has the same columns. Load it there?" if alike else " Create it?"
    evidence = [f"{one.table}: {' '.join(one.reasons)}" for one in alike[:3]] or ["No table has similar columns."]
    return Question(
        QuestionKind.NEW_TABLE,
        wanted,
        f"{file_name} would create the new table {wanted}.{best}",
        tuple(evidence),
        (*routes, make, REFUSE),
    )


def _route(table: str, file_name: str) -> Choice:
    return Choice(
        f"into_{table}",
        f"Load it into {table}",
        f"{file_name} is loaded into {table}, under that table's rules.",
        Outcome.ROUTE,
        table=table,
        keepable=True,
    )
