"""Lines that are not rows: which are skipped, which are kept, and that each skipped one is named. Fixed seeds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from refdata.core.errors import FormatError
from refdata.core.filemodel import Scan
from refdata.core.naming import column_names
from refdata.csvformat import detect
from refdata.csvformat.scan import scan
from refdata.csvformat.skipping import MOST_NAMED


def scanned(folder: Path, text: str, block_bytes: int = 1 << 20) -> Scan:
    path = folder / "file.csv"
    path.write_text(text, "utf-8", newline="")
    found = detect(path)
    assert found.doubt is None
    return scan(path, found, column_names(found.header), block_bytes=block_bytes)


def table(rng: random.Random, rows: int) -> tuple[str, list[str], str]:
    delimiter = rng.choice(",;\t|")
    names = rng.sample(["code", "name", "n", "iso", "qty", "unit price", "k", "t"], rng.randint(2, 5))
    lines = [
        delimiter.join([f"{rng.choice('ABC')}{at}", *(str(rng.randint(1, 99)) for _ in names[1:])]) + "\n"
        for at in range(rows)
    ]
    return delimiter.join(names) + "\n", lines, delimiter


# --- one-letter names


@pytest.mark.parametrize("seed", range(80))
def test_short_names_above_numbers_are_a_header(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    names = rng.sample("nyktvfiqrx", rng.randint(1, 3))
    first = rng.choice(["iso", "code", "k", "t", "id"])
    rows = "".join(
        ",".join([rng.choice(["foo", "AT", "x", "bar-1"]) + str(at), *(str(rng.randint(0, 999)) for _ in names)]) + "\n"
        for at in range(rng.randint(1, 9))
    )
    path = tmp_path / "file.csv"
    path.write_text(f"{first},{','.join(names)}\n{rows}")
    assert detect(path).header == (first, *names)


@pytest.mark.parametrize("seed", range(80))
def test_short_names_above_letters_and_flags_are_a_header(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    cells = [["a", "x", "y", "n"], ["true", "false"], ["yes", "no"], ["1", "2", "30"]]
    kinds = [*(rng.choice(cells) for _ in range(rng.randint(0, 2))), cells[rng.randint(1, 3)]]
    names = ["k", *rng.sample("nytfvi", len(kinds))]
    rows = "".join(f"A{at},{','.join(map(rng.choice, kinds))}\n" for at in range(rng.randint(2, 30)))
    path = tmp_path / "file.csv"
    path.write_text(f"{','.join(names)}\n{rows}")
    assert detect(path).header == tuple(names)


@pytest.mark.parametrize("flags", [["y", "n"], ["true", "false"], ["t", "f"], ["yes", "no"]])
def test_flags_above_flags_alike_are_a_row(flags: list[str], tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("".join(f"A{at},{flags[at % 2]},{at}\n" for at in range(1, 9)))
    assert not detect(path).has_header


# --- joined files


@pytest.mark.parametrize("seed", range(80))
def test_repeated_headers_rules_and_marks_are_not_rows(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    header, rows, delimiter = table(rng, rng.randint(4, 40))
    end = rng.choice(["\n", "\r\n", "\r"])
    rule = delimiter.join("-" * rng.randint(2, 6) for _ in header.split(delimiter)) + "\n"
    mark = rng.choice(["", "\ufeff"])
    lines = [header, *rows]
    if rng.random() < 0.5:
        lines.insert(1, rule)
    again = rng.randint(len(lines) // 2, len(lines))
    lines[again:again] = [mark + header, *([rule] if rng.random() < 0.5 else [])]
    extra = [at + 1 for at, line in enumerate(lines) if at and (line == rule or line.endswith(header))]
    result = scanned(tmp_path, "".join(lines).replace("\n", end), block_bytes=rng.choice([7, 64, 1 << 20]))
    assert (result.rows, result.rejected) == (len(rows), 0)
    assert [int(text.split()[1]) for text in result.warnings if "not loaded" in text] == extra
    assert all(str(column.type) == "INT" for column in result.columns[1:])


@pytest.mark.parametrize(
    "again",
    [
        '"id","full name",n',
        '"id","full name","n"',
        "id,full name,n",
        'id,full name,"n"',
        "Id,Full Name,N",
        '"ID","Full name",N',
        " id , full  name ,n",
    ],
)
def test_header_that_is_written_in_another_way_is_the_header_again(again: str, tmp_path: Path) -> None:
    rows = "".join(f"A{at},{at},{at}\n" for at in range(4))
    found = scanned(tmp_path, f"id,full name,n\n{rows}{again}\n{rows}")
    assert (found.rows, found.rejected) == (8, 0)
    assert any(warning.startswith("Line 6 is not loaded, it is the header again") for warning in found.warnings)


def test_mark_before_a_row_is_removed_and_named(tmp_path: Path) -> None:
    result = scanned(tmp_path, "code,n\n1,2\n\ufeff3,4\n")
    assert (result.rows, [str(column.type) for column in result.columns]) == (2, ["INT", "INT"])
    assert result.warnings == (
        "Line 3 was read without the byte-order mark at its start: files seem to have been joined here.",
    )


def test_single_column_may_contain_its_name_and_dashes(tmp_path: Path) -> None:
    assert scanned(tmp_path, "status\nopen\nstatus\n---\nclosed\n").rows == 4


def test_single_dashes_are_missing_values(tmp_path: Path) -> None:
    assert scanned(tmp_path, "code,a,b\nA,1,2\n-,-,-\nB,3,4\n-,-,-\n").rows == 4


# --- comments


@pytest.mark.parametrize("seed", range(40))
def test_rows_that_begin_with_a_mark_are_kept(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    header, rows, _ = table(rng, rng.randint(6, 60))
    mark = rng.choice(["#", "//", "-- ", "% ", "# "])
    for at in rng.sample(range(len(rows)), rng.randint(1, 3)):
        rows[at] = mark + rows[at]
    result = scanned(tmp_path, header + "".join(rows))
    assert (result.rows, result.rejected) == (len(rows), 0)


@pytest.mark.parametrize("mark", ["# ", "// ", "-- ", "% ", "#"])
def test_a_single_column_keeps_every_line(mark: str, tmp_path: Path) -> None:
    assert scanned(tmp_path, f"remark\nkeep dry\n{mark}fragile\nthis side up\n").rows == 3


@pytest.mark.parametrize("seed", range(40))
def test_comments_are_skipped_and_named(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    header, rows, _ = table(rng, rng.randint(8, 60))
    lines = [header, *rows]
    for _ in range(rng.randint(1, 4)):
        lines.insert(rng.randint(2, len(lines) - 1), f"# remark {rng.randint(1, 99)}\n")
    result = scanned(tmp_path, "".join(lines))
    assert (result.rows, result.rejected) == (len(rows), 0)
    wanted = [at + 1 for at, line in enumerate(lines) if line.startswith("#")]
    assert [int(text.split()[1]) for text in result.warnings] == wanted


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ('"# of Use","# of Sale"\n', ("# of Use", "# of Sale")),
        ("Item,# of Use\n", ("Item", "# of Use")),
        ("# of Use,Item\n", ("# of Use", "Item")),
        ("#code,n\n", ("code", "n")),
        ("##code,n\n", ("code", "n")),
        ("# exported\n# code,n\n", ("code", "n")),
    ],
)
def test_the_mark_of_a_commented_header_is_not_part_of_its_name(
    header: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(header + "".join(f"{at},{at * 3}\n" for at in range(1, 9)))
    assert detect(path).header == names


# --- trailers


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("code,name\nEU,Europe\nAS,Asia\nTOTAL,World\n", 3),
        ("code,name,n\nEU,Europe,740\nAS,Asia,4600\nTOTAL,World,9999\n", 3),
        ("level,label,sort\nL1,Detail,1\nL2,Subtotal,2\nTotal,Grand total,3\n", 3),
        ("word,meaning\nbegin,start\nend,finish\n", 2),
        ("name,n\na,1\nb,2\nc,3\nrecords,3\n", 4),
    ],
)
def test_last_rows_that_may_be_rows_are_kept(text: str, rows: int, tmp_path: Path) -> None:
    result = scanned(tmp_path, text)
    assert (result.rows, result.warnings) == (rows, ())


@pytest.mark.parametrize("seed", range(40))
def test_each_line_before_and_behind_the_table_is_named(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    header, rows, delimiter = table(rng, rng.randint(5, 40))
    title = rng.choice(["Report of May\n", "Report of May\n\n", f"As of:{delimiter}\n"])
    end = rng.choice(
        ["\nSource: the office\n", f"Total: {len(rows)} rows\n", "____\n(c) the office\n", "end of file\n\n"]
    )
    text = title + header + "".join(rows) + end
    result = scanned(tmp_path, text, block_bytes=rng.choice([50, 1 << 20]))
    named = {int(warning.split()[1]) for warning in result.warnings if "not loaded" in warning}
    lines = text.splitlines()
    first, last = lines.index(header.strip()), lines.index(rows[-1].strip())
    assert named == {at + 1 for at, line in enumerate(lines) if line.strip() and not first <= at <= last}
    assert result.rows == len(rows)


def test_trailer_of_a_large_file_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("code;amount\n" + "".join(f"A{at};{at}\n" for at in range(3000)) + "\nTotal: 3000 rows\n\n")
    found = detect(path, sample_bytes=8192)
    result = scan(path, found, column_names(found.header))
    assert result.warnings == ("Line 3003 is not loaded, it is after the table and not a row: Total: 3000 rows",)


def test_names_of_skipped_lines_are_bounded(tmp_path: Path) -> None:
    rows = "".join(f"# note {at}\nA{at},{at},{at}\n" for at in range(100))
    result = scanned(tmp_path, f"code,n,m\n{rows}")
    assert len(result.warnings) == MOST_NAMED + 1
    assert result.warnings[-1] == "80 more lines are a comment."


@pytest.mark.parametrize("seed", range(20))
def test_a_page_break_before_a_header_or_a_row_is_removed_and_named(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    header, rows, _ = table(rng, rng.randint(6, 40))
    lines = [header, *rows]
    page, row = sorted(rng.sample(range(2, len(lines)), 2))
    lines[row] = "\f" + lines[row]
    lines.insert(page, "\f" + header)
    end = rng.choice(["\n", "\r\n", "\r"])
    result = scanned(tmp_path, "".join(lines).replace("\n", end), block_bytes=rng.choice([7, 64, 1 << 20]))
    assert (result.rows, result.rejected) == (len(rows), 0)
    assert [text for text in result.warnings if f"Line {page + 1} is not loaded, it is the header again" in text]
    assert [text for text in result.warnings if f"Line {row + 2} was read without the form feed" in text]


@pytest.mark.parametrize("seed", range(90))
def test_a_header_in_another_order_refuses_the_file(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    delimiter = rng.choice(",;\t|")
    names = rng.sample(["code", "name", "price", "unit", "note", "valid from", "ähnlich", "étage"], rng.randint(2, 6))
    names += rng.choice([[], ["n"], ["ö"]]) if len(names) > 2 else []
    rows = [delimiter.join(rng.choice(["Graz", "12", "3.5", "x"]) + str(at) for _ in names) for at in range(20)]
    other = names
    while other == names:
        other = rng.sample(names, len(names))
    upper, title = (name.upper() for name in other), (name.title() for name in other)
    quoted = (f'"{name}"' for name in other)
    written = rng.choice([other, upper, title, quoted] if len(names) > 2 else [other, quoted])
    at = rng.randint(4, 20)
    mark = rng.choice(["", "\ufeff", "\f", *([] if written is quoted else [" "])])
    lines = [delimiter.join(names), *rows[:at], mark + delimiter.join(written), *rows[at:]]
    end = rng.choice(["\n", "\r\n", "\r"])
    with pytest.raises(FormatError, match=f"(?s)header comes again.*line {at + 2}"):
        scanned(tmp_path, end.join([*lines, ""]), block_bytes=rng.choice([7, 64, 1 << 20]))


def test_short_values_that_equal_two_names_in_another_order_are_a_row(tmp_path: Path) -> None:
    assert scanned(tmp_path, "id,of\nA,B\nof,id\nC,D\n").rows == 3


@pytest.mark.parametrize(
    "text",
    [
        "id,name\n1,a\n2,b\n\x1a",
        "id,name,n\r\n1,a,3\r\n2,b,4\r\n\x1a\r\n",
        "id\r\n1\r\n2\r\n\x1a",
        "id;x\n1;2\n3;4\n \x1a\n",
    ],
)
@pytest.mark.parametrize("block_bytes", [3, 1 << 20])
def test_the_end_mark_of_dos_is_no_row(text: str, block_bytes: int, tmp_path: Path) -> None:
    result = scanned(tmp_path, text, block_bytes)
    assert (result.rows, result.rejected, str(result.columns[0].type)) == (2, 0, "INT")
    assert [warning for warning in result.warnings if "the mark of DOS for the end of a file" in warning]
