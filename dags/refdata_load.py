"""Loads one dropped file into its table, one run per file: an Airflow DAG."""

from __future__ import annotations

from refdata import wiring
from refdata.dags.load import load_dag

dag = load_dag(wiring.settings(), {})
