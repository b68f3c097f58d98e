"""A file made to exhaust its reader, or that is not CSV, costs little and is reported; nothing else changes.

Small sizes; ``python -m benchmarks.hostile`` runs the same cases at full size.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.hostile.bombs import BOMBS, Bomb
from tests.integration.hostile.detonate import detonate

PATIENCE = 300.0
"""Seconds after which a load counts as one that never ends; the slowest takes a few."""


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_hostile_file_ends_as_it_must_and_costs_little(bomb: Bomb, tmp_path: Path) -> None:
    file = tmp_path / "bomb.csv"
    bomb.write(file, bomb.small)
    found = detonate(tmp_path / "site", file, timeout=PATIENCE)
    assert bomb.wrong(found) == []
    suffixes = sorted(name.partition(".")[2] for name in found.left)
    assert suffixes in (
        [["csv"]] if not bomb.category else [["csv", "error.json"], ["csv", "error.json", "rejects.csv"]]
    )
