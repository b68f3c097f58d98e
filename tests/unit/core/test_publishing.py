"""The statements of the publish transaction, word for word."""

from __future__ import annotations

from datetime import datetime

import pytest

from refdata.core import publishing
from refdata.core.model import Column, LoadType, Publication, Stage, TableName
from refdata.core.sqltypes import INT, text
from refdata.core.statement import Statement
from refdata.warehouse.sqlite.capabilities import SqliteCapabilities
from refdata.warehouse.tsql.capabilities import TsqlCapabilities

AIRPORTS = TableName("ref", "airports")
MOMENT = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC


def publication(load_type: LoadType, *columns: str) -> Publication:
    return Publication(Stage(AIRPORTS, 7, 2), load_type, columns, 10, 0, "insert", MOMENT)


@pytest.mark.parametrize(
    ("statement", "sql", "values"),
    [
        (
            publishing.keep_version(AIRPORTS, (Column("id", INT), Column("the name", text(5))), "bkp", 4),
            "INSERT INTO [bkp].[airports_backup] ([id], [the name], [ref_data_version_id])"
            " SELECT [id], [the name], ? FROM [ref].[airports]",
            (4,),
        ),
        (TsqlCapabilities().empty_table(AIRPORTS, "delete"), "DELETE FROM [ref].[airports] WITH (TABLOCK)", ()),
        (TsqlCapabilities().empty_table(AIRPORTS, "truncate"), "TRUNCATE TABLE [ref].[airports]", ()),
        (SqliteCapabilities().empty_table(AIRPORTS, "truncate"), "DELETE FROM [ref].[airports]", ()),
        (
            publishing.has_rows(AIRPORTS),
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM [ref].[airports]) THEN 1 ELSE 0 END",
            (),
        ),
        (
            publishing.insert_rows(
                publication(LoadType.FULL, "id", "name"),
                "[stage].[x]",
                TsqlCapabilities().whole(AIRPORTS),
                TsqlCapabilities().stored_order(("name", "id")),
            ),
            "INSERT INTO [ref].[airports] WITH (TABLOCK)"
            " ([id], [name], [ref_data_loadtime], [ref_data_loadtype], [ref_data_load_id])"
            " SELECT [id], [name], ?, ?, ? FROM [stage].[x] ORDER BY [name], [id]",
            (MOMENT, "F", 7),
        ),
        (
            publishing.insert_rows(
                publication(LoadType.APPEND, "id"),
                "[stage].[x]",
                SqliteCapabilities().whole(AIRPORTS),
                SqliteCapabilities().stored_order(("id",)),
            ),
            "INSERT INTO [ref].[airports] ([id], [ref_data_loadtime], [ref_data_loadtype], [ref_data_load_id])"
            " SELECT [id], ?, ?, ? FROM [stage].[x]",
            (MOMENT, "A", 7),
        ),
    ],
)
def test_a_step_of_the_publish_is_this_statement(statement: Statement, sql: str, values: tuple[object, ...]) -> None:
    assert statement == Statement(sql, values)


def test_a_name_that_holds_sql_stays_a_name() -> None:
    table = TableName("ref", "x]; DROP TABLE y; --")
    assert publishing.qualified(table) == "[ref].[x]]; DROP TABLE y; --]"
    assert publishing.column_list(("a", "b]c")) == "[a], [b]]c]"


@pytest.mark.parametrize(("load_type", "replaces"), [(LoadType.FULL, True), (LoadType.APPEND, False)])
def test_only_a_full_load_replaces(load_type: LoadType, *, replaces: bool) -> None:
    assert publishing.replaces(publication(load_type, "id")) is replaces
