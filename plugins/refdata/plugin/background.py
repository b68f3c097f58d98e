"""Work whose result several requests wait for, outside the few threads that answer them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


def begun(make: Callable[[], T], name: str) -> Future[T]:
    """The result of ``make`` to be, in a thread that does not keep the process from ending.

    >>> begun(lambda: 1 + 1, "sum").result()
    2
    """
    going: Future[T] = Future()

    def run() -> None:
        try:
            going.set_result(make())
        except Exception as error:  # noqa: BLE001  raised again by the requests that wait for it
            going.set_exception(error)

    # Not a pool: at the end of the process Python waits for a pool's threads, and a drive may hang.
    threading.Thread(target=run, daemon=True, name=f"refdata-{name}").start()
    return going


class SharedWork(Generic[T]):
    """Work of which one piece is under way at a time, for all who want its result. Its callers hold a lock.

    >>> SharedWork("sum").join(lambda: 1 + 1)[0].result()
    2
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = 0.0
        self.going: Future[T] | None = None

    def join(self, make: Callable[[], T]) -> tuple[Future[T], float]:
        """The work under way, or new work, and for how many seconds it has been."""
        if self.going is None or self.going.done():
            self.going, self._began = begun(make, self._name), time.monotonic()
        return self.going, time.monotonic() - self._began
