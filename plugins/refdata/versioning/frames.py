"""The rows of a table as a pandas DataFrame that keeps every value as the table has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from refdata.core.model import Column
from refdata.core.sqltypes import SqlType, TypeKind

if TYPE_CHECKING:
    import pandas as pd

_WIDE = Context(prec=38)
_DTYPES = {
    TypeKind.BIT: "boolean",
    TypeKind.INT: "Int64",
    TypeKind.BIGINT: "Int64",
    TypeKind.FLOAT: "Float64",
    TypeKind.DATETIME2: "datetime64[us]",
    TypeKind.NVARCHAR: "str",
}
"""The dtype of a column; the others (Decimal, date, time) are Python's own values in an object column."""


def frame_of(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """The rows with exact types: ``Int64``, ``Float64``, ``boolean``, ``str``, ``datetime64[us]``, and ``Decimal``,
    ``date`` and ``time`` objects. NULL is pandas' missing value, in object columns None.
    """
    import pandas as pd

    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    series = {
        column.name: pd.Series(_converted(cells, column.type), dtype=_DTYPES.get(column.type.kind, "object"))
        for column, cells in zip(columns, values, strict=True)
    }
    return pd.DataFrame(series, columns=[column.name for column in columns])


def _converted(cells: Sequence[object], kind: SqlType) -> list[Any]:
    convert = _CONVERTERS.get(kind.kind)
    if kind.kind is TypeKind.DECIMAL:
        convert = _decimal(kind.scale or 0)
    return [None if cell is None or convert is None else convert(cell) for cell in cells] if convert else list(cells)


def _decimal(scale: int) -> Callable[[Any], Decimal]:
    """SQLite gives a double of at most 15 digits, or text; the drivers of SQL Server a Decimal."""
    step = Decimal(1).scaleb(-scale)
    return lambda value: (value if isinstance(value, Decimal) else Decimal(str(value))).quantize(step, context=_WIDE)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else datetime.fromisoformat(value)  # noqa: DTZ001


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


_CONVERTERS: dict[TypeKind, Callable[[Any], object]] = {
    TypeKind.BIT: bool,
    TypeKind.INT: int,
    TypeKind.BIGINT: int,
    TypeKind.FLOAT: float,
    TypeKind.DATE: _day,
    TypeKind.TIME: _time,
    TypeKind.DATETIME2: _moment,
    TypeKind.NVARCHAR: str,
}
