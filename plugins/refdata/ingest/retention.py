"""Deletes the oldest kept versions by count and age; live rows are never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.model import TableName
from refdata.core.naming import VERSION_COLUMN, backup_name, quote
from refdata.core.publishing import qualified, turn_lock
from refdata.core.versions import expired
from refdata.ingest.context import Deps
from refdata.ledger import version_records
from refdata.warehouse.base import Session

MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Expired:
    """A kept version that the rules delete, and how many rows it has."""

    table: str
    version: int
    rows: int


def expire_versions(deps: Deps, *, dry_run: bool = True, by: str = MAINTENANCE) -> tuple[Expired, ...]:
    """The versions beyond ``versions_kept`` or older than ``versions_max_age_days``, of all tables.

    Each is deleted in its own transaction, with an audit entry; a kill leaves only whole versions.

    :param dry_run: only report.
    """
    tables = [summary.table_name for summary in deps.ledger.tables()]
    return tuple(one for table in tables for one in _expire(deps, table, dry_run=dry_run, by=by))


def _expire(deps: Deps, table: str, *, dry_run: bool, by: str) -> Sequence[Expired]:
    backup = TableName(deps.settings.bkp_schema, backup_name(table))
    if deps.warehouse.table(backup) is None:
        return ()
    with deps.warehouse.transaction(write=False) as session:
        gone = _due(deps, session, table)
        expired = [Expired(table, version, _count(session, backup, version)) for version in gone]
    return expired if dry_run else [_delete(deps, backup, one, by) for one in expired]


def _due(deps: Deps, session: Session, table: str) -> tuple[int, ...]:
    rules = deps.rules(table)
    days = rules.versions_max_age_days
    older = deps.clock() - timedelta(days=days) if days else None
    return expired(version_records(session, deps.warehouse, table), kept=rules.versions_kept, older_than=older)


def _count(session: Session, backup: TableName, version: int) -> int:
    sql = f"SELECT COUNT(*) FROM {qualified(backup)} WHERE {quote(VERSION_COLUMN)} = ?"
    return int(session.query(sql, (version,))[0][0])


def _delete(deps: Deps, backup: TableName, one: Expired, by: str) -> Expired:
    """Holds the turn's lock, so that no rollback reads the version at the same time."""
    with deps.warehouse.transaction(lock=turn_lock(one.table)) as session:
        rows = delete_version_in(deps, session, backup, one, by, "versions_kept or versions_max_age_days")
    deps.log.info("Deleted version %s of %s: %s rows", one.version, one.table, rows)
    return Expired(one.table, one.version, rows)


def delete_version_in(deps: Deps, session: Session, backup: TableName, one: Expired, by: str, reason: str) -> int:
    """Deletes the rows of a kept version, with an audit entry; returns how many.

    :param session: a transaction that holds the lock of the table's turn.
    """
    now = deps.clock()
    sql = f"DELETE FROM {qualified(backup)} WHERE {quote(VERSION_COLUMN)} = ?"
    rows = session.execute(sql, (one.version,))
    session.execute(deps.warehouse.statement("mark_version_removed"), (now, one.table, one.version))
    entry = AuditEntry(
        now, AuditAction.DELETE, by, one.table, version_id=one.version, subject=str(backup), reason=reason,
        detail={"rows": rows},
    )  # fmt: skip
    AuditTrail(deps.warehouse).record_in(session, entry)
    return rows
