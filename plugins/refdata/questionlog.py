"""``Reference_Data_Question``: the questions that loads raised, with their answers.

A question is stored when its load is held, and stays when it is answered. An answer that is kept for a table applies
to its later files until somebody withdraws it. Times are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from refdata.core.contract import Contract, Origin
from refdata.core.contractlayers import with_origin
from refdata.core.contractterms import Layer
from refdata.core.errors import DataError
from refdata.core.model import Load
from refdata.core.questions import MAX_SUBJECT, Given, Question, patches, question_document, read_question
from refdata.warehouse.base import Row, Session, Warehouse, moment
from refdata.warehouse.schema import read_if_current

MAX_REASON, MAX_BY = 1000, 255


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A recorded question. ``given`` is None until it is answered."""

    id: int
    load_id: int
    table_name: str
    file_name: str
    question: Question
    asked_at: datetime
    given: Given | None = None
    answered_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None


class QuestionLog:
    """``Reference_Data_Question`` in a warehouse. Each method is one short transaction."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def ask(self, load: Load, questions: Iterable[Question], now: datetime) -> None:
        """Stores the questions of a load; one asked before stays unchanged, with its answer."""
        with self._warehouse.transaction() as session:
            for question in questions:
                self._ask(session, load, question, now)

    def _ask(self, session: Session, load: Load, question: Question, now: datetime) -> None:
        document = json.dumps(question_document(question), ensure_ascii=False)
        names = (load.id, question.table, load.file_name, question.kind.value, question.column, question.fingerprint)
        known = (load.id, question.fingerprint)
        values = (*names, question.subject[:MAX_SUBJECT], document, now, *known)
        session.execute(self._warehouse.statement("insert_question"), values)

    def of_load(self, load_id: int) -> tuple[AskedQuestion, ...]:
        """The questions of a load, in the order in which they were asked."""
        return self._select("select_questions", load_id)

    def waiting(self) -> tuple[AskedQuestion, ...]:
        """The unanswered questions of held loads, oldest first."""
        return self._select("select_waiting_questions")

    def kept(self, table: str) -> tuple[AskedQuestion, ...]:
        """The answers that a table keeps for its later files, oldest first."""
        return self._select("select_kept_answers", table)

    def kept_patches(self, table: str) -> tuple[Contract, ...]:
        """The additions of a table's kept answers to its contract, the newest first.

        There are none where refdata's own tables do not exist yet, or are from an earlier release.
        """
        return read_if_current(
            self._warehouse,
            lambda session: tuple(reversed(_patches(self._select_in(session, "select_kept_answers", table)))),
            (),
        )

    def patches_in(
        self, session: Session, table: str, load_id: int
    ) -> tuple[tuple[Contract, ...], tuple[Contract, ...]]:
        """The additions to a table's contract from answers: those for this load, and those that the table keeps."""
        own = self._select_in(session, "select_questions", load_id)
        kept = self._select_in(session, "select_kept_answers", table)
        return _patches(own), tuple(reversed(_patches(kept)))

    def table_of(self, question_id: int) -> str | None:
        """The table of a question; None where there is no such question."""
        found = self._select("select_question", question_id)
        return found[0].table_name if found else None

    def _select_in(self, session: Session, statement: str, *values: object) -> tuple[AskedQuestion, ...]:
        return tuple(map(_asked, session.query(self._warehouse.statement(statement), values)))

    def _select(self, statement: str, *values: object) -> tuple[AskedQuestion, ...]:
        with self._warehouse.transaction(write=False) as session:
            return self._select_in(session, statement, *values)

    def answer_in(self, session: Session, load_id: int, given: Given, now: datetime) -> bool:
        """Records an answer in the transaction of its effects; False where the same answer was recorded before.

        :raises DataError: when the load has no such question, it offers no such choice, or somebody else was first.
        """
        asked = self._asked_in(session, load_id, given.fingerprint)
        if asked is None:
            raise DataError(
                f"Load {load_id} has no such question",
                where=f"load {load_id}",
                advice="Check its questions again: the file or the table has changed since.",
            )
        self._check_choice(asked, given)
        values = (given.choice, given.kept, given.by[:MAX_BY], given.reason[:MAX_REASON], now)
        statement = self._warehouse.statement("mark_question_answered")
        if session.execute(statement, (*values, load_id, given.fingerprint)) == 1:
            return True
        _require_same(self._asked_in(session, load_id, given.fingerprint) or asked, given)
        return False

    def _asked_in(self, session: Session, load_id: int, fingerprint: str) -> AskedQuestion | None:
        asked = self._select_in(session, "select_questions", load_id)
        return next((one for one in asked if one.question.fingerprint == fingerprint), None)

    @staticmethod
    def _check_choice(asked: AskedQuestion, given: Given) -> None:
        choices = {choice.key: choice for choice in asked.question.choices}
        if given.choice not in choices:
            raise DataError(
                f"{given.choice!r} is not among the answers",
                where=f"load {asked.load_id}, {asked.question.subject}",
                advice=f"Choose one of: {', '.join(choices)}.",
            )
        if given.kept and not choices[given.choice].keepable:
            raise DataError(
                f"The answer {given.choice!r} cannot be kept for later files",
                where=f"load {asked.load_id}, {asked.question.subject}",
                advice="Give it for this file only.",
            )

    def withdraw_in(self, session: Session, question_id: int, by: str, now: datetime) -> AskedQuestion:
        """Stops applying a kept answer to later files, in the transaction that records who asked for it.

        :raises DataError: when it is not kept, or already withdrawn.
        """
        statement = self._warehouse.statement("mark_answer_withdrawn")
        if session.execute(statement, (by[:MAX_BY], now, question_id)) != 1:
            raise DataError(
                f"No kept answer has the number {question_id}",
                where=f"question {question_id}",
                advice="`refdata questions --kept` lists the kept answers.",
            )
        (asked,) = self._select_in(session, "select_question", question_id)
        return asked


def _require_same(asked: AskedQuestion, given: Given) -> None:
    before = asked.given
    if before is None or (before.choice, before.by) != (given.choice, given.by[:MAX_BY]):
        raise DataError(
            f"{before.by if before else 'somebody'} has already answered it",
            where=f"load {asked.load_id}, {asked.question.subject}",
            advice="Check the load; a kept answer can be withdrawn.",
        )


def _patches(asked: Iterable[AskedQuestion]) -> tuple[Contract, ...]:
    """The additions to the contract, each fact with its load and the person who answered."""
    patched = []
    for one in asked:
        if one.given is not None:
            origin = Origin(Layer.ANSWERED, one.file_name, load_id=one.load_id, by=one.given.by)
            patched += [with_origin(patch, origin) for patch in patches([(one.question, one.given)])]
    return tuple(patched)


def _asked(line: Row) -> AskedQuestion:
    (number, load_id, table, name, _, document, asked_at, choice, kept, by, reason, at, withdrawn_by, withdrawn) = line
    question = read_question(json.loads(document))
    given = Given(question.fingerprint, choice, by, reason or "", bool(kept)) if choice is not None else None
    times = (given, moment(at), withdrawn_by, moment(withdrawn))
    return AskedQuestion(number, load_id, table, name, question, moment(asked_at), *times)
