"""Where the rows of a version are, as a relation that a statement can read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from refdata.audit import MAX_ENTRIES, AuditTrail, uploaders
from refdata.closedstore import ClosedStore
from refdata.core.alignment import own_columns
from refdata.core.errors import DataError, LockTimeoutError
from refdata.core.model import Column, Table, TableName
from refdata.core.naming import VERSION_COLUMN, backup_name, quote
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.core.tablediff import Rows
from refdata.core.versions import Place, VersionRecord, list_versions, live_version, require
from refdata.core.versions import Version as VersionView
from refdata.ledger import Ledger
from refdata.warehouse.base import Session, Warehouse

_T = TypeVar("_T")

_TRIES = 3
"""Most readings of versions that are begun again because a load was published meanwhile."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of the tables of one warehouse."""

    settings: Settings
    warehouse: Warehouse

    @property
    def ledger(self) -> Ledger:
        """The ledger in the warehouse."""
        return Ledger(self.warehouse)

    @property
    def trail(self) -> AuditTrail:
        """The audit trail in the warehouse."""
        return AuditTrail(self.warehouse)

    def live_name(self, table: str) -> TableName:
        """The live table."""
        return TableName(self.settings.ref_schema, table)

    def backup_name(self, table: str) -> TableName:
        """The version table."""
        return TableName(self.settings.bkp_schema, backup_name(table))

    def live(self, table: str) -> Table:
        """The live table with its columns.

        :raises DataError: when there is none.
        """
        return self._existing(self.live_name(table), table)

    def backup(self, table: str) -> Table:
        """The version table with its columns.

        :raises DataError: when there is none.
        """
        return self._existing(self.backup_name(table), table)

    def listed(self, table: str) -> tuple[VersionView, ...]:
        """All versions, newest first.

        :raises DataError: when there is no such table.
        """
        self.live(table)
        records = self.ledger.versions(table)
        names = ClosedStore(self.warehouse).names_of(table)
        entries = [entry for name in names for entry in self.trail.entries(name, limit=MAX_ENTRIES)]
        decided = {entry.load_id: entry for entry in reversed(entries) if entry.load_id is not None}
        uploaded, keys = uploaders(entries), {record.load_id: record.order_key for record in records}
        versions = (
            replace(one, uploaded_by=uploaded.get(keys.get(one.load_id or 0) or ""))
            for one in list_versions(records, has_zero=self.has_zero(table))
        )
        return tuple(
            replace(one, actor=decided[one.load_id].actor, reason=decided[one.load_id].reason)
            if one.load_id in decided and one.load_id is not None else one
            for one in versions
        )  # fmt: skip

    def has_zero(self, table: str) -> bool:
        """Whether rows from before refdata are kept."""
        name = self.backup_name(table)
        if self.warehouse.table(name) is None:
            return False
        sql = f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {qualified(name)} WHERE {quote(VERSION_COLUMN)} = 0)"
        with self.warehouse.transaction(write=False) as session:
            return bool(session.query(f"{sql} THEN 1 ELSE 0 END")[0][0])

    def rows_of(self, table: str, version: int | None, records: tuple[VersionRecord, ...]) -> Rows:
        """The rows of a version, or of the live table where it is None.

        :raises DataError: when there is no such version, or its rows were deleted.
        """
        live = self.live(table)
        if version is None:
            return Rows(qualified(live.name), live.columns)
        place = require(table, records, version, has_zero=version == 0 and self.has_zero(table))
        if place.snapshot is not None:
            return rows_at(self.backup(table), place, table, self.settings)
        if place.has_deltas:
            return self._pieced(live, place, table)
        return rows_at(live, place, table, self.settings)

    def _pieced(self, live: Table, place: Place, table: str) -> Rows:
        """A version of which some rows are live and others are kept; a live row has no version number."""
        backup, number = self.backup(table), quote(VERSION_COLUMN)
        chosen = (
            f"SELECT {self._names(live, live)}, CAST(NULL AS INT) AS {number} FROM {qualified(live.name)}",
            f"SELECT {self._names(live, backup)}, {number} FROM {qualified(backup.name)}",
        )
        kept = rows_at(backup, place, table, self.settings, or_live=True)
        return replace(kept, source=f"({' UNION ALL '.join(chosen)}) AS v", columns=live.columns, is_derived=True)

    def _names(self, live: Table, source: Table) -> str:
        """The live columns in ``source``; NULL for one that people added since the last load."""
        kind = self.warehouse.capabilities.type_name
        return ", ".join(
            quote(one.name) if source.column(one.name) else f"CAST(NULL AS {kind(one.type)}) AS {quote(one.name)}"
            for one in live.columns
        )

    def while_unchanged(self, table: str, read: Callable[[tuple[VersionRecord, ...]], _T]) -> _T:
        """What ``read`` makes of the table's history; it is called again where the table is loaded meanwhile.

        Without that, a load could move rows of a version from the live table to the version table between two
        statements, or between the two tables that one statement reads.

        :raises LockTimeoutError: when the table changes faster than it can be read.
        """
        for _ in range(_TRIES):
            records = self.ledger.versions(table)
            done = read(records)
            if self._is_unchanged(table, records):
                return done
        raise _loaded_meanwhile(table)

    def require_unchanged(self, table: str, records: tuple[VersionRecord, ...]) -> None:
        """:raises LockTimeoutError: when the table was loaded since its history was ``records``."""
        if not self._is_unchanged(table, records):
            raise _loaded_meanwhile(table)

    def _is_unchanged(self, table: str, records: tuple[VersionRecord, ...]) -> bool:
        return live_version(self.ledger.versions(table)) == live_version(records)

    def columns_of(self, table: str, rows: Rows) -> tuple[Column, ...]:
        """The columns of these rows that people loaded, without those that refdata adds."""
        return own_columns(Table(self.live_name(table), rows.columns))

    def require_rows(
        self, session: Session, rows: Rows, table: str, version: int, records: tuple[VersionRecord, ...]
    ) -> None:
        """Checks that a version that had rows still has some: somebody may have deleted them by hand."""
        had = next((one.rows for one in list_versions(records) if one.version == version), None)
        sql = f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {rows.source} WHERE {rows.where or '1 = 1'}) THEN 1 ELSE 0 END"
        if had and not session.query(sql, rows.values)[0][0]:
            raise DataError(
                f"Version {version} of {table} had {had} rows, but none of them is kept",
                where=table,
                advice="They were deleted by hand; choose another version.",
            )

    def _existing(self, name: TableName, table: str) -> Table:
        existing = self.warehouse.table(name)
        if existing is None:
            raise DataError(
                f"There is no table {name}",
                where=table,
                advice="Check the name: `refdata tables` lists the loaded ones.",
            )
        return existing


def _loaded_meanwhile(table: str) -> LockTimeoutError:
    return LockTimeoutError(f"{table} was loaded while its versions were read", where=table, advice="Retry later.")


def rows_at(table: Table, place: Place, name: str, settings: Settings, *, or_live: bool = False) -> Rows:
    """The rows of a place that are in ``table``, which is the live table or the version table.

    :param or_live: whether rows without a version number belong to it too.
    """
    number = quote(VERSION_COLUMN)
    live = f"{number} IS NULL OR " if or_live else ""
    first, last = place.first, place.snapshot
    ends = [("=", first)] if first == last else [(">=", first), ("<=", last)]
    conditions = [f"({live}{number} {sign} ?)" for sign, end in ends if end is not None]
    values: list[object] = [end for _, end in ends if end is not None]
    if place.has_later:
        ledger = qualified(TableName(settings.ref_schema, settings.ledger_table))
        later = f"SELECT id FROM {ledger} WHERE table_name = ? AND version_id > ?"
        conditions.append(f"({_LOAD} IS NULL OR {_LOAD} NOT IN ({later}))")
        values += [name, place.version]
    return Rows(qualified(table.name), table.columns, " AND ".join(conditions), tuple(values))


_LOAD = quote("ref_data_load_id")
