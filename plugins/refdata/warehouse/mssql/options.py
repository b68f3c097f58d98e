"""Reads an Airflow connection of type ``mssql`` into one set of options for both client libraries. Pure.

Names of the extras are those of Microsoft's ODBC driver, in any case, with or without underscores:
https://learn.microsoft.com/sql/connect/odbc/dsn-connection-string-attribute
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from refdata.core.errors import ConfigurationError

PACKET_SIZE = 16_000
"""Bytes of a TDS packet for bulk copy. TLS allows at most 16,383, and mssql-python's core can panic at the
4,096 that servers choose by default.
https://learn.microsoft.com/sql/database-engine/configure-windows/configure-the-network-packet-size-server-configuration-option"""

_YES = frozenset(("yes", "true", "1", "mandatory", "on"))
_NO = frozenset(("no", "false", "0", "optional", "off"))
_PYMSSQL = frozenset(("tds_version", "charset", "appname", "conn_properties", "login_timeout"))
_IGNORED = frozenset(("sqlalchemyscheme", "placeholder", "executemany", "autocommit", "timeout"))


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where the server is, who logs in, and how the connection is protected.

    ``encrypt`` is ``yes``, ``no`` (only the login is) or ``strict`` (TDS 8). ``trust`` accepts any certificate.
    ``ca_file`` has the certificates of the authorities to trust, ``""`` for the system's, and
    ``server_certificate`` the server's own. ``bulk_port`` is a separate port for bulk copy, else 0.
    ``driver`` is the library for everything but bulk copy, ``""`` where the connection leaves it open.
    ``packet_size`` is in bytes, 0 for each library's own choice. ``authentication`` is an Entra method by ODBC's
    name, ``""`` for SQL Server's own logins. ``failover_partner`` is ``host`` or ``host,port``. ``client`` has
    further arguments for ``pymssql.connect``.
    """

    host: str
    port: int
    database: str
    login: str | None
    password: str | None = field(repr=False)
    encrypt: str = "yes"
    trust: bool = False
    ca_file: str = ""
    server_certificate: str = ""
    certificate_host: str = ""
    bulk_port: int = 0
    driver: str = ""
    packet_size: int = 0
    authentication: str = ""
    integrated: bool = False
    multi_subnet_failover: bool = False
    failover_partner: str = ""
    application_intent: str = ""
    client: Mapping[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Server and database, for messages."""
        partner = f" or {self.failover_partner.replace(',', ':')}" if self.failover_partner else ""
        return f"{self.address}{partner}/{self.database}"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @property
    def needs_mssql_python(self) -> str:
        """The extra for which sessions need mssql-python instead of pymssql, ``""`` when there is none."""
        if self.authentication:
            return "Authentication"  # FreeTDS, on which pymssql is built, does not support Entra ID
        return "MultiSubnetFailover" if self.multi_subnet_failover else ""


def read_options(
    host: str | None,
    port: int | None,
    database: str | None,
    login: str | None,
    password: str | None,
    extra: Mapping[str, Any],
    where: str,
) -> ServerOptions:
    """The options of a connection.

    :raises ConfigurationError: when host or database is missing, or an extra is unknown, has an invalid value, or is
        given under two spellings with different values.
    """
    if not host or not database:
        missing = "host" if not host else "database (the field Schema)"
        raise ConfigurationError(f"The connection has no {missing}", where=where, advice="Fill in the field.")
    client = {
        name.lower(): value
        for name, value in extra.items()
        if _plain(name) not in _FIELDS and _plain(name) not in _IGNORED
    }
    unknown = sorted(set(client) - _PYMSSQL)
    if unknown:
        raise ConfigurationError(
            f"Unknown extra {', '.join(unknown)}",
            where=where,
            advice=f"Use one of: {', '.join(sorted((*_FIELDS, *_PYMSSQL)))}.",
        )
    values = _read_fields(extra, where)
    options = ServerOptions(host, port or 1433, database, login or None, password or None, **values, client=client)
    _check_together(options, where)
    return options


