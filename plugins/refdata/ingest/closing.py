"""Retires, deletes and renames tables, and opens them again: by people, in one transaction each, with an audit entry.

A table is retired before a feed ends, deleted when its rows are to go, and renamed with everything that is known about
it. Its name then takes no more files (``core/closedtables.py``). Nothing of this happens while a load of the table is
running or held, and no load can begin meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.closedstore import ClosedStore
from refdata.contracts import renaming
from refdata.contractstore import ContractStore
from refdata.core import publishing
from refdata.core.closedtables import ClosedTable, Closure
from refdata.core.contract import Contract
from refdata.core.errors import DataError
from refdata.core.model import LoadType, TableName
from refdata.core.naming import fold_name
from refdata.core.owntables import own_tables
from refdata.core.publishing import turn_lock
from refdata.core.tablenames import table_name
from refdata.core.versions import live_version
from refdata.ingest.context import Deps
from refdata.ingest.dependents import DependentKind, dependents_in, existing
from refdata.ledger import version_records
from refdata.questionlog import QuestionLog
from refdata.versioning.revising import require_turn
from refdata.warehouse.base import Session


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants done with a table: who, and why. ``request_id`` marks the version that a deletion makes."""

    table: str
    by: str
    reason: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ClosedDown:
    """The result: the table's entry, the rows that are gone, and sentences about what a person should look at."""

    closed: ClosedTable
    rows: int = 0
    advice: tuple[str, ...] = ()


def retire(deps: Deps, wish: Wish) -> ClosedDown:
    """Closes a table to new files; its rows and versions stay as they are.

    :raises DataError: when there is no such table, or it is closed already.
    :raises LockTimeoutError: while a load of the table is running or held.
    """
    name, now = existing(deps, wish.table), deps.clock()
    closed = ClosedTable(wish.table, Closure.RETIRED, None, now, wish.by, wish.reason)
    with deps.warehouse.transaction(lock=turn_lock(wish.table)) as session:
        _require_idle(deps, session, wish.table, now)
        _require_open(deps, session, wish.table)
        ClosedStore(deps.warehouse).close_in(session, closed)
        _switch(deps, session, wish.table, on=False)
        _record(deps, session, wish, AuditAction.RETIRE, now, subject=str(name))
    return ClosedDown(closed)


def reopen(deps: Deps, wish: Wish) -> None:
    """Lets a retired or deleted table take files again.

    :raises DataError: when it is not closed, or was renamed.
    """
    now, store = deps.clock(), ClosedStore(deps.warehouse)
    with deps.warehouse.transaction(lock=turn_lock(wish.table)) as session:
        entry = store.all_in(session).get(wish.table)
        if entry is None or entry.state is Closure.RENAMED:
            what = f"{wish.table} is called {entry.new_name} now" if entry else f"{wish.table} takes files already"
            raise DataError(what, where=wish.table, advice="Nothing.")
        store.open_in(session, wish.table)
        _switch(deps, session, wish.table, on=True)
        _record(deps, session, wish, AuditAction.REOPEN, now, subject=f"{entry.state} by {entry.closed_by}")


def delete_table(deps: Deps, wish: Wish) -> ClosedDown:
    """Drops a table with its rows and versions. The ledger, the audit trail and the contract file stay.

    :raises DataError: when there is no such table, or a foreign key or another table's contract refers to it.
    :raises SchemaError: when the database refuses, for a view that is bound to the table, for example.
    :raises LockTimeoutError: while a load of the table is running or held.
    """
    name, now, kept = existing(deps, wish.table), deps.clock(), QuestionLog(deps.warehouse).kept(wish.table)
    closed = ClosedTable(wish.table, Closure.DELETED, None, now, wish.by, wish.reason)
    with deps.warehouse.transaction(lock=turn_lock(wish.table)) as session:
        _require_idle(deps, session, wish.table, now)
        _require_unreferred(deps, session, name)
        rows = int(session.query(publishing.count_rows(name).sql)[0][0])
        deps.warehouse.drop(session, name)
        session.execute(deps.warehouse.statement("delete_config"), (wish.table,))
        for one in kept:
            QuestionLog(deps.warehouse).withdraw_in(session, one.id, wish.by, now)
        _forget(deps, session, wish, now)
        ClosedStore(deps.warehouse).close_in(session, closed)
        _record(deps, session, wish, AuditAction.DELETE_TABLE, now, subject=str(name), detail={"rows": rows})
    return ClosedDown(closed, rows)


