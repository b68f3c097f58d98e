"""Lists in cells: the header and the shape of each column decide which delimiter divides the fields. Fixed seeds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import StatedFormat
from refdata.csvformat import detect
from refdata.csvformat.comparison import _USUAL, _WORDS
from refdata.csvformat.score import WEIGHTS

WORDS = ("north", "south", "east", "west", "red", "blue", "a", "b", "c", "x1", "12", "7", "B-2", "oak wood")
NAMES = ("id", "tags", "regions", "code", "name", "members", "n", "kind", "Full name", "sizes")


def listed(seed: int) -> tuple[str, str, list[str]]:
    """A file whose cells hold lists, its delimiter and its header."""
    rng = random.Random(seed)
    outer = rng.choice([",", ",", ";", "\t", "|"])
    inner = rng.choice([one for one in ";|," if one != outer])
    names = rng.sample(NAMES, rng.randint(2, 5))
    lists = set(rng.sample(range(len(names)), rng.randint(1, min(2, len(names)))))
    least, most = rng.choice([(2, 6), (3, 3), (2, 2), (1, 4), (4, 6)])

    def cell(column: int, row: int) -> str:
        if column in lists:
            return inner.join(rng.choice(WORDS) for _ in range(rng.randint(least, most)))
        return rng.choice([str(row), rng.choice(WORDS), f"K{row}"])

    rows = [outer.join(cell(column, row) for column in range(len(names))) for row in range(rng.randint(2, 25))]
    return "\n".join([outer.join(names), *rows]) + "\n", outer, names


@pytest.mark.parametrize("seed", range(150))
def test_lists_in_cells_are_read_by_the_outer_delimiter_or_asked_about(seed: int, tmp_path: Path) -> None:
    text, outer, names = listed(seed)
    path = tmp_path / "file.csv"
    path.write_text(text, newline="")
    found = detect(path)
    assert found.delimiter == outer or found.doubt is not None
    known = detect(path, known=KnownFormat(delimiter=outer, has_header=True, header=tuple(names)))
    assert (known.delimiter, known.header, known.doubt) == (outer, tuple(names), None)


def test_close_call_names_both_readings_and_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("place\nPortland, Oregon\nParis, Texas\nRome, Georgia\nAthens, Ohio\nBoston\nOslo\n")
    doubt = detect(path).doubt
    assert doubt is not None
    assert "as a single column" in doubt.what
    assert "comma-delimited with 2 fields" in doubt.what
    assert "contract" in doubt.advice
    assert detect(path, known=KnownFormat(delimiter=",", has_header=True, header=("place",))).doubt is None
    assert detect(path, stated=StatedFormat(delimiter=",")).doubt is None


def test_evidence_for_and_against_the_runner_up_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("id,tags\n1,a;b;c\n2,d;e;f\n3,g;h;i\n")
    words = detect(path).reasons[-1]
    assert words.startswith("comma-delimited with 2 fields, not semicolon-delimited with 3 fields; evidence for")
    assert "a first row divided like the others (4.0)" in words
    assert "evidence for the second" in words


def test_every_measure_has_words() -> None:
    assert set(_WORDS) | _USUAL == set(WEIGHTS)
