"""The effect of a dropped file on its table, through every step of a load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.model import FileStatus
from tests.integration.engines import TSQL
from tests.integration.ingest.conftest import APPEND, FULL

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

FIRST = "code,name\n01,Graz\n02,Linz\n"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site whose settings never ask about columns and types: these cases are about the load itself."""
    return make_site(on_missing_column="null", on_type_change="widen")


def test_a_file_becomes_a_table_that_names_the_load_of_each_row(site: Site) -> None:
    row = site.load(site.drop("cities_20241201.csv", FIRST))
    assert (row.status, row.table_name, row.rows_loaded, row.version_id) == (FileStatus.COMPLETED, "cities", 2, 1)
    assert site.rows("cities", "code, name, ref_data_loadtype, ref_data_load_id") == [
        ("01", "Graz", "F", row.id),
        ("02", "Linz", "F", row.id),
    ]
    assert Path(row.file_path).name == "20241201_120000_cities_20241201.csv"
    assert Path(row.file_path).read_text() == FIRST


def test_a_second_full_load_replaces_the_rows_and_keeps_the_version_before(site: Site) -> None:
    first = site.load(site.drop("cities.csv", FIRST))
    second = site.load(site.drop("cities.csv", "code,name\n03,Wien\n"))
    assert [row[:2] for row in site.rows("cities", "code, name")] == [("03", "Wien")]
    kept = site.rows("cities_backup", "code, ref_data_load_id, ref_data_version_id", "bkp")
    assert kept == [("01", first.id, 1), ("02", first.id, 1)]
    assert (first.version_id, second.version_id) == (1, 2)
    assert first.file_path != second.file_path


def test_an_append_adds_and_keeps_what_is_there(site: Site) -> None:
    site.load(site.drop("cities.csv", FIRST, folder=APPEND))
    row = site.load(site.drop("cities.csv", "code,name\n03,Wien\n", folder=APPEND))
    assert (row.status, row.rows_loaded) == (FileStatus.COMPLETED, 1)
    assert sorted(site.rows("cities", "code, ref_data_loadtype")) == [("01", "A"), ("02", "A"), ("03", "A")]


ALIGNMENTS = [
    ("a missing column becomes NULL", "a,b,c,d\n1,2,3,4\n", "a,b,c\n5,6,7\n", [(5, 6, 7, None)]),
    ("an extra column is added", "a,b,c\n1,2,3\n", "a,b,c,d\n5,6,7,x\n", [(5, 6, 7, "x")]),
    ("another order is matched by name", "a,b,c\n1,2,3\n", "c,a,b\n7,5,6\n", [(5, 6, 7)]),
    ("case does not matter", "a,b\n1,2\n", "A,B\n5,6\n", [(5, 6)]),
    ("a number that grows", "a,b\n1,x\n", "a,b\n3000000000,x\n", [(3000000000, "x")]),
    ("text that grows", "a,b\n1,x\n", f"a,b\n1,{'y' * 60}\n", [(1, "y" * 60)]),
    ("a number that becomes text", "a,b\n1,x\n", "a,b\n007,x\n", [("007", "x")]),
    (
        "text stays text when numbers come",
        "a,b\nmany people,some text\nfew people,other text\n",
        "a,b\n1,x\n",
        [("1", "x")],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "expected"), [case[1:] for case in ALIGNMENTS], ids=[c[0] for c in ALIGNMENTS]
)
def test_the_table_takes_the_next_file(site: Site, before: str, after: str, expected: list[tuple[object, ...]]) -> None:
    site.load(site.drop("t.csv", before))
    row = site.load(site.drop("t.csv", after))
    assert row.status is FileStatus.COMPLETED, row.error_message
    names = ", ".join("abcd"[: len(expected[0])])
    assert site.rows("t", names) == expected


def test_widening_keeps_the_old_rows_as_they_were_written(site: Site) -> None:
    site.load(site.drop("t.csv", "n,flag,day\n1,true,2024-01-31\n", folder=APPEND))
    row = site.load(site.drop("t.csv", "n,flag,day\n007,maybe,someday\n", folder=APPEND))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("t", "n, flag, day") == [("1", "true", "2024-01-31"), ("007", "maybe", "someday")]


def test_the_same_content_again_is_a_duplicate(site: Site) -> None:
    site.load(site.drop("cities.csv", FIRST))
    row = site.load(site.drop("cities_2024.csv", FIRST))
    assert (row.status, row.rows_loaded) == (FileStatus.DUPLICATE, 0)
    assert Path(row.file_path).parent.name == "processed"
    assert len(site.rows("cities")) == 2
    assert site.rows("cities_backup", "*", "bkp") == []


def test_content_that_is_no_longer_live_is_not_a_duplicate(site: Site) -> None:
    for content in (FIRST, "code,name\n03,Wien\n", FIRST):
        row = site.load(site.drop("cities.csv", content))
    assert (row.status, row.version_id) == (FileStatus.COMPLETED, 3)


