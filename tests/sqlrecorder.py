"""Records each distinct statement that the tests send to a T-SQL server, so that a parser can judge all of them.

``REFDATA_TEST_RECORD_SQL`` names the file: one JSON string a line. A statement is written once as refdata states it
and once as its driver sends it, without values: literals are masked, parameters are ``?``, names lose the numbers that
differ between runs. ``REFDATA_TEST_TSQL_PARSER`` names a program that parses such a file (exit status 0: everything
parses); it runs at the end of the session, or later with ``python -m tests.sqlrecorder FILE [PARSER]``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from refdata.warehouse.tsql.driver import TsqlSession

FILE, PARSER = "REFDATA_TEST_RECORD_SQL", "REFDATA_TEST_TSQL_PARSER"
NO_PARSER = f"{PARSER} names no parser: the recorded statements were not parsed"

_TOKENS = re.compile(
    r"""(?P<name>\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*")|(?P<text>N?'(?:[^']|'')*')|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"|(?P<hex>\b0x[0-9a-fA-F]*)|(?P<number>(?<![\w@#$.])-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\b)",
    re.DOTALL,
)
_NAME_NUMBER = re.compile(r"_\d+(?=_|\]|$)|(?<=_)[0-9a-f]{8,}")
_ROW = r"\((?:N?'x'|1|0x|NULL|\?)(?:, ?(?:N?'x'|1|0x|NULL|\?))*\)"
_ROWS = re.compile(rf"({_ROW})(?:,\s*{_ROW})+")


def normalised(sql: str) -> str:
    """The statement without its values, and without the numbers in names that differ between runs."""
    masked = _TOKENS.sub(_masked, sql)
    return _ROWS.sub(r"\1, \1", masked)


def _masked(token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token[0]
    if kind == "name":
        return _NAME_NUMBER.sub("_0", text)
    if kind == "text":
        return "N'x'" if text.startswith("N") else "'x'"
    return {"number": "1", "hex": "0x", "comment": text}[str(kind)]


class StatementRecorder:
    """Appends statements to a file as they come, each once per process: a process that is killed keeps its part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()

    def add(self, sql: str) -> None:
        text = normalised(sql)
        if text in self._seen:
            return
        self._seen.add(text)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(text) + "\n")


Sent = Callable[[str, tuple[Any, ...], object], None]
"""Gets a statement as a driver's cursor gets it: the text, the further arguments, and the sizes set before."""


class ObservedCursor:
    """A driver's cursor whose statements ``sent`` gets."""

    def __init__(self, cursor: Any, sent: Sent) -> None:
        self._cursor, self._sent, self._sizes = cursor, sent, None

    def setinputsizes(self, sizes: Any) -> None:
        self._sizes = sizes
        self._cursor.setinputsizes(sizes)

    def execute(self, sql: str, *values: Any) -> Any:
        self._sent(sql, values, self._sizes)
        return self._cursor.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


class ObservedDriver:
    """A driver that gets observed cursors."""

    def __init__(self, driver: Any, sent: Sent) -> None:
        self._driver, self._sent = driver, sent

    def execute(self, cursor: Any, sql: str, values: Sequence[object]) -> None:
        self._driver.execute(ObservedCursor(cursor, self._sent), sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


def observe_sessions(monkeypatch: pytest.MonkeyPatch, stated: Callable[[str], None], sent: Sent) -> None:
    """Calls ``stated`` with each statement of a session, and ``sent`` with what the driver's cursor gets for it."""
    run = TsqlSession._run

    @contextlib.contextmanager
    def observed(session: TsqlSession, sql: str, values: Sequence[object]) -> Iterator[Any]:
        stated(sql)
        driver = session._driver
        session._driver = ObservedDriver(driver, sent)
        try:
            with run(session, sql, values) as cursor:
                yield cursor
        finally:
            session._driver = driver

    monkeypatch.setattr(TsqlSession, "_run", observed)


class RecorderPlugin:
    """Records while the tests run, and has the result parsed at their end."""

    def __init__(self, path: Path, parser: str) -> None:
        self._path, self._parser = path, parser
        self._monkeypatch = pytest.MonkeyPatch()
        self._verdict = ""
        recorder = StatementRecorder(path)
        observe_sessions(self._monkeypatch, recorder.add, lambda sql, *_: recorder.add(sql))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._monkeypatch.undo()
        parses, self._verdict = judged(self._path, self._parser)
        if not parses and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("recorded T-SQL")
        terminalreporter.write_line(self._verdict)


def judged(path: Path, parser: str) -> tuple[bool, str]:
    """Whether all recorded statements parse, with the parser's words; every process's statements are merged first.

    The parser gets one script, ``FILE.sql``, with a batch for each statement: it takes half a second for each file.
    """
    lines = sorted(set(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
    if not lines:
        return True, "no T-SQL statement was sent"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = path.with_suffix(".sql")
    script.write_text("\nGO\n".join(json.loads(line) for line in lines), encoding="utf-8")
    found = f"{len(lines)} distinct statements in {path}"
    if not parser:
        return True, f"{found}; {NO_PARSER}"
    done = subprocess.run([sys.executable, parser, str(script)], capture_output=True, text=True, check=False)
    verdict = "every one parses" if done.returncode == 0 else f"not every one parses:\n{done.stdout}{done.stderr}"
    return done.returncode == 0, f"{found}; {verdict}"


def recorder() -> RecorderPlugin | None:
    """The plugin, where the environment asks for it."""
    named = os.environ.get(FILE)
    return RecorderPlugin(Path(named).absolute(), os.environ.get(PARSER, "")) if named else None


if __name__ == "__main__":
    everything_parses, words = judged(Path(sys.argv[1]), (*sys.argv[2:], os.environ.get(PARSER, ""))[0])
    print(words)  # noqa: T201
    sys.exit(not everything_parses)
