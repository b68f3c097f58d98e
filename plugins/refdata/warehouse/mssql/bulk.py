"""The load method ``bulk``: mssql-python's bulk copy, fed with the reader's Arrow batches as they arrive."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from refdata.core.errors import DataError, RefdataError
from refdata.core.model import Column, TableName
from refdata.core.publishing import qualified
from refdata.warehouse.mssql.mssql_python_driver import MssqlPythonDriver
from refdata.warehouse.tsql.driver import translated
from refdata.warehouse.tsql.pool import ConnectionPool
from refdata.warehouse.tsql.staging import StagedBatches

if TYPE_CHECKING:
    import pyarrow as pa


class BulkLoader:
    """See ``Loader``.

    Bulk copy opens its own connection, so it sees committed tables only. Columns are mapped by name
    (the default is by order), NULL stays NULL, and the limit of 30 s is off. Each batch commits, so that the log can be
    freed meanwhile; those sent before a failure stay in the table, and the caller drops it.

    :param batch_size: rows of a batch, 0 for all of them.
    """

    method = "bulk"

    def __init__(self, driver: MssqlPythonDriver, batch_size: int = 0) -> None:
        self._driver = driver
        self._batch_size = batch_size

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:  # noqa: ARG002
        """See ``Loader.load``."""
        import pyarrow as pa  # commands that load nothing start without it

        schema = source.schema
        if schema is None:
            return 0
        with (
            self._explained(),
            contextlib.closing(self._driver.connect(bulk=True)) as connection,
            contextlib.closing(connection.cursor()) as cursor,
            contextlib.ExitStack() as login,
        ):
            login.enter_context(self._driver.trusted())
            # A reference cycle from an earlier failure may still keep one of the driver's runtimes, and its Rust
            # core panics when the garbage collector drops that during this call.
            gc.collect()
            # A reader with a schema is not asked for a batch before the server has described its table.
            reader = pa.RecordBatchReader.from_batches(schema, _after(login, source))
            done = cursor.bulkcopy_arrow(
                qualified(target),
                reader,
                batch_size=self._batch_size,
                timeout=0,
                column_mappings=[column.name for column in columns],
                keep_nulls=True,
                table_lock=True,
            )
        return int(done["rows_copied"])

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        with translated(self._driver, f"bulk copy to {self._driver.where}"):
            try:
                yield
            except ValueError as error:
                # The Rust core checks each value against the column before sending it.
                raise _refused(error) from None


def _after(login: contextlib.ExitStack, source: StagedBatches) -> Iterator[pa.RecordBatch]:
    """The batches; asking for the first one shows that the login is done."""
    login.close()
    yield from source


def _refused(error: ValueError) -> RefdataError:
    return DataError(
        f"Bulk copy refused a value: {error}",
        where="stage table",
        advice="Load the file again: the table is aligned first. If it recurs, set load_method to insert.",
    )