def test_the_same_content_appended_again_is_a_duplicate_until_a_full_load(site: Site) -> None:
    statuses = [site.load(site.drop("cities.csv", FIRST, folder=APPEND)).status for _ in range(2)]
    site.load(site.drop("cities.csv", "code,name\n03,Wien\n"))
    statuses.append(site.load(site.drop("cities.csv", FIRST, folder=APPEND)).status)
    assert statuses == [FileStatus.COMPLETED, FileStatus.DUPLICATE, FileStatus.COMPLETED]


def test_a_reference_table_is_registered_once_and_what_people_switched_off_stays_off(site: Site) -> None:
    site.load(site.drop("cities.csv", FIRST))
    site.database.run("UPDATE ref.[Reference_Data_Cfg] SET is_enabled = 0, source_table = 'old'")
    site.load(site.drop("cities.csv", "code,name\n03,Wien\n"))
    found = site.rows("Reference_Data_Cfg", "ref_name, source_schema, source_table, is_enabled")
    assert [(*row[:3], bool(row[3])) for row in found] == [("cities", site.deps.settings.ref_schema, "cities", False)]


def test_other_tables_are_not_registered(site: Site) -> None:
    row = site.load(site.drop("cities.csv", FIRST, folder="none_reference_data_table/fullload"))
    assert row.status is FileStatus.COMPLETED
    assert site.rows("Reference_Data_Cfg") == []


def test_damaged_rows_up_to_the_limit_are_let_through_and_kept_beside_the_file(make_site: Callable[..., Site]) -> None:
    site = make_site(max_rejected_rows=1)
    row = site.load(site.drop("cities.csv", "code,name\n01,Graz\n02\n03,Wien\n"))
    assert (row.status, row.rows_loaded, row.rows_rejected) == (FileStatus.COMPLETED, 2, 1)
    kept = Path(row.file_path).with_name(f"{Path(row.file_path).stem}.rejects.csv").read_text().splitlines()
    assert kept[0] == "line,reason,raw"
    assert kept[1].startswith("3,")


def test_a_header_without_rows_loads_zero_rows_into_a_new_table(site: Site) -> None:
    row = site.load(site.drop("cities.csv", "code,name\n"))
    assert (row.status, row.rows_loaded) == (FileStatus.COMPLETED, 0)
    assert list(site.columns("cities"))[:2] == ["code", "name"]


def test_rows_of_a_table_share_the_rules_of_tables_yaml(site: Site) -> None:
    Path(site.deps.settings.tables_file).write_text("tables:\n  cities:\n    frozen: true\n")
    row = site.load(site.drop("cities.csv", FIRST))
    assert row.status is FileStatus.ERROR
    assert "frozen" in (row.error_message or "")
    assert site.columns("cities") == {}


def test_na_and_none_are_text_and_empty_is_null(site: Site) -> None:
    site.load(site.drop("c.csv", "code,continent,other\nNA,NA,null\nDE,EU,None\nXX,,\n", folder=FULL))
    assert site.rows("c", "code, continent, other") == [("NA", "NA", "null"), ("DE", "EU", "None"), ("XX", None, None)]


def test_a_way_to_publish_that_the_engine_lacks_does_not_stop_a_load(make_site: Callable[..., Site]) -> None:
    site = make_site(publish_method="truncate")
    site.load(site.drop("cities.csv", FIRST))
    row = site.load(site.drop("cities.csv", "code,name\n03,Wien\n"))
    assert row.status is FileStatus.COMPLETED
    assert site.rows("cities", "code") == [("03",)]


def test_widening_a_table_leaves_a_table_named_as_its_rebuild_alone(site: Site) -> None:
    site.load(site.drop("cities_rebuild.csv", FIRST))
    site.load(site.drop("cities.csv", FIRST))
    site.load(site.drop("cities.csv", f"code,name\n03,{'x' * 300}\n"))
    assert len(site.rows("cities_rebuild_data")) == 2


DAMAGED = [("dates", "2024-03-02"), ("scientific", "1.23E+11")]


@pytest.mark.parametrize("value", [case[1] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_codes_that_a_spreadsheet_changed_are_reported_in_the_ledger(site: Site, value: str) -> None:
    site.load(site.drop("parts.csv", "code,name\n2-3,bolt\n123E9X,nut\n"))
    file = site.drop("parts.csv", f"code,name\n{value},bolt\n{value},nut\n")
    answers = {"codes_changed:code": "load", "keys_repeated:code": "load"}
    row = site.load(file, "run 2", answers)
    assert row.status is FileStatus.COMPLETED
    assert [warning for warning in row.warnings if "spreadsheet" in warning and "'code'" in warning]
    assert site.rows("parts", "code") == [(value,), (value,)]


@pytest.mark.parametrize("engine", TSQL, indirect=True)
def test_a_validation_procedure_can_refuse_the_rows_before_anybody_sees_them(site: Site) -> None:
    site.load(site.drop("cities.csv", FIRST))
    site.database.run(
        """CREATE PROCEDURE ref.[sp_ref_validate_cities] AS
           SELECT N'{"validation_result": false, "validation_issue_list": ["code 03 is retired"]}'"""
    )
    row = site.load(site.drop("cities.csv", "code,name\n03,Wien\n"))
    assert (row.status, row.error_category) == (FileStatus.ERROR, "data")
    assert "code 03 is retired" in (row.error_message or "")
    assert len(site.rows("cities")) == 2
