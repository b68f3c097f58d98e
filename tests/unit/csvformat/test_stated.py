"""Formats that a contract states: they are taken as stated, and a file that contradicts them is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.contract import Contract, Origin, TableDialect
from refdata.core.contractlayers import with_origin
from refdata.core.contractterms import Layer
from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, ReadColumn
from refdata.core.sqltypes import text
from refdata.core.statedformat import StatedFormat, stated_format
from refdata.csvformat.detection import detect
from refdata.csvformat.reader import read_rows


def detected(tmp_path: Path, content: str | bytes, **stated: object) -> Format:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return detect(path, stated=StatedFormat(**stated))  # type: ignore[arg-type]


def rows(path: Path, found: Format) -> list[tuple[str | None, ...]]:
    columns = [ReadColumn(at, f"c{at}", text(100)) for at in range(len(found.header))]
    rejects: list[object] = []
    batches = list(read_rows(path, found, columns=columns, on_reject=rejects.append))
    assert rejects == []
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def test_only_what_people_state_is_stated() -> None:
    learned = Contract(table="t", encoding="utf-8", dialect=TableDialect(delimiter=",", header=True))
    assert stated_format(with_origin(learned, Origin(Layer.LEARNED))) == StatedFormat(table=learned.table)
    answered = stated_format(with_origin(learned, Origin(Layer.ANSWERED, "f")))
    assert (answered.encoding, answered.delimiter, answered.has_header) == ("utf-8", ",", True)
    assert stated_format(Contract(table="t", dialect=TableDialect(header_rows=()))).has_header is False
    assert stated_format(Contract(table="t", dialect=TableDialect(quote_char='"', escape_char='"'))).escape == ""


LISTS = "id,regions\n1,north;south;east\n2,west;east;south\n3,north;west;east\n"


@pytest.mark.parametrize("delimiter", list(",;\t|^~!:$ "))
def test_a_stated_delimiter_is_taken_whatever_the_text_looks_like(tmp_path: Path, delimiter: str) -> None:
    listed = "," if delimiter == ";" else ";"
    content = LISTS.replace(",", "@").replace(";", listed).replace("@", delimiter)
    found = detected(tmp_path, content, delimiter=delimiter)
    assert (found.delimiter, found.header) == (delimiter, ("id", "regions"))
    assert rows(tmp_path / "file.csv", found)[0] == ("1", listed.join(("north", "south", "east")))


def test_a_stated_delimiter_that_does_not_occur_makes_one_column(tmp_path: Path) -> None:
    found = detected(tmp_path, "name\nGraz, Styria\nLinz, Upper Austria\n", delimiter="|")
    assert (found.delimiter, found.header) == ("|", ("name",))
    assert rows(tmp_path / "file.csv", found) == [("Graz, Styria",), ("Linz, Upper Austria",)]


def test_quotes_may_be_stated_to_be_none(tmp_path: Path) -> None:
    content = 'size;name\n"5;Graz\n"6;Linz"\n'
    found = detected(tmp_path, content, delimiter=";", quote="")
    assert rows(tmp_path / "file.csv", found) == [('"5', "Graz"), ('"6', 'Linz"')]


@pytest.mark.parametrize(
    ("name", "content", "as_read"),
    [
        ("cp1252", "code;name\n1;Öst\n".encode("cp1252"), "cp1252"),
        ("cp850", "code;name\n1;Öst\n".encode("cp850"), "cp850"),
        ("utf-8", b"code;name\n1;\xc3\x96st\n", "utf-8"),
        ("utf-8", b"\xef\xbb\xbfcode;name\n1;\xc3\x96st\n", "utf-8-sig"),
        ("utf-8-sig", b"code;name\n1;\xc3\x96st\n", "utf-8"),
        ("utf-16", "code;name\n1;Öst\n2;Graz\n".encode("utf-16"), "utf-16"),
        ("utf-16", "code;name\n1;Öst\n2;Graz\n".encode("utf-16-be"), "utf-16-be"),
        ("utf-16-le", "code;name\n1;Öst\n2;Graz\n".encode("utf-16-le"), "utf-16-le"),
        ("cp1252", b"code;name\n1;Ost\n", "cp1252"),
    ],
)
def test_a_stated_encoding_is_taken_with_the_mark_that_the_file_has(
    tmp_path: Path, name: str, content: bytes, as_read: str
) -> None:
    found = detected(tmp_path, content, encoding=name)
    assert found.encoding == as_read
    assert rows(tmp_path / "file.csv", found)[0][1] in ("Öst", "Ost")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("utf-8", "code;name\n1;Öst\n".encode("cp1252"), "byte 0xD6 is not valid utf-8"),
        ("cp1252", "code;name\n1;Öst\n".encode(), "valid UTF-8, which other text is not by chance"),
        ("cp1252", b"\xef\xbb\xbfcode;name\n1;Ost\n", "byte-order mark of utf-8"),
        ("utf-8", "code;name\n1;Öst\n".encode("utf-16"), "byte-order mark of utf-16"),
        ("utf-8", "code;name\n1;Öst\n".encode("utf-16-le"), "its bytes are those of utf-16"),
        ("utf-16", b"code;name\n1;Ost\n", "those of narrow characters"),
        ("ascii", "code;name\n1;Öst\n".encode("cp1252"), "is not valid ascii"),
        ("cp1252", b"code;name\n" + bytes(range(256)) * 20, "The file is binary"),
    ],
)
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(FormatError) as caught:
        detected(tmp_path, content, encoding=name, source="contracts/t.yaml")
    assert why in caught.value.what
    assert "binary" in why or "contracts/t.yaml" in caught.value.what


HEADERS = [
    pytest.param("Stand: 2024\n\nNr;Wert\n1;2\n3;4\n", {"header_rows": (3,)}, ("Nr", "Wert"), 3, id="preamble"),
    pytest.param("a;b\n1;2\n3;4\n", {"has_header": False}, ("column_1", "column_2"), 0, id="no header"),
    pytest.param("1;2\n3;4\n5;6\n", {"has_header": True}, ("1", "2"), 1, id="numbers as header"),
    pytest.param("2023;2024\n1;2\n", {"header_rows": (1,)}, ("2023", "2024"), 1, id="years as header"),
    pytest.param("x;y\n2023;2024\n1;2\n", {"header_rows": (1, 2)}, ("x 2023", "y 2024"), 2, id="two rows"),
    pytest.param("x;y\nm;kg\n1;2\n", {"header_rows": (1, 2), "header_join": "-"}, ("x-m", "y-kg"), 2, id="joined"),
    pytest.param("x;y\nm;kg\n1;2\n", {"comment_rows": (2,)}, ("x", "y"), 2, id="units to skip"),
    pytest.param("t\nx;y\n1;2\n", {"comment_rows": (1,)}, ("x", "y"), 2, id="title to skip"),
    pytest.param("t\nx;y\n1;2\n", {"comment_rows": (1,), "has_header": False}, ("column_1", "column_2"), 1, id="rows"),
    pytest.param('"a\nb";c\nx;y\n1;2\n', {"header_rows": (2,)}, ("x", "y"), 3, id="rows are records"),
    pytest.param("# c\nx;y\n1;2\n", {"header_rows": (2,), "comment": "#"}, ("x", "y"), 2, id="comments count"),
    pytest.param("#x;y\n1;2\n#3;4\n", {"header_rows": (1,), "comment": "#"}, ("x", "y"), 1, id="marked header"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "stated", "header", "lines"), HEADERS)
def test_the_header_is_where_it_is_stated(
    tmp_path: Path, content: str, stated: dict[str, object], header: tuple[str, ...], lines: int
) -> None:
    found = detected(tmp_path, content, delimiter=";", **stated)
    assert found.header == header
    assert found.preamble_lines + (found.header_lines if found.has_header else 0) == lines
    body = [tuple(line.split(";")) for line in content.splitlines()[lines:] if not line.startswith("#")]
    assert rows(tmp_path / "file.csv", found) == body


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"header_rows": (5,)}, "row 5 is part of the header"),
        ({"header_rows": (1, 2, 3, 4)}, "row 4 is part of the header"),
        ({"header_rows": (1,), "comment_rows": (3,)}, "rows within the table cannot be skipped"),
        ({"comment_rows": (1, 2, 3)}, "row 4 is part"),
    ],
)
def test_rows_that_are_not_there_are_reported(tmp_path: Path, stated: dict[str, object], why: str) -> None:
    with pytest.raises(FormatError, match=why):
        detected(tmp_path, "x;y\n1;2\n3;4\n", delimiter=";", source="contracts/t.yaml", **stated)


def test_a_mark_that_is_stated_to_begin_no_comment_begins_rows(tmp_path: Path) -> None:
    content = "name;value\n# fragile\n# glass;2\nwood;3\nstone;4\n"
    assert detected(tmp_path, content, delimiter=";", comment="").comment == ""
    assert detected(tmp_path, content, delimiter=";", comment="#").comment == "#"


CELLS = st.text(st.characters(codec="cp1252", categories=("L", "N", "P", "Zs", "S")), max_size=8)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width).filter(lambda row: any(cell.strip() for cell in row)),
        min_size=1,
        max_size=5,
    )
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TABLES,
    st.sampled_from(",;|\t^~"),
    st.sampled_from("\"'"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
    st.integers(0, 2),
)
def test_a_stated_format_is_read_back_as_written(
    tmp_path: Path, table: list[list[str]], delimiter: str, quote: str, ending: str, encoding: str, preamble: int
) -> None:
    header = [f"col {at}" for at in range(len(table[0]))]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quotechar=quote, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([["title"]] * preamble + [header, *table])
    content = written.getvalue().encode(encoding)
    if encoding == "cp1252" and not content.isascii():
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return  # by chance valid UTF-8: refused, as another case has it
    stated = {
        "delimiter": delimiter,
        "quote": quote,
        "encoding": encoding,
        "header_rows": (preamble + 1,),
        "comment": "",
    }
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    found = detect(path, stated=StatedFormat(**stated), min_confidence=0)  # type: ignore[arg-type]
    assert found.header == tuple(header)
    if not found.trailer_lines:
        assert rows(path, found) == [tuple(cell or None for cell in row) for row in table]
