"""Questions about columns that are gone, new, or named in a way that fits several columns. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from refdata.core.columnmatch import Undecided
from refdata.core.contract import Contract, FieldContract, KeptAnswer, SourceHeader
from refdata.core.contractterms import QuestionKind
from refdata.core.matching import Rename
from refdata.core.questions import REFUSE, Choice, Question

MOST_OFFERED = 5
"""Maximum number of new columns that are offered as the new name of a missing one that none is named like."""


def _shown(header: str, *, first: bool = False) -> str:
    """A header within a sentence, or as its first word."""
    return repr(header) if header else f"{'An' if first else 'an'} unnamed column"


def _likeness(share: float) -> str:
    return "very similar to" if share >= 0.85 else "somewhat similar to" if share >= 0.5 else "not similar to"


def likeness(rename: Rename) -> str:
    """The sentence that says why it may be a rename."""
    return f"The name of the new column {_shown(rename.source)} is {_likeness(rename.likeness)} {rename.column}."


def renamings(missing: Sequence[str], new: Mapping[str, str], by_name: Sequence[Rename]) -> tuple[Rename, ...]:
    """The renames among the missing columns and the new fields, whose ``source`` is then the header as written.

    :param new: the headers, as written, of the fields that the table does not know, by the names they would get.
    :param by_name: the renames suggested by names.
    """
    renames = [replace(one, source=new[one.source]) for one in by_name if one.source in new and one.column in missing]
    return tuple(sorted(renames, key=lambda one: (-one.likeness, one.column, one.source)))


def missing_question(
    table: str, file_name: str, column: str, proposed: Sequence[Rename], rows: int, others: Sequence[str] = ()
) -> Question:
    """Asks about a column that the file lacks: renamed, gone, or a mistake in the file.

    :param proposed: the fields that are probably its new name.
    :param rows: rows of the file, in which the column would be empty.
    :param others: headers of new fields that are not named like it but could be it, the likeliest first; offered where
        no field is probably its new name.
    """
    own = [one for one in proposed if one.column == column]
    possible = () if own else tuple(others[:MOST_OFFERED])
    renamed = tuple(_renamed(table, column, header) for header in (*(one.source for one in own[:3]), *possible))
    kept = Contract(table=table, answers=(KeptAnswer(QuestionKind.COLUMN_MISSING, column, "null"),))
    effect = f"{column} is empty in the {rows:,} rows of this file; the column stays in the table."
    empty = Choice("empty", f"Load without {column}", effect, patch=kept, keepable=True)
    kind = QuestionKind.COLUMN_RENAMED if own else QuestionKind.COLUMN_MISSING
    evidence = (f"The table has a column {column}, and {file_name} does not.", *map(likeness, own[:3]))
    if possible:
        evidence += (f"The file has new columns, and none has a name like {column}: {_listed(others)}.",)
    subject = f"{column} is missing from {file_name}{_doubt(own, possible)}"
    return Question(kind, table, subject, evidence, (*renamed, empty, REFUSE), column=column)


def _doubt(own: Sequence[Rename], possible: Sequence[str]) -> str:
    if own:
        return f", and {_shown(own[0].source)} is new. Was it renamed?"
    return ". Load it without, or does it have a new name?" if possible else ". Load it without?"


def _listed(headers: Sequence[str]) -> str:
    more = len(headers) - MOST_OFFERED
    return ", ".join(map(repr, headers[:MOST_OFFERED])) + (f" and {more} more" if more > 0 else "")


def _renamed(table: str, column: str, header: str) -> Choice:
    patch = FieldContract(name=column, headers=(SourceHeader(header),))
    return Choice(
        f"renamed_{header or 'unnamed'}",
        f"{_shown(header, first=True)} is the new name",
        f"The values of {_shown(header)} go into the column {column}.",
        patch=Contract(table=table, fields=(patch,)),
        keepable=True,
    )


def undecided_question(table: str, file_name: str, one: Undecided) -> Question:
    """Asks which column is meant by a header that matches several."""
    choices = tuple(_meant(table, one.header, column) for column in one.columns)
    return Question(
        QuestionKind.COLUMN_RENAMED,
        table,
        f"To which column of {table} does {one.header!r} in {file_name} belong?",
        (f"The header {one.header!r} matches {' and '.join(one.columns)}; in earlier files their headers differed.",),
        (*choices, REFUSE),
        column=one.columns[0],
    )


def _meant(table: str, header: str, column: str) -> Choice:
    patch = Contract(table=table, fields=(FieldContract(name=column, headers=(SourceHeader(header),)),))
    effect = f"The values of {header!r} go into the column {column}."
    return Choice(f"is_{column}", f"It is {column}", effect, patch=patch, keepable=True)


def new_column_question(table: str, file_name: str, column: str, header: str) -> Question:
    """Asks whether to add a column that the table does not know (policy ``on_new_column: hold``)."""
    kept = Contract(table=table, answers=(KeptAnswer(QuestionKind.COLUMN_ADDED, column, "add"),))
    effect = f"{table} gets the column {column}; it is empty in the rows of earlier files."
    add = Choice("add", f"Add {column}", effect, patch=kept, keepable=True)
    evidence = (f"No earlier file of {table} had a column {header!r}.",)
    subject = f"{file_name} has the new column {header!r}. Add it to {table}?"
    return Question(QuestionKind.COLUMN_ADDED, table, subject, evidence, (add, REFUSE), column=column)
