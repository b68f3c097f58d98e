"""Deletes by age and repairs what crashes left behind; a dry run by default, see docs/maintenance.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from refdata.core.settings import Settings
from refdata.dags.chosen import Chooser
from refdata.notifications.failure import alert_on_failure
from refdata.operators.maintenance import MaintenanceOperator


def maintenance_dag(settings: Settings, chosen: Mapping[str, str]) -> DAG:
    """``refdata_maintenance`` of a set.

    :param chosen: the set's settings that differ from Airflow's configuration.
    """
    with DAG(
        dag_id=f"{settings.dag_prefix}refdata_maintenance",
        schedule=settings.maintenance_schedule,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args={"pre_execute": Chooser(chosen)},
        on_failure_callback=Chooser(chosen, alert_on_failure),
        params={
            "apply": Param(
                settings.maintenance_apply,
                type="boolean",
                title="Delete",
                description="Off: the run only shows what it would delete and repair.",
            ),
            "convert_heaps": Param(
                settings.maintenance_convert_heaps,
                type="boolean",
                title="Convert heaps",
                description="Together with Delete: tables without a clustered index get one. Each is rewritten once.",
            ),
        },
        tags=["refdata"],
        doc_md=__doc__,
    ) as dag:
        MaintenanceOperator(task_id="maintain", retries=2, retry_delay=timedelta(minutes=5))
    return dag
