"""The ledger: one row per dropped file, which also holds the turn of each table.

Each method is one short transaction. Times come in as arguments, in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from refdata.core.errors import SupersededError
from refdata.core.failure import Failure
from refdata.core.filemodel import Format, Scan
from refdata.core.loadfigures import LoadFigures
from refdata.core.loadstates import DONE, IN_FLIGHT
from refdata.core.model import LOAD_COLUMNS, DroppedFile, FileStatus, Load, LoadType
from refdata.core.naming import like_pattern
from refdata.core.publishing import turn_lock
from refdata.core.versions import VersionRecord, duplicate_of
from refdata.warehouse.base import Row, Session, Warehouse, moment


class FileOrder(StrEnum):
    """The sort orders of the ledger; the values are its columns."""

    ID = "id"
    FILE_NAME = "file_name"
    TABLE_NAME = "table_name"
    STATUS = "status"
    ROWS_LOADED = "rows_loaded"
    ROWS_REJECTED = "rows_rejected"


@dataclass(frozen=True, slots=True)
class TableSummary:
    """A loaded table, as recorded in the ledger.

    ``rows_loaded`` counts the rows of the last load, ``rows_live`` those of the last full load and of
    every append since. ``version_id`` is the live version. Times are UTC.
    """

    table_name: str
    last_loaded_at: datetime | None
    files: int
    rows_loaded: int
    version_id: int
    last_load_id: int
    rows_live: int
    is_reference_data: bool
    last_file_name: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of the ledger; ``total`` files match search and status, ``counts`` match the search, by status."""

    files: tuple[Load, ...]
    total: int
    counts: Mapping[FileStatus, int]
    limit: int
    offset: int


