"""A T-SQL server that answers from a script: what the engine sends, and what it makes of the answers.

It replaces the client library (``Driver``), so everything above runs as it does against a real server.
What SQL Server makes of the statements is tested against one (marker ``live``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from refdata.warehouse.tsql.errors import DriverError


class ServerError(Exception):
    """The library's exception; it has the server's number, an SQLSTATE, or both."""

    def __init__(self, number: int | None, text: str = "refused", state: str = "") -> None:
        super().__init__(number, text)
        self.error = DriverError(number, state, text)


LOST = ServerError(None, "the line is gone", "08S01")
DEADLOCK = ServerError(1205, "chosen as the victim")


@dataclass
class Answer:
    """The server's answer to statements that match a pattern: rows, a count, or an exception, once or always."""

    pattern: str
    rows: Sequence[tuple[Any, ...]] | None = None
    count: int = -1
    error: BaseException | None = None
    times: int | None = None
    values: tuple[object, ...] | None = None

    def fits(self, sql: str, values: tuple[object, ...]) -> bool:
        if self.times == 0 or (self.values is not None and self.values != values):
            return False
        return re.search(self.pattern, sql) is not None


@dataclass
class ScriptedCursor:
    """The part of a cursor that sessions use; ``sets`` has the results after the first one."""

    description: Any = None
    rowcount: int = -1
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    sets: list[list[tuple[Any, ...]] | None] = field(default_factory=list)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def nextset(self) -> bool:
        if not self.sets:
            return False
        following = self.sets.pop(0)
        self.description = None if following is None else [("column",)]
        self.rows = following or []
        return True

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class ScriptedConnection:
    """One login."""

    closed: bool = False

    def cursor(self) -> ScriptedCursor:
        return ScriptedCursor()

    def close(self) -> None:
        self.closed = True


@dataclass
class ScriptedServer:
    """See ``Driver``: the first answer that fits a statement counts; without one it has no result."""

    answers: list[Answer] = field(default_factory=list)
    refusals: list[BaseException] = field(default_factory=list)
    sent: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    connections: list[ScriptedConnection] = field(default_factory=list)
    name: str = "scripted"
    where: str = "sql01:1433/db"
    secrets: Sequence[str] = ("C4nary",)

    def connect(self) -> ScriptedConnection:
        if self.refusals:
            raise self.refusals.pop(0)
        self.connections.append(ScriptedConnection())
        return self.connections[-1]

    def execute(self, cursor: ScriptedCursor, sql: str, values: Sequence[object]) -> None:
        self.sent.append((sql, tuple(values)))
        answer = next((one for one in self.answers if one.fits(sql, tuple(values))), None)
        if answer is None:
            return
        if answer.times is not None:
            answer.times -= 1
        if answer.error is not None:
            raise answer.error
        cursor.rowcount = answer.count
        if answer.rows is not None:
            cursor.description, cursor.rows = [("column",)], list(answer.rows)

    def read_error(self, error: BaseException) -> DriverError | None:
        return error.error if isinstance(error, ServerError) else None

    def statements(self, *without: str) -> list[str]:
        """The statements sent after a connection was prepared, without those that match one of the patterns."""
        hidden = ("^SET XACT_ABORT", "^SELECT 1$", "^SELECT a, b FROM OPENJSON", *without)
        return [sql for sql, _ in self.sent if not any(re.search(pattern, sql) for pattern in hidden)]
