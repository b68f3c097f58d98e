"""Exponential backoff with jitter. Pure: randomness is an argument, and the caller does the waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator


def delays(tries: int, first: float, most: float, random: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before the second, third … of ``tries`` tries.

    Each is twice the one before, at most ``most``, and randomly shortened by up to half, so that clients that
    failed together do not retry together.

    :param random: returns a number from 0 to 1, a new one at each call.
    """
    delay = first
    for _ in range(tries - 1):
        yield delay * (1 - random() / 2)
        delay = min(delay * 2, most)
