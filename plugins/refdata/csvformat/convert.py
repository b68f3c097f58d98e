"""Typed Arrow columns from plain CSV text, as the target types require.

The target decides: text keeps the source's characters, whatever they look like. Values written in the plain
way (``1234.5``, ``2024-01-31``, ``2024-01-31 12:00:00``) are converted by pyarrow's own parser; those of
another notation are read as text and rewritten column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import pyarrow as pa
import pyarrow.csv

from refdata.core.columnreadings import MOMENTS, NUMBERS
from refdata.core.filemodel import Notation, ReadColumn
from refdata.core.sqltypes import TypeKind
from refdata.csvformat.arrowtypes import arrow_type, schema_of
from refdata.csvformat.dialects import Dialect
from refdata.csvformat.readings import convert_known, is_numeric_date
from refdata.csvformat.temporal import date_days, timestamps
from refdata.csvformat.values import Values


def _any_case(word: str) -> list[str]:
    return ["".join(letters) for letters in product(*((letter, letter.upper()) for letter in word))]


_TRUE, _FALSE = _any_case("true"), _any_case("false")
_PLAIN_DATE = ("ymd", "-")


CLEAN = Dialect(",")
"""How the careful reader writes good rows."""


def read_typed(text: bytes, written: Dialect, fields: int, columns: Sequence[ReadColumn]) -> pa.RecordBatch:
    """Convert plain CSV of whole rows.

    :raises pyarrow.ArrowInvalid: a row has another number of fields, or a value does not convert.
    """
    types = {str(column.index): _csv_type(column) for column in columns}
    table = parse(text, written, fields, types)
    arrays = [_finish(table.column(str(column.index)), column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(columns))


def read_text(text: bytes, written: Dialect, fields: int) -> list[pa.StringArray]:
    """All columns as text; an empty value is ``''``, never null.

    :raises pyarrow.ArrowInvalid: a row has another number of fields, or bytes are not UTF-8.
    """
    table = parse(text, written, fields, {str(index): pa.string() for index in range(fields)}, nulls=False)
    return [_joined(column) for column in table.columns]


def parse(text: bytes, written: Dialect, fields: int, types: dict[str, pa.DataType], *, nulls: bool = True) -> pa.Table:
    """Run pyarrow's parser over one block, in this thread; columns are named by their index."""
    names = [str(index) for index in range(fields)]
    if text[:1] in (b"", b"\r", b"\n") and not text.strip(b"\r\n"):  # which copies the text
        return pa.table({name: pa.nulls(0, kind) for name, kind in types.items()})
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        memory_pool=_pool(),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=written.delimiter,
            quote_char=written.quote or False,
            escape_char=written.escape or False,
            newlines_in_values=True,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            null_values=[""],
            strings_can_be_null=nulls,
            check_utf8=not text.isascii(),  # a twentieth of the time of the check
            quoted_strings_can_be_null=True,
            true_values=_TRUE,
            false_values=_FALSE,
        ),
    )


@cache
def _pool() -> pa.MemoryPool:
    """jemalloc where pyarrow has it: measured, the scan's peak is a tenth lower than with mimalloc, and steadier."""
    return pa.jemalloc_memory_pool() if "jemalloc" in pa.supported_memory_backends() else pa.default_memory_pool()


def _joined(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks() if column.num_chunks else pa.nulls(0, column.type)


def _csv_type(column: ReadColumn) -> pa.DataType:
    """The type that pyarrow's parser gives the column: its own for plain notation, else text."""
    return pa.string() if _rewriter(column) else arrow_type(column.type, column.notation)


def _finish(column: pa.ChunkedArray, wanted: ReadColumn) -> pa.Array:
    rewrite = _rewriter(wanted)
    array = _joined(column)
    return rewrite(array, wanted) if rewrite else array


def _rewriter(column: ReadColumn) -> Callable[[pa.StringArray, ReadColumn], pa.Array] | None:
    """The converter of a notation that pyarrow's parser does not know; None for the plain ones."""
    kind, notation = column.type.kind, column.notation
    if (column.reading or notation.padded) and kind is not TypeKind.NVARCHAR:
        return _by_value
    if kind in MOMENTS and not notation.missing_values and is_numeric_date(notation):
        return None if (notation.date_order, notation.date_separator) == _PLAIN_DATE else _date
    return _by_value if _is_special(kind, notation) else None


def _is_special(kind: TypeKind, notation: Notation) -> bool:
    """Whether a notation says anything that matters for a kind of value."""
    if notation.missing_values:
        return True
    if kind in NUMBERS:
        return notation.powers or (notation.decimal_point, notation.thousands, notation.minus, notation.affix) != (
            ".",
            "",
            "-",
            "",
        )
    if kind is TypeKind.BIT:
        return bool(notation.true_values or notation.false_values)
    return kind in MOMENTS or (kind is TypeKind.TIME and notation.hours == 12)


def _by_value(array: pa.StringArray, column: ReadColumn) -> pa.Array:
    target = arrow_type(column.type, column.notation)
    return convert_known(array, column.type, column.notation, target)


def _date(array: pa.StringArray, column: ReadColumn) -> pa.Array:
    try:
        return _quick_date(array, column)
    except pa.ArrowInvalid:
        return _by_value(array, column)


def _quick_date(array: pa.StringArray, column: ReadColumn) -> pa.Array:
    values, notation = Values.of(array), column.notation
    if column.type.kind is TypeKind.DATE:
        return values.spread(date_days(values, notation), pa.date32())
    target = arrow_type(column.type, notation)
    return values.spread(timestamps(values, notation, target.unit), target)
