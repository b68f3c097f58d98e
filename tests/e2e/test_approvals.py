"""The change gate and the rollback in real Airflow, answered through the REST calls that its UI makes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from scripts import airflow_api
from scripts.local_airflow import PROJECT, LocalAirflow, free_port

from tests.e2e.conftest import RunningAirflow

TEN = b"code,name\n" + b"".join(b"%02d,a\n" % number for number in range(10))
FIVE = b"code,name\n" + b"".join(b"%02d,a\n" % number for number in range(5))
UNANSWERED = [("rivers", "approve", "success", 5), ("lakes", "reject", "failed", 10)]
READ_FOR = 6
"""Looks, two a second, at a question before it is answered."""
NAMES = ("cities", "towns", *(name for name, *_ in UNANSWERED))


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAirflow]:
    """Airflow with the change gate on, a first load of each table, and loads that are never answered."""
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
        running = RunningAirflow(local, home / "alerts.jsonl")
        local.dropoff.mkdir(exist_ok=True)
        rules = {name: {"gate_timeout": 60, "gate_default": default} for name, default, *_ in UNANSWERED}
        (running.local.dropoff / "tables.yaml").write_text(json.dumps({"tables": rules}))  # YAML includes all of JSON
        for name in NAMES:
            running.drop(f"{name}.csv", TEN)
        running.wait_ended(*(f"{name}.csv" for name in NAMES))
        for name, *_ in UNANSWERED:  # they wait while the other cases run
            running.drop(f"{name}.csv", FIVE)
        yield running
    finally:
        local.stop()


def send(airflow: RunningAirflow, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return airflow_api.call(airflow.local, method, path, body)


def states(airflow: RunningAirflow, run: str) -> dict[str, str | None]:
    found = airflow.api(f"{run}/taskInstances")["task_instances"]
    return {task["task_id"]: task["state"] for task in found}


def question(airflow: RunningAirflow, run: str) -> dict[str, Any]:
    """The UI's text while the run waits."""
    airflow.local.wait_for(lambda: states(airflow, run).get("review") == "awaiting_input", 300, "Nobody was asked")
    return airflow.api(f"{run}/taskInstances/review/-1/hitlDetails")


def answer(airflow: RunningAirflow, run: str, option: str, reason: str, **fields: object) -> None:
    """Answers until the answer is taken.

    Airflow 3.3.2 takes the end of the asking process for the death of the one that an answer within about a second has
    started, and asks again after ``retry_delay``: as a person would, this answers what has waited for a while.
    """
    asked = f"{run}/taskInstances/review/-1/hitlDetails"
    body = {"chosen_options": [option], "params_input": {"reason": reason, **fields}}

    looks = 0

    def is_taken() -> bool:
        nonlocal looks
        state = states(airflow, run)["review"]
        waits = state == "awaiting_input" and not airflow.api(asked)["response_received"]
        looks = looks + 1 if waits else 0
        if looks > READ_FOR:
            send(airflow, "PATCH", asked, body)
            looks = 0
        return state in ("success", "failed", "skipped")

    airflow.local.wait_for(is_taken, 180, "The answer was not taken")


def ended(airflow: RunningAirflow, run: str) -> str:
    airflow.local.wait_for(lambda: airflow.api(run)["state"] in ("success", "failed"), 300, "The run goes on")
    return str(airflow.api(run)["state"])


def load_run(airflow: RunningAirflow, name: str, drops: int) -> str:
    sql = "SELECT dag_run_id FROM File_Monitor_Tracking WHERE file_name = ? ORDER BY id"
    airflow.local.wait_for(lambda: len(airflow.query(sql, name)) >= drops, 300, "The file was not seen")
    return f"/dags/refdata_load/dagRuns/{airflow.query(sql, name)[-1][0]}"


def rows(airflow: RunningAirflow, table: str) -> int:
    return int(airflow.query(f"SELECT COUNT(*) FROM {table}")[0][0])


