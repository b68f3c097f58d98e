"""Where Airflow shows the runs of refdata's DAGs."""

from __future__ import annotations

from urllib.parse import quote

from refdata import wiring
from refdata.core.runid import API_RUN, CLI_RUN, LOAD_DAG, PAGE_RUN, ROLLBACK_DAG, TASK_RUN


def run_path(run_id: str | None, load_type: str) -> str | None:
    """The run's page within Airflow, relative to its root; None for what no run did."""
    if run_id is None or run_id.startswith((CLI_RUN, API_RUN, PAGE_RUN, TASK_RUN)):
        return None
    dag = ROLLBACK_DAG if load_type in ("rollback", "take_back") else LOAD_DAG
    return f"dags/{wiring.dag_id(dag)}/runs/{quote(run_id, safe='')}"
