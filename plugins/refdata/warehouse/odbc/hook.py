"""Airflow's OdbcHook, with TLS on by default, certificates checked, and values that cannot add keywords."""

from __future__ import annotations

from typing import Any

import mssql_python
import pyodbc
from airflow.providers.odbc.hooks.odbc import OdbcHook

from refdata.connectionform import given
from refdata.core.errors import ConfigurationError

_NOT_KEYWORDS = frozenset(("driver", "dsn", "connect_kwargs", "sqlalchemy_scheme", "placeholder"))
_INSTALLED = ("ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server")


class SecureOdbcHook(OdbcHook):
    """Opens pyodbc connections to SQL Server.

    Each extra of the connection is a keyword of the ODBC driver, such as ``Authentication``,
    ``Trusted_Connection``, ``MultiSubnetFailover`` or ``Failover_Partner``.

    :param connect_timeout: seconds that a login may take.
    """

    def __init__(self, *args: Any, connect_timeout: float = 30.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connect_timeout = connect_timeout

    @property
    def where(self) -> str:
        """Server and database, for messages."""
        connection = self.connection
        return f"{connection.host or self.dsn}:{connection.port or 1433}/{self.database or ''}"

    @property
    def odbc_connection_string(self) -> str:
        """The connection string. OdbcHook's own inserts values unescaped, and the port as ``PORT``.

        :raises ConfigurationError: when the connection names neither host nor DSN, or a keyword is malformed.
        """
        connection = self.connection
        where = f"Airflow connection {connection.conn_id}"
        if not connection.host and not self.dsn:
            advice = "Fill in the field Host, or the extra `dsn`."
            raise ConfigurationError("The connection has no host and no DSN", where=where, advice=advice)
        words: dict[str, str | None] = {"DSN": self.dsn} if self.dsn else {"DRIVER": self._driver_name()}
        if connection.host:
            words["SERVER"] = f"{connection.host},{connection.port or 1433}"
        words |= {
            "DATABASE": self.database or None,
            "UID": connection.login or None,
            "PWD": connection.password or None,
        }
        words |= {"APP": "refdata", "Encrypt": "yes", "TrustServerCertificate": "no"}
        return _joined({**words, **self._extras(words)}, where)

    def get_conn(self) -> pyodbc.Connection:
        """A new connection that commits each statement separately."""
        arguments = {"timeout": max(1, round(self._connect_timeout)), **self.connect_kwargs, "autocommit": True}
        return pyodbc.connect(self.odbc_connection_string, **arguments)

    def _driver_name(self) -> str:
        """The driver named by the connection or Airflow's configuration, else Microsoft's.

        If Microsoft's is not installed, the library shipped with mssql-python is used.
        """
        # OdbcHook.driver warns about an ignored extra even when there is none.
        named = self.connection_extra_lower.get("driver") or self._driver
        chosen = self.driver if named else self.default_driver
        if chosen:
            return str(chosen)
        registered = pyodbc.drivers()
        registered_name = next((name for name in _INSTALLED if name in registered), None)
        return registered_name or str(mssql_python.get_native_provider_info()["driver_path"])

    def _extras(self, words: dict[str, str | None]) -> dict[str, str]:
        spelled = {_plain(word): word for word in words}
        extras = {
            name: value for name, value in given(self.connection_extra).items() if name.lower() not in _NOT_KEYWORDS
        }
        return {spelled.get(_plain(name), name): _word(value) for name, value in extras.items()}


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "")


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _joined(words: dict[str, str | None], where: str) -> str:
    for name in words:
        if not name.replace("_", "").replace(" ", "").isalnum():
            raise ConfigurationError(f"Extra {name!r} is not an ODBC keyword", where=where, advice="Correct the extra.")
    braced = {name: "{" + value.replace("}", "}}") + "}" for name, value in words.items() if value is not None}
    return "".join(f"{name}={value};" for name, value in braced.items())
