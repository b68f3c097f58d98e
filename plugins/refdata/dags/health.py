"""Checks database, folders, memory, Airflow's components, queue and alerts; reports changes, see docs/health.md.

Repairs what crashes left behind, see docs/doctor.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset

from refdata.core.runid import HEALTH_DAG
from refdata.core.settings import Settings
from refdata.dags.chosen import Chooser
from refdata.notifications.failure import alert_on_failure
from refdata.operators.health import HEALTH, HealthOperator
from refdata.operators.reconcile import ReconcileOperator


def health_dag(settings: Settings, chosen: Mapping[str, str]) -> DAG:
    """``refdata_health`` of a set.

    :param chosen: the set's settings that differ from Airflow's configuration.
    """
    prefix = settings.dag_prefix
    with DAG(
        dag_id=f"{prefix}{HEALTH_DAG}",
        schedule=timedelta(seconds=settings.health_interval),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=10),
        # A restart of all of Airflow may kill one attempt, and the next one too, before the API server answers.
        default_args={"retries": 3, "retry_delay": timedelta(seconds=30), "pre_execute": Chooser(chosen)},
        on_failure_callback=Chooser(chosen, alert_on_failure),
        tags=["refdata"],
        doc_md=__doc__,
    ) as dag:
        states = Asset(f"{prefix}{HEALTH_DAG}", uri=f"x-refdata://{prefix}health") if prefix else HEALTH
        HealthOperator(task_id="look", asset=states)
        ReconcileOperator(task_id="repair")
    return dag
