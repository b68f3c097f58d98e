"""Answers a watch's requests to Airflow: an asset's state store and the states of DAG runs.

Airflow 3.3's state store of assets (AIP-103) outlives task and run, and both tasks and triggers reach it.
It is a convenience, not a requirement: if the store does not answer, waiting files lose their counts.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    DagRunStateResult,
    DRCount,
    GetDagRunState,
    GetDRCount,
    GetTaskStates,
    TaskStatesResult,
)
from airflow.sdk.execution_time.context import AssetStateStoreAccessor

from refdata.watching import ReadRunState, ReadValue, Request, WriteValue

log = logging.getLogger(__name__)


class AssetAnswers:
    """Answers requests through the state store of one asset.

    :param asset: its name; it must be an inlet of a task of the DAG, or Airflow does not know it.
    """

    def __init__(self, asset: str) -> None:
        self._store = AssetStateStoreAccessor(name=asset)
        self._failed = False

    def now(self, request: Request) -> Any:
        """The answer, for a task."""
        try:
            match request:
                case ReadValue(key):
                    return self._store.get(key)
                case WriteValue(key, value):
                    self._store.set(key, dict(value))
                    return True
                case ReadRunState():
                    return _state(task_runner.SUPERVISOR_COMMS.send(_question(request)))
        except AirflowRuntimeError as error:
            return self._note(request, error)

    async def later(self, request: Request) -> Any:
        """The answer, for a trigger: nothing blocks the event loop."""
        if not hasattr(task_runner.SUPERVISOR_COMMS, "asend"):
            return self.now(request)  # ``dag.test()`` runs a trigger in line, and its channel can only block
        try:
            match request:
                case ReadValue(key):
                    return await self._store.aget(key)
                case WriteValue(key, value):
                    await self._store.aset(key, dict(value))
                    return True
                case ReadRunState():
                    return _state(await task_runner.SUPERVISOR_COMMS.asend(_question(request)))
        except AirflowRuntimeError as error:
            return self._note(request, error)

    def _note(self, request: Request, error: AirflowRuntimeError) -> None:
        """Reports a store that does not answer, once; an unknown run is reported by its caller."""
        if not isinstance(request, ReadRunState) and not self._failed:
            self._failed = True
            log.warning("Airflow's state store does not answer; counts are kept in memory only: %s", error)


def state_of_run(dag_id: str, run_id: str) -> str | None:
    """Airflow's state of a run, for a task, which may not read Airflow's database; None when there is no such run."""
    try:
        return _state(task_runner.SUPERVISOR_COMMS.send(GetDagRunState(dag_id=dag_id, run_id=run_id)))
    except AirflowRuntimeError:
        return None


def runs_in_state(dag_id: str, state: str) -> int:
    """How many runs of a DAG are in a state, for a task; 0 when Airflow does not answer."""
    try:
        answer = task_runner.SUPERVISOR_COMMS.send(GetDRCount(dag_id=dag_id, states=[state]))
    except AirflowRuntimeError:
        return 0
    return answer.count if isinstance(answer, DRCount) else 0


def _question(request: ReadRunState) -> GetDagRunState:
    return GetDagRunState(dag_id=request.dag_id, run_id=request.run_id)


def _state(response: Any) -> str | None:
    return response.state if isinstance(response, DagRunStateResult) else None


def states_of_tasks(dag_id: str, run_id: str) -> dict[str, str | None]:
    """The states of a run's tasks by their names, as Airflow has them now; requested like ``state_of_run``."""
    answer = task_runner.SUPERVISOR_COMMS.send(GetTaskStates(dag_id=dag_id, run_ids=[run_id]))
    return answer.task_states.get(run_id, {}) if isinstance(answer, TaskStatesResult) else {}
