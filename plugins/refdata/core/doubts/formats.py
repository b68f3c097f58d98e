"""Questions about files that can be read in several ways. Pure."""

from __future__ import annotations

from refdata.core.contract import Contract, KeptAnswer, TableDialect
from refdata.core.model import Doubt, Reading
from refdata.core.questions import MAX_SUBJECT, REFUSE, Choice, Question, QuestionKind


def format_question(table: str, file_name: str, doubt: Doubt) -> Question:
    """Asks how a file is to be read; its likeliest reading is the first choice.

    >>> doubt = Doubt("The header has 2 names, the rows have 3 fields", "Add the missing name.",
    ...               (Reading("unnamed_last", "The last field has no name", "Names: code, price, (no name)."),))
    >>> format_question("prices", "prices.csv", doubt).choice("unnamed_last").label
    'The last field has no name'
    """
    choices = tuple(_choice(table, reading) for reading in doubt.readings)
    evidence = (f"{doubt.what}.", *doubt.evidence, doubt.advice)
    subject = f"How is {file_name} to be read? {doubt.what}."
    if len(subject) > MAX_SUBJECT:
        subject = f"{subject[: MAX_SUBJECT - 1]}…"
    return Question(QuestionKind.FORMAT_UNSURE, table, subject, evidence, (*choices, REFUSE))


def _choice(table: str, reading: Reading) -> Choice:
    patch = Contract(
        table=table,
        encoding=reading.encoding,
        dialect=TableDialect(delimiter=reading.delimiter, header=reading.has_header),
        answers=(KeptAnswer(QuestionKind.FORMAT_UNSURE, *reading.kept),) if reading.kept else (),
    )
    return Choice(reading.key, reading.label, reading.effect, patch=patch, keepable=True)
