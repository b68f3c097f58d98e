"""Each engine's own SQL: SQLite's statements run, T-SQL's are parsed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest
import sqlglot

from refdata.core.capabilities import Capabilities
from refdata.core.sqltypes import INT, SqlType, TypeKind, text
from refdata.core.statement import Statement
from refdata.warehouse.sqlite.capabilities import SqliteCapabilities
from refdata.warehouse.tsql.capabilities import TsqlCapabilities

SQLITE, TSQL = SqliteCapabilities(), TsqlCapabilities()
ENGINES: Sequence[Capabilities] = (SQLITE, TSQL)
LONG = SqlType(TypeKind.DECIMAL, precision=20, scale=4)
MOMENT = SqlType(TypeKind.DATETIME2)


def asked(sql: str) -> object:
    return sqlite3.connect(":memory:").execute(sql).fetchone()[0]


def statements(engine: Capabilities) -> list[Statement]:
    return [
        *engine.prepare_copies(),
        *engine.copy_rows("copied", "SELECT code, n FROM t", " WHERE n > ?", (1,)),
        *engine.index_rows("copied", ["code"]),
        engine.store_rows("stored", "SELECT code", f" FROM {engine.temporary('copied')}"),
        engine.first_rows(f"SELECT code FROM {engine.temporary('stored')} ORDER BY code", 1),
    ]


def test_rows_are_copied_stored_and_limited() -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript("CREATE TABLE t (code TEXT, n INTEGER); INSERT INTO t VALUES ('c', 3), ('b', 2), ('a', 1)")
    rows = [connection.execute(one.sql, one.values).fetchall() for one in statements(SQLITE)]
    assert rows[-1] == [("b",)]


@pytest.mark.parametrize("statement", statements(TSQL), ids=lambda one: one.sql[:30])
def test_the_statements_of_t_sql_are_t_sql(statement: Statement) -> None:
    sqlglot.parse_one(statement.sql, read="tsql")
    assert statement.sql.count("?") == len(statement.values)


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [("'a'", "'a'", 0), ("'a'", "'A'", 1), ("'a'", "'a '", 1), ("NULL", "NULL", 0), ("'a'", "NULL", 1), ("1", "2", 1)],
)
def test_values_differ_by_code_points_and_null_equals_null(first: str, second: str, differs: int) -> None:
    assert asked(f"SELECT {SQLITE.differs(first, second, is_text=True)}") == differs
    sqlglot.parse_one(f"SELECT {TSQL.differs(first, second, is_text=True)}", read="tsql")


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (LONG, "'1.10'", "'1.1000'"),
        (LONG, "'100'", "'100'"),
        (MOMENT, "'2024-12-01'", "'2024-12-01 00:00:00'"),
        (INT, "7", "7"),
    ],
)
def test_equal_values_have_one_canonical_form(kind: SqlType, first: str, second: str) -> None:
    assert asked(f"SELECT {SQLITE.canonical(first, kind)} = {SQLITE.canonical(second, kind)}") == 1


@pytest.mark.parametrize("engine", ENGINES, ids=["sqlite", "tsql"])
def test_a_type_can_be_cast_to_and_a_text_has_parts(engine: Capabilities) -> None:
    read = "sqlite" if engine is SQLITE else "tsql"
    for kind in (text(10), SqlType(TypeKind.NVARCHAR), INT, LONG, MOMENT):
        sqlglot.parse_one(f"SELECT CAST(x AS {engine.type_name(kind)})", read=read)
    for part in engine.text_parts("x"):
        sqlglot.parse_one(f"SELECT {part}", read=read)


@pytest.mark.parametrize("engine", ENGINES, ids=["sqlite", "tsql"])
def test_a_statement_binds_what_the_engine_accepts(engine: Capabilities) -> None:
    assert engine.most_values >= 500
    if engine is SQLITE:
        marks = ", ".join("?" * engine.most_values)
        sqlite3.connect(":memory:").execute(f"SELECT 1 WHERE 1 IN ({marks})", range(engine.most_values))
