"""Coverage of the first case of each test: later cases mostly run the same lines, and tracing doubles their time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest
from coverage import Coverage
from hypothesis import is_hypothesis_test

TRACED = 1
"""Cases of a test function that are traced in each process."""
UNTRACED = (
    "tests/integration/faults/",
    "tests/integration/hostile/",
    "tests/integration/trust/",
    "tests/airflow/secrets/",
)
"""Tests that run whole loads, of which each line is run by the tests beside them as well."""


class FirstCases:
    """A pytest plugin that pauses a running coverage in generated cases, from the second case of a function on, and in
    tests that repeat whole loads.

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
        repeats = item.nodeid.startswith(UNTRACED)
        if running is None or (self._seen[function] <= self._traced and not generated and not repeats):
            return (yield)
        running.stop()
        try:
            return (yield)
        finally:
            running.start()
