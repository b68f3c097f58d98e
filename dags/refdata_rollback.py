"""Rolls a table back to an earlier version, after a person has seen the difference and approved.

Trigger it with the table, the version (`refdata versions TABLE`, or the page) and a reason. The task `review` then
waits under *Required Actions* with the difference; nothing is changed before it is approved.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from refdata import wiring
from refdata.operators.asking import ReviewRollbackOperator, RollBackOperator

settings = wiring.settings()

with DAG(
    dag_id="refdata_rollback",
    schedule=None,
    catchup=False,
    default_args=wiring.task_defaults(settings),
    params={
        "table": Param("", type="string", minLength=1, title="Table", description="Without its schema, e.g. airports"),
        "version": Param(
            1,
            type="integer",
            minimum=0,
            title="Version",
            description="The one to return to: its number on refdata's page, or in `refdata versions TABLE`",
        ),
        "reason": Param("", type="string", minLength=1, title="Reason", description="Recorded in the audit trail"),
        "accept_orphans": Param(
            False,
            type="boolean",
            title="Accept orphans",
            description="Also where rows of other tables refer to nothing afterwards (on_orphans: hold)",
        ),
    },
    tags=["refdata"],
    doc_md=__doc__,
):
    review = ReviewRollbackOperator(
        task_id="review",
        subject="Roll the table back?",
        timeout=timedelta(seconds=settings.gate_timeout),
        # Nobody's silence changes a table.
        default="reject",
    )
    review >> RollBackOperator(task_id="roll_back")
