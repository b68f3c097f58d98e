"""Rows with surplus quotes or fields: read where one reading fits, refused with the likely cause otherwise."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.core.naming import column_names
from refdata.core.sqltypes import text
from refdata.csvformat import detect
from refdata.csvformat.damage import Damage
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan

PLACED = [
    ('"Ann "Nan" Lee",5', ['Ann "Nan" Lee', "5"]),
    ('""Our jacket, lined",5', ['"Our jacket, lined', "5"]),
    ('"won"t",5', ['won"t', "5"]),
    ('"a ""b"" "c" d",5', ['a "b" "c" d', "5"]),
    ('"size 48"",5', ['size 48"', "5"]),
    ('"x "y"\nz",5', ['x "y"\nz', "5"]),
]
REFUSED = [
    ('"abc"def,5', "a quote is out of place; without the quote at the start of field 1 it would fit"),
    ('"a"b",c"d,5', "expected 2 fields, found 3"),
    ('"a "b", c",5', "expected 2 fields, found 3"),
    ('"9,"Bolt, long"', "a quote is out of place; without the quote at the start of field 1 it would fit"),
    ('Cap"red, blue"', "a quote is out of place; the delimiter before a quote seems to be missing"),
    ("1,,2", "expected 2 fields, found 3; without the empty field 2 it would fit"),
    ('12 "two words"', "expected 2 fields, found 1; divided at its blanks it would fit"),
    ("1;2", "expected 2 fields, found 1; divided at its semicolons it would fit"),
    ("1;2|3", "expected 2 fields, found 1"),
    ("1", "expected 2 fields, found 1"),
    ("1,2,3", "expected 2 fields, found 3"),
    ("1,\0", "NUL byte"),
]
SOUND = ['5" pipe,1', '5"x4,6"', '"a" ,1', '"a ""b""",1', '"",""', ' "a",1', '"two\nlines",1', "it's,1"]


def damage_of(width: int, escape: str = "") -> Damage:
    return Damage(Format("utf-8", ",", '"', escape, False, tuple(f"c{at}" for at in range(width))), width)


def as_csv(raw: str) -> list[str]:
    return next(csv.reader(io.StringIO(raw, newline="")))


@pytest.mark.parametrize(("raw", "cells"), PLACED)
def test_quotes_within_fields_are_text_where_only_one_reading_fits(raw: str, cells: list[str]) -> None:
    damage = damage_of(2)
    assert not damage.is_sound(raw) or len(as_csv(raw)) != 2
    assert damage.placed(raw) == cells


@pytest.mark.parametrize(("raw", "reason"), REFUSED)
def test_row_that_cannot_be_placed_is_refused_with_the_likely_cause(raw: str, reason: str) -> None:
    damage = damage_of(2)
    assert damage.placed(raw) is None
    fitted = damage.fitted(raw, as_csv(raw))
    assert fitted is None or fitted.asked
    assert damage.reason(raw, as_csv(raw), fitted=fitted) == reason


@pytest.mark.parametrize("raw", ["1,2,", "1,2,,,", '1,"2", '])
def test_delimiter_too_many_at_the_end_is_left_out(raw: str) -> None:
    fitted = damage_of(2).fitted(raw, as_csv(raw))
    assert fitted is not None
    assert (fitted.cells, fitted.asked) == (["1", "2"], False)


@pytest.mark.parametrize("raw", ["1,,", ",2,", "1,2,3,"])
def test_row_with_another_empty_field_is_not_placed_unasked(raw: str) -> None:
    fitted = damage_of(2).fitted(raw, as_csv(raw))
    assert fitted is None or fitted.asked


@pytest.mark.parametrize("raw", SOUND)
def test_quotes_in_place_and_inches_are_not_damage(raw: str) -> None:
    assert damage_of(2).is_sound(raw)


def test_rows_with_an_escape_are_left_to_the_csv_module() -> None:
    damage = damage_of(2, escape="\\")
    assert damage.is_sound('"a \\"b\\"",1')
    assert damage.placed('"a \\"b",1') is None


def test_long_row_is_not_looked_into() -> None:
    raw = '"' + 'a"b' * 20_000 + '",1'
    damage = damage_of(2)
    assert damage.placed(raw) is None
    assert damage.reason(raw, ["a", "1", "2"]) == "expected 2 fields, found 3"


