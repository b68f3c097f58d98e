"""Rolls a table back to an earlier version, after a person has seen the difference and approved.

Trigger it with the table, the version (`refdata versions TABLE`, or the page) and a reason. The task `review` then
waits under *Required Actions* with the difference; nothing is changed before it is approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from airflow.sdk import DAG, Param

from refdata import wiring
from refdata.core.runid import ROLLBACK_DAG
from refdata.core.settings import Settings
from refdata.dags.chosen import Chooser
from refdata.operators.asking import ReviewRollbackOperator, RollBackOperator

_PARAMS = {
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
}


def rollback_dag(settings: Settings, chosen: Mapping[str, str]) -> DAG:
    """``refdata_rollback`` of a set.

    :param chosen: the set's settings that differ from Airflow's configuration.
    """
    with DAG(
        dag_id=f"{settings.dag_prefix}{ROLLBACK_DAG}",
        schedule=None,
        catchup=False,
        default_args={**wiring.task_defaults(settings), "pre_execute": Chooser(chosen)},
        params=_PARAMS,
        tags=["refdata"],
        doc_md=__doc__,
    ) as dag:
        review = ReviewRollbackOperator(
            task_id="review",
            subject="Roll the table back?",
            timeout=timedelta(seconds=settings.gate_timeout),
            # Nobody's silence changes a table.
            default="reject",
        )
        review >> RollBackOperator(task_id="roll_back")
    return dag
