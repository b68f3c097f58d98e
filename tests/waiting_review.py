"""Puts a review that waits for a person into Airflow's database, as ``refdata_load`` leaves it there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from refdata.core.questionform import form_of
from refdata.core.questions import Question
from refdata.core.runid import LOAD_DAG
from refdata.core.steps import Step


def wait_for_answer(run_id: str, questions: Sequence[Question], *, minutes: float = 10) -> None:
    """The review of a run has been waiting for so many minutes; the DAG itself need not exist."""
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, timezone
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState
    from airflow.utils.types import DagRunType

    form, since = form_of(questions), timezone.utcnow() - timedelta(minutes=minutes)
    task = EmptyOperator(task_id=Step.REVIEW.value, dag=DAG(LOAD_DAG, schedule=None))
    with create_session() as session:
        session.add(DagRun(LOAD_DAG, run_id, run_after=since, state=DagRunState.RUNNING, run_type=DagRunType.MANUAL))
        session.flush()
        review = TaskInstance(task, dag_version_id=None, run_id=run_id, state=TaskInstanceState.AWAITING_INPUT)  # type: ignore[arg-type]
        review.updated_at = since
        session.add(review)
        session.flush()
        session.add(HITLDetail(ti_id=review.id, options=list(form.options), subject=form.subject, params={}))


def review_state(run_id: str) -> tuple[str | None, dict[str, object]]:
    """The state of a run's review, and what was answered: the button and the fields of the form."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        number, state = session.execute(
            select(TaskInstance.id, TaskInstance.state).where(TaskInstance.run_id == run_id)
        ).one()
        asked = session.get(HITLDetail, number)
        assert asked is not None
        return state, {"chosen": asked.chosen_options, "by": asked.responded_by_user_name, **asked.params_input}
