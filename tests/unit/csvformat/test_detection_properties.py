"""Whatever the bytes: detection answers or refuses, and reads back what a plain writer wrote."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.core.errors import FormatError
from refdata.csvformat import detect
from refdata.csvformat.dialects import Dialect, rows_of

MARKS = [b",", b";", b"|", b"\t", b'"', b"'", b"\\", b"\n", b"\r\n", b"\r", b"\0", b"#", b" ", b"\xe9", b"\xc3\xa9"]
WORDS = [b"\xff\xfe", b"1", b"2.5", b"name", b"Total", b"sep=;", b"2024-01-31"]
PIECES = st.sampled_from(MARKS + WORDS)
BYTES = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=120).map(b"".join))

CODES = st.text("ABCDEFGH0123456789", min_size=2, max_size=6)
NUMBERS = st.integers(-999, 99999).map(str) | st.decimals(-999, 999, places=2).map(str)
DATES = st.dates().map(str)
NOTES = st.lists(
    st.sampled_from(["north", "pier, east", "a; b", "x|y", 'the "old" one', "two\nlines"]), min_size=1, max_size=3
)


def detected(content: bytes, **options: float) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        return detect(path, **options)  # type: ignore[arg-type]


@given(BYTES)
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_answered_or_refused(content: bytes) -> None:
    try:
        found = detected(content, min_confidence=0.0)
    except FormatError as error:
        assert error.advice
        return
    json.dumps(dataclasses.asdict(found))  # type: ignore[call-overload]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    rows = draw(st.integers(4, 12))
    columns = [CODES, NUMBERS, DATES, NOTES.map(" ".join)]
    return [["code", "amount", "valid_from", "note"]] + [[draw(column) for column in columns] for _ in range(rows)]


@given(
    tables(),
    st.sampled_from(",;|\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=100, deadline=None)
def test_output_of_the_csv_module_is_read_back(
    table: list[list[str]], delimiter: str, ending: str, encoding: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ending).writerows(table)
    found = detected(text.getvalue().encode(encoding))
    assert (found.delimiter, found.has_header, found.header) == (delimiter, True, tuple(table[0]))  # type: ignore[attr-defined]
    rows = rows_of(text.getvalue(), Dialect(found.delimiter, found.quote, found.escape))  # type: ignore[attr-defined]
    assert [row.cells for row in rows] == table
