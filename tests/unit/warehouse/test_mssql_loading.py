"""The engine ``mssql`` without a server: which library opens what, and what bulk copy is handed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import mssql_python
import pyarrow as pa
import pymssql
import pytest

from refdata.core import sqltypes
from refdata.core.errors import ConnectionLostError, DataError, PermissionDeniedError, RefdataError
from refdata.core.model import Column, TableName
from refdata.core.settings import Settings
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.mssql import provision
from refdata.warehouse.mssql.bulk import BulkLoader
from refdata.warehouse.mssql.mssql_python_driver import MssqlPythonDriver, read_error
from refdata.warehouse.mssql.options import read_options
from refdata.warehouse.tsql.pool import ConnectionPool, close_pools
from refdata.warehouse.tsql.staging import StagedBatches

T = TableName("ref", "stage")
COLUMNS = (Column("n", sqltypes.INT),)
OPTIONS = read_options("sql01", None, "db", "u", "C4nary", {"bulk_port": 1434}, "test")


class NativeConnection:
    """In the place of mssql-python's; bulk copy takes all rows, or raises."""

    def __init__(self, refusal: BaseException | None = None) -> None:
        self.refusal = refusal
        self.asked: dict[str, Any] = {}
        self.target = ""
        self.closed = 0

    def cursor(self) -> NativeConnection:
        return self

    def bulkcopy_arrow(self, target: str, reader: pa.RecordBatchReader, **asked: Any) -> dict[str, int]:
        self.target, self.asked = target, asked
        if self.refusal:
            raise self.refusal
        return {"rows_copied": reader.read_all().num_rows}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def _no_pools() -> Iterator[None]:
    yield
    close_pools()


def batch() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([1, 2], pa.int32())], names=["n"])


def copied(connection: NativeConnection, monkeypatch: pytest.MonkeyPatch, *batches: pa.RecordBatch) -> tuple[int, str]:
    strings: list[str] = []

    def connect(string: str, **_: Any) -> NativeConnection:
        strings.append(string)
        return connection

    monkeypatch.setattr(mssql_python, "connect", connect)
    pool = ConnectionPool(lambda: connection, lambda _: None, size=1, patience=1)
    loader = BulkLoader(MssqlPythonDriver(OPTIONS, 5), 100_000)
    return loader.load(T, COLUMNS, StagedBatches(batches, lambda _: None), pool), "".join(strings)


def test_bulk_copy_gets_the_batches_by_name_over_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = NativeConnection()
    rows, string = copied(connection, monkeypatch, batch(), batch())
    assert rows == 4
    assert "Server={sql01,1434};" in string
    assert connection.target == "[ref].[stage]"
    asked = connection.asked
    assert (asked["column_mappings"], asked["keep_nulls"], asked["batch_size"]) == (["n"], True, 100_000)
    assert connection.closed == 2


def test_bulk_copy_of_nothing_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    assert copied(NativeConnection(), monkeypatch) == (0, "")


REFUSALS: list[tuple[BaseException, type[RefdataError], str]] = [
    (ValueError("column n"), DataError, "Bulk copy refused a value"),
    (RuntimeError("Sql Error: 1205"), RefdataError, "1205"),
    (RuntimeError("connection reset by peer"), ConnectionLostError, "connection reset"),
]


