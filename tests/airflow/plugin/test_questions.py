"""Questions over HTTP: what waits, answers that reach Airflow's own record, kept answers and their withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from refdata.audit import AuditTrail
from refdata.core.contract import Contract, KeptAnswer
from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.gate import gate_question
from refdata.core.model import Load
from refdata.core.questions import REFUSE, Choice, Given, Question
from refdata.ledger import Ledger
from refdata.questionlog import QuestionLog
from refdata.warehouse.base import Warehouse
from tests.airflow.plugin.conftest import NOW
from tests.demo_ledger import MARKUP, DemoLedger
from tests.waiting_review import review_state, wait_for_answer

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

PATCH = Contract(table="regions", answers=(KeptAnswer("column_missing", "price", "null"),))
EMPTY = Choice("empty", "Load without price", "price is empty.", patch=PATCH, keepable=True)
MISSING = Question(
    QuestionKind.COLUMN_MISSING, "regions", "price is gone: load it without?",
    (f"The table has it. {MARKUP}",), (EMPTY, REFUSE), column="price", examples=("Line 4: 'dark'.",),
)  # fmt: skip
OLDER = Question(
    QuestionKind.OLDER_CONTENT, "regions", "It is older: load it?", ("It is of November.",),
    (Choice("load", "Load the older file", "It replaces the newer one."), REFUSE),
)  # fmt: skip
NUMBERS = count(1)


class Caller:
    """Somebody who is logged in."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    def get(self, path: str) -> Any:
        answer = self._client.get(f"/refdata/api/v1/{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def post(self, path: str, body: dict[str, Any]) -> Response:
        return self._client.post(f"/refdata/api/v1/{path}", headers=self._headers, json=body)


@pytest.fixture
def steward(client: TestClient, editor: dict[str, str], filled: Warehouse) -> Caller:
    return Caller(client, editor)


@pytest.fixture
def demo(filled: Warehouse) -> DemoLedger:
    return DemoLedger(filled, NOW)


def hold(demo: DemoLedger, warehouse: Warehouse, *questions: Question) -> Load:
    """A load that is held, with Airflow waiting for the answer."""
    number = next(NUMBERS)
    row = demo.drop(f"regions_{number}.csv", f"regions_{number}", minutes=5 + number, rows=200 + number)
    demo.hold(row, minutes=5)
    QuestionLog(warehouse).ask(row, questions, NOW)
    wait_for_answer(row.dag_run_id or "", questions)
    return row


@pytest.fixture
def held(demo: DemoLedger, filled: Warehouse) -> Iterator[Load]:
    row = hold(demo, filled, MISSING)
    yield row
    current = Ledger(filled).get(row.id)
    assert current is not None
    Ledger(filled).mark_answered(row.id, current.attempt)


def answering(answers: dict[str, str], **more: object) -> dict[str, Any]:
    return {"answers": answers, "reason": "as the supplier said", **more}


def test_waiting_questions_are_listed_with_evidence_and_answers(steward: Caller, held: Load) -> None:
    (asked,) = [one for one in steward.get("questions") if one["load_id"] == held.id]
    assert (asked["name"], asked["subject"], asked["given"]) == ("column_missing:price", MISSING.subject, None)
    assert (asked["evidence"], asked["examples"]) == (list(MISSING.evidence), list(MISSING.examples))
    assert [(one["key"], one["effect"], one["keepable"]) for one in asked["choices"]] == [
        ("empty", "price is empty.", True),
        ("refuse", REFUSE.effect, False),
    ]
    assert steward.get(f"files/{held.id}/questions") == [asked]
    assert asked in steward.get("questions?table=regions")
    assert steward.get("questions?table=elsewhere") == []


def test_an_answer_reaches_airflows_own_record(steward: Caller, held: Load) -> None:
    done = steward.post(f"loads/{held.id}/answer", answering({"column_missing:price": "empty"}, keep=True))
    assert done.status_code == 200, done.text
    assert done.json()["data"] == {"load_id": held.id, "answered": 1, "kept": 1}
    state, record = review_state(held.dag_run_id or "")
    assert state == "scheduled"
    assert record == {
        "chosen": ["Load without price"], "by": "editor", "keep": True, "reason": "as the supplier said"
    }  # fmt: skip


def test_several_questions_are_answered_at_once(steward: Caller, demo: DemoLedger, filled: Warehouse) -> None:
    row = hold(demo, filled, MISSING, OLDER)
    answers = {"column_missing:price": "empty", "older_content": "load"}
    assert steward.post(f"loads/{row.id}/answer", answering(answers)).json()["data"]["answered"] == 2
    _, record = review_state(row.dag_run_id or "")
    assert record["chosen"] == ["Go on with these answers"]
    assert (record["question_1"], record["question_2"]) == ("Load without price", "Load the older file")


def test_only_the_first_answer_counts(steward: Caller, held: Load) -> None:
    body = answering({"column_missing:price": "empty"})
    assert steward.post(f"loads/{held.id}/answer", body).status_code == 200
    second = steward.post(f"loads/{held.id}/answer", answering({"column_missing:price": "refuse"}))
    assert second.status_code == 409
    error = second.json()["error"]
    assert "editor has already answered" in error["message"]
    assert error["advice"] == "The load goes on with that answer."
    assert review_state(held.dag_run_id or "")[1]["chosen"] == ["Load without price"]


@pytest.mark.parametrize(("choice", "button"), [("approve", "Approve"), ("refuse", "Reject")])
def test_a_load_that_the_change_gate_holds_is_answered_in_the_same_way(
    choice: str, button: str, steward: Caller, demo: DemoLedger, filled: Warehouse
) -> None:
    number = next(NUMBERS)
    row = demo.drop(f"gated_{number}.csv", f"gated_{number}", minutes=3, rows=300 + number)
    demo.hold(row, minutes=2)
    wait_for_answer(row.dag_run_id or "", [gate_question(row.table_name, row.file_name)])
    (asked,) = [one for one in steward.get("questions") if one["load_id"] == row.id]
    assert [asked] == steward.get(f"files/{row.id}/questions")
    assert (asked["name"], asked["subject"]) == ("change_gate", f"Publish {row.file_name} to {row.table_name}?")
    kept = steward.post(f"loads/{row.id}/answer", answering({"change_gate": choice}, keep=True))
    assert (kept.status_code, kept.json()["error"]["category"]) == (409, "data")
    assert steward.post(f"loads/{row.id}/answer", answering({"change_gate": choice})).status_code == 200
    state, record = review_state(row.dag_run_id or "")
    assert (state, record["chosen"], record["reason"]) == ("scheduled", [button], "as the supplier said")


REFUSED = [
    ({"column_missing:price": "maybe"}, {}, "'maybe' is not an answer to column_missing:price"),
    ({"older_content": "load"}, {}, "column_missing:price has no answer"),
    ({"column_missing:price": "empty", "older_content": "load"}, {}, "older_content is not an open question"),
    ({"column_missing:price": "refuse"}, {"keep": True}, "None of these answers can be kept"),
]


@pytest.mark.parametrize(("answers", "more", "words"), REFUSED)
def test_an_answer_that_fits_no_question_changes_nothing(
    steward: Caller, held: Load, answers: dict[str, str], more: dict[str, object], words: str
) -> None:
    refused = steward.post(f"loads/{held.id}/answer", answering(answers, **more))
    assert refused.status_code == 409
    assert words in refused.json()["error"]["message"]
    assert review_state(held.dag_run_id or "")[0] == "awaiting_input"


BAD = [
    {},
    {"answers": {"a": "b"}},
    {"answers": {}, "reason": "r"},
    {"answers": {"a": ""}, "reason": "r"},
    {"answers": {"a": "b"}, "reason": "  "},
    {"answers": {"a": "b\x00"}, "reason": "r"},
    {"answers": {"a": "b"}, "reason": "r", "keep": "perhaps"},
    {"answers": {"a": "b"}, "reason": "r", "by": "somebody else"},
    {"answers": [["a", "b"]], "reason": "r"},
]


@pytest.mark.parametrize("body", BAD)
def test_a_malformed_answer_is_refused(steward: Caller, held: Load, body: dict[str, Any]) -> None:
    assert steward.post(f"loads/{held.id}/answer", body).status_code == 422


def test_a_load_that_asks_nothing_takes_no_answer(steward: Caller) -> None:
    for number in (1, 999_999):
        refused = steward.post(f"loads/{number}/answer", answering({"a": "b"}))
        assert refused.status_code == 409
        assert f"Load {number} waits for no answer" in refused.json()["error"]["message"]


def test_a_load_unknown_to_airflow_is_answered_elsewhere(steward: Caller, demo: DemoLedger, filled: Warehouse) -> None:
    row = demo.drop("lonely.csv", "lonely", minutes=4, rows=77)
    demo.hold(row, minutes=3)
    QuestionLog(filled).ask(row, [MISSING], NOW)
    refused = steward.post(f"loads/{row.id}/answer", answering({"column_missing:price": "empty"}))
    assert (refused.status_code, refused.json()["error"]["category"]) == (409, "data")
    assert "No review of the load is waiting" in refused.json()["error"]["message"]


@pytest.fixture
def kept_answer(demo: DemoLedger, filled: Warehouse) -> int:
    """The number of an answer that ``regions`` keeps."""
    row, log = hold(demo, filled, MISSING), QuestionLog(filled)
    with filled.transaction() as session:
        log.answer_in(session, row.id, Given(MISSING.fingerprint, "empty", "ann", "no prices", kept=True), NOW)
    return log.of_load(row.id)[0].id


def test_a_kept_answer_is_withdrawn_once_and_it_is_on_record_why(
    steward: Caller, filled: Warehouse, kept_answer: int
) -> None:
    number = kept_answer
    (kept,) = [one for one in steward.get("tables/regions/answers") if one["id"] == number]
    given = {name: kept["given"][name] for name in ("label", "by", "reason", "kept")}
    assert given == {"label": "Load without price", "by": "ann", "reason": "no prices", "kept": True}

    gone = steward.post(f"answers/{number}/withdraw", {"reason": "prices are back"})
    assert (gone.status_code, gone.json()["data"]["id"]) == (200, number)
    assert number not in [one["id"] for one in steward.get("tables/regions/answers")]
    entry = AuditTrail(filled).entries("regions")[0]
    assert (entry.action, entry.actor, entry.reason) == ("withdraw", "editor", "prices are back")

    again = steward.post(f"answers/{number}/withdraw", {"reason": "prices are back"})
    assert (again.status_code, again.json()["error"]["category"]) == (409, "data")
    assert f"No kept answer has the number {number}" in again.json()["error"]["message"]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "r", "by": "ann"}])
def test_a_withdrawal_without_a_reason_is_refused(steward: Caller, kept_answer: int, body: dict[str, str]) -> None:
    assert steward.post(f"answers/{kept_answer}/withdraw", body).status_code == 422
    assert kept_answer in [one["id"] for one in steward.get("tables/regions/answers")]


def test_a_tables_contract_says_where_each_fact_comes_from(steward: Caller) -> None:
    known = {fact["key"]: fact for fact in steward.get("tables/airports/contract")}
    assert known["schema.fields.code.type"]["value"] == "string"
    assert known["schema.fields.code.type"]["layer"] == "detected"
    assert known["schema.fields.code.type"]["origin"]
