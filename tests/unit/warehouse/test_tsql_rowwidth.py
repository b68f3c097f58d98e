"""The width of a row, by the numbers of SQL Server's documentation."""

from __future__ import annotations

import doctest

import pytest

from refdata.core.model import Column
from refdata.core.sqltypes import BIGINT, BIT, DATE, FLOAT, INT, SqlType, TypeKind, decimal
from refdata.warehouse.tsql import rowwidth


def text(length: int | None) -> SqlType:
    return SqlType(TypeKind.NVARCHAR, length=length)


def columns(*kinds: tuple[SqlType, int]) -> list[Column]:
    types = [kind for kind, count in kinds for _ in range(count)]
    return [Column(f"c{number}", kind) for number, kind in enumerate(types)]


REFUSED = [
    # columns, the least bytes of a row: 4 + 2 + a bit for each column + the columns
    (columns((decimal(38, 10), 470)), 0),
    (columns((decimal(38, 10), 471)), 4 + 2 + 59 + 471 * 17),
    (columns((FLOAT, 991)), 0),
    (columns((FLOAT, 992)), 4 + 2 + 124 + 992 * 8),
    (columns((INT, 1023), (BIT, 1)), 0),
    (columns((BIGINT, 1000)), 4 + 2 + 125 + 1000 * 8),
    (columns((text(4000), 1000)), 0),
    (columns((DATE, 600), (decimal(19, 0), 700)), 4 + 2 + 163 + 600 * 3 + 700 * 9),
]


@pytest.mark.parametrize(("made", "least"), REFUSED)
def test_a_row_that_never_fits_is_refused_with_its_bytes_and_columns(made: list[Column], least: int) -> None:
    said = rowwidth.refusal(made)
    assert (f"at least {least:,} bytes" in said) if least > rowwidth.MAX_ROW else said == ""
    assert not said or "c0 " in said or "c600 " in said


WARNED = [
    # columns, whether filled texts can make a row too wide: each keeps at most 24 bytes and an offset of 2
    (columns((text(4000), 300)), False),
    (columns((text(4000), 310)), True),
    (columns((text(None), 310)), True),
    (columns((text(10), 360)), False),
    (columns((text(10), 370)), True),
    (columns((text(1), 1024)), False),
    (columns((INT, 1000), (text(4000), 160)), True),
]


@pytest.mark.parametrize(("made", "warned"), WARNED)
def test_texts_that_may_not_fit_are_named(made: list[Column], warned: bool) -> None:
    said = rowwidth.warning(made)
    assert bool(said) is warned
    assert not warned or "error 511" in said


def test_the_widest_columns_are_named() -> None:
    made = [*columns((FLOAT, 900)), Column("widest", decimal(38, 0)), *columns((FLOAT, 200))]
    said = rowwidth.refusal(made)
    assert "The widest columns: widest DECIMAL(38,0) (17), " in said
    assert said.endswith("and 1091 more")


def test_the_examples_work() -> None:
    assert doctest.testmod(rowwidth).failed == 0
