"""A table remembers how its files are written, version by version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from refdata.contractstore import ContractStore
from refdata.core.contract import Contract
from refdata.core.contractterms import Layer
from refdata.core.model import FileStatus, LoadType
from refdata.versioning.locating import Versions
from refdata.versioning.revising import Revision, revise
from tests.integration.ingest.conftest import APPEND, Site


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site whose settings never ask about columns and types: these cases are about the load itself."""
    return make_site(on_missing_column="null", on_type_change="widen")


def learned(site: Site, table: str, version: int | None = None) -> Contract:
    found = ContractStore(site.deps.warehouse).learned(table, version)
    assert found is not None
    return found


def headers(contract: Contract, column: str) -> list[str]:
    found = contract.column(column)
    assert found is not None
    return [header.text for header in found.headers]


def roll_back(site: Site, table: str, version: int) -> None:
    now = site.clock()
    asked = Revision(
        table, LoadType.ROLLBACK, version, "ann", "wrong file", f"r{version}", now, now - timedelta(days=1)
    )
    revise(Versions(site.deps.settings, site.deps.warehouse), asked)


def test_a_load_teaches_how_the_tables_files_are_written(site: Site) -> None:
    row = site.load(site.drop("rates.csv", "Currency;Valid from;Rate\nUSD;13.11.2024;1.234,50\nCHF;14.11.2024;0,94\n"))
    assert row.status is FileStatus.COMPLETED
    contract = learned(site, "rates")
    assert (contract.dialect.delimiter, contract.dialect.header) == (";", True)
    assert headers(contract, "valid_from") == ["Valid from"]
    rate = contract.column("rate")
    assert rate is not None
    assert (rate.decimal_char, rate.group_char) == (",", ".")
    origin = rate.origin("decimal_char")
    assert origin is not None
    assert (origin.layer, origin.load_id, origin.file) == (Layer.LEARNED, row.id, "rates.csv")


@pytest.mark.parametrize(
    ("first", "later", "want"),
    [
        ("Item,Cost (USD),Cost [USD]\nA,1,9\n", "Item,Cost [USD],Cost (USD)\nA,9,1\n", [("A", 1, 9)]),
        ("Item,Off %,Off $,x\nA,10,2,1\n", "Item,Off $,x\nA,3,1\n", [("A", None, 3, 1)]),
        ("n,x,m,x\n1,2,3,4\n", "n,m,x\n1,3,5\n", [(1, None, 3, 5)]),
        ("a,,b,c,d\n1,2,3,4,5\n", "a,b,c,d\n1,3,4,5\n", [(1, None, 3, 4, 5)]),
    ],
)
def test_values_go_by_the_header_never_by_position_or_number(
    site: Site, first: str, later: str, want: list[tuple[object, ...]]
) -> None:
    site.load(site.drop("t.csv", first))
    assert site.load(site.drop("t.csv", later)).status is FileStatus.COMPLETED
    columns = [name for name in site.columns("t") if not name.startswith("ref_data_")]
    assert site.rows("t", ", ".join(f"[{name}]" for name in columns)) == want


def test_a_header_that_fits_two_columns_is_asked_about(site: Site) -> None:
    site.load(site.drop("t.csv", "Item,Cost (USD),Cost [USD],Unit\nA,1,9,kg\n"))
    row = site.load(site.drop("t.csv", "Item,Cost USD,Unit\nA,5,kg\n"))
    assert row.status is FileStatus.PENDING
    assert "To which column of t does 'Cost USD'" in (row.error_message or "")
    answers = {"column_renamed:cost_usd": "is_cost_usd_2"}
    assert (
        site.load(site.drop("t.csv", "Item,Cost USD,Unit\nA,5,kg\n"), "run 2", answers).status is FileStatus.COMPLETED
    )
    assert site.rows("t", "cost_usd, cost_usd_2") == [(None, 5)]


def test_an_earlier_header_stays_known_beside_the_newest(site: Site) -> None:
    for header in ("Unit price,sku\n", "unit_price,SKU\n"):
        site.load(site.drop("t.csv", f"{header}1.5,A\n"))
    assert headers(learned(site, "t"), "unit_price") == ["unit_price", "Unit price"]


def test_a_refused_file_teaches_nothing(site: Site) -> None:
    site.load(site.drop("t.csv", "a,b\n1,2\n"))
    assert site.load(site.drop("t.csv", "a;b\n1;2\n3\n")).status is FileStatus.ERROR
    assert learned(site, "t").dialect.delimiter == ","


def test_a_rollback_takes_what_was_known_along(site: Site) -> None:
    site.load(site.drop("t.csv", "Code,Name\n1,a\n"))
    site.load(site.drop("t.csv", "CODE;NAME\n1;b\n"))
    assert learned(site, "t").dialect.delimiter == ";"
    roll_back(site, "t", 1)
    assert learned(site, "t").dialect.delimiter == ","
    assert headers(learned(site, "t"), "code") == ["Code"]
    assert learned(site, "t", 2).dialect.delimiter == ";"


def test_an_append_learns_too(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.load(site.drop("t.csv", "a,b\n1,x\n", folder=APPEND))
    site.load(site.drop("t.csv", "a\tb\n2\ty\n", folder=APPEND))
    assert learned(site, "t", 1).dialect.delimiter == ","
    assert learned(site, "t", 2).dialect.delimiter == "\t"


def test_amounts_that_need_no_decimals_this_time_do_not_widen_their_column(site: Site) -> None:
    site.load(site.drop("t.csv", "code,price\na,1.25\nb,0.00\n"))
    assert site.columns("t")["price"] == "DECIMAL(3,2)"
    for content in ("code,price\na,0.00\nb,3.00\n", "code,price\na,4\nb,5\n"):
        assert site.load(site.drop("t.csv", content)).status is FileStatus.COMPLETED
        assert site.columns("t")["price"] == "DECIMAL(3,2)"
