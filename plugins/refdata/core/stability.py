"""Decides when a dropped file is complete: a state machine over successive scans, without clock or disk.

A file is released after ``Rule.checks`` consecutive checks, ``Rule.interval_ns`` apart, that found
its identity unchanged. The first sighting is the baseline and does not count, so
six checks 15 s apart are 90 s of rest. The machine guarantees:

- A check before the interval has passed counts for nothing and starts nothing, so a restart can
  lengthen a wait but never shorten it. A late check is one check.
- Each file counts for itself: other files' releases and changes do not affect its count.
- A released file is remembered until it is gone or replaced, so it is not released twice.
- A release is an offer until the watch run that carried it is known to have succeeded (``settle``);
  otherwise the next run repeats it. The load's run id follows from the file's identity, so an offer
  made twice still starts one load.

A state contains only digests of paths and identities. Colliding digests can restart a count, never
shorten one.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from refdata.core.settings import Settings

_REMEMBERED = 1 << 15
"""Texts whose digests are kept: each check, and each page that shows it, asks for those of all files."""
DIGEST_LENGTH = 12
"""Characters of a digest: 72 bits."""


class _Seen(Protocol):
    """A file as a scan saw it; both texts are opaque."""

    @property
    def identity(self) -> str:
        """Another text whenever the file is another one."""

    @property
    def order(self) -> str:
        """Which of several files goes first."""


class Phase(StrEnum):
    """A file's state as the watcher sees it."""

    WAITING = "w"
    OFFERED = "o"
    RELEASED = "r"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a file must rest: ``checks`` unchanged checks, ``interval_ns`` nanoseconds apart.

    One check releases at most ``max_releases`` files; the rest follow, longest waiting first.
    """

    checks: int
    interval_ns: int
    max_releases: int

    @classmethod
    def of(cls, settings: Settings) -> Rule:
        """The rule that the settings state."""
        return cls(settings.stability_checks, round(settings.stability_interval * 1e9), settings.max_releases)


@dataclass(frozen=True, slots=True)
class Watched:
    """A file as last seen: the digest of its identity, and the unchanged checks since it became so."""

    identity: str
    checks: int = 0
    phase: Phase = Phase.WAITING


@dataclass(frozen=True, slots=True)
class WatchState:
    """The watcher's state between two checks.

    ``files`` and ``reported`` are keyed by the digest of a path. ``checked_ns`` is the wall-clock time
    of the last check that counted (None before the first), ``interval_ns`` the interval that it used,
    ``carrier`` the watch run that received the offered files.
    """

    files: Mapping[str, Watched] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()
    checked_ns: int | None = None
    interval_ns: int = 0
    carrier: str = ""

    def count(self, phase: Phase) -> int:
        """How many files are in a phase."""
        return sum(watched.phase is phase for watched in self.files.values())


@dataclass(frozen=True, slots=True)
class StabilityCheck:
    """The result of one check. ``released`` and ``restarted`` are paths; ``forgotten`` counts files that are gone."""

    state: WatchState
    counted: bool
    released: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    forgotten: int = 0


def check(
    state: WatchState,
    rule: Rule,
    observed: Mapping[str, _Seen],
    now_ns: int,
    *,
    ended_ns: int | None = None,
    carrier: str = "",
) -> StabilityCheck:
    """The next state, given what a scan saw, and the files released by it.

    :param observed: path → what was seen of every file in the load folders.
    :param now_ns: wall-clock time when the scan began, nanoseconds since the epoch.
    :param ended_ns: when it ended. The interval runs from the end of one scan to the beginning of the
        next, so that a slow scan does not shorten a wait.
    :param carrier: name of the watch run that receives the released files.
    """
    counted = remaining_ns(state, rule, now_ns) == 0
    places = {path: digest(path) for path in observed}
    before = _fitted(state, rule)
    files, restarted = _compared(before, {places[path]: observed[path] for path in observed}, counted=counted)
    released = _due(files, observed, places, rule)
    for path in released:
        files[places[path]] = replace(files[places[path]], phase=Phase.OFFERED)
    after = replace(
        state,
        files=files,
        checked_ns=_last_check(state, counted, now_ns if ended_ns is None else ended_ns),
        interval_ns=rule.interval_ns,
        carrier=carrier if released else state.carrier,
    )
    gone = len(before.keys() - set(places.values()))
    return StabilityCheck(after, counted, released, tuple(path for path in observed if places[path] in restarted), gone)


def remaining_ns(state: WatchState, rule: Rule, now_ns: int) -> int:
    """Nanoseconds until the next check counts; 0 when one counts now."""
    if state.checked_ns is None:
        return 0
    # A clock that was set back does not show how much time passed: wait a whole interval from now.
    elapsed = max(0, now_ns - state.checked_ns)
    return max(0, rule.interval_ns - elapsed)


def settle(state: WatchState, *, arrived: bool) -> WatchState:
    """The state once the outcome of the last offers is known.

    :param arrived: whether the run that carried them succeeded. If not, they are offered again as
        soon as a check finds them unchanged.
    """
    phase = Phase.RELEASED if arrived else Phase.WAITING
    files = {
        place: replace(watched, phase=phase) if watched.phase is Phase.OFFERED else watched
        for place, watched in state.files.items()
    }
    return replace(state, files=files, carrier="")


def report(state: WatchState, places: Iterable[str]) -> tuple[WatchState, tuple[str, ...]]:
    """The malformed ``places`` that were not reported yet; places that are gone are forgotten."""
    keys = {digest(place): place for place in places}
    fresh = tuple(place for key, place in keys.items() if key not in state.reported)
    return replace(state, reported=frozenset(keys)), fresh


@lru_cache(maxsize=_REMEMBERED)
def digest(text: str) -> str:
    """What the state has of a path or an identity."""
    data = text.encode("utf-8", "surrogateescape")
    return urlsafe_b64encode(hashlib.blake2b(data, digest_size=DIGEST_LENGTH * 6 // 8).digest()).decode("ascii")


def _fitted(state: WatchState, rule: Rule) -> Mapping[str, Watched]:
    """The known files; counts made at a shorter interval than today's do not count."""
    if state.interval_ns >= rule.interval_ns:
        return state.files
    return {
        place: replace(watched, checks=0) if watched.phase is Phase.WAITING else watched
        for place, watched in state.files.items()
    }


