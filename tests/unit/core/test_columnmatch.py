"""Fields of a file meet the table's columns by the headers that it remembers, never by position or number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core import naming
from refdata.core.columnmatch import KnownColumn, match_columns


def table(*headers: str) -> list[KnownColumn]:
    """The columns that a first file with this header makes."""
    return [KnownColumn(name, (text,)) for name, text in zip(naming.column_names(headers), headers, strict=True)]


CASES = [
    pytest.param("Item,Cost (USD),Cost [USD]", "Item,Cost [USD],Cost (USD)", "item,cost_usd_2,cost_usd", "", id="swap"),
    pytest.param(
        "Item,Discount %,Discount $", "Item,Discount $", "item,discount_2", "discount", id="first of two gone"
    ),
    pytest.param("Item,Discount %", "Item,Discount $,Discount %", "item,discount_2,discount", "", id="one more"),
    pytest.param("Item,Discount %", "Item,Discount $", "item,discount_2", "discount", id="another sign"),
    pytest.param("Item,Price €", "Item,PRICE £", "item,price_2", "price", id="another currency"),
    pytest.param("Item,Price", "Item,Price (€)", "item,price", "", id="a sign more"),
    pytest.param("code,name", "\u200bcode,na\u00adme", "code,name", "", id="characters that nobody sees"),
    pytest.param("code,name", "NAME, Code ", "name,code", "", id="case and blanks"),
    pytest.param("unit price", "Unit_Price", "unit_price", "", id="another joint"),
    pytest.param("code,,name,", "code,,name,", "code,column_2,name,column_4", "", id="unnamed as ever"),
    pytest.param(",code,,name", "code,,name", "code,column_3,name", "column_1", id="index column gone"),
    pytest.param("code,name", ",code,name", "column_1,code,name", "", id="index column came"),
    pytest.param(",code,price,name", "code,price,name,", "code,price,name,column_4", "column_1", id="other end"),
    pytest.param("a,x,b,x", "x,b,x,a", "x,b,x_2,a", "", id="equal headers by their neighbours"),
    pytest.param("sku,price", "sku,unit_price", "sku,unit_price", "price", id="renamed"),
]


@pytest.mark.parametrize(("first", "later", "names", "missing"), CASES)
def test_a_later_header_meets_the_columns_of_the_first(first: str, later: str, names: str, missing: str) -> None:
    match = match_columns(later.split(","), table(*first.split(",")))
    assert match.names == tuple(names.split(","))
    assert match.missing == tuple(filter(None, missing.split(",")))
    assert match.undecided == ()


@pytest.mark.parametrize(
    ("first", "later", "columns"),
    [
        ("Code,Phone,Name,Phone", "Name,Phone,Code", ("phone", "phone_2")),
        ("Item,Cost (USD),Cost [USD]", "Item,Cost USD", ("cost_usd", "cost_usd_2")),
        ("Item,Cost", "Item,Cost (),Cost []", ("cost",)),
    ],
)
def test_a_header_that_fits_several_columns_is_undecided(first: str, later: str, columns: tuple[str, ...]) -> None:
    match = match_columns(later.split(","), table(*first.split(",")))
    assert [one.columns for one in match.undecided] == [columns]
    assert not set(columns) & set(match.missing)


def test_two_headers_that_one_column_had_are_two_fields() -> None:
    known = [KnownColumn("item", ("Item",)), KnownColumn("cost_usd", ("Cost [USD]", "Cost (USD)"))]
    match = match_columns(["Item", "Cost (USD)", "Cost [USD]"], known)
    assert match.names == ("item", "cost_usd_2", "cost_usd")


def test_a_table_without_remembered_headers_goes_by_its_names() -> None:
    match = match_columns(["Unit Price", "SKU"], [KnownColumn("sku"), KnownColumn("unit_price"), KnownColumn("qty")])
    assert match.names == ("unit_price", "sku")
    assert match.missing == ("qty",)


def test_a_declared_alias_is_a_header_too() -> None:
    known = [KnownColumn("price", ("price", "unit_price")), KnownColumn("sku", ("sku",))]
    assert match_columns(["sku", "unit_price"], known).names == ("sku", "price")


HEADERS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=6), min_size=1, max_size=8)


@given(HEADERS)
def test_the_same_header_brings_the_same_columns(header: list[str]) -> None:
    match = match_columns(header, table(*(text.strip() for text in header)))
    assert match.names == naming.column_names([text.strip() for text in header])
    assert not match.new
    assert not match.missing


@given(HEADERS.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))), st.data())
def test_reordered_columns_of_distinct_headers_keep_their_names(
    pair: tuple[list[str], list[str]], data: st.DataObject
) -> None:
    header, shuffled = ([text.strip() for text in one] for one in pair)
    match = match_columns(shuffled, table(*header))
    names = dict(zip(header, naming.column_names(header), strict=True))
    alone = [at for at, text in enumerate(shuffled) if text and header.count(text) == 1]
    assert all(match.names[at] == names[shuffled[at]] for at in alone)


@given(HEADERS, HEADERS)
def test_no_two_fields_get_one_name(first: list[str], later: list[str]) -> None:
    names = match_columns(later, table(*(text.strip() for text in first))).names
    assert len({naming.fold_name(name) for name in names}) == len(names) == len(later)
