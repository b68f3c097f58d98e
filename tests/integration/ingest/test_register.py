"""The register of reference tables against the tables; the deletion of old versions."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from refdata.api import ReferenceData
from refdata.audit import AuditTrail
from refdata.core.errors import DataError, RefdataError
from refdata.ingest.align import align_table
from refdata.ingest.configure import has_nothing_to_configure, write_config
from refdata.ingest.context import Deps
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.warehouse.base import Warehouse
from tests.integration.ingest.conftest import Site
from tests.integration.ingest.test_undoing import BY, codes, desk, load


def differences(data: ReferenceData) -> list[tuple[str, str, bool]]:
    return [(one.kind.value, one.table, one.is_repairable) for one in data.config_check()]


def entry(site: Site) -> tuple[object, ...]:
    return site.rows("Reference_Data_Cfg", "ref_name, sp_name, source_table, is_enabled")[0]


def test_a_register_that_agrees_has_no_differences(site: Site) -> None:
    load(site, "code\n01\n")
    assert differences(desk(site)) == []


def test_a_table_without_a_row_is_registered(site: Site) -> None:
    load(site, "code\n01\n")
    site.database.run("DELETE FROM ref.[Reference_Data_Cfg]")
    assert differences(desk(site)) == [("not_registered", "cities", True)]
    assert [repair.left for repair in desk(site).config_repair(by="ada")] == [""]
    assert entry(site)[:1] == ("cities",)
    assert differences(desk(site)) == []
    recorded = AuditTrail(site.deps.warehouse).entries("cities")[0]
    assert (recorded.action, recorded.actor) == ("repair", "ada")


class Without:
    """A warehouse that refuses one of its statements."""

    def __init__(self, warehouse: Warehouse, refused: str) -> None:
        self._warehouse, self._refused = warehouse, refused

    def __getattr__(self, name: str) -> Any:
        return getattr(self._warehouse, name)

    def statement(self, name: str) -> str:
        return "UPDATE [ref].[gone] SET a = ?" if name == self._refused else self._warehouse.statement(name)


def without(site: Site, statement: str) -> Deps:
    return dataclasses.replace(site.deps, warehouse=cast("Warehouse", Without(site.deps.warehouse, statement)))


def test_after_a_publish_an_unreadable_ledger_fails_nothing_and_skips_nothing(site: Site) -> None:
    file = site.drop("cities.csv", "code\n01\n", folder="none_reference_data_table/fullload")
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    loaded = load_rows(site.deps, file, detection)
    assert has_nothing_to_configure(site.deps, loaded)
    assert not has_nothing_to_configure(without(site, "select_file"), loaded)


def test_a_row_is_written_with_its_mark_in_the_ledger_or_not_at_all(site: Site) -> None:
    file = site.drop("cities.csv", "code\n01\n")
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    loaded = load_rows(site.deps, file, detection)
    with pytest.raises(RefdataError):
        write_config(without(site, "mark_configured"), loaded)
    assert site.rows("Reference_Data_Cfg") == []
    assert write_config(site.deps, loaded) == "inserted"
    assert site.rows("File_Monitor_Tracking", "reference_config_inserted") == [(1,)]
    assert entry(site)[:1] == ("cities",)


def test_a_row_that_was_changed_by_hand_gets_its_values_back(site: Site) -> None:
    load(site, "code\n01\n")
    site.database.run("UPDATE ref.[Reference_Data_Cfg] SET source_table = 'towns', sp_name = 'dbo.x'")
    found = desk(site).config_check()
    assert [one.kind for one in found] == ["table_missing", "changed"]
    assert "source_table is 'towns', not 'cities'" in found[1].what
    assert [repair.left for repair in desk(site).config_repair(by="ada")] == ["a person has to decide", ""]
    assert entry(site)[:3] == ("cities", None, "cities")


def test_rows_that_a_person_switched_off_are_reported_and_never_changed(site: Site) -> None:
    load(site, "code\n01\n")
    site.database.run("UPDATE ref.[Reference_Data_Cfg] SET is_enabled = 0, sp_name = 'dbo.x'")
    before = entry(site)
    assert differences(desk(site)) == [("disabled", "cities", False), ("changed", "cities", False)]
    assert all(repair.left for repair in desk(site).config_repair(by="ada"))
    assert entry(site) == before


def test_a_row_without_a_table_needs_a_person(site: Site) -> None:
    load(site, "code\n01\n")
    site.database.run("DROP TABLE ref.cities")
    assert differences(desk(site)) == [("table_missing", "cities", False)]
    assert [repair.left for repair in desk(site).config_repair(by="ada")] == ["a person has to decide"]


def test_a_row_that_a_person_wrote_for_another_database_is_left_alone(site: Site) -> None:
    load(site, "code\n01\n")
    columns = "ref_name, source_db, source_schema, source_table, is_enabled, created_at, created_by"
    row = "'towns', 'elsewhere', 'dbo', 'towns', 1, '2024-01-01', 'ada'"
    site.database.run(f"INSERT INTO ref.[Reference_Data_Cfg] ({columns}) VALUES ({row})")
    assert differences(desk(site)) == []


def test_old_versions_go_by_count_the_live_one_stays_and_each_is_recorded(site: Site) -> None:
    Path(site.deps.settings.tables_file).write_text("tables: {cities: {versions_kept: 1}}")
    for number in (1, 2, 3, 4):
        load(site, f"code\n0{number}\n")
    reported = desk(site).expire_versions(by="ada")
    assert [(one.table, one.version, one.rows) for one in reported] == [("cities", 1, 1), ("cities", 2, 1)]
    assert len(site.rows("cities_backup", "code", "bkp")) == 3
    assert desk(site).expire_versions(dry_run=False, by="ada") == reported
    assert desk(site).expire_versions(dry_run=False, by="ada") == ()
    assert site.rows("cities_backup", "code", "bkp") == [("03",)]
    assert codes(site) == ["04"]
    assert [one.is_kept for one in desk(site).versions("cities")] == [True, True, False, False]
    with pytest.raises(DataError, match=r"deleted on .* by the retention rules"):
        desk(site).rollback("cities", 2, **BY)
    entries = AuditTrail(site.deps.warehouse).entries("cities")
    assert [(one.action, one.version_id, one.detail) for one in entries] == [
        ("delete", 2, {"rows": 1}),
        ("delete", 1, {"rows": 1}),
    ]
    assert desk(site).rollback("cities", 3, **BY).version == 5


def test_old_versions_go_by_age_counted_from_their_replacement(site: Site) -> None:
    Path(site.deps.settings.tables_file).write_text("tables: {cities: {versions_max_age_days: 10}}")
    load(site, "code\n01\n")
    site.clock.now += timedelta(days=30)
    load(site, "code\n02\n")
    assert desk(site).expire_versions(by="ada") == ()
    site.clock.now += timedelta(days=11)
    assert [one.version for one in desk(site).expire_versions(by="ada")] == [1]
