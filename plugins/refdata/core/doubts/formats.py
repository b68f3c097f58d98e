"""Questions about files that can be read in several ways. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.contract import Contract, KeptAnswer, TableDialect
from refdata.core.contractterms import QuestionKind
from refdata.core.filemodel import Doubt, Reading, RejectedRow, Scan
from refdata.core.questions import MAX_SUBJECT, REFUSE, Choice, Question
from refdata.core.statedformat import DAMAGED_ROWS, PLACE


def format_question(table: str, file_name: str, doubt: Doubt) -> Question:
    """Asks how a file is to be read; its likeliest reading is the first choice.

    >>> doubt = Doubt("The header has 2 names, the rows have 3 fields", "Add the missing name.",
    ...               (Reading("unnamed_last", "The last field has no name", "Names: code, price, (no name)."),))
    >>> format_question("prices", "prices.csv", doubt).choice("unnamed_last").label
    'The last field has no name'
    """
    choices = tuple(_choice(table, reading) for reading in doubt.readings)
    evidence = (f"{doubt.what}.", *doubt.evidence, doubt.advice)
    subject = f"How should {file_name} be read? {doubt.what}."
    if len(subject) > MAX_SUBJECT:
        subject = f"{subject[: MAX_SUBJECT - 1]}…"
    return Question(QuestionKind.FORMAT_UNSURE, table, subject, evidence, (*choices, REFUSE))


def damage_doubt(scanned: Scan, allowed: int, examples: Sequence[RejectedRow]) -> Doubt | None:
    """The doubt about damaged rows that fit with one change each; None if the load can do without them, or not at all.

    :param allowed: how many rows may be rejected.
    :param examples: the first of those rows; only their lines and reasons are named.
    """
    if scanned.rejected <= allowed or scanned.rejected - scanned.fitting > allowed:
        return None
    rows = f"{scanned.fitting:,} of {scanned.rows + scanned.rejected:,} rows"
    one = scanned.fitting == 1
    place = Reading(
        "place",
        "Read them with the change",
        f"{rows} {'is' if one else 'are'} read with the change that makes {'it' if one else 'each of them'} fit; the"
        " warnings name the lines.",
        kept=(DAMAGED_ROWS, PLACE),
    )
    return Doubt(
        f"{rows} {'is damaged and fits' if one else 'are damaged, and each fits'} with one change",
        "Or correct those lines: the .rejects.csv beside the file lists them.",
        (place,),
        tuple(f"Line {row.line}: {row.reason}." for row in examples),
    )


def _choice(table: str, reading: Reading) -> Choice:
    patch = Contract(
        table=table,
        encoding=reading.encoding,
        dialect=TableDialect(delimiter=reading.delimiter, header=reading.has_header),
        answers=(KeptAnswer(QuestionKind.FORMAT_UNSURE, *reading.kept),) if reading.kept else (),
    )
    return Choice(reading.key, reading.label, reading.effect, patch=patch, keepable=True)
