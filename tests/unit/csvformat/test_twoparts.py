"""Lines, one blank line, then a table of the same width with a header of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.filemodel import Format
from refdata.core.statedformat import StatedFormat
from refdata.csvformat.detection import detect

FACTS = ("Title", "Author", "Source", "Region", "Subject", "Contact", "Published by", "Status", "Unit")
WORDS = ("My report", "Ann Lee", "Statistics office", "North", "Population of towns", "J. Doe", "draft", "persons")
NAMES = ("code", "name", "price", "valid_from", "region")
KINDS = ("{:03d}", "Town {}", "{}.5", "2024-01-{:02d}", "R{}")


def _detected(folder: Path, text: str, answer: str = "") -> Format:
    path = folder / "t.csv"
    path.write_text(text)
    return detect(path, stated=StatedFormat(table_begins=answer))


def _table(width: int, rows: int, delimiter: str = ",") -> str:
    body = [[kind.format(row) for kind in KINDS[:width]] for row in range(1, rows + 1)]
    return "".join(delimiter.join(row) + "\n" for row in [NAMES[:width], *body])


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, int]:
    delimiter = draw(st.sampled_from(",;\t"))
    width = draw(st.integers(2, len(NAMES)))
    names = draw(st.lists(st.sampled_from(FACTS), min_size=1, max_size=4, unique=True))
    facts = [[name, draw(st.sampled_from(WORDS)), *draw(_padding(width - 2))] for name in names]
    before = "".join(delimiter.join(fact) + "\n" for fact in facts)
    return f"{before}\n{_table(width, draw(st.integers(len(facts) + 1, 20)), delimiter)}", len(facts) + 1


def _padding(cells: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(WORDS), min_size=cells, max_size=cells)


@given(_files())
def test_the_header_below_a_blank_line_is_found_or_asked_about(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[str, int]
) -> None:
    text, lines = drawn
    found = _detected(tmp_path_factory.getbasetemp(), text)
    assert found.preamble_lines == lines
    assert found.header[0] == "code"
    assert [line.line for line in found.skipped] == list(range(1, lines))


@pytest.mark.parametrize(
    ("answer", "preamble", "header"), [("after_blank", 2, ("code", "name")), ("first_line", 0, ("Title", "My report"))]
)
def test_an_answer_decides(tmp_path: Path, answer: str, preamble: int, header: tuple[str, ...]) -> None:
    text = f"Title,My report\n\n{_table(2, 4)}"
    asked = _detected(tmp_path, text).doubt
    assert asked is not None
    assert [one.kept for one in asked.readings] == [("table_begins", "after_blank"), ("table_begins", "first_line")]
    found = _detected(tmp_path, text, answer)
    assert (found.preamble_lines, found.header, found.doubt) == (preamble, header, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("code,name\n01,Graz\n\n02,Linz\n03,Wels\n04,Enns\n", id="a blank line between rows"),
        pytest.param("code,name\n\n01,Graz\n02,Linz\n03,Wels\n", id="a blank line below the header"),
        pytest.param("code,name\n01,Graz\n\n02,Linz\n\n03,Wels\n\n04,Enns\n", id="several blank lines"),
        pytest.param("code,name\n01,Graz\n02,Linz\n03,Wels\n\n", id="a blank line at the end"),
        pytest.param("\ncode,name\n01,Graz\n02,Linz\n", id="a blank line at the start"),
        pytest.param("name,town\nAnn,Graz\n\nBob,Linz\nEve,Wels\nJoe,Enns\n", id="words only"),
    ],
)
def test_a_blank_line_elsewhere_asks_nothing(tmp_path: Path, text: str) -> None:
    found = _detected(tmp_path, text)
    assert (found.header_lines, found.doubt) == (1, None)
    assert found.header[0] in ("code", "name")
