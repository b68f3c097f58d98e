"""Two columns with one header, in a file whose columns have other places."""

from __future__ import annotations

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site

FIRST = "id,Name,Qty,Name\n1,Anna,5,Berg\n2,Bert,6,Dorn\n3,Cleo,7,Eder\n"
SWAPPED = [
    pytest.param("id,Name,Qty,Name\n4,Berg,5,Anna\n5,Dorn,7,Bert\n", id="same headers"),
    pytest.param("id,Qty,Name,Name\n4,5,Anna,Berg\n5,7,Bert,Dorn\n", id="number in front"),
    pytest.param("Name,id,Qty,Name\nBerg,4,5,Anna\nDorn,5,7,Bert\n", id="name in front"),
    pytest.param("Qty,Name,id,Name\n5,Anna,4,Berg\n7,Bert,5,Dorn\n", id="turned"),
    pytest.param("id,Qty,Name,Name\n4,5,Anna,Berg\n5,7,Bert,Dorn\n6,8,Zoe,Eder\n", id="a new name"),
]


@pytest.mark.parametrize("later", SWAPPED)
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_values_that_changed_places_are_asked_about_and_can_be_exchanged(site: Site, later: str, folder: str) -> None:
    site.load(site.drop("t.csv", FIRST, folder=folder))
    before = site.rows("t")
    held = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    name = next((one for one in ("column_renamed:name_2", "column_renamed:name") if one in str(held.error_message)), "")
    assert name, held
    assert site.rows("t") == before
    row = site.load(site.drop("t.csv", later, folder=folder), "run 2", {name: "swap"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("t", "id, name, name_2")[-1 if "Zoe" not in later else -2][1:] == ("Bert", "Dorn")


KEPT = [
    "id,Name,Qty,Name\n1,Anna,5,Berg\n2,Bert,8,Dorn\n",
    "Name,id,Qty,Name\nAnna,1,5,Berg\nBert,2,8,Dorn\n",
    "id,Qty,Name,Name\n1,5,Berg,Anna\n2,7,Dorn,Bert\n",
    "id,Name,Qty,Name\n1,Xaver,5,Ypsilon\n2,Zoe,8,Wels\n",
    "id,Name,Qty,Name\n1,Anna,5,Anna\n2,Bert,8,Bert\n",
]


@pytest.mark.parametrize("later", KEPT)
def test_values_in_their_places_ask_nothing(site: Site, later: str) -> None:
    site.load(site.drop("t.csv", FIRST))
    row = site.load(site.drop("t.csv", later), "run 2")
    assert (row.status, row.warnings) == (FileStatus.COMPLETED, ()), row.error_message


NUMBERS = [
    "id,Rate,Note,Rate\n1,1,a,5\n2,2,b,4\n3,3,c,3\n4,4,d,2\n5,5,e,1\n",
    "id,Rate,Note,Rate\n1,5,a,1\n2,4,b,2\n3,3,c,3\n4,2,d,4\n5,1,e,5\n",
]


def test_columns_with_the_same_values_ask_nothing(site: Site) -> None:
    for number, content in enumerate(NUMBERS):
        row = site.load(site.drop("t.csv", content), f"run {number}")
        assert (row.status, row.warnings) == (FileStatus.COMPLETED, ()), row.error_message


def test_new_values_in_other_places_are_a_warning(site: Site) -> None:
    site.load(site.drop("t.csv", FIRST))
    row = site.load(site.drop("t.csv", "id,Qty,Name,Name\n1,5,Xaver,Ypsilon\n2,7,Zoe,Wels\n"), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert any("the header 'Name' twice" in one for one in row.warnings), row.warnings
