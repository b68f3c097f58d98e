"""The trigger that waits for a table's turn, in an event loop and on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from refdata.config import load_settings
from refdata.core.turns import settled_after
from refdata.triggers import turn
from refdata.triggers.turn import TurnTrigger
from tests.airflow.load.test_load_dag import Run, drop

Move = Callable[[float], object]


@pytest.fixture(autouse=True)
def _own_queue() -> None:
    turn._shared.cache_clear()


def waiting(root: Path) -> tuple[Run, Run, TurnTrigger]:
    """A run that has its table's turn, one that waits, and the waiting one's trigger as Airflow keeps it."""
    first, second = (Run(drop(root, f"cities_2024010{day}.csv", f"code\n{day}x\n"), f"run {day}") for day in (1, 2))
    for run in (first, second):
        run.step("detect_format")
    first.step("align_table")
    with pytest.raises(TaskDeferred) as deferred:
        second.step("align_table")
    return first, second, deferred.value.trigger


async def seconds_until_fired(trigger: TurnTrigger, move: Move = lambda now: None) -> float:
    """How long it waits on a clock that its own sleep moves; ``move`` is called after each sleep."""
    path, arguments = trigger.serialize()
    assert path == "refdata.triggers.turn.TurnTrigger"
    passed, start = [0.0], TurnTrigger.clock()

    class Virtual(TurnTrigger):
        @staticmethod
        def clock() -> Any:
            return start + timedelta(seconds=passed[0])

        @staticmethod
        async def sleep(seconds: float) -> None:
            passed[0] += seconds
            turn._shared.cache_clear()  # the queue's own clock stands still
            move(passed[0])

    events = [event.payload async for event in Virtual(**arguments).run()]
    assert events == [{"load_id": trigger.wait.load_id}]
    return passed[0]


async def test_it_fires_when_the_load_before_is_done(root: Path) -> None:
    first, second, trigger = waiting(root)
    assert await seconds_until_fired(trigger, lambda now: now == 30 and first.step("load_rows")) == 30
    assert second.step("align_table") == "no change"


@pytest.mark.parametrize("heartbeat", ["1", "5"])
async def test_a_turn_that_is_free_at_once_is_not_taken_before_airflow_knows_that_the_task_waits(
    root: Path, monkeypatch: pytest.MonkeyPatch, heartbeat: str
) -> None:
    monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", heartbeat)
    first, second, trigger = waiting(root)
    first.step("load_rows")
    expected = settled_after(1, timedelta(seconds=int(heartbeat)))
    assert await seconds_until_fired(trigger) == expected.total_seconds()
    assert second.step("align_table") == "no change"


async def test_it_fires_when_the_wait_is_too_long(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__TURN_TIMEOUT", "100")
    load_settings.cache_clear()
    assert 90 < await seconds_until_fired(waiting(root)[2]) <= 100


async def test_where_the_triggerer_reaches_no_database_the_task_asks_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = waiting(root)[2]
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_DEFAULT", "sqlite:////nowhere/refdata.db")
    assert await seconds_until_fired(trigger) == 15


async def test_the_settings_of_a_second_set_count(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_id = waiting(root)[2].wait.load_id
    far = (TurnTrigger.clock() + timedelta(hours=1)).isoformat()
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "sqlite:////nowhere/refdata.db")
    other = TurnTrigger(load_id=load_id, until=far, chosen={"conn_id": "elsewhere"})
    assert await seconds_until_fired(other) == 15
