"""What is read without Airflow is what Airflow says; and where Airflow may say more, it is asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.configuration import AirflowConfigParser
from airflow.models import Connection

from refdata import plainairflow
from refdata.plainairflow import OnlyAirflowKnowsError

ONLY_AIRFLOW: tuple[tuple[dict[str, str], str], ...] = (
    ({"AIRFLOW__REFDATA__ALERT_NOTIFIERS_CMD": "echo x"}, ""),
    ({"AIRFLOW__REFDATA__ALERT_NOTIFIERS_SECRET": "x"}, ""),
    ({"AIRFLOW__REFDATA__conn_id": "x"}, ""),
    ({"AIRFLOW__CORE__UNIT_TEST_MODE": "True"}, ""),
    ({}, "[refdata]\nalert_notifiers_cmd = echo x\n"),
    ({}, "[refdata]\ngate_rows_removed = 20%\n"),
    ({}, "[core]\nunit_test_mode = True\n"),
    ({}, "[refdata\n"),
)
NO_PLAIN_CONNECTION = (
    {"AIRFLOW__SECRETS__BACKEND": "some.Backend"},
    {"AIRFLOW__WORKERS__SECRETS_BACKEND": "some.Backend"},
    {"AIRFLOW__CORE__MULTI_TEAM": "True"},
    {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://airflow@db/airflow"},
    {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": "echo x"},
    {"_AIRFLOW_PROCESS_CONTEXT": "client"},
    {"AIRFLOW_CONN_PLAIN": "mssql://user@server/db"},
    {"AIRFLOW_CONN_PLAIN": "sqlite:///relative.db"},
    {"AIRFLOW_CONN_PLAIN": '{"conn_type": "sqlite", "host": "/a/b.db", "extra": {"mode": "ro"}}'},
    {"AIRFLOW_CONN_PLAIN": '{"conn_type": "sqlite", "host": "/a/b%20c.db"}'},
    {"AIRFLOW_CONN_PLAIN": '{"conn_type": '},
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine on which nothing is configured."""
    for name in ("AIRFLOW_CONFIG", "AIRFLOW_CONN_PLAIN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AIRFLOW__CORE__UNIT_TEST_MODE", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    plainairflow.forget()
    yield tmp_path
    plainairflow.forget()


def test_options_are_those_that_airflow_reads(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "airflow.cfg").write_text(
        "[core]\nunit_test_mode = False\n\n[refdata]\nconn_id = from_file\ngate_rows_removed = 20%%\n"
        "dropoff_root = $ROOT/drop\nsource_db =\nprocessed_root = $UNSET/x\nstabilty_checks = 3\n"
    )
    monkeypatch.setenv("ROOT", "~/$BELOW")
    monkeypatch.setenv("BELOW", "files")
    monkeypatch.setenv("AIRFLOW__REFDATA__CONN_ID", "from_environment")
    monkeypatch.setenv("AIRFLOW__REFDATA__ERROR_ROOT", "")
    airflow = AirflowConfigParser()
    airflow.read(home / "airflow.cfg")
    found = plainairflow.options("refdata")
    assert found == {name: airflow.get("refdata", name) for name in found}
    assert set(found) == set(airflow.getsection("refdata") or ()), "and no others"


@pytest.mark.parametrize(("variables", "text"), ONLY_AIRFLOW)
def test_airflow_is_asked_for_what_it_may_read_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], text: str
) -> None:
    (home / "airflow.cfg").write_text(text)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OnlyAirflowKnowsError):
        plainairflow.options("refdata")


def test_airflow_is_asked_where_it_has_local_settings(home: Path) -> None:
    (home / "config").mkdir()
    (home / "config" / "airflow_local_settings.py").touch()
    with pytest.raises(OnlyAirflowKnowsError):
        plainairflow.options("refdata")


@pytest.mark.parametrize("as_uri", [True, False], ids=["URI", "JSON"])
def test_a_connection_in_the_environment_leads_to_the_file_that_airflow_opens(
    home: Path, monkeypatch: pytest.MonkeyPatch, as_uri: bool
) -> None:
    from airflow.providers.sqlite.hooks.sqlite import SqliteHook

    there = str(home / "my data.db")
    stated = Connection(conn_id="plain", conn_type="sqlite", host=there)
    text = stated.get_uri() if as_uri else json.dumps({"conn_type": "sqlite", "host": there})
    monkeypatch.setenv("AIRFLOW_CONN_PLAIN", text)
    with SqliteHook(sqlite_conn_id="plain").get_conn() as opened:  # type: ignore[no-untyped-call]
        airflows = opened.execute("PRAGMA database_list").fetchone()[2]
    opened.close()
    assert plainairflow.file_of("plain", "sqlite") == airflows == there


def test_a_connection_in_airflows_own_database_is_found(home: Path) -> None:
    assert plainairflow.file_of("plain", "sqlite") is None, "nobody has started Airflow"
    with sqlite3.connect(home / "airflow.db") as database:
        assert plainairflow.file_of("plain", "sqlite") is None
        columns = ", ".join(column.name for column in Connection.__table__.columns)
        database.execute(f"CREATE TABLE connection ({columns})")
        add = "INSERT INTO connection (conn_id, conn_type, host, login, extra) VALUES (?, ?, ?, '', ?)"
        database.execute(add, ("plain", "sqlite", "/data/refdata.db", None))
        database.execute(add, ("special", "sqlite", "/data/refdata.db", "gAAAAencrypted"))
        database.execute(add, ("server", "mssql", "sql01", None))
    database.close()
    assert plainairflow.file_of("plain", "sqlite") == "/data/refdata.db"
    assert plainairflow.file_of("other", "sqlite") is None
    for conn_id in ("special", "server"):
        with pytest.raises(OnlyAirflowKnowsError):
            plainairflow.file_of(conn_id, "sqlite")


@pytest.mark.parametrize("variables", NO_PLAIN_CONNECTION)
def test_airflow_is_asked_for_a_connection_that_is_not_plain(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OnlyAirflowKnowsError):
        plainairflow.file_of("plain", "sqlite")


def test_a_process_with_airflow_asks_airflow(home: Path) -> None:
    assert not plainairflow.suffices("sqlite")
