"""Coverage of the first case of each test: later cases mostly run the same lines, and tracing doubles their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest
from coverage import Coverage
from hypothesis import is_hypothesis_test

TRACED = 1
"""Cases of a test function that are traced in each process."""


class FirstCases:
    """A pytest plugin that pauses a running coverage in generated cases, and from the second case of a function on.

    What is reported is therefore a lower bound of what the tests run.
    """

    def __init__(self, traced: int = TRACED) -> None:
        self._traced = traced
        self._seen: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        function = item.nodeid.partition("[")[0]
        self._seen[function] += 1
        running = Coverage.current()
        generated = is_hypothesis_test(getattr(item, "function", None))
        if running is None or (self._seen[function] <= self._traced and not generated):
            return (yield)
        running.stop()
        try:
            return (yield)
        finally:
            running.start()
