"""Detection stage by stage: sample, lines, encoding, dialect, header, layout, confidence."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from refdata.core.errors import FormatError
from refdata.core.knownformat import KnownFormat
from refdata.csvformat import detect
from refdata.csvformat.celltypes import CellType, cell_type
from refdata.csvformat.comments import separator_line
from refdata.csvformat.dialects import Dialect, read_rows, rows_of
from refdata.csvformat.header import header_odds
from refdata.csvformat.lines import from_next_line, line_ending, physical_lines, without_broken_line
from refdata.csvformat.quoting import escape_for, escapes_each, quote_use
from refdata.csvformat.rowshape import RowShape, row_shape
from refdata.csvformat.sample import PROBE_BYTES, read_sample

ROW = "{number:06d};Station {number};{number}.5\n"


def write(folder: Path, content: bytes | str) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def long_table(rows: int) -> bytes:
    return b"code;name;amount\n" + "".join(ROW.format(number=number) for number in range(rows)).encode()


# --- sample and lines


def test_small_file_is_read_whole(tmp_path: Path) -> None:
    sample = read_sample(write(tmp_path, b"a,b\n1,2\n"))
    assert sample.whole
    assert sample.windows == (sample.head,)


def test_large_file_is_read_in_bounded_windows(tmp_path: Path) -> None:
    data = long_table(20_000)
    sample = read_sample(write(tmp_path, data), 4096)
    assert not sample.whole
    assert sum(len(window.data) for window in sample.windows) <= 4096 + 8
    assert all(data[window.offset :].startswith(window.data) for window in sample.windows)
    assert sample.windows[-1].offset + len(sample.windows[-1].data) == len(data)


def test_ascii_windows_are_helped_by_probes(tmp_path: Path) -> None:
    data = long_table(60_000)
    at = data.index(b"\n", PROBE_BYTES * 2) + 1
    path = write(tmp_path, data[:at] + "000000;Müller;1.5\n".encode("cp1252") + data[at:])
    assert len(read_sample(path, 4096).probes) == 1
    assert detect(path, sample_bytes=65536).encoding == "cp1252"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\r\nc\rd", ["a\n", "b\r\n", "c\r", "d"]),
        ("a\x0cb\u2028c\x85d\n", ["a\x0cb\u2028c\x85d\n"]),
        ("", []),
        ("\n\n", ["\n", "\n"]),
    ],
)
def test_physical_lines_end_at_line_feeds_and_returns_alone(text: str, lines: list[str]) -> None:
    assert physical_lines(text) == lines


@pytest.mark.parametrize(
    ("text", "ending"), [("a\r\nb\r\nc\n", "\r\n"), ("a\rb\rc", "\r"), ("abc", "\n"), ("a\nb\r\n", "\r\n")]
)
def test_line_ending_is_the_most_frequent(text: str, ending: str) -> None:
    assert line_ending(text) == ending


def test_broken_lines_at_the_ends_of_windows_are_left_out() -> None:
    assert without_broken_line("a,b\nc") == "a,b\n"
    assert from_next_line("lf\r\na,b\n") == "a,b\n"
    assert from_next_line("no end") == ""


# --- rows, quotes and escapes


def test_rows_are_those_of_the_csv_module() -> None:
    text = 'a,"b\nc",d\n\n1,"x""y",3\n'
    assert [row.cells for row in rows_of(text, Dialect(","))] == list(csv.reader(physical_lines(text)))


def test_rows_know_their_physical_lines_and_pass_over_comments() -> None:
    lines = physical_lines('# note\na,"b\n# c",d\n# note\n1,2,3\n')
    rows = read_rows(lines, Dialect(","), comment="#")
    assert [(row.first, row.last, len(row.cells)) for row in rows] == [(1, 3, 3), (4, 5, 3)]


@pytest.mark.parametrize(
    ("text", "opening", "closing", "spaced", "doubled", "stray"),
    [
        ('"a","b"\n', 2, 2, 0, 0, 0),
        ('a, "b" ,c\n', 0, 0, 2, 0, 0),
        ('"a ""b"" c"\n', 1, 1, 0, 2, 0),
        ('5" pipe,7\n', 0, 0, 0, 0, 1),
        ('"a \\" b"\n', 1, 1, 0, 1, 0),
    ],
)
def test_quotes_are_counted_by_place(
    text: str, opening: int, closing: int, spaced: int, doubled: int, stray: int
) -> None:
    use = quote_use(text, ",", '"')
    assert (use.opening, use.closing, use.spaced, use.doubled, use.stray) == (opening, closing, spaced, doubled, stray)


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ('"a \\"b\\" c",1\n', "\\"),
        ('"C:\\dir\\",1\n', ""),
        ('"a \\""b\\"" c",1\n', ""),
        ('"a ""b"" c",1\n', ""),
    ],
)
def test_backslash_escapes_only_where_the_quote_would_not_close(text: str, escape: str) -> None:
    assert escape_for(text, ",", '"') == escape


def test_escaped_apostrophes_show_a_writer_that_escapes() -> None:
    assert escapes_each("1;Ship\\'s cook\n2;Pilot\n", "'")
    assert not escapes_each("1;Ship\\'s cook\n2;Pilot's mate\n", "'")
    assert not escapes_each("1;Pilot\n", "'")


def test_row_shape_distinguishes_uniform_from_steady() -> None:
    two_tables = rows_of("1,2\n" * 3 + "1,2,3\n" * 3, Dialect(","))
    assert row_shape(two_tables) == RowShape(3, 0.5, 0.8, 6)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", CellType.EMPTY),
        ("12", CellType.INTEGER),
        ("-1.234,56", CellType.DECIMAL),
        ("1.5e-7", CellType.DECIMAL),
        ("2024-01-31", CellType.DATE),
        ("31.1.2024", CellType.DATE),
        ("2024-01-31T10:15:00Z", CellType.DATE),
        ("10:15", CellType.TIME),
        ("12 %", CellType.MEASURE),
        ("€ 5.50", CellType.MEASURE),
        ("no", CellType.BOOLEAN),
        ("https://example.org/?a=1;b=2", CellType.LINK),
        ("AB-12/3", CellType.CODE),
        ("two words", CellType.TEXT),
        ('he said "', CellType.BROKEN),
        ("f(a", CellType.BROKEN),
    ],
)
def test_cells_have_kinds(cell: str, kind: CellType) -> None:
    assert cell_type(cell) is kind


# --- encoding


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n\xc3\xa9\xc3\xa9\xc3\xa9,1\n" + b"\xe9,2\n" * 9, "offset 13, line 3"),
        ("a;b\nä;1\n".encode("utf-16") + b"\x41", "not valid utf-16"),
        (b"a,b\n" + b"\x00\x01\x02\x03" * 50, "binary"),
    ],
)
def test_undecodable_bytes_are_named_by_place(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(FormatError) as raised:
        detect(write(tmp_path, content))
    assert words in str(raised.value)


def test_code_page_is_what_the_site_says_where_letters_fit_alike(tmp_path: Path) -> None:
    path = write(tmp_path, "id;name\n1;Größe\n2;Länge\n3;Höhe\n".encode("cp1250"))
    assert detect(path).encoding == "cp1252"
    assert detect(path, code_page="cp1250").encoding == "cp1250"


def test_letters_beat_the_code_page_where_they_speak(tmp_path: Path) -> None:
    text = "id;nazwa\n1;śruba żółta\n2;gwóźdź\n3;łącznik\n"
    found = detect(write(tmp_path, text.encode("cp1250")))
    assert text.encode("cp1250").decode(found.encoding) == text


# --- comments, header, layout


@pytest.mark.parametrize(
    ("line", "delimiter"), [("sep=;\n", ";"), ("SEP=,\r\n", ","), ('"sep=\t"\n', "\t"), ("sep=x\n", ""), ("a;b\n", "")]
)
def test_separator_line_states_the_delimiter(line: str, delimiter: str) -> None:
    assert separator_line(line) == delimiter


@pytest.mark.parametrize(
    ("first", "body", "is_header"),
    [
        (["id", "amount"], [["1", "2.5"], ["2", "3.5"]], True),
        (["1", "2.5"], [["2", "3.5"], ["3", "4.5"]], False),
        (["country", "capital"], [["Norway", "Oslo"], ["Sweden", "Stockholm"]], True),
        (["Save", "Speichern"], [["Save as", "Speichern als"], ["Save all", "Alles speichern"]], False),
        (["year", "2019", "2020", "2021", "2022"], [["a", "1.5", "2.5", "3.5", "4.5"]] * 2, True),
    ],
)
def test_header_is_judged_against_the_body(first: list[str], body: list[list[str]], is_header: bool) -> None:
    assert (header_odds(first, body) > 0) is is_header


def test_known_columns_make_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "red,green\nred,blue\nblack,green\n")
    assert not detect(path).has_header
    assert detect(path, known=KnownFormat(columns=("Red", "GREEN"))).has_header


def test_generated_names_stand_in_for_a_header(tmp_path: Path) -> None:
    found = detect(write(tmp_path, "1,2.5\n2,3.5\n3,4.5\n"))
    assert (found.header, found.header_lines) == (("column_1", "column_2"), 0)


def test_trailer_of_a_large_file_is_found_in_its_tail(tmp_path: Path) -> None:
    found = detect(write(tmp_path, long_table(3000) + b"Total: 3000 rows\n"), sample_bytes=8192)
    assert (found.trailer_lines, found.stated_rows, found.has_header) == (1, 3000, True)


def test_tail_that_begins_within_quotes_is_read_right(tmp_path: Path) -> None:
    rows = "".join(f'{number};"first\nsecond; with\nthird";{number}.5\n' for number in range(2000))
    path = write(tmp_path, "id;text;amount\n" + rows + "Row count: 2000\n")
    for sample_bytes in range(8192, 8232, 4):
        found = detect(path, sample_bytes=sample_bytes)
        assert (found.trailer_lines, found.stated_rows) == (1, 2000)


# --- answer, confidence and refusal


def test_answer_is_plain_and_json_able(tmp_path: Path) -> None:
    found = detect(write(tmp_path, long_table(20)))
    assert json.loads(json.dumps(asdict(found)))["header"] == ["code", "name", "amount"]
    assert any("semicolon gives 3 fields" in reason for reason in found.reasons)
    assert sum(one.score for one in found.runners_up) <= 1 - found.confidence + 0.05


def test_file_below_the_threshold_is_refused_with_advice(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b;c\n1;2,3\n4,5;6\n7|8\n")
    assert detect(path, min_confidence=0.0).confidence < 0.9
    with pytest.raises(FormatError, match=r"confidence of .* less than 0\.90") as raised:
        detect(path, min_confidence=0.9)
    assert str(path) in raised.value.where
    assert raised.value.advice


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        detect(tmp_path / "none.csv")


def test_importing_detection_loads_no_heavy_library() -> None:
    code = (
        "import sys; from refdata.csvformat import detect;"
        "print({'airflow', 'pandas', 'numpy', 'pyarrow', 'chardet', 'rich'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3] / "plugins"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root)}
    )
    assert ran.stdout.strip() == "set()"
