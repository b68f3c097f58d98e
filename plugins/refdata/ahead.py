"""Makes items ahead in a thread of their own, while the caller works on those before.

>>> list(ahead(["a", "b"]))
['a', 'b']
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum, auto
from typing import TypeVar

_Item = TypeVar("_Item")


AHEAD = 2
"""Items made ahead: more would only take memory."""


class _Over(Enum):
    """Stands for the end of the items."""

    OVER = auto()


def ahead(items: Iterable[_Item], most: int = AHEAD) -> Generator[_Item, None, None]:
    """The items in order, made in a thread of their own while the caller works on those before.

    At most ``most`` items wait. What making one raises is raised in its place.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="refdata-ahead") as maker:
        pending: deque[Future[_Item | _Over]] = deque()
        try:
            while True:
                while len(pending) < most:
                    pending.append(maker.submit(next, iterator, _Over.OVER))
                item = pending.popleft().result()
                if isinstance(item, _Over):
                    return
                yield item
        finally:
            for future in pending:
                future.cancel()
