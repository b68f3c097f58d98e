"""A file in the folder of the other class: the register decides how it is loaded, not the folder."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from refdata.core.model import FileStatus, Load
from refdata.ingest.align import align_table
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_or_hold
from tests.integration.ingest.conftest import APPEND, FULL, Site

OTHER_FULL, OTHER_APPEND = (folder.replace("reference", "none_reference") for folder in (FULL, APPEND))
DEPOTS = "id,nm_text\n" + "".join(f"{number},name{number}\n" for number in range(1, 21))
MORE = "id,nm_text\n" + "".join(f"{number},name{number}\n" for number in range(21, 31))
SHRUNK = "id,nm_text\n1,name1\n2,name2\n"
ZIPS = "zip;area\n" + "".join(f"{number:05d};Área {number}\n" for number in range(30))


def registered(site: Site) -> list[Any]:
    return [name for (name,) in site.rows("Reference_Data_Cfg", "ref_name")]


def load(site: Site, name: str, content: str, folder: str) -> Load:
    row = site.load(site.drop(name, content, folder=folder), f"run {site.clock()}")
    return next(one for one in site.deps.ledger.page(limit=500).files if one.id == row.id)


FIRST = [FULL, APPEND]
LATER = [
    pytest.param(OTHER_FULL, "depots.csv", SHRUNK, id="fewer rows"),
    pytest.param(OTHER_FULL, "depots_20250101.csv", DEPOTS.replace("name", "n"), id="changed rows, dated name"),
    pytest.param(OTHER_FULL, "DEPOTS.CSV", DEPOTS.replace(",", ";"), id="name in capitals, other delimiter"),
    pytest.param(OTHER_APPEND, "depots.csv", "id,nm_text\n99,new\n", id="appended rows"),
    pytest.param(OTHER_APPEND, "depots.csv", "nm_text,id\nnew,99\n", id="appended, columns in another order"),
]


@pytest.mark.parametrize(("folder", "name", "content"), LATER)
def test_a_reference_table_stays_one_whatever_the_folder(site: Site, folder: str, name: str, content: str) -> None:
    load(site, "depots.csv", DEPOTS, FULL)
    row = load(site, name, content, folder)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert row.is_reference_data
    assert f"{name} was dropped in {folder}, but depots is a reference table" in " ".join(row.warnings)
    assert registered(site) == ["depots"]
    assert "none_reference_data_table" in row.file_path, "the archive of the folder that it was dropped in"


@pytest.mark.parametrize(("folder", "name", "content"), LATER)
def test_another_table_stays_one_whatever_the_folder(site: Site, folder: str, name: str, content: str) -> None:
    load(site, "depots.csv", DEPOTS, OTHER_FULL)
    row = load(site, name, content, folder.replace("none_", ""))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert not row.is_reference_data
    assert "depots is not registered as a reference table" in " ".join(row.warnings)
    assert registered(site) == []


GATED = [
    pytest.param(DEPOTS, SHRUNK, id="most rows gone"),
    pytest.param(DEPOTS, DEPOTS.replace("name", "other"), id="every row changed"),
    pytest.param(DEPOTS, SHRUNK.replace(",", "\t"), id="other delimiter"),
    pytest.param(ZIPS, "zip;area\n00001;Área 1\n", id="codes"),
    pytest.param(ZIPS, "area;zip\nÁrea 1;00001\n", id="other order of columns"),
]


@pytest.mark.parametrize(("first", "later"), GATED)
@pytest.mark.parametrize("disabled", [False, True], ids=["enabled", "switched off"])
def test_the_gate_of_a_reference_table_holds_a_file_from_the_other_folder(
    make_site: Any, first: str, later: str, disabled: bool
) -> None:
    site = make_site(gate=True)
    load(site, "depots.csv", first, FULL)
    if disabled:
        site.database.run("UPDATE ref.[Reference_Data_Cfg] SET is_enabled = 0")
    before = site.rows("depots")
    file = site.drop("depots.csv", later, folder=OTHER_FULL)
    detection = detect_format(site.deps, file, "run 2")
    align_table(site.deps, file, detection)
    loaded, held = load_or_hold(site.deps, file, detection)
    assert (loaded.status, held is not None) == ("review", True)
    assert site.rows("depots") == before


@pytest.mark.parametrize("first", [FULL, APPEND, OTHER_FULL, OTHER_APPEND])
def test_a_file_in_the_folder_of_its_table_warns_of_nothing(site: Site, first: str) -> None:
    load(site, "depots.csv", DEPOTS, first)
    later = MORE if first.endswith("append") else DEPOTS.replace("name", "n")
    row = load(site, "depots.csv", later, first)
    assert (row.status, row.warnings) == (FileStatus.COMPLETED, ())


@pytest.mark.parametrize(("appends", "folder"), list(product((1, 3), (APPEND, OTHER_APPEND))))
def test_a_full_load_from_the_other_folder_replaces_no_table_of_appends(site: Site, appends: int, folder: str) -> None:
    for number in range(appends):
        load(site, "log.csv", f"id,v\n{number},a\n", folder)
    other = OTHER_FULL if folder == APPEND else FULL
    row = load(site, "log.csv", "id,v\n77,z\n", other)
    assert (row.status, row.error_category) == (FileStatus.ERROR, "data")
    assert "all appended so far" in (row.error_message or "")
    assert len(site.rows("log")) == appends


def test_a_duplicate_in_the_reference_folder_registers_nothing(site: Site) -> None:
    load(site, "depots.csv", DEPOTS, OTHER_FULL)
    assert load(site, "depots.csv", DEPOTS, FULL).status is FileStatus.DUPLICATE
    assert registered(site) == []


@pytest.mark.parametrize(
    ("database", "table", "is_reference"),
    [(None, "depots", True), (None, None, True), ("elsewhere", "depots", False), (None, "another", False)],
)
def test_a_row_that_people_wrote_counts_if_it_is_about_the_table(
    site: Site, database: str | None, table: str | None, is_reference: bool
) -> None:
    load(site, "depots.csv", DEPOTS, OTHER_FULL)
    insert = (
        "INSERT INTO ref.[Reference_Data_Cfg] (ref_name, source_db, source_table, is_enabled, created_at, created_by)"
    )
    site.database.run(f"{insert} VALUES ('depots', ?, ?, 1, '2024-12-01', 'ada')", database, table)
    row = load(site, "depots.csv", SHRUNK, FULL)
    assert row.is_reference_data is is_reference
    assert bool(row.warnings) is not is_reference
