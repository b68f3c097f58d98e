"""Arrow columns as the Python values that SQLite binds.

SQLite has integers, doubles and text. Dates and times become ISO text, decimals their exact text
(a column with numeric affinity turns that into a number), booleans 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The batch's rows as tuples of int, float, str or None."""
    return zip(*(bindable(column).to_pylist() for column in batch.columns), strict=True)


def bindable(column: pa.Array) -> pa.Array:
    """A column in one of the Arrow types that bind without loss."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8())
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _without_trailing_zeros(column.cast(pa.string()))
    return column


def _without_trailing_zeros(text: pa.Array) -> pa.Array:
    """``10:00:00.500000`` as ``10:00:00.5``, ``10:00:00.000000`` as ``10:00:00``."""
    trimmed = pc.replace_substring_regex(text, r"(\.\d*[1-9])0+$", r"\1")
    return pc.replace_substring_regex(trimmed, r"\.0+$", "")


def parameter(value: object) -> object:
    """A statement's value; a time becomes the ISO text that ``datetime.fromisoformat`` reads back."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value
