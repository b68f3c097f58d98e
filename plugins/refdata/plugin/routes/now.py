"""What is on its way to a table, for pages that ask each second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from refdata.api import ReferenceData
from refdata.arrivalapi import FolderLook
from refdata.core.errors import FileBusyError
from refdata.core.stability import WatchState
from refdata.plugin.background import SharedWork
from refdata.plugin.nowschemas import NowView
from refdata.plugin.routes.common import Connect, failures
from refdata.plugin.schemas import Envelope
from refdata.plugin.watchstate import stored_state

StateOf = Callable[[str], WatchState | None]
PATIENCE = 0.1
"""Seconds that a request waits for a new answer where there is an earlier one: with thousands of files in the folders a
look takes longer than a page may."""
OUTDATED = 2.0
"""Seconds after which it waits nevertheless: a drive that hangs or a locked database must not look like one at rest."""
LONGEST_WAIT = 10.0
"""Seconds of a look after which nobody waits for it any more: each request that does takes one of the few threads of
Airflow's API server, and pages that ask again and again would take them all while a drive hangs."""
QUICK, SHARE, LONGEST_REST = 0.05, 0.05, 5.0
"""CPU seconds of an answer that costs little, and the share of a processor that others take: they are repeated
meanwhile, for at most five seconds. An answer that only waited, as for a locked database, costs nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer for everybody, the look that it is made from, its CPU seconds, and when it was there."""

    view: NowView
    look: FolderLook
    cost: float
    made_at: float

    def rests(self, now: float) -> bool:
        """Whether it is repeated; times are those of ``time.monotonic``."""
        return self.cost > QUICK and now - self.made_at < min(self.cost / SHARE, LONGEST_REST)


class _Answers:
    """The last answer about one dropoff root: many pages that ask at once cause one."""

    def __init__(self, state_of: StateOf) -> None:
        self._state_of = state_of
        self._lock = threading.Lock()
        self._place = ""
        self._work = SharedWork[_Answer]("now")
        self._last: _Answer | None = None

    def latest(self, data: ReferenceData) -> NowView:
        """What is on its way, or what was a moment ago while finding out takes long."""
        with self._lock:
            before = self._known(data.settings.dropoff_root)
            if before and before.rests(time.monotonic()):
                return before.view
            going, takes = self._work.join(lambda: self._made(data, before))
        shown = before if takes < OUTDATED else None
        try:
            return going.result(PATIENCE if shown else max(0, LONGEST_WAIT - takes)).view
        except TimeoutError:
            if shown is None:
                raise _hangs(data.settings.dropoff_root) from None
            return shown.view

    def _known(self, place: str) -> _Answer | None:
        if place != self._place:
            self._place, self._work, self._last = place, SharedWork("now"), None
        if (going := self._work.going) and going.done():
            # After a fault nobody is shown what was before it.
            self._last = None if going.exception() else going.result()
        return self._last

    def _made(self, data: ReferenceData, before: _Answer | None) -> _Answer:
        began = time.thread_time()
        look = data.arrivals.look(before.look if before else None)
        view = NowView.of(data.arrivals.now(self._state_of(data.settings.dropoff_root), look))
        return _Answer(view, look, time.thread_time() - began, time.monotonic())


def _hangs(place: str) -> FileBusyError:
    return FileBusyError(
        f"The dropoff folder or the database has not answered for {LONGEST_WAIT:.0f} s",
        where=place,
        advice="Nothing if it returns: the page asks again. Otherwise check the drive and the database.",
    )


def router(connect: Connect, state_of: StateOf = stored_state) -> APIRouter:
    """``now``."""
    routes, answers = APIRouter(), _Answers(state_of)

    @routes.get("/now", responses=failures())
    def what_happens_now() -> Envelope[NowView]:
        """Files that are checked before their load, files that are not taken up and why, and whether anything moves."""
        return Envelope(data=answers.latest(connect()))

    return routes
