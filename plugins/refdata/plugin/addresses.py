"""Where Airflow shows the runs of refdata's DAGs."""

from __future__ import annotations

from urllib.parse import quote

LOAD_DAG = "refdata_load"
_ROLLBACK_DAG = "refdata_rollback"
_NO_RUN = ("cli__", "api__", "page__")
"""Start of the ids of what was done without a run: by the command line, from Python, from the page."""


def run_path(run_id: str | None, load_type: str) -> str | None:
    """The run's page within Airflow, relative to its root; None for what no run did."""
    if run_id is None or run_id.startswith(_NO_RUN):
        return None
    dag = _ROLLBACK_DAG if load_type in ("rollback", "take_back") else LOAD_DAG
    return f"dags/{dag}/runs/{quote(run_id, safe='')}"
