"""Numbers, dates and times with blanks around them, as programs align them: read as what they are, in any file."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from tests.integration.faults.conftest import Desk
from tests.integration.ingest.conftest import APPEND, FULL

BLANKS = (" ", "  ", "\u00a0", "\t", "\u202f", "\u200b", "\u2007")


def made(seed: int, load: int) -> list[list[str]]:
    """The lines of a small table without blanks, with other keys in each load."""
    rng = random.Random(seed)
    rows = [
        [
            f"{load}K{at}",
            str(rng.randint(-900, 900)),
            f"{rng.uniform(0, 99):.2f}",
            str(date(2024, 1, 1) + timedelta(at)),
        ]
        for at in range(rng.randint(3, 8))
    ]
    return [["code", "amount", "rate", "day"], *rows]


def padded(lines: list[list[str]], seed: int, share: float) -> str:
    """The lines as text, with blanks around some of their numbers and dates; at least around one of each column."""
    rng, (header, first, *others) = random.Random(seed), lines
    out = [header, [first[0], *(cell + rng.choice(BLANKS) for cell in first[1:])]]
    for line in others:
        cells = [rng.choice(BLANKS) + cell if rng.random() < share else cell for cell in line[1:]]
        out.append([line[0], *cells])
    return "".join(";".join(line) + "\n" for line in out)


@pytest.mark.parametrize("seed", range(5))
def test_a_first_file_with_blanks_around_its_numbers_has_their_types(desk: Desk, seed: int) -> None:
    lines = made(seed, 1)
    row = desk.loaded(padded(lines, seed, 0.5))
    types = desk.columns()
    assert (types["amount"], types["rate"][:7], types["day"]) == ("INT", "DECIMAL", "DATE")
    assert [warning for warning in row.warnings if "without the blanks around its values" in warning]
    bare = "".join(";".join(line) + "\n" for line in lines)
    first = desk.values()
    desk.loaded(bare)
    assert desk.values() == first


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_blanks_that_a_later_file_has_ask_nothing(desk: Desk, seed: int, folder: str) -> None:
    desk.loaded("".join(";".join(line) + "\n" for line in made(seed, 1)), folder=folder)
    types = desk.columns()
    desk.loaded(padded(made(seed, 2), seed, 0.3), folder=folder)
    assert desk.columns() == types


@pytest.mark.parametrize("cells", [("007 ", " 012"), ("a ", " b"), ("6 ", "x")])
def test_codes_and_words_keep_their_blanks(desk: Desk, cells: tuple[str, str]) -> None:
    desk.loaded(f"code;n\n{cells[0]};1\n{cells[1]};2\n")
    assert desk.columns()["code"].startswith("NVARCHAR")
    assert {row[0] for row in desk.values()} == set(cells)
