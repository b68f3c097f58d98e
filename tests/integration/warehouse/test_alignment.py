from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from refdata.core import alignment
from refdata.core.errors import SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, TIME, SqlType, TypeKind, decimal
from tests.integration.engines import TSQL, Database
from tests.integration.warehouse.conftest import Loads


def nvarchar(length: int | None) -> SqlType:
    return SqlType(TypeKind.NVARCHAR, length=length)


EVERY_TYPE = (
    *(BIT, INT, BIGINT, decimal(1, 0), decimal(9, 4), decimal(15, 0), decimal(38, 10), FLOAT, DATE, TIME, DATETIME2),
    *(nvarchar(1), nvarchar(4000), nvarchar(None)),
)


def test_a_created_table_is_read_back_as_it_was_planned(loads: Loads) -> None:
    columns = tuple(Column(f"c{number}", kind) for number, kind in enumerate(EVERY_TYPE))
    table = loads.database.table("t")
    loads.align(table, columns)
    live = loads.database.warehouse.table(table)
    assert live is not None
    assert live.columns == (*columns, *alignment.LINEAGE)
    kept = loads.database.warehouse.table(loads.database.table("t_backup", "bkp"))
    assert kept is not None
    assert kept.columns == (*columns, *alignment.LINEAGE, alignment.VERSION)


def test_aligning_twice_changes_nothing(loads: Loads) -> None:
    table = loads.database.table("t")
    columns = tuple(Column(f"c{number}", kind) for number, kind in enumerate(EVERY_TYPE))
    loads.align(table, columns)
    live = loads.database.warehouse.table(table)
    loads.align(table, columns)
    assert loads.database.warehouse.table(table) == live


def test_new_columns_are_added_behind_the_others_as_null(loads: Loads) -> None:
    table = loads.database.table("t")
    loads.align(table, [Column("a", INT)])
    loads.database.run("INSERT INTO ref.t (a) VALUES (1)")
    loads.align(table, [Column("b", nvarchar(10)), Column("A", INT), Column("c", DATE)])
    live = loads.database.warehouse.table(table)
    assert live is not None
    assert [column.name for column in live.columns if column not in alignment.LINEAGE] == ["a", "b", "c"]
    assert loads.database.rows("SELECT a, b, c FROM ref.t") == [(1, None, None)]