def test_a_change_beyond_the_limits_waits_and_a_no_leaves_the_table(gated: RunningAirflow) -> None:
    first = load_run(gated, "cities.csv", 1)
    assert ended(gated, first) == "success"
    assert states(gated, first)["review"] == "skipped"

    gated.drop("cities.csv", FIVE)
    second = load_run(gated, "cities.csv", 2)
    asked = question(gated, second)
    assert asked["subject"] == "Publish cities.csv to cities? 5 of 10 rows would be removed (50.0%)."
    assert "| 10 | 5 | 0 | 5 | 0 | 5 |" in asked["body"]
    assert asked["options"] == ["Approve", "Reject"]
    assert gated.status("cities.csv")[-1] == "review"
    assert rows(gated, "cities") == 10

    # The rows themselves are shown by the page, to those who may see them.
    load_id = gated.query("SELECT MAX(id) FROM File_Monitor_Tracking WHERE file_name = 'cities.csv'")[0][0]
    assert f"/plugin/refdata/refdata/?view=file&id={load_id}" in asked["body"]
    shown = f"/refdata/api/v1/files/{load_id}/diff"
    assert gated.get(shown)[0] == 401
    status, body = gated.get(shown, gated.token())
    assert (status, json.loads(body)["data"]["removed_sample"][0]) == (200, ["05", "a"])

    answer(gated, second, "Reject", "half of it is missing")
    assert ended(gated, second) == "failed"
    begun = ["detect_format", "align_table", "load_rows"]
    assert steps(gated, load_id) == [*begun, "review", "publish_rows", "move_to_error"]
    unasked = gated.query("SELECT MIN(id) FROM File_Monitor_Tracking WHERE file_name = 'cities.csv'")[0][0]
    assert steps(gated, unasked) == [*begun, "write_config", "move_to_processed"]
    sql = "SELECT status, error_category, error_message FROM File_Monitor_Tracking WHERE id = ?"
    status, category, message = gated.query(sql, load_id)[0]
    assert (status, category) == ("error", "rejected")
    assert "admin rejected the load: half of it is missing" in message
    assert rows(gated, "cities") == 10
    assert trail(gated, "cities") == [("reject", "admin", "half of it is missing", None)]


def steps(airflow: RunningAirflow, load_id: int) -> list[str]:
    """The steps that the page shows."""
    return [
        step["name"]
        for step in json.loads(airflow.get(f"/refdata/api/v1/files/{load_id}", airflow.token())[1])["data"]["steps"]
    ]


def test_a_load_that_waits_for_a_person_needs_no_process_and_outlives_them(gated: RunningAirflow) -> None:
    """A held load and a rollback wait; scheduler (with its workers) and triggerer are killed and come back."""
    gated.drop("towns.csv", TEN.replace(b"07,a", b"07,b"))
    gated.wait_ended("towns.csv", drops=2)
    back, kept = (roll_back(gated, reason) for reason in ("wrong name", "too early"))
    asked = question(gated, back)
    assert asked["subject"] == "Roll towns back from version 2 to version 1?"
    assert "| name | 1 |" in asked["body"]
    assert "| 07 |" not in asked["body"]
    question(gated, kept)
    gated.drop("cities.csv", FIVE)
    held = load_run(gated, "cities.csv", len(gated.status("cities.csv")) + 1)
    question(gated, held)
    answer(gated, kept, "Reject", "")
    assert ended(gated, kept) == "success"

    for component in ("scheduler", "triggerer"):
        gated.local.kill(component)
    assert [states(gated, run)["review"] for run in (back, held)] == ["awaiting_input"] * 2
    assert gated.status("cities.csv")[-1] == "review"
    gated.local.start(("scheduler", "triggerer"))
    gated.local.wait_healthy()
    assert [states(gated, run)["review"] for run in (back, held)] == ["awaiting_input"] * 2

    answer(gated, back, "Approve", "seen")
    answer(gated, held, "Approve", "they closed")
    assert [ended(gated, run) for run in (back, held)] == ["success"] * 2
    assert rows(gated, "cities") == 5
    assert trail(gated, "cities")[-1] == ("approve", "admin", "they closed", None)
    assert gated.query("SELECT name FROM towns WHERE code = '07'") == [("a",)]
    assert trail(gated, "towns") == [("rollback", "admin", "wrong name; seen", 3)]


def test_an_unanswered_question_takes_its_tables_default_after_the_timeout(gated: RunningAirflow) -> None:
    for name, default, state, left in UNANSWERED:
        assert ended(gated, load_run(gated, f"{name}.csv", 2)) == state
        assert rows(gated, name) == left
        assert trail(gated, name)[-1][:3] == (default, "gate_default", "no answer within 0:01:00")


def roll_back(airflow: RunningAirflow, reason: str) -> str:
    conf = {"table": "towns", "version": 1, "reason": reason}
    made = send(airflow, "POST", "/dags/refdata_rollback/dagRuns", {"conf": conf, "logical_date": None})
    return f"/dags/refdata_rollback/dagRuns/{made['dag_run_id']}"


