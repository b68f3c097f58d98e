"""A line with all of the header's names is doubtful, whatever stands around it and however they are written."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refdata.core.filemodel import Format
from refdata.csvformat import namelines
from refdata.csvformat.doubtful import doubtful_places, line_breaks
from refdata.csvformat.skipping import is_reordered, is_rule, why_skipped

DELIMITERS = ",;|\t"
LETTERS = st.characters(exclude_characters=f'{DELIMITERS}"\r\n\x1a\f\ufeff', exclude_categories=("Cs", "Cc"))
names = st.text(LETTERS | st.sampled_from('ßſﬁKς"'), min_size=1, max_size=8).map(lambda name: " ".join(name.split()))
headers = st.lists(names, min_size=2, max_size=6, unique_by=str.casefold)
rows = st.lists(st.lists(st.text(LETTERS, max_size=6), min_size=2, max_size=6), max_size=5)
blanks = st.sampled_from(["", "", " ", "  ", "\t", "\v", "\xa0", "\u3000", "\u2009 ", " " * 40])

SPELLINGS: tuple[Callable[[str], str], ...] = (
    *(str, str.upper, str.lower, str.capitalize, str.title, str.swapcase, str.casefold),
)


def format_of(header: list[str], delimiter: str) -> Format:
    return Format("utf-8", delimiter, '"', "", True, tuple(header), header_texts=(delimiter.join(header),))


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """A name with other capitals, and with other white space within."""
    parts = [draw(st.sampled_from(SPELLINGS))(part) for part in (name[: len(name) // 2], name[len(name) // 2 :])]
    return "".join(parts).replace(" ", draw(blanks.filter(bool)))


@st.composite
def written(draw: st.DrawFn, name: str, delimiter: str) -> str:
    """A cell with a name, quoted where it must be, with white space within and before the quotes."""
    cell = draw(blanks) + draw(spelled(name)) + draw(blanks)
    if draw(st.booleans()) or '"' in cell or delimiter in cell or cell[:1].isspace():
        return '"' + cell.replace('"', '""') + '"'
    return cell


def first_doubt(lines: list[str], fmt: Format, fields: int) -> int | None:
    block = "\n".join([*lines, ""]).encode()
    return min(doubtful_places(block, line_breaks(block), fmt, fields), default=None)


@given(headers, st.sampled_from(DELIMITERS), st.data(), rows, rows, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_line_of_names_is_never_passed_over(
    header: list[str],
    delimiter: str,
    data: st.DataObject,
    before: list[list[str]],
    behind: list[list[str]],
    end: str,
) -> None:
    fmt = format_of(header, delimiter)
    line = delimiter.join(data.draw(written(name, delimiter)) for name in data.draw(st.permutations(header)))
    cells = next(csv.reader([line], delimiter=delimiter))
    lines = [delimiter.join(row) for row in before]
    text = end.join([*lines, line, *(delimiter.join(row) for row in behind), ""]).encode()
    if is_reordered(fmt, cells) or why_skipped(fmt, line, cells, len(header)):
        line_end = len(end.join([*lines, line]).encode())
        places = [*doubtful_places(text, line_breaks(text), fmt, len(header))]
        assert min(places, default=line_end + 1) <= line_end


def test_a_tab_within_quotes_is_white_space_where_it_is_the_delimiter() -> None:
    assert first_doubt(["1\t2\t3", '"\tid"\tn\tcode'], format_of(["code", "id", "n"], "\t"), 3) == len("1\t2\t3\n")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (["id", "customer_id", "value"], "value\t,customer_id,id"),
        (["id", "customer_id", "value"], "\xa0value,customer_id,id"),
        (["id", "customer_id", "value"], f"value{' ' * 5000},customer_id,id"),
        (["id", "customerId", "mcDonald"], "CUSTOMERID,ID,MCdONALD"),
        (["id", "Straße", "n"], "strasse,id,n"),
        (["id", "Strasse", "n"], "STRAßE,id,n"),
        (["code", "ſize", "n"], "SIZE,code,n"),
        (["id", '"in" size', "n"], '"""IN"" size",id,n'),
        (["First Name", "id", "n"], "first   name,id,n"),
        (["", "id", "n"], '"",id,n'),
    ],
)
def test_names_written_in_another_way_are_doubtful_where_their_line_begins(header: list[str], line: str) -> None:
    assert first_doubt(["1,2,3", line], format_of(header, ","), 3) == len("1,2,3\n")


@pytest.mark.parametrize("many", [1, namelines.MANY + 1])
@pytest.mark.parametrize(
    "row",
    ["name 1,x,2", "  1,x,2", "name,x,2", '"name 1",x,2', "-1,x,2", "-,-x,2", "-,x,2", "NAME,N,id", "Éa,x,2", "=1,2"],
)
def test_rows_that_begin_like_a_name_or_a_rule_are_not_doubtful(row: str, many: int) -> None:
    assert first_doubt([row] * many, format_of(["id", "name", "customer"], ","), 3) is None


RULE_CELLS = st.text("-=_", min_size=1, max_size=5)


@given(st.lists(RULE_CELLS, min_size=2, max_size=4), st.sampled_from(DELIMITERS), st.data())
@example(["-=", "-"], ",", None)
def test_a_rule_is_never_passed_over(cells: list[str], delimiter: str, data: st.DataObject | None) -> None:
    padded = [f"{data.draw(blanks)}{cell}{data.draw(blanks)}" if data else cell for cell in cells]
    padded = [cell.replace(delimiter, "") for cell in padded]
    quote = data.draw(st.sampled_from(["", '"'])) if data else ""
    line = delimiter.join(f"{quote}{cell}{quote}" for cell in padded)
    fmt = format_of([f"n{number}" for number in range(len(cells))], delimiter)
    row = delimiter.join("1" * len(cells))
    assert first_doubt([row, line, row], fmt, len(cells)) == (len(row) + 1 if is_rule(padded) else None)


@given(headers, st.sampled_from(DELIMITERS), st.text(LETTERS | st.sampled_from("\n\r,;-= "), max_size=40))
def test_any_text_is_looked_at_without_a_fault(header: list[str], delimiter: str, text: str) -> None:
    block = text.encode()
    places = [*doubtful_places(block, line_breaks(block), format_of(header, delimiter), len(header))]
    assert all(0 <= place < max(1, len(block)) for place in places)


def test_every_character_with_a_case_is_known() -> None:
    """The last one of Unicode bounds a search, which a later Python may have to widen."""
    cased = (chr(number) for number in range(0x80, 0x110000) if chr(number).casefold() != chr(number))
    assert max(cased) <= namelines.LAST_CAPITAL
    others = {chr(number) for number in range(0x80, 0x110000) if chr(number).isspace()}
    assert others == set(namelines.OTHER_BLANKS) - {"\ufeff"}
