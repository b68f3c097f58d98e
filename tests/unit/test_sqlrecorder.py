from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refdata.warehouse.tsql.driver import TsqlSession
from tests.sqlrecorder import NO_PARSER, StatementRecorder, judged, normalised, observe_sessions


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("SELECT a FROM [ref_812].[t] WHERE id = ?", "SELECT a FROM [ref_0].[t] WHERE id = ?"),
        ("SET x = N'O''Hara', y = 'b', z = -1.5e0", "SET x = N'x', y = 'x', z = 1"),
        ("CREATE TABLE [t_stage_17_2] (a NVARCHAR(10))", "CREATE TABLE [t_stage_0_0] (a NVARCHAR(1))"),
        ("VALUES\n(N'a', 1, NULL),\n('b', 2.5, 7)", "VALUES\n(N'x', 1, NULL), (N'x', 1, NULL)"),
        ("SELECT @p12, a1, #t1, 0x1F -- 12 'of'\n", "SELECT @p12, a1, #t1, 0x -- 12 'of'\n"),
        ("DECLARE @d DATETIME2(7)", "DECLARE @d DATETIME2(1)"),
    ],
)
def test_a_recorded_statement_has_no_values_and_no_numbers_of_one_run(sql: str, written: str) -> None:
    assert normalised(sql) == written


def test_a_statement_is_written_once(tmp_path: Path) -> None:
    recorder = StatementRecorder(tmp_path / "sql.jsonl")
    for number in (1, 2, 3):
        recorder.add(f"SELECT {number}")
    assert (tmp_path / "sql.jsonl").read_text() == '"SELECT 1"\n'


class _Cursor:
    description = None
    rowcount = 0

    def execute(self, sql: str, *values: object) -> None: ...
    def nextset(self) -> bool:
        return False

    def close(self) -> None: ...


class _Library:
    """A connection and its driver, which writes values as literals."""

    def cursor(self) -> _Cursor:
        return _Cursor()

    def execute(self, cursor: Any, sql: str, values: Any) -> None:
        cursor.execute(sql.replace("?", str(values[0])))

    def read_error(self, error: BaseException) -> None:
        return None


def test_statements_are_observed_as_stated_and_as_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    stated: list[str] = []
    sent: list[str] = []
    observe_sessions(monkeypatch, stated.append, lambda sql, *_: sent.append(sql))
    library: Any = _Library()
    session = TsqlSession(library, library)
    session.execute("SELECT ?", (5,))
    session.execute("SELECT ?", (6,))
    assert (stated, sent) == (["SELECT ?", "SELECT ?"], ["SELECT 5", "SELECT 6"])


@pytest.mark.parametrize(("status", "parses"), [(0, True), (1, False)])
def test_the_parsers_verdict_is_the_sessions(tmp_path: Path, status: int, parses: bool) -> None:
    recorded = tmp_path / "sql.jsonl"
    recorded.write_text("".join(json.dumps(text) + "\n" for text in ("SELECT 2", "SELECT 1", "SELECT 2")))
    parser = tmp_path / "parser.py"
    parser.write_text(f"import sys\nprint(open(sys.argv[1]).read())\nsys.exit({status})\n")
    found, words = judged(recorded, str(parser))
    assert found is parses
    assert words.startswith("2 distinct statements")
    assert ("SELECT 1\nGO\nSELECT 2" in words) is not parses
    assert (tmp_path / "sql.sql").read_text() == "SELECT 1\nGO\nSELECT 2"


def test_without_a_parser_the_reason_is_said(tmp_path: Path) -> None:
    (tmp_path / "sql.jsonl").write_text('"SELECT 1"\n')
    assert judged(tmp_path / "sql.jsonl", "") == (
        True,
        f"1 distinct statements in {tmp_path / 'sql.jsonl'}; {NO_PARSER}",
    )
