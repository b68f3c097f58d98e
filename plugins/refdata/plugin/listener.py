"""Notices load runs and tasks that somebody marks in Airflow while none of their tasks is running.

A running task is stopped by a signal and cancels its load itself. A waiting run (for its table's turn, for its next
retry) has no process: Airflow skips its tasks, including the error branch. A waiting task that is marked looks like one
that Airflow gave up because no worker began it. The server that takes the request calls this.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

from refdata.core.runid import LOAD_DAG

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

log = logging.getLogger("refdata.listener")

_BY_HAND = "manually"
"""Word in the message of a change that a person made; the scheduler's own changes lack it (Airflow 3.3.2)."""


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:
    """Cancels the load of a run that somebody marked failed."""
    _heard(dag_run, msg, "failed")


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:
    """Cancels the load of a run that somebody marked a success before it was one."""
    _heard(dag_run, msg, "success")


@hookimpl
def on_task_instance_failed(previous_state: object, task_instance: TaskInstance, error: object) -> None:
    """Leaves a mark at a task of a load that somebody marked failed, for ``move_to_error``, which begins at once."""
    by_hand = previous_state is None and isinstance(error, str) and _BY_HAND in error
    if by_hand and task_instance.dag_id.endswith(LOAD_DAG):
        from refdata.reviewing import record_mark

        record_mark(task_instance)


def _heard(dag_run: DagRun, msg: str, state: str) -> None:
    if _BY_HAND in (msg or "") and dag_run.dag_id.endswith(LOAD_DAG) and _is_ours(dag_run.dag_id):
        # In a thread, so that the person who clicked does not wait for another database.
        threading.Thread(target=cancel_run, args=(dag_run.run_id, state), name="refdata-cancel", daemon=True).start()


def _is_ours(dag_id: str) -> bool:
    """Whether the run is of the set that this process serves; the doctor of another set finds its own."""
    from refdata import wiring

    return dag_id == wiring.dag_id(LOAD_DAG)


def cancel_run(run_id: str, state: str) -> None:
    """Cancels the load of a run, if it is not over. A failure is logged and left to ``refdata doctor``."""
    from refdata import wiring
    from refdata.core.errors import RefdataError
    from refdata.core.loadstates import IN_FLIGHT
    from refdata.ingest.cancel import cancel_ended

    try:
        deps = wiring.connect()
        row = deps.ledger.by_run(run_id)
        if row is not None and row.status in IN_FLIGHT:
            cancel_ended(deps, row, f"The load was cancelled: its run was marked {state} in Airflow")
    except RefdataError as error:
        log.warning("The load of run %s could not be cancelled: %s", run_id, error)
