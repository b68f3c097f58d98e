"""Microsoft's mssql-python: the bulk copy's connection, and the sessions where Entra ID does the login.

It hides the server's error numbers. What is left is a sentence for each SQLSTATE, and for bulk copy a
RuntimeError of its Rust core with the number in the text; a panic of the core is no ``Exception`` at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import mssql_python

from refdata.warehouse.mssql.authorities import trusted
from refdata.warehouse.mssql.hosts import Hosts
from refdata.warehouse.mssql.options import PACKET_SIZE, ServerOptions
from refdata.warehouse.tsql.driver import spellings
from refdata.warehouse.tsql.errors import DriverError
from refdata.warehouse.tsql.parameters import sent, sizes

_CORE_NUMBER = re.compile(r"Sql Error: (\d+)")
_STATES = {
    # https://github.com/microsoft/mssql-python/blob/main/mssql_python/exceptions.py
    "Client unable to establish connection": "08001",
    "Connection not open": "08003",
    "Server rejected the connection": "3D000",
    "Connection failure during transaction": "08007",
    "Communication link failure": "08S01",
    "Invalid authorization specification": "28000",
    "Invalid catalog name": "3D000",
    "Serialization failure": "40001",
    "Timeout expired": "HYT00",
    "Connection timeout expired": "HYT01",
    "Integrity constraint violation": "23000",
    "Base table or view not found": "42S02",
    "Base table or view already exists": "42S01",
    "Column not found": "42S22",
    "String data, right-truncated": "22001",
    "Numeric value out of range": "22003",
    "Invalid datetime format": "22007",
    "Datetime field overflow": "22008",
    "Division by zero": "22012",
    "Invalid character value for cast specification": "22018",
}
_LOST = re.compile(
    r"connection (reset|closed|aborted|refused|lost)|broken pipe|unexpected (eof|end of file)|timed out|not connected"
    r"|os error 10[4-9]|early eof|connection .*terminated",
    re.IGNORECASE,
)


def connection_string(options: ServerOptions, port: int) -> str:
    """The ODBC connection string; values are in braces, so that none can add a keyword."""
    words = {
        "Server": f"{options.host},{port}",
        "Database": options.database,
        "UID": None if options.integrated else options.login,
        "PWD": None if options.integrated else options.password,
        "Trusted_Connection": "yes" if options.integrated else None,
        "Authentication": options.authentication or None,
        "Encrypt": options.encrypt,
        "TrustServerCertificate": "yes" if options.trust else "no",
        "HostnameInCertificate": options.certificate_host or None,
        "ServerCertificate": options.server_certificate or None,
        "MultiSubnetFailover": "yes" if options.multi_subnet_failover else None,
        "ApplicationIntent": options.application_intent or None,
        "PacketSize": str(options.packet_size or PACKET_SIZE),
    }
    return "".join(f"{name}={_braced(value)};" for name, value in words.items() if value is not None)


def _braced(value: str) -> str:
    return "{" + value.replace("}", "}}") + "}"


class MssqlPythonDriver:
    """See ``Driver``.

    :param connect_timeout: seconds that a login may take.
    :param hosts: the servers, where other drivers share them.
    """

    name = "mssql-python"

    def __init__(self, options: ServerOptions, connect_timeout: float, hosts: Hosts | None = None) -> None:
        self._options = options
        self._hosts = hosts or Hosts(options)
        self._timeout = max(1, round(connect_timeout))

    @property
    def where(self) -> str:
        """See ``Driver.where``."""
        return self._options.where

    @property
    def secrets(self) -> Sequence[str]:
        """See ``Driver.secrets``."""
        return spellings(self._options.password)

    def connect(self, *, bulk: bool = False) -> Any:
        """See ``Driver.connect``.

        :param bulk: whether it is for bulk copy, which may have a port of its own.
        """

        def open_on(options: ServerOptions) -> Any:
            port = options.bulk_port if bulk and options.bulk_port else options.port
            with self.trusted():
                return mssql_python.connect(connection_string(options, port), autocommit=True, timeout=self._timeout)

        return self._hosts.connect(open_on, self.read_error)

    def trusted(self) -> AbstractContextManager[None]:
        """Within it, logins trust the connection's authorities. Bulk copy logs in by itself when it begins."""
        return trusted(self._options)

    def execute(self, cursor: Any, sql: str, values: Sequence[object]) -> None:
        """See ``Driver.execute``."""
        if not values:
            cursor.execute(sql)
            return
        cursor.setinputsizes(sizes(values))
        cursor.execute(sql, tuple(sent(values)))

    def read_error(self, error: BaseException) -> DriverError | None:
        """See ``Driver.read_error``."""
        return read_error(error)


def read_error(error: BaseException) -> DriverError | None:
    """The text of an exception of mssql-python or of its Rust core; None for any other exception."""
    if isinstance(error, (mssql_python.Error, mssql_python.Warning)):
        text = str(getattr(error, "ddbc_error", "")) or str(error)
        state = "3D000" if "Cannot open database" in text else _STATES.get(str(getattr(error, "driver_error", "")), "")
        return DriverError(None, state, text)
    if type(error).__name__ == "PanicException":
        return DriverError(None, "HY000", f"the client library crashed: {error}")
    if isinstance(error, RuntimeError):
        number = _CORE_NUMBER.search(str(error))
        state = "08S01" if _LOST.search(str(error)) else ""
        return DriverError(int(number[1]) if number else None, "" if number else state, str(error))
    return None
