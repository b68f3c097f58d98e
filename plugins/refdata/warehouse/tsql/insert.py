"""The load method ``insert``: many rows in one statement, as JSON where the server reads that, else as VALUES."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from refdata.core.model import Column, TableName
from refdata.core.publishing import column_list, qualified
from refdata.warehouse.tsql.driver import Driver, TsqlSession
from refdata.warehouse.tsql.pool import ConnectionPool
from refdata.warehouse.tsql.staging import StagedBatches

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 1000
"""Rows of one VALUES list: https://learn.microsoft.com/sql/t-sql/queries/table-value-constructor-transact-sql"""
MAX_LITERALS = 15_000
"""Values of one statement, 1,000 rows of 15 columns: time and memory to compile it grow with them, and beyond
about 4,000 values, larger statements do not stage more rows per second."""
MAX_BYTES = 8 << 20
"""UTF-8 bytes of one statement, far below the server's 65,536 packets."""
MAX_CELLS = 100_000
"""Values of one JSON text."""


_NO_PLAN = "\nOPTION (RECOMPILE)"
"""The values are part of the statement, which therefore never comes again: its plan is not worth keeping.
https://learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-query#recompile"""


class InsertLoader:
    """See ``Loader``.

    :param batch_size: most rows in one statement.
    """

    method = "insert"

    def __init__(self, driver: Driver, batch_size: int) -> None:
        self._driver = driver
        self._batch_size = batch_size

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:
        """See ``Loader.load``. Each batch commits as a whole: a commit per statement would cost a sixth of the rate."""
        from refdata.warehouse.tsql import jsonrows  # pyarrow: commands that load nothing start without it

        staged = 0
        with pool.borrow() as connection:
            session = TsqlSession(connection, self._driver)
            reading = jsonrows.reading(session, columns)
            for batch in source:
                session.execute("BEGIN TRANSACTION")
                for rows in self._slices(batch) if reading else (batch,):
                    text = reading.document(rows, columns) if reading else None
                    source.go_on()
                    if text is not None:
                        staged += session.execute(jsonrows.insert_statement(target, columns), (text,))
                    else:
                        staged += self._insert_values(session, target, columns, rows, source)
                session.execute("COMMIT TRANSACTION")
        return staged

    def _slices(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The rows of one JSON text each."""
        by_bytes = MAX_BYTES * batch.num_rows // max(1, batch.nbytes)
        most = max(1, min(self._batch_size, MAX_CELLS // max(1, batch.num_columns), by_bytes))
        return (batch.slice(start, most) for start in range(0, batch.num_rows, most))

    def _insert_values(
        self,
        session: TsqlSession,
        target: TableName,
        columns: Sequence[Column],
        rows: pa.RecordBatch,
        source: StagedBatches,
    ) -> int:
        from refdata.warehouse.tsql.rowliterals import row_literals

        names = column_list(tuple(column.name for column in columns))
        head = f"INSERT INTO {qualified(target)} ({names}) VALUES\n"
        most = max(1, min(self._batch_size, MAX_ROWS, MAX_LITERALS // max(1, len(columns))))
        staged = 0
        for literal_rows in _statements(row_literals(rows), most):
            source.go_on()
            staged += session.execute(head + ",\n".join(literal_rows) + _NO_PLAN)
        return staged


def _statements(rows: Sequence[str], most: int) -> Iterator[list[str]]:
    """The rows in lists of at most ``most`` rows and about ``MAX_BYTES``."""
    taken: list[str] = []
    size = 0
    for row in rows:
        if taken and (len(taken) == most or size + len(row) > MAX_BYTES):
            yield taken
            taken, size = [], 0
        taken.append(row)
        size += len(row)
    if taken:
        yield taken
