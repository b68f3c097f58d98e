"""Text columns whose values have another type are found, for the advice of `refdata report`."""

from __future__ import annotations

import logging

import pytest

from refdata.core.model import Column, Table
from refdata.core.report import NarrowerType
from refdata.core.sqltypes import DATE, INT, SqlType, text
from refdata.versioning.sampling import LEAST_VALUES, narrower_types
from tests.integration.engines import Database

LOG = logging.getLogger("refdata.test")


def found(database: Database) -> list[NarrowerType]:
    return list(narrower_types(database.warehouse, database.warehouse.tables(database.settings.ref_schema), LOG))


@pytest.mark.parametrize(
    ("declared", "value", "fits"),
    [
        ("NVARCHAR(50)", "'12' + {n}", INT),
        ("NVARCHAR(50)", "'007' + {n}", None),
        ("NVARCHAR(50)", "'2024-12-' + {n}", DATE),
        ("NVARCHAR(50)", "{n} + '.12.2024'", None),  # SQL Server would not convert it
        ("NVARCHAR(50)", "'Graz ' + {n}", None),
        ("NVARCHAR(MAX)", "'Graz ' + {n}", text(7)),
        ("NVARCHAR(50)", "NULL", None),
        ("INT", "{n}", None),
    ],
)
def test_a_column_worth_another_type(database: Database, declared: str, value: str, fits: SqlType | None) -> None:
    if database.is_sqlite:
        declared = declared.replace("(MAX)", "")
    database.run(f"CREATE TABLE ref.[t] ([c] {declared})")
    numbers = [f"'{10 + number}'" for number in range(LEAST_VALUES)]
    joined = value.replace(" + ", " || ") if database.is_sqlite else value
    for number in numbers:
        database.run(f"INSERT INTO ref.[t] ([c]) VALUES ({joined.format(n=number)})")
    assert [(one.column, one.fits, one.rows) for one in found(database)] == (
        [("c", fits, LEAST_VALUES)] if fits else []
    )


def test_few_values_say_nothing(database: Database) -> None:
    database.run("CREATE TABLE ref.[t] ([c] NVARCHAR(50))")
    database.run("INSERT INTO ref.[t] ([c]) VALUES ('1')")
    assert found(database) == []


def test_a_table_that_cannot_be_read_is_left_out_and_reported(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Table(database.table("gone"), (Column("c", text(50)),))
    assert list(narrower_types(database.warehouse, [gone], LOG)) == []
    assert "No advice on the types of" in caplog.text
