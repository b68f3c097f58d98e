"""Airflow's deadline alerts: a load that is not finished in time, and a watch run that does not end.

Airflow runs the callback in the triggerer, which must run anyway (the sensor waits in it), with only the run and the
deadline as input. Querying the database and sending a mail would block every other trigger, so that runs in a thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

# The package's own stub file does not list them.
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from refdata import wiring
from refdata.config import choose
from refdata.core.alerting import Alert, Occasion
from refdata.core.model import FileStatus
from refdata.core.runid import LOAD_DAG
from refdata.core.settings import Settings, specs
from refdata.notifications.channels import log, send
from refdata.notifications.failure import run_url

_SECRET = frozenset(spec.name for spec in specs() if spec.metadata["sensitive"])
WATCH_GRACE = 900.0
"""Seconds that a watch run may take longer than ``watch_timeout`` before it counts as stopped."""


def load_deadline(settings: Settings, chosen: Mapping[str, str] | None = None) -> DeadlineAlert:
    """The deadline of ``refdata_load``: over within ``alert_waiting`` seconds after it was queued.

    :param chosen: the settings of the DAG's set that differ from the configuration.
    """
    return _deadline(settings.alert_waiting, "refdata load is over", chosen or {})


def watch_deadline(settings: Settings, chosen: Mapping[str, str] | None = None) -> DeadlineAlert:
    """The deadline of ``refdata_watch``: a run ends when files are released, or after ``watch_timeout``."""
    return _deadline(settings.watch_timeout + WATCH_GRACE, "refdata watch run is over", chosen or {})


def _deadline(seconds: float, name: str, chosen: Mapping[str, str]) -> DeadlineAlert:
    # Airflow stores these values in its database, which is no place for a secret.
    open_ones = {name: value for name, value in chosen.items() if name not in _SECRET}
    given: dict[str, Any] = {"seconds": seconds, **({"chosen": open_ones} if open_ones else {})}
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=seconds),
        callback=AsyncCallback("refdata.notifications.deadlines.deadline_missed", given),
        name=name,
    )


async def deadline_missed(seconds: float, context: Mapping[str, Any], chosen: Mapping[str, str] | None = None) -> None:
    """The callback that Airflow calls when a deadline is missed.

    :param seconds: the time that the run had.
    :param context: ``dag_run``, as Airflow's API describes it, and ``deadline``.
    :param chosen: the settings of the DAG's set that differ from the configuration.
    """
    run = context["dag_run"]
    alert = overdue(str(run["dag_id"]), str(run["dag_run_id"]), dict(run.get("conf") or {}), seconds)
    # A notifier expects a task's context; only the run is available here.
    given = {"run_id": alert.run_id, "dag_run": SimpleNamespace(**run), "dag": None}
    await asyncio.to_thread(_alert, alert, given, chosen or {})


_ONE_SET = threading.Lock()


def _alert(alert: Alert, given: Mapping[str, Any], chosen: Mapping[str, str]) -> None:
    """Sends the alert of one set of DAGs; the triggerer serves all sets, so one after another."""
    with _ONE_SET:
        choose(chosen)
        try:
            _alert_unless_held(alert, given)
        finally:
            choose({})


def _alert_unless_held(alert: Alert, given: Mapping[str, Any]) -> None:
    """Sends the alert, unless the load waits for a person: that has its own limit, ``gate_timeout``."""
    if alert.file and _waits_for_a_person(alert.run_id):
        log.info("%s waits for approval, so no alert: %s", alert.file, alert.title)
        return
    send(alert, given)


def _waits_for_a_person(run_id: str) -> bool:
    try:
        row = wiring.connect().ledger.by_run(run_id)
    except Exception as error:  # noqa: BLE001  whatever prevents reading the ledger, the alert must be sent
        log.warning("The ledger cannot be asked about %s: %s", run_id, type(error).__name__)
        return False
    return row is not None and row.status is FileStatus.REVIEW


def overdue(dag_id: str, run_id: str, conf: Mapping[str, Any], seconds: float) -> Alert:
    """The alert for a run that is not finished in time."""
    url = run_url(dag_id, run_id)
    if not dag_id.endswith(LOAD_DAG):
        text = (
            f"Watch run {run_id} is not finished after {seconds:.0f} s, so files may stay unseen.\n"
            "What to do: check that triggerer and scheduler are running (`refdata health`); if they are, clear the run."
        )
        return Alert("refdata: the watcher is stuck", text, Occasion.WATCHER, "", run_id, url)
    path = str(conf.get("path", ""))
    text = (
        f"{path or run_id} is not loaded after {seconds:.0f} s.\n"
        "What to do: check in the run which step it is in. It may wait for a file ahead of it, for a lock, or for a "
        "worker; `refdata health` and `refdata doctor` show which."
    )
    return Alert(f"refdata: {path or run_id} waits too long", text, Occasion.WAITING, path, run_id, url)