WIDENINGS: list[tuple[SqlType, SqlType, str, list[tuple[Any, Any]]]] = [
    # live type, type of the file's column, type afterwards, [(value before, value after)]
    (BIT, nvarchar(10), "NVARCHAR(10)", [(True, "true"), (False, "false")]),
    (BIT, INT, "NVARCHAR(20)", [(True, "true"), (False, "false")]),
    (INT, BIGINT, "BIGINT", [(-2147483648, -2147483648)]),
    (INT, decimal(4, 2), "DECIMAL(12,2)", [(2147483647, 2147483647)]),
    (INT, nvarchar(3), "NVARCHAR(20)", [(-2147483648, "-2147483648")]),
    (BIGINT, decimal(38, 0), "DECIMAL(38,0)", [(-9223372036854775808, -9223372036854775808)]),
    (BIGINT, FLOAT, "NVARCHAR(50)", [(9223372036854775807, "9223372036854775807")]),
    (decimal(9, 2), decimal(9, 4), "DECIMAL(11,4)", [("1234567.25", Decimal("1234567.25"))]),
    (decimal(10, 2), decimal(16, 8), "DECIMAL(16,8)", [("91193035.71", "91193035.71000000")]),
    (decimal(16, 2), decimal(21, 7), "DECIMAL(21,7)", [("1.50", "1.5000000")]),
    (INT, decimal(19, 9), "DECIMAL(19,9)", [(-7, "-7.000000000")]),
    (decimal(9, 2), FLOAT, "FLOAT", [("1234567.25", 1234567.25)]),
    (decimal(9, 2), nvarchar(5), "NVARCHAR(20)", [("1234567.20",) * 2, ("-3.00",) * 2, ("0.00",) * 2]),
    (decimal(9, 8), nvarchar(5), "NVARCHAR(20)", [("0.00000001",) * 2, ("-0.10000000",) * 2]),
    (decimal(15, 9), decimal(9, 2), "DECIMAL(16,9)", [("0.000000001", "0.000000001"), ("-100000.500000000",) * 2]),
    (decimal(38, 10), nvarchar(50), "NVARCHAR(50)", [("-9999999999999999999999999999.9999999999",) * 2]),
    (DATE, DATETIME2, "DATETIME2", [("0001-01-01", datetime(1, 1, 1)), ("9999-12-31", datetime(9999, 12, 31))]),  # noqa: DTZ001
    (DATE, nvarchar(5), "NVARCHAR(10)", [("0001-01-01",) * 2, ("9999-12-31",) * 2]),
    (TIME, nvarchar(5), "NVARCHAR(20)", [("10:20:00",) * 2, ("23:59:59.5",) * 2, ("00:00:00.000001",) * 2]),
    (
        DATETIME2,
        nvarchar(5),
        "NVARCHAR(50)",
        [("0001-01-01 00:00:00",) * 2, ("2024-02-29 10:20:30",) * 2, ("9999-12-31 23:59:59.999999",) * 2],
    ),
    (nvarchar(3), nvarchar(4000), "NVARCHAR(4000)", [("ä\U0001f4a9",) * 2, ("a  ",) * 2, ("",) * 2]),
    (nvarchar(3), nvarchar(None), "NVARCHAR(MAX)", [("ä\U0001f4a9",) * 2]),
]


@pytest.mark.parametrize(
    ("old", "new", "expected", "values"), WIDENINGS, ids=[f"{case[0]} and {case[1]}" for case in WIDENINGS]
)
def test_a_wider_column_keeps_every_value(
    loads: Loads, old: SqlType, new: SqlType, expected: str, values: list[tuple[Any, Any]]
) -> None:
    table = loads.database.table("t")
    loads.align(table, [Column("a", INT), Column("c", old), Column("z", INT)])
    for number, (before, _) in enumerate((*values, (None, None))):
        loads.database.run("INSERT INTO ref.t (a, c) VALUES (?, ?)", number, before)
    loads.align(table, [Column("c", new)])
    live = loads.database.warehouse.table(table)
    assert live is not None
    assert [(column.name, str(column.type)) for column in live.columns[:3]] == [
        ("a", "INT"),
        ("c", expected),
        ("z", "INT"),
    ]
    found = [row[0] for row in loads.database.rows("SELECT c FROM ref.t ORDER BY a")]
    assert [_same(value, after) for value, (_, after) in zip(found, (*values, (None, None)), strict=True)] == [
        after for _, after in (*values, (None, None))
    ]


def _same(value: Any, like: Any) -> Any:
    """A value as the type that is expected: SQLite has neither decimals nor times, and keeps long decimals as text."""
    if isinstance(like, datetime) and isinstance(value, (str, date)):
        return datetime.fromisoformat(str(value))
    if isinstance(like, (int, Decimal)) and isinstance(value, (str, float)):
        return Decimal(str(value))
    return f"{value:f}" if isinstance(value, Decimal) and isinstance(like, str) else value


FLOATS = [0.1, -0.5, 1e300, 1.7976931348623157e308, 5e-300, 1 / 3, 123456789.125, 1e15, 2**53 + 2.0, 0.0, None]


def test_floats_that_become_text_read_back_as_the_same_numbers(loads: Loads) -> None:
    table = loads.database.table("t")
    loads.align(table, [Column("a", INT), Column("c", FLOAT)])
    for number, value in enumerate(FLOATS):
        loads.database.run("INSERT INTO ref.t (a, c) VALUES (?, ?)", number, value)
    loads.align(table, [Column("c", nvarchar(10))])
    found = [row[0] for row in loads.database.rows("SELECT c FROM ref.t ORDER BY a")]
    assert [None if text is None else float(text) for text in found] == FLOATS
    assert found[0].lstrip("0") == ".1"


