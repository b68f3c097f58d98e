"""A part of the corpus of ``python -m benchmarks.workbook_corpus``: workbooks, and what reading them must give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.workbook_contents import CONTENTS, Content
from benchmarks.workbook_corpus import of_content
from benchmarks.workbook_hostile import HOSTILE
from benchmarks.workbook_oddities import ODDITIES
from benchmarks.workbook_parts import Odd
from benchmarks.workbook_reading import Case, read
from benchmarks.workbook_writers import write_by_hand, write_openpyxl, write_xlsxwriter

WRITERS: dict[str, tuple[str, Callable[[Path, Content], None]]] = {
    "openpyxl": ("xlsx", write_openpyxl),
    "XlsxWriter": ("xlsx", write_xlsxwriter),
    "hand xlsb": ("xlsb", write_by_hand),
}
WRITTEN = [
    ("openpyxl", "dates of 1904"),
    ("openpyxl", "blanks around texts"),
    ("openpyxl", "formulas never calculated"),
    ("openpyxl", "dates that are none"),
    *(("XlsxWriter", name) for name in (
        "formulas never calculated", "parts of seconds", "errors", "formulas of dates",
    )),
    *(("hand xlsb", name) for name in (
        "numbers shown with zeros", "dates", "dates of 1904", "moments", "durations", "percentages", "errors",
        "formulas", "dates that are none", "empty rows and columns in front", "a hidden sheet",
    )),
]  # fmt: skip
ODD = {
    "carriage returns", "escapes in shared texts", "results 0 of formulas to calculate again", "negative zero",
    "formulas with a prefix, never calculated", "shared formulas never calculated", "rows out of order",
    "cells out of order", "a very hidden sheet", "strict Open XML", "the workbook under another name",
    "texts of several kinds", "old errors, percentages and zeros", "repeated rows and columns",
    "formulas never calculated", "cells of the short form", "only errors on the right", "a row far away",
    "entities within entities", "a million rows repeated", "rows repeated beyond a sheet", "two cells far apart",
    "a record that ends early", "two parts of one name",
}  # fmt: skip


@pytest.mark.parametrize(("writer", "name"), WRITTEN)
def test_a_content_is_read_as_it_was_written(writer: str, name: str, tmp_path: Path) -> None:
    ending, write = WRITERS[writer]
    path = tmp_path / f"a.{ending}"
    write(path, CONTENTS[name])
    case = of_content(name, CONTENTS[name], writer, path)
    assert case.fault(read(path, case.table)) == ""


SOME = [odd for odd in (*ODDITIES, *HOSTILE) if odd.name in ODD or (odd.name, odd.writer) == ("a password", "hand ods")]


def test_each_oddity_has_its_name() -> None:
    assert {odd.name for odd in SOME} - {"a password"} == ODD


@pytest.mark.parametrize("odd", SOME, ids=lambda odd: f"{odd.writer}: {odd.name}")
def test_an_odd_workbook_loses_nothing_in_silence(odd: Odd, tmp_path: Path) -> None:
    path = tmp_path / f"a.{odd.ending}"
    odd.write(path)
    case = Case(odd.name, odd.writer, path, odd.rows, odd.refused, odd.note)
    assert case.fault(read(path)) == ""
