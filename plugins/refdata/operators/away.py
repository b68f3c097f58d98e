"""What a step can know of an Airflow that is away: its API server does not answer, or no worker began the step."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType

from refdata.core.errors import AirflowAwayError
from refdata.core.failure import Failure
from refdata.core.model import FileStatus, Load
from refdata.core.steps import Step
from refdata.ingest.context import Deps


def airflow_away(error: Exception) -> AirflowAwayError | None:
    """The error of an API server that did not answer, or answered that it cannot; None for any other."""
    if not isinstance(error, AirflowRuntimeError) or error.error.error is not ErrorType.API_SERVER_ERROR:
        return None
    detail = error.error.detail or {}
    status = detail.get("status_code")
    if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    return AirflowAwayError(
        f"Airflow's API server does not answer the task ({status or detail.get('exception_type', 'no reason given')})",
        where=conf.get("core", "execution_api_server_url", fallback=""),
        advice="Nothing: the step is retried. If it recurs, check the API server and the network.",
    )


def was_given_up(deps: Deps, row: Load | None, step: str) -> bool:
    """Whether Airflow failed a step that no worker had begun: after a few times as long in its queue as it may be.

    A step that was killed says as little. But it would have left its row, the turn, or a recent sign: a file that kills
    its process must not be loaded again and again.
    """
    if row is None or (row.status is FileStatus.PENDING and step == Step.ALIGN):
        return True
    seconds = conf.getfloat("scheduler", "task_queued_timeout", fallback=600.0)
    times = conf.getint("scheduler", "num_stuck_in_queued_retries", fallback=2) + 1
    seen = next((seen for other, seen in deps.ledger.unfinished() if other.id == row.id), deps.clock())
    return deps.clock() - seen > timedelta(seconds=seconds * times)


def no_worker(run_id: str, step: str) -> Failure:
    """The failure of such a step."""
    away = AirflowAwayError(
        "Airflow gave up a task that no worker had begun in time",
        where=run_id,
        advice="Nothing: the file goes back to the watcher. If it recurs, check the workers, or raise Airflow's"
        " task_queued_timeout.",
    )
    return Failure.of(away, step)
