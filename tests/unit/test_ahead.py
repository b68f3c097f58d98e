"""Items that are made ahead, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.ahead import AHEAD, ahead

SECONDS = 10.0


class Made:
    """Numbers, and how many were made; ``fails_at`` raises in place of a number."""

    def __init__(self, count: int, fails_at: int | None = None) -> None:
        self.count = count
        self.fails_at = fails_at
        self.made = 0
        self.threads: set[threading.Thread] = set()
        self.ended = threading.Event()

    def __iter__(self) -> Iterator[int]:
        try:
            for number in range(self.count):
                if number == self.fails_at:
                    raise ValueError(f"no {number}")
                self.made += 1
                self.threads.add(threading.current_thread())
                yield number
        finally:
            self.ended.set()


@given(st.integers(0, 20), st.integers(1, 5))
def test_items_come_in_order_whatever_waits(count: int, most: int) -> None:
    assert list(ahead(Made(count), most)) == list(range(count))


@given(st.integers(0, 9))
def test_what_making_one_raises_comes_in_its_place(at: int) -> None:
    received = []
    with pytest.raises(ValueError, match=f"no {at}"):
        for item in ahead(Made(10, fails_at=at)):
            received.append(item)  # noqa: PERF402
    assert received == list(range(at))


def test_one_thread_makes_all_and_is_not_the_callers() -> None:
    source = Made(50)
    list(ahead(source))
    assert len(source.threads) == 1
    assert threading.current_thread() not in source.threads


def test_no_more_are_made_than_may_wait() -> None:
    source = Made(1000)
    items = ahead(source)
    assert next(items) == 0
    items.close()
    assert source.made <= 1 + AHEAD


def test_the_source_ends_with_a_caller_that_goes_away() -> None:
    source = Made(1000)
    items = ahead(source)
    next(items)
    items.close()
    assert source.ended.wait(SECONDS)
