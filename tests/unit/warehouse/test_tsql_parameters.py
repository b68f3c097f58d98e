"""Values as parameters: their types depend on the kind of value, so that a statement keeps one plan."""

from __future__ import annotations

import doctest
from datetime import date, datetime, time
from decimal import Decimal

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from refdata.warehouse.tsql import parameters
from refdata.warehouse.tsql.parameters import executed, parameter_type, sent

TYPES: list[tuple[object, str]] = [
    (None, "NVARCHAR(4000)"),
    ("", "NVARCHAR(4000)"),
    ("x" * 4000, "NVARCHAR(4000)"),
    ("x" * 4001, "NVARCHAR(MAX)"),
    ("\U0001f600" * 2001, "NVARCHAR(MAX)"),  # two code units each
    (True, "BIT"),
    (0, "INT"),
    (2**31 - 1, "INT"),
    (-(2**31), "INT"),
    (2**31, "BIGINT"),
    (2**63 - 1, "BIGINT"),
    (2**63, "DECIMAL(38, 0)"),
    (0.5, "FLOAT"),
    (Decimal("1.25"), "DECIMAL(38, 2)"),
    (Decimal("1E+3"), "DECIMAL(38, 0)"),
    (date(2024, 2, 29), "DATE"),
    (time(1, 2), "TIME"),
    (datetime(2024, 2, 29, 1), "DATETIME2"),  # noqa: DTZ001  the tables' times are naive
]


@pytest.mark.parametrize(("value", "name"), TYPES, ids=[f"{str(value)[:20]!r} {name}" for value, name in TYPES])
def test_a_value_has_the_parameter_type(value: object, name: str) -> None:
    assert parameter_type(value).name == name


def test_a_value_of_another_type_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="bytes"):
        parameter_type(b"x")


def test_a_statement_is_sent_with_its_parameters_declared() -> None:
    assert executed("UPDATE [t'] SET a = ?, b = '?' WHERE c = ?", ("it's", None)) == (
        "EXEC sp_executesql N'UPDATE [t''] SET a = @P1, b = ''?'' WHERE c = @P2',"
        " N'@P1 NVARCHAR(4000), @P2 NVARCHAR(4000)', @P1 = N'it''s', @P2 = NULL"
    )


def test_a_statement_without_values_is_sent_as_it_is() -> None:
    assert executed("SELECT '?'", ()) == "SELECT '?'"


def test_text_that_needs_an_expression_is_passed_in_a_variable() -> None:
    made = executed("SELECT ?, ?", ("a\x00b", "c\\\nd"))
    assert made.count("DECLARE @V") == 2
    assert made.endswith("@P1 = @V1, @P2 = @V2")


def test_odbc_gets_times_as_text() -> None:
    values = [datetime(2024, 2, 29, 1, 2, 3, 450000), date(2024, 2, 29), time(1, 2), 7, None]  # noqa: DTZ001
    assert list(sent(values)) == ["2024-02-29T01:02:03.450000", "2024-02-29", "01:02:00", 7, None]


_KINDS = (
    st.text(max_size=50),
    st.integers(-(2**31), 2**31 - 1),
    st.booleans(),
    st.floats(allow_nan=False),
    st.datetimes(),
)
_PAIRS = st.one_of(*(st.tuples(kind, kind) for kind in _KINDS))


@given(_PAIRS)
def test_values_of_one_kind_leave_the_cached_statement_alone(pair: tuple[object, object]) -> None:
    assert parameter_type(pair[0]) == parameter_type(pair[1])


@given(st.text(st.characters(exclude_characters="\x00\\"), max_size=40))
def test_no_text_leaves_its_argument(text: str) -> None:
    made = executed("SELECT ?", (text,)).replace("N'", "'")
    assert made.startswith("EXEC sp_executesql 'SELECT @P1', '@P1 NVARCHAR(4000)', @P1 = ")
    assert len(sqlglot.parse_one("SELECT " + made.partition("@P1 = ")[2], read="tsql").expressions) == 1


def test_the_examples_work() -> None:
    assert doctest.testmod(parameters) == doctest.TestResults(0, 2)
