"""The next delivery of a table, in another form and with other rows, is loaded without a question.

That the same rows exported again give equal values: ``tests/integration/ingest/test_reexports.py``.
"""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections.abc import Callable

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site

Maker = Callable[[random.Random, int], str]
MAKERS: dict[str, Maker] = {
    "code": lambda rng, number: f"{number * 7:05d}",
    "id": lambda rng, number: str(number + 1),
    "iso": lambda rng, number: f"{rng.choice('ABCDEFG')}{rng.choice('XYZ')}{number:03d}",
    "name": lambda rng, number: rng.choice(["Graz", "Österreich", "a, b; c", 'say "hi"', "d'Or", "Łódź", "x|y", ""]),
    "day": lambda rng, number: (datetime.date(2024, 1, 1) + datetime.timedelta(days=number * 11)).isoformat(),
    "amount": lambda rng, number: f"{rng.randrange(-(10**6), 10**6) / 100:.2f}",
    "rate": lambda rng, number: f"{rng.random():.4f}" if number % 3 else f"{rng.random():.2f}",
    "count": lambda rng, number: str(rng.randrange(10**6)),
    "active": lambda rng, number: rng.choice(["true", "false"]),
    "version": lambda rng, number: f"1.{number}" if number % 5 else rng.choice(["beta", "rc"]),
    "part": lambda rng, number: f"{rng.choice(['DE', 'AT'])}-{number:03d}",
    "term": lambda rng, number: f"{number % 12 + 1:02d}/{2010 + number // 12}",
    "serial": lambda rng, number: str(1_234_567_890_123_456 + number * 7_919 * 10 ** rng.randrange(3)),
    "slot": lambda rng, number: f"{number % 24:02d}:{rng.randrange(60):02d}",
    "note": lambda rng, number: rng.choice(["", "", "seen 2024-01-05", "007 was here", "1.5 kg"]),
}


KEYS = ("code", "id", "iso")


def records(rng: random.Random) -> tuple[list[str], list[list[str]]]:
    names = [
        rng.choice(["code", "id", "iso"]),
        *rng.sample([name for name in MAKERS if name not in KEYS], 5),
    ]
    return names, [[MAKERS[name](rng, number) for name in names] for number in range(rng.randint(12, 60))]


def exported(rng: random.Random, names: list[str], rows: list[list[str]]) -> bytes:
    """The rows in a random form; their order may change too."""
    order = rng.sample(range(len(names)), len(names))
    target = io.StringIO()
    writer = csv.writer(
        target,
        delimiter=rng.choice(",;\t|"),
        quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        lineterminator=rng.choice(["\n", "\r\n"]),
    )
    shuffled = rng.sample(rows, len(rows))
    writer.writerows([row[at] for at in order] for row in ([names, *shuffled]))
    return target.getvalue().encode(rng.choice(["utf-8", "utf-8-sig", "utf-16"]))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_a_next_delivery_of_other_rows_asks_nothing(site: Site, seed: int, folder: str) -> None:
    rng = random.Random(100 + seed)
    names, rows = records(rng)
    half = len(rows) // 2
    for run, some in enumerate((rows[:half], rows[half:])):
        row = site.load(site.drop("t.csv", exported(rng, names, some), folder=folder), f"run {run}")
        assert row.status is FileStatus.COMPLETED, row.error_message
    assert len(site.rows("t")) == (len(rows) if folder == APPEND else len(rows) - half)
