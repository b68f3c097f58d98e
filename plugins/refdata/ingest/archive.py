"""Last steps: the file goes to ``processed`` or ``error``, or is handed back to the watcher."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from refdata.core.errors import (
    CancelledError,
    DropoffError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    SupersededError,
)
from refdata.core.failure import TRANSIENT, Failure, failure_of
from refdata.core.loadstates import DONE, REFUSED
from refdata.core.model import DroppedFile, Load
from refdata.core.steps import AFTER_PUBLISHING
from refdata.ingest.context import Deps, on_one_connection


def gave_up(row: Load) -> bool:
    """Whether the load failed for a reason that is not its file's fault, so the file must be loaded again."""
    return row.status in REFUSED and row.error_category in TRANSIENT


@on_one_connection
def move_to_processed(deps: Deps, file: DroppedFile) -> str:
    """Archives a loaded (or duplicate) file and completes its ledger row; returns the archive path.

    Repeated after a crash, it finds the file already moved and updates the ledger.
    """
    row = _row(deps, file)
    if row is None:
        deps.log.info("%s is already archived", file.path)
        return ""
    target = "" if _was_rewritten(deps, file, row) else deps.dropoff.archive_processed(file, row.created_at, row.id)
    # Somebody may have removed the loaded file; its row is complete anyway.
    deps.ledger.mark_archived(row.id, target or file.path, deps.clock())
    deps.dropoff.discard_rejects(file, row.id)
    return target


def _was_rewritten(deps: Deps, file: DroppedFile, row: Load) -> bool:
    """Whether the file's content changed after it was loaded, while its size and mtime stayed the same.

    Only its ctime shows that, and a mere touch changes it too, so the content decides. Such a file is loaded again.
    """
    if deps.dropoff.is_there(file) or not deps.dropoff.lies(file):
        return False
    try:
        return deps.dropoff.content_hash(file) != row.file_hash
    except (DropoffError, FileChangedError, PermissionDeniedError) as error:
        deps.log.info("%s stays in its folder: %s", file.path, error)
        # Gone: somebody removed it, or a second process is archiving it right now.
        return deps.dropoff.exists(file.path)


@on_one_connection
def move_to_error(deps: Deps, file: DroppedFile, failure: Failure, run_id: str = "", *, at_work: bool = False) -> str:
    """Archives a refused file with the reason beside it, and marks the ledger row; returns the archive path.

    A failure that is not the file's fault hands the file back to the watcher instead. One caused by a newer attempt
    leaves file and row to that attempt. Both return ``""``.

    :param at_work: whether an attempt may be running, and time is short. Its stage cannot be dropped then; the next
        call for this run, or the table's next load, drops it.
    """
    if failure.category == SupersededError.category:
        deps.log.info("%s is left to the newer attempt of its load", file.path)
        return ""
    if failure.transient:
        return _hand_back(deps, file, failure, run_id)
    # While the load's own process cancels it, the error branch is still to come: it hands the file back if necessary.
    with contextlib.nullcontext() if at_work else _returning(deps, file, failure):
        if not at_work:
            deps.warehouse.initialise()  # the very first load may have died before it did this
        row = _row(deps, file) or _registered_late(deps, file, run_id)
        if row is None and (archived := _archived_by_run(deps, file, run_id)) is not None:
            deps.log.info("%s is already archived", file.path)
            _drop_stages(deps, archived)
            return ""
        if row is not None and (row.status in DONE or not _marked(deps, row, failure)):
            # The rows are in the table, perhaps by an attempt that was running until now. A later step failed, so
            # this is not a bad file.
            return move_to_processed(deps, file)
    if row is None and deps.dropoff.lies(file):
        deps.log.info("%s was handed back to the watcher; its next run loads it", file.path)
        return ""
    received = row.created_at if row else deps.clock()
    target = deps.dropoff.archive_error(file, received, row.id if row else 0, failure)
    if row is not None and target:
        cancelled = failure.category == CancelledError.category
        deps.ledger.mark_refused(row.id, target, failure, deps.clock(), cancelled=cancelled)
        deps.dropoff.discard_rejects(file, row.id)
    if row is not None and not at_work:
        _drop_stages(deps, row)
    return target


def _marked(deps: Deps, row: Load, failure: Failure) -> bool:
    """Writes the failure into the row unless the load is published; returns whether it did."""
    cancelled = failure.category == CancelledError.category
    return deps.ledger.mark_failed(row.id, failure, deps.clock(), cancelled=cancelled)


def _drop_stages(deps: Deps, row: Load) -> None:
    """Drops what a killed attempt had staged."""
    for stage in deps.warehouse.stages():
        if stage.load_id == row.id:
            deps.warehouse.drop_stage(stage)


@contextlib.contextmanager
def _returning(deps: Deps, file: DroppedFile, failure: Failure) -> Iterator[None]:
    """Hands the file back to the watcher when the ledger cannot be used for any reason: an unreachable server, a
    changed password, a revoked permission. The file's next load registers it.

    A published load is left alone, for the next retry or the doctor to archive. If its file were loaded again after a
    newer file of its table, the older rows would come back.
    """
    try:
        yield
    except RefdataError:
        if failure.task not in AFTER_PUBLISHING:
            deps.dropoff.hand_back(file)
        raise


def _hand_back(deps: Deps, file: DroppedFile, failure: Failure, run_id: str) -> str:
    with _returning(deps, file, failure):
        deps.warehouse.initialise()
        # A load that died before it registered its file gets its row now, so that later files of the table wait for it.
        row = _row(deps, file) or _registered_late(deps, file, run_id)
    if row is not None and row.status in DONE:
        # If it were handed back, it would be loaded, or at best compared, a second time.
        return move_to_processed(deps, file)
    if row is not None and row.status in REFUSED and not gave_up(row) and not deps.dropoff.is_there(file):
        # Somebody cleared the run while its error branch was running, or after it died there: the first reason counts.
        return move_to_error(deps, file, failure_of(row))
    if deps.dropoff.hand_back(file) is None:
        deps.log.info("%s is gone or has changed; there is nothing to hand back", file.path)
    if row is not None and deps.dropoff.exists(file.path):
        deps.ledger.hand_back(row, failure)
    elif row is not None:
        deps.ledger.mark_vanished(row.id, row.file_path, failure, deps.clock())
    return ""


def _registered_late(deps: Deps, file: DroppedFile, run_id: str) -> Load | None:
    """Adds a row for a file whose load died before registering it, so that the ledger shows its fate too."""
    if not deps.dropoff.is_there(file):
        return None
    return deps.ledger.register(file, deps.table_of(file), run_id, deps.clock())


def _archived_by_run(deps: Deps, file: DroppedFile, run_id: str) -> Load | None:
    """The row of a load whose file this same run has archived; its path is the archive path."""
    row = deps.ledger.by_run(run_id) if run_id else None
    return row if row is not None and row.file_identity == file.identity else None


def _row(deps: Deps, file: DroppedFile) -> Load | None:
    """The file's row; None when it is archived, or when the path belongs to a newer drop."""
    row = deps.ledger.by_path(file.path)
    return row if row is not None and row.file_identity == file.identity else None
