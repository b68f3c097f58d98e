"""The page of the published benchmark."""

from __future__ import annotations

from benchmarks.published import Result, last_error, page

OWN = Result("refdata", "0.1.0", seconds=12.0, cpu=10.0, peak=300.0)


def test_a_tool_is_compared_by_its_cpu_and_one_that_cannot_do_it_says_why() -> None:
    other, broken = Result("slow", "1.0", seconds=30.0, cpu=25.0, peak=90.0), Result("broken", "2.0", fault="no driver")
    written = page([OWN, other, broken], rows=1_000_000, size=119_000_000, load=("3.2", "5.6"))
    assert "| slow | 1.0 | 25.0 | 2.50 | 30.0 | 40,000 | 90 |" in written
    assert "| broken | 2.0 | no driver |" in written
    assert "Load average of the machine: 3.2 before, 5.6 after." in written


def test_figures_of_a_load_that_lost_rows_are_not_shown() -> None:
    lossy = Result("lossy", "1.0", seconds=1.0, cpu=1.0, peak=9.0, fault="9 of 10 rows arrived")
    assert "| lossy | 1.0 | 9 of 10 rows arrived |  |" in page([OWN, lossy], rows=10, size=10, load=("0", "0"))


def test_of_a_tools_output_the_last_line_about_an_error_is_kept() -> None:
    assert last_error("Traceback\n│ ValueError: a | b │\nSee the manual.\n") == "ValueError: a / b"
    assert last_error("first\nlast\n") == "last"
    assert last_error("") == ""
