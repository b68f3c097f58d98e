"""One run of ``refdata_watch`` in a process of its own, with an Airflow home of its own.

Prints as JSON what came of it: the states of its tasks, and id and conf of each load run that it started.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagrun import DagRun
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select

DAGS = Path(__file__).parents[3] / "dags"


def main(runs: int) -> None:
    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    bag = DagBag(DAGS)
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    sync_bag_to_db(bag, "dags-folder", None)
    states = []
    for _ in range(runs):
        run = bag.get_dag("refdata_watch").test()
        states += [f"{task.task_id} {task.state}" for task in run.get_task_instances()]
    with create_session() as session:
        loads = session.scalars(select(DagRun).where(DagRun.dag_id == "refdata_load")).all()
        started = {load.run_id: load.conf for load in loads}
    sys.stdout.write("\n" + json.dumps({"tasks": sorted(states), "loads": started}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
