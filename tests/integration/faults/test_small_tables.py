"""Unnamed columns, invisible characters, one-letter names, re-exports with lineage, empty rows, words of a report.

Rows 23, 29, 30, 36, 47, 48 and 50 of the faults.
"""

from __future__ import annotations

import random

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import Desk
from tests.integration.ingest.conftest import APPEND

BLANK = ",code,,name,price\n0,A,x,Foo,1\n1,B,y,Bar,2\n"
INDEX = ",code,price,name\n0,A,1,Foo\n1,B,2,Bar\n"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_unnamed_columns_keep_their_values_between_the_same_names(desk: Desk, mark: str, encoding: str) -> None:
    desk.loaded(BLANK.replace(",", mark).encode(encoding))
    later = "code,,name,price\nA,x,Foo,1\nB,y,Bar,3\n".replace(",", mark).encode(encoding)
    desk.held(later, "column_missing:column_1")
    desk.loaded(later, answers={"column_missing:column_1": "empty"})
    assert desk.values() == [(None, "A", "x", "Foo", "1"), (None, "B", "y", "Bar", "3")]


@pytest.mark.parametrize("seed", range(5))
def test_an_unnamed_column_elsewhere_is_not_the_one_that_is_gone(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    names = ["code", "price", "name", "unit"]
    at = rng.randrange(1, 5)
    desk.loaded(INDEX.replace("name\n", "name,unit\n").replace("Foo\n", "Foo,kg\n").replace("Bar\n", "Bar,kg\n"),
                folder=APPEND)  # fmt: skip
    header, row = list(names), ["C", "3", "Baz", "kg"]
    header.insert(at, "")
    row.insert(at, "a note")
    desk.loaded(",".join(header) + "\n" + ",".join(row) + "\n", folder=APPEND)
    assert next(line[0] for line in desk.values() if line[1] == "C") is None
    assert sum("a note" in line for line in desk.values()) == 1


SEEN_ALIKE = ["\u200bcode,name", "code\u00a0,name", "co\u00adde,name", "\ufeffcode,na\u2060me", '"code ","\u200bname"']


@pytest.mark.parametrize("header", SEEN_ALIKE)
def test_a_header_with_invisible_characters_is_the_same(desk: Desk, header: str) -> None:
    desk.loaded("code,name\nA,x\nB,y\n")
    desk.loaded(f"{header}\nA,x\nB,z\n")
    assert desk.values() == [("A", "x"), ("B", "z")]


@pytest.mark.parametrize("code", ["AB\u00a0", "A\u200bB", "A\u00adB", "\u200bAB", "ab"])
def test_codes_that_only_look_alike_are_asked_about(desk: Desk, code: str) -> None:
    desk.loaded("code,name\nAB,x\nCD,y\nEF,z\n")
    desk.held(f"code,name\n{code},x\nCD,y\nEF,z\n", "keys_repeated:code")


SHORT_NAMES = [
    "iso,n\nDE,5\nFR,7\n", "a;b;c\n1;2;3\n4;5;6\n", "x\ty\n1\t2\n", "A,B\n1.5,2024-01-01\n", "k,v\na,1\nb,2\n",
    '"n"\n"1"\n"2"\n', "k|d\na|15.01.2024\n", "t;T2\n1;2\n3;4\n",
]  # fmt: skip


@pytest.mark.parametrize("content", SHORT_NAMES)
def test_short_names_above_numbers_are_a_header(desk: Desk, content: str) -> None:
    row = desk.loaded(content)
    assert row.rows_loaded == len(content.splitlines()) - 1
    assert "column_1" not in desk.columns()


@pytest.mark.parametrize("content", ["k;a\na;ja\nb;nein\n", "Country\nTotal\nGermany\nFrance\n", "a,b\nb,c\nc,d\n"])
def test_a_line_of_words_above_words_is_a_header_or_reported(desk: Desk, content: str) -> None:
    row = desk.loaded(content)
    loaded_as_row = row.rows_loaded == len(content.splitlines())
    assert ("may be a header" in " ".join(row.warnings)) is loaded_as_row


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("value", ["x", "tbd"])
def test_one_row_of_text_is_no_header_and_changes_no_type(desk: Desk, mark: str, value: str) -> None:
    desk.loaded(f"unit{mark}factor\nkg{mark}1\ng{mark}0.001\n", folder=APPEND)
    desk.held(f"unit{mark}factor\nfoo{mark}{value}\n", "type_changed:factor", folder=APPEND)


OWN = ["ref_data_loadtime", "ref_data_loadtype", "ref_data_load_id", "ref_data_version_id", "REF_DATA_LOAD_ID"]


@pytest.mark.parametrize("name", OWN)
def test_an_export_with_columns_of_refdata_is_reported(desk: Desk, name: str) -> None:
    desk.loaded("code,name\nde,German\nfr,French\n")
    row = desk.loaded(f"code,name,{name}\nde,German,1\nit,Italian,2\n")
    assert "columns named like those that refdata adds" in " ".join(row.warnings)
    assert [line[:2] for line in desk.values()] == [("de", "German"), ("it", "Italian")]


EMPTY = [("a;b\n1;2\n;\n3;4\n", 1), ("a,b,c\n1,2,3\n,,\n,,\n4,5,6\n", 2), ('a,b\n1,2\n"",""\n3,4\n', 1),
         ("a\tb\n1\t2\n\t\n3\t4\n", 1), ("a|b\n|\n1|2\n", 1)]  # fmt: skip


@pytest.mark.parametrize(("content", "count"), EMPTY)
def test_rows_without_any_value_are_loaded_and_counted(desk: Desk, content: str, count: int) -> None:
    row = desk.loaded(content)
    assert row.rows_loaded == len(content.splitlines()) - 1
    assert f"{count} row{' has' if count == 1 else 's have'} no value in any column" in " ".join(row.warnings)


WORDS = [
    "key,value\nTitle,My report\nAuthor,Ann\nVersion,2\n", "Language\nEnglish\nGerman\n",
    "Schlüssel;Wert\nTitel;Bericht\nVersion;2\nDatum;2024-01-01\n", "name\tvalue\nversion\t2\nsource\tECB\n",
    "property,setting\nSource,file.csv\nNote,see below\nTotal,3\n",
]  # fmt: skip


@pytest.mark.parametrize("content", WORDS)
def test_words_of_a_report_are_rows_where_the_table_consists_of_them(desk: Desk, content: str) -> None:
    row = desk.loaded(content)
    assert row.rows_loaded == len(content.splitlines()) - 1
    assert row.status is FileStatus.COMPLETED


FROZEN = "sku,name,day,price\n007,Bolt,25/12/2024,1.50\n010,Nut,24/12/2024,0.10\n"
CHANGED = [
    (FROZEN.replace("\n0", "\n").replace("07,", "7,"), "codes_changed:sku"),
    ("sku,name,day\n007,Bolt,25/12/2024\n010,Nut,24/12/2024\n", "column_missing:price"),
    (FROZEN.replace("price", "cost"), "column_"),
    (FROZEN.replace("25/12", "12/25").replace("24/12", "12/24"), "notation_changed:day"),
    (FROZEN.replace("0.10", "n/a"), "type_changed:price"),
]


@pytest.mark.parametrize(("later", "question"), CHANGED)
def test_a_later_file_changes_nothing_of_a_table_unasked(desk: Desk, later: str, question: str) -> None:
    desk.loaded(FROZEN)
    desk.held(later, question)


def test_a_field_more_than_names_is_unnamed_and_moves_no_value(desk: Desk) -> None:
    desk.loaded(FROZEN)
    row = desk.loaded(FROZEN.replace("1.50", "1.50,EUR").replace("0.10", "0.10,EUR"))
    assert "unnamed" in " ".join(row.warnings)
    assert [line[0] for line in desk.values()] == ["007", "010"]
