"""The form of refdata's connection types in Airflow's UI: a named field for each extra that refdata reads.

Airflow reads it from the provider's description (``ui-field-behaviour``, ``conn-fields``), so the form shows without
importing a hook. An empty field is sent as null, which counts as not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN_NAMES = {"schema": "Database"}
"""Labels of Airflow's own fields in the form."""

_EMPTY = "null"
"""How the form shows an empty choice, for which refdata's own default applies."""


def _text(label: str, description: str, kind: str = "string") -> dict[str, Any]:
    """A named field of the connection form; it may stay empty."""
    return {"label": label, "description": description, "schema": {"type": [kind, "null"]}}


def _choice(label: str, description: str, choices: tuple[str, ...], default: str) -> dict[str, Any]:
    """A field with a list to choose from, at first the default, which is kept as an empty extra."""
    shown = {_EMPTY: f"default ({default})"}
    return _text(label, description) | {
        "schema": {"type": ["string", "null"], "enum": [None, *choices], "values_display": shown}
    }


_YES_OR_NO = ("yes", "no")
_BOTH: Mapping[str, dict[str, Any]] = {
    "Encrypt": _choice(
        "Encryption", "With no, only the login is encrypted; strict is TDS 8.", ("yes", "no", "strict"), "yes"
    ),
    "TrustServerCertificate": _choice(
        "Trust any certificate", "With yes, the certificate is not checked: for test servers.", _YES_OR_NO, "no"
    ),
    "HostNameInCertificate": _text("Name in the certificate", "Where it differs from the field Host."),
    "ServerCertificate": _text("Server's certificate", "File with the server's own certificate (PEM)."),
    "Authentication": _text(
        "Authentication", "A method of Microsoft Entra ID, such as ActiveDirectoryServicePrincipal. Empty: SQL login."
    ),
    "Trusted_Connection": _choice(
        "Integrated authentication",
        "With yes, a Kerberos ticket logs in; leave login and password empty.",
        _YES_OR_NO,
        "no",
    ),
    "MultiSubnetFailover": _choice(
        "Availability group", "With yes, all addresses of the listener are tried at once.", _YES_OR_NO, "no"
    ),
    "Failover_Partner": _text("Failover partner", "The mirror: host or host,port. Not for availability groups."),
    "ApplicationIntent": _choice(
        "Application intent", "ReadOnly reaches a secondary replica.", ("ReadWrite", "ReadOnly"), "ReadWrite"
    ),
}
_FIELDS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "mssql": {
        **_BOTH,
        "CAFile": _text("Authorities", "File with the certificate authorities to trust (PEM). Empty: the system's."),
        "Driver": _choice(
            "Library for sessions",
            "Entra ID and availability groups need mssql-python.",
            ("pymssql", "mssql-python"),
            "chosen by the other fields",
        ),
        "bulk_port": _text("Port for bulk copy", "Where it differs from the field Port.", "integer"),
        "packet_size": _text("Packet size", "Bytes of a TDS packet. Empty: chosen by each library.", "integer"),
    },
    "odbc": {
        **_BOTH,
        "dsn": _text("DSN", "Data source of odbc.ini; the field Host may be empty then."),
        "driver": _text(
            "ODBC driver",
            "Name or path. Airflow ignores it unless [providers.odbc] allow_driver_in_extra is true. "
            "Empty: Microsoft's driver 18 or 17.",
        ),
    },
}

_BEHAVIOUR = {
    "hidden-fields": [],
    "relabeling": SHOWN_NAMES,
    "placeholders": {"host": "sql01.example.com", "port": "1433", "schema": "refdata", "login": "ingest_user"},
}

FORMS: Mapping[str, Mapping[str, Any]] = {
    engine: {"ui-field-behaviour": _BEHAVIOUR, "conn-fields": fields} for engine, fields in _FIELDS.items()
}
"""The form of each engine for ``connection-types``, in the shape of Airflow's schema."""


def given(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The extras that are not empty: the form sends each of its fields.

    >>> given({"Encrypt": None, "Driver": " ", "TrustServerCertificate": False})
    {'TrustServerCertificate': False}
    """
    return {name: value for name, value in extra.items() if value is not None and str(value).strip()}
