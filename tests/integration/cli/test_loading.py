"""``refdata load`` on a terminal: a bar of the rows, and Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from refdata import cli
from tests.integration.cli.test_commands import FULL, asked, root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["root"]


def terminal() -> tuple[int, int]:
    """Our end and the program's end of a new terminal."""
    try:
        return pty.openpty()
    except OSError:
        pytest.skip("this machine offers no pseudo-terminal (devpts is not mounted)")


def shown_until(terminal: int, text: str) -> str:
    """The output of a process to its terminal until ``text`` appears."""
    shown = ""
    while text not in shown:
        part = os.read(terminal, 4096).decode(errors="replace")
        assert part, f"the process ended without {text!r}: {shown}"
        shown += part
    return shown


def test_rows_are_counted_on_the_terminal_and_ctrl_c_cancels_the_load(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    assert cli.main(["load", f"{FULL}/cities.csv"]) == 0
    file = root / FULL / "cities.csv"
    file.write_text("code,name\n" + "".join(f"{number:07d},name {number}\n" for number in range(600_000)))
    capsys.readouterr()
    ours, theirs = terminal()
    child = subprocess.Popen(
        [sys.executable, "-m", "refdata.cli", "load", f"{FULL}/cities.csv"], stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    shown_until(ours, "/600000")  # rows are being staged
    child.send_signal(signal.SIGINT)
    shown_until(ours, "cancelled")
    assert child.wait(60) == 1
    os.close(ours)
    newest = asked(capsys, "history", "--limit", "1")[1][0]
    assert (newest["status"], newest["rows_loaded"]) == ("cancelled", None)
    assert asked(capsys, "tables")[1][0]["version_id"] == 1
    assert not file.exists()


def test_only_json_goes_to_the_standard_output(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = json.loads(os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"])
    # Airflow logs that it masks no value that short.
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_DEFAULT", json.dumps(stored | {"extra": {"note": "abc"}}))
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    command = [sys.executable, "-m", "refdata.cli", "load", f"{FULL}/cities.csv", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [row["status"] for row in json.loads(done.stdout)] == ["completed"]
    assert "Published 2 rows" in done.stderr
