"""The turn of a table: taking it, holding it, and waiting for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from refdata.closedstore import ClosedStore
from refdata.core.closedtables import current_name, former_names, require_open
from refdata.core.dropnames import LOAD_FOLDERS, load_folder_at
from refdata.core.errors import (
    CancelledError,
    DataError,
    FileChangedError,
    GaveWayError,
    LockTimeoutError,
    RefdataError,
    SupersededError,
)
from refdata.core.failure import Failure
from refdata.core.loadstates import DONE
from refdata.core.model import DroppedFile, FileStatus, Load, Stage
from refdata.core.runid import run_id_of
from refdata.core.tablenames import may_lead_to
from refdata.core.turns import GIVE_WAY, Wait
from refdata.ingest.context import Deps, Detection
from refdata.ingest.heartbeat import signs_of_life

PREVIEW = 0
"""In place of a load's id: the stage belongs to the preview of an upload. Its number is the millisecond it began."""

PREVIEW_TIME = timedelta(hours=1)
"""Longer than any preview takes; an older stage was left by one that was killed."""


class NotYetError(Exception):
    """Another load has the turn; ask again later. Not a failure, so not part of the error tree.

    :param wait: for what, so that it need not be asked for before.
    """

    def __init__(self, message: str, wait: Wait) -> None:
        super().__init__(message)
        self.wait = wait


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
    :raises GaveWayError: when it waits in vain, and other loads need its place among Airflow's runs.
    :raises ClosedTableError: when the table was retired or deleted.
    """
    since = _since(deps, file, row)
    wait = Wait(row.id, since + timedelta(seconds=deps.settings.turn_timeout))
    if not deps.dropoff.is_there(file):
        if (deps.ledger.get(row.id) or row).status in DONE:
            raise NotYetError(f"{row.file_name} was finished by another attempt in the meantime", wait)
        raise FileChangedError(
            "The file is gone, or was changed after its release",
            where=file.path,
            advice="Nothing, if you removed it; a changed file is watched and loaded again.",
        )
    # A load that has the turn already goes on: who came since comes after it.
    older = None if row.status is FileStatus.PROCESSING else _older_unregistered(deps, file, row)
    if older is not None:
        raise NotYetError(f"{row.file_name} is waiting for the older {older.name}", replace(wait, expected=older.path))
    # A worker of an earlier release may have registered the file, without its key.
    keyed = row if row.order_key else replace(row, order_key=file.order)
    attempt = deps.ledger.claim_turn(keyed, deps.settings.stale_after, deps.clock())
    if attempt is None and _cancel_vanished(deps, row):
        attempt = deps.ledger.claim_turn(keyed, deps.settings.stale_after, deps.clock())
    if attempt is not None:
        _require_open(deps, row)
    else:
        others = deps.ledger.waiting(row)
        ahead = ", ".join(item.file_name for item in others) or "another load"
        _check_patience(deps, row, ahead, wait)
        _give_way(deps, keyed, since, others)
        raise NotYetError(f"{row.file_name} is waiting for {ahead}", wait)
    return attempt


def _require_open(deps: Deps, row: Load) -> None:
    """Checks under the turn, which nobody who closes a table can have at the same time.

    :raises LockTimeoutError: when the table was renamed since the step read its row; the retry finds the new name.
    """
    closed = ClosedStore(deps.warehouse).all()
    require_open(closed, row.table_name)
    if (name := current_name(closed, row.table_name)) != row.table_name:
        raise LockTimeoutError(
            f"{row.table_name} was renamed {name} in the meantime",
            where=row.file_path,
            advice="Nothing: it is retried.",
        )


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


def _check_patience(deps: Deps, row: Load, ahead: str, wait: Wait) -> None:
    if deps.clock() > wait.until:
        raise LockTimeoutError(
            f"The file waited longer than turn_timeout allows ({deps.settings.turn_timeout:.0f} s) for {ahead}",
            where=row.file_path,
            advice="Check the load that it waits for; the watcher will pick this file up again.",
        )


def _give_way(deps: Deps, row: Load, since: datetime, others: Sequence[Load]) -> None:
    """Ends a wait in which nothing can happen, where the run's place among those that Airflow has begun is needed.

    Runs that wait keep their places. Without this, a file that was handed back would wait for a place behind the later
    files of its table, which wait for it; and one question would hold up all other tables.

    :param others: the table's other loads in flight, in the order of their turns.
    :raises GaveWayError: when the first load of the table is held for an answer, or has no run under way.
    """
    if deps.clock() - since < GIVE_WAY:
        return
    ahead = [
        one for one in others if one.status is not FileStatus.PENDING or (one.order_key or "") < (row.order_key or "")
    ]
    if not ahead or any(one.status is FileStatus.PROCESSING for one in ahead):
        return
    first = next((one for one in ahead if one.status is FileStatus.REVIEW), ahead[0])
    held = first.status is FileStatus.REVIEW
    if (held or not _is_under_way(deps, first)) and deps.is_crowded():
        why = "waits for an answer" if held else "waits for a place among Airflow's runs"
        raise GaveWayError(
            f"{row.file_name} comes after {first.file_name}, which {why}, so other loads get its place",
            where=row.file_path,
            advice="Nothing: the file goes back to the watcher, and is loaded after the other.",
        )


def _is_under_way(deps: Deps, row: Load) -> bool:
    """Whether a run of the load has begun: the one that registered its file, or one since the file was handed back."""
    if row.dag_run_id and deps.is_running(row.dag_run_id):
        return True
    try:
        return deps.is_running(run_id_of(deps.dropoff.find(row.file_path)))
    except RefdataError:
        return False  # the file is gone, which the next look at the turn finds


def _since(deps: Deps, file: DroppedFile, row: Load) -> datetime:
    """The time from which the file has waited for its turn: its registration, or a later hand-back.

    A file handed back arrives again. An arrival in the future (the storage's clock is ahead of ours) is ignored.
    """
    offered = datetime.fromtimestamp(file.arrived_ns / 1e9, UTC).replace(tzinfo=None)
    return max(row.created_at, offered) if offered <= deps.clock() else row.created_at


def _older_unregistered(deps: Deps, file: DroppedFile, row: Load) -> DroppedFile | None:
    """An older file for the same table that is in the folder and whose own load has not started yet.

    The wait is bounded: a file that never becomes stable must not block the others forever. It is not while Airflow has
    the file's run, whose first task may have to wait for a worker.
    """
    patience = timedelta(seconds=60 + 4 * deps.settings.stability_checks * deps.settings.stability_interval)
    patient = deps.clock() - _since(deps, file, row) <= patience
    names = {row.table_name, *former_names(ClosedStore(deps.warehouse).all(), row.table_name)}
    for other in deps.dropoff.scan(lambda name: any(may_lead_to(name, table) for table in names)).files:
        if other.order < file.order and other.path != file.path and deps.table_of(other) in names:
            known = deps.ledger.by_path(other.path)
            if known is None and (patient or deps.is_running(run_id_of(other))):
                return other
    return None


def _cancel_vanished(deps: Deps, row: Load) -> bool:
    """Cancels the loads ahead whose file is gone, so that no load waits for them; returns whether there were any."""
    cancelled = False
    for other in deps.ledger.waiting(row):
        if other.status is FileStatus.PENDING and not _waits(deps, other.file_path):
            cancelled = True
            gone = vanished(other.file_path)
            deps.log.warning("Load %s is cancelled: %s", other.id, gone.text)
            deps.ledger.mark_vanished(other.id, other.file_path, gone, deps.clock())
    return cancelled


def vanished(path: str) -> Failure:
    """The failure of a load whose file is gone before it began."""
    error = FileChangedError("The file vanished before its load", where=path, advice="Drop it again if it was needed.")
    return Failure.of(error, "none")


def _waits(deps: Deps, path: str) -> bool:
    """Whether a file is waiting at a row's path; never true of an archive's path, which is not a drop."""
    return load_folder_at(path) in LOAD_FOLDERS and deps.dropoff.exists(path)


def is_old_preview(stage: Stage, now: datetime) -> bool:
    """Whether the preview that made a stage is over, or was killed: it began more than an hour ago."""
    began = datetime.fromtimestamp(stage.attempt / 1000, UTC).replace(tzinfo=None)
    return stage.load_id == PREVIEW and now - began > PREVIEW_TIME


def sweep_stages(deps: Deps, row: Load) -> None:
    """Removes the stages that crashed attempts left for this table.

    It never removes the stage of an attempt that holds its turn: this attempt may have lost the turn unnoticed.
    """
    for stage in deps.warehouse.stages():
        if stage.load_id == PREVIEW:
            continue  # a preview removes its own, or the next preview does
        owner = deps.ledger.get(stage.load_id)
        at_work = owner is not None and owner.status is FileStatus.PROCESSING and owner.attempt == stage.attempt
        if not at_work and (owner is None or owner.table_name == row.table_name):
            deps.log.info("Dropping the stage of load %s, attempt %s", stage.load_id, stage.attempt)
            deps.warehouse.drop_stage(stage)
