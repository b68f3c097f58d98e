"""Column types: what one must become to keep the values of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.sqltypes import (
    BIGINT,
    BIT,
    DATE,
    DATETIME2,
    FLOAT,
    INT,
    MAX_DECIMAL_PRECISION,
    MAX_NVARCHAR,
    TEXT_BUCKETS,
    TIME,
    SqlType,
    TypeKind,
    covers,
    decimal,
    text,
    text_width,
    widen,
)

MAX = SqlType(TypeKind.NVARCHAR)
PLAIN = (BIT, INT, BIGINT, FLOAT, DATE, TIME, DATETIME2, MAX)


def nvarchar(length: int) -> SqlType:
    return SqlType(TypeKind.NVARCHAR, length=length)


def decimals() -> st.SearchStrategy[SqlType]:
    precisions = st.integers(1, MAX_DECIMAL_PRECISION)
    return precisions.flatmap(lambda digits: st.integers(0, digits).map(lambda scale: decimal(digits, scale)))


TYPES = st.sampled_from(PLAIN) | decimals() | st.integers(1, MAX_NVARCHAR).map(nvarchar)


@pytest.mark.parametrize(
    ("live", "wanted", "result"),
    [
        # whole numbers
        (INT, INT, INT),
        (INT, BIGINT, BIGINT),
        (BIGINT, INT, BIGINT),
        # INT ends at 2,147,483,647, so ten digits are one too many; BIGINT takes eighteen
        (INT, decimal(9, 0), INT),
        (INT, decimal(10, 0), decimal(10, 0)),
        (BIGINT, decimal(18, 0), BIGINT),
        (BIGINT, decimal(19, 0), decimal(19, 0)),
        (decimal(9, 0), INT, decimal(10, 0)),
        (decimal(10, 0), INT, decimal(10, 0)),
        # decimals keep the digits on both sides of the point
        (decimal(10, 2), decimal(10, 4), decimal(12, 4)),
        (decimal(10, 2), decimal(8, 2), decimal(10, 2)),
        (INT, decimal(5, 2), decimal(12, 2)),
        (decimal(5, 2), BIGINT, decimal(21, 2)),
        (decimal(38, 0), decimal(2, 2), nvarchar(50)),
        # a double keeps fifteen digits
        (FLOAT, INT, FLOAT),
        (INT, FLOAT, FLOAT),
        (FLOAT, decimal(15, 2), FLOAT),
        (decimal(15, 2), FLOAT, FLOAT),
        (FLOAT, decimal(16, 2), nvarchar(50)),
        (FLOAT, BIGINT, nvarchar(50)),
        # times
        (DATE, DATETIME2, DATETIME2),
        (DATETIME2, DATE, DATETIME2),
        (DATE, TIME, nvarchar(20)),
        (DATETIME2, TIME, nvarchar(50)),
        # true and false are words, never 1 and 0
        (BIT, INT, nvarchar(20)),
        (INT, BIT, nvarchar(20)),
        (BIT, decimal(1, 0), nvarchar(10)),
        (DATE, INT, nvarchar(20)),
        # text
        (nvarchar(10), nvarchar(11), nvarchar(20)),
        (nvarchar(300), nvarchar(11), nvarchar(300)),
        (nvarchar(7), nvarchar(8), nvarchar(10)),
        (nvarchar(10), INT, nvarchar(20)),
        (nvarchar(11), INT, nvarchar(11)),
        (INT, nvarchar(3), nvarchar(20)),
        (nvarchar(4000), MAX, MAX),
        (MAX, nvarchar(1), MAX),
        (MAX, FLOAT, MAX),
    ],
    ids=str,
)
def test_a_column_widens_to(live: SqlType, wanted: SqlType, result: SqlType) -> None:
    assert widen(live, wanted) == result


@given(TYPES, TYPES)
def test_a_widened_column_holds_the_values_of_both(live: SqlType, wanted: SqlType) -> None:
    widened = widen(live, wanted)
    assert covers(widened, live)
    assert covers(widened, wanted)


@given(TYPES, TYPES)
def test_either_order_ends_with_a_type_that_holds_both(first: SqlType, second: SqlType) -> None:
    assert covers(widen(first, second), widen(second, first)) or covers(widen(second, first), widen(first, second))


@given(TYPES, TYPES, TYPES)
def test_a_third_file_loses_nothing_of_the_first_two(first: SqlType, second: SqlType, third: SqlType) -> None:
    widened = widen(widen(first, second), third)
    assert all(covers(widened, kind) for kind in (first, second, third))


@given(TYPES, TYPES)
def test_widening_again_changes_nothing(live: SqlType, wanted: SqlType) -> None:
    widened = widen(live, wanted)
    assert widen(widened, wanted) == widen(widened, live) == widened


@given(TYPES)
def test_a_type_needs_no_change_for_itself(kind: SqlType) -> None:
    assert widen(kind, kind) is kind


@given(TYPES, TYPES)
def test_text_never_becomes_a_number_and_decimals_stay_within_the_server_limit(live: SqlType, wanted: SqlType) -> None:
    widened = widen(live, wanted)
    assert widened.kind is TypeKind.NVARCHAR or TypeKind.NVARCHAR not in (live.kind, wanted.kind)
    if widened.kind is TypeKind.DECIMAL:
        assert widened.precision is not None
        assert widened.precision <= MAX_DECIMAL_PRECISION


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (BIT, "false"),
        (INT, "-2147483648"),
        (BIGINT, "-9223372036854775808"),
        (FLOAT, repr(-2.2250738585072014e-308)),
        (decimal(5, 2), "-123.45"),
        (decimal(2, 2), "-0.12"),
        (decimal(38, 38), "-0." + "9" * 38),
        (DATE, "2024-12-01"),
        (TIME, "23:59:59.1234567"),
        (DATETIME2, "2024-12-01 23:59:59.1234567"),
    ],
    ids=str,
)
def test_the_longest_value_of_a_type_fits_the_text_it_may_become(kind: SqlType, value: str) -> None:
    assert len(value) <= text_width(kind)


@pytest.mark.parametrize(
    ("longest", "length"),
    [(0, 10), (10, 10), (11, 20), (255, 255), (256, 500), (2001, 4000), (4000, 4000), (4001, None), (1_000_000, None)],
)
def test_text_gets_the_smallest_bucket_that_holds_it(longest: int, length: int | None) -> None:
    assert text(longest).length == length


def test_the_last_bucket_is_the_longest_sized_text() -> None:
    assert TEXT_BUCKETS[-1] == MAX_NVARCHAR
    assert list(TEXT_BUCKETS) == sorted(TEXT_BUCKETS)


@pytest.mark.parametrize(
    ("kind", "written"),
    [(INT, "INT"), (decimal(10, 2), "DECIMAL(10,2)"), (nvarchar(50), "NVARCHAR(50)"), (MAX, "NVARCHAR(MAX)")],
)
def test_a_type_is_written_as_sql_server_names_it(kind: SqlType, written: str) -> None:
    assert str(kind) == written