def refdata(airflow: RunningAirflow, *arguments: str) -> str:
    """The output of a command, run as its user runs it on this machine."""
    command = [sys.executable, "-m", "refdata.cli", *arguments]
    done = subprocess.run(command, env=airflow.local.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trail(airflow: RunningAirflow, table: str) -> list[tuple[Any, ...]]:
    sql = "SELECT action, actor, reason, version_id FROM Reference_Data_Audit WHERE table_name = ? ORDER BY id"
    return airflow.query(sql, table)


PRODUCTS = b"sku,title,price,currency\nA1,Bolt,1.50,EUR\nB2,Nut,0.10,EUR\nC3,Pin,0.05,EUR\n"
RENAMED = PRODUCTS.replace(b"price", b"unit_price").replace(b"1.50", b"1.60")
"""One row of three changes: within the change gate's limits."""


def test_a_question_is_answered_in_airflows_form_and_the_answer_is_kept(gated: RunningAirflow) -> None:
    gated.drop("products.csv", PRODUCTS)
    assert ended(gated, load_run(gated, "products.csv", 1)) == "success"

    gated.drop("products.csv", RENAMED)
    second = load_run(gated, "products.csv", 2)
    asked = question(gated, second)
    assert asked["subject"] == "price is missing from products.csv, and 'unit_price' is new. Was it renamed?"
    assert asked["options"] == ["'unit_price' is the new name", "Load without price", "Refuse the file"]
    assert asked["defaults"] == ["Refuse the file"]
    assert gated.status("products.csv")[-1] == "review"
    prices = "SELECT price FROM products ORDER BY sku"
    assert gated.query(prices) == [(1.5,), (0.1,), (0.05,)]

    answer(gated, second, "'unit_price' is the new name", "as the supplier said", keep=True)
    assert ended(gated, second) == "success"
    assert gated.query(prices) == [(1.6,), (0.1,), (0.05,)]
    sql = "SELECT action, actor, reason FROM Reference_Data_Audit WHERE table_name = 'products'"
    assert gated.query(sql) == [("approve", "admin", "as the supplier said")]

    gated.drop("products.csv", RENAMED.replace(b"0.10", b"0.30"))
    third = load_run(gated, "products.csv", 3)
    assert ended(gated, third) == "success"
    assert states(gated, third)["review"] == "skipped"
    assert gated.query(prices) == [(1.6,), (0.3,), (0.05,)]


def test_a_copy_of_a_tables_file_is_sent_to_the_table(gated: RunningAirflow) -> None:
    gated.drop("harbours.csv", b"iata,name\nAAA,Foo\nBBB,Bar\n")
    assert ended(gated, load_run(gated, "harbours.csv", 1)) == "success"
    gated.drop("harbours (1).csv", b"iata,name\nAAA,Foo\nBBB,Baz\n")
    copy = load_run(gated, "harbours (1).csv", 1)
    assert "harbours has the same columns. Load it there?" in question(gated, copy)["subject"]
    answer(gated, copy, "Load it into harbours", "downloaded twice", keep=False)
    assert ended(gated, copy) == "success"
    assert gated.query("SELECT name FROM harbours ORDER BY iata") == [("Foo",), ("Baz",)]


def test_a_refused_question_leaves_the_table_and_archives_the_file(gated: RunningAirflow) -> None:
    gated.drop("rates_20241201.csv", b"cur,rate\nUSD,1.10\nCHF,0.95\n")
    assert ended(gated, load_run(gated, "rates_20241201.csv", 1)) == "success"
    gated.drop("rates_20241101.csv", b"cur,rate\nUSD,1.05\nCHF,0.93\n")
    older = load_run(gated, "rates_20241101.csv", 1)
    assert question(gated, older)["options"] == ["Load the older file", "Refuse the file"]
    answer(gated, older, "Refuse the file", "last month")
    assert ended(gated, older) == "failed"
    assert gated.query("SELECT rate FROM rates ORDER BY cur") == [(0.95,), (1.1,)]
    assert gated.status("rates_20241101.csv") == ["error"]


def test_the_command_line_answers_the_same_question(gated: RunningAirflow) -> None:
    gated.drop("colours.csv", b"code,name,shade\nR,red,1\nG,green,2\nB,blue,3\n")
    assert ended(gated, load_run(gated, "colours.csv", 1)) == "success"
    gated.drop("colours.csv", b"code,name,shade\nR,red,1\nG,green,2\nB,blue,dark\n")
    second = load_run(gated, "colours.csv", 2)
    question(gated, second)
    (asked,) = [one for one in json.loads(refdata(gated, "questions", "--json")) if one["file"] == "colours.csv"]
    assert asked["name"] == "type_changed:shade"
    assert asked["examples"] == ["Line 4: 'dark'."]
    refdata(gated, "answer", str(asked["load_id"]), "type_changed:shade=text", "--reason", "names now")
    assert ended(gated, second) == "success"
    assert gated.query("SELECT shade FROM colours ORDER BY code") == [("dark",), ("2",), ("1",)]


def test_the_command_line_approves_what_the_change_gate_holds(gated: RunningAirflow) -> None:
    gated.drop("harbour_fees.csv", TEN)
    assert ended(gated, load_run(gated, "harbour_fees.csv", 1)) == "success"
    gated.drop("harbour_fees.csv", FIVE)
    second = load_run(gated, "harbour_fees.csv", 2)
    question(gated, second)
    (asked,) = [one for one in json.loads(refdata(gated, "questions", "--json")) if one["file"] == "harbour_fees.csv"]
    refdata(gated, "answer", str(asked["load_id"]), "change_gate=approve", "--reason", "half of them closed")
    assert ended(gated, second) == "success"
    assert rows(gated, "harbour_fees") == 5
    assert trail(gated, "harbour_fees")[-1][0] == "approve"
    assert trail(gated, "harbour_fees")[-1][2] == "half of them closed"
