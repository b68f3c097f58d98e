"""A load that is killed ends as one that was not; ``python -m benchmarks.kill_points`` kills at every point."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.trust import syscalls
from tests.integration.trust.killing import RECOVERIES, SCENARIOS, Trial, across_disks
from tests.integration.trust.site import SqliteSite

POINTS = 5
CASES = [
    ("full load, new table", "retry"),
    ("full load, wider", "retry"),
    ("append", "clear"),
    ("duplicate", "retry"),
    ("damaged rows refused", "retry"),
    ("full load", "give up"),
    ("handed back", "retry"),
    ("damaged rows let through, archive on another disk", "retry"),
]

pytestmark = pytest.mark.skipif(not syscalls.can_trace(), reason="this system lets no process trace its child")


@pytest.mark.parametrize(("name", "recovery"), CASES)
def test_a_load_that_is_killed_ends_as_if_it_had_run_once(
    name: str, recovery: str, memory: Path, tmp_path: Path
) -> None:
    scenario = next(one for one in SCENARIOS + across_disks(str(tmp_path)) if one.name == name)
    trial = Trial(SqliteSite(memory, **scenario.settings), scenario)
    points = trial.points
    chosen = [points[len(points) * place // POINTS + len(points) // (2 * POINTS)] for place in range(POINTS)]
    wrong = {str(point): trial.kill(point, RECOVERIES[recovery]) for point in chosen}
    assert {point: lines for point, lines in wrong.items() if lines} == {}


def test_a_process_is_killed_just_before_or_just_after_a_change(tmp_path: Path) -> None:
    def write_two() -> None:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()

    roots = (str(tmp_path),)
    assert [change.what[-2:] for change in syscalls.trace(write_two, roots=roots).changes] == ["/a", "/b"]
    for name in ("a", "b"):
        (tmp_path / name).rmdir()
    assert syscalls.trace(write_two, roots=roots, at=syscalls.Point(1, before=True)).was_killed
    assert list(tmp_path.iterdir()) == []
    assert syscalls.trace(write_two, roots=roots, at=syscalls.Point(1)).was_killed
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
