"""Which staged rows break a rule over several rows: run on SQLite, as every statement must run somewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sqlglot

from refdata.core.contract import Constraint, Contract, FieldContract, ForeignKey, UniqueKey
from refdata.core.contractterms import ConstraintKind, LoadMode, Severity
from refdata.core.keyrules import ROW, KeyPlan, Side, has_key_rules, remove_rows
from refdata.core.model import Column, LoadType
from refdata.core.sqltypes import INT, SqlType, text
from refdata.warehouse.sqlite.capabilities import SqliteCapabilities
from refdata.warehouse.tsql.capabilities import TsqlCapabilities

TEXT = text(10)
Rows = Sequence[Sequence[Any]]


def side(name: str, columns: Mapping[str, SqlType], *, staged: bool = False) -> Side:
    own = tuple(Column(column, kind) for column, kind in columns.items())
    return Side(f"[{name}]", (*own, ROW) if staged else own)


def filled(connection: sqlite3.Connection, table: Side, rows: Rows) -> None:
    names = ", ".join(f"[{column.name}] {'TEXT' if column.type == TEXT else 'INTEGER'}" for column in table.columns)
    connection.execute(f"CREATE TABLE {table.source} ({names})")
    marks = ", ".join("?" for _ in table.columns)
    connection.executemany(f"INSERT INTO {table.source} VALUES ({marks})", rows)


def broken(
    contract: Contract, columns: Mapping[str, SqlType], rows: Rows, *, live: Rows | None = None,
    load_type: LoadType = LoadType.FULL, parents: Mapping[str, tuple[Mapping[str, SqlType], Rows]] | None = None,
) -> list[tuple[int, str]]:  # fmt: skip
    """The numbers of the rows at fault, each with its rule."""
    connection = sqlite3.connect(":memory:")
    stage = side("stage", columns, staged=True)
    filled(connection, stage, [(*row, number) for number, row in enumerate(rows, start=1)])
    table = side("live", columns) if live is not None else None
    if table is not None:
        filled(connection, table, live or ())
    others = {name: side(name, kinds) for name, (kinds, _) in (parents or {}).items()}
    for name, (_, brought) in (parents or {}).items():
        filled(connection, others[name], brought)
    plan = KeyPlan(SqliteCapabilities(), contract, load_type, stage, table, others)
    return [(row[0], rule.words) for rule in plan.rules() for row in connection.execute(rule.statement.sql)]


CODE = {"code": TEXT, "n": INT}
KEY = Contract(table="t", primary_key=("code",))


@pytest.mark.parametrize(
    ("contract", "want"),
    [
        (KEY, [5, 4]),
        (Contract(table="t", primary_key=("CODE",)), [5, 4]),
        (Contract(table="t", primary_key=("code",), key_ignores_case=True), [5, 2, 4]),
        (Contract(table="t", primary_key=("code",), key_ignores_trailing_blanks=True), [5, 3, 4]),
        (Contract(table="t", primary_key=("code", "n")), [5]),
        (Contract(table="t", unique_keys=(UniqueKey(("code",)),)), [4]),
        (Contract(table="t", primary_key=("gone",)), []),
    ],
)
def test_keys_compare_as_the_contract_says(contract: Contract, want: list[int]) -> None:
    rows = [("ab", 1), ("AB", 2), ("ab ", 3), ("ab", 4), (None, 5)]
    assert sorted(row for row, _ in broken(contract, CODE, rows)) == sorted(want)


def test_an_append_must_not_bring_a_key_that_is_there() -> None:
    rows, live = [("a", 1), ("b", 2)], [("b", 9)]
    assert broken(KEY, CODE, rows, live=live, load_type=LoadType.APPEND) == [
        (2, "the key (code) is already in the table")
    ]
    assert broken(KEY, CODE, rows, live=live) == []
    upsert = Contract(table="t", primary_key=("code",), load=LoadMode.UPSERT)
    assert broken(upsert, CODE, rows, live=live, load_type=LoadType.APPEND) == []


@pytest.mark.parametrize(
    ("rows", "live", "want"),
    [
        ([("a", 1), ("b", 9)], [("b", 9), ("c", 1)], [1]),
        ([("a", 2), ("b", 1)], [("a", 1), ("b", 2)], []),
        ([("a", None)], [("b", None)], []),
    ],
)
def test_an_upsert_must_not_bring_a_unique_value_of_a_row_that_stays(rows: Rows, live: Rows, want: list[int]) -> None:
    contract = Contract(table="t", primary_key=("code",), unique_keys=(UniqueKey(("n",)),), load=LoadMode.UPSERT)
    assert [row for row, _ in broken(contract, CODE, rows, live=live, load_type=LoadType.APPEND)] == want


REFERENCE = Contract(table="t", foreign_keys=(ForeignKey(("country",), "countries", ("code",)),))
AIRPORTS = {"iata": TEXT, "country": TEXT}


@pytest.mark.parametrize(
    ("parents", "want", "lacking"),
    [
        ({"countries": ({"code": TEXT}, [("DE",), ("FR",)])}, [2, 4], ""),
        ({"countries": ({"code": TEXT}, [])}, [1, 2, 4], ""),
        ({}, [1, 2, 4], ": there is no such table yet"),
        ({"countries": ({"other": TEXT}, [("DE",)])}, [1, 2, 4], ": countries has no column code"),
    ],
)
def test_a_reference_is_met_exactly_or_empty(parents: Any, want: list[int], lacking: str) -> None:
    rows = [("BER", "DE"), ("XXX", "XX"), ("YYY", None), ("ZZZ", "de")]
    found = broken(REFERENCE, AIRPORTS, rows, parents=parents)
    assert [row for row, _ in found] == want
    assert {words for _, words in found} <= {f"the value of country is not in countries (code){lacking}"}


def test_a_table_may_refer_to_rows_that_come_with_it() -> None:
    contract = Contract(table="staff", foreign_keys=(ForeignKey(("boss",), "Staff", ("id",)),))
    columns = {"id": INT, "boss": INT}
    rows = [(1, None), (2, 1), (3, 9), (4, 7)]
    assert [row for row, _ in broken(contract, columns, rows)] == [3, 4]
    appended = broken(contract, columns, rows, live=[(9, None)], load_type=LoadType.APPEND)
    assert [row for row, _ in appended] == [4]


def test_a_number_refers_to_a_text_by_its_digits() -> None:
    contract = Contract(table="t", foreign_keys=(ForeignKey(("n",), "codes", ("code",)),))
    found = broken(contract, {"n": INT}, [(7,), (8,)], parents={"codes": ({"code": TEXT}, [("7",), ("08",)])})
    assert [row for row, _ in found] == [2]


def test_every_statement_is_t_sql_too() -> None:
    unique = FieldContract(name="n", constraints=(Constraint(ConstraintKind.UNIQUE, True, Severity.WARN),))
    contract = Contract(
        table="t", primary_key=("code",), fields=(unique,),
        foreign_keys=(ForeignKey(("code", "n"), "p", ("a", "b")), ForeignKey(("n",), "t", ("n",))),
    )  # fmt: skip
    stage, live = side("stage", CODE, staged=True), side("live", CODE)
    parent = side("p", {"a": TEXT, "b": TEXT})
    plan = KeyPlan(TsqlCapabilities(), contract, LoadType.APPEND, stage, live, {"p": parent})
    statements = [rule.statement.sql for rule in plan.rules()]
    assert len(statements) == 7
    for sql in (*statements, remove_rows("[stage]", [1, 2]).sql):
        sqlglot.parse_one(sql, read="tsql")


@pytest.mark.parametrize(
    ("contract", "needed"),
    [
        (KEY, True),
        (REFERENCE, True),
        (Contract(table="t"), False),
        (Contract(table="t", fields=(FieldContract(name="a"),)), False),
    ],
)
def test_rows_are_numbered_only_where_a_rule_needs_it(contract: Contract, *, needed: bool) -> None:
    assert has_key_rules(contract) is needed
