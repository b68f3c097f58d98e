"""Deletes what has passed its age limit and cleans up after crashes; planned first, with every deletion audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core import maintenance
from refdata.core.errors import RefdataError
from refdata.core.loadstates import RunState
from refdata.core.maintenance import Deletion, DeletionKind
from refdata.core.storage import TableStorage
from refdata.ingest import reconcile
from refdata.ingest.context import Deps
from refdata.ingest.reconcile import Defect, no_airflow
from refdata.ingest.retention import MAINTENANCE, expire_versions
from refdata.warehouse.base import Session

_BATCH = 200
_COUNTS = {DeletionKind.AUDIT_ROWS: "count_old_audit", DeletionKind.ALERT_ROWS: "count_old_alerts"}
_FILES = (DeletionKind.PROCESSED_FILE, DeletionKind.ERROR_FILE)
_DELETES = {DeletionKind.AUDIT_ROWS: "delete_old_audit", DeletionKind.ALERT_ROWS: "delete_old_alerts"}


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of maintenance: delete by age, and repair as ``refdata doctor --repair`` does.

    ``heaps`` are tables that only grow, because the server stores them without a clustered index.
    """

    deletions: tuple[Deletion, ...]
    findings: tuple[Defect, ...]
    heaps: tuple[TableStorage, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The result of maintenance; ``left`` lists the remaining findings, each with the reason.

    ``converted`` are the tables that are no heaps any more, ``heaps`` those that still are, each with the reason.
    """

    deletions: tuple[Deletion, ...]
    repaired: tuple[Defect, ...]
    left: tuple[tuple[Defect, str], ...]
    converted: tuple[TableStorage, ...] = ()
    heaps: tuple[tuple[TableStorage, str], ...] = ()


def plan(deps: Deps, run_state: Callable[[str], RunState] = no_airflow) -> Plan:
    """The plan for the current time of ``deps``; changes nothing.

    :param run_state: maps a run id to what Airflow says about the run.
    :raises RefdataError: when the database or the folders cannot be read.
    """
    findings = tuple(finding for finding in reconcile.find_defects(deps, run_state) if finding.fix is not None)
    return Plan(tuple(_deletions(deps)), findings, _heaps(deps))


def carry_out(deps: Deps, planned: Plan, actor: str = MAINTENANCE, *, convert_heaps: bool = False) -> Done:
    """Carries out the plan; safe to repeat after a crash, which at worst leaves work for the next run.

    :param convert_heaps: also gives heaps a clustered index, each in its own transaction.
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
    heaps = [(heap, _convert(deps, heap, actor)) for heap in planned.heaps] if convert_heaps else []
    converted = tuple(heap for heap, problem in heaps if not problem)
    left = tuple((finding, left) for finding, left in results if left)
    return Done(planned.deletions, repaired, left, converted, tuple(one for one in heaps if one[1]))


def _heaps(deps: Deps) -> tuple[TableStorage, ...]:
    """The heaps among the tables that refdata loads, and their versions."""
    return deps.warehouse.storage().of_tables(one.table_name for one in deps.ledger.tables()).heaps


def _convert(deps: Deps, heap: TableStorage, actor: str) -> str:
    """Gives a heap its clustered index; returns why it stays one, empty when it does not."""
    try:
        done = deps.warehouse.cluster(heap.table)
    except RefdataError as error:
        return error.reason
    if done:
        detail = {"kind": "heap", "rows": heap.rows, "pages": heap.pages}
        entry = AuditEntry(deps.clock(), AuditAction.REPAIR, actor, subject=str(heap.table), reason=done, detail=detail)
        AuditTrail(deps.warehouse).record(entry)
        deps.log.info("%s is %s", heap.table, done)
    return ""


def _carry_out(deps: Deps, batch: Sequence[Deletion], actor: str) -> None:
    """Deletes files only after their entries are committed: a failure or a kill loses no record of the others."""
    with deps.warehouse.transaction() as session:
        for deletion in batch:
            _record(deps, session, deletion, actor)
            if deletion.kind not in _FILES:
                _delete_rows(deps, session, deletion)
    for deletion in batch:
        if deletion.kind in _FILES:
            deps.dropoff.delete_archived(deletion.folder, deletion.subject)


def _deletions(deps: Deps) -> Iterator[Deletion]:
    settings, now = deps.settings, deps.clock()
    for kind, days in zip(_FILES, (settings.processed_days, settings.error_days), strict=True):
        archived = deps.dropoff.archived_files(refused=kind is DeletionKind.ERROR_FILE)
        yield from maintenance.expired_files(kind, archived, days, now)
    for one in expire_versions(deps):
        why = "beyond versions_kept or older than versions_max_age_days"
        yield Deletion(DeletionKind.VERSION, f"{one.table} version {one.version}", why, one.rows, table_name=one.table)
    if (limit := maintenance.before(now, settings.ledger_days)) is not None:
        yield from maintenance.expired_rows(deps.ledger.ended_without_effect(limit), settings.ledger_days)
    for kind, days in ((DeletionKind.AUDIT_ROWS, settings.audit_days), (DeletionKind.ALERT_ROWS, settings.alert_days)):
        if (limit := maintenance.before(now, days)) is not None:
            with deps.warehouse.transaction(write=False) as session:
                count = int(session.query(deps.warehouse.statement(_COUNTS[kind]), (limit,))[0][0])
            yield from maintenance.expired_records(kind, count, days)


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
