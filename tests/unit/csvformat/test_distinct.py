"""What the passing values of keys prove, compared with what is found row by row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.csvformat import distinct
from refdata.csvformat.distinct import KeyValues

TEXTS = st.one_of(st.none(), st.text("aB0 ", max_size=2), st.sampled_from(["a long key of many letters", "a long one"]))
CELLS = st.one_of(st.none(), st.integers(-3, 3))
ROWS = st.lists(st.lists(st.tuples(TEXTS, CELLS), max_size=4), min_size=1, max_size=3)
KEYS = {("t",): (0,), ("n",): (1,), ("t", "n"): (0, 1)}


@given(ROWS)
def test_keys_are_proven_exactly_where_none_is_empty_and_none_repeats(parts: list[list[tuple[object, object]]]) -> None:
    keys = KeyValues(dict(KEYS))
    for part in parts:
        texts, numbers = pa.array([row[0] for row in part], pa.string()), pa.array([row[1] for row in part], pa.int32())
        keys.add(pa.record_batch({"t": texts, "n": numbers}))
    rows, proven = [row for part in parts for row in part], keys.proven()
    for key, places in KEYS.items():
        values = [tuple(row[place] for place in places) for row in rows]
        given_ones = [value for value in values if None not in value]
        assert (key in proven.complete) is (len(given_ones) == len(values))
        assert (key in proven.distinct) is (len(set(given_ones)) == len(given_ones))


@pytest.mark.parametrize(
    "values",
    [[date(2024, 1, 2), date(2024, 1, 1)], [Decimal("1.10"), Decimal("1.01")], [True, False], ["é" * 40, "e" * 40]],
)
def test_distinct_values_of_other_types_are_proven(values: list[object]) -> None:
    keys = KeyValues({("k",): (0,)})
    keys.add(pa.record_batch({"k": pa.array(values)}))
    assert keys.proven().distinct == {("k",)}


def test_doubles_are_left_to_the_database() -> None:
    """Their two zeros are equal there."""
    keys = KeyValues({("k",): (0,)})
    keys.add(pa.record_batch({"k": pa.array([0.0, -0.0])}))
    assert not keys.proven().distinct


@pytest.mark.parametrize("limit", ["MOST_KEYS", "MOST_KEY_BYTES"])
def test_more_keys_than_fit_into_memory_are_left_to_the_database(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(distinct, limit, 3)
    keys = KeyValues({("k",): (0,)})
    for start in (0, 2):
        keys.add(pa.record_batch({"k": pa.array([start, start + 1])}))
    proven = keys.proven()
    assert proven.complete == {("k",)}
    assert not proven.distinct
