"""Every `refdata` command shown on a page runs, on a site with suitable data."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from refdata import cli
from tests.integration.cli.test_commands import FULL, root  # noqa: F401  a fixture
from tests.unit.test_docs import commands_shown

FILE = "name,city\n" + "".join(f"{code},Graz\n" for code in ("GRZ", "VIE"))


@pytest.fixture
def _site(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The site that the pages describe: ``airports`` in eight versions, ``products``, ``rates`` with a text column."""
    monkeypatch.chdir(root.parent)
    for number in range(8):
        (root / FULL / "airports.csv").write_text(f"{FILE}{number:03},Linz\n")
        assert cli.main(["load", f"{FULL}/airports.csv"]) == 0
    (root / FULL / "products.csv").write_text("sku,title,price,unit\nA1,Bolt,1.50,pc\n")
    assert cli.main(["load", f"{FULL}/products.csv"]) == 0
    contract = root / "contracts" / "rates.yaml"
    contract.parent.mkdir(exist_ok=True)
    contract.write_text("schema: {fields: [{name: valid_from, type: string}]}\n")
    (root / FULL / "rates.csv").write_text("currency,valid_from\nEUR,2024-01-31\n")
    assert cli.main(["load", f"{FULL}/rates.csv"]) == 0
    contract.unlink()


class Person(io.StringIO):
    """Somebody at a terminal who says yes."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("_site")
def test_every_command_that_a_page_shows_runs(
    root: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Person("y\n" * 99))
    # `refdata init` with a URI needs a server and changes airflow.cfg: test_init.py runs it. `refdata answer` needs a
    # load that waits in a running Airflow.
    elsewhere = ("refdata init ", "refdata answer ")
    calls = sorted({call for _, call in commands_shown() if not call.startswith(elsewhere)})
    assert calls
    codes = {}
    for call in calls:
        if "products.csv" in call:  # dropped now: `refdata doctor` would ask Airflow about a file that waits
            (root / FULL / "products.csv").write_text("sku,title,unit\nA1,Bolt,pc\n")
        codes[call] = cli.main(shlex.split(call)[1:])
    said = capsys.readouterr()
    assert {call: code for call, code in codes.items() if code != 0} == {}, said.err
