"""Deletes what has passed its age limit and cleans up after crashes; planned first, with every deletion audited."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core import maintenance
from refdata.core.maintenance import ArchivedFile, Deletion, DeletionKind, EndedLoad
from refdata.core.settings import Settings
from refdata.dropoff import ArchiveFolders, Dropoff
from refdata.dropoff.archivefolders import archive_folder, is_link
from refdata.dropoff.osfiles import remove, translated
from refdata.ingest import reconcile
from refdata.ingest.context import Deps
from refdata.ingest.reconcile import Defect, RunState, no_airflow
from refdata.ingest.retention import MAINTENANCE, expire_versions
from refdata.warehouse.base import Session, moment

_BATCH = 200
_COUNTS = {DeletionKind.AUDIT_ROWS: "count_old_audit", DeletionKind.ALERT_ROWS: "count_old_alerts"}
_ARCHIVES: Mapping[DeletionKind, tuple[Callable[[Dropoff], ArchiveFolders], Callable[[Settings], int]]] = {
    DeletionKind.PROCESSED_FILE: (lambda dropoff: dropoff.processed, lambda settings: settings.processed_days),
    DeletionKind.ERROR_FILE: (lambda dropoff: dropoff.error, lambda settings: settings.error_days),
}
_DELETES = {DeletionKind.AUDIT_ROWS: "delete_old_audit", DeletionKind.ALERT_ROWS: "delete_old_alerts"}


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of maintenance: delete by age, and repair as ``refdata doctor --repair`` does."""

    deletions: tuple[Deletion, ...]
    findings: tuple[Defect, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The result of maintenance; ``left`` lists the remaining findings, each with the reason."""

    deletions: tuple[Deletion, ...]
    repaired: tuple[Defect, ...]
    left: tuple[tuple[Defect, str], ...]


def plan(deps: Deps, run_state: Callable[[str], RunState] = no_airflow) -> Plan:
    """The plan for the current time of ``deps``; changes nothing.

    :param run_state: maps a run id to what Airflow says about the run.
    :raises RefdataError: when the database or the folders cannot be read.
    """
    findings = tuple(finding for finding in reconcile.find_defects(deps, run_state) if finding.fix is not None)
    return Plan(tuple(_deletions(deps)), findings)


def carry_out(deps: Deps, planned: Plan, actor: str = MAINTENANCE) -> Done:
    """Carries out the plan; safe to repeat after a crash, which at worst leaves work for the next run.

    :raises RefdataError: when a file cannot be deleted, or the database refuses; what was done by then stays done.
    """
    simple = [one for one in planned.deletions if one.kind is not DeletionKind.VERSION]
    for start in range(0, len(simple), _BATCH):
        _carry_out(deps, simple[start : start + _BATCH], actor)
    if len(simple) < len(planned.deletions):
        expire_versions(deps, dry_run=False, by=actor)
    results = reconcile.repair(planned.findings)
    repaired = tuple(finding for finding, left in results if not left)
    trail = AuditTrail(deps.warehouse)
    for finding in repaired:
        detail = {"kind": finding.kind.value, "remedy": finding.remedy}
        trail.record(AuditEntry(deps.clock(), AuditAction.REPAIR, actor, load_id=finding.load_id or None,
                                subject=finding.where, reason=finding.what, detail=detail))  # fmt: skip
    return Done(planned.deletions, repaired, tuple((finding, left) for finding, left in results if left))


def _carry_out(deps: Deps, batch: Sequence[Deletion], actor: str) -> None:
    """Deletes files only after their entries are committed: a failure or a kill loses no record of the others."""
    with deps.warehouse.transaction() as session:
        for deletion in batch:
            _record(deps, session, deletion, actor)
            if deletion.kind not in _ARCHIVES:
                _delete_rows(deps, session, deletion)
    for deletion in batch:
        if deletion.kind in _ARCHIVES:
            folder = Path(deletion.folder)
            with (
                archive_folder(Path(deps.settings.dropoff_root), folder) as handle,
                translated(str(folder / deletion.subject)),
            ):
                remove(handle, deletion.subject)


def _deletions(deps: Deps) -> Iterator[Deletion]:
    settings, now, tree = deps.settings, deps.clock(), Dropoff.of(deps.settings)
    for kind, (archive_of, days_of) in _ARCHIVES.items():
        for folder in archive_of(tree).known():
            yield from maintenance.expired_files(kind, _files(tree.root, folder), days_of(settings), now)
    for one in expire_versions(deps):
        why = "beyond versions_kept or older than versions_max_age_days"
        yield Deletion(DeletionKind.VERSION, f"{one.table} version {one.version}", why, one.rows, table_name=one.table)
    if (limit := maintenance.before(now, settings.ledger_days)) is not None:
        with deps.warehouse.transaction(write=False) as session:
            expired = session.query(deps.warehouse.statement("select_expired_files"), (limit,))
        loads = [EndedLoad(int(line[0]), line[1], line[2], moment(line[3])) for line in expired]
        yield from maintenance.expired_rows(loads, settings.ledger_days)
    for kind, days in ((DeletionKind.AUDIT_ROWS, settings.audit_days), (DeletionKind.ALERT_ROWS, settings.alert_days)):
        if (limit := maintenance.before(now, days)) is not None:
            with deps.warehouse.transaction(write=False) as session:
                count = int(session.query(deps.warehouse.statement(_COUNTS[kind]), (limit,))[0][0])
            yield from maintenance.expired_records(kind, count, days)


def _files(root: Path, folder: Path) -> Iterator[ArchivedFile]:
    if not folder.is_dir() or is_link(root, folder):
        return
    with translated(str(folder)), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield ArchivedFile(entry.name, entry.stat(follow_symlinks=False).st_size, str(folder))


def _record(deps: Deps, session: Session, deletion: Deletion, actor: str) -> None:
    detail = {"kind": deletion.kind.value, "amount": deletion.amount, "bytes": deletion.size}
    detail |= {"folder": deletion.folder} if deletion.folder else {}
    AuditTrail(deps.warehouse).record_in(
        session,
        AuditEntry(deps.clock(), AuditAction.DELETE, actor, deletion.table_name, deletion.load_id,
                   subject=deletion.subject, reason=deletion.why, detail=detail),
    )  # fmt: skip


def _delete_rows(deps: Deps, session: Session, deletion: Deletion) -> None:
    settings, kind = deps.settings, deletion.kind
    if kind is DeletionKind.LEDGER_ROW:
        session.execute(deps.warehouse.statement("delete_file"), (deletion.load_id,))
    else:
        days = settings.audit_days if kind is DeletionKind.AUDIT_ROWS else settings.alert_days
        session.execute(deps.warehouse.statement(_DELETES[kind]), (maintenance.before(deps.clock(), days),))


def in_total(deletions: Sequence[Deletion]) -> dict[str, dict[str, int]]:
    """Number and bytes by kind."""
    grouped = {kind.value: [one for one in deletions if one.kind is kind] for kind in DeletionKind}
    return {
        kind: {"amount": sum(one.amount for one in members), "bytes": sum(one.size for one in members)}
        for kind, members in grouped.items()
        if members
    }
