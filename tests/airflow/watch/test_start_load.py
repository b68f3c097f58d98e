"""``StartLoadOperator`` as a task runs it; the fake is Airflow's side of the task's channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse, TriggerDagRun

from refdata.operators.start_load import StartLoadOperator

AFTER = datetime(2026, 11, 30, 4, 15, tzinfo=UTC)


class FakeChannel:
    """Creates runs, refuses those that exist, and breaks at the ids in ``broken``."""

    def __init__(self, *existing: str) -> None:
        self.runs: dict[str, Any] = dict.fromkeys(existing)
        self.broken: dict[str, ErrorType] = {}

    def send(self, message: TriggerDagRun) -> OKResponse | ErrorResponse:
        assert (message.dag_id, message.logical_date, message.reset_dag_run) == ("refdata_load", None, False)
        assert message.run_id
        assert message.run_after == AFTER
        if message.run_id in self.broken:
            return ErrorResponse(error=self.broken[message.run_id])
        if message.run_id in self.runs:
            return ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
        self.runs[message.run_id] = message.conf
        return OKResponse(ok=True)


class FakeTask:
    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> FakeChannel:
    channel = FakeChannel()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", channel, raising=False)
    return channel


def operator_of(*run_ids: str) -> StartLoadOperator:
    runs = [
        {"trigger_run_id": run_id, "conf": {"path": f"{run_id}.csv"}, "run_after": AFTER.isoformat()}
        for run_id in run_ids
    ]
    return StartLoadOperator(task_id="start_load", trigger_dag_id="refdata_load", logical_date=None, runs=runs)


def execute(operator: StartLoadOperator) -> FakeTask:
    task = FakeTask()
    operator.execute({"ti": task})  # type: ignore[typeddict-item]
    return task


def test_each_run_is_created_in_order_with_its_own_conf(channel: FakeChannel) -> None:
    task = execute(operator_of("b", "a", "c"))
    assert list(channel.runs.items()) == [(name, {"path": f"{name}.csv"}) for name in "bac"]
    assert task.pushed["trigger_run_id"] == "c"


def test_a_run_that_exists_is_left_alone_and_the_others_start(channel: FakeChannel) -> None:
    channel.runs["a"] = "as it was"
    execute(operator_of("a", "b"))
    assert channel.runs == {"a": "as it was", "b": {"path": "b.csv"}}


def test_a_task_whose_runs_all_exist_is_skipped(channel: FakeChannel) -> None:
    channel.runs = {"a": None, "b": None}
    with pytest.raises(AirflowSkipException, match="all 2 runs exist"):
        execute(operator_of("a", "b"))


def test_a_run_that_cannot_be_created_fails_the_task_and_the_next_try_goes_on(channel: FakeChannel) -> None:
    channel.broken["b"] = ErrorType.API_SERVER_ERROR
    with pytest.raises(AirflowRuntimeError):
        execute(operator_of("a", "b", "c"))
    assert list(channel.runs) == ["a"]
    channel.broken.clear()
    execute(operator_of("a", "b", "c"))
    assert list(channel.runs) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("run_ids", "label"), [(("drop_a",), "drop_a"), (("drop_a", "drop_b", "drop_c"), "drop_c and 2 before it")]
)
def test_a_task_is_called_by_the_run_that_its_link_leads_to(run_ids: tuple[str, ...], label: str) -> None:
    assert operator_of(*run_ids).label == label
