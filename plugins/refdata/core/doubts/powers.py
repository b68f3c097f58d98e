"""The question about whole numbers with an exponent. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.contract import Contract, KeptAnswer
from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.rows import LOAD
from refdata.core.doubts.types import Misfit
from refdata.core.errors import be
from refdata.core.questions import MAX_EXAMPLES, REFUSE, Choice, Question


def powers_question(
    table: str, file_name: str, column: str, examples: Sequence[Misfit], texts: Sequence[str]
) -> Question:
    """Asks about whole numbers with an exponent, which a spreadsheet or a program may have rounded.

    :param texts: the different ones, as the file writes them.
    """
    kept = Contract(table=table, answers=(KeptAnswer(QuestionKind.CODES_CHANGED, column, LOAD),))
    effect = "The values are loaded as the whole numbers that they state: 1e+05 as 100000."
    load = Choice(LOAD, "Load them as whole numbers", effect, patch=kept, keepable=True)
    many = "1 different value" if len(texts) == 1 else f"{len(texts):,} different values"
    return Question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{many} of {column} in {file_name} {be(len(texts))} written with an exponent, and may be rounded. Load them?",
        (
            f"{column} has whole numbers without an exponent so far, and {table} does not have all of these.",
            "Spreadsheets show 123456789012 as 1.23E+11, and then save the shorter number.",
        ),
        (load, REFUSE),
        column,
        tuple(f"Line {one.line}: {one.text!r}." for one in examples[:MAX_EXAMPLES]),
    )
