"""A CSV file's rows as typed Arrow batches, streaming, with damaged rows set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.csvformat.blocks import Block, BlockCutter, Cut
from refdata.csvformat.careful import CarefulReader, CarefulRows
from refdata.csvformat.convert import CLEAN, read_text, read_typed
from refdata.csvformat.dialects import Dialect
from refdata.csvformat.fitting import Readings, set_aside
from refdata.csvformat.limits import BATCH_ROWS, BLOCK_BYTES
from refdata.csvformat.pipeline import BESIDE, in_order
from refdata.csvformat.rejects import OnReject
from refdata.csvformat.repairs import is_utf8
from refdata.csvformat.rowrules import RowRule, broken_rules
from refdata.csvformat.rowrules import reason as rule_reason
from refdata.csvformat.text import FileBytes


def read_rows(
    path: str | Path,
    fmt: Format,
    *,
    columns: Sequence[ReadColumn],
    on_reject: OnReject,
    batch_rows: int = BATCH_ROWS,
    progress: Callable[[int], None] | None = None,
    block_bytes: int = BLOCK_BYTES,
    rules: Sequence[RowRule] = (),
    cut: Cut = BlockCutter,
) -> Iterator[pa.RecordBatch]:
    """The rows of Python's csv module under ``fmt``, as Arrow batches of the target types.

    Rejects are reported in the file's order, before the batch that follows them. Memory is bounded by
    a few blocks, whatever the file's size.

    :param columns: the columns wanted, in the order wanted; their types decide the conversion.
    :param on_reject: called for each row that is not in the batches; may raise to stop.
    :param batch_rows: the most rows in a batch.
    :param progress: called with the bytes read so far; may raise to stop.
    :param rules: rules for the rows besides their types; one that breaks a rule of severity ``error`` is a reject.
    :param cut: cuts a file of another kind.
    :raises FormatError: bytes that are no UTF-16 or UTF-32, an unclosed quote, a row past the bound, too many columns.
    """
    fields = len(fmt.header)
    cutter = cut(FileBytes(Path(path), progress, chunk_bytes=block_bytes), fmt, fields)
    convert = partial(_convert, Dialect.of(fmt), fields, columns, rules, cutter.careful)
    for converted in in_order(convert, cutter.blocks(), BESIDE, size=Block.size):
        for reject in converted.rejects:
            on_reject(reject)
        for batch in converted.batches:
            yield from _split(batch, batch_rows)


@dataclass(frozen=True, slots=True)
class _Converted:
    batches: list[pa.RecordBatch]
    rejects: list[RejectedRow]


def _split(batch: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _convert(
    written: Dialect,
    fields: int,
    columns: Sequence[ReadColumn],
    rules: Sequence[RowRule],
    careful: CarefulReader,
    block: Block,
) -> _Converted:
    """Type a block; where pyarrow or a rule refuses something, read it row by row and set aside what does not fit."""
    readings = {column.index: (column.name, column.reading) for column in columns if column.reading}
    if readings:
        block = _fitting(written, fields, readings, careful, block)
    if not block.rows and careful.repairs().places and not is_utf8(block.text):  # Arrow checks only the columns wanted
        rows = careful.read(block.text, block.line, at_end=True)
        block = replace(block, text=rows.text(), rows=rows)
    with suppress(pa.ArrowInvalid):
        batch = read_typed(block.text, CLEAN if block.rows else written, fields, columns)
        if not broken_rules(batch, rules):
            return _Converted([batch], block.rejects)
    # Outside a handler, here and below: an error raised within one shows Arrow's, which quotes the row.
    rows = block.rows or careful.read(block.text, block.line, at_end=True)
    typed, misfits = typed_rows(rows, 0, len(rows.clean), fields, columns)
    batches, refused = _keeping_rules(typed, rows, rules)
    rejects = sorted([*rows.rejects, *misfits, *refused], key=lambda reject: reject.line)
    return _Converted(batches, rejects)


def _fitting(written: Dialect, fields: int, readings: Readings, careful: CarefulReader, block: Block) -> Block:
    """The block without the rows that the scan refused by the columns' known readings."""
    texts: list[pa.StringArray] = []
    with suppress(pa.ArrowInvalid):
        texts = read_text(block.text, CLEAN if block.rows else written, fields)
    if not texts:
        rows = careful.read(block.text, block.line, at_end=True)
        block = replace(block, text=rows.text(), rows=rows)
        texts = read_text(block.text, CLEAN, fields)
    return set_aside(block, texts, readings, careful).block


@dataclass(frozen=True, slots=True)
class Typed:
    """Typed rows, and the number (from 0) that the first of them has among the good rows of its stretch."""

    start: int
    batch: pa.RecordBatch


def typed_rows(
    rows: CarefulRows, start: int, stop: int, fields: int, columns: Sequence[ReadColumn]
) -> tuple[list[Typed], list[RejectedRow]]:
    """Type good rows, halving what does not convert until only the faulty row is left."""
    with suppress(pa.ArrowInvalid):
        return [Typed(start, read_typed(rows.text(start, stop), CLEAN, fields, columns))], []
    if stop - start == 1:
        reason = _misfit(rows.text(start, stop), fields, columns)
        return [], [rows.refuse(start, reason)]
    middle = (start + stop) // 2
    first = typed_rows(rows, start, middle, fields, columns)
    second = typed_rows(rows, middle, stop, fields, columns)
    return first[0] + second[0], first[1] + second[1]


def _keeping_rules(
    typed: Sequence[Typed], rows: CarefulRows, rules: Sequence[RowRule]
) -> tuple[list[pa.RecordBatch], list[RejectedRow]]:
    """The rows that follow the rules; the others become rejects."""
    batches, refused = [], []
    for part in typed:
        broken = broken_rules(part.batch, rules)
        refused += [rows.refuse(part.start + row, rule_reason(rule)) for row, rule in broken.items()]
        batches.append(_without(part.batch, list(broken)))
    return batches, refused


def _without(batch: pa.RecordBatch, rows: Sequence[int]) -> pa.RecordBatch:
    if not rows:
        return batch
    mask = np.ones(batch.num_rows, dtype=bool)
    mask[list(rows)] = False
    return batch.filter(pa.array(mask))


def _misfit(row: bytes, fields: int, columns: Sequence[ReadColumn]) -> str:
    """Which column of a row does not convert."""
    for column in columns:
        try:
            read_typed(row, CLEAN, fields, [column])
        except pa.ArrowInvalid:
            return f"the value of column {column.name!r} does not fit {column.type}"
    return "the row does not convert"
