"""What SQLite stores of a value that is bound as another type than its text, or whose column became wider: the same."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from refdata.core.alignment import Widening
from refdata.core.model import Column, TableName
from refdata.core.sqltypes import BIGINT, INT, SqlType, TypeKind, decimal, text, widen
from refdata.warehouse.sqlite import ddl, values
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


NUMBERS = st.sampled_from([INT, BIGINT]) | st.builds(
    lambda digits, scale: decimal(digits, min(scale, digits)), st.integers(1, 38), st.integers(0, 20)
)


@st.composite
def widenings(draw: st.DrawFn) -> tuple[SqlType, SqlType, list[Decimal | None]]:
    """A column's type, the wider one, and what is in the column."""
    old = draw(NUMBERS)
    new = widen(old, draw(NUMBERS | st.just(text(40))))
    most = {TypeKind.INT: 2**31, TypeKind.BIGINT: 2**63}.get(old.kind, 10 ** (old.precision or 0)) - 1
    digits = st.integers(-most, most).map(lambda digits: Decimal(f"{digits}E-{old.scale or 0}"))
    return old, new, draw(st.lists(st.none() | digits, max_size=30))


def widened(old: SqlType, new: SqlType, texts: list[object]) -> list[tuple[object, ...]]:
    connection, table = sqlite3.connect(":memory:"), TableName("main", "t")
    before, after = Column("x", old), Column("x", new)
    connection.execute(ddl.create_table(table, [before]))
    connection.executemany("INSERT INTO t VALUES (?)", [(one,) for one in texts])
    for statement in ddl.rebuild_table(table, [before], [Widening(column=after, old=before)], ()):
        connection.execute(statement)
    rows = connection.execute("SELECT typeof(x), x FROM t ORDER BY rowid").fetchall()
    connection.close()
    return rows


@given(widenings())
@example((decimal(10, 2), decimal(16, 8), [Decimal("91193035.71"), Decimal("1.50")]))
@example((decimal(5, 0), decimal(20, 5), [Decimal(7)]))
@example((decimal(16, 2), decimal(21, 7), [Decimal("1.50")]))
@example((INT, decimal(19, 9), [Decimal(7)]))
@example((text(10), decimal(19, 3), [Decimal("1.5"), Decimal(7), Decimal("-0.25")]))
def test_a_number_in_a_widened_column_is_stored_as_if_it_was_loaded_then(
    case: tuple[SqlType, SqlType, list[Decimal | None]],
) -> None:
    old, new, rows = case
    scale = (old if new.scale is None else new).scale
    written: list[object] = [None if row is None else f"{row:f}" for row in rows]
    wanted: list[object] = [None if row is None else f"{row:.{scale or 0}f}" for row in rows]
    assert widened(old, new, written) == stored(new, wanted)
