"""Negative numbers that a file writes in another way than its table's earlier files: asked, and read as answered."""

from __future__ import annotations

import random

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site

SIGNED = {"parentheses": "({})", "trailing": "{}-"}
NAME = "notation_changed:amount"


def made(seed: int, minus: str) -> tuple[list[str], list[float]]:
    """The amounts of a file as written, and as numbers; at least one is negative."""
    rng = random.Random(seed)
    digits, comma = rng.choice([0, 2]), rng.choice(".,")
    numbers = [round(rng.uniform(1, 900), digits) for _ in range(rng.randint(3, 9))]
    signs = [-1, 1, *(rng.choice([1, -1]) for _ in numbers[2:])]
    plain = [f"{number:.{digits}f}".replace(".", comma) for number in numbers]
    texts = [SIGNED[minus].format(text) if sign < 0 else text for text, sign in zip(plain, signs, strict=True)]
    return texts, [number * sign for number, sign in zip(numbers, signs, strict=True)]


def written(texts: list[str], key: str = "n") -> str:
    return "name;amount\n" + "".join(f"{key}{at};{text}\n" for at, text in enumerate(texts))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("minus", SIGNED)
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_another_minus_is_asked_about_and_read_as_answered(site: Site, seed: int, minus: str, folder: str) -> None:
    texts, numbers = made(seed, minus)
    first = site.load(site.drop("t.csv", written([text.strip("()-") for text in texts])))
    assert first.status is FileStatus.COMPLETED
    held = site.load(site.drop("t.csv", written(texts, "m"), folder=folder), "run 2")
    assert held.status is FileStatus.PENDING
    assert "written with another minus than in earlier files" in (held.error_message or "")
    row = site.load(site.drop("t.csv", written(texts, "m"), folder=folder), "run 3", {NAME: "read"}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    found = {name: float(amount) for name, amount in site.rows("t", "name, amount")}
    assert [found[f"m{at}"] for at in range(len(texts))] == numbers
    kept = site.load(site.drop("t.csv", written(texts, "x"), folder=folder), "run 4")
    assert kept.status is FileStatus.COMPLETED, kept.error_message


@pytest.mark.parametrize("texts", [["5,5", "(6,5)", "7,0-"], ["5,5", "(a)", "(6,5)"], ["5,5", "()", "6,0"]])
def test_values_that_no_minus_explains_are_not_read_as_numbers(site: Site, texts: list[str]) -> None:
    site.load(site.drop("t.csv", written(["5,5", "6,5", "7,0"])))
    held = site.load(site.drop("t.csv", written(texts)), "run 2")
    assert held.status is FileStatus.PENDING
    assert "not of type DECIMAL" in (held.error_message or "")
