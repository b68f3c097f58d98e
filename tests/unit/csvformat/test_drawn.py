"""Tables drawn with blanks, borders and rules, read as the CSV they stand for; generated tables, fixed seeds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import FormatError
from refdata.core.filemodel import Drawing, Format, ReadColumn, RejectedRow, Scan
from refdata.core.knownformat import KnownFormat
from refdata.core.naming import column_names
from refdata.core.sqltypes import text as text_type
from refdata.core.statedformat import StatedFormat
from refdata.csvformat import detect
from refdata.csvformat.drawn import cells_of, redrawn, redrawn_chunks, written_again
from refdata.csvformat.lines import physical_lines
from refdata.csvformat.reader import read_rows
from refdata.csvformat.report import to_text
from refdata.csvformat.scan import scan

WORDS = ("Anna", "Blue whale", "Größe", "O'Neil", 'size 5"', "x;y", "a, b", "Zealand", "n/a")
Table = list[list[str]]


def table_of(rng: random.Random, *, words: tuple[str, ...] = WORDS, fewest: int = 3) -> Table:
    width, count = rng.randint(2, 7), rng.randint(fewest, 25)
    names = ["id", *(f"{rng.choice(['name', 'unit', 'Full', 'kind'])}{at}" for at in range(1, width))]
    kinds = [rng.choice(["word", "number", "date"]) for _ in range(width)]
    cell: dict[str, Callable[[], str]] = {
        "word": lambda: rng.choice(words),
        "number": lambda: f"{rng.uniform(0, 9999):.2f}",
        "date": lambda: f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
    }
    return [names, *([str(at), *(cell[kind]() for kind in kinds[1:])] for at in range(count))]


def padded(rng: random.Random, rows: Table, gap: str = "") -> Table:
    widths = [max(len(row[at]) for row in rows) + rng.randint(0, 3) for at in range(len(rows[0]))]
    right = [rng.random() < 0.4 for _ in widths]
    return [
        [
            (cell.rjust if after else cell.ljust)(width) + gap
            for cell, width, after in zip(row, widths, right, strict=True)
        ]
        for row in rows
    ]


def psql(rng: random.Random, rows: Table) -> str:
    header, *body = [" " + " | ".join(row) for row in padded(rng, rows)]
    rule = "+".join("-" * len(part) for part in header.split("|"))
    return "\n".join([header, rule, *body, f"({len(body)} rows)", ""])


def markdown(rng: random.Random, rows: Table) -> str:
    header, *body = ["| " + " | ".join(row) + " |" for row in padded(rng, rows)]
    mark = rng.choice(["---", ":---", ":---:", "-----"])
    return "\n".join([header, "|" + "|".join(mark for _ in rows[0]) + "|", *body, ""])


def mysql(rng: random.Random, rows: Table) -> str:
    header, *body = ["| " + " | ".join(row) + " |" for row in padded(rng, rows)]
    rule = "".join("+" if mark == "|" else "-" for mark in header)
    return "\n".join([rule, header, rule, *body, rule, f"{len(body)} rows in set (0.00 sec)", ""])


def bordered(rng: random.Random, rows: Table) -> str:
    return "\n".join(["|" + "|".join(row) + "|" for row in padded(rng, rows)] + [""])


def filled_up(rng: random.Random, rows: Table) -> str:
    delimiter = rng.choice("|\t")
    return "\n".join([delimiter.join(row) for row in padded(rng, rows, " ")] + [""])


def sqlcmd(rng: random.Random, rows: Table) -> str:
    header, *body = padded(rng, rows)
    rule = " ".join("-" * max(2, len(cell)) for cell in header)
    widths = [len(part) for part in rule.split(" ")]
    lines = [" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *body)]
    return "\n".join([lines[0], rule, *lines[1:], "", f"({len(body)} rows affected)", ""])


FRAMES = (psql, markdown, mysql, bordered, filled_up, sqlcmd)


def read(path: Path, fmt: Format) -> tuple[Scan, Table]:
    columns = [ReadColumn(at, name, text_type(100)) for at, name in enumerate(column_names(fmt.header))]
    rejects: list[RejectedRow] = []
    batches = list(read_rows(path, fmt, columns=columns, on_reject=rejects.append, block_bytes=200))
    assert rejects == []
    rows = [[cell or "" for cell in record.values()] for batch in batches for record in batch.to_pylist()]
    return scan(path, fmt, column_names(fmt.header)), rows


@pytest.mark.parametrize("seed", range(240))
def test_drawn_table_is_read_without_borders_rules_and_blanks(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    frame = FRAMES[seed % len(FRAMES)]
    rows = table_of(rng)
    path = tmp_path / "file.csv"
    path.write_text(frame(rng, rows), "utf-8")
    found = detect(path)
    assert found.drawing is not None, frame.__name__
    assert (list(found.header), found.doubt) == (rows[0], None)
    scanned, loaded = read(path, found)
    assert loaded == rows[1:]
    assert any("blanks around the values are left out" in one for one in scanned.warnings)


def single_blanks(rng: random.Random, rows: Table) -> str:
    return "\n".join([" ".join(f'"{cell}"' if " " in cell else cell for cell in row) for row in rows] + [""])


def runs_of_blanks(rng: random.Random, rows: Table) -> str:
    return "\n".join(["".join(row).rstrip() for row in padded(rng, rows, "  ")] + [""])


@pytest.mark.parametrize("seed", range(40))
def test_columns_of_blanks_are_asked_about_and_read_as_answered(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    write = (single_blanks, runs_of_blanks)[seed % 2]
    rows = table_of(rng, words=("Anna", "Blue whale", "Zealand", "Größe"))
    path = tmp_path / "file.csv"
    path.write_text(write(rng, rows), "utf-8")
    found = detect(path)
    assert found.doubt is not None
    assert [one.key for one in found.doubt.readings] == ["blanks", "single_column"]
    assert f"into {len(rows[0])} fields" in found.doubt.what
    answered = detect(path, stated=StatedFormat(columns="blanks"))
    assert (list(answered.header), answered.doubt) == (rows[0], None)
    assert read(path, answered)[1] == rows[1:]
    single = detect(path, stated=StatedFormat(columns="single"))
    assert (len(single.header), single.doubt, single.drawing) == (1, None, None)


PLAIN = [
    "name\nNew York\nLos Angeles\nSan Diego\nSanta Fe\n",
    "at\n2024-01-01 10:00:00\n2024-01-02 11:00:00\n2024-01-03 12:00:00\n",
    "a|b\n1|x y\n2|y\n3|z\n",
    '"a"|"b"\n"1" |"x"\n"2" |"y"\n',
    "id,name\n1, x\n2, y\n3, zz\n",
    "a,b\n-,---\n1,2\n3,4\n",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_files_are_not_taken_for_drawings(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    assert detect(path).drawing is None


def test_table_with_one_column_is_not_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("code 1\nA 1\nB 2\nC 3\n")
    known = KnownFormat(header=("code 1",), has_header=True)
    assert detect(path).doubt is not None
    assert detect(path, known=known).doubt is None


@given(st.lists(st.text("ab \"'|;\t-+é\u2028\n\r", max_size=12)), st.integers(1, 7))
def test_lines_stay_lines_wherever_chunks_are_cut(lines: list[str], size: int) -> None:
    text = "\n".join(lines)
    data = text.encode()
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    for drawing in (Drawing("|", borders=True), Drawing(" "), Drawing("  "), Drawing("", starts=(0, 3))):
        whole = redrawn(text, drawing)
        assert b"".join(redrawn_chunks(iter(chunks), drawing)).decode() == whole
        assert [whole.count(mark) for mark in "\n\r"] == [text.count(mark) for mark in "\n\r"]


def test_line_that_does_not_keep_to_the_columns_is_one_cell() -> None:
    drawing = Drawing("", starts=(0, 5, 9))
    assert cells_of("a    b   c", drawing) == ["a", "b", "c"]
    assert cells_of("(10 rows affected)", drawing) == ["(10 rows affected)"]


LOOSE = [("Austin", "TX"), ("Boston", "MA"), ("Denver", "CO"), ("Reno", "NV")]


@pytest.mark.parametrize(("head", "first"), [("place", "single_column"), ("City, State", "comma"), ("", "comma")])
def test_text_with_commas_of_its_own_is_asked_about(head: str, first: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("\n".join([*filter(None, [head]), *(f"{city}, {state}" for city, state in LOOSE)]) + "\n")
    found = detect(path)
    assert found.doubt is not None
    assert {one.key for one in found.doubt.readings} == {"single_column", "comma"}
    assert found.doubt.readings[0].key == first
    single = next(one for one in found.doubt.readings if one.key == "single_column")
    answered = detect(path, stated=StatedFormat(delimiter=single.delimiter))
    assert (len(answered.header), answered.doubt) == (1, None)
    assert scan(path, answered, column_names(answered.header)).rejected == 0


@pytest.mark.parametrize(
    "rows", ["1, x\n2, y\n3, z\n", '"a", "b"\n"c", "d"\n"e", "f"\n', "a, b, c, d\ne, f, g, h\ni, j, k, l\n"]
)
def test_blanks_behind_real_delimiters_are_not_asked_about(rows: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(rows)
    assert detect(path).doubt is None


@pytest.mark.parametrize("delimiter", [", ", "; "])
@pytest.mark.parametrize("seed", range(20))
def test_blanks_after_all_delimiters_are_no_part_of_the_values(seed: int, delimiter: str, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = [[str(at), *(f"{rng.uniform(0, 99):.1f}" for _ in range(seed % 4 + 1)), "word"] for at in range(5)]
    header = ["id", *(f"n{at}" for at in range(seed % 4 + 1)), "text"]
    path = tmp_path / "file.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in [header, *rows]))
    found = detect(path)
    scanned, loaded = read(path, found)
    assert (loaded, found.doubt) == (rows, None)
    assert all(str(column.type).startswith(("INT", "DECIMAL")) for column in scanned.columns[:-1])
    assert "Blanks after the delimiters are left out." in scanned.warnings


@pytest.mark.parametrize("text", [",,,\n,,,\n", ";", '""\n""\n', "\n \n"])
def test_file_of_delimiters_only_is_empty(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match="empty"):
        detect(path)


def test_report_shows_what_is_in_doubt_and_the_readings(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("code,price\nA,x,1\nB,y,2\n")
    text = " ".join(to_text(detect(path)).split())
    assert "In doubt: The header has 2 names, the rows have 3 fields" in text
    assert "The last field has no name. The fields are named: code, price, (no name)." in text


@given(st.text(alphabet='a1é"-=\t \r\n\u00a0\x0c', max_size=40))
def test_lines_divided_by_blanks_are_written_again_alike_at_once_and_one_by_one(text: str) -> None:
    drawing = Drawing(" ")
    assert redrawn(text, drawing) == "".join(written_again(line, drawing) for line in physical_lines(text))
