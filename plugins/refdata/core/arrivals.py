"""Files in the load folders that are not loads yet: how far the watcher's checks are, and what it leaves alone. Pure.

Nothing here is estimated from a file's age: the counts are the watcher's own, as it stored them after its last check.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.dropnames import LOAD_FOLDERS, is_candidate, is_temporary
from refdata.core.filetypes import FILE_TYPES, ending, listed
from refdata.core.model import DroppedFile
from refdata.core.stability import Phase, Rule, Watched, WatchState, digest, remaining_ns

SECOND = 1_000_000_000
FOLDER_OF_FILES = "it is a folder with files: only files directly in the load folder are loaded"
PATIENCE = 60 * SECOND
"""How much later than announced a check may come: a new watch run has to start in between."""
STARTING_PATIENCE = 300 * SECOND
"""The same while loads of released files are started, which may take minutes for hundreds: nothing is watched then."""


class Progress(StrEnum):
    """How far a file is on its way to its load."""

    CHECKING = "checking"
    STARTING = "starting"
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in a load folder that no load has taken up.

    ``checks`` of ``needed`` found it unchanged; ``seconds`` until its load is started, if it stays so. ``unwatched``:
    no check came when one was due, so both say nothing about what happens next, and ``seconds`` is None.
    """

    file: DroppedFile
    progress: Progress
    checks: int
    needed: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Something in the dropoff folders that is never loaded where it is, why, and what to do. Safe to show."""

    path: str
    reason: str
    advice: str
    changed_ns: int = 0


def arrivals(files: Iterable[DroppedFile], state: WatchState, rule: Rule, now_ns: int) -> tuple[Arrival, ...]:
    """How far each file is, the one whose load starts first at the beginning.

    :param state: what the watcher knew after its last check.
    """
    found = [_arrival(file, state, rule, now_ns) for file in files]
    return tuple(sorted(found, key=lambda one: (one.seconds is None, one.seconds or 0, one.file.order, one.file.path)))


def remedy(path: str, reason: str, types: Collection[str]) -> str:
    """What to do about something that is not taken up.

    >>> remedy("reference_data_table/fullload/rates.xlsx", "not enabled", {"csv"})
    'Save it as a .csv file, or ask for .xlsx files to be switched on (setting file_types).'
    """
    folder, _, name = path.rpartition("/")
    if reason == FOLDER_OF_FILES:
        return "Move the files up into the load folder, or delete the folder."
    if is_temporary(name):
        return "Give it its final name when it is complete. Delete it if it was left behind."
    if folder not in LOAD_FOLDERS:
        return "Move it into the load folder that it is for."
    if is_candidate(name, FILE_TYPES) and not is_candidate(name, types):
        other = f"ask for {ending(name)} files to be switched on (setting file_types)"
        return f"Save it as a {listed(types)} file, or {other}."
    if not is_candidate(name, types):
        return f"If it is data, save it as a {listed(types)} file."
    return "Put a plain file with the data there, under a plain name."


def _arrival(file: DroppedFile, state: WatchState, rule: Rule, now_ns: int) -> Arrival:
    watched = state.files.get(digest(file.path))
    if watched is None or watched.identity != digest(file.identity):
        return _unseen(file, state, rule, now_ns)
    if watched.phase is not Phase.WAITING:
        return Arrival(file, Progress.STARTING, rule.checks, rule.checks, 0.0)
    return _waiting(file, watched, state, rule, now_ns)


def _waiting(file: DroppedFile, watched: Watched, state: WatchState, rule: Rule, now_ns: int) -> Arrival:
    done = min(watched.checks, rule.checks)
    if now_ns - (state.checked_ns or 0) > rule.interval_ns + _patience(state):
        return Arrival(file, Progress.UNWATCHED, done, rule.checks, None)
    wait = remaining_ns(state, rule, now_ns) + max(0, rule.checks - done - 1) * rule.interval_ns
    return Arrival(file, Progress.CHECKING, done, rule.checks, wait / SECOND)


def _unseen(file: DroppedFile, state: WatchState, rule: Rule, now_ns: int) -> Arrival:
    """A file that no check has seen as it is: its first one does not count. The watcher stores nothing while idle."""
    if now_ns - max(file.arrived_ns, state.checked_ns or 0) > rule.interval_ns + _patience(state):
        return Arrival(file, Progress.UNWATCHED, 0, rule.checks, None)
    wait = remaining_ns(state, rule, now_ns) + rule.checks * rule.interval_ns
    return Arrival(file, Progress.CHECKING, 0, rule.checks, wait / SECOND)


def _patience(state: WatchState) -> int:
    return STARTING_PATIENCE if state.count(Phase.OFFERED) else PATIENCE
