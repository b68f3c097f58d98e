from __future__ import annotations

import json
import os
from typing import Any

import pytest
from airflow.sdk import Connection

from refdata.connectionform import FORMS, given
from refdata.get_provider_info import CONNECTION_TYPES
from refdata.hooks import _diagnosed
from refdata.hooks._diagnosed import DiagnosedMixin
from refdata.hooks.mssql import RefdataMsSqlHook
from refdata.hooks.odbc import RefdataOdbcHook
from tests.integration.engines import TSQL, Database

HOOKS: dict[str, Any] = {"mssql": RefdataMsSqlHook, "odbc": RefdataOdbcHook}


def connect(database: Database, monkeypatch: pytest.MonkeyPatch, **changes: object) -> DiagnosedMixin:
    """A hook for the database's connection, under refdata's own type."""
    fields = json.loads(os.environ[f"AIRFLOW_CONN_{database.settings.conn_id.upper()}"])
    fields |= {"conn_type": f"refdata_{database.engine}", **changes}
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_TRIED", json.dumps(fields))
    monkeypatch.setattr(_diagnosed, "load_settings", lambda: database.settings)
    hook: DiagnosedMixin = HOOKS[database.engine]("refdata_tried")
    return hook


@pytest.mark.parametrize("engine", TSQL)
def test_the_test_button_says_that_loads_can_run(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ok, message = connect(database, monkeypatch).test_connection()
    assert ok, message
    assert message.endswith("is ready")


@pytest.mark.parametrize("engine", TSQL)
def test_the_test_button_says_what_is_wrong(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ok, message = connect(database, monkeypatch, password="C4nary").test_connection()
    assert (ok, message.split(":")[0]) == (False, "login refused")
    assert "C4nary" not in message
    ok, message = connect(database, monkeypatch, host="").test_connection()
    assert not ok
    assert "has no host" in message


def test_each_declared_type_is_its_hooks_type() -> None:
    declared = {entry["connection-type"]: entry["hook-class-name"] for entry in CONNECTION_TYPES}
    found = {hook.conn_type: f"{hook.__module__}.{hook.__name__}" for hook in HOOKS.values()}
    assert declared == found
    assert {entry["hook-name"] for entry in CONNECTION_TYPES} == {hook.hook_name for hook in HOOKS.values()}


@pytest.mark.parametrize("engine", TSQL)
def test_a_connection_finds_its_hook(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(database, monkeypatch)
    assert Connection.get("refdata_tried").conn_type == f"refdata_{database.engine}"


def test_an_empty_field_of_the_form_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = [name for form in FORMS.values() for name in form["conn-fields"]]
    assert given(dict.fromkeys(fields)) == {}
    extra = {"encrypt": None, "driver": "", "ca_file": None, "authentication": None, "trust_server_certificate": False}
    described = {"conn_type": "refdata_mssql", "host": "sql01", "schema": "refdata", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_TRIED", json.dumps(described))
    options = RefdataMsSqlHook("refdata_tried").options()
    assert (options.encrypt, options.trust, options.driver) == ("yes", False, "")