def test_the_table_of_versions_is_widened_too(loads: Loads) -> None:
    table = loads.database.table("t")
    loads.align(table, [Column("c", BIT)])
    loads.database.run("INSERT INTO bkp.t_backup (c, ref_data_version_id) VALUES (1, 1)")
    loads.align(table, [Column("c", nvarchar(40)), Column("new", INT)])
    assert loads.database.rows("SELECT c, [new], ref_data_version_id FROM bkp.t_backup") == [("true", None, 1)]


def scanned(name: str, kind: SqlType, longest: int, *, ascii: bool = False, nulls: int = 0) -> ScannedColumn:  # noqa: A002
    return ScannedColumn(name, name, kind, longest, nulls, ascii=ascii)


def aligned(database: Database, *columns: ScannedColumn) -> dict[str, str]:
    """The types of table ``t`` after a file with such columns came."""
    table = database.table("t")
    plan = alignment.align(table, database.warehouse.table(table), columns, min_match=0)
    database.warehouse.align(plan)
    live = database.warehouse.table(table)
    assert live is not None
    return {column.name: column.type_name for column in live.columns}


DECLARED = [
    # declared by somebody else, the file's column, the type afterwards
    ("SMALLINT", scanned("c", INT, 4), "smallint"),
    ("SMALLINT", scanned("c", INT, 5), "INT"),
    ("TINYINT", scanned("c", INT, 1), "tinyint"),
    ("TINYINT", scanned("c", INT, 2), "INT"),
    ("SMALLINT", scanned("c", nvarchar(2), 2), "NVARCHAR(20)"),
    ("MONEY", scanned("c", decimal(9, 4), 10), "money"),
    ("MONEY", scanned("c", decimal(9, 5), 10), "DECIMAL(20,5)"),
    ("SMALLMONEY", scanned("c", INT, 5), "smallmoney"),
    ("REAL", scanned("c", INT, 7), "real"),
    ("REAL", scanned("c", FLOAT, 20), "FLOAT"),
    ("NUMERIC(9, 2)", scanned("c", decimal(5, 2), 6), "DECIMAL(9,2)"),
    ("VARCHAR(20)", scanned("c", nvarchar(10), 10, ascii=True), "varchar(20)"),
    ("VARCHAR(20)", scanned("c", INT, 5), "varchar(20)"),
    ("VARCHAR(20)", scanned("c", nvarchar(10), 10), "NVARCHAR(20)"),
    ("VARCHAR(20)", scanned("c", nvarchar(50), 30, ascii=True), "NVARCHAR(50)"),
    ("CHAR(3)", scanned("c", nvarchar(10), 3, ascii=True), "char(3)"),
    ("VARCHAR(MAX)", scanned("c", nvarchar(10), 3), "NVARCHAR(MAX)"),
    ("NCHAR(3)", scanned("c", nvarchar(10), 3), "nchar(3)"),
    ("DATETIME", scanned("c", DATETIME2, 19), "DATETIME2"),
    ("DATETIME2(0)", scanned("c", DATE, 10), "datetime2(0)"),
    ("DATETIME2(0)", scanned("c", DATETIME2, 19), "DATETIME2"),
    ("SMALLDATETIME", scanned("c", DATE, 10), "DATETIME2"),
    ("TIME(0)", scanned("c", TIME, 8), "TIME"),
    ("UNIQUEIDENTIFIER", scanned("c", nvarchar(50), 36), "uniqueidentifier"),
    ("DATETIMEOFFSET", scanned("c", nvarchar(50), 25), "datetimeoffset"),
    ("VARBINARY(8)", scanned("c", nvarchar(50), 25), "varbinary"),
]


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(
    ("declared", "column", "expected"), DECLARED, ids=[f"{c[0]} and {c[1].type} {c[1].longest}" for c in DECLARED]
)
def test_a_column_that_somebody_else_declared_is_altered_only_where_it_must(
    database: Database, declared: str, column: ScannedColumn, expected: str
) -> None:
    database.run(f"CREATE TABLE ref.t (c {declared} NULL)")
    assert aligned(database, column)["c"] == expected


