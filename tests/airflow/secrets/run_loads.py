"""Loads files by ``refdata_load`` as ``dag.test()`` runs it, in a process and an Airflow home of their own.

Arguments: paths under the dropoff root, one run each; behind ``=`` the address of a connection that the run is to use.
Prints as JSON how each ended and what the page would show. A task that waits for a person gets an answer: yes if the
name contains ``APPROVED``, else it is marked failed, as a person may do in place of a no.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models import TaskInstance
from airflow.models.hitl import HITLDetail
from airflow.models.trigger import handle_event_submit
from airflow.sdk import TaskInstanceState, timezone
from airflow.triggers.base import TriggerEvent
from airflow.utils.db import initdb
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

DAGS = Path(__file__).parents[3] / "dags"
MARK = "\nended: "
APPROVED = "20240202"


def main(paths: list[str]) -> None:
    initdb()
    DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
    bag = DagBag(DAGS)
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    sync_bag_to_db(bag, "dags-folder", None)
    threading.Thread(target=_answer_what_waits, daemon=True).start()
    dag = bag.get_dag("refdata_load")
    # dag.test() in Airflow 3.3.2 looks a deadline up by its definition instead of its id, and fails at the end.
    dag.deadline = None
    states = {}
    own = os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"]
    for path, _, connection in (text.partition("=") for text in paths):
        os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = connection or own
        run = dag.test(run_conf={"path": path})
        states[path] = str(run.state)
    os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = own
    sys.stdout.write(MARK + json.dumps(states) + "\n")
    sys.stdout.write(_page())


def _answer_what_waits() -> None:
    """Answers each task that waits for a person, as Airflow's page has it done."""
    waiting = select(TaskInstance).where(TaskInstance.state == TaskInstanceState.AWAITING_INPUT)
    while True:
        time.sleep(1)
        with contextlib.suppress(OperationalError), create_session() as session:  # the file may be locked
            for task in session.scalars(waiting):
                if APPROVED not in task.dag_run.conf["path"]:
                    task.state = TaskInstanceState.FAILED
                    continue
                asked = session.scalars(select(HITLDetail).where(HITLDetail.ti_id == task.id)).one()
                asked.chosen_options, asked.params_input = ["Approve"], {"reason": "they closed"}
                asked.responded_by, asked.responded_at = {"id": "7", "name": "ada"}, timezone.utcnow()
                event = TriggerEvent(asked.as_resume_event_payload(timedout=False))  # type: ignore[no-untyped-call]
                handle_event_submit(event, task_instance=task, session=session)


def _page() -> str:
    """The answers of the JSON endpoints for all files."""
    from refdata.api import ReferenceData
    from refdata.core.errors import RefdataError
    from refdata.plugin.schemas import FileView

    with contextlib.suppress(RefdataError):
        return "\n".join(FileView.of(row).model_dump_json() for row in ReferenceData.connect().history().files)
    return ""


if __name__ == "__main__":
    main(sys.argv[1:])
