"""The Arrow types of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from refdata.core.filemodel import Notation, ReadColumn
from refdata.core.sqltypes import SqlType, TypeKind

_TICKS = 7
"""Fraction digits that microseconds cannot hold and DATETIME2(7) can."""


def arrow_type(kind: SqlType, notation: Notation) -> pa.DataType:
    """The Arrow type that can store every value of ``kind``.

    Times have microseconds, and nanoseconds only where the column writes seven digits of a second.
    """
    unit = "ns" if notation.fraction_digits >= _TICKS else "us"
    simple: dict[TypeKind, Callable[[], pa.DataType]] = {
        TypeKind.BIT: pa.bool_,
        TypeKind.INT: pa.int32,
        TypeKind.BIGINT: pa.int64,
        TypeKind.FLOAT: pa.float64,
        TypeKind.DATE: pa.date32,
        TypeKind.NVARCHAR: pa.string,
        TypeKind.DECIMAL: lambda: pa.decimal128(kind.precision, kind.scale),
        TypeKind.DATETIME2: lambda: pa.timestamp(unit),
        TypeKind.TIME: lambda: pa.time64(unit),
    }
    return simple[kind.kind]()


def schema_of(columns: Sequence[ReadColumn]) -> pa.Schema:
    """The schema of the batches that ``columns`` make."""
    return pa.schema([(column.name, arrow_type(column.type, column.notation)) for column in columns])
