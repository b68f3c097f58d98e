"""Checks everything at intervals, and reports what has changed since the last report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator

from refdata import health, wiring
from refdata.assetstore import AssetAnswers
from refdata.core.alerting import Alert, Occasion
from refdata.core.diagnosis import Trouble
from refdata.core.errors import ConnectionLostError, RefdataError
from refdata.core.health import Change, Check, State, changes, describe, is_worse, reported, settled, worst
from refdata.core.model import FileStatus
from refdata.core.runid import HEALTH_DAG
from refdata.notifications import metrics
from refdata.notifications.channels import send, send_due
from refdata.notifications.failure import run_url
from refdata.notifications.outage import report_recovery
from refdata.watching import ReadValue, Request, WriteValue

if TYPE_CHECKING:
    from airflow.sdk import Context

HEALTH = Asset(HEALTH_DAG, uri="x-refdata://health")
"""Its state store keeps the last reported states; nothing is written to the asset."""
_KEY = "states"
_OCCASIONS = {"error_rate": Occasion.ERROR_RATE, "slow_loads": Occasion.SLOW_LOAD}


class HealthOperator(BaseOperator):
    """Runs all checks of ``refdata health``; sends an alert for each change, and the alerts that are due.

    The last reported states are in the state store of an asset, which outlives runs and is available while the
    database or the dropoff folder is down.
    """

    ui_color = "#e3f2e1"

    def __init__(self, *, asset: Asset = HEALTH, **kwargs: Any) -> None:
        kwargs["inlets"] = [asset, *kwargs.get("inlets", ())]
        super().__init__(**kwargs)
        self.asset = asset

    def execute(self, context: Context) -> dict[str, Any]:
        """The checks, as ``refdata health --json`` prints them."""
        checks = health.run_checks()
        report(checks, AssetAnswers(self.asset.name).now, context)
        metrics.looked(checks, _counts(checks))
        for check in checks:
            self.log.info("%s: %s (%s) %s", check.name, check.state, check.figure, check.message)
        return health.as_json(checks, worst(checks))


def report(checks: Sequence[Check], ask: Callable[[Request], Any], context: Context) -> None:
    """Reports checks whose state differs from the last report, remembers it, and sends the alerts that are due.

    :param ask: reaches the state store.
    """
    kept = ask(ReadValue(_KEY)) or {}
    checks = checks if kept else settled(checks)
    unreported = _report_changes(changes(kept, checks), checks, context)
    ask(WriteValue(_KEY, reported(kept, checks, unreported)))
    if _state_of("warehouse", checks) is State.OK:
        report_recovery(context, "", loaded=False)
        wiring.outages().sweep(wiring.utc_now())
        _send_due(context)


def _counts(checks: Iterable[Check]) -> Mapping[FileStatus, int] | None:
    """Files by status; None while the database is down."""
    if _state_of("warehouse", checks) is not State.OK:
        return None
    try:
        return wiring.connect().ledger.counts()
    except RefdataError:
        return None  # it went down since the check: the next run reports it


def _send_due(context: Context) -> None:
    try:
        send_due(context)
    except RefdataError as error:
        # The database went down since the check: the next run reports it.
        wiring.connect().log.warning("Gathered alerts stay unsent: %s", error)


def _report_changes(changed: Iterable[Change], checks: Sequence[Check], context: Context) -> set[str]:
    """The names of checks whose change was not reported: their category was just reported, or no channel accepted it.

    They are not gathered, because they would be sent when they may be over: the next run reports the state then.
    """
    groups: dict[Occasion, list[Change]] = {}
    unreported: set[str] = set()
    for change in changed:
        if change.check.name == "warehouse":
            _report_outage(change.check, context)
        else:
            groups.setdefault(_occasion(change), []).append(change)
    for occasion, members in groups.items():
        if not send(_alert(occasion, members, checks, context), context, gather=False):
            unreported |= {change.check.name for change in members}
    return unreported


def _occasion(change: Change) -> Occasion:
    """A failure never waits for the gathering time of a warning."""
    if not is_worse(change):
        return Occasion.RECOVERED
    usual = Occasion.HEALTH if change.check.state is State.FAIL else Occasion.WARNING
    return _OCCASIONS.get(change.check.name, usual)


def _report_outage(check: Check, context: Context) -> None:
    """Uses the same mark as failed loads: the first to set it reports the outage, once."""
    if check.state is not State.FAIL or check.figure == Trouble.NOT_INITIALISED:
        return  # ``tell_recovery`` reports the end; before the first file there is no ledger, and nothing is wrong
    outages = wiring.outages()
    text = f"{check.message}\nWhat to do: {check.advice}"
    category = ConnectionLostError.category
    if outages.is_news(category, "", text, wiring.utc_now()):
        alert = Alert(f"refdata: the database cannot be used ({check.figure})", text, category, "", *_run(context))
        if not send(alert, context):
            outages.forget(category, "")


def _alert(occasion: Occasion, members: Sequence[Change], checks: Sequence[Check], context: Context) -> Alert:
    named = ", ".join(f"{change.check.name} {change.check.state}" for change in members)
    failing = [check.name for check in checks if check.state is State.FAIL]
    text = describe(members) + (f"\nFailing now: {', '.join(failing)}" if failing else "")
    return Alert(f"refdata: {named}", text, occasion, "", *_run(context))


def _run(context: Mapping[str, Any]) -> tuple[str, str]:
    run_id = str(context.get("run_id", ""))
    return run_id, run_url(wiring.dag_id(HEALTH_DAG), run_id)


def _state_of(name: str, checks: Iterable[Check]) -> State | None:
    return next((check.state for check in checks if check.name == name), None)
