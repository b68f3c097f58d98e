"""A line with all of the header's names is doubtful, whatever stands around it and however they are written."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from refdata.core.filemodel import Format
from refdata.csvformat.doubtful import doubtful_places, line_breaks
from refdata.csvformat.skipping import is_reordered, why_skipped

DELIMITERS = ",;|\t"
LETTERS = st.characters(exclude_characters=f'{DELIMITERS}"\r\n\x1a\f\ufeff', exclude_categories=("Cs", "Cc"))
names = st.text(LETTERS, min_size=1, max_size=8).map(lambda name: " ".join(name.split()))
headers = st.lists(names, min_size=2, max_size=6, unique_by=str.casefold)
spellings: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [str, str.upper, str.lower, str.capitalize, str.title]
)
rows = st.lists(st.lists(st.text(LETTERS, max_size=6), min_size=2, max_size=6), max_size=5)


def format_of(header: list[str], delimiter: str) -> Format:
    return Format("utf-8", delimiter, '"', "", True, tuple(header), header_texts=(delimiter.join(header),))


@given(headers, st.sampled_from(DELIMITERS), st.data(), spellings, rows, rows)
def test_a_line_of_names_is_never_passed_over(
    header: list[str],
    delimiter: str,
    data: st.DataObject,
    spelled: Callable[[str], str],
    before: list[list[str]],
    behind: list[list[str]],
) -> None:
    fmt = format_of(header, delimiter)
    cells = [spelled(name) for name in data.draw(st.permutations(header))]
    quoted = data.draw(st.booleans())
    padding = "" if quoted else data.draw(st.sampled_from(["", " ", "  "]))
    written = delimiter.join(f'"{cell}"' if quoted else f"{padding}{cell}{padding}" for cell in cells)
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = [delimiter.join(row) for row in before]
    text = end.join([*lines, written, *(delimiter.join(row) for row in behind), ""]).encode()
    if is_reordered(fmt, cells) or why_skipped(fmt, written, cells, len(header)):
        line_end = len(end.join([*lines, written]).encode())
        places = [*doubtful_places(text, line_breaks(text), fmt, len(header))]
        assert min(places, default=line_end + 1) <= line_end


@given(headers, st.sampled_from(DELIMITERS), st.text(LETTERS | st.sampled_from("\n\r,;"), max_size=40))
def test_any_text_is_looked_at_without_a_fault(header: list[str], delimiter: str, text: str) -> None:
    block = text.encode()
    places = [*doubtful_places(block, line_breaks(block), format_of(header, delimiter), len(header))]
    assert all(0 <= place < max(1, len(block)) for place in places)
