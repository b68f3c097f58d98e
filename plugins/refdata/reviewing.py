"""Answers the questions of held loads from outside Airflow's form: it is Airflow's own record that is answered.

For a process that may write Airflow's database, such as its commands. The record wakes the waiting task as an answer in
the form does, so there is one way on for a load, wherever it was answered.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from refdata.config import dag_id
from refdata.core.errors import ConnectionLostError, DataError
from refdata.core.model import Load
from refdata.core.questionform import GO_ON, KEEP, REASON, answers_of, form_of
from refdata.core.questions import REFUSE, Given, Question
from refdata.core.runid import LOAD_DAG
from refdata.core.steps import MARKED_KEY, Step

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

_T = TypeVar("_T")

PARKED_FOR = timedelta(seconds=2)
"""How long a review has waited before it is answered. Airflow 3.3.2 takes the end of the process that asked for the
death of the one that an earlier answer has started, and asks again."""
SETTLED_AFTER = timedelta(seconds=90)
"""How long after a review began to wait its answer is watched: a busy scheduler may see the end of the asking process
later than ``PARKED_FOR``."""
ASKED_WITHIN = timedelta(seconds=30)
"""How long an answer waits for its question: the ledger says that a load is held some seconds before Airflow asks."""
_LOOK_AGAIN = timedelta(seconds=0.5)
_TAKEN = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_WAITING = frozenset({"awaiting_input", "deferred"})
_COMING = frozenset({"", "scheduled", "queued", "running"})


def at_once(work: Callable[[], None]) -> None:
    """Does the work before going on."""
    work()


def record_mark(task_instance: TaskInstance) -> None:
    """Records at a task that a person marked it failed, in the transaction that changes its state."""
    from airflow.models.xcom import XComModel
    from sqlalchemy.orm import object_session

    where: dict[str, Any] = {
        name: getattr(task_instance, name) for name in ("dag_id", "task_id", "run_id", "map_index")
    }
    if session := object_session(task_instance):
        where["session"] = session
    XComModel.set(MARKED_KEY, True, **where)


def is_record_away(error: Exception) -> bool:
    """Whether an error says that Airflow's own database has no connection to give, or does not answer in time.

    SQLite calls a table that does not exist an operational error too; waiting does not help there.
    """
    from sqlalchemy import exc

    if isinstance(error, exc.OperationalError):
        return getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return isinstance(error, exc.TimeoutError)


def respond(
    row: Load,
    questions: Sequence[Question],
    chosen: Mapping[str, str],
    by: str,
    reason: str,
    *,
    keep: bool,
    follow: Callable[[Callable[[], None]], None] = at_once,
) -> tuple[Given, ...]:
    """Answers the waiting review of a load; returns what was answered to each question.

    :param chosen: for each open question's name the key of its answer.
    :param keep: the answers apply to the table's later files too, where they can.
    :param follow: takes what is left to do once the answer is written: to answer again, should Airflow ask again.
    :raises DataError: when a question has no such answer or none is given, none of the answers can be kept, somebody
        was first, or no review of the load waits.
    :raises ConnectionLostError: when Airflow's database does not answer.
    """
    where = f"load {row.id}"
    option, fields = filled_form(questions, chosen, where=where)
    extra: dict[str, Any] = {KEEP: keep} if form_of(questions).keepable else {}
    answers = answers_of(questions, option, {**fields, **extra}, by, reason)
    if keep and not any(given.kept for given in answers):
        raise DataError(
            "None of these answers can be kept for later files", where=where, advice="Answer for this file only."
        )
    run_id, filled = row.dag_run_id or "", {**fields, **extra, REASON: reason}
    parked = _answer_rested(run_id, option, filled, by)
    if parked is not None and _looks_left(parked):
        follow(partial(_stand_by, run_id, option, filled, by, parked))
    return answers


def filled_form(questions: Sequence[Question], chosen: Mapping[str, str], *, where: str) -> tuple[str, dict[str, str]]:
    """The button and the fields that give each question its answer.

    :raises DataError: when a question has no answer, or offers no such one.
    """
    labels = [_label(question, chosen, where) for question in questions]
    others = sorted(set(chosen) - {question.name for question in questions})
    if others:
        raise DataError(
            f"{others[0]} is not an open question",
            where=where,
            advice=f"It asks: {', '.join(question.name for question in questions)}.",
        )
    if len(labels) == 1:
        return labels[0], {}
    fields = {f"question_{at}": label for at, label in enumerate(labels, start=1)}
    return (REFUSE.label if REFUSE.label in labels else GO_ON), fields


def _label(question: Question, chosen: Mapping[str, str], where: str) -> str:
    labels = {choice.key: choice.label for choice in question.choices}
    key = chosen.get(question.name, "")
    if key not in labels:
        raise DataError(
            f"{key!r} is not an answer to {question.name}" if key else f"{question.name} has no answer",
            where=where,
            advice=f"Answer it with one of: {', '.join(labels)}.",
        )
    return labels[key]


def _stand_by(run_id: str, option: str, fields: Mapping[str, Any], by: str, parked: datetime) -> None:
    answer_until_taken(
        lambda: _in_airflow(run_id, _state_of),
        lambda: _answer_rested(run_id, option, fields, by),
        lambda: time.sleep(_LOOK_AGAIN.total_seconds()),
        looks=_looks_left(parked),
    )


def _answer_rested(run_id: str, option: str, fields: Mapping[str, Any], by: str) -> datetime | None:
    """Answers the review as soon as it has waited for ``PARKED_FOR``; returns since when it waits."""
    looks = int(ASKED_WITHIN / _LOOK_AGAIN)
    await_question(
        lambda: _in_airflow(run_id, _unasked_state), lambda: time.sleep(_LOOK_AGAIN.total_seconds()), looks=looks
    )
    parked = _in_airflow(run_id, _parked_at)
    if parked is not None:
        _let_rest(parked)
    _in_airflow(run_id, partial(_answer_waiting, option=option, fields=fields, by=by))
    return parked


def answer_until_taken(
    state: Callable[[], str | None], answer: Callable[[], object], pause: Callable[[], None], *, looks: int
) -> None:
    """Answers as often as Airflow asks, until the review is over or ``looks`` are done.

    :param state: of the review; ``awaiting_input`` only while it has no answer.

    >>> states = iter(["queued", "up_for_retry", "awaiting_input", "running", "success"])
    >>> answer_until_taken(lambda: next(states), lambda: print("answered"), lambda: None, looks=9)
    answered
    """
    for _ in range(looks):
        now = state()
        if now in _TAKEN:
            return
        if now in _WAITING:
            answer()
        pause()


def await_question(state: Callable[[], str | None], pause: Callable[[], None], *, looks: int) -> None:
    """Waits while the review is on its way to ask, at most for so many looks.

    >>> states = iter(["scheduled", "running", "awaiting_input"])
    >>> await_question(lambda: next(states), lambda: print("waits"), looks=9)
    waits
    waits
    """
    for _ in range(looks):
        if state() not in _COMING:
            return
        pause()


def _in_airflow(run_id: str, work: Callable[[Any, str], _T]) -> _T:
    """What ``work`` returns, in a transaction of Airflow's database."""
    from airflow.utils.session import create_session

    try:
        with create_session() as session:
            return work(session, run_id)
    except DataError:
        raise
    except Exception as error:
        # SQLAlchemy's errors, and those of whichever driver: they say no more than that it cannot be written.
        raise ConnectionLostError(
            f"Airflow's database cannot be written: {type(error).__name__}",
            where=f"run {run_id}",
            advice="Run this where Airflow's own commands work, or answer in Airflow's UI.",
        ) from error


