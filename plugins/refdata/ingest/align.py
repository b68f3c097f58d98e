"""Second step: wait for the table's turn, then give the table the file's columns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from refdata.contracts.files import declared
from refdata.core import alignment, contractchecks, matching, publishing
from refdata.core.alignment import Alignment
from refdata.core.contract import Contract
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.errors import (
    CancelledError,
    DataError,
    FileChangedError,
    LockTimeoutError,
    RefdataError,
    SupersededError,
)
from refdata.core.failure import Failure
from refdata.core.loadstates import DONE
from refdata.core.matching import FileColumn
from refdata.core.model import DroppedFile, FileStatus, Load, LoadType, ScannedColumn, Table
from refdata.ingest.asking import require_answers
from refdata.ingest.classing import with_table_class
from refdata.ingest.context import Deps, Detection, on_one_connection
from refdata.ingest.doubting import questions_of_columns, questions_of_header
from refdata.ingest.heartbeat import signs_of_life
from refdata.ingest.keying import align_key
from refdata.ingest.memory import contract_for, contract_in_force

HELD = "held: a person is asked"
MOST_NAMED = 3
"""Better tables that a message names."""


class NotYetError(Exception):
    """Another load has the turn; ask again later. Not a failure, so not part of the error tree."""


@on_one_connection
def align_table(deps: Deps, file: DroppedFile, detection: Detection) -> str:
    """Takes the turn and aligns the table; returns a description of what was done.

    A file whose content is already in the table is marked as a duplicate, and the table is left unchanged.

    :raises NotYetError: when an older file for the table goes first.
    :raises SchemaError: when the file does not fit the table.
    """
    row = row_of(deps, detection)
    if row.status in DONE:
        return f"load {row.id} is already {row.status}"
    attempt = take_turn(deps, file, row)
    with holding_turn(deps, row, attempt):
        return _align(deps, file, row, detection, attempt)


def _align(deps: Deps, file: DroppedFile, row: Load, detection: Detection, attempt: int) -> str:
    row = with_table_class(deps, file, row, attempt)
    if (earlier := marked_duplicate(deps, row, attempt)) is not None:
        return f"duplicate of load {earlier}: this content is already in {row.table_name}"
    sweep_stages(deps, row)
    contract, live = contract_for(deps, row), deps.warehouse.table(deps.target(row))
    if not require_answers(deps, row, attempt, questions_of_header(deps, row, detection, contract, live)):
        return HELD
    plan = plan_alignment(deps, row, detection, contract)
    found = contractchecks.findings(contract, live, detection.scan.columns, plan)
    questions = questions_of_columns(deps, file, row, detection, contract, live, found)
    if not require_answers(deps, row, attempt, questions):
        return HELD
    check_empty(deps, row, detection)
    _warn(deps, row, detection, plan, found)
    apply_alignment(deps, row, plan)
    change = align_key(deps, row, contract, plan)
    return "; ".join(filter(None, (alignment.describe(plan), change.done)))


def apply_alignment(deps: Deps, row: Load, plan: Alignment) -> None:
    """Gives the table its columns. The ledger records it first: a crash in between would hide the change."""
    deps.ledger.record_table_changes(row.id, alignment.describe(plan), any_change=plan.changes)
    deps.warehouse.align(plan)


def _warn(
    deps: Deps, row: Load, detection: Detection, plan: Alignment, findings: tuple[contractchecks.Finding, ...]
) -> None:
    """Warns in the ledger, once, about columns that a spreadsheet seems to have changed and what policies let pass."""
    scanned = detection.scan.columns
    found = alignment.damage_warnings(deps.warehouse.table(plan.table), scanned)
    found += contractchecks.warnings(findings)
    found += declared(deps.settings, row.table_name).contradictions
    new = tuple(warning for warning in found if warning not in row.warnings)
    if new:
        deps.log.warning("%s", " ".join(new))
        deps.ledger.add_warnings(row, new)


@contextlib.contextmanager
def holding_turn(deps: Deps, row: Load, attempt: int) -> Iterator[None]:
    """Blames no file and no database for failures caused by a newer attempt that swept the stage or moved the file.

    The attempt sends heartbeats while the body runs.

    :raises SupersededError: instead of the body's error, when a newer attempt has the load, or the load is over.
    :raises LockTimeoutError: when the turn was taken away and no load has it: the step should request it again. If
        a second Airflow handed the file back, the retry finds it changed.
    """
    try:
        with signs_of_life(deps, row.id, attempt):
            yield
    except RefdataError as error:
        current = deps.ledger.get(row.id)
        if current is not None and current.status is FileStatus.PENDING:
            if isinstance(error, (FileChangedError, CancelledError)):
                raise
            raise LockTimeoutError(
                f"This attempt of load {row.id} lost its turn, and no other attempt has it",
                where=row.file_path,
                advice="Nothing: the step is retried.",
            ) from error
        if current is not None and not _holds_turn(current, attempt):
            raise SupersededError(
                f"This attempt of load {row.id} no longer holds its turn, so it stopped",
                where=row.file_path,
                advice="Nothing: a newer attempt of the same load continues.",
            ) from error
        raise


def _holds_turn(row: Load, attempt: int) -> bool:
    """Whether the attempt is still running, or has published."""
    return row.attempt == attempt and (row.status is FileStatus.PROCESSING or row.status in DONE)


def plan_alignment(deps: Deps, row: Load, detection: Detection, contract: Contract) -> Alignment:
    """How to align the table with the file, given the table as it is now.

    :raises SchemaError: when the file does not fit the table, or its contract refuses what differs.
    """
    scanned = detection.scan.columns
    plan = plan_for(deps, row.table_name, scanned)
    live = deps.warehouse.table(plan.table)
    contractchecks.refuse(contractchecks.findings(contract, live, scanned, plan), str(plan.table))
    return plan


def plan_for(deps: Deps, table: str, scanned: Sequence[ScannedColumn]) -> Alignment:
    """How a table takes a file's columns, whatever its contract's policies say.

    :raises SchemaError: when the file does not fit the table.
    """
    rules, live = deps.rules(table), deps.warehouse.table(deps.live(table))
    columns = [FileColumn(column.name, column.type) for column in scanned]
    fits = live is None or alignment.matches(live, scanned, rules.min_column_match)
    return alignment.align(
        deps.live(table),
        live,
        scanned,
        min_match=rules.min_column_match,
        frozen=rules.frozen,
        # Reading all tables takes long where there are many: only for a message that needs them.
        better=() if fits or live is None else _better_tables(deps, live, columns),
        renames=_renames(live, columns) if live else (),
    )


def findings_of(
    deps: Deps, table: str, scanned: Sequence[ScannedColumn], plan: Alignment
) -> tuple[contractchecks.Finding, ...]:
    """Where the file differs from the table and its contract, and what the policies make of it."""
    live = deps.warehouse.table(deps.live(table))
    return contractchecks.findings(contract_in_force(deps, table), live, scanned, plan)


def row_of(deps: Deps, detection: Detection) -> Load:
    """The load's row in the ledger.

    :raises DataError: when somebody deleted it.
    """
    row = deps.ledger.get(detection.load_id)
    if row is None:
        raise DataError(
            f"Load {detection.load_id} is not in the ledger",
            where="ledger",
            advice="Clear the run from its first task; it registers the file again.",
        )
    return row


def take_turn(deps: Deps, file: DroppedFile, row: Load) -> int:
    """Starts a new attempt that holds the table's turn, and returns its number.

    :raises NotYetError: when another load has it or is ahead.
    :raises FileChangedError: when the file was removed while it waited.
    """
    if not deps.dropoff.is_there(file):
        if (deps.ledger.get(row.id) or row).status in DONE:
            raise NotYetError(f"{row.file_name} was finished by another attempt in the meantime")
        raise FileChangedError(
            "The file is gone, or was changed after its release",
            where=file.path,
            advice="Nothing, if you removed it; a changed file is watched and loaded again.",
        )
    older = _older_unregistered(deps, file, row)
    if older:
        raise NotYetError(f"{row.file_name} is waiting for the older {older}")
    # A worker of an earlier release may have registered the file, without its key.
    keyed = row if row.order_key else replace(row, order_key=file.order)
    attempt = deps.ledger.claim_turn(keyed, deps.settings.stale_after, deps.clock())
    if attempt is None and _cancel_vanished(deps, row):
        attempt = deps.ledger.claim_turn(keyed, deps.settings.stale_after, deps.clock())
    if attempt is None:
        ahead = ", ".join(item.file_name for item in deps.ledger.waiting(row)) or "another load"
        _check_patience(deps, file, row, ahead)
        raise NotYetError(f"{row.file_name} is waiting for {ahead}")
    return attempt


def _check_patience(deps: Deps, file: DroppedFile, row: Load, ahead: str) -> None:
    if deps.clock() - _since(deps, file, row) > timedelta(seconds=deps.settings.turn_timeout):
        raise LockTimeoutError(
            f"The file waited longer than turn_timeout allows ({deps.settings.turn_timeout:.0f} s) for {ahead}",
            where=row.file_path,
            advice="Check the load that it waits for; the watcher will pick this file up again.",
        )


def _since(deps: Deps, file: DroppedFile, row: Load) -> datetime:
    """The time from which the file has waited for its turn: its registration, or a later hand-back.

    A file handed back arrives again. An arrival in the future (the storage's clock is ahead of ours) is ignored.
    """
    offered = datetime.fromtimestamp(file.arrived_ns / 1e9, UTC).replace(tzinfo=None)
    return max(row.created_at, offered) if offered <= deps.clock() else row.created_at


def _older_unregistered(deps: Deps, file: DroppedFile, row: Load) -> str:
    """An older file for the same table that is in the folder and whose own load has not started yet.

    The wait is bounded: a file that never becomes stable must not block the others forever.
    """
    patience = timedelta(seconds=60 + 4 * deps.settings.stability_checks * deps.settings.stability_interval)
    if deps.clock() - _since(deps, file, row) > patience:
        return ""
    for other in deps.dropoff.scan().files:
        if other.order < file.order and other.path != file.path and deps.table_of(other) == row.table_name:
            known = deps.ledger.by_path(other.path)
            if known is None:
                return other.name
    return ""


def _cancel_vanished(deps: Deps, row: Load) -> bool:
    """Cancels the loads ahead whose file is gone, so that no load waits for them; returns whether there were any."""
    found = False
    for other in deps.ledger.waiting(row):
        if other.status is FileStatus.PENDING and not _waits(deps, other.file_path):
            found = True
            gone = vanished(other.file_path)
            deps.log.warning("Load %s is cancelled: %s", other.id, gone.text)
            deps.ledger.mark_vanished(other.id, other.file_path, gone, deps.clock())
    return found


def vanished(path: str) -> Failure:
    """The failure of a load whose file is gone before it began."""
    error = FileChangedError("The file vanished before its load", where=path, advice="Drop it again if it was needed.")
    return Failure.of(error, "none")


def _waits(deps: Deps, path: str) -> bool:
    """Whether a file is waiting at a row's path; never true of an archive's path, which is not a drop."""
    return path.rpartition("/")[0] in LOAD_FOLDERS and deps.dropoff.exists(path)


def marked_duplicate(deps: Deps, row: Load, attempt: int) -> int | None:
    """Marks a file whose content is already in the table as a duplicate; returns the earlier load, or None.

    :raises SupersededError: when the attempt no longer holds the turn.
    """
    found = deps.ledger.live_duplicate(row) if deps.warehouse.table(deps.target(row)) else None
    if found is not None:
        deps.ledger.mark_duplicate(row.id, attempt)
    return found


def sweep_stages(deps: Deps, row: Load) -> None:
    """Removes the stages that crashed attempts left for this table.

    It never removes the stage of an attempt that holds its turn: this attempt may have lost the turn unnoticed.
    """
    for stage in deps.warehouse.stages():
        owner = deps.ledger.get(stage.load_id)
        at_work = owner is not None and owner.status is FileStatus.PROCESSING and owner.attempt == stage.attempt
        if not at_work and (owner is None or owner.table_name == row.table_name):
            deps.log.info("Dropping the stage of load %s, attempt %s", stage.load_id, stage.attempt)
            deps.warehouse.drop_stage(stage)


def _better_tables(deps: Deps, live: Table, columns: Sequence[FileColumn]) -> tuple[str, ...]:
    own = matching.match_table(columns, live)
    tables = deps.warehouse.tables(deps.settings.ref_schema)
    found = matching.better_tables(columns, own, tables, least=deps.settings.min_column_match)
    return tuple(match.table.name for match in found[:MOST_NAMED])


def _renames(live: Table, columns: Sequence[FileColumn]) -> tuple[str, ...]:
    return tuple(f"{one.source} → {one.column}" for one in matching.match_table(columns, live).renames)


def check_empty(deps: Deps, row: Load, detection: Detection) -> None:
    """:raises DataError: when the load would empty a table that has rows and must not become empty."""
    if detection.scan.rows or row.load_type is not LoadType.FULL:
        return
    if deps.rules(row.table_name).allow_empty_full_load or not _has_rows(deps, row):
        return
    raise DataError(
        f"The file has no rows, and a full load would empty {row.table_name}",
        where=row.file_name,
        advice="Drop a file with rows, or set allow_empty_full_load for this table if it is meant to become empty.",
    )


def _has_rows(deps: Deps, row: Load) -> bool:
    target = deps.target(row)
    if deps.warehouse.table(target) is None:
        return False
    with deps.warehouse.transaction(write=False) as session:
        return bool(session.query(publishing.has_rows(target).sql)[0][0])
