"""Third step: stream the rows into the attempt's own stage table, then publish them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from refdata.contractstore import written
from refdata.core.alignment import Alignment
from refdata.core.emptycolumns import with_optional_empty
from refdata.core.errors import CancelledError, DataError
from refdata.core.loadstates import DONE
from refdata.core.model import DroppedFile, FileStatus, Load, Publication, Stage
from refdata.core.questions import Question
from refdata.ingest import review
from refdata.ingest.asking import open_questions, require_answers
from refdata.ingest.context import Deps, Detection, Loaded, on_one_connection
from refdata.ingest.keying import align_key, make_room, new_table, row_key, upserts
from refdata.ingest.memory import contract_for, learned_by
from refdata.ingest.orphaning import ParentGuard
from refdata.ingest.planning import apply_alignment, check_empty, marked_duplicate, plan_alignment
from refdata.ingest.review import Answer, Approval, Held
from refdata.ingest.rowdoubting import RowDoubting
from refdata.ingest.ruling import Ruling
from refdata.ingest.staging import stage_rows, warn_of_rules
from refdata.ingest.turn import holding_turn, row_of, sweep_stages, take_turn

_Examine = Callable[[Load, Stage, Alignment], Held | None]
"""Examines the staged rows before they are published; a result other than None makes the load wait."""

PROGRESS_INTERVAL = 2.0
"""Seconds between two progress reports in the ledger."""


MOST_ISSUES = 10
"""Number of issues of a validation procedure that the message lists."""


@on_one_connection
def load_rows(deps: Deps, file: DroppedFile, detection: Detection) -> Loaded:
    """Stages and publishes the rows; repeated, it returns the result of the first call.

    :raises NotYetError: when this load lost the turn and another load has it.
    :raises DataError: when the row counts differ from those of the scan.
    """
    loaded, _ = _load_unless(deps, file, detection, lambda *_: None)
    return loaded


@on_one_connection
def load_or_hold(deps: Deps, file: DroppedFile, detection: Detection) -> tuple[Loaded, Held | None]:
    """Stages the rows and publishes them, unless the change gate requires a person's approval first.

    In that case the load is held: it has the status ``review`` and keeps its table's turn. Raises like ``load_rows``.
    """
    return _load_unless(deps, file, detection, lambda row, stage, plan: review.examine(deps, row, stage, plan))


@on_one_connection
def load_approved(deps: Deps, file: DroppedFile, detection: Detection, approval: Approval | None) -> Loaded:
    """``load_rows`` when no person can be asked: beyond the change gate's limits it needs an approval given in advance.

    :raises HeldError: when it needs one and has none.
    """

    def allowed(row: Load, stage: Stage, plan: Alignment) -> None:
        review.require_approval_beforehand(deps, row, stage, plan, approval)

    loaded, _ = _load_unless(deps, file, detection, allowed)
    return loaded


@on_one_connection
def load_reviewed(deps: Deps, file: DroppedFile, detection: Detection, answer: Answer) -> Loaded:
    """Stages the rows of an approved load again and publishes them if they are what the reviewer saw.

    :raises RejectedError: when the answer is no.
    :raises FileChangedError: when the table or the file has changed.
    """

    def same(row: Load, stage: Stage, plan: Alignment) -> None:
        review.require_same(deps, row, stage, plan, answer)

    row = row_of(deps, detection)
    if row.status not in DONE:
        review.require_approval(deps, row, answer)
    loaded, _ = _load_unless(deps, file, detection, same)
    return loaded


def _load_unless(deps: Deps, file: DroppedFile, detection: Detection, examine: _Examine) -> tuple[Loaded, Held | None]:
    row = row_of(deps, detection)
    if row.status is FileStatus.REVIEW and deps.asks and open_questions(deps, row):
        return Loaded(row.id, row.table_name, 0, detection.scan.rejected, 0, FileStatus.REVIEW), None
    if row.status in DONE:
        # An attempt that died just after publishing left its stage behind.
        deps.warehouse.drop_stage(Stage(deps.target(row), row.id, row.attempt))
        return _done(row), None
    attempt = take_turn(deps, file, row)
    with holding_turn(deps, row, attempt):
        # Where the turn was lost since the table was aligned, other loads may have run.
        if not _kept_turn(row, attempt):
            if marked_duplicate(deps, row, attempt, deps.warehouse.table(deps.target(row))) is not None:
                return _done(row_of(deps, detection)), None
            check_empty(deps, row, detection)
        return _load(deps, file, row, detection, Stage(deps.target(row), row.id, attempt), examine)


def _kept_turn(row: Load, attempt: int) -> bool:
    """Whether the attempt follows the one that aligned the table without a gap: what that one checked still holds.

    :param row: as it was before the attempt.
    """
    return row.status is FileStatus.PROCESSING and attempt == row.attempt + 1


def _load(
    deps: Deps, file: DroppedFile, row: Load, detection: Detection, stage: Stage, examine: _Examine
) -> tuple[Loaded, Held | None]:
    sweep_stages(deps, row)
    contract = contract_for(deps, row)
    live = with_optional_empty(deps.warehouse.table(stage.table), contract, detection.scan.columns)
    plan = plan_alignment(deps, row, detection, contract, live)
    if plan.changes:
        apply_alignment(deps, row, plan)
        align_key(deps, row, contract, plan)
        live = deps.warehouse.table(stage.table)
    held = None
    try:
        ruling = Ruling.of(deps, row, contract, plan)
        doubting = RowDoubting.of(deps, row, contract, plan, detection.scan.columns, live)
        report = _progress(deps, stage, detection.scan.rows)
        staged = stage_rows(deps, file, detection, stage, ruling, doubting.watch.watched, report)
        warn_of_rules(deps, row, ruling)
        _validate(deps, stage)
        guard, doubts = ParentGuard(deps, row, contract, plan, live), doubting.examine(stage)
        questions = (*doubts.questions, *guard.questions(stage))
        if not _is_clear(deps, row, stage, questions, (*doubts.warnings, *guard.warnings)):
            return Loaded(row.id, row.table_name, 0, staged.rejected, 0, FileStatus.REVIEW), None
        if (held := examine(row, stage, plan)) is not None:
            review.hold(deps, row, stage.attempt)
            deps.log.info("Load %s is held for approval: %s", row.id, held.subject)
            return Loaded(row.id, row.table_name, 0, staged.rejected, 0, FileStatus.REVIEW), held
        names = tuple(column.name for column in plan.read)
        make_room(deps, row, contract, plan, stage)
        taught = written(learned_by(deps, row, detection, plan, contract))
        figures = (staged.rows, staged.rejected, staged.method, deps.clock())
        key, upsert = row_key(contract, deps.rules(row.table_name).keys, names), upserts(contract, row)
        checks = (*ruling.publish_checks(stage), *guard.publish_checks(stage))
        request = Publication(stage, row.load_type, names, *figures, taught, key, upsert)
        published = deps.warehouse.publish(request, checks, new_table(deps, row, contract, plan, stage))
    finally:
        if held is None:
            deps.warehouse.drop_stage(stage)
    deps.log.info("Published %s rows in %s as version %s", published.rows, stage.table, published.version)
    loaded = Loaded(row.id, row.table_name, published.rows, staged.rejected, published.version, FileStatus.LOADED)
    return loaded, None


def _is_clear(deps: Deps, row: Load, stage: Stage, questions: Sequence[Question], warnings: Sequence[str]) -> bool:
    """Whether there is nothing to ask, or each question has its answer. What is only a warning is recorded."""
    if not require_answers(deps, row, stage.attempt, questions):
        return False
    current = deps.ledger.get(row.id) if warnings else None
    new = tuple(warning for warning in warnings if current and warning not in current.warnings)
    if current and new:
        deps.ledger.add_warnings(current, new)
    return True


def _validate(deps: Deps, stage: Stage) -> None:
    """Calls the table's validation procedure, if it has one, before anybody sees the rows."""
    verdict = deps.warehouse.validate(stage)
    if verdict is None or verdict.passed:
        return
    shown = "; ".join(verdict.issues[:MOST_ISSUES]) or "no issue is listed"
    more = len(verdict.issues) - MOST_ISSUES
    raise DataError(
        f"The validation procedure of {stage.table} refuses the rows: {shown}" + (f"; {more} more" if more > 0 else ""),
        where=str(stage.table),
        advice="Correct the file or the procedure. The table is unchanged.",
    )


def _progress(deps: Deps, stage: Stage, total: int) -> Callable[[int], None]:
    """Reports rows and rate every two seconds, and stops the load when it may no longer continue."""
    started = last = time.monotonic()

    def report(rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - started > deps.settings.load_timeout:
            raise _timed_out(deps, stage, rows)
        deps.on_rows(rows, total)
        if now - last >= PROGRESS_INTERVAL:
            last = now
            rate = rows / (now - started)
            deps.log.info("Staged %s of %s rows (%.0f %%), %.0f rows/s", rows, total, 100 * rows / max(total, 1), rate)
            deps.ledger.report_progress(stage.load_id, stage.attempt, rows, deps.clock())

    return report


def _timed_out(deps: Deps, stage: Stage, rows: int) -> CancelledError:
    return CancelledError(
        f"The load took longer than load_timeout ({deps.settings.load_timeout:.0f} s); {rows} rows were staged",
        where=str(stage.table),
        advice="Raise load_timeout, or split the file. The table is unchanged.",
    )


def _done(row: Load) -> Loaded:
    return Loaded(row.id, row.table_name, row.rows_loaded or 0, row.rows_rejected or 0, row.version_id or 0, row.status)
