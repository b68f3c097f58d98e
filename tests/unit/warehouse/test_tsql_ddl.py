"""Plans of tables and columns as exact T-SQL."""

from __future__ import annotations

import pytest

from refdata.core import sqltypes
from refdata.core.alignment import Widening
from refdata.core.errors import ConfigurationError
from refdata.core.model import Column, NativeType, TableName
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.warehouse.tsql import ddl

T = TableName("ref", "t]x")
TEXT = SqlType(TypeKind.NVARCHAR, length=50)
MONEY = Column("c", sqltypes.decimal(19, 4), native=NativeType("money", sqltypes.decimal(18, 4)))


def test_a_table_has_its_columns_in_order() -> None:
    columns = [Column("id", sqltypes.INT, nullable=False), Column("na]me", TEXT)]
    assert ddl.create_table(T, columns) == (
        "CREATE TABLE [ref].[t]]x] (\n    [id] INT NOT NULL,\n    [na]]me] NVARCHAR(50) NULL\n)"
    )
    assert ddl.drop_table(T) == "DROP TABLE IF EXISTS [ref].[t]]x]"


def test_each_new_column_has_a_statement_of_its_own() -> None:
    assert ddl.add_columns(T, [Column("a", sqltypes.INT), Column("b", TEXT)]) == [
        "ALTER TABLE [ref].[t]]x] ADD [a] INT NULL",
        "ALTER TABLE [ref].[t]]x] ADD [b] NVARCHAR(50) NULL",
    ]
    assert ddl.add_columns(T, []) == []


IN_PLACE = [
    # old column, new type, nullable, collation of the live column, the rest of ALTER COLUMN
    (Column("c", sqltypes.INT), sqltypes.BIGINT, True, None, "[c] BIGINT"),
    (Column("c", sqltypes.INT), sqltypes.BIGINT, False, None, "[c] BIGINT NOT NULL"),
    (Column("c", SqlType(TypeKind.NVARCHAR, length=10)), TEXT, True, None, "[c] NVARCHAR(50)"),
    (
        Column("c", SqlType(TypeKind.NVARCHAR, length=10)),
        SqlType(TypeKind.NVARCHAR),
        False,
        "Latin1_General_CI_AS",
        "[c] NVARCHAR(MAX) COLLATE Latin1_General_CI_AS NOT NULL",
    ),
    (Column("c", sqltypes.INT), TEXT, True, None, "[c] NVARCHAR(50)"),
    (Column("c", sqltypes.DATE), TEXT, True, None, "[c] NVARCHAR(50)"),
]


@pytest.mark.parametrize(("old", "kind", "nullable", "collation", "expected"), IN_PLACE)
def test_a_conversion_that_the_server_does_right_is_one_statement(
    old: Column, kind: SqlType, *, nullable: bool, collation: str | None, expected: str
) -> None:
    change = Widening(Column("c", kind, nullable=nullable), old)
    assert ddl.widen_column(T, change, collation) == [f"ALTER TABLE [ref].[t]]x] ALTER COLUMN {expected}"]


BY_TEXT = [
    # old column, how its text is made
    (Column("c", sqltypes.BIT), "CASE [c] WHEN 1 THEN N'true' WHEN 0 THEN N'false' END"),
    (MONEY, "CONVERT(NVARCHAR(30), CONVERT(DECIMAL(19,4), [c]))"),
    (Column("c", sqltypes.FLOAT), "CASE WHEN ABS([c]) < 1E6 THEN"),
    (Column("c", sqltypes.DATETIME2), "LEFT(CONVERT(NVARCHAR(30), [c], 121), 19)"),
    (Column("c", SqlType(TypeKind.TIME)), "LEFT(CONVERT(NVARCHAR(30), [c], 121), 8)"),
]


@pytest.mark.parametrize(("old", "text"), BY_TEXT, ids=[str(case[0].type) for case in BY_TEXT])
def test_text_that_the_server_would_write_differently_passes_through_an_interim_column(old: Column, text: str) -> None:
    statements = ddl.widen_column(T, Widening(Column("c", TEXT), old))
    assert len(statements) == 5
    assert statements[0] == "ALTER TABLE [ref].[t]]x] ADD [refdata widening] NVARCHAR(50) NULL"
    assert statements[1].startswith(f"UPDATE [ref].[t]]x] SET [refdata widening] = {text}")
    assert statements[2:] == [
        "ALTER TABLE [ref].[t]]x] ALTER COLUMN [c] NVARCHAR(50)",
        "UPDATE [ref].[t]]x] SET [c] = [refdata widening]",
        "ALTER TABLE [ref].[t]]x] DROP COLUMN [refdata widening]",
    ]


def test_a_collation_that_is_not_a_name_reaches_no_statement() -> None:
    change = Widening(Column("c", TEXT), Column("c", SqlType(TypeKind.NVARCHAR, length=10)))
    with pytest.raises(ConfigurationError, match="is not a name"):
        ddl.widen_column(T, change, "x; DROP TABLE t")
