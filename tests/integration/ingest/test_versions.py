"""Versions, their rows and what differs between two, after loads as people drop them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from refdata.api import ReferenceData
from refdata.core.errors import ConfigurationError, DataError
from refdata.core.tablediff import CellChange, ChangedRow, TableDiff
from tests.integration.ingest.conftest import APPEND, FULL, Site

FIRST = "code,name,people\n01,Graz,290\n02,Linz,210\n03,Wels,\n"
SECOND = "code,name,people\n01,Graz,295\n02,Linz,210\n04,Steyr,38\n"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site whose settings never ask about columns and types: these cases are about the load itself."""
    return make_site(on_missing_column="null", on_type_change="widen")


def reading(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse)


def load(site: Site, content: str, *, name: str = "cities.csv", append: bool = False) -> int:
    """Loads a file; its load id."""
    file = site.drop(name, content, folder=APPEND if append else FULL)
    row = site.load(file, f"run {site.clock()}")
    assert row.status == "completed", row.error_message
    return row.id


def counts(found: TableDiff) -> tuple[int, int, int]:
    return found.added, found.removed, found.changed


def test_each_load_makes_a_version_that_shows_who_when_and_from_which_file(site: Site) -> None:
    ids = [load(site, FIRST), load(site, "code,name,people\n05,Enns,12\n", append=True), load(site, SECOND)]
    found = reading(site).versions("cities")
    assert [(one.version, one.kind, one.rows, one.is_live, one.is_kept) for one in found] == [
        (3, "fullload", 3, True, True),
        (2, "append", 4, False, True),
        (1, "fullload", 3, False, True),
    ]
    assert [one.load_id for one in reversed(found)] == ids
    assert all(one.file_name == "cities.csv" and one.run_id and one.published_at for one in found)


def test_every_version_can_be_read_also_one_that_ended_by_an_append(site: Site) -> None:
    load(site, "code,name\n01,Graz\n")
    load(site, "code,name\n02,Linz\n", append=True)
    load(site, "code,name\n03,Wels\n")
    load(site, "code,name\n04,Steyr\n", append=True)
    read = {number: sorted(reading(site).read_table("cities", number)["code"]) for number in (1, 2, 3, 4)}
    assert read == {1: ["01"], 2: ["01", "02"], 3: ["03"], 4: ["03", "04"]}
    assert sorted(reading(site).read_table("cities")["code"]) == ["03", "04"]


def test_a_diff_counts_rows_and_columns_and_shows_them(site: Site) -> None:
    load(site, FIRST)
    load(site, SECOND)
    found = reading(site).diff("cities", 1, 2)
    assert (found.keys, counts(found), found.unchanged) == (("code",), (1, 1, 1), 1)
    assert (found.rows_before, found.rows_after, found.column_changes) == (3, 3, {"people": 1})
    assert found.columns == ("code", "name", "people")
    assert found.added_sample == (("04", "Steyr", 38),)
    assert found.removed_sample == (("03", "Wels", None),)
    assert found.changed_sample == (ChangedRow(("01",), (CellChange("people", 290, 295),)),)
    assert counts(reading(site).diff("cities", 2, 1)) == (1, 1, 1)
    assert reading(site).diff("cities", 2, 2).is_empty