def surplus_quote(rng: random.Random, cells: list[str]) -> str:
    at = rng.randrange(len(cells))
    return ",".join(f'"{cell}' if here == at else cell for here, cell in enumerate(cells))


def unescaped_quotes(rng: random.Random, cells: list[str]) -> str:
    at = rng.randrange(len(cells))
    return ",".join(f'"{cell[:2]}"{cell[2:]}"' if here == at else cell for here, cell in enumerate(cells))


def surplus_field(rng: random.Random, cells: list[str]) -> str:
    at = rng.randrange(len(cells) + 1)
    return ",".join([*cells[:at], "", *cells[at:]])


def missing_field(rng: random.Random, cells: list[str]) -> str:
    at = rng.randrange(len(cells) - 1)
    return ",".join([*cells[:at], cells[at] + cells[at + 1], *cells[at + 2 :]])


def blanks_between(rng: random.Random, cells: list[str]) -> str:
    return " ".join(cells)


def another_delimiter(rng: random.Random, cells: list[str]) -> str:
    return rng.choice(";\t|").join(cells)


DAMAGES: tuple[Callable[[random.Random, list[str]], str], ...] = (
    surplus_quote,
    unescaped_quotes,
    surplus_field,
    missing_field,
    blanks_between,
    another_delimiter,
)


@pytest.mark.parametrize("seed", range(120))
def test_one_damaged_row_takes_no_neighbour_with_it_and_shifts_nothing(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    width, count, damage = rng.randint(3, 7), rng.randint(8, 30), DAMAGES[seed % len(DAMAGES)]

    def cell(column: int, row: int) -> str:
        return [str(row), f"{row}.5", f"2024-01-{row % 28 + 1:02}", f"item{row}", f'"text {row}, more"'][column % 5]

    rows = [[cell(column, row) for column in range(width)] for row in range(count)]
    at = rng.randrange(count)
    plain = [one.strip('"').replace(",", "") for one in rows[at]]
    lines = [",".join(row) for row in rows]
    lines[at] = damage(rng, plain)
    path = tmp_path / "file.csv"
    path.write_text(",".join(f"name{column}" for column in range(width)) + "\n" + "\n".join(lines) + "\n")

    fmt = detect(path)
    assert (fmt.delimiter, len(fmt.header), fmt.has_header, fmt.trailer_lines) == (",", width, True, 0)
    rejects: list[RejectedRow] = []
    columns = [ReadColumn(index, name, text(50)) for index, name in enumerate(column_names(fmt.header))]
    try:
        batches = list(read_rows(path, fmt, columns=columns, on_reject=rejects.append))
    except FormatError as error:  # near its end the file may have been cut off
        assert "never closed" in str(error)
        assert at >= count - 3
        return
    loaded = [tuple(record.values()) for batch in batches for record in batch.to_pylist()]
    whole = [tuple(as_csv(",".join(row))) for row in rows]
    others = [row for number, row in enumerate(whole) if number != at]
    assert [row for row in loaded if row in others] == others
    if len(loaded) == count:  # then its characters are all there, and the ledger names the line
        assert '"'.join(loaded[at]).replace('"', "") == "".join(plain)
        warnings = scan(path, fmt, column_names(fmt.header)).warnings
        assert any(f"Line {at + 2} was read with" in one for one in warnings)
        return
    assert [reject.line for reject in rejects] == [at + 2]
    placing = replace(fmt, place_damaged=True)
    scanned = scan(path, placing, column_names(fmt.header))
    assert scanned.rows == len(others) + rejects[0].fits
    batches = list(read_rows(path, placing, columns=columns, on_reject=rejects.append))
    placed = [tuple(record.values()) for batch in batches for record in batch.to_pylist()]
    if rejects[0].fits:
        assert placed[at] == tuple(plain)
        assert any(f"Line {at + 2} was " in one for one in scanned.warnings)
    else:
        assert placed == others


def test_file_cut_off_within_a_quoted_field_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('id,note\n1,a\n2,"this text goes on\nover lines, and the file ends before')
    with pytest.raises(FormatError, match=r"never closed.*line 3"):
        scan(path, detect(path), ("id", "note"))
