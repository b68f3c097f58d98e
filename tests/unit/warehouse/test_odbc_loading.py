"""Loading over ODBC: which driver gets arrays of values, and in which form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Self

import pyarrow as pa
import pytest

from refdata.core import sqltypes
from refdata.core.errors import ConfigurationError, DataError, PermissionDeniedError
from refdata.core.model import Column, TableName
from refdata.core.settings import Settings
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.tsql.pool import ConnectionPool, close_pools
from refdata.warehouse.tsql.staging import StagedBatches
from tests.integration.engines import needs_odbc

pytestmark = needs_odbc

T = TableName("ref", "stage")
COLUMNS = (Column("n", sqltypes.INT), Column("t", SqlType(TypeKind.NVARCHAR, length=10)))


@dataclass
class OdbcConnection:
    """In the place of pyodbc's: counts what it is sent; ``refusal`` is raised by arrays."""

    driver: str
    refusal: BaseException | None = None
    autocommit: bool = True
    arrays: list[list[tuple[Any, ...]]] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    commits: int = 0
    closed: bool = False

    def getinfo(self, number: int) -> str:
        return self.driver

    def cursor(self) -> OdbcCursor:
        return OdbcCursor(self)

    def commit(self) -> None:
        self.commits += 1

    def close(self) -> None:
        self.closed = True


@dataclass
class OdbcCursor:
    connection: OdbcConnection
    fast_executemany: bool = False
    sizes: Any = None
    description: Any = None
    rowcount: int = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def setinputsizes(self, sizes: Any) -> None:
        self.sizes = sizes

    def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        assert self.fast_executemany
        assert not self.connection.autocommit
        assert len(self.sizes) == len(rows[0])
        if self.connection.refusal:
            raise self.connection.refusal
        self.connection.arrays.append(rows)

    def execute(self, sql: str, values: list[object]) -> None:
        self.connection.plain.append(sql)

    def nextset(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""


def load(connection: OdbcConnection, *batches: pa.RecordBatch, batch_size: int = 1000) -> int:
    from refdata.warehouse.odbc.driver import PyodbcDriver
    from refdata.warehouse.odbc.fast import FastLoader
    from refdata.warehouse.odbc.hook import SecureOdbcHook

    loader = FastLoader(PyodbcDriver(SecureOdbcHook("tried")), batch_size)
    pool = ConnectionPool(lambda: connection, lambda _: None, size=1, patience=1)
    return loader.load(T, COLUMNS, StagedBatches(batches, lambda _: None), pool)


@pytest.fixture(autouse=True)
def _connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "odbc", "host": "sql01", "schema": "db", "password": "C4nary"}
    monkeypatch.setenv("AIRFLOW_CONN_TRIED", json.dumps({**connection, "extra": {"client_secret": "Canary2"}}))


def batch(rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(range(rows), pa.int32()), pa.array(["x"] * rows)], names=["n", "t"])


def test_microsofts_driver_gets_arrays_that_commit_as_a_whole() -> None:
    connection = OdbcConnection("libmsodbcsql-18.so")
    assert load(connection, batch(3), batch(1), batch_size=2) == 4
    assert connection.arrays == [[(0, "x"), (1, "x")], [(2, "x")], [(0, "x")]]
    assert (connection.commits, connection.autocommit) == (3, True)
    assert len(connection.plain) == 1, "it was asked only whether the server reads JSON"


def test_another_driver_gets_statements() -> None:
    connection = OdbcConnection("libtdsodbc.so")
    assert load(connection, batch(1)) == 1
    assert connection.arrays == []
    assert connection.plain[2] == "INSERT INTO [ref].[stage] ([n], [t]) VALUES\n(0, 'x')\nOPTION (RECOMPILE)"


def test_a_refused_array_is_a_data_error_without_its_values() -> None:
    import pyodbc

    said = (
        "[22001] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Truncated value: 'C4nary'. (2628) (SQLExecute)"
    )
    connection = OdbcConnection("msodbcsql18", pyodbc.DataError("22001", said))
    with pytest.raises(DataError) as refused:
        load(connection, batch(1))
    assert "error 2628" in str(refused.value)
    assert "C4nary" not in str(refused.value)
    assert connection.closed


