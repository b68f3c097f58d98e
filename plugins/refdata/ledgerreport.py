"""Reports from the ledger: a file's whole history, figures per day, and the types of these answers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from refdata import serial
from refdata.audit import MAX_ENTRIES, AuditAction, AuditTrail, uploaders
from refdata.closedstore import ClosedStore
from refdata.core.dropnames import beside
from refdata.core.errors import NotInitialisedError, SchemaError
from refdata.core.filemodel import Format
from refdata.core.loadstates import REFUSED
from refdata.core.model import Column, FileStatus, Load, TableName
from refdata.core.schemasteps import LATEST
from refdata.core.settings import Settings
from refdata.core.tablerules import TableRules
from refdata.core.versions import Version
from refdata.ledger import Ledger, TableSummary
from refdata.warehouse.base import Row, Warehouse, moment


@dataclass(frozen=True, slots=True)
class FileStory:
    """Everything known about one dropped file.

    ``changed_at`` is when its content last changed before it was released. ``format`` is what detection found, with
    its reasons; None before detection, and for a rollback. ``table_changes`` describes what the load changed in its
    table's columns. ``rejects_file`` is the path of the damaged rows, None when there are none. ``is_configured``: the
    table's row in the configuration was written or found correct. ``origin_id`` is the version that a rollback
    restored, or the load that a take-back removed. ``uploaded_by`` uploaded it on the page, None: nobody did. Times are
    UTC without a zone.
    """

    file: Load
    changed_at: datetime | None
    format: Format | None
    table_changes: str | None
    rejects_file: str | None
    is_configured: bool
    heartbeat_at: datetime | None
    origin_id: int | None
    uploaded_by: str | None = None


@dataclass(frozen=True, slots=True)
class MovingLoad:
    """A load that is not over, as far as a page that follows it must know."""

    id: int
    status: FileStatus
    attempt: int
    rows_staged: int | None
    file_path: str
    file_identity: str | None


@dataclass(frozen=True, slots=True)
class Motion:
    """What changes when anything happens in the ledger: its newest row (0: none), and the loads that are not over."""

    newest_id: int
    loads: tuple[MovingLoad, ...]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The files of one day (UTC): files, published loads, their rows, rejected rows, errors, duplicates."""

    day: date
    files: int = 0
    loads: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    errors: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class ErrorFigures:
    """How many files ended in errors of one category, and the newest such load."""

    category: str
    files: int
    newest_load_id: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Each day from the first to the last, including days without files, and the errors of the whole period."""

    days: tuple[DayFigures, ...]
    errors: tuple[ErrorFigures, ...]


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A live table: its columns (without those that refdata adds), its rules and its last load.

    ``summary`` is None for a table that refdata never loaded. ``versions`` counts all versions, ``versions_kept`` those
    whose rows can still be read.
    """

    table_name: str
    columns: tuple[Column, ...]
    rules: TableRules
    summary: TableSummary | None
    live_version: int
    versions: int
    versions_kept: int

    @classmethod
    def of(
        cls,
        table: str,
        columns: tuple[Column, ...],
        rules: TableRules,
        summary: TableSummary | None,
        versions: Sequence[Version],
    ) -> TableInfo:
        """With the counts of its versions."""
        live = next((version.version for version in versions if version.is_live), 0)
        kept = sum(version.is_kept for version in versions)
        return cls(table, columns, rules, summary, live, len(versions), kept)


@contextlib.contextmanager
def ledger_expected(warehouse: Warehouse, settings: Settings) -> Iterator[None]:
    """Distinguishes a database that was never used from one that refuses.

    :raises NotInitialisedError: in place of an error about refdata's own tables that are not there.
    """
    try:
        yield
    except SchemaError as error:
        ledger = TableName(settings.ref_schema, settings.ledger_table)
        what = "No file has been dropped yet, so there is no ledger"
        advice = "Drop a file, or run `refdata init-db`."
        if warehouse.table(ledger) is not None:
            if warehouse.schema_version() >= LATEST:
                raise
            what = "refdata's own tables are those of an earlier release"
            advice = "Run `refdata init-db`, or let the next load bring them up to date."
        raise NotInitialisedError(what, where=str(ledger), advice=advice) from error


class LedgerReport:
    """Queries on ``File_Monitor_Tracking`` for the page's views."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def story(self, load_id: int) -> FileStory | None:
        """Everything known about a load, or None."""
        row = Ledger(self._warehouse).get(load_id)
        if row is None:
            return None
        with self._warehouse.transaction(write=False) as session:
            rows = session.query(self._warehouse.statement("select_file_findings"), (load_id,))
        return replace(_story(row, rows[0]), uploaded_by=self._uploader(row)) if rows else None

    def _uploader(self, row: Load) -> str | None:
        trail, names = AuditTrail(self._warehouse), ClosedStore(self._warehouse).names_of(row.table_name)
        uploads = (trail.entries(name, action=AuditAction.UPLOAD, limit=MAX_ENTRIES) for name in names)
        return uploaders(chain.from_iterable(uploads)).get(row.order_key or "")

    def statistics(self, days: int, now: datetime) -> Statistics:
        """The last ``days`` days up to today; ``now`` is UTC without a zone."""
        last = now.date()
        first = last - timedelta(days=days - 1)
        since = datetime.combine(first, datetime.min.time())
        with self._warehouse.transaction(write=False) as session:
            per_day = session.query(self._warehouse.statement("count_days"), (since,))
            errors = session.query(self._warehouse.statement("count_errors"), (since,))
        errors_by_category = tuple(ErrorFigures(str(line[0]), int(line[1]), int(line[2])) for line in errors)
        return Statistics(_each_day(first, last, [_day(line) for line in per_day]), errors_by_category)

    def motion(self) -> Motion:
        """The newest row and the loads that are not over; cheap, for pages that ask each second."""
        with self._warehouse.transaction(write=False) as session:
            newest = session.query(self._warehouse.statement("select_newest_load"))
            lines = session.query(self._warehouse.statement("select_moving_loads"))
        return Motion(int(newest[0][0]), tuple(MovingLoad(line[0], FileStatus(line[1]), *line[2:]) for line in lines))


def _story(row: Load, findings: Row) -> FileStory:
    detected, changes, configured, heartbeat, origin = findings
    archived = row.status in REFUSED | {FileStatus.COMPLETED} and bool(row.rows_rejected)
    return FileStory(
        file=row,
        changed_at=_moment(row.file_mtime_ns),
        format=serial.from_json(Format, json.loads(detected)) if detected else None,
        table_changes=changes,
        rejects_file=beside(row.file_path, "rejects.csv") if archived else None,
        is_configured=bool(configured),
        heartbeat_at=moment(heartbeat),
        origin_id=origin,
    )


def _moment(nanoseconds: int | None) -> datetime | None:
    """A file's time; also None where a file system reports a time that no calendar has."""
    if nanoseconds is None:
        return None
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC).replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return None


def _day(line: Row) -> DayFigures:
    day = date.fromisoformat(line[0]) if isinstance(line[0], str) else line[0]
    return DayFigures(day, *(int(value) for value in line[1:]))


def _each_day(first: date, last: date, known: Sequence[DayFigures]) -> tuple[DayFigures, ...]:
    """One entry per day; a file registered by a clock ahead of ours is left for tomorrow."""
    by_day = {figures.day: figures for figures in known}
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(by_day.get(day, DayFigures(day)) for day in every)
