"""Notices load runs that somebody marks in Airflow while none of their tasks is running.

A running task is stopped by a signal and cancels its load itself. A waiting run (for its table's turn, for its next
retry) has no process: Airflow skips its tasks, including the error branch. The server that takes the request calls
this.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

from refdata.core.runid import LOAD_DAG

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

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
