"""Questions about files with several readings, and the effect of each answer on the contract."""

from __future__ import annotations

from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.formats import format_question
from refdata.core.filemodel import Doubt, Reading
from refdata.core.questions import MAX_SUBJECT, Outcome
from refdata.core.statedformat import stated_format

READINGS = (
    Reading("comma", "Comma", "It is read by commas.", delimiter=","),
    Reading("no_header", "A row", "Line 1 is a row.", has_header=False),
    Reading("unnamed_last", "Last", "The last field has no name.", kept=("header_names", "unnamed_last")),
)


def test_each_reading_is_a_choice_that_states_it() -> None:
    question = format_question("t", "t.csv", Doubt("Two ways", "Do it.", READINGS, ("Evidence.",)))
    assert question.kind is QuestionKind.FORMAT_UNSURE
    assert question.evidence == ("Two ways.", "Evidence.", "Do it.")
    *choices, refuse = question.choices
    assert refuse.outcome is Outcome.REFUSE
    stated = [stated_format(choice.patch) for choice in choices if choice.patch]
    assert [(one.delimiter, one.has_header, one.header_names) for one in stated] == [
        (",", None, ""), (None, False, ""), (None, None, "unnamed_last"),
    ]  # fmt: skip
    assert all(choice.keepable for choice in choices)


def test_long_subject_is_cut() -> None:
    assert len(format_question("t", "t.csv", Doubt("x" * 500, "", READINGS)).subject) == MAX_SUBJECT
