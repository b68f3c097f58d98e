"""The page about contracts, step by step as a newcomer follows it: each file, each command, and what it prints."""

# ruff: noqa: F811  the fixture is imported, as pytest finds it by its name

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from scripts import write_contract_keys

from refdata import cli
from tests.integration.cli.test_commands import root  # noqa: F401  a fixture

PAGE = Path(__file__).parents[3] / "docs" / "contracts.md"


def blocks() -> list[tuple[str, str]]:
    """The code blocks in their order: the text after the fence, and the content."""
    return re.findall(r"^```(.+?)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(command: str) -> None:
    """One line of a shell block."""
    words = shlex.split(command.removesuffix(" || true"))
    if words[0] == "cp":
        shutil.copy(words[1], words[2])
    else:
        code = cli.main(words[1:])
        assert (code == 0) is not command.endswith("|| true"), command


def test_a_newcomer_can_follow_the_page(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(root.parent)
    printed = ""
    kinds = []
    for info, text in blocks():
        kind, _, name = info.partition(" ")
        kinds.append(kind)
        if name:
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        elif kind == "sh":
            capsys.readouterr()
            for line in text.splitlines():
                run(line)
            printed = re.sub(r"\s+", " ", capsys.readouterr().out.replace(f"{root.parent}/", ""))
        else:
            assert kind == "text"
            assert [line for line in text.splitlines() if re.sub(r"\s+", " ", line) not in printed] == [], printed
    assert (kinds.count("sh"), kinds.count("text")) >= (5, 5)


def test_the_reference_of_keys_is_the_one_that_the_script_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert write_contract_keys.with_reference(text) == text, (
        "run: PYTHONPATH=plugins python scripts/write_contract_keys.py"
    )
