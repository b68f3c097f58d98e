"""Every value that a type can hold comes back as it was, by each load method.

Values are read back as text that the server itself writes, since a driver may cut them on the way back.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from refdata.core.model import Column
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, TIME, SqlType, TypeKind, decimal
from tests.integration.engines import Database
from tests.integration.warehouse.conftest import Loads


def nvarchar(length: int | None) -> SqlType:
    return SqlType(TypeKind.NVARCHAR, length=length)


TEXTS = [
    "", " ", "a  ", "  a", "\t", "\n", "a\r\nb", "back\\\nslash", "back\\\r\nslash", "\\", "'", "''",
    "'; DROP TABLE t; --", "%s %d %%", "?", "[x]]", "ä\u0301", "\U0001f4a9", "\ud7ff\ue000", "\uffff", "中文",
    "עברית", "NULL", "null", "NA", "007",
]  # fmt: skip
CASES: list[tuple[str, SqlType, pa.DataType, list[Any]]] = [
    ("BIT", BIT, pa.bool_(), [True, False]),
    ("INT", INT, pa.int32(), [0, -1, 2147483647, -2147483648]),
    ("BIGINT", BIGINT, pa.int64(), [0, 9223372036854775807, -9223372036854775808]),
    ("DECIMAL(1,0)", decimal(1, 0), pa.decimal128(1, 0), [Decimal(9), Decimal(-9)]),
    ("DECIMAL(9,4)", decimal(9, 4), pa.decimal128(9, 4), [Decimal("99999.9999"), Decimal("-0.0001"), Decimal(0)]),
    ("DECIMAL(18,0)", decimal(18, 0), pa.decimal128(18, 0), [Decimal("9" * 18), Decimal("-" + "9" * 18)]),
    ("DECIMAL(28,8)", decimal(28, 8), pa.decimal128(28, 8), [Decimal("9" * 20 + ".99999999"), Decimal("0.00000001")]),
    (
        "DECIMAL(38,10)",
        decimal(38, 10),
        pa.decimal128(38, 10),
        [Decimal("9" * 28 + "." + "9" * 10), Decimal("-" + "9" * 28 + "." + "9" * 10), Decimal("0.0000000001")],
    ),
    ("DECIMAL(38,38)", decimal(38, 38), pa.decimal128(38, 38), [Decimal("0." + "9" * 38), Decimal("-1e-38")]),
    ("FLOAT", FLOAT, pa.float64(), [0.0, 0.1, -1 / 3, 1.7976931348623157e308, 2.2250738585072014e-308, 2**53 + 2.0]),
    ("DATE", DATE, pa.date32(), [date(1, 1, 1), date(1582, 10, 15), date(2024, 2, 29), date(9999, 12, 31)]),
    ("TIME", TIME, pa.time64("us"), [time(0), time(12, 30), time(23, 59, 59, 999999), time(0, 0, 0, 1)]),
    (
        "DATETIME2",
        DATETIME2,
        pa.timestamp("us"),
        [datetime.fromisoformat(text) for text in ("0001-01-01", "1753-01-01", "9999-12-31 23:59:59.999999")],
    ),
    ("NVARCHAR(20)", nvarchar(20), pa.string(), [text for text in TEXTS if len(text) <= 10]),
    ("NVARCHAR(100)", nvarchar(100), pa.string(), TEXTS),
    ("NVARCHAR(4000)", nvarchar(4000), pa.string(), ["x" * 4000, "\U0001f4a9" * 2000, "ä" * 4000]),
    ("NVARCHAR(MAX)", nvarchar(None), pa.string(), ["", "x" * 4001, "\U0001f4a9" * 5000, "line\\\n" * 20000]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arrow", "values"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_value_comes_back(staged_by: Database, kind: SqlType, arrow: pa.DataType, values: list[Any]) -> None:
    # None first and last: a driver must not take a column's type from its first row.
    wanted = [None, *values, None]
    columns = (Column("n", INT), Column("c", kind))
    arrays = [pa.array(range(len(wanted)), pa.int32()), pa.array(wanted, arrow)]
    Loads(staged_by).load("a.csv", columns, pa.RecordBatch.from_arrays(arrays, names=["n", "c"]))
    found = staged_by.rows(f"SELECT {_as_text(staged_by, kind)}, ref_data_loadtype FROM ref.t ORDER BY n")
    assert [(_read(row[0], kind), row[1]) for row in found] == [(value, "F") for value in wanted]


def _as_text(database: Database, kind: SqlType) -> str:
    if database.is_sqlite or kind.kind in (TypeKind.NVARCHAR, TypeKind.INT, TypeKind.BIGINT, TypeKind.BIT):
        return "c"
    return "CONVERT(NVARCHAR(60), c, 3)" if kind.kind is TypeKind.FLOAT else "CONVERT(NVARCHAR(60), c, 121)"


def _read(value: Any, kind: SqlType) -> Any:
    readers: dict[TypeKind, Any] = {
        TypeKind.BIT: bool,
        TypeKind.DECIMAL: lambda text: Decimal(str(text)),
        TypeKind.FLOAT: float,
        TypeKind.DATE: lambda text: date.fromisoformat(str(text)[:10]),
        TypeKind.TIME: lambda text: time.fromisoformat(text[:15]),
        TypeKind.DATETIME2: lambda text: datetime.fromisoformat(text[:26]),
    }
    return None if value is None else readers.get(kind.kind, lambda same: same)(value)


def test_seven_digits_of_a_second_are_kept(staged_by: Database) -> None:
    staged_by.skip_on_babelfish("keeps six digits of a second")
    ticks = pa.array([1733054400123456700, 0, None], pa.timestamp("ns"))
    times = pa.array([86399999999900, 100, None], pa.time64("ns"))
    batch = pa.RecordBatch.from_arrays([ticks, times], names=["d", "t"])
    Loads(staged_by).load("a.csv", (Column("d", DATETIME2), Column("t", TIME)), batch)
    suffix = "" if staged_by.is_sqlite else "CONVERT(NVARCHAR(30), {}, 121)"
    names = [suffix.format(name) or name for name in ("d", "t")]
    found = staged_by.rows(f"SELECT {', '.join(names)} FROM ref.t")
    assert [str(text)[-8:] for text in found[0]] == [".1234567", ".9999999"]


def test_a_line_above_8060_bytes_is_kept(staged_by: Database) -> None:
    columns = tuple(Column(f"c{number}", nvarchar(4000)) for number in range(6))
    values = [chr(0x4E00 + number) * 3500 for number in range(6)]
    batch = pa.RecordBatch.from_arrays([pa.array([value]) for value in values], names=[one.name for one in columns])
    Loads(staged_by).load("a.csv", columns, batch)
    assert staged_by.rows("SELECT c0, c1, c2, c3, c4, c5 FROM ref.t") == [tuple(values)]


def test_a_table_may_have_as_many_columns_as_the_server_takes(staged_by: Database) -> None:
    kinds = (INT, nvarchar(10), DATE, decimal(9, 2), BIT)
    columns = tuple(Column(f"c{number}", kinds[number % 5]) for number in range(1020))
    values: tuple[Any, ...] = (1, "x", date(2024, 1, 1), Decimal("1.50"), True)
    arrow = (pa.int32(), pa.string(), pa.date32(), pa.decimal128(9, 2), pa.bool_())
    arrays = [pa.array([values[number % 5]] * 5, arrow[number % 5]) for number in range(1020)]
    batch = pa.RecordBatch.from_arrays(arrays, names=[one.name for one in columns])
    assert Loads(staged_by).load("a.csv", columns, batch).rows == 5
    assert staged_by.rows("SELECT COUNT(*), MIN(c1016), MAX(c1016) FROM ref.t") == [(5, "x", "x")]
