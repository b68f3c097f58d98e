"""A generated file of 13 mixed columns, quoted and plain, about 120 bytes a row."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = (
    *("id", "ident", "type", "name", "latitude_deg", "longitude_deg", "elevation_ft", "continent", "amount"),
    *("opened", "updated_at", "active", "keywords"),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PATTERN_ROWS = 20_000


def write_mixed_csv(path: Path, megabytes: int) -> Path:
    """Write about ``megabytes`` million bytes; 20,000 random rows repeat with running ids."""
    rows = mixed_rows(random.Random(7))
    written = number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADER) + "\n")
        while written < megabytes * 1_000_000:
            text = "".join(f"{number + index},{row}\n" for index, row in enumerate(rows))
            written += len(text.encode("utf-8"))
            number += len(rows)
            file.write(text)
    return path


def mixed_rows(chance: random.Random) -> list[str]:
    """20,000 rows without their first field, the running id."""
    words = ["".join(chance.choices(_LETTERS, k=chance.randint(3, 9))).title() for _ in range(3000)]
    words += ["Zürich", "São", "Malmö", "Łódź"]
    return [_row(chance, words) for _ in range(_PATTERN_ROWS)]


def _row(chance: random.Random, words: list[str]) -> str:
    name = " ".join(chance.choices(words, k=3))
    when = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randint(0, 8 * 10**8))
    fields = [
        f"{chance.choice('ABCDEFG')}{chance.randint(0, 9999):04d}",
        chance.choice(["small_airport", "heliport", "closed"]),
        f'"{name}"' if chance.random() < 0.3 else name,
        f"{chance.uniform(-90, 90):.6f}",
        f"{chance.uniform(-180, 180):.6f}",
        str(chance.randint(-100, 9000)) if chance.random() < 0.9 else "",
        chance.choice(["NA", "EU", "AS"]),
        f"{chance.uniform(0, 99999):.2f}",
        f"{when:%Y-%m-%d}",
        f"{when:%Y-%m-%d %H:%M:%S}",
        chance.choice(["true", "false"]),
        f'"{", ".join(chance.choices(words, k=2))}"' if chance.random() < 0.3 else "",
    ]
    return ",".join(fields)
