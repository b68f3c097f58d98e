"""pyodbc behind ``tsql.driver.Driver``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyodbc

from refdata.warehouse.odbc.hook import SecureOdbcHook
from refdata.warehouse.tsql.driver import Connection, spellings
from refdata.warehouse.tsql.errors import DriverError
from refdata.warehouse.tsql.parameters import LONG_TEXT, sent, sizes

_NATIVE = re.compile(r"\((\d+)\) \(SQL\w+\)")
_SECRET_NAME = re.compile(r"pwd|pass|secret|token|key", re.IGNORECASE)
_PREFIX = re.compile(r"^(\[[^\]]*\]\s*)+")


class PyodbcDriver:
    """See ``Driver``."""

    name = "pyodbc"

    def __init__(self, hook: SecureOdbcHook) -> None:
        self._hook = hook

    @property
    def where(self) -> str:
        """See ``Driver.where``."""
        return self._hook.where

    @property
    def secrets(self) -> Sequence[str]:
        """See ``Driver.secrets``: the password, and extras whose name says that they are secret."""
        connection = self._hook.connection
        extras = [value for name, value in connection.extra_dejson.items() if _SECRET_NAME.search(name)]
        return spellings(connection.password, *extras)

    def connect(self) -> Connection:
        """See ``Driver.connect``."""
        connection: Connection = self._hook.get_conn()
        return connection

    def execute(self, cursor: Any, sql: str, values: Sequence[object]) -> None:
        """See ``Driver.execute``."""
        if values:
            # FreeTDS refuses a size of 0, which stands for MAX; pyodbc finds the type of such text by itself.
            cursor.setinputsizes([size if size != LONG_TEXT.odbc else None for size in sizes(values)])
        cursor.execute(sql, list(sent(values)))

    def read_error(self, error: BaseException) -> DriverError | None:
        """See ``Driver.read_error``."""
        return read_error(error) if isinstance(error, (pyodbc.Error, pyodbc.Warning)) else None


def read_error(error: BaseException) -> DriverError:
    """State, number and text of a pyodbc exception, whose arguments are the SQLSTATE and the message."""
    state, text = (*error.args, "", "")[:2] if len(error.args) > 1 else ("", str(error))
    match = _NATIVE.search(str(text))
    # Without the server's tag the number belongs to the operating system or the driver.
    number = int(match[1]) if match and "[SQL Server]" in str(text) else None
    said = _NATIVE.split(str(text))[0]
    return DriverError(number or None, str(state), _PREFIX.sub("", said).strip())
