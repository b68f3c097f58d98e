"""Runs of ``refdata_watch`` in a process of their own, with an Airflow home of their own.

``run`` is a run; ``forget`` empties Airflow's state store, as losing it would.

Prints as JSON what came of it: the states of its tasks, and id and conf of each load run that it started.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.asset_state_store import AssetStateStoreModel
from airflow.models.dagrun import DagRun
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import delete, select

DAGS = Path(__file__).parents[3] / "dags"


def main(steps: list[str]) -> None:
    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    bag = DagBag(DAGS)
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    sync_bag_to_db(bag, "dags-folder", None)
    states, released = [], []
    for step in steps:
        if step == "forget":
            with create_session() as session:
                session.execute(delete(AssetStateStoreModel))
            continue
        dag = bag.get_dag("refdata_watch")
        # dag.test() in Airflow 3.3.2 looks a deadline up by its definition instead of its id, and fails at the end.
        dag.deadline = None
        run = dag.test()
        tasks = {task.task_id: task for task in run.get_task_instances()}
        states.append(", ".join(f"{name} {tasks[name].state}" for name in sorted(tasks)))
        released.append(len(tasks["stable_files"].xcom_pull(task_ids="stable_files")))
    with create_session() as session:
        loads = session.scalars(select(DagRun).where(DagRun.dag_id == "refdata_load")).all()
        started = {load.run_id: load.conf for load in loads}
    sys.stdout.write("\n" + json.dumps({"tasks": states, "files": released, "loads": started}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
