"""The doctor as a task: it asks Airflow's supervisor of runs, and mends what is left of those that are over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DagRunStateResult, ErrorResponse

from refdata import wiring
from refdata.core.runid import run_id_of
from refdata.dropoff import Dropoff
from refdata.operators.reconcile import ReconcileOperator
from tests.airflow.load.test_load_dag import _fresh_settings, drop, root  # noqa: F401  fixtures


class Supervisor:
    """Airflow's side of a task's channel, which knows one run."""

    def __init__(self, run_id: str, state: str) -> None:
        self._run_id = run_id
        self._state = state

    def send(self, question: Any) -> DagRunStateResult:
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
