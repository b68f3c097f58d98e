"""Columns that are reordered, renamed, gone, or have names that differ by signs only: none gets another's values."""

from __future__ import annotations

import random
from typing import Any

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site


def text(header: list[str], rows: list[dict[str, str]], mark: str = ",") -> str:
    lines = [header, *([row[name] for name in header] for row in rows)]
    return "".join(mark.join(line) + "\n" for line in lines)


def table(site: Site, name: str = "t") -> dict[str, list[Any]]:
    """Each column's values as text, without refdata's own columns, in the order of the first column's."""
    columns = [column for column in site.columns(name) if not column.startswith("ref_data_")]
    rows = sorted(site.rows(name, ", ".join(f"[{column}]" for column in columns)), key=str)
    return {column: [str(row[at]) for row in rows] for at, column in enumerate(columns)}


COLLIDING = [
    ["Item", "Cost (USD)", "Cost [USD]"],
    ["Item", "Discount %", "Discount $", "Discount #"],
    ["Item", "Größe (m)", "Größe [m]"],
    ["Item", "a b", "a-b", "a_b", "a.b"],
    ["Item", "Price €", "Price £", "Price"],
]


@pytest.mark.parametrize("header", COLLIDING, ids=[header[1] for header in COLLIDING])
@pytest.mark.parametrize("seed", [1, 2])
def test_values_stay_in_their_column_whatever_the_order(site: Site, header: list[str], seed: int) -> None:
    rng = random.Random(seed)
    rows = [{name: f"{name[:1]}{at}{number}x" for at, name in enumerate(header)} for number in range(4)]
    site.load(site.drop("t.csv", text(header, rows)))
    before = table(site)
    shuffled = rng.sample(header, len(header))
    rng.shuffle(rows)
    row = site.load(site.drop("t.csv", text(shuffled, rows, ";")), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert table(site) == before


@pytest.mark.parametrize("header", COLLIDING, ids=[header[1] for header in COLLIDING])
def test_a_gone_column_gives_its_values_to_no_other(site: Site, header: list[str]) -> None:
    rows = [{name: f"{name[:1]}{at}{number}x" for at, name in enumerate(header)} for number in range(4)]
    site.load(site.drop("t.csv", text(header, rows)))
    before = table(site)
    gone, column = header[1], list(before)[1]
    left = [name for name in header if name != gone]
    file = site.drop("t.csv", text(left, rows))
    held = site.load(file, "run 2")
    if len(header) == 3:  # two of three columns are fewer than min_column_match: all at once is asked about
        assert "layout_changed" in (held.error_message or "")
        return
    assert f"column_missing:{column}" in (held.error_message or "")
    row = site.load(site.drop("t.csv", text(left, rows)), "run 2", {f"column_missing:{column}": "empty"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert table(site) == before | {column: ["None"] * 4}


WIDE = "sku,title,price,currency,unit\nA1,Bolt,1.50,EUR,pc\nB2,Nut,0.10,EUR,kg\n"
ANOTHER = [
    pytest.param("price", "unit_price", "column_renamed:price", id="a word before"),
    pytest.param("price", "Price (net)", "column_renamed:price", id="a word behind"),
    pytest.param("price", "amount", "column_missing:price", id="another word"),
    pytest.param("currency", "curr", "column_", id="cut short"),
    pytest.param("title", "titel", "column_renamed:title", id="German"),
    pytest.param("sku", "", "column_missing:sku", id="no name"),
]


@pytest.mark.parametrize(("old", "new", "asked"), ANOTHER)
def test_a_full_load_with_another_name_for_a_column_is_asked_about(site: Site, old: str, new: str, asked: str) -> None:
    site.load(site.drop("t.csv", WIDE))
    before = table(site)
    held = site.load(site.drop("t.csv", WIDE.replace(old, new, 1)), "run 2")
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    assert asked in (held.error_message or "")
    assert table(site) == before


@pytest.mark.parametrize("column", ["sku", "title", "price", "currency", "unit"])
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_a_column_that_is_missing_is_asked_about_or_named(site: Site, column: str, folder: str) -> None:
    site.load(site.drop("t.csv", WIDE, folder=folder))
    header, *lines = [line.split(",") for line in WIDE.replace("A1", "C3").replace("B2", "D4").splitlines()]
    at = header.index(column)
    content = "".join(",".join(line[:at] + line[at + 1 :]) + "\n" for line in (header, *lines))
    row = site.load(site.drop("t.csv", content, folder=folder), "run 2")
    if folder == FULL:
        assert f"column_missing:{column}" in (row.error_message or "")
    else:
        assert row.status is FileStatus.COMPLETED, row.error_message
        assert f"lacks a column: {column}" in " ".join(row.warnings)


@pytest.mark.parametrize(
    "header", ["SKU,Title,PRICE,Currency,Unit", "sku;title;price;currency;unit", ' sku , title ,"price",currency,unit']
)
def test_the_same_names_written_in_another_way_ask_nothing(site: Site, header: str) -> None:
    site.load(site.drop("t.csv", WIDE))
    mark = ";" if ";" in header else ","
    content = WIDE.replace("sku,title,price,currency,unit", header, 1).replace(",", mark).replace("Bolt", "Screw")
    row = site.load(site.drop("t.csv", content), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert table(site)["title"] == ["Screw", "Nut"]


SHORT = [
    pytest.param("sku,name,price\nA1,Bolt,1.50,EUR\nB2,Nut,0.10,EUR\n", id="one name short"),
    pytest.param("sku,name,price\nA1,Bolt,1.50,new\nB2,Nut,0.10,\nC3,Pin,0.05,\n", id="mostly empty"),
    pytest.param("sku;name;price\nA1;Bolt;1.50;EUR\nB2;Nut;0.10;EUR\n", id="semicolons"),
    pytest.param("name,sku,price\nBolt,A1,1.50,EUR\nNut,B2,0.10,EUR\n", id="other order"),
    pytest.param("SKU,Name,Price\nA1,Bolt,1.50,EUR,x\nB2,Nut,0.10,EUR,y\n", id="two names short"),
]


@pytest.mark.parametrize("content", SHORT)
def test_a_header_with_too_few_names_moves_no_value_of_a_known_table(site: Site, content: str) -> None:
    site.load(site.drop("t.csv", "sku,name,price\nA1,Bolt,1.50\nB2,Nut,0.10\n"))
    row = site.load(site.drop("t.csv", content), "run 2")
    if row.status is FileStatus.COMPLETED:
        found = table(site)
        assert (found["sku"][:2], found["name"][:2]) == (["A1", "B2"], ["Bolt", "Nut"])
        assert "unnamed" in " ".join(row.warnings)
    else:
        assert "format_unsure" in (row.error_message or ""), row.error_message
        assert table(site)["sku"] == ["A1", "B2"]


@pytest.mark.parametrize("content", SHORT)
def test_a_header_with_too_few_names_of_a_new_table_is_asked_about_or_refused(site: Site, content: str) -> None:
    row = site.load(site.drop("t.csv", content))
    assert row.status in (FileStatus.PENDING, FileStatus.ERROR), row.warnings
    assert "fields" in (row.error_message or "")
    assert "t" not in site.tables()


@pytest.mark.parametrize(
    ("numbers", "mark", "quote"),
    [
        (("1", "2", "3"), ",", '"'),
        (("0", "1", "2"), ";", ""),
        (("4", "9", "12"), "\t", '"'),
        (("0", "1", "2"), ",", ""),
    ],
    ids=["R", "pandas", "subset", "pandas, commas"],
)
def test_row_numbers_under_no_name_never_become_the_first_text_column(
    site: Site, numbers: tuple[str, ...], mark: str, quote: str
) -> None:
    """The header is the table's and one name short, as R's ``write.table`` has it."""
    rows = [("DE", "Germany"), ("FR", "France"), ("IT", "Italy")]

    def lines(*cells: tuple[str, ...]) -> str:
        return "".join(mark.join(f"{quote}{cell}{quote}" for cell in line) + "\n" for line in cells)

    site.load(site.drop("t.csv", lines(("code", "name"), *rows)))
    before = table(site)
    numbered = [(number, *row) for number, row in zip(numbers, rows, strict=True)]
    content = lines(("code", "name"), *numbered)
    held = site.load(site.drop("t.csv", content), "run 2")
    assert "format_unsure" in (held.error_message or ""), held
    assert table(site) == before
    row = site.load(site.drop("t.csv", content), "run 2", {"format_unsure": "unnamed_first"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    after = table(site)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("behind", ["x", "9.5", "2024-01-31"])
def test_a_field_behind_a_column_of_numbers_is_still_the_unnamed_one(site: Site, behind: str) -> None:
    site.load(site.drop("t.csv", "id,name\n1,Ann\n2,Bob\n3,Eve\n"))
    row = site.load(site.drop("t.csv", f"id,name\n1,Ann,{behind}\n2,Bob,{behind}\n3,Eve,{behind}\n"), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert table(site)["id"] == ["1", "2", "3"]
