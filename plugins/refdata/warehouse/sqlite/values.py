"""Arrow columns in the types that SQLite binds.

SQLite has integers, doubles and text. Dates and times become ISO text, decimals their exact text
(a column with numeric affinity turns that into a number), booleans 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.model import Column
from refdata.core.sqltypes import TypeKind

_ARROW = {TypeKind.BIT: pa.int8(), TypeKind.INT: pa.int32(), TypeKind.BIGINT: pa.int64(), TypeKind.FLOAT: pa.float64()}


def schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow types used to bind columns."""
    return pa.schema([(column.name, _ARROW.get(column.type.kind, pa.string())) for column in columns])


def bindable_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose columns bind without loss."""
    return pa.RecordBatch.from_arrays([bindable(column) for column in batch.columns], names=batch.schema.names)


def bindable(column: pa.Array) -> pa.Array:
    """A column in one of the Arrow types that bind without loss."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8())
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _moments(column)
    return column


def _moments(column: pa.Array) -> pa.Array:
    """``10:00:00.500000`` as ``10:00:00.5``, ``10:00:00.000000`` as ``10:00:00``."""
    whole = pa.time32("s") if pa.types.is_time(column.type) else pa.timestamp("s")
    try:
        return column.cast(whole).cast(pa.string())
    except pa.ArrowInvalid:  # some have fractions of a second
        text = column.cast(pa.string())
    trimmed = pc.replace_substring_regex(text, r"(\.\d*[1-9])0+$", r"\1")
    return pc.replace_substring_regex(trimmed, r"\.0+$", "")
