"""Writes the whole difference between two versions as a file: a line for each such row, two for a changed one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeAlias

from refdata.core import tablediff
from refdata.core.cellvalues import cell_text
from refdata.core.contract import Contract
from refdata.core.csvwriting import inert
from refdata.core.diffplan import DiffPlan
from refdata.core.model import Column
from refdata.core.sheetwriting import SheetColumn, SheetForm, SheetValue, sheet_column
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.tablediff import Pair, Rows
from refdata.versioning.comparing import each_difference, with_both
from refdata.versioning.locating import Versions
from refdata.versioning.workbooks import write_sheet
from refdata.warehouse.base import Row, Session

CHANGE = "difference"
"""Header of the first column: removed, before, after or added."""

_ALL = 2**31 - 1
_TEXT = SqlType(TypeKind.NVARCHAR)

Differences: TypeAlias = Iterator[tuple[str, list[Row]]]
WriteDifference: TypeAlias = Callable[[BinaryIO, tuple[Column, ...], Differences], int]
"""Writes rows with these columns; returns how many lines."""


def export_difference(
    versions: Versions,
    table: str,
    before: int,
    after: int,
    keys: Sequence[str],
    target: BinaryIO,
    write: WriteDifference,
) -> int:
    """Writes all rows that differ between two versions, by ``write_csv`` or ``workbook_writer``; returns the lines.

    :param keys: columns that identify a row; empty: determined from the data.
    :raises DataError: when there is no such version, or its rows were deleted.
    :raises ConfigurationError: when a key is not a column.
    :raises LockTimeoutError: when the table changes faster than it can be compared.
    """

    def written(session: Session, ours: Rows, theirs: Rows) -> int:
        pairs = tablediff.pair_columns(ours.columns, theirs.columns)
        plan = DiffPlan(versions.warehouse.capabilities, ours, theirs, pairs, _ALL)
        target.seek(0)
        target.truncate()
        return write(target, tuple(map(_column, pairs)), each_difference(session, plan, keys, table))

    return with_both(versions, table, before, after, written)


def write_csv(target: BinaryIO, columns: tuple[Column, ...], differences: Differences) -> int:
    """As CSV for people: UTF-8 with a mark that Excel reads, ISO dates, and no text that a spreadsheet would run."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((CHANGE, *(column.name for column in columns)))
    lines = 0
    for change, rows in differences:
        writer.writerows((change, *map(_shown, row, columns)) for row in rows)
        lines += len(rows)
    text.flush()
    text.detach()
    return lines


def workbook_writer(table: str, contract: Contract) -> WriteDifference:
    """Writes an Excel workbook with typed cells, dates as the table's files write them."""

    def write(target: BinaryIO, columns: tuple[Column, ...], differences: Differences) -> int:
        own = tuple(sheet_column(column, contract.column(column.name), contract) for column in columns)
        form = SheetForm((SheetColumn(CHANGE, "@", len(CHANGE) + 3, str), *own))
        batches = ([_cells(form, change, row) for row in rows] for change, rows in differences)
        return write_sheet(target, table, form, batches)

    return write


def _cells(form: SheetForm, change: str, row: Row) -> list[SheetValue]:
    return form.cells((change, *row))


def _column(pair: Pair) -> Column:
    """A column with the type that values of both sides have."""
    known = pair.after or pair.before
    return known if known is not None and pair.is_exact else Column(pair.name, _TEXT)


def _shown(value: Any, column: Column) -> str:
    text = cell_text(value, column.type) or ""
    return inert(text) if column.type.kind is TypeKind.NVARCHAR else text