@pytest.mark.parametrize(("refusal", "error", "words"), REFUSALS, ids=[str(case[0]) for case in REFUSALS])
def test_bulk_copy_that_fails_says_why(
    refusal: BaseException, error: type[RefdataError], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(error, match=words):
        copied(NativeConnection(refusal), monkeypatch, batch())


class PanicException(BaseException):
    """As mssql-python's Rust core raises it."""


READ: list[tuple[BaseException, int | None, str | None]] = [
    # exception, number, state; None for one that is not the library's
    (PanicException("index out of bounds"), None, "HY000"),
    (RuntimeError("Sql Error: 2628 text"), 2628, ""),
    (RuntimeError("early eof"), None, "08S01"),
    (RuntimeError("anything"), None, ""),
    (mssql_python.OperationalError("Communication link failure", "x"), None, "08S01"),
    (mssql_python.InterfaceError("x", "Cannot open database 'db'"), None, "3D000"),
    (ZeroDivisionError(), None, None),
]


@pytest.mark.parametrize(("error", "number", "state"), READ, ids=[repr(case[0]) for case in READ])
def test_an_exception_of_mssql_python_says(error: BaseException, number: int | None, state: str | None) -> None:
    read = read_error(error)
    assert (None if read is None else (read.number, read.state)) == (None if state is None else (number, state))


def described(monkeypatch: pytest.MonkeyPatch, conn_id: str = "tried", **extra: Any) -> Settings:
    connection = {"conn_type": "mssql", "host": "sql01", "schema": "db", "login": "u", "password": "C4nary"}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({**connection, "extra": extra}))
    return Settings(conn_id=conn_id, connect_timeout=7)


LIBRARIES: list[tuple[dict[str, Any], str]] = [
    ({}, "pymssql"),
    ({"Driver": None}, "pymssql"),
    ({"Driver": "mssql-python"}, "mssql-python"),
    ({"Authentication": "ActiveDirectoryServicePrincipal"}, "mssql-python"),
    ({"MultiSubnetFailover": "yes"}, "mssql-python"),
]


@pytest.mark.parametrize(("extra", "library"), LIBRARIES, ids=[str(case[0]) for case in LIBRARIES])
def test_sessions_go_through_the_library_that_the_connection_needs(
    extra: dict[str, Any], library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse_native(string: str, **_: Any) -> None:
        asked.append("mssql-python")
        raise mssql_python.OperationalError("Invalid authorization specification", "for C4nary")

    def refuse_freetds(**arguments: Any) -> None:
        asked.append("pymssql")
        assert (arguments["database"], arguments["login_timeout"]) == ("db", 7)
        raise pymssql.OperationalError((18456, b"Login failed for C4nary"))

    monkeypatch.setattr(mssql_python, "connect", refuse_native)
    monkeypatch.setattr(pymssql, "connect", refuse_freetds)
    warehouse = open_warehouse(described(monkeypatch, **extra))
    with pytest.raises(PermissionDeniedError) as refused:
        warehouse.schema_version()
    assert "C4nary" not in str(refused.value)
    assert asked == [library]


class FreeTdsConnection:
    """In the place of pymssql's, whose statements come with their values in them."""

    def __init__(self, sent: list[str]) -> None:
        self.sent = sent
        self.description: Any = None
        self.rowcount = -1
        self.rows: list[tuple[Any, ...]] = []

    def autocommit(self, on: bool) -> None:
        assert on

    def cursor(self) -> FreeTdsConnection:
        return self

    def execute(self, sql: str) -> None:
        self.sent.append(sql)
        answers = {"sp_getapplock": [(0,)], "ORDER BY t.name": [], "FROM [ref].[Reference_Data_Schema]": [(0,)]}
        rows = next((rows for words, rows in answers.items() if words in sql), None)
        self.description, self.rows = ([("c",)], rows) if rows is not None else (None, [])

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def nextset(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""


def test_a_fresh_server_is_set_up_with_a_user_of_least_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    databases: list[str] = []

    def connect(**arguments: Any) -> FreeTdsConnection:
        databases.append(arguments["database"])
        return FreeTdsConnection(sent)

    monkeypatch.setattr(pymssql, "connect", connect)
    described(monkeypatch, "admin")
    provision.provision("admin", described(monkeypatch))
    assert databases == ["master", "db"]
    text = "\n".join(sent)
    for words in ("CREATE DATABASE", "CREATE LOGIN", "CREATE SCHEMA", "CREATE TABLE", "CREATE ROLE", "GRANT"):
        assert words in text
