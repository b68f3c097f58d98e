"""pymssql behind ``tsql.driver.Driver``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pymssql

from refdata.warehouse.mssql.hook import SecureMsSqlHook
from refdata.warehouse.mssql.hosts import Hosts
from refdata.warehouse.tsql.driver import Connection, spellings
from refdata.warehouse.tsql.errors import DriverError
from refdata.warehouse.tsql.parameters import executed

_LIBRARY = re.compile(r"DB-Lib error message (\d+), severity \d+:\s*")
_GENERAL = 20018
"""DB-Library's "check messages from the SQL Server", which is meaningless by itself."""
_LOGIN_FAILED = 18456
_NO_DATABASE = 4060
_NO_TEXT = "Unknown error"
"""pymssql's text when neither server nor library gave one: the connection could not be made, or is gone."""
_NEWS = frozenset((5701, 5703))
"""The messages about the database and the language that a login begins with."""


class PymssqlDriver:
    """See ``Driver``."""

    name = "pymssql"

    def __init__(self, hook: SecureMsSqlHook, hosts: Hosts | None = None) -> None:
        self._hook = hook
        self._options = hook.options()
        self._hosts = hosts or Hosts(self._options)

    @property
    def where(self) -> str:
        """See ``Driver.where``."""
        return self._options.where

    @property
    def secrets(self) -> Sequence[str]:
        """See ``Driver.secrets``."""
        return spellings(self._options.password)

    def connect(self) -> Connection:
        """See ``Driver.connect``."""
        connection = self._hosts.connect(self._hook.open, self.read_error)
        connection.autocommit(True)
        opened: Connection = connection
        return opened

    def execute(self, cursor: Any, sql: str, values: Sequence[object]) -> None:
        """See ``Driver.execute``."""
        cursor.execute(executed(sql, values))

    def read_error(self, error: BaseException) -> DriverError | None:
        """See ``Driver.read_error``."""
        return read_error(error) if isinstance(error, (pymssql.Error, pymssql.Warning)) else None


def read_error(error: BaseException) -> DriverError:
    """Number and text of a pymssql exception.

    After a failed login the number is that of the last error in the whole process, so it counts only where
    the text begins with the server's own message; otherwise DB-Library's number is used. The text may begin
    with messages of an earlier, successful login, which are skipped.
    """
    arguments = error.args[0] if error.args and isinstance(error.args[0], tuple) else error.args
    number = next((item for item in arguments if isinstance(item, int)), None)
    text = " ".join(_decoded(item) for item in arguments if isinstance(item, (str, bytes)))
    if number in _NEWS:
        text = text[text.find("DB-Lib error message") :]
    library = _LIBRARY.match(text)
    if library is not None:
        number = int(library[1])
        if number == _GENERAL and "connection failed" in text:
            number = _login_number(text)
    elif "Cannot open database" in text:
        # The server sends 4060, followed by 18456.
        number = _NO_DATABASE
    elif text.strip() == _NO_TEXT:
        return DriverError(None, "08001", text)
    elif number is None:
        # pymssql's own InterfaceError: the connection is closed.
        return DriverError(None, "08003", text)
    return DriverError(number, "", _LIBRARY.split(text, maxsplit=1)[0] if library is None else _LIBRARY.sub("", text))


def _login_number(text: str) -> int:
    """The login error's number, where an earlier error in the process hides it in pymssql.

    The severity still shows it: 14 for a refused login, 11 (Babelfish: 16) for a missing database.
    """
    severities = set(re.findall(rf"message {_GENERAL}, severity (\d+)", text))
    return _LOGIN_FAILED if severities == {"14"} else _NO_DATABASE


def _decoded(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