def _parked_at(session: Any, run_id: str) -> datetime | None:
    """When the review of a run began to wait, or its row last changed; None when there is no such task."""
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    changed: datetime | None = session.scalar(select(TaskInstance.updated_at).where(*_review_of(run_id)))
    return changed


def _state_of(session: Any, run_id: str) -> str:
    """The state of a run's review; one that waits with an answer already is on its way, and ``removed`` is none."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    found = session.execute(select(TaskInstance.id, TaskInstance.state).where(*_review_of(run_id))).one_or_none()
    if found is None:
        return "removed"
    asked = session.get(HITLDetail, found[0])
    return "queued" if found[1] in _WAITING and asked is not None and asked.response_received else str(found[1] or "")


def _unasked_state(session: Any, run_id: str) -> str:
    """The state of a run's review until it has asked for the first time; ``asked`` from then on."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    asked = session.scalar(select(HITLDetail.ti_id).join(TaskInstance).where(*_review_of(run_id)))
    return "asked" if asked is not None else _state_of(session, run_id)


def _looks_left(parked: datetime) -> int:
    from airflow.sdk import timezone

    return max(0, int((parked + SETTLED_AFTER - timezone.utcnow()) / _LOOK_AGAIN))


def _let_rest(parked: datetime) -> None:
    from airflow.sdk import timezone

    rest = PARKED_FOR - (timezone.utcnow() - parked)
    time.sleep(min(max(rest, timedelta(0)), PARKED_FOR).total_seconds())


def _review_of(run_id: str) -> tuple[Any, ...]:
    from airflow.models.taskinstance import TaskInstance

    return (
        TaskInstance.dag_id == dag_id(LOAD_DAG),
        TaskInstance.run_id == run_id,
        TaskInstance.task_id == Step.REVIEW.value,
    )


def _answer_waiting(session: Any, run_id: str, option: str, fields: Mapping[str, Any], by: str) -> None:
    """What Airflow's REST interface does with an answer (core_api/routes/public/hitl.py), under the same locks."""
    from airflow.models.hitl import HITLDetail, HITLUser
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.sdk import timezone
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    # By its id alone: Airflow's own query of the whole row joins lists to it, and the task's relation to its question
    # is never loaded by itself. The task is locked before the question, as everywhere in Airflow.
    number = session.scalar(select(TaskInstance.id).where(*_review_of(run_id)))
    task = session.get(TaskInstance, number, with_for_update={"of": TaskInstance}) if number is not None else None
    asked = session.get(HITLDetail, number, with_for_update={"of": HITLDetail}) if task is not None else None
    if asked is not None and asked.response_received:
        raise DataError(
            f"{asked.responded_by_user_name or 'Airflow'} has already answered",
            where=f"run {run_id}",
            advice="The load goes on with that answer.",
        )
    waiting = (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.DEFERRED)
    if task is None or asked is None or task.state not in waiting:
        raise DataError(
            "No review of the load is waiting in Airflow",
            where=f"run {run_id}",
            advice="Wait until its task review asks; a load without Airflow takes `refdata load --answer`.",
        )
    asked.responded_by, asked.responded_at = HITLUser(id=by, name=by), timezone.utcnow()
    asked.chosen_options, asked.params_input = [option], dict(fields)
    session.add(asked)
    event = TriggerEvent(asked.as_resume_event_payload())  # type: ignore[no-untyped-call]
    handle_event_submit(event, task_instance=task, session=session)