class Ledger:
    """``File_Monitor_Tracking`` in a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def register(self, file: DroppedFile, table: str, run_id: str, now: datetime) -> Load:
        """Returns the row of a file to be loaded, new or existing, when a run starts again.

        An existing row may have another path by now: a second process of the same run has archived this file. A path
        that still belongs to another file (loaded, and replaced before it was archived) is freed.
        """
        with self._warehouse.transaction(lock=f"refdata path {file.path}") as session:
            row = self._by_path(session, file.path)
            if row is not None and _another_file(row, file):
                self._run(session, "release_path", f"{file.path}#{row.id}", now, row.id)
                row = None
            if row is None and (ended := self._ended(session, file, run_id)) is not None:
                return ended
            if row is None:
                values = _identity_values(file)
                known = (file.path, file.name, *values, file.load_type.value, table)
                session.query(self._sql("insert_file"), (*known, file.is_reference_data, run_id, now))
            elif row.status not in DONE:
                self._run(session, "resume_file", *_identity_values(file), run_id, row.id)
            registered = self._by_path(session, file.path)
        assert registered is not None  # noqa: S101  the row was written in this transaction
        return registered

    def by_path(self, path: str) -> Load | None:
        """The row of a path, in flight or archived."""
        with self._warehouse.transaction(write=False) as session:
            return self._by_path(session, path)

    def by_run(self, run_id: str) -> Load | None:
        """The row that an Airflow run is working on, or last worked on."""
        with self._warehouse.transaction(write=False) as session:
            lines = session.query(self._sql("select_file_by_run"), (run_id,))
        return _row(lines[-1]) if lines else None

    def get(self, load_id: int) -> Load | None:
        """The row of a load."""
        with self._warehouse.transaction(write=False) as session:
            return self.get_in(session, load_id)

    def get_in(self, session: Session, load_id: int) -> Load | None:
        """``get`` within a transaction."""
        lines = session.query(self._sql("select_file"), (load_id,))
        return _row(lines[0]) if lines else None

    def unfinished(self) -> tuple[tuple[Load, datetime], ...]:
        """The rows whose files are not archived as far as the ledger knows, each with its last heartbeat."""
        with self._warehouse.transaction(write=False) as session:
            rows = tuple(map(_row, session.query(self._sql("select_unfinished_files"))))
        return tuple((row, max(filter(None, (last_sign(row), row.heartbeat_at)))) for row in rows)

    def ended_without_effect(self, before: datetime) -> tuple[Load, ...]:
        """The loads that ended before a time and published nothing, oldest first."""
        with self._warehouse.transaction(write=False) as session:
            return tuple(map(_row, session.query(self._sql("select_expired_files"), (before,))))

    def unregistered(self) -> tuple[tuple[str, int], ...]:
        """The reference tables that are missing from the configuration, each with its last load."""
        with self._warehouse.transaction(write=False) as session:
            return tuple(
                (str(line[0]), int(line[1])) for line in session.query(self._sql("select_unregistered_tables"))
            )

    def record_format(
        self, load_id: int, fmt: Format, scan: Scan, warnings: Sequence[str], identity: str | None = None
    ) -> bool:
        """Records what detection and the scan found; False when the row's file is no longer ``identity``."""
        shown = "\\t" if fmt.delimiter == "\t" else fmt.delimiter
        values = (
            scan.sha256,
            shown,
            _json(fmt.header),
            fmt.encoding,
            _json(asdict(fmt)),
            scan.rows,
            scan.sha256,
            scan.rejected,
        )
        return self._write("record_format", *values, scan.sha256, _json(warnings), load_id, identity) == 1

    def claim_turn(self, row: Load, stale_after: float, now: datetime) -> int | None:
        """Requests the table's turn; returns the number of the new attempt when granted, else None.

        Loads of the same table run one at a time, in the order of their keys. The turn belongs to the row's file: it
        is not granted once another file has taken its place.
        """
        ahead = (row.table_name, row.id, row.order_key)
        with self._warehouse.transaction(lock=turn_lock(row.table_name)) as session:
            stale = now - timedelta(seconds=stale_after)
            self._run(session, "release_stale_turns", row.table_name, stale)
            given = self._run(session, "claim_turn", now, now, row.id, row.file_identity, *ahead)
            attempt = session.query(self._sql("select_publication"), (row.id,))[0][1]
        return int(attempt) if given == 1 else None

    def waiting(self, row: Load) -> tuple[Load, ...]:
        """The other loads of the same table in flight, in the order of their turns."""
        with self._warehouse.transaction(write=False) as session:
            lines = session.query(self._sql("select_blocking_files"), (row.table_name, row.id))
        return tuple(map(_row, lines))

    def report_progress(self, load_id: int, attempt: int, rows: int, now: datetime) -> None:
        """Records progress, which also counts as a heartbeat.

        :raises SupersededError: when the attempt no longer has the turn, so that it stops early.
        """
        if self._write("record_progress", now, rows, load_id, attempt) != 1:
            raise _lost_turn(load_id)

    def give_sign(self, load_id: int, attempt: int, now: datetime) -> bool:
        """Records a heartbeat without rows; False when the attempt no longer holds the turn."""
        return self._write("record_sign", now, load_id, attempt) == 1

    def hold_for_review(self, load_id: int, attempt: int, now: datetime) -> None:
        """Makes the load wait for approval; it keeps its table's turn.

        :raises SupersededError: when the attempt no longer holds the turn.
        """
        if self._write("mark_held", now, load_id, attempt) != 1:
            raise _lost_turn(load_id)

    def mark_answered(self, load_id: int, attempt: int) -> bool:
        """Whoever was asked wants the load: it waits for its table's turn again; False when it is held no more."""
        return self._write("mark_answered", load_id, attempt) == 1

    def send_to_table_in(self, session: Session, load_id: int, table: str) -> None:
        """Sends a load that is in flight to another table, in the transaction of a person's decision."""
        self._run(session, "set_load_table", table, load_id)

    def live_duplicate(self, row: Load) -> int | None:
        """The load that already put this exact content into the table, or None."""
        return duplicate_of(self.versions(row.table_name), row.load_type, row.file_hash) if row.file_hash else None

    def mark_duplicate(self, load_id: int, attempt: int) -> None:
        """Records that the content is already in the table and nothing is loaded.

        :raises SupersededError: when the attempt no longer holds the turn; then nothing is marked.
        """
        if self._write("mark_duplicate", load_id, attempt) != 1:
            raise _lost_turn(load_id)

    def add_warnings(self, row: Load, warnings: Sequence[str]) -> None:
        """Adds warnings for readers of the ledger."""
        self._write("note_warning", _json((*row.warnings, *warnings)), row.id)

    def warn_in(self, session: Session, load_id: int, warnings: Sequence[str]) -> None:
        """Gives a row its warnings, in the transaction that made it."""
        self._run(session, "note_warning", _json(tuple(warnings)), load_id)

    def record_table_changes(self, load_id: int, words: str, *, any_change: bool) -> None:
        """Records what the load changes in its table; a repeated step that changes nothing keeps the first record."""
        self._write("record_table_changes", words, load_id, any_change)

    def mark_configured(self, session: Session, load_id: int) -> None:
        """Records that the table's configuration row is correct, in the transaction that made it so."""
        self._run(session, "mark_configured", load_id)

    def mark_archived(self, load_id: int, archive_path: str, now: datetime) -> None:
        """Records the file's final path; this completes a loaded one."""
        self._write("mark_archived", archive_path, now, load_id)

    def move_file(self, load_id: int, old: str, new: str) -> None:
        """Changes the path of an archived file; a row with a path other than ``old`` is left alone."""
        self._write("move_file", new, load_id, old)

    def mark_failed(self, load_id: int, failure: Failure, now: datetime, *, cancelled: bool = False) -> bool:
        """Records that the load ended without effect and can publish no more; False when an attempt has published."""
        status = FileStatus.CANCELLED if cancelled else FileStatus.ERROR
        return self._write("mark_failed", status.value, *failure.columns, now, load_id) == 1

    def mark_refused(
        self, load_id: int, archive_path: str, failure: Failure, now: datetime, *, cancelled: bool = False
    ) -> None:
        """Records the refused file's final path and the reason in one step."""
        status = FileStatus.CANCELLED if cancelled else FileStatus.ERROR
        self._write("mark_refused", archive_path, now, status.value, *failure.columns, load_id)

    def mark_vanished(self, load_id: int, path: str, failure: Failure, now: datetime) -> None:
        """Records that the file was gone before its load; a file archived in the meantime keeps its status."""
        self._write("mark_vanished", *failure.columns, now, load_id, path)

    def hand_back(self, row: Load, failure: Failure) -> None:
        """Records that the load gave up for a transient reason and waits for the watcher, unless its next run began."""
        self._write("hand_back_file", *failure.columns, row.id, row.file_identity)

    def page(
        self,
        *,
        status: FileStatus | None = None,
        search: str = "",
        limit: int = 50,
        offset: int = 0,
        order: FileOrder = FileOrder.ID,
        descending: bool = True,
    ) -> HistoryPage:
        """Rows of the ledger, newest first unless another order is requested.

        :param search: text within a file's or a table's name; upper and lower case are the same.
        """
        pattern = like_pattern(search) if search else None
        chosen = None if status is None else status.value
        values = (chosen, chosen, pattern, pattern, pattern, offset, limit)
        with self._warehouse.transaction(write=False) as session:
            lines = session.query(_ordered(self._sql("select_files_page"), order, descending=descending), values)
            counts = self._counts(session, pattern)
        total = sum(counts.values()) if status is None else counts.get(status, 0)
        return HistoryPage(tuple(map(_row, lines)), total, counts, limit, offset)

    def counts(self) -> Mapping[FileStatus, int]:
        """How many files are in each status."""
        with self._warehouse.transaction(write=False) as session:
            return self._counts(session, None)

    def tables(self) -> tuple[TableSummary, ...]:
        """Each loaded table with its last load."""
        with self._warehouse.transaction(write=False) as session:
            return tuple(_summary(line) for line in session.query(self._sql("summarise_tables")))

    def versions(self, table: str) -> tuple[VersionRecord, ...]:
        """The history of a table, in the order of its versions."""
        with self._warehouse.transaction(write=False) as session:
            return version_records(session, self._warehouse, table)

    def recent(self, since: datetime) -> tuple[LoadFigures, ...]:
        """The figures of the loads registered since the given time, oldest first."""
        with self._warehouse.transaction(write=False) as session:
            return tuple(map(_figures, session.query(self._sql("select_recent_loads"), (since,))))

    def _counts(self, session: Session, pattern: str | None) -> Mapping[FileStatus, int]:
        lines = session.query(self._sql("count_files"), (pattern, pattern, pattern))
        return {FileStatus(line[0]): int(line[1]) for line in lines}

    def _sql(self, name: str) -> str:
        return self._warehouse.statement(name)

    def _run(self, session: Session, name: str, *values: object) -> int:
        return session.execute(self._sql(name), values)

    def _write(self, name: str, *values: object) -> int:
        with self._warehouse.transaction() as session:
            return self._run(session, name, *values)

    def _ended(self, session: Session, file: DroppedFile, run_id: str) -> Load | None:
        """The row of this file and run when the load is over and the file archived."""
        rows = map(_row, session.query(self._sql("select_file_by_run"), (run_id,)))
        over = [row for row in rows if row.status not in IN_FLIGHT and row.file_path != file.path]
        return next((row for row in over if row.file_identity == file.identity), None)

    def _by_path(self, session: Session, path: str) -> Load | None:
        rows = session.query(self._sql("select_file_by_path"), (path,))
        return _row(rows[0]) if rows else None


