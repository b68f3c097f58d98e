"""Questions about values that may mean something else: times without AM or PM, numbers with an exponent. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core.contract import Contract, KeptAnswer
from refdata.core.contractterms import FieldType, QuestionKind
from refdata.core.doubts.rows import LOAD
from refdata.core.doubts.types import Misfit, written
from refdata.core.errors import be
from refdata.core.filemodel import Notation
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


_HOUR = re.compile(r"(?:^|[T ])(\d{1,2}):\d{2}")
_NOON = 12


def tells_24_hours(text: str) -> bool:
    """Whether a time has an hour that a clock with AM and PM does not show.

    >>> [tells_24_hours(text) for text in ("15:45", "00:10", "2024-02-01 23:00:00", "10:00", "2024-02-01 03:30")]
    [True, True, True, False, False]
    """
    match = _HOUR.search(text)
    return match is not None and not 1 <= int(match[1]) <= _NOON


def clock_question(
    table: str, file_name: str, column: str, brought: Notation, kind: FieldType, examples: Sequence[Misfit]
) -> Question:
    """Asks about times without AM or PM in a column whose earlier files had them: 10:00 may be 22:00."""
    load = Choice(
        "read",
        "Read them as 24-hour times",
        f"The times of {column} are loaded as the file has them: 10:00 is in the morning.",
        patch=written(table, column, brought, kind),
        keepable=True,
    )
    return Question(
        QuestionKind.NOTATION_CHANGED,
        table,
        f"The times of {column} in {file_name} have no AM or PM, unlike earlier ones. Read them as 24-hour times?",
        ("No time of the file is after 12:59 or before 1:00, so nothing shows that the clock has 24 hours.",),
        (load, REFUSE),
        column,
        tuple(f"Line {one.line}: {one.text!r}." for one in examples[:MAX_EXAMPLES]),
    )
