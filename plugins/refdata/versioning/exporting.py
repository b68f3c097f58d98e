"""Writes the rows of a version as a file, while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from refdata.core.contract import Contract
from refdata.core.csvwriting import CsvForm, csv_form
from refdata.core.errors import DataError
from refdata.core.model import Column
from refdata.core.rowvalues import readable
from refdata.core.sheetwriting import sheet_form
from refdata.core.versions import locate
from refdata.versioning.locating import Versions
from refdata.versioning.workbooks import write_sheet
from refdata.warehouse.base import Row


@dataclass(frozen=True, slots=True)
class VersionRows:
    """The columns of a version, and its rows in batches, while they are read."""

    columns: tuple[Column, ...]
    batches: Iterator[list[Row]]


def export_csv(versions: Versions, table: str, version: int | None, contract: Contract, target: BinaryIO) -> int:
    """Writes the rows of a version, or of the live table where it is None, as CSV; returns how many.

    :raises DataError: when there is no such table or version, its rows were deleted, or a value has a character that
        the declared encoding lacks.
    :raises LockTimeoutError: when the table was loaded while the version was read from it.
    """
    with _reading(versions, table, version) as source:
        form = csv_form(source.columns, contract)
        text = io.TextIOWrapper(target, encoding=form.encoding, newline="", write_through=False)
        try:
            rows = _write_csv(source, form, text)
        except UnicodeEncodeError as error:
            point = ord(error.object[error.start])
            raise DataError(
                f"{table} has a character that the declared encoding {form.encoding} lacks: U+{point:04X}",
                where=table,
                advice="Declare an encoding in the contract that has it, such as utf-8.",
            ) from error
    text.detach()
    return rows


def export_workbook(versions: Versions, table: str, version: int | None, contract: Contract, target: BinaryIO) -> int:
    """Writes the rows of a version, or of the live table where it is None, as an Excel workbook; returns how many.

    :raises DataError: as ``export_csv``; also when a sheet cannot hold so many rows, or so long a text.
    """
    with _reading(versions, table, version) as source:
        form = sheet_form(source.columns, contract)
        return write_sheet(target, table, form, (map(form.cells, batch) for batch in source.batches))


@contextmanager
def _reading(versions: Versions, table: str, version: int | None) -> Iterator[VersionRows]:
    records = versions.ledger.versions(table)
    source = versions.rows_of(table, version, records)
    columns = versions.columns_of(table, source)
    with versions.warehouse.transaction(write=False) as session:
        if version is not None:
            versions.require_rows(session, source, table, version, records)
        where = f" WHERE {source.where}" if source.where else ""
        sql = f"SELECT {_names(versions, columns)} FROM {source.source}{where}"
        yield VersionRows(columns, session.stream(sql, source.values))
    if version is not None and locate(records, version).snapshot is None:
        versions.require_unchanged(table, records)


def _write_csv(source: VersionRows, form: CsvForm, text: io.TextIOWrapper) -> int:
    writer = _writer(text, form)
    rows = 0
    if form.header:
        writer.writerow(form.header)
    for batch in source.batches:
        writer.writerows(map(form.cells, batch))
        rows += len(batch)
    text.flush()
    return rows


def _writer(text: io.TextIOWrapper, form: CsvForm) -> Any:
    return csv.writer(text, delimiter=form.delimiter, quotechar=form.quote, lineterminator="\n")


def _names(versions: Versions, columns: Sequence[Column]) -> str:
    engine = versions.warehouse.capabilities
    return ", ".join(readable(engine, one) for one in columns)
