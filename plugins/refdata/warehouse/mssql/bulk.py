"""The load method ``bulk``: mssql-python's bulk copy, fed with the reader's Arrow batches as they arrive."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence

import pyarrow as pa

from refdata.core.errors import DataError, RefdataError
from refdata.core.model import Column, TableName
from refdata.core.publishing import qualified
from refdata.warehouse.mssql.mssql_python_driver import MssqlPythonDriver
from refdata.warehouse.tsql.driver import translated
from refdata.warehouse.tsql.pool import ConnectionPool
from refdata.warehouse.tsql.staging import StagedBatches


class BulkLoader:
    """See ``Loader``.

    Bulk copy opens its own connection, so it sees committed tables only. Columns are mapped by name
    (the default is by order), NULL stays NULL, and the limit of 30 s is off. Batches sent before a
    failure stay in the table: the caller drops it.

    """

    method = "bulk"

    def __init__(self, driver: MssqlPythonDriver) -> None:
        self._driver = driver

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:  # noqa: ARG002
        """See ``Loader.load``."""
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
        advice="Clear the task: the table is aligned again. If it recurs, set load_method to insert and report it.",
    )
