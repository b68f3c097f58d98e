"""The findings of the watch on passing rows, compared with those found value by value."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.codes import NUMBER, digits_of, letter_case
from refdata.core.lookalikes import alike
from refdata.csvformat import rowwatch
from refdata.csvformat.rowwatch import CodeWatch, KeyWatch, RowWatch

CELLS = st.one_of(
    st.none(),
    st.from_regex(r"0{0,3}[0-9]{1,4}(\.0|\.5)?", fullmatch=True),
    st.sampled_from(["2-Mar", "Mar-02", "02. Mrz", "1.23E+15", "1.5E+3", "DE", "de", "DE ", " De", "D\u200be", "éa"]),
    st.sampled_from(["", "E", "e\u0301a", "D\u0415", "ß", "SS", "D  E", "D E"]),
    st.text("aB0 .1", max_size=6),
)
BATCHES = st.lists(st.lists(CELLS, max_size=12), min_size=1, max_size=4)


def batches(parts: list[list[str | None]]) -> list[pa.RecordBatch]:
    whole = pa.array([value for part in parts for value in part], pa.string())
    record, found, start = pa.record_batch({"n": whole, "v": whole}), [], 0
    for part in parts:
        found.append(record.slice(start, len(part)))
        start += len(part)
    return found


@given(BATCHES, st.one_of(st.none(), st.integers(1, 5)))
def test_numbers_and_damage_are_those_found_value_by_value(parts: list[list[str | None]], length: int | None) -> None:
    watch = CodeWatch("v", 1, length)
    passed = list(RowWatch((watch,)).watched(batches(parts)))
    assert [batch.num_rows for batch in passed] == [len(part) for part in parts]
    values = [value for part in parts for value in part if value]
    numbers = [value for value in values if re.fullmatch(NUMBER.strip("^$"), value)]
    if length is None:
        assert watch.has_numbers is bool(numbers)
    else:
        assert set(watch.short) == {value for value in numbers if len(digits_of(value)) < length}
    damage = {"2-Mar", "Mar-02", "02. Mrz", "1.23E+15"}
    assert set(watch.damaged) == damage & set(values)
    assert watch.damaged_rows == sum(value in damage for value in values)


@given(BATCHES)
def test_repeats_are_those_found_value_by_value(parts: list[list[str | None]]) -> None:
    watch = KeyWatch("v", 1)
    for batch in batches(parts):
        watch.add(batch)
    values = [value for part in parts for value in part if value is not None]
    found = watch.repeats()
    assert found.exact == len(values) - len(set(values))
    assert found.count == len(values) - len({alike(value) for value in values})
    assert all(number > 1 for _, number in found.examples)
    assert bool(found.examples) is bool(found.count)


@given(BATCHES, st.sets(st.sampled_from(["upper", "lower", "mixed", "blank"])))
def test_values_written_in_another_way_are_found(parts: list[list[str | None]], cases: set[str]) -> None:
    watch = KeyWatch("v", 1)
    for batch in batches(parts):
        watch.add(batch)
    values = {value for part in parts for value in part if value is not None}
    assert set(watch.unlike(cases)) == {value for value in values if letter_case(value) not in {*cases, "none"}}
    assert set(watch.missing(("DE", "xyz"))) == {"DE", "xyz"} - values


def test_too_many_keys_are_left_to_the_database(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(rowwatch, "MOST_KEYS", 3)
    watch = KeyWatch("v", 1)
    for batch in batches([["a", "b"], ["c", "d"], ["e"]]):
        watch.add(batch)
    assert (watch.is_complete, watch.chunks) == (False, [])


@given(st.lists(st.text("aZß09 -'éÉöÖøØÿÞ\u00d7\u00f7µ\u0301Ａ", max_size=6), min_size=2, max_size=12))
def test_western_letters_are_compared_as_all_others(values: list[str]) -> None:
    watch = KeyWatch("v", 0)
    watch.add(pa.record_batch({"v": pa.array(values, pa.string())}))
    assert watch.repeats().count == len(values) - len({alike(value) for value in values})
