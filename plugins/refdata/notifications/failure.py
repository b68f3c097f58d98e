"""One alert for a file that failed: category, reason, what to do, and the run's address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode

from airflow.sdk import conf

from refdata import wiring
from refdata.core.alerting import Alert
from refdata.core.errors import ConnectionLostError, FileChangedError, GaveWayError, RefdataError
from refdata.core.model import Load
from refdata.core.runid import LOAD_DAG
from refdata.notifications.channels import log, send
from refdata.sources import source_of

if TYPE_CHECKING:
    from airflow.sdk import Context

_HANDED_BACK = (FileChangedError.category, GaveWayError.category)


def alert_on_failure(context: Context) -> None:
    """The ``on_failure_callback`` of the DAGs: one alert per failed run, and one per outage."""
    row = _row_of(str(context.get("run_id", "")))
    alert = _described(context, row)
    if _may_be_handed_back(row) and _was_handed_back(context):
        log.info("No alert, %s was handed back to the watcher and is loaded by another run", alert.file)
        return
    # An unreadable ledger is an outage, whatever the reason: it affects every file, and none is at fault.
    category = ConnectionLostError.category if isinstance(row, RefdataError) else alert.category
    outages = wiring.outages()
    if outages.is_news(category, alert.file, alert.text, wiring.utc_now()):
        if not send(alert, context):
            outages.forget(category, alert.file)  # the next failing run reports it
    else:
        log.warning("Already reported, so no alert: %s: %s", alert.title, alert.text)


def alert_about(title: str, error: RefdataError, context: Mapping[str, Any]) -> Alert:
    """The alert for an error that did not fail the run."""
    run_id = str(context.get("run_id", ""))
    path = str((context.get("params") or {}).get("path", ""))
    return Alert(f"refdata: {title}", str(error), error.category, path, run_id, url_of(context))


def describe(context: Mapping[str, Any]) -> Alert:
    """The alert for a failed run, from the ledger; without the database, from Airflow's information."""
    return _described(context, _row_of(str(context.get("run_id", ""))))


def _row_of(run_id: str) -> Load | RefdataError | None:
    """The run's ledger row, or why the ledger cannot be read."""
    try:
        return wiring.connect().ledger.by_run(run_id)
    except RefdataError as error:
        return error


def _may_be_handed_back(row: Load | RefdataError | None) -> bool:
    """Whether the failure may only mean that the watcher offers the file again.

    A run that ended during a reported outage is processed when the database is back; and a file that was released
    and then handed back by the doctor is a different drop from the one that was released.
    """
    return row is None or (isinstance(row, Load) and row.error_category in _HANDED_BACK)


def _was_handed_back(context: Mapping[str, Any]) -> bool:
    """Whether the run's file is still where it was dropped, but touched, so that the watcher offers it again."""
    conf = getattr(context.get("dag_run"), "conf", None) or {}
    if not conf.get("identity"):
        return False
    dropoff = source_of(wiring.settings())
    try:
        file = wiring.file_of_run(dropoff, cast("Context", {"params": conf}))
        return dropoff.lies(file) and not dropoff.is_there(file)
    except RefdataError:
        return False


def _described(context: Mapping[str, Any], row: Load | RefdataError | None) -> Alert:
    run_id = str(context.get("run_id", ""))
    path = str((getattr(context.get("dag_run"), "conf", None) or {}).get("path", ""))
    if isinstance(row, RefdataError):
        category, reason = row.category, str(row)
    else:
        category = (row and row.error_category) or "internal"
        reason = (
            row and row.error_message
        ) or f"Airflow says: {context.get('reason') or 'nothing'}. Check the task's log."
        path = path or (row.file_path if row else "")
    title = f"refdata: {path or _dag_of(context)} failed ({category})"
    return Alert(title, reason, category, path, run_id, url_of(context))


def url_of(context: Mapping[str, Any]) -> str:
    """Where Airflow shows the run of a task or callback."""
    return run_url(_dag_of(context), str(context.get("run_id", "")))


def _dag_of(context: Mapping[str, Any]) -> str:
    return str(getattr(context.get("dag"), "dag_id", LOAD_DAG))


def run_url(dag_id: str, run_id: str) -> str:
    """Where Airflow shows the run."""
    return f"{airflow_url()}/dags/{dag_id}/runs/{quote(run_id)}"


def page_url(**view: object) -> str:
    """The address of a view of refdata's page in Airflow.

    Airflow 3.3.2 redirects the shorter ``/plugin/refdata`` here, but drops the view.
    """
    return f"{airflow_url()}/plugin/refdata/refdata/?{urlencode(view)}"


def airflow_url() -> str:
    """The address where people reach Airflow, without a trailing slash."""
    return (conf.get("api", "base_url", fallback="") or "http://localhost:8080").rstrip("/")
