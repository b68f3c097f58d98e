"""Warnings on the command line: with the load itself, in the history, and in the overview."""

from __future__ import annotations

from pathlib import Path

import pytest

from refdata import cli
from tests.integration.cli.test_commands import FULL, asked, root

__all__ = ["root"]

LINES = ["# made by hand", "code,name", "01,Graz", "# not sure", "02,Linz", "", "Total: 2 rows"]
DROPPED = {1: "# made by hand", 4: "# not sure", 7: "Total: 2 rows"}
"""Lines that are not rows of the table, by their numbers."""


def load(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (root / FULL / "cities.csv").write_text("\n".join(LINES) + "\n")
    capsys.readouterr()
    assert cli.main(["load", f"{FULL}/cities.csv"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("line", DROPPED)
def test_each_dropped_line_is_named_with_its_number_and_text(
    line: int, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = load(root, capsys)
    (said,) = [text for text in printed.splitlines() if f"Line {line} " in text]
    assert said.startswith("Warning: ")
    assert said.endswith(DROPPED[line])


def test_history_and_status_show_which_loads_warn(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(root, capsys)
    (root / FULL / "towns.csv").write_text("code,name\n01,Wels\n02,Steyr\n")
    assert cli.main(["load", f"{FULL}/towns.csv"]) == 0
    capsys.readouterr()
    newest, before = asked(capsys, "history")[1]
    assert (newest["warnings"], len(before["warnings"])) == ([], 3)
    warned = asked(capsys, "status")[1]["last_warned"]
    assert [(one["file_name"], len(one["warnings"])) for one in warned] == [("cities.csv", 3)]
    assert cli.main(["status"]) == 0
    printed = capsys.readouterr().out
    assert "Loaded with warnings" in printed
    assert "towns.csv" not in printed
