"""Questions name what was seen and what each answer does; an answer fits one question only."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from refdata.core.contract import Contract
from refdata.core.contractterms import OnMissingColumn, QuestionKind
from refdata.core.questions import (
    REFUSE,
    Choice,
    Given,
    Outcome,
    Question,
    question_document,
    read_question,
    unanswered,
)

KEEP = Choice(
    "empty",
    "Load without it",
    "price becomes empty in every row.",
    patch=Contract(table="products", on_missing_column=OnMissingColumn.NULL),
)


def question(**changes: Any) -> Question:
    base = Question(
        QuestionKind.COLUMN_MISSING, "products", "The column price is missing. Load?", ("3 of 4.",), (KEEP, REFUSE)
    )
    return dataclasses.replace(base, **changes)


@pytest.mark.parametrize("choices", [(KEEP,), (REFUSE, REFUSE), (KEEP, KEEP, REFUSE)])
def test_a_question_without_a_refusal_or_with_equal_keys_is_a_fault(choices: tuple[Choice, ...]) -> None:
    with pytest.raises(ValueError, match="distinct keys and a refusal"):
        question(choices=choices)


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": ("2 of 4.",)},
        {"column": "price"},
        {"table": "parts"},
        {"kind": QuestionKind.COLUMN_ADDED},
        {"choices": (dataclasses.replace(KEEP, patch=None), REFUSE)},
        {"choices": (dataclasses.replace(KEEP, outcome=Outcome.ROUTE, table="parts"), REFUSE)},
    ],
)
def test_an_answer_does_not_fit_another_question(changes: dict[str, Any]) -> None:
    given = (Given(question().fingerprint, "empty", "ann", "as agreed"),)
    other = question(**changes)
    assert unanswered((question(), other), given) == (other,)


def test_another_wording_of_the_subject_is_the_same_question() -> None:
    assert question(subject="Load without price?").fingerprint == question().fingerprint


def test_a_question_comes_back_from_json() -> None:
    stored = json.loads(json.dumps(question_document(question(column="price"))))
    assert read_question(stored) == question(column="price")
    assert read_question(stored).fingerprint == question(column="price").fingerprint
