"""Headers that are the axis of a table, notes of statistics offices behind it, and a line that stands alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from refdata.core.filemodel import Format, Scan
from refdata.core.naming import column_names
from refdata.core.statedformat import StatedFormat
from refdata.csvformat import detect
from refdata.csvformat.scan import scan

PLACES = ("Kreis", "Raum Nord", "Oslo", "Wheat", "Steel", "Zürich", "Île-de-France", "Cork", "Retail trade")
NOTES = (
    "Source: Ruritania in figures",
    "(c) Statistical Office 2021",
    "* estimated",
    "1) Including Danzig",
    "Date of export: 01.03.2021",
    "____________",
    "Last update 2021-03-01",
)
AXES: dict[str, Callable[[int, int], list[str]]] = {
    "provisional year": lambda first, width: [f"{first + at}{'p' if at == width - 1 else ''}" for at in range(width)],
    "first days": lambda first, width: [f"01.01.{first + at}" for at in range(width)],
    "days": lambda first, width: [f"{first}-{at + 1:02}-28" for at in range(width)],
    "numbers": lambda _, width: [str(at + 1) for at in range(width + 1)],
    "fiscal years": lambda first, width: [f"{first + at}/{(first + at + 1) % 100:02}" for at in range(width)],
    "ages": lambda _, width: [f"{at * 5}-{at * 5 + 4}" for at in range(width)],
}


def read(folder: Path, text: str) -> tuple[Format, Scan]:
    path = folder / "file.csv"
    path.write_text(text, "utf-8", newline="")
    found = detect(path)
    return found, scan(path, found, column_names(found.header))


def body_of(rng: random.Random, width: int, fewest: int = 3) -> list[list[str]]:
    places = rng.sample(PLACES, rng.randint(fewest, len(PLACES)))
    return [[place, *(_number(rng) for _ in range(width))] for place in places]


def _number(rng: random.Random) -> str:
    return f"{rng.randint(20, 90_000)}" if rng.random() < 0.5 else f"{rng.uniform(20, 99):.1f}"


def written(rows: list[list[str]], delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("seed", range(40))
def test_axis_of_a_table_is_its_header(seed: int, axis: str, tmp_path: Path) -> None:
    rng = random.Random(seed)
    names = AXES[axis](rng.randint(1990, 2015), rng.randint(2, 7))
    header, delimiter = [rng.choice(["Region", "Item", ""]), *names], rng.choice(",;\t|")
    body = body_of(rng, len(names))
    found, scanned = read(tmp_path, written([header, *body], delimiter))
    assert (found.delimiter, found.header, scanned.rows) == (delimiter, tuple(header), len(body))


@pytest.mark.parametrize(
    "text",
    ["A,1,2,3\nB,4,5,6\nC,7,8,9\n", "A,2024-01-01,2024-02-01\nB,2024-03-01,2024-04-01\n", "Oslo,7,8,9\nCork,33,5,71\n"],
)
def test_first_row_like_the_others_is_no_axis(text: str, tmp_path: Path) -> None:
    assert not read(tmp_path, text)[0].has_header


@pytest.mark.parametrize("seed", range(60))
def test_notes_behind_the_table_are_no_rows(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    width, delimiter = rng.randint(2, 7), rng.choice(",;\t|")
    header = ["Item", *(f"Value {at}" for at in range(width))]
    body, notes = body_of(rng, width), rng.sample(NOTES, rng.randint(1, 4))
    padding = [""] * (width if rng.random() < 0.5 else 0)
    text = written([header, *body], delimiter) + "\n" + written([[note, *padding] for note in notes], delimiter)
    found, scanned = read(tmp_path, text)
    assert (found.header, scanned.rows, scanned.rejected) == (tuple(header), len(body), 0)
    assert [line.text.rstrip(delimiter) for line in found.skipped if line.line < 0] == notes
    assert sum("after the table and not a row" in one for one in scanned.warnings) == len(notes)


def test_headings_of_sections_stay_rows(tmp_path: Path) -> None:
    text = "item,n\nFruit,\napple,1\npear,2\n\nNuts,\nhazel,3\n\nRoots,\n"
    assert read(tmp_path, text)[1].rows == 6


@pytest.mark.parametrize("seed", range(60))
def test_header_again_in_capitals_or_padded_is_no_row(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    width, delimiter = rng.randint(2, 6), rng.choice(",;\t|")
    header = ["Item", *(f"Value {at}" for at in range(width))]
    again = rng.choice(
        [[name.upper() for name in header], [name.lower() for name in header], [f" {name} " for name in header]]
    )
    body = body_of(rng, width)
    at = rng.randint(1, len(body) - 1)
    found, scanned = read(tmp_path, written([header, *body[:at], again, *body[at:]], delimiter))
    assert (found.header, scanned.rows) == (tuple(header), len(body))
    assert any(
        warning.startswith(f"Line {at + 2} is not loaded, it is the header again") for warning in scanned.warnings
    )


@pytest.mark.parametrize("text", ["Oslo,Norway\n", '"Id";"Name"\n', "Reports to\tE-mail\tNotes (free text)"])
def test_line_that_stands_alone_is_asked_about(text: str, tmp_path: Path) -> None:
    found, _ = read(tmp_path, text)
    assert found.doubt is not None
    assert [one.key for one in found.doubt.readings] == ["header", "row"]
    for wanted in (True, False):
        answered = detect(tmp_path / "file.csv", stated=StatedFormat(has_header=wanted))
        assert (answered.has_header, answered.doubt) == (wanted, None)


@pytest.mark.parametrize("text", ["1,Oslo\n", "id,name,price,day\n", "Oslo\n", "a,a\n"])
def test_plain_lines_that_stand_alone_are_not_asked_about(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text)[0].doubt is None
