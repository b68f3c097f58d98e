"""The tasks that ask a person: how long they wait, what they say, and what no answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import TaskAwaitingInput

from refdata import serial
from refdata.ingest.review import Held
from refdata.operators.asking import HELD_KEY, ReviewOperator

HELD = Held(7, "Publish cities.csv to cities?", "| 10 | 5 |", {"removed": 5}, 3600.0, "approve")


class Load:
    """Stands for the task instances of a run whose load is held."""

    id = "0190"

    def __init__(self, status: str = "review") -> None:
        self.pushed: dict[str, Any] = {}
        self._values = {"return_value": {"status": status}, HELD_KEY: json.loads(json.dumps(serial.to_json(HELD)))}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self._values[key] if task_ids == "load_rows" else None

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def review() -> ReviewOperator:
    with DAG("asking", schedule=None, params={"path": Param("", type="string")}):
        return ReviewOperator(task_id="review", subject="?", timeout=timedelta(days=1), default="reject")


def test_the_form_has_the_reason_and_nothing_of_the_dags_own() -> None:
    assert list(review().params) == ["reason"]


def test_the_question_waits_for_its_tables_own_time_and_leads_to_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: asked.update(given))
    load = Load()
    with pytest.raises(TaskAwaitingInput) as waits:
        review().execute({"ti": load, "task_instance": load})  # type: ignore[typeddict-item]
    assert (waits.value.timeout, asked["defaults"]) == (timedelta(hours=1), ["Approve"])
    assert asked["subject"] == HELD.subject
    assert "/plugin/refdata/refdata/?view=file&id=7" in asked["body"]
    assert load.pushed == {"asked": True}


def test_a_load_that_is_not_held_is_not_asked_about() -> None:
    assert review().execute({"ti": Load("loaded")}) is None  # type: ignore[typeddict-item]


ADA = {"id": "1", "name": "ada"}
ANSWERS = [
    ("Approve", ADA, {"reason": "closed"}, {"approved": True, "by": "ada", "reason": "closed"}),
    ("Reject", ADA, {}, {"approved": False, "by": "ada", "reason": ""}),
    ("Approve", None, {"reason": ""},
     {"approved": True, "by": "gate_default", "reason": "no answer within 1:00:00"}),
]  # fmt: skip


@pytest.mark.parametrize(("chosen", "user", "form", "expected"), ANSWERS, ids=["approved", "rejected", "nobody"])
def test_the_answer_says_who_decided_and_why(
    chosen: str, user: dict[str, str] | None, form: dict[str, str], expected: dict[str, Any]
) -> None:
    event = {
        "chosen_options": [chosen], "params_input": form, "responded_by_user": user,
        "responded_at": datetime.now(UTC), "timedout": user is None,
    }  # fmt: skip
    assert review().execute_complete({"ti": Load()}, event) == expected  # type: ignore[typeddict-item]
