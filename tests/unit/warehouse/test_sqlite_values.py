"""What SQLite stores of a value that is bound as another type than its text: the same."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.model import Column
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.warehouse.sqlite import values
from refdata.warehouse.sqlite.ddl import EXACT_DIGITS, declared_type


@st.composite
def decimals(draw: st.DrawFn) -> tuple[SqlType, list[Decimal | None]]:
    precision = draw(st.integers(1, 20))
    scale = draw(st.integers(0, precision))
    digits = st.integers(1 - 10**precision, 10**precision - 1).map(lambda digits: Decimal(digits).scaleb(-scale))
    return SqlType(TypeKind.DECIMAL, precision=precision, scale=scale), draw(st.lists(st.none() | digits, max_size=30))


def stored(kind: SqlType, bound: list[object]) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (x {declared_type(kind)})")
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in bound])
    rows = connection.execute("SELECT typeof(x), x FROM t ORDER BY rowid").fetchall()
    connection.close()
    return rows


@given(decimals(), st.integers(0, 3))
def test_a_decimal_is_stored_as_if_its_text_was(column: tuple[SqlType, list[Decimal | None]], start: int) -> None:
    kind, rows = column
    array = pa.array(rows, pa.decimal128(kind.precision, kind.scale)).slice(start)
    target = values.schema([Column("x", kind)]).field(0).type
    bound = values.bindable(array, target)
    assert bound.type == target
    assert pa.types.is_floating(target) == (kind.precision is not None and kind.precision <= EXACT_DIGITS)
    texts: list[object] = [None if row is None else f"{row:f}" for row in rows[start:]]
    assert stored(kind, bound.to_pylist()) == stored(kind, texts)
