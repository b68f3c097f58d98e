"""When a load that waits asks for its table's turn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from refdata.core.model import FileStatus
from refdata.core.turns import Queued, Wait, is_due

NOW = datetime(2026, 1, 1, 12)  # noqa: DTZ001  the ledger's times are naive UTC
STALE = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def load(number: int, status: str = "pending", *, table: str = "rates", silent: timedelta = timedelta()) -> Queued:
    """The load whose turn is the number-th; ``silent`` since its last heartbeat."""
    heartbeat = NOW - silent if status == "processing" else None
    return Queued(number, table, f"rates_{number}.csv", FileStatus(status), str(number), heartbeat)


MINE = load(5)
CASES = [
    ("nobody else", [MINE], 0, True),
    ("a later one", [MINE, load(6)], 0, True),
    ("another table", [MINE, load(1, "processing", table="cities")], 0, True),
    ("its own row is gone or ended", [load(1)], 0, True),
    ("its own turn, after the process died", [load(5, "processing", silent=HOUR)], 0, True),
    ("an earlier one", [MINE, load(4)], 0, False),
    ("an earlier one that does nothing", [MINE, load(4)], 60, True),
    ("two that do nothing: the first of them looks first", [MINE, load(3), load(4)], 60, False),
    ("two that do nothing", [MINE, load(3), load(4)], 120, True),
    ("one at work", [MINE, load(4, "processing")], 600, False),
    ("a later one at work", [MINE, load(6, "processing")], 600, False),
    ("one whose process died", [MINE, load(4, "processing", silent=HOUR)], 0, True),
    ("one whose process died, and one that goes first", [MINE, load(3, "processing", silent=HOUR), load(4)], 0, False),
    ("twelve that do nothing", [*map(load, range(10, 22)), MINE], 599, False),
    ("twelve that do nothing for long", [*map(load, range(10, 22)), MINE], 600, True),
    ("a person is asked", [MINE, load(4, "review")], 599, False),
    ("a person is asked for long", [MINE, load(4, "review")], 600, True),
]


@pytest.mark.parametrize(("queue", "seconds", "due"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_load_asks_when_nobody_goes_first(queue: list[Queued], seconds: int, due: bool) -> None:
    since = NOW - timedelta(seconds=seconds)
    assert is_due(Wait(5, NOW + HOUR), queue, NOW, since, STALE) is due
    assert is_due(Wait(5, NOW), queue, NOW, since, STALE), "it has waited too long, which the task says"


@pytest.mark.parametrize(
    ("queue", "seconds", "due"),
    [
        pytest.param([MINE], 0, False, id="not registered"),
        pytest.param([MINE], 60, True, id="not registered for long"),
        pytest.param([MINE, load(4)], 30, False, id="registered"),
    ],
)
def test_a_load_waits_for_an_older_file_to_be_registered(queue: list[Queued], seconds: int, due: bool) -> None:
    wait = Wait(5, NOW + HOUR, "rates_4.csv")
    assert is_due(wait, queue, NOW, NOW - timedelta(seconds=seconds), STALE) is due
