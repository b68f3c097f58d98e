from __future__ import annotations

from typing import Any

import pytest

from refdata.core.errors import ConfigurationError, RefdataError
from refdata.core.model import Column, Stage
from refdata.core.sqltypes import INT
from refdata.core.validation import Verdict
from tests.integration.engines import SQLITE, TSQL, Database
from tests.integration.warehouse.test_staging import batches


@pytest.fixture
def staged(database: Database) -> Stage:
    stage = Stage(database.table("t"), 7, 1)
    database.warehouse.stage(stage, (Column("a", INT), Column("b", INT)), batches(2), lambda rows: None)
    return stage


def test_without_a_procedure_there_is_no_verdict(database: Database, staged: Stage) -> None:
    assert database.warehouse.validate(staged) is None


VERDICTS: list[tuple[str, str, str, Verdict]] = [
    (
        "a plain object",
        "",
        """SELECT N'{"validation_result": true, "validation_issue_list": []}'""",
        Verdict(passed=True),
    ),
    (
        "issues",
        "",
        """SELECT N'{"validation_result": "failed", "validation_issue_list": ["gr\xf6\xdfe", {"row": 1}]}'""",
        Verdict(passed=False, issues=("größe", '{"row": 1}')),
    ),
    (
        "JSON in pieces",
        "",
        """SELECT N'[{"validation_result": 1, ' AS piece UNION ALL SELECT N'"validation_issue_list": ["x"]}]'""",
        Verdict(passed=True, issues=("x",)),
    ),
    (
        "the given value",
        "@load_id INT, @stage_table NVARCHAR(300), @other INT = 5",
        """SELECT N'{"validation_result": true, "validation_issue_list": ["' + CONVERT(NVARCHAR(10), @load_id) + N' '
           + CONVERT(NVARCHAR(10), @other) + N' ' + PARSENAME(@stage_table, 1) + N'"]}'""",
        Verdict(passed=True, issues=("7 5 t_stage_7_1",)),
    ),
]


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(
    ("declared", "body", "expected"), [case[1:] for case in VERDICTS], ids=[case[0] for case in VERDICTS]
)
def test_the_verdict_of_a_procedure(
    database: Database, staged: Stage, declared: str, body: str, expected: Verdict
) -> None:
    database.run(f"CREATE PROCEDURE ref.sp_ref_validate_t {declared} AS BEGIN {body} END")
    assert database.warehouse.validate(staged) == expected


@pytest.mark.parametrize("engine", TSQL)
def test_a_procedure_counts_the_staged_rows(database: Database, staged: Stage) -> None:
    database.run(
        """CREATE PROCEDURE ref.sp_ref_validate_t @stage_table NVARCHAR(300) AS BEGIN
           DECLARE @sql NVARCHAR(MAX) = N'SELECT N''{"validation_result": false, "validation_issue_list": ["'' +'
               + N' CONVERT(NVARCHAR(10), COUNT(*)) + N'' rows"]}'' FROM ' + @stage_table
           EXEC sp_executesql @sql END"""
    )
    assert database.warehouse.validate(staged) == Verdict(passed=False, issues=("6 rows",))


ANSWERS = ["", "not json", "[]", '{"x": 1}', '{"validation_result": "maybe"}']


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_not_a_verdict_publishes_nothing(database: Database, staged: Stage, answer: str) -> None:
    database.run(f"CREATE PROCEDURE ref.sp_ref_validate_t AS BEGIN SELECT N'{answer}' END")
    with pytest.raises(ConfigurationError, match="nothing was published"):
        database.warehouse.validate(staged)


@pytest.mark.parametrize("engine", TSQL)
def test_a_procedure_that_throws_is_an_error_of_the_tree(database: Database, staged: Stage) -> None:
    database.run("CREATE PROCEDURE ref.sp_ref_validate_t AS BEGIN DECLARE @unused INT; THROW 50001, 'not today', 1 END")
    with pytest.raises(RefdataError, match="not today"):
        database.warehouse.validate(staged)
    with database.warehouse.reading_stage(staged) as (session, name):
        assert session.query(f"SELECT COUNT(*) FROM {name}") == [(6,)]


CALLS: list[tuple[str, dict[str, Any]]] = [("@load_id INT", {"load_id": 3, "extra": "x"}), ("", {"load_id": 3})]


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(("declared", "values"), CALLS)
def test_the_post_load_procedure_gets_what_it_declares(
    database: Database, declared: str, values: dict[str, Any]
) -> None:
    database.run("CREATE TABLE ref.log (n INT)")
    shown = "@load_id" if declared else "-1"
    database.run(f"CREATE PROCEDURE ref.after_load {declared} AS BEGIN INSERT INTO ref.log VALUES ({shown}) END")
    for name in (f"{database.settings.ref_schema}.after_load", f"[{database.settings.ref_schema}].[after_load]"):
        database.warehouse.call_procedure(name, values)
    assert database.rows("SELECT n FROM ref.log") == [(3 if declared else -1,)] * 2


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize("name", ["nowhere.after_load", "after_load; DROP TABLE t", "a.b.c", ""])
def test_a_procedure_that_is_not_there_is_a_configuration_error(database: Database, name: str) -> None:
    with pytest.raises(ConfigurationError):
        database.warehouse.call_procedure(name, {})


@pytest.mark.parametrize("engine", [SQLITE])
def test_sqlite_has_no_procedures(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="SQLite has no procedures"):
        database.warehouse.call_procedure("dbo.after_load", {})
