"""The doctor as a task: it asks Airflow's supervisor about runs, and repairs leftovers of those that are over."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DagRunStateResult, ErrorResponse, GetTaskStates, TaskStatesResult

from refdata import wiring
from refdata.core.errors import ConnectionLostError
from refdata.core.runid import run_id_of
from refdata.dropoff import Dropoff
from refdata.operators.maintenance import MaintenanceOperator
from refdata.operators.reconcile import ReconcileOperator
from refdata.warehouse.sqlite.connection import SqliteFiles
from tests.airflow.load.test_load_dag import _fresh_settings, drop, root  # noqa: F401  fixtures


def test_a_database_that_is_away_is_left_to_the_next_run(
    root: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SqliteFiles, "connect", away)
    with pytest.raises(AirflowSkipException, match="away"):
        ReconcileOperator(task_id="reconcile").execute({})


def away(files: SqliteFiles) -> NoReturn:
    raise ConnectionLostError("The database is away")


class Supervisor:
    """Airflow's side of a task's channel, which knows one run."""

    def __init__(self, run_id: str, state: str, last: str = "success") -> None:
        self._run_id = run_id
        self._state = state
        self._last = last

    def send(self, question: Any) -> DagRunStateResult | TaskStatesResult:
        if isinstance(question, GetTaskStates):
            assert (question.dag_id, question.run_ids) == ("refdata_load", [self._run_id])
            return TaskStatesResult(task_states={self._run_id: {"move_to_error": self._last}})
        if (question.dag_id, question.run_id) != ("refdata_load", self._run_id):
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR))
        return DagRunStateResult.model_validate({"state": self._state})


@pytest.mark.parametrize(
    ("state", "known", "returned"),
    [("failed", True, True), ("success", True, True), ("running", True, False), ("failed", False, False)],
)
def test_a_file_is_handed_back_when_its_run_is_over(
    root: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    state: str,
    known: bool,
    returned: bool,
) -> None:
    path = drop(root, "cities.csv", "code,name\n01,Graz\n")
    wiring.connect().warehouse.initialise()
    file = Dropoff.of(wiring.settings()).find(path)
    supervisor = Supervisor(run_id_of(file) if known else "another", state)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    assert ReconcileOperator(task_id="reconcile").execute({}) == []
    assert (Dropoff.of(wiring.settings()).find(path) != file) is returned


def test_a_file_whose_run_somebody_marked_before_it_was_registered_is_cancelled(
    root: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = drop(root, "cities.csv", "code,name\n01,Graz\n")
    deps = wiring.connect()
    deps.warehouse.initialise()
    run_id = run_id_of(deps.dropoff.find(path))
    supervisor = Supervisor(run_id, "failed", last="skipped")
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    assert ReconcileOperator(task_id="reconcile").execute({}) == []
    row = deps.ledger.by_run(run_id)
    assert row is not None
    assert (row.status, Path(row.file_path).parent) == ("cancelled", (root / path).parent / "error")
    assert not (root / path).exists()


def test_maintenance_only_reports_until_asked_to_apply(
    root: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = drop(root, "cities.csv", "code,name\n01,Graz\n")
    wiring.connect().warehouse.initialise()
    file = Dropoff.of(wiring.settings()).find(path)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(run_id_of(file), "failed"), raising=False)
    task = MaintenanceOperator(task_id="maintain")
    assert task.execute({"params": {"apply": False}})["repaired"] == 1
    assert Dropoff.of(wiring.settings()).find(path) == file
    assert task.execute({"params": {"apply": True}})["applied"] is True
    assert Dropoff.of(wiring.settings()).find(path) != file
