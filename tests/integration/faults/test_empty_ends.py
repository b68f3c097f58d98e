"""Files whose lines end with a delimiter, and files that do not: an unnamed, empty end changes nothing."""

from __future__ import annotations

import random

import pytest

from tests.integration.faults.conftest import Desk
from tests.integration.ingest.conftest import APPEND, FULL


def made(seed: int) -> tuple[list[list[str]], str, str]:
    """Lines of a small table, its delimiter, and what follows each of its lines in some files."""
    rng = random.Random(seed)
    width = rng.randint(1 + seed % 2, 4)
    names = ["code", "name", "price", "valid from"][:width]
    rows = [
        [f"K{at}", rng.choice("xyz") * 3, f"{at}.5", f"2024-01-{at + 10}"][:width] for at in range(rng.randint(3, 9))
    ]
    delimiter = rng.choice(",;\t|")
    return [names, *rows], delimiter, delimiter * rng.randint(1, 2) if width > 1 else delimiter


def text(lines: list[list[str]], delimiter: str, end: str) -> str:
    return "".join(delimiter.join(line) + end + "\n" for line in lines)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_an_empty_end_that_appears_asks_and_changes_nothing(desk: Desk, seed: int, folder: str) -> None:
    lines, delimiter, end = made(seed)
    desk.loaded(text(lines, delimiter, ""), folder=folder)
    columns, first = desk.columns(), desk.values()
    more = [lines[0], *([f"N{at}", *line[1:]] for at, line in enumerate(lines[1:]))] if folder == APPEND else lines
    desk.loaded(text(more, delimiter, end), folder=folder)
    assert desk.columns() == columns
    assert set(desk.values()) >= set(first)


@pytest.mark.parametrize("seed", range(6))
def test_an_empty_end_that_disappears_asks_and_changes_nothing(desk: Desk, seed: int) -> None:
    lines, delimiter, end = made(seed)
    desk.loaded(text(lines, delimiter, end))
    columns, rows = desk.columns(), desk.values()
    row = desk.loaded(text(lines, delimiter, ""))
    assert (desk.columns(), desk.values(), row.warnings) == (columns, rows, ())
    desk.drop(text(lines, delimiter, end) + "\n")
    assert desk.columns() == columns


def test_an_unnamed_column_with_a_value_is_a_column(desk: Desk) -> None:
    desk.loaded("river,length_km,outflow\nPo,652,Adria\nEbro,930,Sea\n")
    desk.loaded("river,length_km,outflow,\nPo,652,Adria,\nEbro,930,Sea,7\n")
    assert "7" in {row[-1] for row in desk.values()}
    desk.held("river,length_km,outflow\nPo,652,Adria\nEbro,930,Sea\n", "column_missing:column_4")