def _compared(
    before: Mapping[str, Watched], observed: Mapping[str, _Seen], *, counted: bool
) -> tuple[dict[str, Watched], set[str]]:
    """The files that are or become known, and which of them changed; all by digest."""
    files: dict[str, Watched] = {}
    restarted = set()
    for place, file in observed.items():
        known, seen = before.get(place), digest(file.identity)
        if known is not None and known.identity == seen:
            files[place] = _one_more(known) if counted else known
            continue
        if known is not None:
            restarted.add(place)
        if counted:
            files[place] = Watched(seen)
    return files, restarted


def _one_more(watched: Watched) -> Watched:
    return Watched(watched.identity, watched.checks + 1) if watched.phase is Phase.WAITING else watched


def _last_check(state: WatchState, counted: bool, now_ns: int) -> int | None:
    # After a clock was set back, the time of the last check is in the future and would block every
    # count until then; this check, although it did not count, replaces it.
    if counted or (state.checked_ns is not None and now_ns < state.checked_ns):
        return now_ns
    return state.checked_ns


def _due(
    files: Mapping[str, Watched], observed: Mapping[str, _Seen], places: Mapping[str, str], rule: Rule
) -> tuple[str, ...]:
    """Paths that have rested long enough: longest waiting first, then by order and path."""
    due = []
    for path, file in observed.items():
        watched = files.get(places[path])
        if watched is not None and watched.phase is Phase.WAITING and watched.checks >= rule.checks:
            due.append((-watched.checks, file.order, path))
    return tuple(path for _, _, path in sorted(due)[: rule.max_releases])
