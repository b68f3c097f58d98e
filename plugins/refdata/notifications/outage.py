"""One alert when an outage begins and one when it is over, however many loads run into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refdata import wiring
from refdata.core.alerting import Alert, Occasion
from refdata.dropoff.outage import Outage
from refdata.notifications.channels import send
from refdata.notifications.failure import url_of

if TYPE_CHECKING:
    from airflow.sdk import Context


def report_recovery(context: Context, path: str, *, loaded: bool) -> None:
    """Sends an alert for each outage that the end of this file's load shows to be over.

    :param path: the file's, under the dropoff root.
    :param loaded: whether the file is loaded, or refused.
    """
    now = wiring.utc_now()
    for outage in wiring.outages().over(path, now, loaded=loaded):
        run_id = str(context.get("run_id", ""))
        minutes = (now - outage.since).total_seconds() / 60
        text = f"{_recovered(outage)} after {minutes:.0f} minutes; the waiting files are loaded in order."
        if outage.text:
            text += f" It began with: {outage.text}"
        send(Alert("refdata: back to normal", text, Occasion.RECOVERED, path, run_id, url_of(context)), context)


def _recovered(outage: Outage) -> str:
    return "The database answers again" if outage.what == "database" else "There is space again"
