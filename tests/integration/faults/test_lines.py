"""Lines that are no rows, or look as if they were none: each is loaded, or named where the steward looks."""

from __future__ import annotations

import random
import re

import pytest

from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import Site


def named(row: Load) -> set[int]:
    """The lines that the ledger's warnings name as not loaded."""
    return {int(number) for text in row.warnings for number in re.findall(r"Line (\d+) is not loaded", text)}


def accounted(row: Load, lines: int) -> None:
    """Each line below the header is a row or named."""
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert (row.rows_loaded or 0) + len(named(row)) == lines - 1, (row.rows_loaded, row.warnings)


JOINED = [
    pytest.param("code,name,qty\n1,A,5\n2,B,6\ncode,name,qty\n3,C,7\n", {4}, id="the header again"),
    pytest.param("code;name;qty\n1;A;5\ncode;name;qty\n2;B;6\ncode;name;qty\n3;C;7\n", {3, 5}, id="twice, semicolons"),
    pytest.param('"code","name"\n"1","A"\n"code","name"\n"2","B"\n', {3}, id="quoted"),
    pytest.param("code\tname\r\n1\tA\r\ncode\tname\r\n2\tB\r\n", {3}, id="tabs"),
    pytest.param("code,name\nAA,a\ncode,name\nBB,b\n", {3}, id="codes of letters"),
    pytest.param("id,name,qty\n--,----,---\n1,Foo,5\n2,Bar,6\n", {2}, id="a line of dashes"),
    pytest.param("id|name|qty\n---|----|---\n1|Foo|5\n2|Bar|6\n", {2}, id="dashes between bars"),
    pytest.param("id,name,qty\n==,====,===\n1,Foo,5\n2,Bar,6\n", {2}, id="equals signs"),
    pytest.param("id;name\n-- ;-----\n1;Foo\n2;Bar\n", {2}, id="dashes and blanks"),
    pytest.param("id,name,qty\n1,Foo,5\n2,Bar,6\n\n(2 rows affected)\n", {5}, id="the count of sqlcmd"),
]


@pytest.mark.parametrize(("content", "skipped"), JOINED)
def test_lines_that_are_no_rows_are_skipped_and_named(site: Site, content: str, skipped: set[int]) -> None:
    row = site.load(site.drop("t.csv", content))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert named(row) == skipped
    assert row.rows_loaded == len([line for line in content.splitlines()[1:] if line]) - len(skipped)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_inside_joined_files_is_no_part_of_a_value(site: Site, mark: str, ends: str) -> None:
    lines = [mark.join(cells) for cells in (("code", "name"), ("AA", "A"), ("BB", "B"), ("CC", "C"))]
    lines[2] = "\ufeff" + lines[2]
    row = site.load(site.drop("t.csv", "\ufeff" + ends.join(lines) + ends))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert sorted(code for (code,) in site.rows("t", "code")) == ["AA", "BB", "CC"]
    assert "byte-order mark" in " ".join(row.warnings)


KEPT = [
    pytest.param("tag,n\nfoo,1\n#bar,2\nbaz,3\n", id="a number sign"),
    pytest.param("part,n\nA-1,1\n#10 screw,2\nB-2,4\n", id="number sign and blank"),
    pytest.param("remark\nkeep dry\n// fragile\nthis side up\n-- none --\n", id="slashes and dashes, one column"),
    pytest.param("path,n\na/b,1\n//srv/share,2\nc/d,3\n", id="a network path"),
    pytest.param("pattern,n\n*.txt,1\n;semi,2\n%like,3\n", id="other signs"),
    pytest.param("word,meaning\nbegin,start\nend,finish\n", id="the word end"),
    pytest.param("code,label\nA,First\nB,Second\nT,Total\n", id="total as a label"),
    pytest.param("item,qty\napples,4\npears,2\nrows,7\n", id="the word rows"),
    pytest.param("code,name\nEU,Europe\nTOTAL,World\nAS,Asia\n", id="total between rows"),
]


@pytest.mark.parametrize("content", KEPT)
def test_rows_that_look_like_comments_or_totals_are_loaded(site: Site, content: str) -> None:
    row = site.load(site.drop("t.csv", content))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert (row.rows_loaded, named(row)) == (len(content.splitlines()) - 1, set())


ODD = [
    "#x", "# note", "// y", "--", "-- z", ";a", "%b", "*c", "Total", "TOTAL", "Sum", "End", "EOF", "rows", "!d", "'e",
    "Source: me", "Notes", "*** end ***", "...",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_no_line_goes_missing(site: Site, seed: int) -> None:
    rng = random.Random(seed)
    mark, columns, rows = rng.choice([",", ";", "\t"]), rng.randint(1, 4), rng.randint(3, 30)
    lines = [[f"h{at}name" for at in range(columns)]]
    lines += [[f"v{number}", *(str(rng.randrange(1000)) for _ in range(columns - 1))] for number in range(rows)]
    for _ in range(rng.randint(1, 3)):
        odd = [
            rng.choice([word for word in ODD if mark not in word]),
            *(str(rng.randrange(9)) for _ in range(columns - 1)),
        ]
        lines.insert(rng.choice([1, len(lines), rng.randint(1, len(lines))]), odd)
    content = "".join(mark.join(line) + "\n" for line in lines)
    row = site.load(site.drop("t.csv", content))
    if row.status is FileStatus.COMPLETED:
        accounted(row, len(lines))
    else:
        assert row.error_message, content
