"""A load that is killed ends as one that was not; ``python -m benchmarks.kill_points`` kills at every point."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.engines import MSSQL
from tests.integration.places import Bucket, s3_bucket
from tests.integration.trust import syscalls
from tests.integration.trust.killing import BULK, RECOVERIES, SCENARIOS, Scenario, Trial, across_disks
from tests.integration.trust.messages import Conversations
from tests.integration.trust.site import opened

POINTS = 5
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
CASES = [
    ("full load, new table", "retry"),
    ("full load, wider", "retry"),
    ("append", "clear"),
    ("duplicate", "retry"),
    ("damaged rows refused", "retry"),
    ("bad format", "clear"),
    ("full load", "give up"),
    ("handed back", "retry"),
    ("approved at the gate", "retry"),
    ("approved at the gate", "clear"),
    ("full load with a key", "retry"),
    ("upsert", "retry"),
    ("upsert", "clear"),
    ("answered: a renamed column", "retry"),
    ("answered: a value of another type", "clear"),
    ("nobody to ask", "retry"),
    ("rules refuse", "retry"),
    ("rules reject rows", "clear"),
    ("rollback", "retry"),
    ("take-back", "retry"),
    ("damaged rows let through, archive on another disk", "retry"),
]

pytestmark = pytest.mark.skipif(not syscalls.can_trace(), reason="this system lets no process trace its child")


@pytest.mark.parametrize(("name", "recovery"), CASES)
def test_a_load_that_is_killed_ends_as_if_it_had_run_once(
    name: str, recovery: str, memory: Path, elsewhere: Path
) -> None:
    scenario = next(one for one in SCENARIOS + across_disks(str(elsewhere)) if one.name == name)
    assert killed("sqlite", memory, scenario, recovery, POINTS) == {}


@pytest.mark.parametrize(
    ("scenario", "recovery"),
    [
        (BY_NAME["full load, wider"], "retry"),
        (BY_NAME["append"], "clear"),
        (BY_NAME["full load"], "give up"),
        (BULK, "retry"),
        (BY_NAME["upsert"], "retry"),
    ],
)
@pytest.mark.parametrize("engine", [MSSQL])
def test_a_load_into_sql_server_that_is_killed_ends_as_if_it_had_run_once(
    engine: str, scenario: Scenario, recovery: str, memory: Path
) -> None:
    assert killed(engine, memory, scenario, recovery, POINTS - 2) == {}


@pytest.mark.parametrize(("name", "recovery"), [("damaged rows refused", "retry")])
def test_a_load_from_a_bucket_that_is_killed_ends_as_if_it_had_run_once(name: str, recovery: str, memory: Path) -> None:
    assert killed("sqlite", memory, BY_NAME[name], recovery, POINTS, s3_bucket(memory)) == {}


def killed(
    engine: str, folder: Path, scenario: Scenario, recovery: str, count: int, bucket: Bucket | None = None
) -> dict[str, list[str]]:
    """The differences at the end, by point; for that many points, evenly spread: with a bucket those of its changes."""
    with opened(engine, folder, bucket=bucket, **scenario.settings) as site:
        trial = Trial(site, scenario)
        points = trial.store_points if bucket else trial.settled_points
        chosen = [points[len(points) * place // count + len(points) // (2 * count)] for place in range(count)]
        wrong = {str(point): trial.kill(point, RECOVERIES[recovery]) for point in chosen}
    return {point: lines for point, lines in wrong.items() if lines}


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


BATCH, LOGIN, BULK_ROWS = 0x01, 0x10, 0x07
HEADERS = (22).to_bytes(4, "little") + bytes(18)


@pytest.mark.parametrize(
    ("sent", "settles"),
    [
        ([(LOGIN, 1, "")], [False]),
        ([(BATCH, 1, "DELETE FROM a")], [True]),
        ([(BATCH, 0, "DELETE FROM"), (BATCH, 1, " a")], [False, True]),
        ([(BATCH, 1, "-- Purpose: reads.\nSELECT a FROM b")], [False]),
        ([(BATCH, 1, "EXEC sp_executesql N'SELECT a FROM b WHERE c = @P1', N'@P1 INT', @P1 = 1")], [False]),
        ([(BATCH, 1, "SELECT a INTO c FROM b"), (BATCH, 1, "SELECT 1; UPDATE a SET b = 1")], [True, True]),
        ([(BATCH, 1, "BEGIN TRANSACTION"), (BATCH, 1, "DELETE FROM a")], [False, False]),
        ([(BATCH, 1, "BEGIN TRANSACTION"), (BATCH, 1, "COMMIT TRANSACTION"), (BATCH, 1, "x")], [False, False, True]),
        (
            [(BATCH, 1, text) for text in ("BEGIN TRANSACTION", "x", "SELECT 1", "COMMIT TRANSACTION")],
            [False] * 3 + [True],
        ),
        ([(BATCH, 1, "SELECT N'BEGIN TRANSACTION'"), (BATCH, 1, "DELETE FROM a")], [False, True]),
        ([(BULK_ROWS, 0, "rows"), (BULK_ROWS, 1, "rows")], [False, True]),
    ],
)
def test_a_message_counts_unless_the_server_takes_back_what_it_did(
    sent: list[tuple[int, int, str]], settles: list[bool]
) -> None:
    for headers in (b"", HEADERS):
        connections = Conversations()
        packets = [bytes((kind, last, *bytes(6))) + headers + text.encode("utf-16-le") for kind, last, text in sent]
        assert [connections.settles("socket:[1]", packet) for packet in packets] == settles
