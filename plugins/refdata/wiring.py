"""Builds what the steps work with from Airflow's configuration and connection."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from refdata.config import dag_id, load_settings, utc_now
from refdata.contracts.files import table_rules
from refdata.core.errors import ConnectionLostError, FileChangedError, GaveWayError, PermanentError, RefdataError
from refdata.core.loadstates import RunState
from refdata.core.model import DroppedFile
from refdata.core.runid import CLI_RUN, LOAD_DAG, TASK_RUN
from refdata.core.settings import Settings
from refdata.core.steps import Step
from refdata.dropoff.outage import Outages
from refdata.dropoff.source import Source
from refdata.ingest.context import Deps
from refdata.sources import source_of
from refdata.warehouse.connect import open_warehouse

if TYPE_CHECKING:
    from airflow.sdk import Context


__all__ = [
    "connect",
    "dag_id",
    "file_of_run",
    "is_retried",
    "run_state",
    "settings",
    "table_rules",
    "task_defaults",
    "utc_now",
]

# A changed file is not an error, but this run's file never comes back: the watcher offers the new one. A load that
# gives its place to others does so at once.
_NOT_RETRIED = (PermanentError, FileChangedError, GaveWayError)


def settings() -> Settings:
    """The settings of this process."""
    return load_settings()


def connect(configured: Settings | None = None) -> Deps:
    """A step's environment, from Airflow's configuration and connection.

    :raises ConfigurationError: when a setting or the connection is wrong.
    """
    chosen = configured or settings()
    return Deps(
        settings=chosen,
        warehouse=open_warehouse(chosen),
        dropoff=source_of(chosen),
        clock=utc_now,
        rules=lambda table: table_rules(chosen, table),
        log=logging.getLogger("refdata.ingest"),
    )


def outages() -> Outages:
    """The marks of reported outages, which need no database."""
    return Outages(source_of(settings()).state_folder)


def file_of_run(dropoff: Source, context: Context) -> DroppedFile:
    """The dropped file that a run of ``refdata_load`` is about, from its conf.

    A person who triggers the DAG by hand gives only ``path``; the rest is looked up. From the rest of a conf only the
    identity is used: the path's folder alone decides how a file is loaded.

    :raises DropoffError: when the path is not a drop's path.
    :raises FileChangedError: when nothing is there, and no identity is given.
    """
    conf: Mapping[str, Any] = context["params"]
    path = str(conf["path"])
    if conf.get("identity"):
        return dropoff.drop(path, conf["identity"])
    return dropoff.find(path)


def run_state(run_id: str) -> RunState:
    """The state of a run of ``refdata_load`` from Airflow's database; not for tasks, which may not read it.

    :raises ConnectionLostError: when the database does not answer.
    """
    from airflow.models.dagrun import DagRun

    if run_id.startswith((CLI_RUN, TASK_RUN)):
        return RunState.UNKNOWN
    try:
        runs = DagRun.find(dag_id=dag_id(LOAD_DAG), run_id=run_id)
    except Exception as error:
        # SQLAlchemy's errors and those of any driver only mean that the database cannot be read.
        raise ConnectionLostError(
            f"Airflow's database cannot be read: {type(error).__name__}",
            where=f"run {run_id}",
            advice="Run this where Airflow's own commands work, such as `airflow dags list`.",
        ) from error
    if not runs:
        return RunState.UNKNOWN  # deleted, or a run of another Airflow on the same folders
    if any(run.end_date is None for run in runs):
        return RunState.ACTIVE
    lasts = [run.get_task_instance(Step.REFUSE) for run in runs]
    return state_of_ended(last.state for last in lasts if last is not None)


def state_of_ended(error_branches: Iterable[str | None]) -> RunState:
    """Whether somebody marked an ended run, from the state of ``move_to_error``: Airflow skips tasks not yet begun.

    The error branch is also skipped after a successful load; its row is then not in flight, and this is not called.
    """
    from airflow.sdk import TaskInstanceState

    return RunState.STOPPED if TaskInstanceState.SKIPPED in error_branches else RunState.ENDED


def is_retried(error: RefdataError) -> bool:
    """Whether a step that failed with this error is retried while it has retries left."""
    return not isinstance(error, _NOT_RETRIED)


def task_defaults(configured: Settings) -> dict[str, Any]:
    """``default_args`` of the load's tasks: transient errors are retried with growing delays, others are not."""
    from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

    return {
        "retries": configured.retries,
        "retry_delay": timedelta(seconds=configured.retry_delay),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(seconds=configured.max_retry_delay),
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception=kind, action=RetryAction.FAIL, reason="a retry changes nothing")
                for kind in _NOT_RETRIED
            ]
        ),
        "execution_timeout": timedelta(seconds=configured.load_timeout + 60),
    }
