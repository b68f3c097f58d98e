"""Checks everything that loads need, and repairs what crashes left behind: an Airflow DAG."""

from __future__ import annotations

from refdata import wiring
from refdata.dags.health import health_dag

dag = health_dag(wiring.settings(), {})
