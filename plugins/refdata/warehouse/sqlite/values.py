"""Arrow columns in the types that SQLite binds.

SQLite has integers, doubles and text. Dates and times become ISO text, booleans 0 and 1. A decimal becomes the double
that SQLite itself would make of its digits, or its exact text where a double cannot keep them (``ddl.declared_type``).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.model import Column
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.warehouse.sqlite.ddl import is_text

_ARROW = {TypeKind.BIT: pa.int8(), TypeKind.INT: pa.int32(), TypeKind.BIGINT: pa.int64(), TypeKind.FLOAT: pa.float64()}


def schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow types used to bind columns."""
    return pa.schema([(column.name, _bound(column.type)) for column in columns])


def _bound(kind: SqlType) -> pa.DataType:
    if kind.kind is TypeKind.DECIMAL and not is_text(kind):
        return pa.float64()
    return _ARROW.get(kind.kind, pa.string())


def bindable_batch(batch: pa.RecordBatch, bound: pa.Schema) -> pa.RecordBatch:
    """A batch whose columns bind without loss, in the types of ``bound``."""
    arrays = [bindable(column, field.type) for column, field in zip(batch.columns, bound, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def bindable(column: pa.Array, bound: pa.DataType) -> pa.Array:
    """A column in the Arrow type ``bound``, one of those that bind without loss."""
    kind = column.type
    if pa.types.is_decimal(kind):
        return _doubles(column) if bound == pa.float64() else _digits(column)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moments(column)
    return column if kind == bound else column.cast(bound)


def _doubles(column: pa.Array) -> pa.Array:
    """The doubles nearest to decimals of at most fifteen digits.

    Digits and power of ten are exact as doubles, so the quotient is rounded once, to the nearest. Arrow's own cast
    multiplies, and misses it for a quarter of all values. W. D. Clinger, "How to read floating point numbers
    accurately", PLDI 1990.
    """
    digits = pa.decimal128(column.type.precision, 0)
    whole = pa.Array.from_buffers(digits, len(column), column.buffers(), column.null_count, column.offset)
    return pc.divide(whole.cast(pa.int64()).cast(pa.float64()), 10.0**column.type.scale)


def _digits(column: pa.Array) -> pa.Array:
    """Decimals as text with all of their digits. Arrow writes those from the seventh place on as ``1.5E-7``."""
    text = column.cast(pa.string())
    powers = pc.fill_null(pc.match_substring(text, "E"), False)
    if not pc.any(powers).as_py():
        return text
    plain = [f"{value:f}" for value in column.filter(powers).to_pylist()]
    return pc.replace_with_mask(text, powers, pa.array(plain, pa.string()))


def _moments(column: pa.Array) -> pa.Array:
    """``10:00:00.500000`` as ``10:00:00.5``, ``10:00:00.000000`` as ``10:00:00``."""
    whole = pa.time32("s") if pa.types.is_time(column.type) else pa.timestamp("s")
    try:
        return column.cast(whole).cast(pa.string())
    except pa.ArrowInvalid:  # some have fractions of a second
        text = column.cast(pa.string())
    trimmed = pc.replace_substring_regex(text, r"(\.\d*[1-9])0+$", r"\1")
    return pc.replace_substring_regex(trimmed, r"\.0+$", "")
