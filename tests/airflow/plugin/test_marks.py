"""A task of a load that somebody marks failed gets a mark; one that Airflow gave up does not."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from refdata.core.runid import LOAD_DAG
from refdata.core.steps import MARKED_KEY, Step

BY_HAND = "TaskInstance's state was manually set to `failed`."
NUMBERS = count(1)


@pytest.mark.parametrize(
    ("dag_id", "previous", "error", "marked"),
    [
        (LOAD_DAG, None, BY_HAND, True),
        (f"eu_{LOAD_DAG}", None, BY_HAND, True),
        ("another", None, BY_HAND, False),
        (LOAD_DAG, "running", ValueError("a value that was manually set"), False),
        (LOAD_DAG, "running", "the task's process was killed", False),
    ],
    ids=["by hand", "of a second set", "of another DAG", "an error", "killed"],
)
def test_a_task_is_marked_when_a_person_ends_it(
    airflow_home: Path, dag_id: str, previous: str | None, error: object, marked: bool
) -> None:
    from airflow.listeners.listener import get_listener_manager
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, timezone
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType
    from sqlalchemy import select

    run_id = f"marked_{next(NUMBERS)}"
    task = EmptyOperator(task_id=Step.ALIGN.value, dag=DAG(dag_id, schedule=None))
    with create_session() as session:
        now = timezone.utcnow()
        session.add(DagRun(dag_id, run_id, run_after=now, state=DagRunState.RUNNING, run_type=DagRunType.MANUAL))
        session.flush()
        instance = TaskInstance(task, dag_version_id=None, run_id=run_id, state="failed")  # type: ignore[arg-type]
        session.add(instance)
        session.flush()
        hook = get_listener_manager().hook
        hook.on_task_instance_failed(previous_state=previous, task_instance=instance, error=error)
    with create_session() as session:
        found = session.scalars(select(XComModel.key).where(XComModel.run_id == run_id)).all()
    assert list(found) == [MARKED_KEY] * marked