def rename_table(deps: Deps, wish: Wish, new_name: str) -> ClosedDown:
    """Gives a table another name, with its versions, history, contract, answers and the contracts that refer to it.

    Files that are named for the old name go to the new one from then on. An attempt that was killed is completed by
    the next one.

    :raises DataError: when there is no such table, or the new name is taken or cannot be a table's.
    :raises ConfigurationError: when a contract file cannot be read or written.
    :raises LockTimeoutError: while a load of either name is running or held.
    """
    now, store = deps.clock(), ClosedStore(deps.warehouse)
    files = renaming.plan(deps.settings, wish.table, new_name)
    before = store.all().get(wish.table)
    if before is not None and before.new_name == new_name:
        renaming.finish(files)
        return ClosedDown(before)
    name = existing(deps, wish.table)
    _require_name(deps, wish.table, new_name)
    closed = ClosedTable(wish.table, Closure.RENAMED, new_name, now, wish.by, wish.reason)
    renaming.write(files)
    with deps.warehouse.transaction(lock=turn_lock(wish.table)) as session:
        for table in (wish.table, new_name):
            _require_idle(deps, session, table, now)
        _require_free(deps, session, new_name)
        users = deps.warehouse.users(session, name)
        deps.warehouse.rename(session, name, new_name)
        _carry(deps, session, wish.table, new_name, now)
        store.open_in(session, new_name)
        store.close_in(session, closed)
        detail = {"new_name": new_name, "files": [file.path.name for file in files]}
        _record(deps, session, wish, AuditAction.RENAME, now, subject=str(name), detail=detail)
    renaming.finish(files)
    return ClosedDown(closed, 0, tuple(f"The {one.kind} {one.name} still names {wish.table}." for one in users))


def _require_idle(deps: Deps, session: Session, table: str, now: datetime) -> None:
    require_turn(session, deps.warehouse, table, now - timedelta(seconds=deps.settings.stale_after))


def _require_open(deps: Deps, session: Session, table: str) -> None:
    entry = ClosedStore(deps.warehouse).all_in(session).get(table)
    if entry is not None:
        what = f"{entry.closed_by} {entry.state} the table {table} on {entry.closed_at:%Y-%m-%d} already"
        raise DataError(what, where=table, advice="Nothing.")


def _require_unreferred(deps: Deps, session: Session, name: TableName) -> None:
    found = dependents_in(deps, session, name)
    blocking = [one for one in found if one.kind in (DependentKind.CONTRACT, DependentKind.FOREIGN_KEY)]
    if blocking:
        raise DataError(
            f"{name} cannot be deleted: {blocking[0].what}"
            + (f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""),
            where=str(name),
            advice="Remove that reference first, or retire the table instead.",
        )


def _require_name(deps: Deps, table: str, new_name: str) -> None:
    """Checks that files can be named for the new name."""
    made = table_name(f"{new_name}.csv", reserved=own_tables(deps.settings)) if new_name else ""
    if not new_name or made != new_name or fold_name(table) == fold_name(new_name):
        proposed = f"Use {made}." if made and fold_name(made) != fold_name(table) else "Use another name."
        raise DataError(
            f"{new_name or 'An empty name'} cannot be the new name of {table}", where=table, advice=proposed
        )


def _require_free(deps: Deps, session: Session, new_name: str) -> None:
    used = deps.warehouse.table(deps.live(new_name)) is not None
    known = bool(version_records(session, deps.warehouse, new_name))
    registered = bool(session.query(deps.warehouse.statement("select_config"), (new_name,)))
    if used or known or registered:
        what = "There is" if used else "There was"
        raise DataError(
            f"{what} a table {new_name} already", where=new_name, advice="Choose a name that no table ever had."
        )


def _carry(deps: Deps, session: Session, table: str, new_name: str, now: datetime) -> None:
    """Gives everything that is recorded about a table its new name."""
    for statement in ("rename_loads", "rename_contracts", "rename_questions"):
        session.execute(deps.warehouse.statement(statement), (new_name, table))
    session.execute(deps.warehouse.statement("rename_config"), (new_name, new_name, now, table))


def _forget(deps: Deps, session: Session, wish: Wish, now: datetime) -> None:
    """Records the deletion as a version without rows: what came before it is gone, and teaches nothing more."""
    warehouse, table = deps.warehouse, wish.table
    version = live_version(version_records(session, warehouse, table)) + 1
    path = f"{LoadType.DELETE}/{table}/{version}"
    names = (path, "deletion of the table", None, LoadType.DELETE.value, table, table)
    session.execute(
        warehouse.statement("insert_revision"), (*names, 0, version, wish.request_id, now, now, now, now, None)
    )
    load_id = int(session.query(warehouse.statement("select_file_by_path"), (path,))[0][0])
    session.execute(warehouse.statement("mark_versions_removed"), (now, table))
    ContractStore(warehouse).record_in(session, table, version, load_id, Contract(table=table), now)


def _switch(deps: Deps, session: Session, table: str, *, on: bool) -> None:
    session.execute(deps.warehouse.statement("set_config_enabled"), (int(on), deps.clock(), table))


def _record(
    deps: Deps,
    session: Session,
    wish: Wish,
    action: AuditAction,
    now: datetime,
    *,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    entry = AuditEntry(now, action, wish.by, wish.table, subject=subject, reason=wish.reason, detail=detail or {})
    AuditTrail(deps.warehouse).record_in(session, entry)
