"""The page of the published benchmark."""

from __future__ import annotations

import pytest
from benchmarks import published
from benchmarks.published import Comparison, Result, last_error, page

OWN = Result("refdata", "0.1.0", seconds=12.0, loading=10.0, cpu=11.0, peak=300.0)


def comparison(*others: Result, title: str = "SQLite 3.40.1") -> Comparison:
    return Comparison("sqlite", title, 1_000_000, 119_000_000, ("3.2", "5.6"), [OWN, *others])


def test_a_tool_is_compared_without_its_imports_and_one_that_cannot_do_it_says_why() -> None:
    library = Result("library", "1.0", seconds=30.0, loading=25.0, cpu=26.0, peak=90.0)
    program = Result("program", "1.0", seconds=40.0, cpu=26.0, peak=90.0)
    written = page([comparison(library, program, Result("broken", "2.0", fault="no driver"))])
    assert "| library | 1.0 | 25.0 | 2.50 | 40,000 | 30.0 | 26.0 | 90 |" in written
    assert "| program | 1.0 | 40.0 | 4.00 | 25,000 | 40.0 | 26.0 | 90 |" in written
    assert "| broken | 2.0 |  |  |" in written
    assert "\n\n- broken has no figures: `no driver`\n" in written
    assert "Load average of the machine: 3.2 before, 5.6 after." in written


def test_figures_of_a_load_that_lost_rows_are_not_shown() -> None:
    lossy = Result("lossy", "1.0", seconds=1.0, cpu=1.0, peak=9.0, fault="9 of 10 rows arrived")
    written = page([comparison(lossy)])
    assert "| lossy | 1.0 |  |  |" in written
    assert "- lossy has no figures: `9 of 10 rows arrived`" in written


def test_each_target_has_its_table() -> None:
    written = page([comparison(), comparison(title="SQL Server")])
    assert written.index("## SQLite 3.40.1") < written.index("## SQL Server")
    assert written.count("| refdata | 0.1.0 | 10.0 | 1.00 |") == 2


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        ("Traceback\n│ ValueError: a `b` │\nSee the manual.\n", "ValueError: a 'b'"),
        (
            "(pyodbc.ProgrammingError) no table\n(Background on this error at: x)\n",
            "(pyodbc.ProgrammingError) no table",
        ),
        ("first\nlast\n", "last"),
        ("", ""),
    ],
)
def test_of_a_tools_output_the_last_line_with_an_error_is_kept(output: str, kept: str) -> None:
    assert last_error(output) == kept


def test_a_password_in_an_error_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "URI", "mssql://user:p%40ss@host/db")
    assert last_error("LoginError: mssql://user:p%40ss@host, p@ss") == "LoginError: mssql://user:***@host, ***"
