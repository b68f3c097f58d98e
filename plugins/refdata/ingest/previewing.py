"""What would happen to a file, before it is dropped: the checks of a load up to the publish, which never comes.

The ledger gets no row and the table no column. The rows are staged as a load stages them, so that rules over several
rows, doubts about rows and the difference are those of the load; the stage is removed at the end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from refdata.closedstore import ClosedStore
from refdata.contracts.files import declared
from refdata.core import alignment, contractchecks
from refdata.core.alignment import Alignment
from refdata.core.closedtables import Closed, require_open
from refdata.core.columnwarnings import column_warnings
from refdata.core.contract import Contract
from refdata.core.contractchecks import Finding
from refdata.core.doubts.formats import damage_doubt
from refdata.core.emptycolumns import with_optional_empty
from refdata.core.errors import DataError, FormatError, PermanentError, be, sentence
from refdata.core.filemodel import Format, RejectedRow, ScannedColumn
from refdata.core.gate import exceeded
from refdata.core.model import LOAD_COLUMNS, Column, DroppedFile, FileStatus, Load, LoadType, Stage, Table
from refdata.core.questions import Question
from refdata.core.tablediff import TableDiff
from refdata.core.versions import live_version
from refdata.ingest.asking import table_for
from refdata.ingest.classing import table_class
from refdata.ingest.context import Deps, Detection
from refdata.ingest.detect import read_format, scan_file
from refdata.ingest.doubting import questions_of_columns, questions_of_header
from refdata.ingest.keying import upserts
from refdata.ingest.memory import contract_for
from refdata.ingest.orphaning import ParentGuard
from refdata.ingest.planning import check_empty, plan_alignment
from refdata.ingest.review import compare_staged
from refdata.ingest.rowdoubting import RowDoubting
from refdata.ingest.ruling import Ruling
from refdata.ingest.turn import PREVIEW, is_old_preview
from refdata.readers import reader_of

MOST_REJECTS = 100
"""Rejected rows that a preview lists."""


@dataclass(slots=True)
class Preview:
    """What a load of the file would do. Steps that did not happen leave their part empty.

    ``live_version`` is the version that it was compared with; ``duplicate_of`` the load that brought this content.
    ``live`` is the table as it is, None for a new one. ``changes`` says what its columns would become, ``findings``
    where file and contract differ. ``rejects`` are the first of the ``rejected`` rows. ``refused`` says why the file
    would be refused, with ``category`` and ``advice``; ``questions`` are those that the load would ask, ``approval``
    why the change gate would hold it. ``difference`` is None for an append, and where the load would stop earlier.
    """

    table: str
    load_type: LoadType
    live_version: int = 0
    live: Table | None = None
    format: Format | None = None
    columns: tuple[ScannedColumn, ...] = ()
    rows: int = 0
    rejected: int = 0
    rejects: list[RejectedRow] = field(default_factory=list)
    allowed_rejects: int = 0
    changes: str = ""
    findings: tuple[Finding, ...] = ()
    warnings: list[str] = field(default_factory=list)
    questions: tuple[Question, ...] = ()
    approval: tuple[str, ...] = ()
    difference: TableDiff | None = None
    duplicate_of: int | None = None
    refused: str = ""
    category: str = ""
    advice: str = ""

    def reject(self, row: RejectedRow) -> None:
        """Counts a rejected row, and lists it if it is one of the first."""
        self.rejected += 1
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(row)


def preview(deps: Deps, file: DroppedFile) -> Preview:
    """Examines a file, whose source is that of ``deps``, as if it were dropped for its table.

    A reason to refuse the file is part of the result.

    :raises TransientError: when the database or the storage fails.
    """
    closed = ClosedStore(deps.warehouse).all()
    row = _unregistered(deps, file, closed)
    shown = Preview(row.table_name, row.load_type, allowed_rejects=deps.rules(row.table_name).max_rejected_rows)
    try:
        with deps.warehouse.connected(), deps.dropoff.open(file) as path:
            require_open(closed, shown.table)
            _Examination(deps, file, row, Path(path), shown).run()
    except PermanentError as error:
        shown.refused, shown.category, shown.advice = sentence(error.what), error.category, error.advice
    return shown


def _unregistered(deps: Deps, file: DroppedFile, closed: Closed) -> Load:
    """The ledger's row that the file does not have."""
    table = table_for(deps, deps.table_of(file), closed)
    known = table_class(deps, table)
    nothing = dict.fromkeys(LOAD_COLUMNS)
    return Load(**{
        **nothing, "id": PREVIEW, "file_path": file.path, "file_name": file.name, "status": FileStatus.PENDING,
        "load_type": file.load_type, "table_name": table, "attempt": 0, "created_at": deps.clock(), "warnings": (),
        "is_reference_data": file.is_reference_data if known is None else known, "detected_headers": (),
        "file_identity": file.identity, "order_key": file.order,
    })  # type: ignore[arg-type]  # fmt: skip


