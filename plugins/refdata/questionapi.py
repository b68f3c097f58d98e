"""The questions part of the Python API, the page and the command line: ``ReferenceData.questions``.

Answering the question of a load that waits in Airflow is ``refdata.reviewing``: it writes Airflow's own record.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from refdata.core.doubts.gate import gate_question
from refdata.core.errors import DataError
from refdata.core.model import FileStatus, Load
from refdata.core.naming import typed_table
from refdata.core.questions import Question
from refdata.ingest import asking
from refdata.ingest.context import Deps
from refdata.questionlog import AskedQuestion, QuestionLog

__all__ = ["AskedQuestion", "Questions"]

MAX_HELD = 500
"""Held loads that are listed."""


class Questions:
    """The questions of loads, and the answers that tables keep."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def waiting(self, table: str = "") -> tuple[AskedQuestion, ...]:
        """The unanswered questions of held loads, oldest first; those about one table if given.

        A load that waits for the change gate has the question whether to publish it (``change_gate``).
        """
        deps = self._deps()
        with self._expected():
            asked = QuestionLog(deps.warehouse).waiting()
            held = deps.ledger.page(status=FileStatus.REVIEW, limit=MAX_HELD, descending=False).files
            known = {one.load_id for one in asked}
            gated = [one for row in held if row.id not in known for one in self._of_gate(deps, row)]
        waiting = sorted((*asked, *gated), key=lambda one: (one.load_id, one.id))
        name = typed_table(table) if table else ""
        return tuple(one for one in waiting if not name or one.table_name == name)

    def of_load(self, load_id: int) -> tuple[AskedQuestion, ...]:
        """Everything that one load asked, with the answers."""
        deps = self._deps()
        with self._expected():
            row = deps.ledger.get(load_id)
            return (*QuestionLog(deps.warehouse).of_load(load_id), *(self._of_gate(deps, row) if row else ()))

    @staticmethod
    def _of_gate(deps: Deps, row: Load) -> tuple[AskedQuestion, ...]:
        """The question of a load that waits for the change gate: its question is in Airflow only."""
        if row.status is not FileStatus.REVIEW or QuestionLog(deps.warehouse).of_load(row.id):
            return ()
        question = gate_question(row.table_name, row.file_name)
        asked_at = row.started_at or row.created_at
        return (AskedQuestion(0, row.id, row.table_name, row.file_name, question, asked_at),)

    def kept(self, table: str) -> tuple[AskedQuestion, ...]:
        """The answers that a table keeps for its later files, oldest first."""
        with self._expected():
            return QuestionLog(self._deps().warehouse).kept(typed_table(table))

    def held(self, load_id: int) -> tuple[Load, tuple[Question, ...]]:
        """A held load and its open questions.

        :raises DataError: when there is no such load, it is not held, or it asks nothing.
        """
        with self._expected():
            row = self._deps().ledger.get(load_id)
        open_questions = [one for one in self.of_load(load_id) if one.given is None]
        if row is None or row.status is not FileStatus.REVIEW or not open_questions:
            raise DataError(
                f"Load {load_id} waits for no answer",
                where="ledger",
                advice="`refdata questions` lists those that do.",
            )
        return row, tuple(one.question for one in open_questions)

    def table_of(self, question_id: int) -> str | None:
        """The table of a question; None where there is no such question."""
        with self._expected():
            return QuestionLog(self._deps().warehouse).table_of(question_id)

    def withdraw(self, question_id: int, *, by: str, reason: str) -> AskedQuestion:
        """Stops applying a kept answer to later files; what was loaded with it stays.

        :param by: who asks, and why: ``reason``; for the audit trail.
        :raises ValueError: without a reason or a name.
        :raises DataError: when it is not kept, or already withdrawn.
        """
        if not reason.strip() or not by.strip():
            raise ValueError("a reason and the name of the requester are required")
        with self._expected():
            return asking.withdraw(self._deps(), question_id, by.strip(), reason.strip())
