"""The questions of a load: which are open, which are answered, and the effect of an open one on the load.

A step collects its questions, keeps them in the database, and goes on only when each is answered. Where a person can
be asked (``Deps.asks``) the load is held; otherwise it fails with ``QuestionsError``, and the file stays in its folder.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.closedtables import Closed, current_name
from refdata.core.errors import DataError, HeldError, RejectedError
from refdata.core.model import Load
from refdata.core.questions import Given, Outcome, Question, unanswered
from refdata.ingest.context import Deps
from refdata.questionlog import AskedQuestion, QuestionLog


class QuestionsError(HeldError):
    """A load has open questions, but no person can be asked here. ``questions`` are those of load ``load_id``."""

    def __init__(self, load_id: int, questions: Sequence[Question], where: str) -> None:
        self.load_id, self.questions = load_id, tuple(questions)
        others = len(questions) - 1
        more = f" (And {others} more question{'s' if others > 1 else ''}.)" if others else ""
        super().__init__(
            f"{questions[0].subject}{more}",
            where=where,
            advice=f"Load the file again with {' and '.join(map(_options, questions))}."
            " Or leave it to refdata_watch: then Airflow asks.",
        )


def _options(question: Question) -> str:
    """The options of ``refdata load`` that answer a question, each with its meaning."""
    spelled = (
        f"--answer {shlex.quote(f'{question.name}={choice.key}')} ({choice.label})" for choice in question.choices
    )
    return " or ".join(spelled)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The answers to a step's questions, once all are answered."""

    given: tuple[tuple[Question, Given], ...] = ()

    def chose(self, kind: str, key: str) -> bool:
        """Whether any question of a kind got this answer."""
        return any(question.kind == kind and given.choice == key for question, given in self.given)


def require_answers(deps: Deps, row: Load, attempt: int, questions: Iterable[Question]) -> bool:
    """Whether the step goes on: each of its questions is answered. Otherwise the load is held for them.

    :raises QuestionsError: when they are open and no person can be asked.
    :raises RejectedError: when an answer refuses the file.
    """
    asked = tuple(questions)
    if not asked:
        return True
    log = QuestionLog(deps.warehouse)
    given = [one.given for one in log.of_load(row.id) if one.given is not None]
    _refuse(row, asked, given)
    _require_effect(row, asked, given)
    open_questions = unanswered(asked, given)
    if not open_questions:
        return True
    log.ask(row, open_questions, deps.clock())
    if not deps.asks:
        raise QuestionsError(row.id, open_questions, row.file_path)
    deps.ledger.hold_for_review(row.id, attempt, deps.clock())
    deps.log.info("Load %s is held with %s questions: %s", row.id, len(open_questions), open_questions[0].subject)
    return False


def _refuse(row: Load, asked: Sequence[Question], given: Sequence[Given]) -> None:
    answers = {answer.fingerprint: answer for answer in given}
    for question in asked:
        answer = answers.get(question.fingerprint)
        if answer is not None and question.choice(answer.choice).outcome is Outcome.REFUSE:
            raise rejection(row, question, answer)


def _require_effect(row: Load, asked: Sequence[Question], given: Sequence[Given]) -> None:
    """An answer that changes how the file is read must settle its doubt. If the doubt remains, the answer had no effect
    and the load must not continue: no person chose that result."""
    answers = {answer.fingerprint: answer for answer in given}
    for question in asked:
        answer = answers.get(question.fingerprint)
        if answer is not None and question.choice(answer.choice).patch is not None:
            raise DataError(
                f"The answer {question.choice(answer.choice).label!r} did not settle the question: {question.subject}",
                where=row.file_name,
                advice="Correct the file, or state in the table's contract how it is to be read.",
            )


def rejection(row: Load, question: Question, answer: Given) -> RejectedError:
    """The error for an answer that refuses the file."""
    reason = f": {answer.reason}" if answer.reason else ""
    return RejectedError(
        f"{answer.by} refused the file, asked {question.subject!r}{reason}",
        where=row.file_name,
        advice="Correct the file and drop it again. The table is as it was.",
    )


def open_questions(deps: Deps, row: Load) -> tuple[AskedQuestion, ...]:
    """The unanswered questions of a load."""
    return tuple(one for one in QuestionLog(deps.warehouse).of_load(row.id) if one.given is None)


def answer(deps: Deps, row: Load, question: Question, given: Given) -> None:
    """Records an answer, its effects, and in the audit trail who gave it and why; a repeated answer changes nothing.

    :raises DataError: when the load asked no such question, or somebody else has answered it.
    """
    choice, now = question.choice(given.choice), deps.clock()
    with deps.warehouse.transaction() as session:
        if not QuestionLog(deps.warehouse).answer_in(session, row.id, given, now):
            return
        AuditTrail(deps.warehouse).record_in(session, _answered(row, question, given, now))
        if choice.outcome is Outcome.ROUTE:
            deps.ledger.send_to_table_in(session, row.id, choice.table)


def _answered(row: Load, question: Question, given: Given, now: datetime) -> AuditEntry:
    choice = question.choice(given.choice)
    return AuditEntry(
        now,
        AuditAction.REJECT if choice.outcome is Outcome.REFUSE else AuditAction.APPROVE,
        given.by,
        row.table_name,
        row.id,
        subject=row.file_name,
        reason=given.reason,
        detail={"question": question.subject, "answer": choice.label, "kept": given.kept},
    )


def withdraw(deps: Deps, question_id: int, by: str, reason: str) -> AskedQuestion:
    """Stops applying a kept answer to later files, and records who asked for it and why; what was loaded stays.

    :raises DataError: when it is not kept, or already withdrawn.
    """
    now = deps.clock()
    with deps.warehouse.transaction() as session:
        asked = QuestionLog(deps.warehouse).withdraw_in(session, question_id, by, now)
        detail = {"question": asked.question.subject, "answer": asked.given.choice if asked.given else ""}
        entry = AuditEntry(
            now,
            AuditAction.WITHDRAW,
            by,
            asked.table_name,
            asked.load_id,
            subject=asked.file_name,
            reason=reason,
            detail=detail,
        )
        AuditTrail(deps.warehouse).record_in(session, entry)
    return asked


def table_for(deps: Deps, wanted: str, closed: Closed) -> str:
    """The table for a file whose name leads to ``wanted``: another one if a kept answer names it, or it was renamed."""
    wanted = current_name(closed, wanted)
    routes = (
        one.question.choice(one.given.choice).table
        for one in QuestionLog(deps.warehouse).kept(wanted)
        if one.given is not None and one.question.choice(one.given.choice).outcome is Outcome.ROUTE
    )
    return current_name(closed, next(routes, wanted))


def take_answers(deps: Deps, row: Load, answers: Sequence[Given]) -> None:
    """Records the answers to a held load, and lets it continue.

    :raises RejectedError: when one of them refuses the file.
    """
    asked = {one.question.fingerprint: one.question for one in QuestionLog(deps.warehouse).of_load(row.id)}
    for given in answers:
        if given.fingerprint in asked:
            answer(deps, row, asked[given.fingerprint], given)
    _refuse(row, tuple(asked.values()), answers)
    deps.ledger.mark_answered(row.id, row.attempt)