MONEYED = [("MONEY", "922337203685477.5807"), ("SMALLMONEY", "-214748.3648"), ("REAL", "0.1")]


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(("declared", "value"), MONEYED)
def test_money_and_real_keep_their_digits_as_text(database: Database, declared: str, value: str) -> None:
    if declared == "SMALLMONEY":
        database.skip_on_babelfish("cannot convert SMALLMONEY")
    database.run(f"CREATE TABLE ref.t (c {declared} NULL)")
    database.run(f"INSERT INTO ref.t (c) VALUES (CONVERT({declared}, ?))", value)
    aligned(database, scanned("c", nvarchar(10), 10))
    assert database.rows("SELECT c FROM ref.t") == [(value,)]


@pytest.mark.parametrize("engine", TSQL)
def test_columns_that_the_database_fills_may_be_missing_from_the_file(database: Database) -> None:
    database.run(
        "CREATE TABLE ref.t (id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY, code NVARCHAR(10) NOT NULL,"
        " made DATETIME2 NOT NULL DEFAULT SYSUTCDATETIME(), twice AS 1 + 1)"
    )
    live = database.warehouse.table(database.table("t"))
    assert live is not None
    assert [(column.name, column.optional, column.nullable) for column in live.columns] == [
        ("id", True, False),
        ("code", False, False),
        ("made", True, False),
    ]
    plan = alignment.align(live.name, live, [scanned("code", nvarchar(10), 5)], min_match=0.9)
    assert plan.missing == ("id", "made")


@pytest.mark.parametrize("engine", TSQL)
def test_a_column_that_must_not_be_null_stays_so_when_it_is_widened(database: Database) -> None:
    database.skip_on_babelfish("knows no ALTER COLUMN with NOT NULL")
    database.run("CREATE TABLE ref.t (c INT NOT NULL)")
    assert aligned(database, scanned("c", BIGINT, 12))["c"] == "BIGINT"
    live = database.warehouse.table(database.table("t"))
    assert live is not None
    assert not live.columns[0].nullable


@pytest.mark.parametrize("engine", TSQL)
def test_a_refused_change_is_a_schema_error_and_leaves_the_live_table_as_it_was(database: Database) -> None:
    database.run("CREATE TABLE ref.t (a INT NULL, c NVARCHAR(10) NULL)")
    database.run("CREATE VIEW ref.v WITH SCHEMABINDING AS SELECT c FROM ref.t")
    before = database.warehouse.table(database.table("t"))
    with pytest.raises(SchemaError):
        aligned(database, scanned("a", BIGINT, 12), scanned("c", nvarchar(100), 90))
    assert database.warehouse.table(database.table("t")) == before
    # The version table is widened first, in a transaction of its own: a wider one serves the table as it is, too.
    kept = database.warehouse.table(database.table("t_backup", "bkp"))
    assert kept is not None
    assert database.rows("SELECT 1 FROM bkp.t_backup") == []


@pytest.mark.parametrize("engine", TSQL)
def test_a_widened_column_keeps_its_collation(database: Database) -> None:
    database.skip_on_babelfish("knows no ALTER COLUMN with COLLATE")
    database.run("CREATE TABLE ref.t (c NVARCHAR(10) COLLATE Latin1_General_BIN2 NULL)")
    aligned(database, scanned("c", nvarchar(100), 90))
    sql = "SELECT LOWER(collation_name) FROM sys.columns WHERE object_id = OBJECT_ID(?) AND name = 'c'"
    assert database.rows(sql, f"{database.settings.ref_schema}.t") == [("latin1_general_bin2",)]
