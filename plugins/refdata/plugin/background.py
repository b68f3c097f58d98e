"""Work whose result several requests wait for, outside the few threads that answer them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

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
