"""Watches the dropoff folder and starts one run of ``refdata_load`` per stable file: an Airflow DAG."""

from __future__ import annotations

from refdata import wiring
from refdata.dags.watch import watch_dag

dag = watch_dag(wiring.settings(), {})
