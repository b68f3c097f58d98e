"""Questions about values of another type or notation than their column's."""

from __future__ import annotations

import pytest

from refdata.core.doubts.types import Misfit, Misfits, notation_question, type_question
from refdata.core.filemodel import Notation
from refdata.core.sqltypes import SqlType, TypeKind

DATE, INT = SqlType(TypeKind.DATE), SqlType(TypeKind.INT)


@pytest.mark.parametrize(
    ("count", "brought", "text", "subject"),
    [
        (1, None, "tbd", "1 of 3 values of due in fees.csv is not of type DATE. What should happen to it?"),
        (2, None, "tbd", "2 of 3 values of due in fees.csv are not of type DATE. What should happen to them?"),
        (
            1,
            INT,
            "45292",
            "1 of 3 values of due in fees.csv is a day number of a spreadsheet, not of type DATE."
            " What should happen to it?",
        ),
        (
            3,
            INT,
            "45292",
            "3 of 3 values of due in fees.csv are day numbers of a spreadsheet, not of type DATE."
            " What should happen to them?",
        ),
    ],
)
def test_values_of_another_type_are_asked_about_in_a_sentence(
    count: int, brought: SqlType | None, text: str, subject: str
) -> None:
    found = Misfits("due", DATE, count, 3, (Misfit(2, text),), brought)
    question = type_question("fees", "fees.csv", found)
    assert question.subject == subject
    assert question.examples[0].startswith(f"Line 2: {text!r}")
    assert [choice.key for choice in question.choices] == ["reject", "text", "refuse"]


def test_another_order_of_dates_is_asked_about_with_both_orders() -> None:
    question = notation_question("fees", "fees.csv", "due", Notation(date_order="dmy"), Notation(date_order="mdy"))
    assert question.subject == (
        "The dates of due in fees.csv are month first, those of earlier files day first. Read them month first?"
    )
