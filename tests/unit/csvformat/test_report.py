"""The report of a detection, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from refdata.core.filemodel import ScannedColumn
from refdata.core.matching import rank_tables
from refdata.core.model import Column, Table, TableName
from refdata.core.sqltypes import INT, text
from refdata.csvformat import detect
from refdata.csvformat.report import as_json, to_text
from refdata.csvformat.scan import scan

CASES = Path(__file__).parents[2] / "cases" / "csv"
PARTS = Table(
    TableName("ref", "parts"),
    (Column("part_no", text(10)), Column("description", text(50)), Column("quantity", INT), Column("unit", text(10))),
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("plain_parts_tab", ["tab", "utf-8", "LF", "Columns: part_no, description, qty, unit, active"]),
        ("preamble_and_trailer", ["2 lines", "stated rows  6", "Parts of site north"]),
        ("encoding_utf16_bom", ["utf-16"]),
        ("no_header_numbers", ["none", "column_1, column_2, column_3"]),
        ("comments_between_rows_comma", ["lines that start with #"]),
        ("hard_blank_before_quotes", ["ignored after a delimiter"]),
        ("backslash_escape_comma", ["backslash"]),
    ],
)
def test_the_report_shows_the_result_of_detection(name: str, words: list[str]) -> None:
    shown = to_text(detect(CASES / f"{name}.csv"), title=name)
    assert all(word in shown for word in [name, "confidence", *words])
    assert max(map(len, shown.splitlines())) <= 100


def test_report_shows_matching_tables_and_renames() -> None:
    found = detect(CASES / "plain_parts_comma.csv")
    matches = rank_tables([ScannedColumn(name, name, None) for name in found.header], [PARTS], named=1)
    shown = to_text(found, matches, width=200)
    assert "ref.parts" in shown
    assert "qty → quantity" in shown
    assert "75%" in shown


def test_the_report_has_types_and_the_warnings_of_a_load(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id;paid;rate\n1;31/12/24;1.234\n2;30/11/24;1.250\n")
    found = detect(path)
    scanned = scan(path, found, found.header)
    shown = to_text(found, (), scanned, width=300)
    assert "id INT, paid NVARCHAR(10), rate NVARCHAR(10)" in shown
    assert 'type: date, format: "%d/%m/%y"' in shown
    assert 'decimalChar: "."' in shown
    plain = json.loads(json.dumps(as_json(found, (), scanned)))
    assert plain["columns"][0] == {"source": "id", "name": "id", "type": "INT"}
    assert len(plain["warnings"]) == 2


def test_json_has_the_same_facts() -> None:
    found = detect(CASES / "plain_parts_comma.csv")
    matches = rank_tables([ScannedColumn(name, name, None) for name in found.header], [PARTS], named=1)
    plain = json.loads(json.dumps(as_json(found, matches)))
    assert plain["format"]["delimiter"] == ","
    assert plain["matches"][0]["table"] == "ref.parts"
    assert plain["matches"][0]["renames"] == [{"source": "qty", "column": "quantity", "likeness": 0.85}]


def test_markup_in_names_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("[red]id,[/red]name\n1,north\n2,south\n3,east\n")
    assert "[red]id, [/red]name" in to_text(detect(path), title="[bold]x")
