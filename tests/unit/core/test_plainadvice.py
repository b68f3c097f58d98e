"""Advice on the page names nothing that a steward does not have."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import refdata
from refdata.core.plainadvice import ASK, plain_advice
from refdata.core.settings import specs

SETTINGS = [spec.name for spec in specs() if "_" in spec.name]
WRITTEN = sorted(
    {
        node.value.value
        for path in Path(refdata.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "advice"
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
)
TECHNICAL = re.compile(rf"`(refdata|airflow|pip)\b|\b({'|'.join(SETTINGS)})\b")


@pytest.mark.parametrize(
    ("advice", "plain"),
    [
        ("Fix the file's lines, or allow some with max_rejected_rows.", "Fix the file's lines."),
        ("Make the file match, or remove `frozen` in its contract or in tables.yaml.", "Make the file match."),
        ("Choose a kept version (`refdata versions` lists them); raise versions_kept.", "Choose a kept version."),
        ("Raise load_timeout, or split the file. The table is unchanged.", "Split the file. The table is unchanged."),
        ("Load it again. If it recurs, set load_method to insert.", "Load it again."),
        ("Nothing; `refdata versions` shows what happened since.", "Nothing."),
        ("Or ask an administrator to raise upload_max_mb.", "Or ask an administrator to raise upload_max_mb."),
        ("Rename it; or drop it again, or wait.", "Rename it; or drop it again, or wait."),
        ("It fits regions better: drop it as regions.csv", "It fits regions better: drop it as regions.csv."),
        ("Run `refdata doctor`.", ASK),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_steward_cannot_do_is_left_out(advice: str, plain: str) -> None:
    assert plain_advice(advice) == plain


@pytest.mark.parametrize("advice", [one for one in WRITTEN if one])
def test_no_advice_of_ours_leads_to_a_command_or_a_setting(advice: str) -> None:
    plain = plain_advice(advice)
    assert plain
    assert plain[0].upper() == plain[0]
    for part in re.split(r"[.;] ", plain):
        assert not TECHNICAL.search(part) or "administrator" in part.lower(), plain


PLAIN, OTHERS = ("Fix it", "drop it again", "wait"), ("raise pool_size", "run `refdata doctor`")


@given(st.lists(st.sampled_from([*PLAIN, *OTHERS]), max_size=5))
def test_what_names_nothing_technical_stays_in_its_order(parts: list[str]) -> None:
    kept = [part for part in parts if part in PLAIN]
    plain = plain_advice(", or ".join(parts))
    expected = ", or ".join(kept)
    assert plain == (f"{expected[0].upper()}{expected[1:]}." if kept else ASK if parts else "")
