"""The form of refdata's connection types in Airflow's UI: named fields for the extras that most sites set.

Airflow reads it from the provider's description (``ui-field-behaviour``, ``conn-fields``), so the form shows without
importing a hook. A field that is left empty is sent as null, which counts as not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHOWN_NAMES = {"schema": "Database"}
"""What Airflow's own fields are called in the form."""

_ENCRYPT = "yes, no (the login only) or strict (TDS 8, SQL Server 2022). Empty: yes."
_ENTRA = "Such as ActiveDirectoryServicePrincipal. Empty: SQL Server's own logins."
_TRUST = "Accept any certificate of the server. For tests only."


def _field(label: str, description: str, kind: str = "string", **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], **schema}}


_MSSQL: Mapping[str, Mapping[str, Any]] = {
    "encrypt": _field("Encryption", _ENCRYPT, enum=["yes", "no", "strict", None]),
    "trust_server_certificate": _field("Trust any certificate", _TRUST, "boolean", default=False),
    "ca_file": _field("Certificate authorities", "PEM file with the authorities to trust. Empty: the system's."),
    "authentication": _field("Entra method", _ENTRA),
    "multi_subnet_failover": _field("Multi-subnet failover", "Try all the host's addresses.", "boolean", default=False),
    "driver": _field(
        "Client library", "pymssql or mssql-python; bulk copy always uses the latter.",
        enum=["pymssql", "mssql-python", None],
    ),
}  # fmt: skip
_ODBC: Mapping[str, Mapping[str, Any]] = {
    "dsn": _field("Data source (DSN)", "From odbc.ini; with it the host may stay empty."),
    "Encrypt": _field("Encryption", "yes, no or strict. Empty: yes.", enum=["yes", "no", "strict", None]),
    "TrustServerCertificate": _field("Trust any certificate", _TRUST, enum=["yes", "no", None]),
    "Authentication": _field("Entra method", _ENTRA),
    "Trusted_Connection": _field(
        "Kerberos", "Log in as the account that Airflow runs under.", enum=["yes", "no", None]
    ),
}

_BEHAVIOUR = {
    "hidden-fields": [],
    "relabeling": SHOWN_NAMES,
    "placeholders": {"host": "sql01.example.com", "port": "1433", "schema": "refdata", "login": "ingest_user"},
}

FORMS: Mapping[str, Mapping[str, Any]] = {
    engine: {"ui-field-behaviour": _BEHAVIOUR, "conn-fields": fields}
    for engine, fields in (("mssql", _MSSQL), ("odbc", _ODBC))
}
"""For each engine what ``connection-types`` says of its form, in the shape of Airflow's schema."""


def given(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The extras that hold something: the form sends each of its fields.

    >>> given({"encrypt": None, "driver": "", "trust_server_certificate": False})
    {'trust_server_certificate': False}
    """
    return {name: value for name, value in extra.items() if value is not None and value != ""}
