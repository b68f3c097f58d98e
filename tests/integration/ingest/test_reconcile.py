"""Leftovers that no step cleans up: each is found, repaired if only one repair exists, and left alone while running."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from refdata.core.errors import ConfigurationError, DataError, FileChangedError, TransientError
from refdata.core.failure import Failure
from refdata.core.loadstates import RunState
from refdata.core.model import Column, DroppedFile, FileStatus, Stage
from refdata.core.runid import run_id_of
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.ingest import reconcile
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_processed
from refdata.ingest.configure import write_config
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.reconcile import DefectKind

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

FULL = "reference_data_table/fullload"
BACK = f"{FULL}/cities.csv"
LIVE = "code,name\n01,Graz\n02,Linz\n"
GONE = Failure.of(FileChangedError("The file is gone"), "detect_format")
REFUSED = Failure.of(DataError("It is bad", where="line 2", advice="Fix it."), "detect_format")
LATER = timedelta(days=2)


def only(site: Site) -> int:
    """The id of the one load: a server goes on counting after the tests before."""
    (row,) = site.deps.ledger.page().files
    return row.id


def dropped(site: Site) -> DroppedFile:
    return site.drop("cities.csv", LIVE)


def taken_away(site: Site) -> DroppedFile:
    file = dropped(site)
    remove(site, file)
    return file


def registered(site: Site) -> DroppedFile:
    file = dropped(site)
    detect_format(site.deps, file, "run")
    return file


def aligned(site: Site) -> DroppedFile:
    file = dropped(site)
    align_table(site.deps, file, detect_format(site.deps, file, "run"))
    return file


def loaded(site: Site) -> DroppedFile:
    file = dropped(site)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    write_config(site.deps, load_rows(site.deps, file, detection))
    return file


def refused(site: Site) -> DroppedFile:
    file = registered(site)
    site.deps.ledger.mark_failed(only(site), REFUSED, site.clock())
    return file


def remove(site: Site, file: DroppedFile) -> None:
    (site.dropoff.root / file.path).unlink()


def vanished(site: Site) -> None:
    remove(site, registered(site))


def loaded_and_moved(site: Site) -> None:
    site.deps.dropoff.archive_processed(loaded(site), site.deps.ledger.unfinished()[0][0].created_at, only(site))


def refused_and_moved(site: Site) -> None:
    site.deps.dropoff.archive_error(refused(site), site.deps.ledger.unfinished()[0][0].created_at, only(site), REFUSED)


def loaded_and_removed(site: Site) -> None:
    remove(site, loaded(site))


def refused_and_removed(site: Site) -> None:
    remove(site, refused(site))


def cancelled_and_back(site: Site) -> None:
    registered(site)
    site.deps.ledger.mark_failed(only(site), GONE, site.clock(), cancelled=True)


def staged_and_left(site: Site) -> None:
    row = site.load(dropped(site))
    column = Column("code", SqlType(TypeKind.NVARCHAR, length=10))
    batch = pa.record_batch({"code": ["01"]})
    site.deps.warehouse.stage(Stage(site.deps.target(row), row.id, 9), [column], iter([batch]), lambda rows: None)


def loaded_and_not_registered(site: Site) -> None:
    file = dropped(site)
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)
    load_rows(site.deps, file, detection)
    move_to_processed(site.deps, file)


def rejects_of_nobody(site: Site) -> None:
    site.deps.dropoff.rejects_path(taken_away(site), 999).write_text("line,reason,raw\n")


def rejects_of_an_archived_file(site: Site) -> None:
    file = dropped(site)
    site.load(file)
    site.deps.dropoff.rejects_path(file, only(site)).write_text("line,reason,raw\n")


def a_copy_without_a_name(site: Site) -> None:
    site.load(dropped(site))
    (site.dropoff.processed.of(BACK) / ".refdata-moving-0123").write_text("code,na")


def an_original_put_aside(site: Site) -> None:
    row = site.load(dropped(site))
    shutil.copy2(row.file_path, site.dropoff.root / "reference_data_table/fullload/.refdata-gone-0123")


def an_original_whose_copy_is_nowhere(site: Site) -> None:
    an_original_put_aside(site)
    for path in site.dropoff.processed.of(BACK).iterdir():
        path.write_text("code,name\n")


CASES = [
    (aligned, DefectKind.STALE_TURN, FileStatus.PENDING, BACK),
    (registered, DefectKind.ABANDONED, FileStatus.PENDING, BACK),
    (vanished, DefectKind.VANISHED, FileStatus.CANCELLED, ""),
    (loaded, DefectKind.NOT_ARCHIVED, FileStatus.COMPLETED, f"{FULL}/processed/20241201_120000_cities.csv"),
    (refused, DefectKind.NOT_ARCHIVED, FileStatus.ERROR, f"{FULL}/error/ERROR_20241201_120000_cities.csv"),
    (cancelled_and_back, DefectKind.NOT_ARCHIVED, FileStatus.CANCELLED, BACK),
    (loaded_and_moved, DefectKind.NOT_MARKED, FileStatus.COMPLETED, f"{FULL}/processed/20241201_120000_cities.csv"),
    (refused_and_moved, DefectKind.NOT_MARKED, FileStatus.ERROR, f"{FULL}/error/ERROR_20241201_120000_cities.csv"),
    (loaded_and_removed, DefectKind.FILE_MISSING, FileStatus.COMPLETED, ""),
    (staged_and_left, DefectKind.LEFT_STAGE, FileStatus.COMPLETED, f"{FULL}/processed/20241201_120000_cities.csv"),
    (
        loaded_and_not_registered,
        DefectKind.NOT_REGISTERED,
        FileStatus.COMPLETED,
        f"{FULL}/processed/20241201_120000_cities.csv",
    ),
]


@pytest.mark.parametrize(("arrange", "kind", "status", "place"), CASES, ids=[case[0].__name__ for case in CASES])
def test_leftovers_are_found_and_repaired_once(
    site: Site, arrange: Callable[[Site], object], kind: DefectKind, status: FileStatus, place: str
) -> None:
    arrange(site)
    site.clock.now += LATER
    found = reconcile.find_defects(site.deps)
    assert [(one.kind, one.load_id) for one in found] == [(kind, only(site))]
    assert [left for _, left in reconcile.repair(found)] == [""]
    row = site.deps.ledger.get(only(site))
    assert row is not None
    assert row.status is status
    assert files(site) == ([place] if place else [])
    assert reconcile.find_defects(site.deps) == ()
    assert site.deps.warehouse.stages() == ()
    assert len(site.rows("Reference_Data_Cfg")) == (1 if status is FileStatus.COMPLETED else 0)


@pytest.mark.parametrize(
    ("arrange", "kind"), [(refused_and_removed, DefectKind.FILE_MISSING), (rejects_of_nobody, DefectKind.LEFT_REJECTS)]
)
def test_findings_for_a_person_are_reported_and_left(
    site: Site, arrange: Callable[[Site], object], kind: DefectKind
) -> None:
    arrange(site)
    site.clock.now += LATER
    found = reconcile.find_defects(site.deps)
    assert [one.kind for one in found] == [kind]
    assert [left for _, left in reconcile.repair(found)] == ["a person has to decide"]
    assert reconcile.find_defects(site.deps) == found


@pytest.mark.parametrize("arrange", [case[0] for case in CASES], ids=[case[0].__name__ for case in CASES])
def test_a_load_with_a_recent_heartbeat_is_left_alone(site: Site, arrange: Callable[[Site], object]) -> None:
    arrange(site)
    assert reconcile.find_defects(site.deps) == ()


@pytest.mark.parametrize("arrange", [aligned, registered, loaded, refused])
def test_a_run_that_goes_on_is_left_alone_for_days(site: Site, arrange: Callable[[Site], object]) -> None:
    arrange(site)
    site.clock.now += LATER
    assert reconcile.find_defects(site.deps, lambda run_id: RunState.ACTIVE) == ()


def test_a_file_whose_run_has_ended_is_handed_back_without_waiting_for_the_turns_time_out(site: Site) -> None:
    registered(site)
    site.clock.now += timedelta(hours=1)
    assert reconcile.find_defects(site.deps) == ()
    found = reconcile.find_defects(site.deps, lambda run_id: RunState.ENDED)
    assert [one.kind for one in found] == [DefectKind.ABANDONED]
    reconcile.repair(found)
    row = site.load(site.deps.dropoff.find(BACK), "next run")
    assert (row.id, row.status, row.rows_loaded) == (only(site), FileStatus.COMPLETED, 2)


@pytest.mark.parametrize(
    ("arrange", "kind", "left"),
    [
        (rejects_of_an_archived_file, DefectKind.LEFT_REJECTS, {"cities.rejects.csv", "cities.csv"}),
        (a_copy_without_a_name, DefectKind.LEFT_COPY, {"cities.csv"}),
        (an_original_put_aside, DefectKind.LEFT_COPY, {"cities.csv"}),
    ],
)
def test_leftovers_of_a_crash_are_archived_or_swept(
    site: Site, arrange: Callable[[Site], object], kind: DefectKind, left: set[str]
) -> None:
    arrange(site)
    assert reconcile.find_defects(site.deps) == (), "it may be at work"
    site.clock.now = datetime.now(UTC).replace(tzinfo=None) + LATER
    found = reconcile.find_defects(site.deps)
    assert [one.kind for one in found] == [kind]
    assert [left for _, left in reconcile.repair(found)] == [""]
    everything = [path for path in site.dropoff.root.rglob("*") if path.is_file()]
    assert {path.name.removeprefix("20241201_120000_") for path in everything} == left
    assert reconcile.find_defects(site.deps) == ()


def test_an_original_stays_where_no_archive_has_its_copy(site: Site) -> None:
    an_original_whose_copy_is_nowhere(site)
    site.clock.now = datetime.now(UTC).replace(tzinfo=None) + LATER
    found = reconcile.find_defects(site.deps)
    assert [(one.kind, one.fix) for one in found] == [(DefectKind.LEFT_COPY, None)]


@pytest.mark.parametrize("state", RunState)
def test_a_file_whose_run_ended_before_the_ledger_heard_of_it_is_handed_back_or_cancelled(
    site: Site, state: RunState
) -> None:
    file = dropped(site)
    found = reconcile.find_defects(site.deps, lambda run_id: state if run_id == run_id_of(file) else RunState.UNKNOWN)
    expected = {RunState.ENDED: [DefectKind.FORGOTTEN], RunState.STOPPED: [DefectKind.STOPPED_RUN]}.get(state, [])
    assert [one.kind for one in found] == expected
    assert [left for _, left in reconcile.repair(found)] == [""] * len(found)
    assert site.deps.dropoff.is_there(file) is (expected == [])
    assert site.deps.dropoff.exists(file.path) is (state is not RunState.STOPPED)
    row = site.deps.ledger.by_run(run_id_of(file))
    assert (row and row.status) == (FileStatus.CANCELLED if state is RunState.STOPPED else None)


def test_the_reason_of_a_refused_file_is_kept(site: Site) -> None:
    refused(site)
    site.clock.now += LATER
    reconcile.repair(reconcile.find_defects(site.deps))
    row = site.deps.ledger.get(only(site))
    assert row is not None
    assert row.error_message == REFUSED.text
    report = site.error_report(row)
    assert [report[name] for name in ("message", "place", "what_to_do")] == ["It is bad", "line 2", "Fix it."]


def test_a_missing_mount_does_not_mean_that_files_are_gone(site: Site) -> None:
    registered(site)
    site.clock.now += LATER
    folder = site.dropoff.root / "reference_data_table" / "fullload"
    shutil.rmtree(folder)
    assert reconcile.find_defects(site.deps) == ()
    shutil.rmtree(site.dropoff.root)
    with pytest.raises(ConfigurationError):
        reconcile.find_defects(site.deps)


def test_a_failed_repair_gives_the_reason_and_stops_no_other(site: Site) -> None:
    def fail() -> None:
        raise TransientError("The server is away", where="db")

    done: list[int] = []
    broken, whole = (
        reconcile.Defect(DefectKind.LEFT_STAGE, number, "s", "left", "drop it", fix)
        for number, fix in ((1, fail), (2, lambda: done.append(2)))
    )
    results = reconcile.repair((broken, whole))
    assert [left for _, left in results] == ["The server is away [db].", ""]
    assert done == [2]


def files(site: Site) -> list[str]:
    """The visible ``.csv`` files of the tree."""
    root: Path = site.dropoff.root
    return sorted(str(path.relative_to(root)) for path in root.rglob("[!.]*.csv"))
