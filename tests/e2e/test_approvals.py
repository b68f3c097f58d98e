"""The change gate and the rollback in real Airflow, answered through the REST calls that its UI makes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from scripts.local_airflow import PROJECT, LocalAirflow, free_port

from tests.e2e.conftest import RunningAirflow

TEN = b"code,name\n" + b"".join(b"%02d,a\n" % number for number in range(10))
FIVE = b"code,name\n" + b"".join(b"%02d,a\n" % number for number in range(5))


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    home = tmp_path_factory.mktemp("gated")
    extra = {
        "AIRFLOW__REFDATA__STABILITY_INTERVAL": "0.5",
        "AIRFLOW__REFDATA__STABILITY_CHECKS": "3",
        "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "1",
        "AIRFLOW__REFDATA__GATE": "true",
        "PYTHONPATH": str(PROJECT),
    }
    local = LocalAirflow(home, free_port(), extra)
    local.prepare()
    local.start()
    try:
        local.wait_healthy()
        yield RunningAirflow(local, home / "alerts.jsonl")
    finally:
        local.stop()


def send(airflow: RunningAirflow, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{airflow.local.url}/api/v2{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {airflow.token()}"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error


def states(airflow: RunningAirflow, run: str) -> dict[str, str | None]:
    found = airflow.api(f"{run}/taskInstances")["task_instances"]
    return {task["task_id"]: task["state"] for task in found}


def question(airflow: RunningAirflow, run: str) -> dict[str, Any]:
    """What the UI shows when the run waits."""
    airflow.local.wait_for(lambda: states(airflow, run).get("review") == "awaiting_input", 120, "Nobody was asked")
    return airflow.api(f"{run}/taskInstances/review/-1/hitlDetails")


def answer(airflow: RunningAirflow, run: str, option: str, reason: str) -> None:
    body = {"chosen_options": [option], "params_input": {"reason": reason}}
    send(airflow, "PATCH", f"{run}/taskInstances/review/-1/hitlDetails", body)


def ended(airflow: RunningAirflow, run: str) -> str:
    airflow.local.wait_for(lambda: airflow.api(run)["state"] in ("success", "failed"), 120, "The run goes on")
    return str(airflow.api(run)["state"])


def load_run(airflow: RunningAirflow, name: str, drops: int) -> str:
    sql = "SELECT dag_run_id FROM File_Monitor_Tracking WHERE file_name = ? ORDER BY id"
    airflow.local.wait_for(lambda: len(airflow.query(sql, name)) >= drops, 120, "The file was not seen")
    return f"/dags/refdata_load/dagRuns/{airflow.query(sql, name)[-1][0]}"


def rows(airflow: RunningAirflow, table: str) -> int:
    return int(airflow.query(f"SELECT COUNT(*) FROM {table}")[0][0])


def test_a_change_beyond_the_limits_waits_and_the_answer_decides(gated: RunningAirflow) -> None:
    gated.drop("cities.csv", TEN)
    gated.wait_ended("cities.csv")
    first = load_run(gated, "cities.csv", 1)
    assert ended(gated, first) == "success"
    assert states(gated, first)["review"] == "success"

    gated.drop("cities.csv", FIVE)
    second = load_run(gated, "cities.csv", 2)
    asked = question(gated, second)
    assert "5 of 10 rows would be removed (50.0%); gate_rows_removed allows 20%." in asked["subject"]
    assert "| 10 | 5 | 0 | 5 | 0 | 5 |" in asked["body"]
    assert asked["options"] == ["Approve", "Reject"]
    assert gated.status("cities.csv")[-1] == "review"
    assert rows(gated, "cities") == 10

    answer(gated, second, "Reject", "half of it is missing")
    assert ended(gated, second) == "failed"
    sql = "SELECT status, error_category, error_message FROM File_Monitor_Tracking ORDER BY id DESC LIMIT 1"
    status, category, message = gated.query(sql)[0]
    assert (status, category) == ("error", "rejected")
    assert "admin rejected the load: half of it is missing" in message
    assert rows(gated, "cities") == 10

    gated.drop("cities.csv", FIVE)
    third = load_run(gated, "cities.csv", 3)
    question(gated, third)
    answer(gated, third, "Approve", "they closed")
    assert ended(gated, third) == "success"
    assert rows(gated, "cities") == 5
    trail = "SELECT action, actor, reason FROM Reference_Data_Audit ORDER BY id"
    assert gated.query(trail) == [("reject", "admin", "half of it is missing"), ("approve", "admin", "they closed")]


def test_a_rollback_shows_the_difference_first(gated: RunningAirflow) -> None:
    for content in (TEN, TEN.replace(b"07,a", b"07,b")):
        gated.drop("towns.csv", content)
        gated.wait_ended("towns.csv", drops=1 + (content != TEN))
    conf = {"table": "towns", "version": 1, "reason": "wrong name"}
    made = send(gated, "POST", "/dags/refdata_rollback/dagRuns", {"conf": conf, "logical_date": None})
    run = f"/dags/refdata_rollback/dagRuns/{made['dag_run_id']}"
    asked = question(gated, run)
    assert asked["subject"] == "Roll towns back from version 2 to version 1?"
    assert "| 07 | name | b | a |" in asked["body"]
    assert gated.query("SELECT name FROM towns WHERE code = '07'") == [("b",)]
    answer(gated, run, "Approve", "seen")
    assert ended(gated, run) == "success"
    assert gated.query("SELECT name FROM towns WHERE code = '07'") == [("a",)]
    trail = "SELECT actor, reason, version_id FROM Reference_Data_Audit WHERE action = 'rollback'"
    assert gated.query(trail) == [("admin", "wrong name; seen", 3)]
    made = send(gated, "POST", "/dags/refdata_rollback/dagRuns", {"conf": {**conf, "version": 2}, "logical_date": None})
    run = f"/dags/refdata_rollback/dagRuns/{made['dag_run_id']}"
    question(gated, run)
    answer(gated, run, "Reject", "")
    assert ended(gated, run) == "success"
    assert gated.query("SELECT name FROM towns WHERE code = '07'") == [("a",)]