ONE = (0, 0, 1)
CHANGES = [
    ("null to a value", "k,v\n1,a\n2,\n", "k,v\n1,a\n2,b\n", (0, 0, 1)),
    ("a value to null", "k,v\n1,a\n2,b\n", "k,v\n1,a\n2,\n", (0, 0, 1)),
    ("both null", "k,v,w\n1,a,\n2,b,x\n", "k,v,w\n1,a,\n2,c,x\n", (0, 0, 1)),
    ("upper case", "k,v\n1,Graz\n", "k,v\n1,GRAZ\n", (0, 0, 1)),
    ("an accent", "k,v\n1,Zürich\n", "k,v\n1,Zurich\n", (0, 0, 1)),
    ("a blank at the end", 'k,v\n1,"a"\n2,b\n', 'k,v\n1,"a "\n2,b\n', (0, 0, 1)),
    ("only the order", "k,v\n1,a\n2,b\n", "k,v\n2,b\n1,a\n", (0, 0, 0)),
    ("a number that became text", "k,v\n1,7\n2,8\n", "k,v\n1,7\n2,x\n", (0, 0, 1)),
    ("a number that grew", "k,v\n1,7\n2,8\n", "k,v\n1,7\n2,8000000000\n", (0, 0, 1)),
    ("decimals that got digits", "k,v\n1,1.10\n2,2.50\n", "k,v\n1,1.1000\n2,2.5001\n", (0, 0, 1)),
    (
        "long decimals that got digits",
        "k,v\n1,12345678901234567.10\n2,2.5\n",
        "k,v\n1,12345678901234567.1000\n2,2.5001\n",
        (0, 0, 1),
    ),
    ("a date that got a time", "k,v\n1,2024-01-01\n2,2024-02-01\n", "k,v\n1,2024-01-01\n2,2024-02-01 10:00\n", ONE),
    ("a column that came", "k,v\n1,a\n2,b\n", "k,v,w\n1,a,x\n2,b,\n", (0, 0, 1)),
    ("a column that went", "k,v,u,w\n1,a,1,x\n2,b,1,\n", "k,v,u\n1,a,1\n2,b,1\n", (0, 0, 1)),
    ("all rows", "k,v\n1,a\n", "k,v\n2,b\n", (1, 1, 0)),
    ("keys in upper case", "k,v\na,1\nA,2\n", "k,v\na,1\nA,3\n", (0, 0, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_a_change_by_key_is(site: Site, before: str, after: str, expected: tuple[int, int, int]) -> None:
    load(site, before, name="t.csv")
    load(site, after, name="t.csv")
    assert counts(reading(site).diff("t", 1, 2, keys=["K"])) == expected


WHOLE = [
    ("a row more often", "v,w\na,1\nb,1\n", "v,w\na,1\na,1\na,1\nb,1\n", (2, 0, 0)),
    ("a row less often", "v,w\na,1\na,1\nb,1\n", "v,w\na,1\nb,1\n", (0, 1, 0)),
    ("a changed row", "v,w\na,1\na,2\nb,2\n", "v,w\na,1\na,3\nb,2\n", (1, 1, 0)),
    ("null beside null", "v,w\na,\na,\nb,1\n", "v,w\na,\na,\nb,1\nb,\n", (1, 0, 0)),
    ("upper case", "v,w\na,1\na,1\n", "v,w\na,1\nA,1\n", (1, 1, 0)),
    ("a blank at the end", 'v,w\na,1\na,1\n', 'v,w\na,1\n"a ",1\n', (1, 1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), [one[1:] for one in WHOLE], ids=[one[0] for one in WHOLE])
def test_without_a_key_whole_rows_are_counted(
    site: Site, before: str, after: str, expected: tuple[int, int, int]
) -> None:
    load(site, before, name="t.csv")
    load(site, after, name="t.csv")
    found = reading(site).diff("t", 1, 2)
    assert (found.keys, counts(found)) == ((), expected)
    assert (len(found.added_sample), len(found.removed_sample)) == expected[:2]
    assert "whole rows are compared" in found.note


def test_a_key_of_two_columns_is_found(site: Site) -> None:
    load(site, "day,currency,rate\n2024-01-01,EUR,1.5\n2024-01-01,USD,1.5\n2024-01-02,EUR,1.5\n", name="rates.csv")
    load(site, "day,currency,rate\n2024-01-01,EUR,1.5\n2024-01-01,USD,1.7\n2024-01-02,EUR,1.5\n", name="rates.csv")
    found = reading(site).diff("rates", 1, 2)
    assert (found.keys, counts(found)) == (("day", "currency"), (0, 0, 1))


def test_the_keys_of_the_tables_rules_are_taken(site: Site) -> None:
    Path(site.deps.settings.tables_file).write_text("tables: {cities: {keys: [Name]}}")
    load(site, FIRST)
    load(site, SECOND)
    assert reading(site).diff("cities", 1, 2).keys == ("name",)


def test_a_key_that_is_not_unique_is_said_so_and_whole_rows_are_compared(site: Site) -> None:
    load(site, "k,v\n1,a\n1,b\n", name="t.csv")
    load(site, "k,v\n1,a\n1,c\n", name="t.csv")
    found = reading(site).diff("t", 1, 2, keys=["k"])
    assert (found.keys, counts(found)) == ((), (1, 1, 0))
    assert found.note.startswith("k is empty or repeated in some rows")


def test_a_sample_is_bounded_and_the_counts_are_not(site: Site) -> None:
    load(site, "k,v\n" + "".join(f"{number},a\n" for number in range(300)), name="t.csv")
    load(site, "k,v\n" + "".join(f"{number},b\n" for number in range(150, 450)), name="t.csv")
    found = reading(site).diff("t", 1, 2)
    assert counts(found) == (150, 150, 150)
    assert [len(found.added_sample), len(found.removed_sample), len(found.changed_sample)] == [100, 100, 100]
    assert found.removed_sample[:2] == ((0, "a"), (1, "a"))


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("no table", {"table": "nowhere", "before": 1}, DataError, "There is no table"),
    ("no version", {"table": "cities", "before": 7}, DataError, "has no version 7"),
    ("version 0", {"table": "cities", "before": 0}, DataError, "has no version 0"),
    ("no column", {"table": "cities", "before": 1, "keys": ["x"]}, ConfigurationError, "Key x is not a column"),
]


@pytest.mark.parametrize(("asked", "error", "message"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_incomparable_versions_are_refused(
    site: Site, asked: dict[str, Any], error: type[Exception], message: str
) -> None:
    load(site, FIRST)
    with pytest.raises(error, match=message):
        reading(site).diff(**asked)


def test_rows_deleted_by_hand_are_missed(site: Site) -> None:
    load(site, FIRST)
    load(site, SECOND)
    site.database.run("DELETE FROM bkp.cities_backup")
    with pytest.raises(DataError, match="had 3 rows, but none of them is kept"):
        reading(site).diff("cities", 1, 2)


def test_rows_from_before_refdata_are_version_0(site: Site) -> None:
    site.database.run("CREATE TABLE ref.cities (code NVARCHAR(10) NULL, name NVARCHAR(20) NULL)")
    site.database.run("INSERT INTO ref.cities VALUES ('00', 'Ried')")
    load(site, "code,name\n01,Graz\n")
    assert [(one.version, one.rows) for one in reading(site).versions("cities")] == [(1, 1), (0, None)]
    assert reading(site).read_table("cities", 0)["name"].tolist() == ["Ried"]
    assert counts(reading(site).diff("cities", 0)) == (1, 1, 0)


def test_a_table_is_read_with_exact_types(site: Site) -> None:
    header = "t,i,b,d,l,f,y,day,moment,clock\n"
    rows = "01,1,12345678901,1.10,12345678901234567890.1234567,1.5e10,true,2024-02-29,2024-02-29 10:11:12.5,10:11:12\n"
    load(
        site,
        f'{header}{rows}"x ",-2,1,2.25,1.0000001,-2.5e-3,false,1999-01-01,1999-01-01 00:00:00,23:59:59\n03,,,,,,,,,\n',
        name="t.csv",
    )
    found = reading(site).read_table("t")
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    assert kinds == {
        "t": "str", "i": "Int64", "b": "Int64", "d": "object", "l": "object", "f": "Float64", "y": "boolean",
        "day": "object", "moment": "datetime64[us]", "clock": "object",
    }  # fmt: skip
    first = found[found["t"] == "01"].iloc[0].tolist()
    assert first == [
        "01", 1, 12345678901, Decimal("1.10"), Decimal("12345678901234567890.1234567"), 1.5e10, True,
        date(2024, 2, 29), pd.Timestamp(2024, 2, 29, 10, 11, 12, 500000), time(10, 11, 12),
    ]  # fmt: skip
    assert str(first[3]) == "1.10"
    assert sorted(found["t"].dropna()) == ["01", "03", "x "]
    assert found[found["t"] == "03"].iloc[0, 1:].isna().all()


def test_a_table_without_rows_has_its_columns_and_types(site: Site) -> None:
    load(site, "code,people\n")
    found = reading(site).read_table("cities")
    assert (len(found), list(found.columns)) == (0, ["code", "people"])
    pd.testing.assert_index_equal(found.columns, pd.Index(["code", "people"]))


def test_the_info_of_a_table_shows_columns_rules_and_versions(site: Site) -> None:
    load(site, FIRST)
    load(site, SECOND)
    info = reading(site).table_info("cities")
    assert [column.name for column in info.columns] == ["code", "name", "people"]
    assert (info.live_version, info.versions, info.versions_kept, info.rules.frozen) == (2, 2, 2, False)
    assert info.summary is not None
    assert info.summary.rows_live == 3
