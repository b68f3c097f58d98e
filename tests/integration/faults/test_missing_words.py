"""Words for no value where the table had none, and errors of a spreadsheet, whatever their share."""

from __future__ import annotations

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site

COLOURS = "id,v\n1,red\n2,\n3,blue\n"
WORDS = [
    "nan",
    "NaN",
    "null",
    "NULL",
    "None",
    "<NA>",
    "NaT",
    "-",
    "n/a",
    "N/A",
    "?",
    "#N/A",
    "#REF!",
    "#NV",
    "#ÜBERLAUF!",
]


@pytest.mark.parametrize(("word", "folder"), [*((word, FULL) for word in WORDS), (WORDS[0], APPEND)])
def test_a_word_where_values_were_empty_is_asked_about_and_can_mean_none(site: Site, word: str, folder: str) -> None:
    later = f"id,v\n4,green\n5,{word}\n6,red\n"
    require_held_until_answered(site, COLOURS, later, folder, "codes_changed:v")
    assert (word,) in site.rows("t", "v")
    again = site.load(site.drop("t.csv", f"id,v\n7,green\n8,{word}\n9,grey\n", folder=folder), "run 3")
    assert again.status is FileStatus.COMPLETED, "the table has the word now"


@pytest.mark.parametrize("word", WORDS)
def test_an_answer_that_a_word_means_no_value_can_be_kept(site: Site, word: str) -> None:
    site.load(site.drop("t.csv", COLOURS))
    later = COLOURS.replace("2,\n", f"2,{word}\n")
    row = site.load(site.drop("t.csv", later), "run 2", {"codes_changed:v": "missing"}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("t", "v") == [("red",), (None,), ("blue",)]
    again = site.load(site.drop("t.csv", later.replace("blue", "grey")), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message
    assert site.rows("t", "v") == [("red",), (None,), ("grey",)]


SILENT = [
    ("id,v\n1,red\n2,blue\n", "id,v\n1,nan\n2,blue\n"),
    ("id,v\n1,red\n2,\n3,-\n", "id,v\n1,-\n2,\n3,blue\n"),
    ("id,v\n1,DE\n2,\n3,FR\n", "id,v\n1,DE\n2,\n3,NA\n"),
    ("id,v\n1,red\n2,\n3,blue\n", "id,v\n1,red\n2,\n3,Nancy\n"),
    ("id,v\n1,#1\n2,\n3,#2\n", "id,v\n1,#1\n2,\n3,#3\n"),
]


@pytest.mark.parametrize(("first", "later"), SILENT)
def test_a_word_that_may_well_be_a_value_asks_nothing(site: Site, first: str, later: str) -> None:
    for number, content in enumerate((first, later)):
        row = site.load(site.drop("t.csv", content), f"run {number}")
        assert (row.status, row.warnings) == (FileStatus.COMPLETED, ())


ERRORS = [
    ("#N/A", "#REF!", "5"), ("#DIV/0!", "#DIV/0!", "2024-01-31"), ("#VALUE!", "#NAME?", "blue"),
    ("#NV", "#BEZUG!", "7"),
    ("#ÜBERLAUF!", "#WERT!", "7.5"), ("#NUM!", "#NULL!", "#SPILL!"), ("Err:502", "Err:508", "3"),
    ("#¡REF!", "#N/D", "3"),
    ("n/a", "ERROR", "5"), ("N/A", "error", "2024-01-31"),
]  # fmt: skip


@pytest.mark.parametrize("values", ERRORS)
def test_errors_are_reported_in_a_first_file_and_asked_about_in_a_later_one(
    site: Site, values: tuple[str, str, str]
) -> None:
    broken = "id,v\n" + "".join(f"{number},{value}\n" for number, value in enumerate(values))
    first = site.load(site.drop("new.csv", broken))
    assert first.status is FileStatus.COMPLETED, first.error_message
    assert any("missingValues" in one for one in first.warnings), first.warnings
    site.load(site.drop("t.csv", f"id,v\n0,{values[2].lstrip('#')}\n1,{values[2].lstrip('#')}\n"))
    held = site.load(site.drop("t.csv", broken), "run 2")
    if values[0][0] in "#E" or values[2][0].isdigit():
        assert (held.status, held.error_category) == (FileStatus.PENDING, "held"), held.warnings


@pytest.mark.parametrize(
    "values", [("ERROR", "INFO", "WARN"), ("#wow", "#1", "#2a"), ("#FF00AA", "#00FF00", "#123456")]
)
def test_words_that_are_no_errors_warn_of_nothing(site: Site, values: tuple[str, ...]) -> None:
    content = "id,v\n" + "".join(f"{number},{value}\n" for number, value in enumerate(values))
    row = site.load(site.drop("t.csv", content))
    assert (row.status, row.warnings) == (FileStatus.COMPLETED, ())
