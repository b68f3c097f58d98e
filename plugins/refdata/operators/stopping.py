"""Work that can be stopped at any time, even while a database driver or Arrow is busy.

Airflow stops a task by SIGTERM to its process, and by SIGKILL five seconds later. Python runs signal handlers only in
the main thread, between two of its own instructions: a statement that runs for minutes would delay them. So the work
has its own thread, and the main thread waits for its end, the signal, or the timeout. A thread cannot be ended; the
ledger fences off what it must no longer do, and it ends with the process.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST_WAIT = 0.5
"""Seconds after which the main thread looks for a signal at the latest; Airflow gives it five."""


class StoppedEarly(BaseException):
    """The work was stopped, or its time ran out (``timed_out``). Not an ``Exception``: nothing below may catch it."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("out of time" if timed_out else "stopped")
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class _End(Generic[T]):
    """How the work ended."""

    value: T | None = None
    error: BaseException | None = None


class StoppableWork(Generic[T]):
    """One piece of work, done once."""

    def __init__(self) -> None:
        # Of all ways to notify the main thread, a signal handler may use only this one.
        self._inbox: queue.SimpleQueue[_End[T] | None] = queue.SimpleQueue()

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """The work's result, or its exception.

        :param seconds: how long it may take.
        :raises StoppedEarly: while the thread may still be running.
        """
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._do, work), name="refdata-step", daemon=True).start()
        end = self._wait(time.monotonic() + seconds)
        if end is None:
            raise StoppedEarly(timed_out=False)
        if end.error is not None:
            raise end.error
        return end.value  # type: ignore[return-value]  # without an error there is a value

    def stop(self) -> None:
        """Makes ``run`` end at once; a signal handler may call it, even before ``run``."""
        self._inbox.put(None)

    def _wait(self, deadline: float) -> _End[T] | None:
        """Waits in turns: a signal that another thread receives, or that comes just before a wait, does not end it."""
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._inbox.get(timeout=min(left, LONGEST_WAIT))
        raise StoppedEarly(timed_out=True)

    def _do(self, work: Callable[[], T]) -> None:
        try:
            self._inbox.put(_End(work()))
        except BaseException as error:  # noqa: BLE001  it is raised by run
            self._inbox.put(_End(error=error))
