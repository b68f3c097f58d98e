"""The error of a load with questions where no person can be asked: the command line has to answer."""

from __future__ import annotations

from refdata.core.contractterms import QuestionKind
from refdata.core.questions import REFUSE, Choice, Question
from refdata.ingest.asking import QuestionsError

EMPTY = Choice("empty", "Load without it", "It is empty.")


def question(column: str, *choices: Choice) -> Question:
    return Question(
        QuestionKind.COLUMN_MISSING, "t", f"{column} is missing. Load it?", (), (*choices, REFUSE), column=column
    )


def test_the_error_of_one_question_has_the_options_to_copy() -> None:
    error = QuestionsError(7, [question("price", EMPTY)], "a.csv")
    assert str(error) == (
        "price is missing. Load it? [a.csv]. What to do: Load the file again with"
        " --answer column_missing:price=empty (Load without it)"
        " or --answer column_missing:price=refuse (Refuse the file)."
        " Or leave it to refdata_watch: then Airflow asks."
    )


def test_every_question_needs_an_option() -> None:
    error = QuestionsError(7, [question("price"), question("unit"), question("size")], "a.csv")
    assert error.what == "price is missing. Load it? (And 2 more questions.)"
    assert error.advice.count("--answer") == 3


def test_an_answer_with_blanks_is_quoted_for_the_shell() -> None:
    error = QuestionsError(7, [question("price", Choice("renamed_Unit Price", "It is the new name", ""))], "a.csv")
    assert "--answer 'column_missing:price=renamed_Unit Price' (It is the new name)" in error.advice
