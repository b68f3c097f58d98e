"""Undoes loads on request: back to an earlier version, or one append taken back; each in one transaction.

The live rows are first kept under their version, as in a full load, so that an undo can itself be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.contracts.files import declared
from refdata.contractstore import ContractStore
from refdata.core import publishing
from refdata.core.errors import DataError, LockTimeoutError
from refdata.core.model import FileStatus, LoadType, RowKey, Table
from refdata.core.naming import LINEAGE_COLUMNS, quote
from refdata.core.statement import Statement
from refdata.core.versions import VersionRecord, check_take_back, live_version, loads_in, locate, require
from refdata.ledger import version_records
from refdata.versioning.locating import Versions, rows_at
from refdata.versioning.orphanguard import UndoGuard
from refdata.versioning.restoring import Restoring
from refdata.warehouse.base import Session, Warehouse
from refdata.warehouse.delta import ForeignKeyGuard

_ACTIONS = {LoadType.ROLLBACK: AuditAction.ROLLBACK, LoadType.TAKE_BACK: AuditAction.TAKE_BACK}


@dataclass(frozen=True, slots=True)
class Revision:
    """A request to undo something.

    ``origin_id`` is the version to return to, or the load to take back. ``request_id`` makes it happen once, however
    often it is requested. ``expected`` is the live version that the person looked at; None for any. ``at`` is UTC, and
    so is ``stale_before``: a load whose last heartbeat is older no longer holds its turn. ``accepts_orphans``: rows of
    other tables may refer to nothing afterwards, where the contract's ``on_orphans`` leaves that to a person.
    """

    table: str
    kind: LoadType
    origin_id: int
    actor: str
    reason: str
    request_id: str
    at: datetime
    stale_before: datetime
    expected: int | None = None
    accepts_orphans: bool = False

    @property
    def words(self) -> str:
        """What is requested, for people."""
        what = "rollback to version" if self.kind is LoadType.ROLLBACK else "take-back of load"
        return f"{what} {self.origin_id}"


@dataclass(frozen=True, slots=True)
class Revised:
    """The result: the new version and its ledger row, the rows in the table before and after, and what to look at."""

    table: str
    version: int
    load_id: int
    rows_before: int
    rows: int
    warnings: tuple[str, ...] = ()


def revise(versions: Versions, asked: Revision) -> Revised:
    """Rolls back or takes back, all or nothing; repeated with the same request id, it returns the first result.

    :raises DataError: when the version or load does not exist, is live, or has been replaced; or when rows of other
        tables would refer to nothing, and a foreign key or the contract's ``on_orphans`` forbids that.
    :raises LockTimeoutError: while a load of the table is running or held for approval.
    """
    versions.live(asked.table)
    backup, has_zero = versions.backup(asked.table), versions.has_zero(asked.table)
    guard = UndoGuard.of(versions, asked.table)
    with versions.warehouse.replacing(versions.live_name(asked.table), guard.children.names) as (session, live):
        work = _Revision(versions, asked, session, live, backup, has_zero, guard)
        return work.done_before() or work.run()


def require_other(table: str, version: int, live: int) -> None:
    """Checks that a rollback does not go to the live version.

    :raises DataError: when it does.
    """
    if version == live:
        raise DataError(f"Version {version} of {table} is already live", where=table, advice="Choose another version.")


def require_turn(session: Session, warehouse: Warehouse, table: str, stale_before: datetime) -> None:
    """Checks that no load of the table is running; none can begin during ``replacing``'s transaction.

    :raises LockTimeoutError: when one is running, or held for approval.
    """
    session.execute(warehouse.statement("release_stale_turns"), (table, stale_before))
    running = session.query(warehouse.statement("select_running_loads"), (table,))
    if running:
        load_id, name, status = running[0]
        held = status == FileStatus.REVIEW
        doing = "is waiting for approval" if held else "is being loaded"
        raise LockTimeoutError(
            f"{name} (load {load_id}) {doing}, so {table} cannot be changed now",
            where=table,
            advice="Approve or reject it first." if held else "Retry when that load has ended.",
        )


@dataclass(frozen=True, slots=True)
class _Revision:
    """One revision within its transaction."""

    versions: Versions
    asked: Revision
    session: Session
    live: Table
    backup: Table
    has_zero: bool
    guard: UndoGuard

    def done_before(self) -> Revised | None:
        """The result of this request, if it was carried out before."""
        sql = self.versions.warehouse.statement("select_revision")
        lines = self.session.query(sql, (self.asked.table, self.asked.request_id))
        if not lines:
            return None
        load_id, version, rows = map(int, lines[0])
        return Revised(self.asked.table, version, load_id, rows, rows)

    def run(self) -> Revised:
        """The revision; the caller commits."""
        asked = self.asked
        require_turn(self.session, self.versions.warehouse, asked.table, asked.stale_before)
        records = version_records(self.session, self.versions.warehouse, self.asked.table)
        current = live_version(records)
        self._check(records, current)
        before = self._count()
        settings = self.versions.settings
        self._run(publishing.keep_version(self.live.name, self.live.columns, settings.bkp_schema, current))
        rows = self._restore(records, current) if self.asked.kind is LoadType.ROLLBACK else self._take_back(records)
        warnings = self.guard.check(
            self.session, self.live, self.backup, current, f"the {asked.words}", accepted=asked.accepts_orphans
        )
        return self._record(records, current + 1, before, rows, warnings)

    def _check(self, records: tuple[VersionRecord, ...], current: int) -> None:
        asked = self.asked
        if asked.expected is not None and asked.expected != current:
            raise DataError(
                f"{asked.table} is now at version {current}, but was at {asked.expected} when this was decided",
                where=asked.table,
                advice="Check the difference again, and repeat the request.",
            )
        if asked.kind is LoadType.TAKE_BACK:
            check_take_back(asked.table, records, asked.origin_id)
            return
        require(asked.table, records, asked.origin_id, has_zero=self.has_zero)
        require_other(asked.table, asked.origin_id, current)

    def _restore(self, records: tuple[VersionRecord, ...], current: int) -> int:
        """Replaces the live rows with those of the version, which are in the version table by now."""
        place = locate(records, self.asked.origin_id).kept_under(current)
        rows = rows_at(self.backup, place, self.asked.table, self.versions.settings)
        self.versions.require_rows(self.session, rows, self.asked.table, self.asked.origin_id, records)
        settings, cause = self.versions.settings, f"the {self.asked.words}"
        return Restoring(self.versions.warehouse, self.session, self.live, settings, rows, self._key(), cause).run()

    def _key(self) -> RowKey | None:
        """The declared key."""
        contract = declared(self.versions.settings, self.asked.table).contract
        key = contract.primary_key
        return RowKey(key, bool(contract.key_ignores_case), bool(contract.key_ignores_trailing_blanks)) if key else None

    def _take_back(self, records: tuple[VersionRecord, ...]) -> int:
        """Removes the rows of the load; returns how many rows stay."""
        taken = Statement(f"t.{quote(LINEAGE_COLUMNS[2])} = ?", (self.asked.origin_id,))
        cause = f"the {self.asked.words}"
        ForeignKeyGuard(self.versions.warehouse, self.session, self.live, cause).check(lambda _: taken)
        self.versions.warehouse.hold_readers(self.session, self.live.name)
        gone = self._run(publishing.remove_load(self.live.name, self.asked.origin_id))
        had = next(record.rows for record in records if record.load_id == self.asked.origin_id)
        if had and not gone:
            raise DataError(
                f"Load {self.asked.origin_id} added {had} rows, but none of them is in {self.asked.table}",
                where=self.asked.table,
                advice="They were deleted by hand; there is nothing to take back.",
            )
        return self._count()

    def _record(
        self, records: tuple[VersionRecord, ...], version: int, before: int, rows: int, warnings: tuple[str, ...]
    ) -> Revised:
        asked, warehouse = self.asked, self.versions.warehouse
        path = f"{asked.kind}/{asked.table}/{version}"
        names = (path, asked.words, self._hash(records), asked.kind.value, asked.table, asked.table)
        times = (asked.at,) * 4
        values = (*names, rows, version, asked.request_id, *times, asked.origin_id)
        self.session.execute(warehouse.statement("insert_revision"), values)
        load_id = int(self.session.query(warehouse.statement("select_file_by_path"), (path,))[0][0])
        entry = AuditEntry(
            asked.at, _ACTIONS[asked.kind], asked.actor, asked.table, load_id, version,
            subject=asked.words, reason=asked.reason,
            detail={"rows_before": before, "rows_after": rows, "origin_id": asked.origin_id},
        )  # fmt: skip
        AuditTrail(warehouse).record_in(self.session, entry)
        if warnings:
            self.versions.ledger.warn_in(self.session, load_id, warnings)
        self._take_contract_along(version, load_id)
        return Revised(asked.table, version, load_id, before, rows, warnings)

    def _take_contract_along(self, version: int, load_id: int) -> None:
        """Restores what was known about the table's files at the restored version, without what later loads showed."""
        if self.asked.kind is not LoadType.ROLLBACK:
            return
        store = ContractStore(self.versions.warehouse)
        known = store.learned_in(self.session, self.asked.table, self.asked.origin_id)
        if known is not None:
            store.record_in(self.session, self.asked.table, version, load_id, known, self.asked.at)

    def _hash(self, records: tuple[VersionRecord, ...]) -> str | None:
        """The content's hash, where the restored version comes from one file."""
        inside = loads_in(records, self.asked.origin_id) if self.asked.kind is LoadType.ROLLBACK else frozenset()
        hashes = [record.file_hash for record in records if record.load_id in inside]
        return hashes[0] if len(hashes) == 1 else None

    def _count(self) -> int:
        return int(self.session.query(publishing.count_rows(self.live.name).sql)[0][0])

    def _run(self, statement: Statement) -> int:
        return self.session.execute(statement.sql, statement.values)
