"""Retention on real folders and databases: what is old goes and is recorded; what is referred to stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.alertlog import AlertLog
from refdata.audit import AuditAction, AuditTrail
from refdata.core.alerting import Alert
from refdata.core.errors import DropoffError, RefdataError
from refdata.core.maintenance import Deletion, DeletionKind
from refdata.core.model import TableName
from refdata.core.storage import TableStorage
from refdata.ingest import maintenance

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

GOOD, BAD = "code,name\n01,Graz\n", "code,name\n01\n02,Linz\n"


DROP = "reference_data_table/fullload/cities.csv"


def kinds(site: Site) -> list[str]:
    return sorted(one.kind for one in maintenance.plan(site.deps).deletions)


def test_old_data_is_deleted_and_every_deletion_is_recorded(make_site: Callable[..., Site]) -> None:
    site = make_site(processed_days=30, error_days=30, ledger_days=30, alert_days=30)
    site.load(site.drop("cities.csv", GOOD), "good")
    site.load(site.drop("towns.csv", BAD), "bad")
    AlertLog(site.deps.warehouse).raise_alert(Alert("t", "x", "data", "", "", ""), 0, site.clock())
    assert kinds(site) == []
    site.clock.now += timedelta(days=31)
    planned = maintenance.plan(site.deps)
    assert sorted(one.kind for one in planned.deletions) == sorted(
        [DeletionKind.PROCESSED_FILE, *[DeletionKind.ERROR_FILE] * 3, DeletionKind.LEDGER_ROW, DeletionKind.ALERT_ROWS]
    )
    assert len(list(site.dropoff.error.of(DROP).glob("ERROR_*"))) == 3, "planning deletes nothing"
    maintenance.carry_out(site.deps, planned)
    assert list(site.dropoff.error.of(DROP).glob("ERROR_*")) == []
    assert list(site.dropoff.processed.of(DROP).glob("*.csv")) == []
    assert [row.file_name for row in site.deps.ledger.page().files] == ["cities.csv"], "its rows are live"
    entries = AuditTrail(site.deps.warehouse).entries()
    assert {entry.action for entry in entries} == {AuditAction.DELETE}
    assert sorted(entry.subject or "" for entry in entries) == sorted(one.subject for one in planned.deletions)
    assert kinds(site) == []
    assert site.rows("cities", "code") == [("01",)]


@pytest.mark.parametrize("gathered", ["", "done"])
def test_archives_of_earlier_settings_and_installations_age_too(make_site: Callable[..., Site], gathered: str) -> None:
    site = make_site(processed_days=30, processed_root=gathered)
    root = site.dropoff.root
    for folder in ("processed", "reference_data_table/append/processed", "done", "other"):
        (root / folder).mkdir(exist_ok=True)
        (root / folder / "20200101_000000_a.csv").touch()
    planned = maintenance.plan(site.deps)
    expected = {"processed", "reference_data_table/append/processed", *filter(None, [gathered])}
    assert {Path(one.folder).relative_to(root).as_posix() for one in planned.deletions} == expected
    maintenance.carry_out(site.deps, planned)
    left = {path.parent.relative_to(root).as_posix() for path in root.rglob("20200101*")}
    assert left == {"done", "other"} - expected
    assert {entry.detail["folder"] for entry in AuditTrail(site.deps.warehouse).entries()} == {
        str(root / folder) for folder in expected
    }


def test_maintenance_deletes_nothing_through_a_link_in_a_load_folder(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = make_site(processed_days=30)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "20200101_000000_a.csv").touch()
    site.dropoff.processed.of(DROP).symlink_to(outside)
    planned = maintenance.plan(site.deps)
    assert planned.deletions == ()
    later = Deletion(
        DeletionKind.PROCESSED_FILE,
        "20200101_000000_a.csv",
        "planned before",
        folder=str(site.dropoff.processed.of(DROP)),
    )
    with pytest.raises(DropoffError):
        maintenance.carry_out(site.deps, replace(planned, deletions=(later,)))
    assert list(outside.iterdir())


def test_a_file_that_cannot_be_deleted_takes_no_record_of_the_others_along(make_site: Callable[..., Site]) -> None:
    site = make_site(processed_days=30)
    site.load(site.drop("cities.csv", GOOD), "good")
    site.clock.now += timedelta(days=31)
    (site.dropoff.processed.of(DROP) / "a folder").mkdir()
    planned = maintenance.plan(site.deps)
    stubborn = Deletion(
        DeletionKind.PROCESSED_FILE, "a folder", "for the test", folder=str(site.dropoff.processed.of(DROP))
    )
    with pytest.raises(RefdataError):
        maintenance.carry_out(site.deps, replace(planned, deletions=(*planned.deletions, stubborn)))
    assert list(site.dropoff.processed.of(DROP).glob("*.csv")) == []
    subjects = {entry.subject for entry in AuditTrail(site.deps.warehouse).entries()}
    assert subjects >= {one.subject for one in planned.deletions}


def test_versions_that_were_replaced_keep_their_ledger_rows(make_site: Callable[..., Site]) -> None:
    site = make_site(ledger_days=1, processed_days=0, error_days=0)
    site.load(site.drop("cities.csv", GOOD), "1")
    site.load(site.drop("cities.csv", GOOD + "02,Linz\n"), "2")
    site.load(site.drop("cities.csv", GOOD + "02,Linz\n"), "3")  # a duplicate
    site.clock.now += timedelta(days=9)
    maintenance.carry_out(site.deps, maintenance.plan(site.deps))
    assert [row.dag_run_id for row in site.deps.ledger.page().files] == ["2", "1"]


def test_versions_beyond_their_number_go_with_the_rest(make_site: Callable[..., Site]) -> None:
    site = make_site(versions_kept=1, processed_days=0)
    for number in range(4):
        site.load(site.drop("cities.csv", GOOD + f"0{number + 2},Linz\n"), str(number))
    planned = maintenance.plan(site.deps)
    assert [(one.kind, one.subject, one.amount) for one in planned.deletions] == [
        (DeletionKind.VERSION, "cities version 1", 2),
        (DeletionKind.VERSION, "cities version 2", 2),
    ]
    maintenance.carry_out(site.deps, planned)
    assert site.rows("cities_backup", "ref_data_version_id", "bkp") == [(3,), (3,)]
    assert [entry.version_id for entry in AuditTrail(site.deps.warehouse).entries()] == [2, 1]


def test_the_audit_trail_itself_has_an_age_and_says_what_went(make_site: Callable[..., Site]) -> None:
    site = make_site(audit_days=10, error_days=1)
    site.load(site.drop("towns.csv", BAD))
    site.clock.now += timedelta(days=2)
    maintenance.carry_out(site.deps, maintenance.plan(site.deps))
    site.clock.now += timedelta(days=11)
    maintenance.carry_out(site.deps, maintenance.plan(site.deps))
    (entry,) = AuditTrail(site.deps.warehouse).entries()
    assert (entry.subject, entry.detail["amount"]) == ("audit_rows", 3)


def test_foreign_files_in_the_archive_stay(make_site: Callable[..., Site]) -> None:
    site = make_site(processed_days=1)
    folder = site.dropoff.processed.of(DROP)
    folder.mkdir()
    for name in ("report.csv", "README"):
        (folder / name).write_text("x")
    (folder / "20200101_000000_link.csv").symlink_to(folder / "report.csv")
    site.clock.now += timedelta(days=99)
    maintenance.carry_out(site.deps, maintenance.plan(site.deps))
    assert len(list(folder.iterdir())) == 3


def test_a_repair_is_recorded_too(site: Site) -> None:
    from refdata.ingest.detect import detect_format

    file = site.drop("cities.csv", GOOD)
    detect_format(site.deps, file, "run")
    (Path(site.deps.settings.dropoff_root) / file.path).unlink()
    site.clock.now += timedelta(days=2)
    done = maintenance.carry_out(site.deps, maintenance.plan(site.deps))
    assert [finding.kind for finding in done.repaired] == ["vanished"]
    assert [entry.action for entry in AuditTrail(site.deps.warehouse).entries()] == [AuditAction.REPAIR]


def test_heaps_are_converted_with_consent_only_and_it_is_recorded(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.load(site.drop("cities.csv", GOOD), "good")
    heap = TableStorage(TableName(site.deps.settings.ref_schema, "cities"), 1, 900, is_heap=True, widest=50)
    planned = replace(maintenance.plan(site.deps), heaps=(heap,))
    assert maintenance.carry_out(site.deps, planned).converted == ()
    assert maintenance.carry_out(site.deps, planned, convert_heaps=True).converted == (heap,)
    entries = AuditTrail(site.deps.warehouse).entries()
    assert {entry.action for entry in entries} <= {AuditAction.REPAIR}
