"""A table's earlier files decide what one file alone cannot show; generated files, fixed seeds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from refdata.core.contract import Contract, FieldContract, Origin, SourceHeader, TableDialect, stated
from refdata.core.contractterms import Layer
from refdata.core.knownformat import KnownFormat, known_format
from refdata.core.statedformat import StatedFormat
from refdata.csvformat import detect

WORDS = ("code", "name", "unit", "k", "v", "iso", "n", "Full name", "Cost (USD)", "Cost [USD]", "qty", "kind", "Größe")

SPELLINGS: tuple[Callable[[str], str], ...] = (str.upper, str.lower, str)


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, "utf-8", newline="")
    return path


def names_of(seed: int) -> tuple[random.Random, list[str]]:
    rng = random.Random(seed)
    return rng, rng.sample(WORDS, rng.randint(2, 6))


def cell(rng: random.Random) -> str:
    return rng.choice(
        [str(rng.randint(10, 9999)), f"{rng.uniform(1, 99):.2f}", rng.choice("abcdefg") * 3, "Word word", ""]
    )


def rows_of(rng: random.Random, width: int, delimiter: str) -> str:
    first = [f"{rng.choice('QRSTUVWXYZ')}{rng.randint(10, 99)}" for _ in range(rng.randint(1, 8))]
    return "".join(delimiter.join([key, *(cell(rng) for _ in range(width - 1))]) + "\n" for key in first)


@pytest.mark.parametrize("seed", range(40))
def test_known_header_is_the_header_whatever_the_rows_look_like(seed: int, tmp_path: Path) -> None:
    rng, names = names_of(seed)
    delimiter = rng.choice(",;\t|")
    above = "".join(rng.choice(["Report of May\n", "\n", f"as of{delimiter}today\n"]) for _ in range(rng.randint(0, 3)))
    written = delimiter.join(rng.choice(SPELLINGS)(name) for name in names)
    path = write(tmp_path, f"{above}{written}\n{rows_of(rng, len(names), delimiter)}")
    found = detect(path, known=KnownFormat(delimiter=delimiter, has_header=True, header=tuple(names)))
    assert (found.delimiter, found.has_header, len(found.header)) == (delimiter, True, len(names))
    assert found.preamble_lines == above.count("\n")


@pytest.mark.parametrize("seed", range(40))
def test_table_without_a_header_stays_without(seed: int, tmp_path: Path) -> None:
    rng, names = names_of(seed)
    path = write(tmp_path, rows_of(rng, len(names), ";"))
    found = detect(path, known=KnownFormat(delimiter=";", has_header=False))
    assert not found.has_header
    assert found.header == tuple(f"column_{at + 1}" for at in range(len(names)))


def test_header_in_a_table_without_one_is_reported(tmp_path: Path) -> None:
    found = detect(write(tmp_path, "code,amount\nA,1\nB,2\nC,3\n"), known=KnownFormat(has_header=False))
    assert not found.has_header
    assert found.notes == (
        "Line 1 looks like a header, but the files of this table have none, so it is loaded as a row.",
    )


# --- quotes and escapes


@pytest.mark.parametrize("seed", range(60))
def test_apostrophes_of_earlier_files_enclose_text_beside_bare_ones(seed: int, tmp_path: Path) -> None:
    """Without the earlier files so many bare apostrophes speak against quotes."""
    rng = random.Random(seed)
    names = [rng.choice(["O'Neil", "D'Arcy", "M'Bala"]) for _ in range(rng.randint(2, 6))]
    rows = [*(f"{at},{name},x" for at, name in enumerate(names)), f"9,'Smith, {rng.choice('AB')}.',y"]
    rng.shuffle(rows)
    path = write(tmp_path, "id,name,kind\n" + "\n".join(rows) + "\n")
    found = detect(path, known=KnownFormat(delimiter=",", quote="'", has_header=True, header=("id", "name", "kind")))
    assert (found.quote, found.header) == ("'", ("id", "name", "kind"))


@pytest.mark.parametrize(("escape", "header"), [("\\", ("id", "dir")), (None, ("id", "dir", ""))])
def test_escape_of_earlier_files_decides_whether_a_backslash_closes_a_field(
    escape: str | None, header: tuple[str, ...], tmp_path: Path
) -> None:
    path = write(tmp_path, 'id,dir\n1,"a\\",b"\n2,"c\\",d"\n')
    found = detect(path, known=KnownFormat(delimiter=",", quote='"', escape=escape))
    assert (found.escape, found.header) == (escape or "", header)


def test_quote_of_earlier_files_is_none_where_it_encloses_nothing(tmp_path: Path) -> None:
    found = detect(write(tmp_path, "a,b\n'x,1\n'y,2\n"), known=KnownFormat(delimiter=",", quote="'"))
    assert found.quote == '"'


# --- a header with fewer or more names than the rows have fields


@pytest.mark.parametrize("seed", range(80))
def test_short_header_never_shifts_values(seed: int, tmp_path: Path) -> None:
    """The known header puts the field without a name at the end; without it the file is in doubt."""
    rng, names = names_of(seed)
    more = rng.randint(1, 2)
    body = "".join(
        ",".join([f"{rng.choice('QRSTUV')}{at}", *(f"{rng.randint(2, 99)}" for _ in range(len(names) + more - 1))])
        + "\n"
        for at in range(rng.randint(2, 9))
    )
    path = write(tmp_path, ",".join(names) + "\n" + body)
    found = detect(path, known=KnownFormat(header=tuple(names), has_header=True, delimiter=","))
    assert found.header == (*names, *[""] * more)
    assert found.doubt is None
    assert f"{len(names)} names, the rows have {len(names) + more} fields" in found.notes[0]
    alone = detect(path)
    if not alone.has_header:  # the line may be a preamble: two cells above four
        assert alone.header[0] == "column_1"
        return
    assert alone.doubt is not None
    assert f"{len(names)} names, the rows have {len(names) + more} fields" in alone.doubt.what


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("code,price\nA,1.5,\nB,2.5,\n", ("code", "price", "")),
        ("code,price,\nA,1.5,\nB,2.5,\n", ("code", "price", "")),
        ("code,price,,\nA,1.5\nB,2.5\n", ("code", "price")),
    ],
)
def test_field_without_a_name_is_placed_where_the_file_shows_it(
    text: str, header: tuple[str, ...], tmp_path: Path
) -> None:
    found = detect(write(tmp_path, text))
    assert (found.header, found.doubt) == (header, None)


@pytest.mark.parametrize(
    ("text", "words", "advice"),
    [
        ("sku,price\nA1,Bolt,1.50\nB2,Nut,0.10\n", "2 names, the rows have 3 fields", "price, (no name)"),
        ("sku,price\n1,5,1.50\n4,6,0.10\n", "2 names, the rows have 3 fields", "at its start"),
        ("a,b,,c,d\n1,x,1.5,7\n2,y,3.0,9\n", "5 names, the rows have 4 fields", "a, b, c, d"),
        ("a,b,c,d,e\n1,x,1.5\n2,y,3.0\n", "5 names, the rows have 3 fields", "surplus delimiter"),
    ],
)
def test_header_of_another_width_is_in_doubt(text: str, words: str, advice: str, tmp_path: Path) -> None:
    doubt = detect(write(tmp_path, text)).doubt
    assert doubt is not None
    assert words in doubt.what
    assert advice in doubt.advice


@pytest.mark.parametrize("first", [0, 1])
def test_field_that_counts_the_rows_is_the_likeliest_without_a_name(first: int, tmp_path: Path) -> None:
    rows = "".join(f"{first + at},{letter},{at}.5\n" for at, letter in enumerate("ABC"))
    found = detect(write(tmp_path, f"code,price\n{rows}"))
    assert found.doubt is not None
    assert [one.key for one in found.doubt.readings] == ["unnamed_first", "unnamed_last"]
    assert found.header == ("", "code", "price")
    assert "counts the rows" in found.doubt.evidence[0]


HEADS = (
    ("blank name", lambda names, rng: insert(names, rng, ""), "without_blanks"),
    ("name too many at the end", lambda names, rng: [*names, f"note{rng.randint(1, 9)}"], "first_names"),
    ("name too many at the start", lambda names, rng: [f"note{rng.randint(1, 9)}", *names], "last_names"),
    ("last name missing", lambda names, _: names[:-1], "unnamed_last"),
    ("first name missing", lambda names, _: names[1:], "unnamed_first"),
)  # fmt: skip


def insert(names: list[str], rng: random.Random, name: str) -> list[str]:
    at = rng.randrange(len(names))
    return [*names[:at], name, *names[at:]]


@pytest.mark.parametrize("seed", range(100))
def test_header_of_another_width_is_asked_about_and_read_as_answered(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    kind, change, key = HEADS[seed % len(HEADS)]
    width, delimiter = rng.randint(4, 9), rng.choice(",;\t|")
    names = [f"{rng.choice(['Name', 'unit', 'price', 'Größe', 'code no'])}{at}" for at in range(width)]
    body = [
        [f"K{rng.randint(10, 99)}", *(f"{rng.randint(2, 999)}.5" for _ in names[1:])] for _ in range(rng.randint(1, 30))
    ]
    head = change(list(names), rng)
    path = write(tmp_path, "".join(delimiter.join(row) + "\n" for row in [head, *body]))
    doubt = detect(path).doubt
    assert doubt is not None, kind
    assert f"{len(head)} names, the rows have {width} fields" in doubt.what
    assert key in [one.key for one in doubt.readings]
    found = detect(path, stated=StatedFormat(header_names=key))
    assert found.doubt is None
    assert len(found.header) == width
    assert [name for name in found.header if name] == [name for name in names if name in head]
    assert "as somebody answered" in found.notes[0]


@pytest.mark.parametrize("seed", range(40))
def test_header_with_a_surplus_quote_keeps_its_names_and_takes_no_row_along(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    width, count, delimiter = rng.randint(2, 8), rng.randint(3, 30), rng.choice(",;\t|")
    names = [f"{rng.choice(['id', 'Full name', 'price', 'Größe'])}{at}" for at in range(width)]
    quoted, marks = rng.random() < 0.5, rng.choice([0, 1, 2])
    texts = [f'"{name}"' if quoted else name for name in names]
    at = rng.randrange(width)
    texts[at] = f'"{names[at]}'
    kinds = ("{0}", "{0}.5", "2024-01-{1:02}", "item{0}", "text {0}{2} more")

    def cell(column: int, row: int) -> str:
        text = kinds[column % 5].format(row, row % 28 + 1, delimiter)
        return f'"{text}"' if delimiter in text or marks == 2 or (marks == 1 and column % 5 > 2) else text

    rows = [delimiter.join(cell(column, row) for column in range(width)) for row in range(count)]
    path = write(tmp_path, "\n".join([delimiter.join(texts), *rows]) + "\n")
    found = detect(path)
    assert (found.delimiter, found.header, found.header_lines, found.doubt) == (delimiter, tuple(names), 1, None)
    if found.quote:  # without any quote that closes, nothing is enclosed
        assert found.notes == (f"Line 1, the header, was read without the quote at the start of its field {at + 1}.",)


def test_known_header_explains_a_surplus_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,,c\n1,x,1.5\n2,y,3.0\n")
    found = detect(path, known=KnownFormat(header=("a", "b", "c")))
    assert (found.header, found.doubt) == (("a", "b", "c"), None)


def test_contract_gives_what_is_known() -> None:
    learned = Origin(Layer.LEARNED, "a.csv")
    fields = tuple(FieldContract(name=name, headers=headers) for name, headers in (
        ("code", (SourceHeader("Code"), SourceHeader("Old code"))), ("made", ()), ("price", (SourceHeader("Price"),))
    ))  # fmt: skip
    dialect = stated(TableDialect, learned, delimiter=";", quote_char='"', header=True)
    contract = Contract(table="a", encoding="cp1252", dialect=dialect, fields=fields)
    assert known_format(contract, ["code"]) == KnownFormat("cp1252", ";", '"', None, True, ("Code", "Price"), ("code",))
