"""The endpoint for monitors: its status says whether anything fails."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from refdata.core.health import Check, State
from refdata.plugin import health_route
from refdata.plugin.health_route import health_router

if TYPE_CHECKING:
    from refdata.warehouse.base import Warehouse


@pytest.mark.parametrize(
    ("state", "asked", "status"),
    [(State.OK, "", 200), (State.WARN, "", 200), (State.FAIL, "", 503), (State.FAIL, "?as_status=false", 200)],
)
def test_a_failure_is_a_503_and_says_what_it_is(state: State, asked: str, status: int) -> None:
    app = FastAPI()
    app.include_router(health_router(lambda: [Check("space", state, "3 MB", "nearly full", "Free it.")]))
    answer = TestClient(app).get(f"/api/v1/health{asked}")
    assert answer.status_code == status
    body = answer.json()
    assert (body["success"], body["data"]["state"]) == (True, state)
    assert body["data"]["checks"][0]["advice"] == "Free it."


def test_the_components_are_asked_in_airflows_own_database(
    client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    body = client.get("/refdata/api/v1/health", headers=viewer).json()
    states = {check["name"]: check["state"] for check in body["data"]["checks"]}
    assert {name: states[name] for name in ("settings", "warehouse", "metadatabase", "scheduler")} == {
        "settings": "ok", "warehouse": "ok", "metadatabase": "ok", "scheduler": "fail"
    }  # fmt: skip


def test_monitors_that_ask_while_a_look_hangs_get_an_answer_and_start_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_route, "LONGEST_LOOK", 0.01)
    may_end, looks = threading.Event(), []

    def look() -> list[Check]:
        looks.append(1)
        assert may_end.wait(60)
        return [Check("space", State.OK, "3 GB")]

    app = FastAPI()
    app.include_router(health_router(look))
    client = TestClient(app)
    for _ in range(3):
        answer = client.get("/api/v1/health")
        assert answer.status_code == 503
        assert "have not ended" in answer.json()["data"]["checks"][0]["message"]
    may_end.set()
    monkeypatch.setattr(health_route, "LONGEST_LOOK", 60)
    assert client.get("/api/v1/health").status_code == 200
    assert len(looks) <= 2
