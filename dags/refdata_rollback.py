"""Rolls a table back to an earlier version, after a person has approved: an Airflow DAG."""

from __future__ import annotations

from refdata import wiring
from refdata.dags.rollback import rollback_dag

dag = rollback_dag(wiring.settings(), {})
