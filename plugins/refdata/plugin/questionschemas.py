"""The shapes of questions, of answers to them, and of what is known about a table."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from refdata.contracts.facts import Fact
from refdata.core.contractterms import Layer, QuestionKind
from refdata.core.questions import Outcome, Question
from refdata.plugin.schemas import CellText, UtcTime, View
from refdata.questionlog import AskedQuestion

MAX_ANSWERS = 500
_Word = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\x00]+$")]


class ChoiceView(View):
    """An answer that can be given. ``effect`` says what it does; ``keepable``: it can apply to later files too."""

    key: str
    label: str
    effect: str
    outcome: Outcome
    keepable: bool


class GivenView(BaseModel):
    """An answer that was given: the choice's ``key`` and ``label``, who gave it, why, when, and whether it is kept."""

    key: str
    label: str
    by: str
    reason: str
    kept: bool
    answered_at: UtcTime | None


class AskedView(View):
    """What a load asks, or would ask.

    ``evidence`` are sentences on what was found, ``examples`` a few lines or values of the file.
    """

    kind: QuestionKind
    column: str
    subject: str
    evidence: tuple[str, ...]
    examples: tuple[str, ...]
    choices: tuple[ChoiceView, ...]


class QuestionView(AskedView):
    """One of a load's questions. ``name`` identifies it among them; ``given`` is null until it is answered."""

    id: int
    load_id: int
    table_name: str
    file_name: str
    name: str
    asked_at: UtcTime
    given: GivenView | None

    @classmethod
    def of(cls, asked: AskedQuestion) -> QuestionView:
        """A recorded question."""
        question: Question = asked.question
        return cls(
            id=asked.id,
            load_id=asked.load_id,
            table_name=asked.table_name,
            file_name=asked.file_name,
            name=question.name,
            kind=question.kind,
            column=question.column,
            subject=question.subject,
            evidence=question.evidence,
            examples=question.examples,
            choices=tuple(ChoiceView.model_validate(choice) for choice in question.choices),
            asked_at=asked.asked_at,
            given=_given(asked),
        )


def _given(asked: AskedQuestion) -> GivenView | None:
    given = asked.given
    if given is None:
        return None
    label = asked.question.choice(given.choice).label
    return GivenView(
        key=given.choice,
        label=label,
        by=given.by,
        reason=given.reason,
        kept=given.kept,
        answered_at=asked.answered_at,
    )


class WithdrawRequest(BaseModel):
    """Why a kept answer no longer applies."""

    model_config = ConfigDict(extra="forbid")

    reason: CellText


class AnswerRequest(WithdrawRequest):
    """The answers to all open questions of a load: for each question's ``name`` the ``key`` of a choice.

    ``keep``: those that can be kept apply to the table's later files too.
    """

    answers: dict[_Word, _Word] = Field(min_length=1, max_length=MAX_ANSWERS)
    keep: bool = False


class AnsweredView(BaseModel):
    """The answers; the load continues in Airflow. ``kept`` counts the answers that later files follow."""

    load_id: int
    answered: int
    kept: int


class FactView(BaseModel):
    """One fact of a table's contract: its key in the contract file, its value, and who states it.

    ``origin`` is a sentence, such as "declared in contracts/airports.yaml, line 7".
    """

    key: str
    value: str
    layer: Layer | None
    origin: str
    load_id: int | None

    @classmethod
    def of(cls, fact: Fact) -> FactView:
        """A fact with its origin in words."""
        origin = fact.origin
        return cls(
            key=fact.key,
            value=fact.text,
            layer=origin.layer if origin else None,
            origin=str(origin) if origin else "not recorded",
            load_id=origin.load_id if origin else None,
        )
