"""Fails a run in which a test skipped for a reason that is not allowed: a missing library hides tests."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

LIST = Path(__file__).with_name("allowed_skips.txt")
VARIABLE = "REFDATA_CHECK_SKIPS"
"""Set by ``.ci/run``: on a person's machine a browser may be missing."""


def allowed(text: str) -> tuple[re.Pattern[str], ...]:
    """The reasons of a list; blank lines and comments are none."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(re.compile(line) for line in lines if line and not line.startswith("#"))


def is_allowed(reason: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    """Whether a pattern of the list matches the whole reason."""
    return any(pattern.fullmatch(reason) for pattern in patterns)


class SkipGuard:
    """Collects the reasons of skipped tests, and fails the session over those that are not on the list."""

    def __init__(self, patterns: tuple[re.Pattern[str], ...]) -> None:
        self._patterns = patterns
        self.unexpected: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
            return
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not is_allowed(reason, self._patterns):
            self.unexpected.setdefault(reason, report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over what a worker of pytest-xdist found: a skipped module is reported to the worker alone."""
        self.unexpected = {**getattr(node, "workeroutput", {}).get(VARIABLE, {}), **self.unexpected}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[VARIABLE] = self.unexpected
        elif self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason, test in self.unexpected.items():
            terminalreporter.write_line(f"SKIP NOT ALLOWED in CI: {reason} (first: {test}); see {LIST.name}", red=True)


def guard() -> SkipGuard | None:
    """The guard, where the environment asks for it."""
    return SkipGuard(allowed(LIST.read_text(encoding="utf-8"))) if os.environ.get(VARIABLE) else None
