"""Deletes by age: an Airflow DAG."""

from __future__ import annotations

from refdata import wiring
from refdata.dags.maintenance import maintenance_dag

dag = maintenance_dag(wiring.settings(), {})