SIZES: list[tuple[SqlType, int | None]] = [
    (sqltypes.INT, None),
    (sqltypes.FLOAT, None),
    (sqltypes.BIT, None),
    (SqlType(TypeKind.NVARCHAR, length=20), 20),
    (SqlType(TypeKind.NVARCHAR), 0),
    (sqltypes.DATE, 10),
]


@pytest.mark.parametrize(("kind", "width"), SIZES, ids=[str(case[0]) for case in SIZES])
def test_all_but_numbers_travels_as_text_of_a_stated_size(kind: SqlType, width: int | None) -> None:
    import pyodbc

    from refdata.warehouse.odbc.fast import parameter_size

    assert parameter_size(kind) == (None if width is None else (pyodbc.SQL_WVARCHAR, width, 0))


VALUES: list[tuple[pa.Array, list[Any]]] = [
    (pa.array([1, None]), [1, None]),
    (pa.array([date(2024, 2, 29)]), ["2024-02-29"]),
    (pa.array([time(1, 2, 3, 4)]), ["01:02:03.000004"]),
    (pa.array([datetime(2024, 2, 29, 1, 2, 3)], pa.timestamp("ns")), ["2024-02-29 01:02:03.0000000"]),  # noqa: DTZ001
    (pa.array([Decimal("1.50"), None]), ["1.50", None]),
]


@pytest.mark.parametrize(("column", "expected"), VALUES, ids=[str(case[0].type) for case in VALUES])
def test_values_are_bound_as(column: pa.Array, expected: list[Any]) -> None:
    from refdata.warehouse.odbc.fast import values

    assert values(column) == expected


ERRORS: list[tuple[tuple[str, ...], int | None, str]] = [
    (("28000", "[28000] [M][O][SQL Server]Login failed for user 'x'. (18456) (SQLDriverConnect)"), 18456, "28000"),
    (("08001", "[08001] [M][O]TCP Provider: Error code 0x2749 (10057) (SQLDriverConnect)"), None, "08001"),
    (("IM002", "[IM002] [unixODBC][Driver Manager]Data source name not found (0) (SQLDriverConnect)"), None, "IM002"),
    (("only text",), None, ""),
]


@pytest.mark.parametrize(("arguments", "number", "state"), ERRORS, ids=[case[0][0] for case in ERRORS])
def test_an_exception_of_pyodbc_says(arguments: tuple[str, ...], number: int | None, state: str) -> None:
    import pyodbc

    from refdata.warehouse.odbc.driver import read_error

    read = read_error(pyodbc.Error(*arguments))
    assert (read.number, read.state) == (number, state)
    assert not read.text.startswith("[")


def test_the_driver_names_its_server_and_its_secrets() -> None:
    from refdata.warehouse.odbc.driver import PyodbcDriver
    from refdata.warehouse.odbc.hook import SecureOdbcHook

    driver = PyodbcDriver(SecureOdbcHook("tried"))
    assert driver.where == "sql01:1433/db"
    assert {"C4nary", "Canary2"} <= set(driver.secrets)
    assert driver.read_error(ZeroDivisionError()) is None


def test_an_engine_over_odbc_has_no_bulk_copy() -> None:
    with pytest.raises(ConfigurationError, match="does not have the load method bulk"):
        open_warehouse(Settings(conn_id="tried", load_method="bulk"))


def test_an_engine_over_odbc_logs_in_with_what_the_connection_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyodbc

    asked: list[tuple[str, dict[str, Any]]] = []

    def refuse(string: str, **arguments: Any) -> None:
        asked.append((string, arguments))
        said = "[28000] [M][O][SQL Server]Login failed for user 'x' with C4nary. (18456) (SQLDriverConnect)"
        raise pyodbc.InterfaceError("28000", said)

    monkeypatch.setattr(pyodbc, "connect", refuse)
    close_pools()
    warehouse = open_warehouse(Settings(conn_id="tried", connect_timeout=7))
    with pytest.raises(PermissionDeniedError) as refused:
        warehouse.schema_version()
    assert "C4nary" not in str(refused.value)
    assert "SERVER={sql01,1433};" in asked[0][0]
    assert asked[0][1] == {"timeout": 7, "autocommit": True}
    assert warehouse.diagnose().trouble == "login refused"
