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

_CORES = os.cpu_count() or 1
WORKERS = max(1, min(4, _CORES - 1))
"""Threads for parsing; pyarrow and numpy release the interpreter lock. One core is left to the thread that cuts the
blocks: on two cores, a scan takes a tenth longer with two threads for parsing."""

BESIDE = max(0, min(4, _CORES - 2))
"""The same while another thread stores the rows. On two cores the thread that cuts the blocks parses them too: with one
more, staging into the embedded engine takes a twelfth longer."""

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

    :param workers: threads; with none, the caller works.
    :param size: returns an item's size in bytes.
    """
    if not workers:
        yield from map(work, items)
        return
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
