"""Answers the questions of held loads from outside Airflow's form: it is Airflow's own record that is answered.

For a process that may write Airflow's database, such as its commands. The record wakes the waiting task as an answer in
the form does, so there is one way on for a load, wherever it was answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refdata.core.errors import ConnectionLostError, DataError
from refdata.core.model import Load
from refdata.core.questionform import GO_ON, KEEP, REASON, form_of
from refdata.core.questions import REFUSE, Question
from refdata.core.runid import LOAD_DAG
from refdata.core.steps import Step


def respond(
    row: Load, questions: Sequence[Question], chosen: Mapping[str, str], by: str, reason: str, *, keep: bool
) -> None:
    """Answers the waiting review of a load.

    :param chosen: for each open question's name the key of its answer.
    :raises DataError: when a question has no such answer or none is given, or no review of the load waits.
    :raises ConnectionLostError: when Airflow's database does not answer.
    """
    option, fields = filled_form(questions, chosen, where=f"load {row.id}")
    shown = form_of(questions)
    extra: dict[str, Any] = {KEEP: keep} if shown.keepable else {}
    _write(row, option, {**fields, **extra, REASON: reason}, by)


def filled_form(questions: Sequence[Question], chosen: Mapping[str, str], *, where: str) -> tuple[str, dict[str, str]]:
    """The button and the fields that give each question its answer.

    :raises DataError: when a question has no answer, or offers no such one.
    """
    labels = [_label(question, chosen, where) for question in questions]
    if len(labels) == 1:
        return labels[0], {}
    fields = {f"question_{at}": label for at, label in enumerate(labels, start=1)}
    return (REFUSE.label if REFUSE.label in labels else GO_ON), fields


def _label(question: Question, chosen: Mapping[str, str], where: str) -> str:
    labels = {choice.key: choice.label for choice in question.choices}
    key = chosen.get(question.name, "")
    if key not in labels:
        raise DataError(
            f"{key!r} is no answer to {question.name}" if key else f"{question.name} has no answer",
            where=where,
            advice=f"Answer it with one of: {', '.join(labels)}.",
        )
    return labels[key]


def _write(row: Load, option: str, fields: Mapping[str, Any], by: str) -> None:
    from airflow.utils.session import create_session

    try:
        with create_session() as session:
            taken = _answer_waiting(session, row.dag_run_id or "", option, fields, by)
    except Exception as error:
        # SQLAlchemy's errors, and those of whichever driver: they say no more than that it cannot be written.
        raise ConnectionLostError(
            f"Airflow's database cannot be written: {type(error).__name__}",
            where=f"run {row.dag_run_id}",
            advice="Run this where Airflow's own commands work, or answer in Airflow's UI.",
        ) from error
    if not taken:
        raise DataError(
            f"No review of load {row.id} is waiting in Airflow",
            where=f"run {row.dag_run_id}",
            advice="Wait until its task review asks; a load without Airflow takes `refdata load --answer`.",
        )


def _answer_waiting(session: Any, run_id: str, option: str, fields: Mapping[str, Any], by: str) -> bool:
    """What Airflow's REST interface does with an answer (core_api/routes/public/hitl.py); False when nothing waits."""
    from airflow.models.hitl import HITLDetail, HITLUser
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.sdk import timezone
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    waiting = (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.DEFERRED)
    # By its id alone: Airflow's own query of the whole row joins lists to it.
    number = session.scalar(
        select(TaskInstance.id).where(
            TaskInstance.dag_id == LOAD_DAG, TaskInstance.run_id == run_id, TaskInstance.task_id == Step.REVIEW.value
        )
    )
    task = session.get(TaskInstance, number) if number is not None else None
    asked = session.get(HITLDetail, task.id) if task is not None and task.state in waiting else None
    if task is None or asked is None or asked.response_received:
        return False
    asked.responded_by, asked.responded_at = HITLUser(id=by, name=by), timezone.utcnow()
    asked.chosen_options, asked.params_input = [option], dict(fields)
    session.add(asked)
    event = TriggerEvent(asked.as_resume_event_payload())  # type: ignore[no-untyped-call]
    handle_event_submit(event, task_instance=task, session=session)
    return True