def _read_fields(extra: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options that the extras name, each by one spelling or by several that agree."""
    values: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in extra.items():
        if (plain := _plain(name)) not in _FIELDS:
            continue
        option, read = _FIELDS[plain]
        read_value = read(value, plain, where)
        if option in values and values[option] != read_value:
            raise ConfigurationError(
                f"The extras {spelled[option]} and {name} say the same thing with different values",
                where=where,
                advice="Remove one of them.",
            )
        values[option], spelled[option] = read_value, name
    return values


def _check_together(options: ServerOptions, where: str) -> None:
    if options.driver == "pymssql" and options.needs_mssql_python:
        raise ConfigurationError(
            f"pymssql does not support the extra {options.needs_mssql_python}",
            where=where,
            advice="Remove the extra Driver: sessions then use mssql-python.",
        )
    if options.multi_subnet_failover and options.failover_partner:
        raise ConfigurationError(
            "MultiSubnetFailover and Failover_Partner exclude each other",
            where=where,
            advice="Keep the first for an availability group listener, the second for a mirror.",
        )


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "")


def _boolean(value: object, name: str, where: str) -> bool:
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise _wrong(value, name, where, "yes or no")
    return text in _YES


def _intent(value: object, name: str, where: str) -> str:
    # Airflow's own extra `read_only` is a yes or no.
    return "ReadOnly" if _boolean(value, name, where) else "ReadWrite"


def _encrypt(value: object, name: str, where: str) -> str:
    text = str(value).strip().lower()
    # pymssql's own extra `encryption` says off, request or require.
    known = {**dict.fromkeys(_YES, "yes"), **dict.fromkeys(_NO, "no"), "strict": "strict", "require": "yes"}
    if text not in (*known, "request"):
        raise _wrong(value, name, where, "yes, no or strict")
    return known.get(text, "no")


def _driver(value: object, name: str, where: str) -> str:
    text = str(value).strip().lower().replace("_", "-")
    if text not in ("pymssql", "mssql-python"):
        raise _wrong(value, name, where, "pymssql or mssql-python")
    return text


def _number(value: object, name: str, where: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if not 0 < number <= 65535:
        raise _wrong(value, name, where, "a number between 1 and 65535")
    return number


def _partner(value: object, name: str, where: str) -> str:
    text = str(value).strip().replace(" ", "")
    if text and not re.fullmatch(r"[^,:;{}\\\s]+(,\d{1,5})?", text):
        raise _wrong(value, name, where, "a host, or host,port")
    return text


def _text(value: object, name: str, where: str) -> str:
    text = str(value).strip()
    if any(char in text for char in ";{}\r\n"):
        raise _wrong(value, name, where, "a value without ; { } and line breaks")
    return text


def _wrong(value: object, name: str, where: str, rule: str) -> ConfigurationError:
    return ConfigurationError(
        f"Extra {name} is {value!r}, but must be {rule}", where=where, advice="Correct the extra."
    )


_FIELDS: dict[str, tuple[str, Callable[[object, str, str], Any]]] = {
    "encrypt": ("encrypt", _encrypt),
    "encryption": ("encrypt", _encrypt),
    "trustservercertificate": ("trust", _boolean),
    "cafile": ("ca_file", _text),
    "servercertificate": ("server_certificate", _text),
    "hostnameincertificate": ("certificate_host", _text),
    "bulkport": ("bulk_port", _number),
    "driver": ("driver", _driver),
    "packetsize": ("packet_size", _number),
    "authentication": ("authentication", _text),
    "trustedconnection": ("integrated", _boolean),
    "multisubnetfailover": ("multi_subnet_failover", _boolean),
    "failoverpartner": ("failover_partner", _partner),
    "applicationintent": ("application_intent", _text),
    "readonly": ("application_intent", _intent),
}
