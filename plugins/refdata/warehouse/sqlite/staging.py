"""Fills a stage database: one table in its own file, through Arrow's own SQLite driver.

Measured on 300,000 rows of 13 mixed columns: 0.9 s with ADBC, which binds Arrow's buffers in C and lets
the reader's threads continue, 1.5 s with sqlite3's executemany.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from refdata.ahead import ahead
from refdata.core.errors import LockTimeoutError, StorageFullError, TransientError
from refdata.core.model import Column, TableName
from refdata.warehouse.sqlite import ddl, values
from refdata.warehouse.sqlite.connection import translate

_PATIENCE = 10_000
"""Milliseconds that a stage waits for who looks which table it is for: another load that begins (``stages``). Without,
its commit failed in 18 of 4,400 loads of a burst, and the step was retried."""
_PAGE_BYTES = 16_384
"""Of a stage's file. Measured on 1,000,000 rows of 13 columns: a sixth less time than with SQLite's 4,096, no more with
65,536."""


def fill(
    path: Path,
    table: str,
    columns: Sequence[Column],
    batches: Iterable[pa.RecordBatch],
    on_progress: Callable[[int], None],
) -> int:
    """Creates ``table`` in the file and streams the batches into it; returns the number of rows.

    A stage left by a crash is thrown away, so it does not need durability.

    :raises StorageFullError: when the driver fails to write.
    :raises LockTimeoutError: when another process keeps the stage locked.
    """
    _create(path, table, columns)
    bound = values.schema(columns)
    feed = _StageFeed(ahead(values.bindable_batch(batch, bound) for batch in batches), on_progress)
    try:
        with contextlib.closing(adbc.connect(str(path), autocommit=True)) as connection:
            _ingest(connection, table, pa.RecordBatchReader.from_batches(bound, feed))
    except AdbcError as error:
        # The driver passes on an exception of the batches as text only.
        # Not chained: that text repeats the reader's exception, and so a row's values.
        raise feed.error or _refused(error, path) from None
    return feed.rows


def _create(path: Path, table: str, columns: Sequence[Column]) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute(ddl.create_table(TableName("main", table), columns))
    except sqlite3.Error as error:
        raise translate(error, f"stage {path.name}") from error


def _ingest(connection: adbc.Connection, table: str, reader: pa.RecordBatchReader) -> None:
    with connection.cursor() as cursor:
        for pragma in (
            f"busy_timeout = {_PATIENCE}",
            "journal_mode = OFF",
            "synchronous = OFF",
            "locking_mode = EXCLUSIVE",
        ):
            cursor.execute(f"PRAGMA {pragma}")
            cursor.fetchall()
        cursor.adbc_ingest(table, reader, mode="append")


class _StageFeed:
    """Counts the batches' rows; keeps the exception that ended them."""

    def __init__(self, batches: Iterable[pa.RecordBatch], on_progress: Callable[[int], None]) -> None:
        self._batches = batches
        self._on_progress = on_progress
        self.rows = 0
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield batch
                self.rows += batch.num_rows
                self._on_progress(self.rows)
        except BaseException as error:
            self.error = error
            raise


def _refused(error: AdbcError, path: Path) -> TransientError:
    if "database is locked" in str(error):  # the driver passes on SQLite's text and not its code
        return LockTimeoutError(
            f"Another process has looked at the stage database for {_PATIENCE / 1000:.0f} s",
            where=path.name,
            advice="Nothing: the step is retried.",
        )
    return StorageFullError(
        f"The stage database cannot be written: {error}",
        where=path.name,
        advice="Free up space on the disk with the database files.",
    )
