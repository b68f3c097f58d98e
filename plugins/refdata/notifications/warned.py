"""One alert for a file that was loaded with warnings. The warnings themselves stay in the ledger.

They may quote lines of the file, which neither a log nor a mail should contain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refdata import wiring
from refdata.core.alerting import Alert, Occasion
from refdata.core.loadstates import PUBLISHED
from refdata.core.model import Load
from refdata.notifications.channels import send
from refdata.notifications.failure import page_url

if TYPE_CHECKING:
    from airflow.sdk import Context


def report_warnings(context: Context, row: Load) -> None:
    """Sends an alert when a load has published its rows and has warnings, unless ``alert_load_warnings`` is off."""
    if row.status in PUBLISHED and row.warnings and wiring.settings().alert_load_warnings:
        send(alert_of(row), context)


def alert_of(row: Load) -> Alert:
    """The alert for a load with warnings; its address is that of the file on refdata's page."""
    count = "1 warning" if len(row.warnings) == 1 else f"{len(row.warnings)} warnings"
    text = (
        f"{row.file_name} is in {row.table_name} as version {row.version_id}:"
        f" rows loaded {row.rows_loaded}, rejected {row.rows_rejected or 0}, {count}.\n"
        f"What to do: read the warnings on the page, or with `refdata history --search {row.table_name}`; correct the"
        " file, or state in the table's contract what is right."
    )
    title = f"refdata: {row.file_path} was loaded with {count}"
    run_id = row.dag_run_id or ""
    return Alert(title, text, Occasion.LOAD_WARNINGS, row.file_path, run_id, page_url(view="file", id=row.id))
