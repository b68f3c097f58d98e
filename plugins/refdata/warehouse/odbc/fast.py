"""The load method ``insert`` over ODBC where the server reads no JSON: pyodbc's fast_executemany, arrays of parameters.

Every value except numbers and booleans travels as text of a stated size, and the server converts it. By
default, pyodbc asks for the types, and then refuses text for DECIMAL and rounds times.
https://github.com/mkleehammer/pyodbc/wiki/Features-beyond-the-DB-API#fast_executemany
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyodbc

from refdata.core.model import Column, TableName
from refdata.core.publishing import column_list, qualified
from refdata.core.sqltypes import SqlType, TypeKind, text_width
from refdata.warehouse.tsql import jsonrows
from refdata.warehouse.tsql.driver import Driver, TsqlSession, translated
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.pool import ConnectionPool
from refdata.warehouse.tsql.staging import StagedBatches

MAX_CELLS = 50_000
"""Values of one call; pyodbc allocates each at its full width (8 KB for NVARCHAR(4000))."""

_NATIVE = frozenset((TypeKind.INT, TypeKind.BIGINT, TypeKind.FLOAT, TypeKind.BIT))


class FastLoader:
    """See ``Loader``. Drivers other than Microsoft's get VALUES statements: FreeTDS crashes on arrays."""

    method = "insert"

    def __init__(self, driver: Driver, batch_size: int) -> None:
        self._driver = driver
        self._batch_size = batch_size
        self._plain = InsertLoader(driver, batch_size)

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:
        """See ``Loader.load``. Each call commits as a whole; by default every row of the array would commit."""
        with pool.borrow() as connection:
            session = TsqlSession(connection, self._driver)
            uses_arrays = _is_microsofts(connection) and jsonrows.reading(session, columns) is None
        if not uses_arrays:
            return self._plain.load(target, columns, source, pool)
        sql = insert_statement(target, columns)
        sizes = [parameter_size(column.type) for column in columns]
        staged = 0
        with pool.borrow() as connection:
            # With the driver's own switch: a failing lookup of the parameters ends a transaction begun in SQL.
            driven: Any = connection
            with translated(self._driver):
                driven.autocommit = False
            for batch in source:
                for rows in self._slices(batch):
                    source.go_on()
                    self._send(driven, sql, sizes, rows)
                    staged += len(rows)
            with translated(self._driver):
                driven.autocommit = True
        return staged

    def _slices(self, batch: pa.RecordBatch) -> Iterator[list[tuple[Any, ...]]]:
        most = max(1, min(self._batch_size, MAX_CELLS // max(1, batch.num_columns)))
        rows = zip(*(values(column) for column in batch.columns), strict=True)
        while taken := list(itertools.islice(rows, most)):
            yield taken

    def _send(self, connection: Any, sql: str, sizes: Sequence[object], rows: list[tuple[Any, ...]]) -> None:
        with translated(self._driver), connection.cursor() as cursor:
            cursor.fast_executemany = True
            cursor.setinputsizes(sizes)
            cursor.executemany(sql, rows)
            connection.commit()


def _is_microsofts(connection: Any) -> bool:
    return "msodbcsql" in str(connection.getinfo(pyodbc.SQL_DRIVER_NAME)).lower()


def insert_statement(target: TableName, columns: Sequence[Column]) -> str:
    """One row's INSERT; it stays below the 2,100 parameters of a statement for 1,024 columns."""
    names = column_list(tuple(column.name for column in columns))
    return f"INSERT INTO {qualified(target)} ({names}) VALUES ({', '.join('?' * len(columns))})"


def parameter_size(kind: SqlType) -> tuple[int, int, int] | None:
    """The argument for ``setinputsizes``: None for a value that binds as a number."""
    if kind.kind in _NATIVE:
        return None
    unlimited = kind.kind is TypeKind.NVARCHAR and kind.length is None
    return (pyodbc.SQL_WVARCHAR, 0 if unlimited else max(1, text_width(kind)), 0)


def values(column: pa.Array) -> list[Any]:
    """A column's values as pyodbc binds them."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), r"(\.\d{1,7})\d*$", r"\1")
        return list(text.to_pylist())
    if pa.types.is_date(kind):
        return list(column.cast(pa.string()).to_pylist())
    if pa.types.is_decimal(kind):
        return [None if value is None else f"{value:f}" for value in column.to_pylist()]
    return list(column.to_pylist())
