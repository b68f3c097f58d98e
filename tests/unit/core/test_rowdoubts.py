"""Every statement about staged rows parses as T-SQL, and compares text by code points there."""

from __future__ import annotations

import pytest
import sqlglot

from refdata.core.model import Column, LoadType
from refdata.core.rowdoubts import RowDoubts
from refdata.core.sqltypes import INT, decimal, text
from refdata.warehouse.tsql.capabilities import TsqlCapabilities

CODE, NUMBER, RATE = Column("co]de", text(10)), Column("n", INT), Column("rate", decimal(9, 4))
FULL, APPEND = (
    RowDoubts(TsqlCapabilities(), load_type, "[s].[stage]", "[ref].[t]")
    for load_type in (LoadType.FULL, LoadType.APPEND)
)
STATEMENTS = [
    FULL.probe([CODE, NUMBER], 10), FULL.count_codes(CODE), FULL.count_lost_zeros(CODE), FULL.lost_zeros(CODE),
    FULL.present(CODE, ["1", "2"], staged=True), FULL.staged_values(CODE, 5), FULL.near_values(CODE, ["DE"]),
    APPEND.count_known_keys(CODE), APPEND.known_keys(CODE), APPEND.known_keys(NUMBER), APPEND.count_same(CODE, NUMBER),
    APPEND.count_same(NUMBER, CODE), FULL.gone_values(CODE, 10), FULL.gone_values(NUMBER, 10), FULL.new_values(CODE, 9),
    APPEND.live_values(CODE, 9), FULL.count_distinct(CODE), FULL.count_shared(CODE, NUMBER),
    FULL.count_shared(CODE, CODE), FULL.key_counts(CODE, staged=True), FULL.key_counts(NUMBER, staged=False),
    FULL.rounded(RATE, CODE, 2), FULL.rounded(RATE, NUMBER, 0), APPEND.count_known(NUMBER, 50),
    APPEND.count_known(CODE, None), APPEND.repeated_rows([CODE, NUMBER], NUMBER, 50), APPEND.lost_zeros(CODE),
    APPEND.repeated_rows([CODE, NUMBER], CODE, None),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_a_statement_parses_as_tsql_with_a_mark_for_each_value(number: int) -> None:
    statement = STATEMENTS[number]
    assert len(sqlglot.parse(statement.sql, dialect="tsql")) == 1
    assert statement.sql.count("?") == len(statement.values)
    assert "LIMIT" not in statement.sql


def test_a_full_load_that_has_a_code_with_its_zeros_has_not_lost_it() -> None:
    assert "NOT IN (SELECT [co]]de] COLLATE Latin1_General_BIN2 FROM [s].[stage]" in FULL.lost_zeros(CODE).sql
    assert "NOT IN (SELECT [co]]de] COLLATE Latin1_General_BIN2 FROM [s].[stage]" not in APPEND.lost_zeros(CODE).sql
