"""Questions as a form, and what a person filled in as answers."""

from __future__ import annotations

import pytest

from refdata.core.contractterms import QuestionKind
from refdata.core.questionform import GO_ON, answers_of, form_of
from refdata.core.questions import REFUSE, Choice, Question

ADD = Choice("add", "Add it", "The column is added.", keepable=True)
LOAD = Choice("load", "Load it", "It is loaded.")
NEW = Question(
    QuestionKind.COLUMN_ADDED, "t", "Add *x*?", ("<b>x</b> is new.",), (ADD, REFUSE), "x", ("Such as 'secret'.",)
)
OLD = Question(QuestionKind.OLDER_CONTENT, "t", "Older. Load?", (), (LOAD, REFUSE))


def test_one_question_has_its_answers_as_buttons() -> None:
    form = form_of([NEW])
    assert (form.options, form.default, form.fields, form.keepable) == (
        ("Add it", REFUSE.label),
        REFUSE.label,
        (),
        True,
    )
    assert form_of([OLD]).keepable is False


def test_several_questions_have_a_field_each_and_refuse_unless_somebody_chooses() -> None:
    form = form_of([NEW, OLD])
    assert form.options == (GO_ON, REFUSE.label)
    assert [(field.name, field.choices, field.default) for field in form.fields] == [
        ("question_1", ("Add it", REFUSE.label), REFUSE.label),
        ("question_2", ("Load it", REFUSE.label), REFUSE.label),
    ]
    assert form.subject == "Add *x*? (and 1 more)"


def test_text_of_a_file_is_escaped_and_values_are_shown_on_demand_only() -> None:
    assert r"\<b\>x\</b\> is new" in form_of([NEW]).body
    assert "secret" not in form_of([NEW]).body
    assert "secret" in form_of([NEW], with_examples=True).body


@pytest.mark.parametrize(
    ("questions", "option", "fields", "want"),
    [
        ([NEW], "Add it", {"keep": True}, [("add", True)]),
        ([NEW], REFUSE.label, {"keep": True}, [("refuse", False)]),
        ([OLD], "Load it", {"keep": True}, [("load", False)]),
        ([NEW, OLD], GO_ON, {"question_1": "Add it", "question_2": "Load it"}, [("add", False), ("load", False)]),
        ([NEW, OLD], GO_ON, {"question_1": "Add it"}, [("add", False), ("refuse", False)]),
        ([NEW, OLD], REFUSE.label, {"question_1": "Add it"}, [("refuse", False), ("refuse", False)]),
    ],
)
def test_the_filled_form_answers_each_question(
    questions: list[Question], option: str, fields: dict[str, object], want: list[tuple[str, bool]]
) -> None:
    given = answers_of(questions, option, fields, "ann", "agreed")
    assert [(one.choice, one.kept) for one in given] == want
    assert [one.fingerprint for one in given] == [question.fingerprint for question in questions]
