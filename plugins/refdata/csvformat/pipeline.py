"""Work on blocks in a few threads, results in order, a bounded number in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

WORKERS = min(4, os.cpu_count() or 1)
"""Threads for parsing; pyarrow and numpy release the interpreter lock."""


def in_order(work: Callable[[In], Out], items: Iterable[In], workers: int = WORKERS) -> Iterator[Out]:
    """``work`` of each item, in the items' order; at most ``workers + 1`` items are held."""
    with ThreadPoolExecutor(workers, thread_name_prefix="refdata-csv") as pool:
        pending: deque[Future[Out]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
