"""Work that can be stopped at any moment, also while a database driver or Arrow has the processor.

Airflow stops a task by SIGTERM to its process, and by SIGKILL five seconds later. Python runs signal handlers in the
main thread only, between two of its own instructions: a statement that lasts minutes would hold them back. So the work
has a thread of its own, and the main thread waits for its end, for the signal, or for time to run out. A thread cannot
be ended; what it may do no more is fenced off in the ledger, and Airflow ends the process with it.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class StoppedEarly(BaseException):
    """The work was stopped, or its time ran out (``timed_out``). No ``Exception``: nobody below shall catch it."""

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
        # Of all ways to tell the main thread, only this one may be used by a signal handler.
        self._inbox: queue.SimpleQueue[_End[T] | None] = queue.SimpleQueue()

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """The work's result, or its exception.

        :param seconds: how long it may take.
        :raises StoppedEarly: while the thread may still be at it.
        """
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._do, work), name="refdata-step", daemon=True).start()
        try:
            end = self._inbox.get(timeout=seconds)
        except queue.Empty:
            raise StoppedEarly(timed_out=True) from None
        if end is None:
            raise StoppedEarly(timed_out=False)
        if end.error is not None:
            raise end.error
        return end.value  # type: ignore[return-value]  # without an error there is a value

    def stop(self) -> None:
        """Lets ``run`` end at once; may be called by a signal handler, before ``run`` too."""
        self._inbox.put(None)

    def _do(self, work: Callable[[], T]) -> None:
        try:
            self._inbox.put(_End(work()))
        except BaseException as error:  # noqa: BLE001  it is raised by run
            self._inbox.put(_End(error=error))
