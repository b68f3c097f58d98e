"""The fault of a rejected line is marked where its reason says it is."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.core.rejectlines import SHOWN, field_spans, rejected_line

HEADER = ("Code", "Net Price", "it's", "", "a, b")


@pytest.mark.parametrize(
    ("reason", "raw", "columns", "marked", "missing"),
    [
        ("expected 5 fields, found 6", "a;b;c;d;e;f", (), ["f"], 0),
        ("expected 5 fields, found 3", "a;b;c", (), [], 2),
        ("expected 5 fields, found 6; without the empty field 2", "a;;c;d;e;f", ("Net Price",), ["", "f"], 0),
        ("the value of column 'Net Price' does not fit INT", "a;x1;c;d;e", ("Net Price",), ["x1"], 0),
        ("column 'net_price' breaks its rule: at least 0", 'a;"-1;0";c;d;e', ("Net Price",), ['"-1;0"'], 0),
        ('column "it\'s" breaks its rule: field 1 of 2', "a;b;c;d;e", ("it's",), ["c"], 0),
        ("the key (Code, net_price) needs a value", "a;b;c;d;e", ("Code", "Net Price"), ["a", "b"], 0),
        ("the value of code is not in countries (code)", "a;b;c;d;e", ("Code",), ["a"], 0),
        ("a NUL byte", "a;b;c;d;e", (), [], 0),
        ("column 'unknown' breaks its rule: x", "a;b", (), [], 0),
    ],
)  # fmt: skip
def test_the_fault_is_marked(reason: str, raw: str, columns: tuple[str, ...], marked: list[str], missing: int) -> None:
    line = rejected_line(7, reason, raw, HEADER, ";", '"')
    assert (line.columns, [part.text for part in line.parts if part.is_fault], line.missing) == (
        columns,
        marked,
        missing,
    )
    assert "".join(part.text for part in line.parts) == raw


def test_a_long_line_is_cut() -> None:
    line = rejected_line(1, "expected 2 fields, found 3", "x" * 9_000 + ";b;c", ("a", "b"), ";", '"')
    assert line.is_cut
    assert sum(len(part.text) for part in line.parts) == SHOWN


FIELD = st.text(alphabet='ab;," \n', max_size=6)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.lists(FIELD, min_size=1, max_size=5), st.sampled_from(",;|"))
def test_the_fields_of_a_sound_line_are_those_of_the_csv_module(fields: list[str], delimiter: str) -> None:
    quoted = ['"' + field.replace('"', '""') + '"' if set(field) & set('"\n,;|') else field for field in fields]
    raw = delimiter.join(quoted)
    spans = field_spans(raw, delimiter, '"')
    assert [raw[start:end] for start, end in spans] == quoted
    if raw:
        assert next(csv.reader([*raw.splitlines(keepends=True)], delimiter=delimiter)) == fields
