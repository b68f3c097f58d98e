"""Processes blocks in a few threads; results come in order, and the number in flight is limited.

>>> list(in_order(str.upper, ["a", "b"]))
['A', 'B']
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from refdata.csvformat.limits import BLOCK_BYTES

_In = TypeVar("_In")
_Out = TypeVar("_Out")

WORKERS = max(1, min(4, (os.cpu_count() or 1) - 1))
"""Threads for parsing; pyarrow and numpy release the interpreter lock. One core is left to the thread that cuts the
blocks, or stores the rows: on two cores, a scan and a load take a tenth longer with two threads for parsing."""

MOST_BYTES = (WORKERS + 1) * BLOCK_BYTES
"""Bytes in flight. A row of 16 MiB takes many times that to process; blocks of that size go one by one."""


def _weightless(_: object) -> int:
    return 0


def in_order(
    work: Callable[[_In], _Out],
    items: Iterable[_In],
    workers: int = WORKERS,
    *,
    size: Callable[[_In], int] = _weightless,
    most: int = MOST_BYTES,
) -> Iterator[_Out]:
    """The result of ``work`` for each item, in the items' order.

    At most ``workers + 1`` items of together at most ``most`` bytes are in memory, but always at least one.

    :param size: returns an item's size in bytes.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="refdata-csv") as pool:
        pending: deque[tuple[Future[_Out], int]] = deque()
        held = 0
        try:
            for item in items:
                own = size(item)
                while pending and (len(pending) > workers or held + own > most):
                    future, freed = pending.popleft()
                    yield future.result()
                    held -= freed
                pending.append((pool.submit(work, item), own))
                held += own
            while pending:
                yield pending.popleft()[0].result()
        finally:
            for future, _ in pending:
                future.cancel()
