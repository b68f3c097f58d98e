"""The rows of read_rows, compared with Python's csv module on the same text."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import threading
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.errors import (
    DataError,
    DropoffError,
    FileBusyError,
    FileChangedError,
    FormatError,
    PermissionDeniedError,
    RefdataError,
)
from refdata.core.filemodel import Format, Notation, ReadColumn, RejectedRow
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, TIME, SqlType, decimal, text
from refdata.csvformat.careful import SWALLOWED
from refdata.csvformat.damage import Damage
from refdata.csvformat.limits import CAREFUL_BYTES
from refdata.csvformat.pipeline import in_order
from refdata.csvformat.reader import read_rows
from refdata.csvformat.rejects import RejectsFile

Row = tuple[str, ...]


def no_reject(reject: RejectedRow) -> None:
    pytest.fail(f"rejected: {reject}")


def format_of(width: int, delimiter: str = ",", quote: str = '"', escape: str = "", **more: object) -> Format:
    header = tuple(f"c{index}" for index in range(width))
    return Format("utf-8", delimiter, quote, escape, False, header, **more)  # type: ignore[arg-type]


def read_as_text(path: Path, fmt: Format, block_bytes: int = 1 << 20) -> tuple[list[Row], list[RejectedRow]]:
    columns = [ReadColumn(index, name, text(1)) for index, name in enumerate(fmt.header)]
    rejects: list[RejectedRow] = []
    rows: list[Row] = []
    for batch in read_rows(path, fmt, columns=columns, on_reject=rejects.append, block_bytes=block_bytes):
        rows += zip(*([value or "" for value in column.to_pylist()] for column in batch.columns), strict=True)
    return rows, rejects


def dialect_of(fmt: Format) -> dict[str, object]:
    quoting = {"quotechar": fmt.quote} if fmt.quote else {"quoting": csv.QUOTE_NONE}
    return {"delimiter": fmt.delimiter, "escapechar": fmt.escape or None, **quoting}


class UnclosedError(Exception):
    """The csv module came to the end within quotes."""


def reference(source: str, fmt: Format) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """The csv module's rows, and line and text of those that are damaged; byte-order marks before rows aside.

    Where a row over several lines has a quote out of place, only its first line counts, and the rest is
    read again. A row with quotes within its fields is read or refused as ``Damage`` says (test_damage.py).
    """
    damage = Damage(fmt, len(fmt.header))
    lines, start = list(io.StringIO(source, newline="")), 0
    rows: list[list[str]] = []
    damaged: list[tuple[int, str]] = []
    while start < len(lines):
        written = lines[start]
        lines[start] = written.removeprefix("\ufeff")
        if fmt.comment and lines[start].startswith(fmt.comment):
            start += 1
            continue
        row, stop = one_row(lines, start, fmt)
        if stop - start > 1 and not in_place("".join(lines[start:stop]), fmt):
            row, stop = ["swallowed"] * (len(fmt.header) + 1), start + 1
        raw = "".join([written, *lines[start + 1 : stop]])
        unmarked = raw.removeprefix("\ufeff")
        joined = row[:1] == ["swallowed"]
        if not damage.is_sound(unmarked) or len(row) != len(fmt.header):
            fitted = damage.fitted(unmarked, [] if joined else row)
            if fitted and not fitted.asked and (len(row) > 1 or unmarked.strip()):
                row = fitted.cells
            elif len(row) == len(fmt.header):
                row = ["misplaced"] * (len(fmt.header) + 1)
        if len(row) != len(fmt.header) or "\0" in raw:
            if row and (len(row) > 1 or row[0].strip()):
                damaged.append((start + 1, raw.rstrip("\r\n")))
        else:
            rows.append(row)
        start = stop
    return rows, damaged


def one_row(lines: list[str], start: int, fmt: Format) -> tuple[list[str], int]:
    """The row that begins at a line, and the line behind it."""
    feed = iter([*lines[start:], None])

    def until_end() -> Iterator[str]:
        for line in feed:
            if line is None:
                raise UnclosedError
            yield line

    row = next(csv.reader(until_end(), **dialect_of(fmt)))  # type: ignore[arg-type]
    return row, len(lines) - len(list(feed)) + 1


def in_place(raw: str, fmt: Format) -> bool:
    """Whether no field with a line break in quotes goes on behind them; rows with an escape are not judged."""
    if not fmt.quote or (fmt.escape and fmt.escape in raw):
        return True
    state, broken = "start", False
    for character in raw:
        if state == "quoted":
            state = "closed" if character == fmt.quote else "quoted"
            broken |= character in "\r\n"
        elif state == "closed" and character == fmt.quote:
            state = "quoted"
        elif character == fmt.delimiter or character in "\r\n":
            state, broken = "start", False
        elif state == "closed" and broken:
            return False
        else:
            state = "quoted" if state == "start" and character == fmt.quote else "open"
    return True


PIECES = st.sampled_from(
    [
        "#",
        "\n#",
        "a",
        "bc",
        "é",
        "漢",
        "😀",
        " ",
        ",",
        ",",
        ";",
        '"',
        '"',
        '""',
        '"x"',
        '"y\nz"',
        "\\",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\0",
        "\ufeff",
    ]
)
DIALECTS = [
    (",", '"', "", ""),
    (";", '"', "", "#"),
    (",", "'", "", ""),
    (",", "", "", "#"),
    (",", '"', "\\", ""),
    ("|", "", "\\", ""),
    ("\t", '"', "\\", "#"),
]


@pytest.mark.parametrize(("delimiter", "quote", "escape", "comment"), DIALECTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=40), width=st.integers(1, 3), block=st.integers(1, 40))
def test_rows_and_rejects_are_those_of_the_csv_module(
    tmp_path: Path, delimiter: str, quote: str, escape: str, comment: str, pieces: list[str], width: int, block: int
) -> None:
    source = "".join(pieces).replace(",", delimiter).replace('"', quote or '"')
    path, fmt = tmp_path / "file.csv", format_of(width, delimiter, quote, escape, comment=comment)
    path.write_bytes(source.encode())
    try:
        expected, damaged = reference(source, fmt)
    except UnclosedError:  # the file is refused, unless only the line of the quote is damaged (test_damage.py)
        with contextlib.suppress(FormatError):
            read_as_text(path, fmt, block)
        return
    rows, rejects = read_as_text(path, fmt, block)
    assert rows == [tuple(row) for row in expected]
    assert [(reject.line, reject.raw) for reject in rejects] == damaged


def test_quote_behind_an_escaped_delimiter_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('\\,"\n"\n"\n' * 20)
    for block in range(1, 20):
        assert read_as_text(path, format_of(1, escape="\\"), block) == ([(',"',), ("\n",)] * 20, [])


def test_head_and_tail_of_other_formats_are_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Title\n\nid,name\n1,x\n# note\n2,y\n\nTotal,2\nend of file\n \n")
    fmt = Format("utf-8", ",", '"', "", True, ("id", "name"), preamble_lines=2, trailer_lines=2, comment="#")
    for block in (1, 3, 7, 1000):
        assert read_as_text(path, fmt, block) == (
            [("1", "x"), ("2", "y")],
            [],
        )


TAILS = [
    ("1,a\n2,b\nend\n", 1, ["1", "2"]),
    ("1,a\n2,b\nend", 1, ["1", "2"]),
    ("1,a\r2,b\r\rend\r\r", 1, ["1", "2"]),
    ("1,a\r\n2,b\r\n \r\nTotal\r\nend\r\n\t\r\n", 2, ["1", "2"]),
    ("only,one\n", 1, []),
    ("only,one\n", 3, []),
    ("1,a\n" + "\n" * 100_000 + "end\n" + " \n" * 100_000, 1, ["1"]),
]


@pytest.mark.parametrize(("source", "lines", "first"), TAILS)
def test_last_lines_that_hold_text_are_dropped(tmp_path: Path, source: str, lines: int, first: list[str]) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(source.encode())
    for block in (1, 5, 1 << 20) if len(source) < 100 else (1 << 20,):
        rows, rejects = read_as_text(path, format_of(2, trailer_lines=lines), block)
        assert ([row[0] for row in rows], rejects) == (first, [])


def test_reject_names_its_line_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('id,name\n1,"two\nlines"\n2\n3,c,d\n4,ok\n5,nul\0\n6,"he said "hi",\n')
    fmt = Format("utf-8", ",", '"', "", True, ("id", "name"))
    rows, rejects = read_as_text(path, fmt)
    assert rows == [("1", "two\nlines"), ("4", "ok")]
    assert [(reject.line, reject.reason, reject.raw) for reject in rejects] == [
        (4, "expected 2 fields, found 1", "2"),
        (5, "expected 2 fields, found 3", "3,c,d"),
        (7, "NUL byte", "5,nul\0"),
        (8, "expected 2 fields, found 3", '6,"he said "hi",'),
    ]


def test_stray_quote_takes_no_neighbour_with_it(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('a,b\nc,"d\n"e","f"\n"g","two\nlines"\n')
    rows, rejects = read_as_text(path, format_of(2))
    assert rows == [("a", "b"), ("e", "f"), ("g", "two\nlines")]
    assert rejects == [
        RejectedRow(2, f"{SWALLOWED}; without the quote at the start of field 2 it would fit", 'c,"d', fits=True)
    ]


def test_long_damaged_stretch_is_read_on_across_its_cuts(tmp_path: Path) -> None:
    path, count = tmp_path / "file.csv", 30_000
    rows = [(str(index), f'say "{index}" ok', "two\nlines") for index in range(count)]
    text_of = "".join(f'{a},say "{a}" ok,"{c}"\n' + ("x\n" if int(a) % 1000 == 0 else "") for a, _, c in rows)
    assert len(text_of) > 3 * CAREFUL_BYTES
    path.write_text(text_of)
    for block in (100_000, 1 << 22):
        found, rejects = read_as_text(path, format_of(3), block)
        assert found == rows
        assert [reject.line for reject in rejects] == [
            1 + 2 * index + index // 1000 + 2 for index in range(0, count, 1000)
        ]


def test_open_quote_is_refused_at_the_line_where_it_opens(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('a,b\n"x\ny",1\n2,"open\n3,c\n4,d\n')
    with pytest.raises(FormatError, match="line 4"):
        read_as_text(path, format_of(2))


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("utf-8-sig", b""),
        ("utf-16", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("latin-1", b""),
        ("cp1252", b""),
        ("utf-32", b""),
    ],
)
def test_encodings_read_alike(tmp_path: Path, encoding: str, head: bytes) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(head + "id,name\r\n1,Zürich\r\n2,\r\n".encode(encoding))
    fmt = Format(encoding, ",", '"', "", True, ("id", "name"))
    for block in (1, 2, 5, 1000):
        assert read_as_text(path, fmt, block) == ([("1", "Zürich"), ("2", "")], [])


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "euc_jp", "iso2022_jp", "utf-8", "utf-16-be"])
def test_encodings_of_several_bytes_are_read_across_cuts(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes('a,"日本,中"\nb,c\n日,~\n'.encode(encoding))
    fmt = Format(encoding, ",", '"', "", False, ("a", "b"))
    for block in (1, 2, 3, 1000):
        assert read_as_text(path, fmt, block) == ([("a", "日本,中"), ("b", "c"), ("日", "~")], [])


@pytest.mark.parametrize(
    ("encoding", "content", "line", "place"),
    [
        ("utf-8", b"a,b\nc,d\nx,\xff\n", 3, "byte 0xFF at offset 10 is not valid utf-8"),
        ("utf-8", b'a,b\n"c",d\nx,\xc3', 3, "byte 0xC3 at offset 12 is not valid utf-8"),
        ("cp1252", b"a,\xe9\nc,\x81\n", 2, "byte 0x81 at offset 6 is not valid cp1252"),
    ],
)
def test_undecodable_bytes_are_rejects(tmp_path: Path, encoding: str, content: bytes, line: int, place: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    fmt = Format(encoding, ",", '"', "", False, ("a", "b"))
    for block in (3, 1000):
        rows, rejects = read_as_text(path, fmt, block)
        assert (len(rows), [(one.line, one.reason) for one in rejects]) == (line - 1, [(line, place)])


def test_undecodable_wide_characters_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("a,b\nc,d\n".encode("utf-16") + b"\x00")
    for block in (3, 1000):
        with pytest.raises(FormatError, match="line 3") as caught:
            read_as_text(path, Format("utf-16", ",", '"', "", False, ("a", "b")), block)
        assert str(path.stat().st_size - 1) in caught.value.what


def test_utf_16_without_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("a,b\n".encode("utf-16-le"))
    with pytest.raises(FormatError, match="Byte 0 is not valid utf-16 text"):
        read_as_text(path, Format("utf-16", ",", '"', "", False, ("a", "b")))


CONVERSIONS: list[tuple[str, SqlType, Notation, object]] = [
    ("12", INT, Notation(), 12),
    ("9999999999", BIGINT, Notation(), 9_999_999_999),
    ("1.5", decimal(5, 2), Notation(), Decimal("1.50")),
    ("-1.234,5", decimal(6, 2), Notation(",", "."), Decimal("-1234.50")),
    ("1,234", INT, Notation(".", ","), 1234),
    ("1e-3", FLOAT, Notation(), 0.001),
    ("tRUE", BIT, Notation(), True),
    ("2024-02-29", DATE, Notation(), date(2024, 2, 29)),
    ("29/2/2024", DATE, Notation(date_order="dmy", date_separator="/"), date(2024, 2, 29)),
    ("2024-02-29T10:11:12.5", DATETIME2, Notation(fraction_digits=1), datetime.fromisoformat("2024-02-29T10:11:12.5")),
    (
        "02/29/2024 9:05",
        DATETIME2,
        Notation(date_order="mdy", date_separator="/"),
        datetime.fromisoformat("2024-02-29T09:05"),
    ),
    ("23:59:59.25", TIME, Notation(fraction_digits=2), time(23, 59, 59, 250_000)),
    ("NA", text(10), Notation(), "NA"),
    (" 007 ", text(10), Notation(), " 007 "),
    ("1.50", text(10), Notation(), "1.50"),
]


@pytest.mark.parametrize(("source", "kind", "notation", "value"), CONVERSIONS)
def test_target_type_decides_the_value(
    tmp_path: Path, source: str, kind: SqlType, notation: Notation, value: object
) -> None:
    path, fmt = tmp_path / "file.csv", format_of(2, ";")
    path.write_text(f'{source};x\n;y\n"{source}";z\n"";z\n')
    (batch,) = read_rows(path, fmt, columns=[ReadColumn(0, "v", kind, notation)], on_reject=no_reject)
    assert batch.schema.names == ["v"]
    assert batch.column(0).to_pylist() == [value, None, value, None]


def test_value_that_does_not_convert_is_a_reject(tmp_path: Path) -> None:
    path, rejects = tmp_path / "file.csv", list[RejectedRow]()
    path.write_text("1,a\nx,b\n3,c\n\n4,d,e\n99999999999,f\n")
    columns = [ReadColumn(1, "name", text(5)), ReadColumn(0, "id", INT)]
    batches = list(read_rows(path, format_of(2), columns=columns, on_reject=rejects.append))
    assert pa.Table.from_batches(batches).to_pylist() == [{"name": "a", "id": 1}, {"name": "c", "id": 3}]
    assert rejects == [
        RejectedRow(2, "the value of column 'id' does not fit INT", "x,b"),
        RejectedRow(5, "expected 2 fields, found 3", "4,d,e"),
        RejectedRow(6, "the value of column 'id' does not fit INT", "99999999999,f"),
    ]


def test_batches_have_at_most_the_rows_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1\n" * 25)
    columns = [ReadColumn(0, "id", INT)]
    batches = read_rows(path, format_of(1), columns=columns, on_reject=no_reject, batch_rows=10)
    assert [batch.num_rows for batch in batches] == [10, 10, 5]


def test_rejects_file_is_made_with_the_first_reject(tmp_path: Path) -> None:
    path, target = tmp_path / "file.csv", tmp_path / "file.rejects.csv"
    path.write_text("a,b\n")
    with RejectsFile(target) as rejects:
        list(read_rows(path, format_of(2), columns=[], on_reject=rejects.write))
    assert (rejects.count, target.exists()) == (0, False)
    path.write_text('a,b\n"é",2,3\n4\n')
    with RejectsFile(target) as rejects:
        list(read_rows(path, format_of(2), columns=[], on_reject=rejects.write))
        assert not target.exists()  # a killed process leaves no list that lacks rows
    assert rejects.count == 2
    assert sorted(tmp_path.iterdir()) == [path, target]
    assert list(csv.reader(io.StringIO(target.read_text("utf-8"), newline=""))) == [
        ["line", "reason", "raw"],
        ["2", "expected 2 fields, found 3", '"é",2,3'],
        ["3", "expected 2 fields, found 1", "4"],
    ]


@pytest.mark.parametrize(
    ("error", "left"),
    [(DataError("too many"), ["rejects.csv"]), (FileBusyError("away"), []), (KeyboardInterrupt(), [])],
)
def test_only_what_refuses_the_file_leaves_its_list_of_rejects(
    tmp_path: Path, error: BaseException, left: list[str]
) -> None:
    with pytest.raises(type(error)), RejectsFile(tmp_path / "rejects.csv") as rejects:
        rejects.write(RejectedRow(7, "a reason", "raw"))
        raise error
    assert [path.name for path in tmp_path.iterdir()] == left


def test_two_processes_that_read_one_file_write_its_list_of_rejects_apart(tmp_path: Path) -> None:
    target = tmp_path / "rejects.csv"
    with RejectsFile(target) as first, RejectsFile(target) as second:
        for rejects in (first, second):
            rejects.write(RejectedRow(7, "a reason", "raw"))
    assert list(tmp_path.iterdir()) == [target]
    assert len(target.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("raw", "written"),
    [("=1+1,x", "'=1+1,x"), ("@a", "'@a"), ("-1,x", "'-1,x"), ("\t=1", "'\t=1"), ("1,=1", "1,=1"), ("'a", "'a")],
)
def test_a_spreadsheet_that_opens_the_rejects_runs_none_of_them(tmp_path: Path, raw: str, written: str) -> None:
    with RejectsFile(tmp_path / "rejects.csv") as rejects:
        rejects.write(RejectedRow(7, "a reason", raw))
    _, row = csv.reader(io.StringIO((tmp_path / "rejects.csv").read_text("utf-8"), newline=""))
    assert row == ["7", "a reason", written]


def test_blocks_at_work_are_bounded_in_number_and_bytes_and_come_in_order() -> None:
    sizes, got, held = [1, 1, 9, 1, 9, 9, 1, 2, 1, 1, 1, 1, 1], list[int](), list[list[int]]()

    def items() -> Iterator[int]:
        for at, item in enumerate(sizes):
            held.append(sizes[len(got) : at])
            yield item

    for result in in_order(lambda item: item, items(), 2, size=lambda item: item, most=4):
        got.append(result)
    assert got == sizes
    assert all(len(found) <= 3 and (sum(found) <= 4 or len(found) == 1) for found in held)
    assert [1, 1, 1] in held


def test_without_threads_the_caller_works_on_one_block_after_the_other() -> None:
    at_work, items = threading.current_thread(), iter([1, 2])
    results = in_order(lambda item: (item, threading.current_thread() is at_work), items, 0)
    assert next(results) == (1, True)
    assert next(items) == 2
    assert [*results] == []


@pytest.mark.parametrize("error", [PermissionDeniedError, FileChangedError, DropoffError])
def test_file_that_cannot_be_opened_is_an_error_of_the_tree(tmp_path: Path, error: type[RefdataError]) -> None:
    folder = tmp_path / "x.csv"
    folder.mkdir()
    path = {FileChangedError: tmp_path / "gone.csv", DropoffError: folder}.get(error)
    if path is None:
        path = tmp_path / "locked.csv"
        path.write_text("a\n")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    with pytest.raises(error):
        read_as_text(path, format_of(1))


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(",".join("x" * 1100) + "\n")
    with pytest.raises(FormatError, match="1100 columns"):
        read_as_text(path, format_of(1100))


@pytest.mark.parametrize("trailer_lines", [0, 1])
def test_line_without_end_is_refused_before_it_is_read(tmp_path: Path, trailer_lines: int) -> None:
    path = tmp_path / "file.csv"
    with path.open("wb") as file:
        file.truncate(5 * 1024**3)
        file.seek(0)
        file.write(b"a,b\n")
    read: list[int] = []
    with pytest.raises(FormatError, match="longer than 16 MiB"):
        fmt = format_of(2, trailer_lines=trailer_lines)
        list(read_rows(path, fmt, columns=[], on_reject=no_reject, progress=read.append))
    assert max(read) < 64 * 1024**2


def test_progress_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1\n" * 1000)

    def stop(read: int) -> None:
        if read >= 100:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        list(read_rows(path, format_of(1), columns=[], on_reject=no_reject, progress=stop, block_bytes=50))
