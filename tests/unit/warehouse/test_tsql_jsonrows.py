"""Rows as JSON: which statement takes them, and which values must travel another way."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.core.model import Column, TableName
from refdata.core.sqltypes import BIT, DATE, DATETIME2, FLOAT, INT, TIME, SqlType, TypeKind, decimal
from refdata.warehouse.tsql import jsonrows
from refdata.warehouse.tsql.driver import TsqlSession
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.staging import StagedBatches
from tests.unit.warehouse.scripted import Answer, ScriptedServer, ServerError
from tests.unit.warehouse.test_tsql_staging import pool

T = TableName("ref", "stage")
TEXT3, TEXT = SqlType(TypeKind.NVARCHAR, length=3), SqlType(TypeKind.NVARCHAR)
READS = Answer("^SELECT a, b FROM OPENJSON", rows=[("ä ", '\t\n"\\')])
LEAVES_ESCAPES = Answer("^SELECT a, b FROM OPENJSON", rows=[("ä ", "\\t\\n")])


def sent(server: ScriptedServer, *batches: pa.RecordBatch, kind: SqlType = TEXT3, batch_size: int = 1000) -> list[Any]:
    columns = (Column("t", kind),)
    InsertLoader(server, batch_size).load(T, columns, StagedBatches(batches, lambda _: None), pool(server))
    return [(sql, values) for sql, values in server.sent if sql.startswith("INSERT")]


def texts(*values: str | None) -> pa.RecordBatch:
    return pa.record_batch({"t": pa.array(values, pa.string())})


def test_rows_travel_as_one_value() -> None:
    server = ScriptedServer([READS, Answer("^INSERT", count=2)])
    statement = "INSERT INTO [ref].[stage] ([t]) SELECT c0 FROM OPENJSON(?) WITH (c0 NVARCHAR(3) '$[0]')"
    assert sent(server, texts("a'", None, "\n"), batch_size=2) == [
        (statement, ('[["a\'"],[null]]',)),
        (statement, (json.dumps([["\n"]]),)),
    ]


@pytest.mark.parametrize(
    ("text", "as_json"), [("plain 'ä", True), ('"', False), ("\\", False), ("\t", False), ("\x01", False)]
)
def test_a_server_that_leaves_escapes_gets_such_texts_as_literals(text: str, as_json: bool) -> None:
    server = ScriptedServer([LEAVES_ESCAPES])
    assert ("OPENJSON" in sent(server, texts(text), kind=TEXT)[0][0]) == as_json


def test_wide_rows_travel_as_values() -> None:
    columns = [Column(f"c{number}", INT) for number in range(91)]
    with pool(ScriptedServer()).borrow() as connection:
        session = TsqlSession(connection, ScriptedServer([READS]))
        assert jsonrows.reading(session, columns) is None
        assert jsonrows.reading(session, columns[1:]) == jsonrows.JsonReading(escapes=True)


@pytest.mark.parametrize(
    "probe",
    [Answer("OPENJSON", error=ServerError(208)), Answer("OPENJSON", rows=[("?", "")]), Answer("OPENJSON", rows=[])],
    ids=["old compatibility level", "other letters", "nothing"],
)
def test_a_server_that_reads_no_json_gets_values(probe: Answer) -> None:
    assert sent(ScriptedServer([probe]), texts("a"))[0][0].endswith("VALUES\n('a')\nOPTION (RECOMPILE)")


@pytest.mark.parametrize(
    ("value", "kind", "as_json"),
    [
        ("abc", TEXT3, True),
        ("äöü", TEXT3, True),
        ("abcd", TEXT3, False),
        ("ä\U0001f600", TEXT3, True),
        ("äö\U0001f600", TEXT3, False),
        ("a" * 9000, TEXT, True),
        ("a\x00", TEXT3, False),
        ("1", INT, False),
    ],
)
def test_a_text_that_json_would_change_travels_as_a_literal(value: str, kind: SqlType, as_json: bool) -> None:
    assert (jsonrows.document(texts(value, None), (Column("t", kind),)) is not None) == as_json


CELLS: list[tuple[Any, pa.DataType, SqlType, str]] = [
    (7, pa.int32(), INT, "7"),
    (True, pa.bool_(), BIT, "1"),
    (Decimal("1.50"), pa.decimal128(5, 2), decimal(5, 2), '"1.50"'),
    (Decimal("0E-9"), pa.decimal128(12, 9), decimal(12, 9), '"0.000000000"'),
    (0.1, pa.float64(), FLOAT, "0.1"),
    (1e300, pa.float64(), FLOAT, "1e+300"),
    (datetime.date(2024, 1, 31), pa.date32(), DATE, '"2024-01-31"'),
    (datetime.time(1, 2, 3, 4), pa.time64("ns"), TIME, '"01:02:03.0000040"'),
    (datetime.datetime(2024, 1, 31, 1, 2, 3), pa.timestamp("us"), DATETIME2, '"2024-01-31 01:02:03.000000"'),  # noqa: DTZ001
    (None, pa.null(), TEXT3, "null"),
]


@pytest.mark.parametrize(("value", "arrow", "kind", "written"), CELLS, ids=[str(case[1]) for case in CELLS])
def test_a_value_is_written_as_its_column_reads_it(value: Any, arrow: pa.DataType, kind: SqlType, written: str) -> None:
    batch = pa.record_batch({"t": pa.array([value], arrow)})
    assert jsonrows.document(batch, (Column("t", kind),)) == f"[[{written}]]"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_left_to_the_literals(value: float) -> None:
    batch = pa.record_batch({"t": pa.array([value], pa.float64())})
    assert jsonrows.document(batch, (Column("t", FLOAT),)) is None


@settings(max_examples=25)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))))
def test_a_text_is_in_the_document_as_it_is(values: list[str | None]) -> None:
    document = jsonrows.document(texts(*values), (Column("t", TEXT),))
    assert document is not None
    assert json.loads(document) == [[value] for value in values]
