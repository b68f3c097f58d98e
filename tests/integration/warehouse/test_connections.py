"""A second host and the authorities of a house, over real lines."""

from __future__ import annotations

import json
import os
from typing import Any

import pyarrow as pa
import pytest

from refdata.core.errors import RefdataError
from refdata.core.model import Column, Stage
from refdata.core.sqltypes import INT
from tests.integration.engines import MSSQL, MSSQL_PYTHON, Database, Server
from tests.integration.warehouse.test_diagnosis import closed_port

AUTHORITY = os.environ.get("REFDATA_TEST_MSSQL_CA", "")
"""File with the authority of the test server's certificate."""


def reached(database: Database, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], **changes: Any) -> Database:
    connection = Server.named().connection(database.engine, **changes)
    connection["extra"] = {**connection["extra"], **extra}
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_PARTNER", json.dumps(connection))
    return database.reopened(conn_id="refdata_partner", connect_timeout=2)


def staged(database: Database) -> tuple[int, str]:
    stage = Stage(database.table("t"), 1, 1)
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2], pa.int32())], names=["a"])
    try:
        return database.warehouse.stage(stage, (Column("a", INT),), [batch], lambda _: None)
    finally:
        database.warehouse.drop_stage(stage)


@pytest.mark.parametrize("engine", [MSSQL, MSSQL_PYTHON])
@pytest.mark.parametrize("method", ["bulk", "insert"])
def test_the_failover_partner_serves_when_the_server_does_not(
    database: Database, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = Server.named()
    partner = {"Failover_Partner": f"{named.host},{named.port}"}
    found = reached(database, monkeypatch, partner, port=closed_port()).reopened(load_method=method)
    assert found.warehouse.diagnose().ok
    assert staged(found) == (2, method)


@pytest.mark.parametrize("engine", [MSSQL, MSSQL_PYTHON])
def test_a_partner_that_is_down_too_is_a_lost_connection(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reached(database, monkeypatch, {"Failover_Partner": f"127.0.0.1,{closed_port()}"}, port=closed_port())
    assert found.warehouse.diagnose().trouble == "unreachable"


@pytest.mark.skipif(not AUTHORITY, reason="REFDATA_TEST_MSSQL_CA names no file")
@pytest.mark.parametrize("engine", [MSSQL, MSSQL_PYTHON])
def test_a_certificate_is_checked_against_the_houses_authorities(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypted = {"encrypt": "yes", "HostNameInCertificate": "localhost"}
    assert reached(database, monkeypatch, encrypted).warehouse.diagnose().trouble == "unreachable"
    found = reached(database, monkeypatch, {**encrypted, "CAFile": AUTHORITY})
    assert found.warehouse.diagnose().ok
    assert staged(found.reopened(load_method="insert")) == (2, "insert")


@pytest.mark.skipif(not AUTHORITY, reason="REFDATA_TEST_MSSQL_CA names no file")
@pytest.mark.parametrize("engine", [MSSQL])
def test_bulk_copy_logs_in_under_the_houses_authorities(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"encrypt": "yes", "HostNameInCertificate": "localhost", "CAFile": AUTHORITY}
    found = reached(database, monkeypatch, {**extra, "bulk_port": Server.named().port}).reopened(load_method="bulk")
    try:
        assert staged(found) == (2, "bulk")
    except RefdataError as error:
        # Without its relay, Babelfish gives bulk copy no column names; that comes after the login.
        assert "Destination column" in str(error)