@dataclass(slots=True)
class _Examination:
    deps: Deps
    file: DroppedFile
    row: Load
    path: Path
    shown: Preview

    def run(self) -> None:
        """The steps of a load in their order, until one of them would stop it."""
        deps, shown = self.deps, self.shown
        shown.warnings += declared(deps.settings, shown.table).contradictions
        shown.live_version = live_version(deps.ledger.versions(shown.table))
        contract, live = contract_for(deps, self.row), deps.warehouse.table(deps.target(self.row))
        shown.live = live
        detection = self._detect(contract, live)
        live = with_optional_empty(live, contract, detection.scan.columns)
        if self._asks(questions_of_header(deps, self.row, detection, contract, live)):
            return
        plan = plan_alignment(deps, self.row, detection, contract, live)
        scanned = detection.scan.columns
        shown.findings = contractchecks.findings(contract, live, scanned, plan)
        shown.changes = alignment.describe(plan)
        warned = column_warnings(live, scanned, contract, shown.findings, plan)
        shown.warnings += [one for one in warned if one not in shown.warnings]
        if self._asks(questions_of_columns(deps, self.file, self.row, detection, contract, live, shown.findings)):
            return
        check_empty(deps, self.row, detection)
        with _passing_stage(deps, self.row) as stage:
            self._stage(stage, detection, contract, plan, live)

    def _detect(self, contract: Contract, live: Table | None) -> Detection:
        deps, shown = self.deps, self.shown
        shown.format = fmt = read_format(deps, self.path, contract, live)
        fitting: list[RejectedRow] = []

        def reject(row: RejectedRow) -> None:
            shown.reject(row)
            if row.fits and len(fitting) < MOST_REJECTS:
                fitting.append(row)

        scanned = scan_file(self.path, fmt, contract, live, reject)
        shown.columns, shown.rows = scanned.columns, scanned.rows
        shown.warnings += scanned.warnings
        self.row = replace(self.row, file_hash=scanned.sha256)
        shown.duplicate_of = deps.ledger.live_duplicate(self.row) if live else None
        if fmt.doubt is None:
            fmt = replace(fmt, doubt=damage_doubt(scanned, shown.allowed_rejects, fitting[:5]))
        if fmt.doubt is None:
            self._require_few_rejects()
        return Detection(PREVIEW, fmt, scanned)

    def _stage(
        self, stage: Stage, detection: Detection, contract: Contract, plan: Alignment, live: Table | None
    ) -> None:
        deps, shown = self.deps, self.shown
        ruling = Ruling.of(deps, self.row, contract, plan)
        doubting = RowDoubting.of(deps, self.row, contract, plan, detection.scan.columns, live)
        if ruling.has_rules:
            shown.rejects, shown.rejected = [], 0  # read again, now with the rules
        batches = reader_of(self.path).read_rows(
            self.path, detection.format, columns=plan.read, rules=ruling.row_rules,
            on_reject=shown.reject if ruling.has_rules else lambda _: None,
        )  # fmt: skip
        staged, _ = deps.warehouse.stage(
            stage, ruling.columns, ruling.staged(doubting.watch.watched(batches)), lambda _: None
        )
        reasons = ruling.check_keys(stage)
        for reject in ruling.place(self.path, detection.format, reasons) if reasons else ():
            shown.reject(reject)
        shown.rejects.sort(key=lambda one: one.line)
        shown.rows = staged - len(reasons)
        shown.warnings += [*ruling.warned.sentences(), *ruling.warnings]
        self._require_few_rejects()
        guard, doubts = ParentGuard(deps, self.row, contract, plan, live), doubting.examine(stage)
        asked = (*doubts.questions, *guard.questions(stage))
        shown.warnings += [*doubts.warnings, *guard.warnings]
        self._compare(stage, plan, contract, live)
        self._asks(asked)

    def _compare(self, stage: Stage, plan: Alignment, contract: Contract, live: Table | None) -> None:
        shown, row = self.shown, self.row
        if row.load_type is LoadType.APPEND and not upserts(contract, row):
            return
        columns = tuple(Column(column.name, column.type) for column in plan.read)
        difference = compare_staged(self.deps, row, stage, columns)
        if row.load_type is LoadType.APPEND:  # its rows replace those of their keys, and remove none
            difference = replace(
                difference, removed=0, removed_sample=(), rows_after=difference.rows_before + difference.added
            )
        shown.difference = difference
        rules = self.deps.rules(row.table_name)
        if live is not None and rules.gate and row.is_reference_data and row.load_type is LoadType.FULL:
            shown.approval = exceeded(difference, rules)

    def _asks(self, questions: Iterator[Question] | Sequence[Question]) -> bool:
        self.shown.questions += tuple(questions)
        return bool(self.shown.questions)

    def _require_few_rejects(self) -> None:
        shown = self.shown
        if shown.rejected and not shown.rows:
            raise FormatError(
                f"None of the {shown.rejected} rows can be loaded",
                where=self.file.name,
                advice="Each line and its reason is listed.",
            )
        if shown.rejected > shown.allowed_rejects:
            total, allowed = shown.rows + shown.rejected, shown.allowed_rejects
            raise DataError(
                f"{shown.rejected:,} of {total:,} rows {be(shown.rejected)} damaged or break a rule;"
                f" {allowed} {be(allowed)} allowed",
                where=self.file.name,
                advice="Fix the listed lines, and upload the file again.",
            )


@contextmanager
def _passing_stage(deps: Deps, row: Load) -> Iterator[Stage]:
    """A stage of its own, removed at the end; one that a killed preview left is removed first."""
    for left in deps.warehouse.stages():
        if is_old_preview(left, deps.clock()):
            deps.warehouse.drop_stage(left)
    stage = Stage(deps.target(row), PREVIEW, time.time_ns() // 1_000_000)
    try:
        yield stage
    finally:
        deps.warehouse.drop_stage(stage)
