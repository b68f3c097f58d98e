"""The arrivals part of the Python API and the page: what happens in the dropoff folders before a load has its row."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from refdata.core.arrivals import Arrival, NotTaken, arrivals, remedy
from refdata.core.errors import NotInitialisedError, RefdataError
from refdata.core.filetypes import enabled
from refdata.core.model import DroppedFile
from refdata.core.owntables import own_tables
from refdata.core.stability import Rule, WatchState
from refdata.core.tablenames import table_name
from refdata.dropoff import Malformed
from refdata.ingest.context import Deps
from refdata.ledgerreport import LedgerReport, Motion

__all__ = ["MOST_LISTED", "Arrivals", "FolderLook", "Now"]

MOST_LISTED = 50
"""Files that the page lists, of those on their way and of those left where they are; more are only counted."""


@dataclass(frozen=True, slots=True)
class FolderLook:
    """What was in the dropoff folders at a moment.

    ``not_taken`` has the first ``MOST_LISTED`` of the ``not_taken_count`` files that are left where they are. ``fault``
    says why nobody could look.
    """

    files: tuple[DroppedFile, ...] = ()
    not_taken: tuple[NotTaken, ...] = ()
    not_taken_count: int = 0
    at_ns: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that is on its way to a table.

    ``is_known``: Airflow's state store has what the watcher knows; otherwise the checks in ``arriving`` say nothing.
    ``place`` is the folder or address where files are dropped, ``tables`` the table of each of the first
    ``MOST_LISTED`` files in ``arriving``, by path.
    """

    motion: Motion
    look: FolderLook
    arriving: tuple[Arrival, ...]
    is_known: bool
    place: str
    is_bucket: bool
    tables: dict[str, str] = field(default_factory=dict)


class Arrivals:
    """The files that wait in the dropoff folders, as the watcher sees them."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def look(self, before: FolderLook | None = None) -> FolderLook:
        """Looks into the folders, or repeats an earlier look that is recent enough."""
        deps, now = self._deps(), time.time_ns()
        if before is not None and 0 <= now - before.at_ns < deps.dropoff.look_pause * 1e9:
            return before
        try:
            scanned = deps.dropoff.scan()
            left = (*scanned.malformed, *deps.dropoff.overlooked())
        except RefdataError as error:
            return FolderLook(at_ns=now, fault=error.reason)
        types = enabled(deps.settings.file_types)
        not_taken = tuple(_not_taken(one, types) for one in left[:MOST_LISTED])
        return FolderLook(scanned.files, not_taken, len(left), now)

    def now(self, state: WatchState | None, look: FolderLook) -> Now:
        """What is on its way: loads that are not over, and files that are not loads yet.

        :param state: what the watcher stored after its last check; None when that is not known.
        """
        deps = self._deps()
        motion = self._motion(deps)
        taken = {(load.file_path, load.file_identity) for load in motion.loads}
        files = [file for file in look.files if (file.path, file.identity) not in taken]
        found = arrivals(files, state or WatchState(), Rule.of(deps.settings), time.time_ns())
        reserved = own_tables(deps.settings)
        tables = {one.file.path: table_name(one.file.name, reserved=reserved) for one in found[:MOST_LISTED]}
        source = deps.dropoff
        return Now(motion, look, found, state is not None, source.place, not source.shows_unfinished, tables)

    def _motion(self, deps: Deps) -> Motion:
        """Before the first file there is no ledger, but there may be a file."""
        try:
            with self._expected():
                return LedgerReport(deps.warehouse).motion()
        except NotInitialisedError:
            return Motion(0, ())


def _not_taken(place: Malformed, types: frozenset[str]) -> NotTaken:
    return NotTaken(place.path, place.reason, remedy(place.path, place.reason, types), place.changed_ns)
