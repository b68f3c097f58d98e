"""Which columns the fields of a file without a header belong to; generated tables, fixed seeds."""

from __future__ import annotations

import random

import pytest

from refdata.core.doubts.positions import position_question
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column
from refdata.core.sqltypes import DATE, INT, SqlType, decimal, text
from refdata.core.statedformat import StatedFormat, stated_format

TYPES = (INT, DATE, decimal(9, 2), text(10), text(50))


def fields_of(types: list[SqlType]) -> list[ScannedColumn]:
    return [ScannedColumn(f"column_{at}", f"column_{at}", kind) for at, kind in enumerate(types, 1)]


def columns_of(types: list[SqlType]) -> list[Column]:
    return [Column(f"column_{at}", kind) for at, kind in enumerate(types, 1)]


@pytest.mark.parametrize("seed", range(200))
def test_types_rank_the_place_of_a_new_field(seed: int) -> None:
    rng = random.Random(seed)
    before = [rng.choice(TYPES) for _ in range(rng.randint(2, 9))]
    at, new = rng.randint(0, len(before)), rng.choice(TYPES)
    after = [*before[:at], new, *before[at:]]
    question = position_question("t", "t.csv", fields_of(after), columns_of(before))
    assert question is not None
    assert f"{len(after)} fields and no header, t has {len(before)} columns" in question.subject
    best = question.choices[0]
    number = int(best.key.removeprefix("new_"))
    assert after[: number - 1] + after[number:] == before  # a place that leaves each other field its type
    assert best.patch is not None
    headers = {column.name: column.headers[0].text for column in best.patch.fields}
    assert headers[f"column_{len(before) + 1}"] == f"column_{number}"
    assert len(headers) == len(after)


@pytest.mark.parametrize("seed", range(200))
def test_types_rank_the_column_that_is_missing(seed: int) -> None:
    rng = random.Random(seed)
    before = [rng.choice(TYPES) for _ in range(rng.randint(3, 9))]
    at = rng.randrange(len(before))
    after = [*before[:at], *before[at + 1 :]]
    question = position_question("t", "t.csv", fields_of(after), columns_of(before))
    assert question is not None
    number = int(question.choices[0].key.removeprefix("without_column_"))
    assert before[: number - 1] + before[number:] == after
    patch = question.choices[0].patch
    assert patch is not None
    assert patch.answer("column_missing", f"column_{number}") is not None
    assert stated_format(patch) == StatedFormat(table=patch.table)


def test_file_whose_types_fit_nowhere_is_not_asked_about() -> None:
    assert position_question("t", "t.csv", fields_of([DATE, DATE]), columns_of([INT, INT, INT])) is None


def test_many_columns_are_compared_in_time() -> None:
    types: list[SqlType] = [INT, text(10)] * 60
    question = position_question("t", "t.csv", fields_of([*types, DATE, DATE, DATE]), columns_of(types))
    assert question is not None
    assert question.choices[0].key == "new_121_122_123"
