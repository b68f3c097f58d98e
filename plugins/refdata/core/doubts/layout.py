"""The question about a full load that has few of its table's columns: another layout, or another table's file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refdata.core.contract import Contract, FieldContract, KeptAnswer, SourceHeader
from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.columns import likeness
from refdata.core.matching import Rename
from refdata.core.questions import REFUSE, Choice, Question

MOST_LISTED = 8
"""Columns that a sentence names."""


def layout_question(
    table: str,
    file_name: str,
    kept: int,
    missing: Sequence[str],
    new: Mapping[str, str],
    proposed: Sequence[Rename],
    possible: Sequence[Rename] = (),
) -> Question:
    """Asks whether the publisher has changed the table's columns.

    :param kept: columns of the table that the file has.
    :param missing: columns that it lacks.
    :param new: the headers, as written, of the fields that the table does not know, by the names they would get.
    :param proposed: missing columns with fields that are named like them, the most likely first.
    :param possible: the same for fields with other names whose values could be stored in the missing column.
    """
    all_columns = kept + len(missing)
    likely, renamed = _one_to_one(proposed), _one_to_one([*proposed, *possible])
    unlike = [f"{one.source!r} for {column}" for column, one in renamed.items() if column not in likely]
    evidence = [
        f"It has {kept} of the {all_columns} columns of {table}.",
        f"Missing: {_listed(missing)}.",
        f"New: {_listed([header or name for name, header in new.items()])}.",
        *(likeness(one) for one in likely.values()),
        *([f"No name is like it, but the values would fit: {_listed(unlike)}."] if unlike else []),
    ]
    choices = [_same(table, "same", "Its columns have changed", missing, new, {})]
    if renamed:
        others = len(renamed) < max(len(missing), len(new))
        label = "Some columns have new names, the others have changed" if others else "Columns have new names"
        choices.insert(0 if likely else 1, _same(table, "renamed", label, missing, new, renamed))
    subject = f"{file_name} has only {kept} of the {all_columns} columns of {table}. Have its columns changed?"
    return Question(QuestionKind.LAYOUT_CHANGED, table, subject, tuple(evidence), (*choices, REFUSE))


def _one_to_one(proposed: Sequence[Rename]) -> dict[str, Rename]:
    """For each missing column its likeliest new name; a field is the new name of one column only."""
    pairs: dict[str, Rename] = {}
    taken: set[str] = set()
    for one in proposed:
        if one.column not in pairs and one.source and one.source not in taken:
            pairs[one.column] = one
            taken.add(one.source)
    return pairs


def _same(
    table: str,
    key: str,
    label: str,
    missing: Sequence[str],
    new: Mapping[str, str],
    renamed: Mapping[str, Rename],
) -> Choice:
    """The choice that loads the file; it answers in advance what would be asked about each column."""
    empty = [column for column in missing if column not in renamed]
    headers = {one.source for one in renamed.values()}
    added = [name for name, header in new.items() if header not in headers]
    answers = (
        KeptAnswer(QuestionKind.LAYOUT_CHANGED, "", "load"),
        *(KeptAnswer(QuestionKind.COLUMN_MISSING, column, "null") for column in empty),
        *(KeptAnswer(QuestionKind.COLUMN_ADDED, column, "add") for column in added),
    )
    fields = tuple(FieldContract(name=column, headers=(SourceHeader(one.source),)) for column, one in renamed.items())
    effects = (
        *(f"The values of {one.source!r} go into the column {column}." for column, one in renamed.items()),
        f"Empty from now on: {_listed(empty)}." if empty else "",
        f"Added: {_listed(added)}." if added else "",
    )
    effect = " ".join(filter(None, effects))
    return Choice(key, label, effect, patch=Contract(table=table, fields=fields, answers=answers), keepable=True)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return (", ".join(names[:MOST_LISTED]) or "none") + (f" and {more} more" if more > 0 else "")
