"""The loads in flight, read once for all that wait: their order is that of ``claim_turn``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from refdata.core.model import FileStatus
from refdata.core.turns import Queued
from refdata.dropoff.identity import PosixIdentity
from refdata.warehouse.base import Row, Warehouse, moment


class TurnQueue:
    """The queue of a warehouse, shared by the threads of a process.

    :param monotonic: seconds of a clock that is never set back.
    """

    def __init__(self, warehouse: Warehouse, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._warehouse = warehouse
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read: tuple[float, tuple[Queued, ...]] | None = None

    def loads(self, oldest: float) -> tuple[Queued, ...]:
        """Every load in flight, as it was at most ``oldest`` seconds ago.

        :raises RefdataError: when the database cannot be read.
        """
        with self._lock:
            if self._read is None or self._monotonic() - self._read[0] >= oldest:
                self._read = self._monotonic(), self._now()
            return self._read[1]

    def _now(self) -> tuple[Queued, ...]:
        with self._warehouse.transaction(write=False) as session:
            lines = session.query(self._warehouse.statement("select_turns"))
        return tuple(map(_queued, lines))


def _queued(line: Row) -> Queued:
    load_id, table, path, status, order, mtime_ns, name, heartbeat = line
    if not order:  # a worker of an earlier release wrote the row; see ``claim_turn``
        order = PosixIdentity(0, mtime_ns, 0, 0).order(name)
    return Queued(load_id, table, path, FileStatus(status), order, moment(heartbeat))
