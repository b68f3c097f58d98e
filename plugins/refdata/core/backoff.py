"""Exponential backoff with jitter, pure: the randomness comes in, the waiting is done by the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator


def delays(tries: int, first: float, most: float, random: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before the second, third … of ``tries`` tries.

    Each is twice the one before, at most ``most``, and shortened by up to a half at random, so that
    clients that failed together do not come back together.

    :param random: a number from 0 up to 1, anew at each call.
    """
    delay = first
    for _ in range(tries - 1):
        yield delay * (1 - random() / 2)
        delay = min(delay * 2, most)
