"""The health task reports changes once, and sends what is due."""

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
def reported(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
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


def test_changes_are_reported_once_by_category(reported: Any) -> None:
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
        assert reported() == expected


def window(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", str(seconds))
    load_settings.cache_clear()


LATER: list[tuple[str, State, State, list[tuple[str, str]]]] = [
    ("over before anybody could be alerted", FAIL, OK, []),
    ("it lasts", FAIL, FAIL, [("health", "refdata: dropoff fail")]),
    ("less bad by then", FAIL, WARN, [("health_warning", "refdata: dropoff warn")]),
    ("worse by then", WARN, FAIL, [("health", "refdata: dropoff fail")]),
]


@pytest.mark.parametrize(("during", "after", "expected"), [case[1:] for case in LATER], ids=[case[0] for case in LATER])
def test_a_delayed_report_describes_the_current_state(
    reported: Any,
    monkeypatch: pytest.MonkeyPatch,
    during: State,
    after: State,
    expected: list[tuple[str, str]],
) -> None:
    airflow = FakeAirflow()

    def look(dropoff: State) -> list[tuple[str, str]]:
        others = [check("warehouse", OK), check("memory", WARN), check("scheduler", FAIL)]
        report([*others, check("dropoff", dropoff)], airflow.now, CONTEXT)
        return list(reported())

    window(monkeypatch, 900)
    assert look(OK) == [("health_warning", "refdata: memory warn"), ("health", "refdata: scheduler fail")]
    assert look(during) == look(during) == []
    window(monkeypatch, 0)
    assert look(after) == expected
    assert look(after) == []


def test_failures_do_not_wait_behind_a_warning(reported: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window(monkeypatch, 900)
    airflow = FakeAirflow()
    for found, expected in (
        (WARN, [("health_warning", "refdata: space warn")]),
        (FAIL, [("health", "refdata: space fail")]),
    ):
        report([check("warehouse", OK), check("space", found)], airflow.now, CONTEXT)
        assert reported() == expected


def test_a_late_end_is_not_reported_when_it_fails_again(reported: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    airflow = FakeAirflow()
    database, bad, good = check("warehouse", OK), check("space", FAIL), check("space", OK)
    report([database, bad, check("memory", OK)], airflow.now, CONTEXT)
    window(monkeypatch, 900)
    send(Alert("another end", "text", "recovered", "", "", ""), CONTEXT)
    assert reported() == [("health", "refdata: space fail"), ("recovered", "another end")]
    report([database, good], airflow.now, CONTEXT)
    window(monkeypatch, 0)
    report([database, bad], airflow.now, CONTEXT)
    assert reported() == []


@pytest.mark.parametrize(("after", "expected"), [(OK, []), (FAIL, [("health", "refdata: space fail")])])
def test_an_undelivered_alert_is_repeated_only_while_the_problem_lasts(
    reported: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, after: State, expected: list[tuple[str, str]]
) -> None:
    airflow = FakeAirflow()
    (tmp_path / "alerts").mkdir()  # the notifier cannot write its file
    report([check("warehouse", OK), check("space", FAIL)], airflow.now, CONTEXT)
    (tmp_path / "alerts").rmdir()
    report([check("warehouse", OK), check("space", after)], airflow.now, CONTEXT)
    assert reported() == expected


def test_the_very_first_look_gives_a_start_time_to_make_its_folders(reported: Any) -> None:
    airflow = FakeAirflow()
    missing = Check("dropoff", FAIL, "missing", transient=True)
    report([check("warehouse", OK), missing], airflow.now, CONTEXT)
    assert reported() == []
    report([check("warehouse", OK), missing], airflow.now, CONTEXT)
    assert reported() == [("health", "refdata: dropoff fail")]


def test_an_outage_is_reported_once_with_the_loads_and_so_is_its_end(reported: Any, root: Path) -> None:
    airflow = FakeAirflow()
    away, back = check("warehouse", FAIL), check("warehouse", OK)
    report([away], airflow.now, CONTEXT)
    assert reported() == [("connection", "refdata: the database cannot be used (figure)")]
    report([away], airflow.now, CONTEXT)
    report([back], FakeAirflow().now, CONTEXT)  # the state store may be empty: the mark in the dropoff folder shows it
    assert reported() == [("recovered", "refdata: back to normal")]
    report([back], airflow.now, CONTEXT)
    assert reported() == []


def test_the_end_of_an_outage_leads_to_the_run_that_saw_it(reported: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = json.loads(load_settings().alert_notifiers)
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([entry | {"url": "{url}"}]))
    load_settings.cache_clear()
    airflow = FakeAirflow()
    report([check("warehouse", FAIL)], airflow.now, CONTEXT)
    report([check("warehouse", OK)], airflow.now, CONTEXT)
    assert [link.rpartition("/dags/")[2] for link, _ in reported()] == ["refdata_health/runs/run"] * 2


def test_an_unused_database_is_not_an_outage(reported: Any) -> None:
    fresh = Check("warehouse", FAIL, "not initialised", "There is no ledger", "Run `refdata init-db`.")
    report([fresh], FakeAirflow().now, CONTEXT)
    report([check("warehouse", OK)], FakeAirflow().now, CONTEXT)
    assert reported() == []


def test_gathered_alerts_go_out_with_the_next_look(reported: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    window(monkeypatch, 900)
    for name in ("a", "b", "c"):
        send(Alert(name, "text", "data", "", "", ""), CONTEXT)
    assert reported() == [("data", "a")]
    window(monkeypatch, 0)
    report([check("warehouse", OK)], FakeAirflow().now, CONTEXT)
    assert reported() == [("data", "refdata: 2 more alerts (data)")]


def test_the_task_has_its_store_among_its_inlets() -> None:
    operator = HealthOperator(task_id="look")
    assert operator.asset in operator.inlets