def version_records(session: Session, warehouse: Warehouse, table: str) -> tuple[VersionRecord, ...]:
    """The history of a table, in the order of its versions; within the caller's transaction."""
    return tuple(_record(line) for line in session.query(warehouse.statement("select_versions"), (table,)))


def last_sign(row: Load) -> datetime:
    """The last activity that the row records."""
    return max(filter(None, (row.created_at, row.started_at, row.loaded_at, row.processed_at)))


def _identity_values(file: DroppedFile) -> tuple[object, ...]:
    return file.size, file.changed_ns, file.identity, file.order


def _another_file(row: Load, file: DroppedFile) -> bool:
    """Whether the row is about an earlier drop under this path, which has its own outcome."""
    return row.status not in IN_FLIGHT and row.file_identity != file.identity


def _row(line: Row) -> Load:
    values = dict(zip(LOAD_COLUMNS, line, strict=True))
    values["status"] = FileStatus(values["status"])
    values["load_type"] = LoadType(values["load_type"])
    values["is_reference_data"] = bool(values["is_reference_data"])
    for name in ("created_at", "processed_at", "started_at", "heartbeat_at", "loaded_at"):
        values[name] = moment(values[name])
    for name in ("warnings", "detected_headers"):
        values[name] = tuple(json.loads(values[name] or "[]"))
    return Load(**values)


