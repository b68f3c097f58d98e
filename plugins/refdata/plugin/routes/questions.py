"""Questions of loads, the answers that people give and tables keep, and the known facts about a table."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, HTTPException, Path, Query

from refdata import reviewing
from refdata.contracts.facts import facts
from refdata.plugin.questionschemas import AnsweredView, AnswerRequest, FactView, QuestionView, WithdrawRequest
from refdata.plugin.routes.common import MAX_ID, Caller, Connect, LoadId, TableNamed, changing, failures
from refdata.plugin.routes.rights import Right, require_steward
from refdata.plugin.schemas import Envelope, Metadata

_OfTable = Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$", description="Only those about this table.")]
_QuestionId = Annotated[int, Path(ge=1, le=MAX_ID, description="Number of the question.")]


def router(connect: Connect) -> APIRouter:
    """``questions``, ``answers``, and the parts of files and tables that are about them."""
    routes = APIRouter()
    _reading(routes, connect)
    _changing(routes, connect)
    return routes


def _reading(routes: APIRouter, connect: Connect) -> None:
    @routes.get("/questions", responses=failures(404))
    def list_questions(table: _OfTable = "") -> Envelope[list[QuestionView]]:
        """The questions that wait for an answer, oldest first."""
        views = [QuestionView.of(one) for one in connect().questions.waiting(table.strip())]
        return Envelope(data=views, metadata=Metadata(total=len(views)))

    @routes.get("/files/{load_id}/questions", responses=failures(404))
    def list_questions_of_file(load_id: LoadId) -> Envelope[list[QuestionView]]:
        """Everything that one load asked, with the answers."""
        data = connect()
        if data.file(load_id) is None:
            raise HTTPException(404, f"There is no load {load_id}")
        views = [QuestionView.of(one) for one in data.questions.of_load(load_id)]
        return Envelope(data=views, metadata=Metadata(total=len(views)))

    @routes.get("/tables/{name}/answers", responses=failures(404))
    def list_kept_answers(name: TableNamed) -> Envelope[list[QuestionView]]:
        """The answers that a table keeps for its later files, oldest first."""
        views = [QuestionView.of(one) for one in connect().questions.kept(name)]
        return Envelope(data=views, metadata=Metadata(total=len(views)))

    @routes.get("/tables/{name}/contract", responses=failures(404))
    def get_contract(name: TableNamed) -> Envelope[list[FactView]]:
        """Everything known about a table, fact by fact: declared, answered, learned from a file, or detected."""
        views = [FactView.of(fact) for fact in facts(connect().contracts.show(name))]
        return Envelope(data=views, metadata=Metadata(total=len(views)))


def _changing(routes: APIRouter, connect: Connect) -> None:
    @routes.post("/loads/{load_id}/answer", responses=failures(409), dependencies=changing(Right.ANSWER))
    def answer(load_id: LoadId, asked: AnswerRequest, user: Caller, later: BackgroundTasks) -> Envelope[AnsweredView]:
        """Answers the open questions of a held load in Airflow's own record; the load then goes on there."""
        data = connect()
        row, questions = data.questions.held(load_id)
        require_steward(data, row.table_name, user)
        by = user.get_name()
        given = reviewing.respond(
            row, questions, asked.answers, by, asked.reason, keep=asked.keep, follow=later.add_task
        )
        kept = sum(one.kept for one in given)
        return Envelope(data=AnsweredView(load_id=row.id, answered=len(given), kept=kept))

    @routes.post("/answers/{question_id}/withdraw", responses=failures(409), dependencies=changing(Right.ANSWER))
    def withdraw(question_id: _QuestionId, asked: WithdrawRequest, user: Caller) -> Envelope[QuestionView]:
        """Stops applying a kept answer to later files; what was loaded with it stays."""
        data = connect()
        require_steward(data, data.questions.table_of(question_id), user)
        gone = data.questions.withdraw(question_id, by=user.get_name(), reason=asked.reason)
        return Envelope(data=QuestionView.of(gone))
