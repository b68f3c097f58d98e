"""Files that lack a column without any value in the table: nothing is lost, so nothing is asked."""

from __future__ import annotations

import random

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import Desk
from tests.integration.ingest.conftest import APPEND, FULL, Site
from tests.integration.ingest.test_rules import declare

NAMES = ["remark", "valid_until", "fax", "Old code", "2nd name"]


def written(lines: list[list[str]]) -> str:
    return "".join(",".join(line) + "\n" for line in lines)


def made(seed: int, load: int, *, whole: bool = True) -> str:
    """A file of a small table, with other keys in each load; the ``whole`` one has an empty column or two."""
    rng = random.Random(seed)
    rows = [[f"{load}K{at}", f"name {at}", f"{at}.5"] for at in range(rng.randint(2, 6))]
    lines = [["code", "name", "price"], *rows]
    for name in rng.sample(NAMES, rng.randint(1, 2)) if whole else []:
        place = rng.randint(0, len(lines[0]))
        for at, line in enumerate(lines):
            line.insert(place, "" if at else name)
    return written(lines)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_a_column_without_values_may_go_and_come_back(desk: Desk, seed: int, folder: str) -> None:
    desk.loaded(made(seed, 1), folder=folder)
    columns = desk.columns()
    assert desk.loaded(made(seed, 2, whole=False), folder=folder).warnings == ()
    assert desk.columns() == columns
    desk.loaded(made(seed, 3), folder=folder)
    assert desk.columns() == columns


@pytest.mark.parametrize(
    ("first", "then", "question"),
    [
        ("code,name,remark\nA,Alpha,\nB,Beta,new\n", "code,name\nA,Alpha\nB,Beta\n", "layout_changed"),
        ("code,name,remark\nA,Alpha,\nB,Beta,\n", "code,name,remarks\nA,Alpha,x\nB,Beta,y\n", "layout_changed"),
        ("code,name,city,fax\nA,Alpha,X,\nB,Beta,Y,7\n", "code,name,city\nA,Alpha,X\nB,Beta,Y\n", "column_missing:fax"),
    ],
    ids=["it has a value", "another one is named like it", "it has a value among many"],
)  # fmt: skip
def test_other_columns_are_asked_about(desk: Desk, first: str, then: str, question: str) -> None:
    desk.loaded(first)
    desk.held(then, question)


def test_a_declared_column_is_asked_about(site: Site) -> None:
    declare(site, {"name": "t", "schema": {"fields": [{"name": "code"}, {"name": "remark"}]}})
    site.load(site.drop("t.csv", "code,name,remark\nA,Alpha,\nB,Beta,\n"))
    row = site.load(site.drop("t.csv", "code,name\nA,Alpha\nB,Beta\nC,Ceta\n"), "run 2")
    assert row.status is FileStatus.PENDING


def test_the_columns_of_an_empty_table_are_needed(site: Site) -> None:
    with site.deps.warehouse.transaction() as session:
        session.execute(
            f"CREATE TABLE {site.deps.settings.ref_schema}.t (code VARCHAR(10), name VARCHAR(10), city VARCHAR(10))"
        )
    row = site.load(site.drop("t.csv", "code,town\nA,X\nB,Y\n"))
    assert row.status is FileStatus.PENDING
