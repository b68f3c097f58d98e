"""An Airflow connection's extras in the connection string for ODBC."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.engines import needs_odbc

pytestmark = needs_odbc

STRINGS: list[tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = [
    # extras, what the string has, what it does not have
    ({}, ("Encrypt={yes};", "TrustServerCertificate={no};"), ("DSN", "None")),
    (
        {"Encrypt": None, "TrustServerCertificate": "", "Failover_Partner": None, "dsn": None, "driver": ""},
        ("Encrypt={yes};", "TrustServerCertificate={no};"),
        ("Failover", "DSN", "None"),
    ),
    ({"encrypt": "strict", "MultiSubnetFailover": "yes"}, ("Encrypt={strict};", "MultiSubnetFailover={yes};"), ()),
    ({"dsn": "refdata", "Trusted_Connection": "yes"}, ("DSN={refdata};", "Trusted_Connection={yes};"), ("DRIVER",)),
]


@pytest.mark.parametrize(("extra", "there", "absent"), STRINGS, ids=[str(case[0]) for case in STRINGS])
def test_the_string_says(
    extra: dict[str, Any], there: tuple[str, ...], absent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from refdata.warehouse.odbc.hook import SecureOdbcHook

    connection = {"conn_type": "odbc", "host": "sql01", "schema": "db", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_TRIED", json.dumps(connection))
    string = SecureOdbcHook("tried").odbc_connection_string
    assert [word for word in there if word not in string] == []
    assert [word for word in absent if word in string] == []
