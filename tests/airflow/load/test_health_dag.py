"""The health task tells of changes, once, and sends what is due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from refdata import wiring
from refdata.config import load_settings
from refdata.core.alerting import Alert
from refdata.core.health import Check, State
from refdata.notifications.channels import send
from refdata.operators.health import HealthOperator, report
from tests.airflow.watch.conftest import FakeAirflow

OK, WARN, FAIL = State.OK, State.WARN, State.FAIL
CONTEXT: Any = {"run_id": "run", "dag": DAG("refdata_health", schedule=None)}


def check(name: str, state: State) -> Check:
    return Check(name, state, "figure", "message", "Advice.")


@pytest.fixture
def told(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    entry = {"notifier": "tests.e2e.alert_file.AlertFile", "path": str(tmp_path / "alerts"),
             "title": "{title}", "text": "{text}", "url": "{category}"}  # fmt: skip
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([entry]))
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", "0")
    load_settings.cache_clear()
    wiring.connect().warehouse.initialise()

    def read() -> list[tuple[str, str]]:
        path = tmp_path / "alerts"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return [(line["url"], line["title"]) for line in lines]

    return read


def test_changes_are_told_once_by_category(told: Any) -> None:
    airflow = FakeAirflow()
    database = check("warehouse", OK)
    looks = [
        ([check("space", OK), check("error_rate", OK)], []),
        ([check("space", FAIL), check("error_rate", WARN)],
         [("health", "refdata: space fail"), ("error_rate", "refdata: error_rate warn")]),
        ([check("space", FAIL), check("error_rate", WARN)], []),
        ([check("error_rate", WARN)], []),  # not looked at: no change
        ([check("space", OK), check("error_rate", OK)], [("recovered", "refdata: space ok, error_rate ok")]),
    ]  # fmt: skip
    for checks, expected in looks:
        report([database, *checks], airflow.now, CONTEXT)
        assert told() == expected


def test_the_very_first_look_gives_a_start_time_to_make_its_folders(told: Any) -> None:
    airflow = FakeAirflow()
    missing = Check("dropoff", FAIL, "missing", transient=True)
    report([check("warehouse", OK), missing], airflow.now, CONTEXT)
    assert told() == []
    report([check("warehouse", OK), missing], airflow.now, CONTEXT)
    assert told() == [("health", "refdata: dropoff fail")]


def test_an_outage_is_told_once_with_the_loads_and_so_is_its_end(told: Any, root: Path) -> None:
    airflow = FakeAirflow()
    away, back = check("warehouse", FAIL), check("warehouse", OK)
    report([away], airflow.now, CONTEXT)
    assert told() == [("connection", "refdata: the database cannot be used (figure)")]
    report([away], airflow.now, CONTEXT)
    report([back], FakeAirflow().now, CONTEXT)  # the state store may be empty: the mark in the dropoff tells
    assert told() == [("recovered", "refdata: back to normal")]
    report([back], airflow.now, CONTEXT)
    assert told() == []


def test_a_database_that_was_never_used_is_no_outage(told: Any) -> None:
    fresh = Check("warehouse", FAIL, "not initialised", "There is no ledger", "Run `refdata init-db`.")
    report([fresh], FakeAirflow().now, CONTEXT)
    report([check("warehouse", OK)], FakeAirflow().now, CONTEXT)
    assert told() == []


def test_gathered_alerts_go_out_with_the_next_look(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", "900")
    load_settings.cache_clear()
    for name in ("a", "b", "c"):
        send(Alert(name, "text", "data", "", "", ""), CONTEXT)
    assert told() == [("data", "a")]
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", "0")
    load_settings.cache_clear()
    report([check("warehouse", OK)], FakeAirflow().now, CONTEXT)
    assert told() == [("data", "refdata: 2 more alerts (data)")]


def test_the_task_has_its_store_among_its_inlets() -> None:
    operator = HealthOperator(task_id="look")
    assert operator.asset in operator.inlets
