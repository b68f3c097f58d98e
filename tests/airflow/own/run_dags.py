"""Runs every DAG of the DAGs folder by ``dag.test()``, in a process and an Airflow home of its own.

Arguments: ids of DAGs, one run each, in order; with a conf behind ``=``, as JSON. Prints as JSON the state of each run,
the results of its tasks, and the assets that were announced.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.configuration import conf
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.asset import AssetEvent
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select


def main(dags: list[str]) -> None:
    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    bag = DagBag(conf.get("core", "dags_folder"))
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    sync_bag_to_db(bag, "dags-folder", None)
    runs = [_run(bag, name) for name in dags]
    with create_session() as session:
        announced = [event.extra for event in session.scalars(select(AssetEvent))]
    sys.stdout.write("\n" + json.dumps({"dags": sorted(bag.dags), "runs": runs, "announced": announced}) + "\n")


def _run(bag: DagBag, name: str) -> dict[str, Any]:
    name, _, given = name.partition("=")
    dag = bag.get_dag(name)
    dag.deadline = None  # dag.test() of Airflow 3.3.2 fails at its end on a DAG with a deadline
    run = dag.test(run_conf=json.loads(given) if given else None)
    tasks = run.get_task_instances()
    results = {
        f"{task.task_id}{'' if task.map_index < 0 else f'[{task.map_index}]'}": task.xcom_pull(
            task_ids=task.task_id, map_indexes=task.map_index
        )
        for task in tasks
    }
    return {"state": str(run.state), "results": results}


if __name__ == "__main__":
    main(sys.argv[1:])
