"""Tables that take no more files: a person retired, renamed or deleted them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from refdata.core.errors import ClosedTableError


class Closure(StrEnum):
    """Why a table takes no more files."""

    RETIRED = "retired"
    RENAMED = "renamed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ClosedTable:
    """A table that takes no more files, since when, by whose wish and why. ``closed_at`` is UTC.

    Files for a renamed table go to ``new_name``; those for the others are refused until the table is opened again.
    """

    table_name: str
    state: Closure
    new_name: str | None
    closed_at: datetime
    closed_by: str
    reason: str


Closed = Mapping[str, ClosedTable]
"""The closed tables by name."""


def current_name(closed: Closed, table: str) -> str:
    """The name that a table has now, after any number of renamings.

    >>> when = datetime(2026, 1, 1)
    >>> renamed = ClosedTable("lands", Closure.RENAMED, "countries", when, "ada", "plain English")
    >>> current_name({"lands": renamed}, "lands"), current_name({"lands": renamed}, "rates")
    ('countries', 'rates')
    """
    seen = set()
    while (entry := closed.get(table)) is not None and entry.new_name is not None and table not in seen:
        seen.add(table)
        table = entry.new_name
    return table


def former_names(closed: Closed, table: str) -> frozenset[str]:
    """The names that a table had before; files may still have them."""
    return frozenset(name for name in closed if name != table and current_name(closed, name) == table)


def require_open(closed: Closed, table: str) -> None:
    """Checks that a table takes files.

    :raises ClosedTableError: when it was retired or deleted.
    """
    entry = closed.get(table)
    if entry is None or entry.state is Closure.RENAMED:
        return
    raise ClosedTableError(
        f"{entry.closed_by} {entry.state} the table {table} on {entry.closed_at:%Y-%m-%d}: {entry.reason}",
        where=table,
        advice="Have the table opened again on its page and drop the file again, or name it for another table.",
    )
