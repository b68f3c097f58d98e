"""Values as T-SQL literals: bound one by one, and a column at a time, by the same rules."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import DataError
from refdata.warehouse.tsql.literals import literal, numbered
from refdata.warehouse.tsql.rowliterals import literals, row_literals

VALUES: list[tuple[object, str]] = [
    (None, "NULL"),
    ("it's", "N'it''s'"),
    (True, "1"),
    (False, "0"),
    (-7, "-7"),
    (0.1, "0.1e0"),
    (1e300, "1e+300"),
    (Decimal("1E+3"), "1000"),
    (date(2024, 2, 29), "N'2024-02-29'"),
    (time(1, 2, 3), "N'01:02:03'"),
    (datetime(2024, 2, 29, 1, 2, 3), "N'2024-02-29T01:02:03'"),  # noqa: DTZ001  the tables' times are naive
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=[repr(case[0]) for case in VALUES])
def test_a_value_is_written_as(value: object, expected: str) -> None:
    assert literal(value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_float_cannot_store_is_refused(value: float) -> None:
    with pytest.raises(DataError, match="cannot store"):
        literal(value)


def test_a_value_of_another_type_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="bytes"):
        literal(b"x")


NUMBERED = [
    # statement, placeholders, the statement that is sent
    ("SELECT ?", 1, "SELECT @P1"),
    ("SELECT '?', [?], \"?\" -- ?\n, ? /* ? */, ?", 2, "SELECT '?', [?], \"?\" -- ?\n, @P1 /* ? */, @P2"),
    ("SELECT '?'", 0, "SELECT '?'"),
    ("SELECT 'it''s ?', ?", 1, "SELECT 'it''s ?', @P1"),
]


@pytest.mark.parametrize(("sql", "count", "sent"), NUMBERED, ids=[case[0] for case in NUMBERED])
def test_marks_stand_for_values_only_where_sql_reads_them(sql: str, count: int, sent: str) -> None:
    assert numbered(sql, count) == sent


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_values_as_marks(count: int) -> None:
    with pytest.raises(ValueError, match="2 parameters"):
        numbered("SELECT ?, ?", count)


@pytest.mark.parametrize("text", ["a\x00b", "a\\\nb", "a\\\r\nb", "a\\\r\n\x00'"])
def test_text_that_a_plain_literal_would_change_is_put_together_by_the_server(text: str) -> None:
    made = literal(text)
    assert made.startswith("REPLACE(")
    assert "COLLATE Latin1_General_BIN2" in made
    assert "\x00" not in made
    assert "\\\n" not in made
    assert "\\\r" not in made
    assert ("NCHAR(0)" in made) == ("\x00" in text)
    assert ("NCHAR(13)" in made) == ("\\\r" in text)
    assert sqlglot.parse_one(f"SELECT {made}", read="tsql")


@given(st.text())
def test_no_text_leaves_its_literal(text: str) -> None:
    parsed = sqlglot.parse_one("SELECT " + literal(text).replace("N'", "'"), read="tsql")
    assert len(parsed.expressions) == 1


COLUMNS: list[tuple[pa.Array, list[str]]] = [
    (pa.array(["a", "ä", "it's", None]), ["'a'", "N'ä'", "'it''s'", "NULL"]),
    (pa.array(["a", "b\x00"]), ["N'a'", literal("b\x00")]),
    (pa.array(["x"], pa.large_string()), ["'x'"]),
    (pa.array([True, None]), ["1", "NULL"]),
    (pa.array([1, -2, None]), ["1", "-2", "NULL"]),
    (pa.array([0.5, None]), ["0.5e0", "NULL"]),
    (pa.array([Decimal("1.50"), None]), ["1.50", "NULL"]),
    (pa.array([date(2024, 2, 29), None]), ["'2024-02-29'", "NULL"]),
    (pa.array([time(1, 2, 3, 450000)]), ["'01:02:03.450000'"]),
    (pa.array([1], pa.timestamp("ns")), ["'1970-01-01 00:00:00.0000000'"]),
    (pa.array([None], pa.null()), ["NULL"]),
]


@pytest.mark.parametrize(("column", "expected"), COLUMNS, ids=[str(case[0].type) for case in COLUMNS])
def test_a_column_is_written_as(column: pa.Array, expected: list[str]) -> None:
    assert literals(column).to_pylist() == expected


def test_a_row_is_a_list_of_its_values() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1, None]), pa.array(["a", "b"])], names=["n", "t"])
    assert row_literals(batch) == ["(1, 'a')", "(NULL, 'b')"]
