"""What is on its way to a table, for pages that ask each second."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fastapi import APIRouter

from refdata.arrivalapi import Arrivals, FolderLook
from refdata.core.stability import WatchState
from refdata.plugin.nowschemas import NowView
from refdata.plugin.routes.common import Connect, failures
from refdata.plugin.schemas import Envelope
from refdata.plugin.watchstate import stored_state

StateOf = Callable[[str], WatchState | None]


class _Looks:
    """The last look into the folders: many pages that ask at once cause one."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), FolderLook()
        self._place = ""

    def latest(self, arrivals: Arrivals, place: str) -> FolderLook:
        """A look that is recent enough, for one dropoff root."""
        with self._lock:
            before = self._last if place == self._place else None
            self._last, self._place = arrivals.look(before), place
            return self._last


def router(connect: Connect, state_of: StateOf = stored_state) -> APIRouter:
    """``now``."""
    routes, looks = APIRouter(), _Looks()

    @routes.get("/now", responses=failures())
    def what_happens_now() -> Envelope[NowView]:
        """Files that are checked before their load, files that are not taken up and why, and whether anything moves."""
        data = connect()
        root = data.settings.dropoff_root
        look = looks.latest(data.arrivals, root)
        return Envelope(data=NowView.of(data.arrivals.now(state_of(root), look)))

    return routes
