"""The Python API, used by other programs, the page and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from refdata import health, ledgerreport
from refdata.archiveapi import ArchivedDrops
from refdata.arrivalapi import Arrivals
from refdata.audit import AuditAction, AuditEntry
from refdata.config import load_settings, utc_now
from refdata.contractapi import ContractCheck, ContractDifference, Contracts
from refdata.contracts.files import table_rules
from refdata.core.alignment import own_columns
from refdata.core.errors import DataError
from refdata.core.filemodel import Format
from refdata.core.health import Check
from refdata.core.limits import MAX_DAYS, MAX_PAGE
from refdata.core.matching import TableMatch
from refdata.core.model import FileStatus, Load, LoadType
from refdata.core.naming import typed_table
from refdata.core.runid import API_RUN
from refdata.core.settings import Settings
from refdata.core.steps import Step
from refdata.core.tablediff import TableDiff
from refdata.core.tablerules import TableRules
from refdata.core.versions import Version, live_version
from refdata.ingest.configure import run_post_load
from refdata.ingest.context import Deps, Loaded
from refdata.ingest.process import Moment, OnEvent, ProgressEvent, aprocess, own_run, process, unheard
from refdata.ingest.register import ConfigFinding, ConfigRepair, check_register, repair_register
from refdata.ingest.retention import Expired, expire_versions
from refdata.ingest.review import Approval, compare_held
from refdata.ledger import FileOrder, HistoryPage, Ledger, TableSummary
from refdata.ledgerreport import DayFigures, ErrorFigures, FileStory, LedgerReport, Statistics, TableInfo
from refdata.questionapi import AskedQuestion, Questions
from refdata.rowapi import TableRows
from refdata.sources import source_of
from refdata.tableapi import Closing
from refdata.uploadapi import Uploads
from refdata.versioning.comparing import diff_versions
from refdata.versioning.locating import Versions
from refdata.versioning.reading import read_version
from refdata.versioning.revising import Revised, Revision, require_other, revise
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Approval", "ArchivedDrops", "Arrivals", "AskedQuestion", "AuditAction", "AuditEntry", "Check", "Closing",
    "ConfigFinding", "ConfigRepair", "ContractCheck", "ContractDifference", "Contracts", "DayFigures", "ErrorFigures",
    "Expired", "FileOrder", "FileStory", "Format", "HistoryPage", "Load", "Moment", "ProgressEvent", "Questions",
    "ReferenceData", "Revised", "Statistics", "Step", "TableDiff", "TableInfo", "TableMatch", "TableRows", "Version",
]  # fmt: skip


class ReferenceData:
    """The reference tables of one warehouse, and what happened to every file dropped for them.

    Raises errors of the tree: ``TransientError`` when a retry can help, ``NotInitialisedError`` before the first file.
    """

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        rules: Callable[[str], TableRules] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings, self._warehouse, self._clock = settings, warehouse, clock
        self._ledger = Ledger(warehouse)
        self._versions = Versions(settings, warehouse)
        self._rules = rules or (lambda table: table_rules(settings, table))

    @classmethod
    def connect(cls) -> ReferenceData:
        """Connects using Airflow's configuration and its connection ``conn_id``.
        Tasks and the API server read it from Airflow's database, others from the environment or a secrets backend.

        :raises ConfigurationError: when a setting or the connection is wrong.
        """
        settings = load_settings()
        return cls(settings, open_warehouse(settings))

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self._settings

    @property
    def contracts(self) -> Contracts:
        """The contracts of tables: what is declared, what loads showed, what would happen to a file."""
        return Contracts(self._deps, self._ledger_expected)

    @property
    def questions(self) -> Questions:
        """The questions of held loads, and the answers that tables keep."""
        return Questions(self._deps, self._ledger_expected)

    @property
    def closing(self) -> Closing:
        """Tables that take no more files: to retire, rename and delete them, and to open them again."""
        return Closing(self._deps, self._ledger_expected)

    @property
    def rows(self) -> TableRows:
        """The rows of tables and versions, page by page."""
        return TableRows(self._deps, self._ledger_expected)

    @property
    def arrivals(self) -> Arrivals:
        """The files that wait in the dropoff folders, before they are loads."""
        return Arrivals(self._deps, self._ledger_expected)

    @property
    def uploads(self) -> Uploads:
        """Files that people upload, until they are loaded or discarded."""
        return Uploads(self._deps, self._ledger_expected)

    @property
    def archive(self) -> ArchivedDrops:
        """The dropped files in their archives: the original, its rejected lines, a file to fix."""
        return ArchivedDrops(self._deps, self._ledger_expected)

    def history(
        self,
        *,
        status: FileStatus | None = None,
        search: str = "",
        limit: int = 50,
        offset: int = 0,
        order: FileOrder = FileOrder.ID,
        descending: bool = True,
    ) -> HistoryPage:
        """Files and their status, newest first unless another order is requested.

        :param search: text within a file's or a table's name; case is ignored.
        :param limit: rows of the page, 1 to 500; ``offset``: rows to skip.
        :raises ValueError: when ``limit`` or ``offset`` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE or offset < 0:
            raise ValueError(f"limit must be between 1 and {MAX_PAGE} and offset not negative: {limit}, {offset}")
        with self._ledger_expected():
            return self._ledger.page(
                status=status, search=search, limit=limit, offset=offset, order=order, descending=descending
            )

    def file(self, load_id: int) -> Load | None:
        """One file's row, or None."""
        with self._ledger_expected():
            return self._ledger.get(load_id)

    def story(self, load_id: int) -> FileStory | None:
        """Everything known about one dropped file, or None."""
        with self._ledger_expected():
            return LedgerReport(self._warehouse).story(load_id)

    def statistics(self, days: int = 30) -> Statistics:
        """Files, loads, rows and errors of each of the last days (UTC, today included), and errors by category.

        :raises ValueError: when ``days`` is not between 1 and 366.
        """
        if not 1 <= days <= MAX_DAYS:
            raise ValueError(f"days must be between 1 and {MAX_DAYS}: {days}")
        with self._ledger_expected():
            return LedgerReport(self._warehouse).statistics(days, self._clock())

    def tables(self) -> tuple[TableSummary, ...]:
        """The loaded tables, by name, each with its last load."""
        with self._ledger_expected():
            return self._ledger.tables()

    def counts(self) -> Mapping[FileStatus, int]:
        """How many files are in each status."""
        with self._ledger_expected():
            return self._ledger.counts()

    def table_info(self, table: str) -> TableInfo:
        """A live table's columns, rules and last load.

        :raises DataError: when there is no such table.
        """
        with self._ledger_expected():
            live = self._versions.live(table := typed_table(table))
            versions = self._versions.listed(table)
            summary = next((one for one in self._ledger.tables() if one.table_name == table), None)
        return TableInfo.of(table, own_columns(live), self._rules(table), summary, versions)

    def versions(self, table: str) -> tuple[Version, ...]:
        """All versions of a table, newest first, with who made each, when and from which file.

        :raises DataError: when there is no such table.
        """
        with self._ledger_expected():
            return self._versions.listed(typed_table(table))

    def diff(self, table: str, before: int, after: int | None = None, *, keys: Sequence[str] = ()) -> TableDiff:
        """How a table's rows changed between two versions, with a sample of at most 100 rows of each kind.
        The database does the comparison; a million rows take some seconds.

        :param after: None means the live version.
        :param keys: columns that identify a row; default: those of ``tables.yaml``, else determined from the data.
        :raises DataError: when there is no such table or version, or the version's rows were deleted.
        :raises ConfigurationError: when a key is not a column.
        """
        with self._ledger_expected():
            table = typed_table(table)
            newest = self.live_version(table) if after is None else after
            return diff_versions(self._versions, table, before, newest, tuple(keys) or self._rules(table).keys)

    def held_diff(self, load_id: int) -> TableDiff:
        """The changes that a load waiting for approval would make, with a sample of at most 100 rows of each kind.

        :raises DataError: when no such load is waiting.
        """
        with self._ledger_expected():
            return compare_held(self._deps(), load_id)

    def live_version(self, table: str) -> int:
        """The number of a table's live version; 0 when refdata has never loaded it."""
        with self._ledger_expected():
            return live_version(self._ledger.versions(typed_table(table)))

    def rollback(
        self,
        table: str,
        version: int,
        *,
        reason: str,
        by: str,
        request_id: str = "",
        expected: int | None = None,
        accept_orphans: bool = False,
    ) -> Revised:
        """Makes an earlier version's rows live again, as a new version, in one transaction.

        The live rows are kept as their version. Rows keep the load that they came from; columns added since are NULL.
        Ledger and audit trail record it. Then the table's post-load procedure is called; its failure is a warning.

        :param request_id: a second request with the same id returns the result of the first.
        :param expected: the live version that the decision was made on; None for any.
        :param accept_orphans: rows of other tables may refer to nothing afterwards, where ``on_orphans`` is ``hold``.
        :raises ValueError: without a reason or a name.
        :raises DataError: when the version does not exist, is live, was deleted by retention, or the live version is
            not the expected one; or when a foreign key or ``on_orphans`` forbids it.
        :raises LockTimeoutError: while a load of the table is running or held for approval; retry.
        """
        asked = self._asked(LoadType.ROLLBACK, table, version, reason, by, request_id)
        return self._revise(replace(asked, expected=expected), accept_orphans)

    def check_rollback(self, table: str, version: int) -> None:
        """Checks whether a rollback would be refused, apart from running loads.

        :raises DataError: when the version does not exist, is live, or was deleted by retention.
        """
        with self._ledger_expected():
            name = typed_table(table)
            self._versions.rows_of(name, version, self._ledger.versions(name))
            require_other(name, version, self.live_version(name))

    def take_back(
        self, load_id: int, *, reason: str, by: str, request_id: str = "", accept_orphans: bool = False
    ) -> Revised:
        """Removes the rows that an append added, as a new version, in one transaction; its file may be dropped again.

        :param accept_orphans: as for ``rollback``.
        :raises ValueError: without a reason or a name.
        :raises DataError: when the load is not an append, its rows were already replaced or taken back, or a foreign
            key or ``on_orphans`` forbids it.
        :raises LockTimeoutError: while a load of the table is running or held for approval; retry.
        """
        row = self.file(load_id)
        if row is None:
            raise DataError(f"There is no load {load_id}", where="ledger", advice="Check `refdata history`.")
        asked = self._asked(LoadType.TAKE_BACK, row.table_name, load_id, reason, by, request_id)
        return self._revise(asked, accept_orphans)

    def _asked(self, kind: LoadType, table: str, origin: int, reason: str, by: str, request_id: str) -> Revision:
        if not reason.strip() or not by.strip():
            raise ValueError("a reason and the name of the requester are required")
        now = self._clock()
        stale = now - timedelta(seconds=self._settings.stale_after)
        request = request_id or f"{API_RUN}{now.isoformat()}_{uuid4().hex[:8]}"
        return Revision(typed_table(table), kind, origin, by.strip(), reason.strip(), request, now, stale)

    def _revise(self, asked: Revision, accept_orphans: bool) -> Revised:
        with self._ledger_expected():
            done = revise(self._versions, replace(asked, accepts_orphans=accept_orphans))
            run_post_load(self._deps(), Loaded(done.load_id, done.table, done.rows, 0, done.version, FileStatus.LOADED))
        return done

    def _deps(self) -> Deps:
        """The environment of a load's use cases."""
        return Deps(self._settings, self._warehouse, source_of(self._settings), self._clock, self._rules)

    def config_check(self) -> tuple[ConfigFinding, ...]:
        """Where ``Reference_Data_Cfg`` and the tables differ, and which rows are switched off or changed by hand."""
        with self._ledger_expected():
            return check_register(self._deps())

    def config_repair(self, *, by: str) -> tuple[ConfigRepair, ...]:
        """Repairs what ``config_check`` finds, but no row that a person switched off; ``by`` is for the audit trail."""
        with self._ledger_expected():
            return repair_register(self._deps(), by)

    def expire_versions(self, *, dry_run: bool = True, by: str) -> tuple[Expired, ...]:
        """The versions beyond ``versions_kept`` and ``versions_max_age_days``; deleted unless ``dry_run``."""
        with self._ledger_expected():
            return expire_versions(self._deps(), dry_run=dry_run, by=by)

    def audit(
        self,
        table: str | None = None,
        *,
        action: AuditAction | None = None,
        by: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[AuditEntry, ...]:
        """The actions of people and maintenance, newest first; on a table, of a kind, by people named so, if given."""
        with self._ledger_expected():
            return self._versions.trail.entries(table, action=action, by=by, limit=limit, offset=offset)

    def detect_format(self, path: str | Path) -> Format:
        """How to read a file from any location, with the reasons; nothing is loaded.

        :raises FormatError: when it is missing, or cannot be read safely as CSV.
        """
        from refdata.preview import preview_format

        return preview_format(Path(path), self._settings)

    def analyze_schema_match(self, path: str | Path) -> tuple[TableMatch, ...]:
        """The live tables by how well a file's columns and scanned types match them, best first; reads every row.

        :raises FormatError: when it is missing, or cannot be read safely as CSV.
        """
        from refdata.preview import match_tables

        return match_tables(Path(path), self.detect_format(path), self._warehouse.tables(self._settings.ref_schema))

    def process_file(self, path: str, *, on_event: OnEvent | None = None, approval: Approval | None = None) -> Load:
        """Loads a dropped file through all steps, like ``refdata load``; returns its final ledger row.

        Nobody is asked: a full load that the change gate would hold needs an approval, or waits for ``refdata_watch``.

        :param path: relative to the dropoff root, such as ``reference_data_table/fullload/airports.csv``.
        :param on_event: called for each step, and for the rows staged.
        :param approval: who approves the load whatever it changes, and why; recorded when the gate required it.
        :raises HeldError: when the change gate would hold the load; the message says by which limit.
        :raises PermanentError: why the file was refused; it is then in ``error``, with the reason beside it.
        :raises TransientError: when a retry can help; the file stays in place.
        """
        deps = self._deps()
        deps.warehouse.initialise()
        return process(deps, deps.dropoff.find(path), own_run(deps), on_event or unheard, approval=approval)

    async def aprocess_file(
        self, path: str, *, on_event: OnEvent | None = None, approval: Approval | None = None
    ) -> Load:
        """``process_file`` without blocking the event loop, which also calls ``on_event``.

        Cancelling the awaiting task cancels the load: until its rows are published, the ledger says ``cancelled`` and
        the file goes to ``error``; later, it completes. ``asyncio.CancelledError`` is raised when it is done.
        """
        deps = self._deps()
        await asyncio.to_thread(deps.warehouse.initialise)
        return await aprocess(deps, await asyncio.to_thread(deps.dropoff.find, path), on_event or unheard, approval)

    def health_check(self) -> tuple[Check, ...]:
        """What ``refdata health`` checks on this machine: database, ledger, folders, space and memory.

        It raises no errors of the tree: whatever prevents a check is its finding. Airflow's components are left out.
        """
        return health.look(self._settings)

    def read_table(self, name: str, version: int | None = None) -> pd.DataFrame:
        """The rows of a table, or of one of its versions, with every value exactly as stored.

        NVARCHAR is ``str``, INT and BIGINT ``Int64``, FLOAT ``Float64``, BIT ``boolean``, DATETIME2
        ``datetime64[us]``; DECIMAL, DATE and TIME are Python's ``Decimal``, ``date`` and ``time``. The columns that
        refdata adds are left out. All rows are loaded into memory.

        :param version: None means the live table.
        :raises DataError: when there is no such table or version, or the version's rows were deleted.
        """
        with self._ledger_expected():
            return read_version(self._versions, typed_table(name), version)

    def _ledger_expected(self) -> AbstractContextManager[None]:
        return ledgerreport.ledger_expected(self._warehouse, self._settings)
