"""The rows of a table as a pandas DataFrame that keeps every value as the table has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refdata.core.cellvalues import exact
from refdata.core.model import Column
from refdata.core.sqltypes import SqlType, TypeKind

if TYPE_CHECKING:
    import pandas as pd

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
    convert = exact(kind)
    return [None if cell is None else convert(cell) for cell in cells]