def _record(line: Row) -> VersionRecord:
    values = dict(zip((spec.name for spec in fields(VersionRecord)), line, strict=True))
    values["kind"], values["rows"] = LoadType(values["kind"]), int(values["rows"] or 0)
    values["published_at"], values["removed_at"] = moment(values["published_at"]), moment(values["removed_at"])
    values["kept_as_delta"] = bool(values["kept_as_delta"])
    return VersionRecord(**values)


def _figures(line: Row) -> LoadFigures:
    values = dict(zip((spec.name for spec in fields(LoadFigures)), line, strict=True))
    values["status"] = FileStatus(values["status"])
    for name in ("created_at", "started_at", "loaded_at", "processed_at"):
        values[name] = moment(values[name])
    return LoadFigures(**values)


def _summary(line: Row) -> TableSummary:
    values = dict(zip((spec.name for spec in fields(TableSummary)), line, strict=True))
    values["last_loaded_at"] = moment(values["last_loaded_at"])
    values["is_reference_data"] = bool(values["is_reference_data"])
    return TableSummary(**values)


def _ordered(statement: str, order: FileOrder, *, descending: bool) -> str:
    """The statement, ordered by another of the columns that ``FileOrder`` lists."""
    direction = "DESC" if descending else "ASC"
    last = "" if order is FileOrder.ID else ", id DESC"
    return statement.replace("ORDER BY id DESC", f"ORDER BY {order.value} {direction}{last}", 1)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lost_turn(load_id: int) -> SupersededError:
    return SupersededError(
        f"Load {load_id} no longer has its table's turn",
        where=f"load {load_id}",
        advice="Nothing, if a newer run of the same file continues; otherwise clear the failed task.",
    )
