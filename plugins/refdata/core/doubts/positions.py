"""Questions about files without a header that have more or fewer fields than their table's earlier files. Pure.

Without names only the types show which field belongs to which column. They rank the ways to place the fields, and a
person decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from refdata.core.contract import Contract, FieldContract, KeptAnswer, SourceHeader
from refdata.core.contractterms import QuestionKind
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column
from refdata.core.naming import fold_name
from refdata.core.questions import MAX_SUBJECT, REFUSE, Choice, Question
from refdata.core.sqltypes import SqlType, TypeKind, covers

OFFERED = 3
"""Ways to place the fields that a question offers, the best fit first."""

MOST_TRIED = 5000
"""Ways that are compared; where there are more, only fields or columns next to each other may be left over."""


@dataclass(frozen=True, slots=True)
class _FieldPlaces:
    """The column of each field, None for a new one; ``score`` is how well the types fit, 0 to 1."""

    columns: tuple[str | None, ...]
    missing: tuple[str, ...]
    fitting: int
    score: float

    @property
    def new(self) -> tuple[int, ...]:
        """The numbers, from 1, of the fields that no column has."""
        return tuple(number for number, column in enumerate(self.columns, 1) if column is None)


def fields_answer(fields: int) -> str:
    """The subject of a kept answer that assigns the fields of a file without a header to columns."""
    return f"{fields}_fields"


def position_question(
    table: str, file_name: str, fields: Sequence[ScannedColumn], columns: Sequence[Column]
) -> Question | None:
    """Asks which columns the fields of a file without a header belong to.

    None where no way fits half of the types: then the file is not of this table.

    :param columns: the table's columns in the order in which its latest file had them.
    """
    placings = sorted(_placings(fields, columns), key=lambda one: -one.score)[:OFFERED]
    pairs = min(len(fields), len(columns))
    if not pairs or max(one.fitting for one in placings) * 2 < pairs:
        return None
    subject = (
        f"{file_name} has {_count(len(fields), 'field')} and no header, {table} has {_count(len(columns), 'column')}."
        " Which field belongs to which column?"
    )
    evidence = tuple(
        f"{_label(one)}: {one.fitting} of {_count(pairs, 'field')} fit the types of their columns." for one in placings
    )
    choices = tuple(_choice(table, one, len(fields), columns) for one in placings)
    return Question(QuestionKind.FORMAT_UNSURE, table, subject[:MAX_SUBJECT], evidence, (*choices, REFUSE))


def _placings(fields: Sequence[ScannedColumn], columns: Sequence[Column]) -> Iterator[_FieldPlaces]:
    """All ways to pair fields and columns in their order; of those that fit alike, what is left over comes last."""
    more, fewer = max(len(fields), len(columns)), min(len(fields), len(columns))
    for gaps in _gaps(more, more - fewer):
        rest = [at for at in range(more) if at not in gaps]
        pairs = list(zip(rest, range(fewer), strict=True))
        if len(fields) < len(columns):
            pairs = [(field, column) for column, field in pairs]
        yield _placed(dict(pairs), fields, columns)


def _gaps(width: int, count: int) -> Iterator[tuple[int, ...]]:
    if math.comb(width, count) <= MOST_TRIED:
        yield from sorted(combinations(range(width), count), reverse=True)
    else:
        yield from (tuple(range(start, start + count)) for start in range(width - count, -1, -1))


def _placed(pairs: dict[int, int], fields: Sequence[ScannedColumn], columns: Sequence[Column]) -> _FieldPlaces:
    fits = [_fit(fields[field].type, columns[column].type) for field, column in pairs.items()]
    taken = set(pairs.values())
    return _FieldPlaces(
        tuple(columns[pairs[at]].name if at in pairs else None for at in range(len(fields))),
        tuple(column.name for at, column in enumerate(columns) if at not in taken),
        sum(fit >= 0.5 for fit in fits),
        sum(fits) / (len(fits) or 1),
    )


def _fit(brought: SqlType | None, live: SqlType) -> float:
    """How well the values of a field fit a column, 0 to 1; numbers in a column of text hardly do."""
    if brought is None:
        return 0.5
    if brought == live:
        return 1.0
    if brought.kind is live.kind:
        return 0.9
    return 0.7 if live.kind is not TypeKind.NVARCHAR and covers(live, brought) else 0.1


def _choice(table: str, placing: _FieldPlaces, count: int, columns: Sequence[Column]) -> Choice:
    names = _names(placing, columns)
    headers = tuple(
        FieldContract(name=name, headers=(SourceHeader(f"column_{number}"),)) for number, name in enumerate(names, 1)
    )
    key = _key(placing)
    answers = (
        KeptAnswer(QuestionKind.FORMAT_UNSURE, fields_answer(count), key),
        *(KeptAnswer(QuestionKind.COLUMN_MISSING, column, "null") for column in placing.missing),
    )
    patch = Contract(table=table, fields=headers, answers=answers)
    return Choice(key, _label(placing), _effect(placing, names), patch=patch, keepable=True)


def _names(placing: _FieldPlaces, columns: Sequence[Column]) -> list[str]:
    """The column of each field; a new one gets the first number that no column of the table has."""
    taken = {fold_name(column.name) for column in columns}
    names: list[str] = []
    for number, column in enumerate(placing.columns, 1):
        name = column or next(
            name for at in (number, *range(len(columns) + 1, 10_000)) if (name := f"column_{at}") not in taken
        )
        taken.add(fold_name(name))
        names.append(name)
    return names


def _key(placing: _FieldPlaces) -> str:
    if placing.new:
        return f"new_{'_'.join(map(str, placing.new))}"
    return f"without_{'_'.join(placing.missing)}" if placing.missing else "in_order"


def _label(placing: _FieldPlaces) -> str:
    if placing.new:
        numbers = ", ".join(map(str, placing.new))
        return f"Field {numbers} is new" if len(placing.new) == 1 else f"Fields {numbers} are new"
    if placing.missing:
        return f"{', '.join(placing.missing)} {'is' if len(placing.missing) == 1 else 'are'} missing"
    return "The fields are in the order of the columns"


def _effect(placing: _FieldPlaces, names: Sequence[str]) -> str:
    new = [f"field {number} goes into the new column {names[number - 1]}" for number in placing.new]
    moved = [
        f"field {number} into {column}"
        for number, column in enumerate(placing.columns, 1)
        if column and column != f"column_{number}"
    ]
    parts = [*new, *moved[:3], *([f"{len(moved) - 3} more likewise"] if len(moved) > 3 else [])]
    empty = f" {', '.join(placing.missing)} becomes empty." if placing.missing else ""
    shown = ", ".join(parts) or "each field goes into the column of its number"
    return f"{shown[:1].upper()}{shown[1:]}.{empty}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
