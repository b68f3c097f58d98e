"""Checks database, folders, memory, Airflow's components, queue and alerts; reports changes, see docs/health.md.

Repairs what crashes left behind, see docs/doctor.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from refdata import wiring
from refdata.notifications.failure import alert_on_failure
from refdata.operators.health import HealthOperator
from refdata.operators.reconcile import ReconcileOperator

settings = wiring.settings()

with DAG(
    dag_id="refdata_health",
    schedule=timedelta(seconds=settings.health_interval),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=10),
    # A restart of all of Airflow may kill one attempt, and the next one too, before the API server answers.
    default_args={"retries": 3, "retry_delay": timedelta(seconds=30)},
    on_failure_callback=alert_on_failure,
    tags=["refdata"],
    doc_md=__doc__,
):
    HealthOperator(task_id="look")
    ReconcileOperator(task_id="repair")
