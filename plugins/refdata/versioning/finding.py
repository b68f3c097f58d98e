"""Finds a text in the rows of all tables, one table after another, for as long as a caller is willing to wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from refdata.core.browsing import RowRequest
from refdata.core.errors import DataError
from refdata.versioning.browsing import RowCell, RowPage, read_page
from refdata.versioning.locating import Versions

MOST_ROWS = 3
"""Rows of each table that are shown; the table's own page shows the rest."""
MOST_TABLES = 20
"""Tables with such rows in one part of the answer."""
SHORTEST = 2
"""Characters of a text that is sought: a single letter is in nearly every row."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that contains the text; ``at`` are the positions of the columns where its text is seen."""

    cells: tuple[RowCell, ...]
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A table with some of its rows that contain the text."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[FoundRow, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A part of the answer: ``searched`` of ``tables`` tables so far, the last one is ``next``; None at the end."""

    hits: tuple[FoundIn, ...]
    searched: int
    tables: int
    next: str | None


def find(
    versions: Versions, tables: Sequence[str], text: str, after: str, clock: Callable[[], datetime], patience: timedelta
) -> Found:
    """Searches the tables behind ``after``, in their order, until ``patience`` is over; at least one of them.

    :param tables: the names, in the order in which they are searched.
    :raises ValueError: when the text is too short.
    """
    if len(text.strip()) < SHORTEST:
        raise ValueError(f"a text of at least {SHORTEST} characters is sought")
    until, hits = clock() + patience, list[FoundIn]()
    done = sum(1 for one in tables if after and one <= after)
    for table in tables[done:]:
        hits += _in_table(versions, table, text.strip())
        done += 1
        if clock() >= until or len(hits) >= MOST_TABLES:
            break
    return Found(tuple(hits), done, len(tables), tables[done - 1] if 0 < done < len(tables) else None)


def _in_table(versions: Versions, table: str, text: str) -> list[FoundIn]:
    try:
        page = read_page(versions, table, None, RowRequest(search=text, limit=MOST_ROWS))
    except DataError:  # dropped since the ledger named it
        return []
    rows = tuple(FoundRow(row, _at(page, row, text)) for row in page.rows)
    names = tuple(column.name for column in page.columns)
    return [FoundIn(table, names, rows, page.next is not None)] if rows else []


def _at(page: RowPage, row: Sequence[RowCell], text: str) -> tuple[int, ...]:
    """The columns that show the text; the database may call more texts equal, by its collation."""
    sought = text.casefold()
    return tuple(at for at, _ in enumerate(page.columns) if sought in (row[at].text or "").casefold())
