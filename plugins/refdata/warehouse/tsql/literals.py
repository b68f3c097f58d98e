"""Writes values as T-SQL literals.

This is how pymssql passes arguments to ``sp_executesql`` (``parameters``; DB-Library has no parameters for a batch),
and how many rows fit in one statement. pymssql's own substitution reads every ``%s`` and ``%d`` in the statement,
even inside a name, so only a ``?`` outside literals, names and comments is a placeholder here. Text is the only kind
of value that could break out of its literal:

- a quote is doubled, which is all that T-SQL requires
  (https://learn.microsoft.com/sql/t-sql/data-types/constants-transact-sql);
- a backslash before a line break would join the two lines
  (https://learn.microsoft.com/sql/t-sql/language-elements/sql-server-utilities-statements-backslash);
- a NUL would end the statement, which travels as a C string.
"""

from __future__ import annotations

import itertools
import math
import re
from datetime import date, datetime, time
from decimal import Decimal

from refdata.core.errors import DataError

_TOKENS = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(\?)", re.DOTALL)
UNSAFE = re.compile(r"\\\r?\n|\x00")
"""Finds text that a plain literal would change."""
_STANDINS = (
    (re.compile(r"\x00"), 0),
    (re.compile(r"(?<=\\)\r(?=\n)"), 13),
    (re.compile(r"(?<=\\)\n"), 10),
)


def numbered(sql: str, count: int) -> str:
    """The statement with ``@P1``, ``@P2`` and so on for each ``?``.

    :raises ValueError: when the number of placeholders is not ``count``.
    """
    numbers = itertools.count(1)
    text = _TOKENS.sub(lambda token: f"@P{next(numbers)}" if token[1] else token[0], sql)
    if (marks := next(numbers) - 1) != count:
        raise ValueError(f"The statement has {marks} parameters, {count} values were given")
    return text


def literal(value: object) -> str:
    """One value as T-SQL; times become ISO text, which every language setting reads alike.

    :raises DataError: for NaN and infinity, which FLOAT cannot store.
    """
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime, time)):
        return f"N'{value.isoformat()}'"
    raise TypeError(f"No T-SQL literal for a value of type {type(value).__name__}")


def _text(value: str) -> str:
    if not UNSAFE.search(value):
        return _quoted(value)
    # A character that the text does not contain replaces it, and the server restores the real one. Joining many
    # literals in one expression would not work: a long text would nest deeper than a server allows.
    free = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in value)
    made, marks = value, []
    for pattern, number in _STANDINS:
        mark = next(free)
        made, count = pattern.subn(mark, made)
        marks += [(mark, number)] if count else []
    expression = f"CONVERT(NVARCHAR(MAX), {_quoted(made)}) COLLATE Latin1_General_BIN2"
    for mark, number in marks:
        expression = f"REPLACE({expression}, N'{mark}', NCHAR({number}))"
    return expression


def _quoted(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise DataError(f"A FLOAT column cannot store {value}", advice="Correct the value in the file.")
    text = repr(value)
    # With an exponent it is a FLOAT literal; without one it would pass through DECIMAL, rounded twice.
    return text if "e" in text else f"{text}e0"
