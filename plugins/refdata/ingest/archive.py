"""Last steps: the file goes to ``processed`` or ``error``, or is handed back to the watcher."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from refdata.core.errors import (
    CancelledError,
    DropoffError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    SupersededError,
    TransientError,
)
from refdata.core.model import DroppedFile, LedgerRow
from refdata.ingest.context import Deps
from refdata.ingest.detect import is_done
from refdata.ledger import identity_text


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step failed, as it travels from the step to the error branch and into ``.error.json``."""

    category: str
    message: str
    where: str
    advice: str
    transient: bool
    task: str

    @classmethod
    def of(cls, error: RefdataError, task: str) -> Failure:
        """The failure that an error of the tree means for the step ``task``."""
        transient = isinstance(error, TransientError)
        return cls(error.category, error.what, error.where, error.advice, transient, task)

    @property
    def text(self) -> str:
        """What happened, where and what to do, as one text."""
        return str(RefdataError(self.message, where=self.where, advice=self.advice))


def move_to_processed(deps: Deps, file: DroppedFile) -> str:
    """Archives a loaded (or duplicate) file and completes its ledger row; where it lies now.

    Repeating it after a crash finds the file moved already and writes the ledger.
    """
    row = _row(deps, file)
    if row is None:
        deps.log.info("%s is archived already", file.path)
        return ""
    target = "" if _was_rewritten(deps, file, row) else deps.dropoff.archive_processed(file, row.created_at, row.id)
    # Somebody may have taken the loaded file away; its row is complete all the same.
    deps.ledger.mark_archived(row.id, target or file.path, deps.clock())
    deps.dropoff.discard_rejects(row.id)
    return target


def _was_rewritten(deps: Deps, file: DroppedFile, row: LedgerRow) -> bool:
    """Whether the file has got other content since it was loaded, under its old size and mtime.

    Only its ctime tells then, which a mere touch changes too: the content decides. It is watched and loaded anew.
    """
    if deps.dropoff.is_there(file) or not deps.dropoff.lies(file):
        return False
    try:
        return deps.dropoff.content_hash(file) != row.file_hash
    except (DropoffError, FileChangedError, PermissionDeniedError) as error:
        deps.log.info("%s stays where it is: %s", file.path, error)
        # Gone altogether: somebody took it away, or a second process archives it just now.
        return deps.dropoff.exists(file.path)


def move_to_error(deps: Deps, file: DroppedFile, failure: Failure, run_id: str = "") -> str:
    """Archives a refused file with the reason beside it, and marks the ledger row; where it lies now.

    A failure that is no fault of the file hands the file back to the watcher instead, and one that a newer
    attempt caused leaves file and row to that attempt; the answer is then ``""``.
    """
    if failure.category == SupersededError.category:
        deps.log.info("%s is left to the newer attempt of its load", file.path)
        return ""
    if failure.transient:
        return _hand_back(deps, file, failure)
    with _returning(deps, file):
        deps.warehouse.initialise()  # the first load of all may have died before it did
        row = _row(deps, file) or _registered_late(deps, file, run_id)
    if row is not None and is_done(row):
        # The rows are in the table; only what comes after failed. The file is no bad file.
        return move_to_processed(deps, file)
    if row is not None:
        cancelled = failure.category == CancelledError.category
        with _returning(deps, file):
            deps.ledger.mark_failed(row.id, failure.category, failure.text, deps.clock(), cancelled=cancelled)
    received = row.created_at if row else deps.clock()
    target = deps.dropoff.archive_error(file, received, row.id if row else 0, failure)
    if row is not None:
        _close(deps, row, target)
    return target


def _close(deps: Deps, row: LedgerRow, target: str) -> None:
    """The refused file lies where it stays; what a killed attempt had staged goes."""
    if target:
        deps.ledger.mark_archived(row.id, target, deps.clock())
        deps.dropoff.discard_rejects(row.id)
    for stage in deps.warehouse.stages():
        if stage.load_id == row.id:
            deps.warehouse.drop_stage(stage)


@contextlib.contextmanager
def _returning(deps: Deps, file: DroppedFile) -> Iterator[None]:
    """Gives the file back to the watcher when the ledger cannot be used, for whatever reason: a server that is away, a
    changed password, a right that was taken away. The ledger hears of the file by its next load."""
    try:
        yield
    except RefdataError:
        deps.dropoff.hand_back(file)
        raise


def _hand_back(deps: Deps, file: DroppedFile, failure: Failure) -> str:
    with _returning(deps, file):
        deps.warehouse.initialise()
        row = _row(deps, file)
    if row is not None and is_done(row):
        # Handed back it would be loaded, or at best compared, a second time.
        return move_to_processed(deps, file)
    if deps.dropoff.hand_back(file) is None:
        deps.log.info("%s is gone or was changed; there is nothing to hand back", file.path)
    if row is not None and deps.dropoff.exists(file.path):
        deps.ledger.hand_back(row.id, failure.category, failure.text)
    elif row is not None:
        deps.ledger.mark_failed(row.id, failure.category, failure.text, deps.clock(), cancelled=True)
    return ""


def _registered_late(deps: Deps, file: DroppedFile, run_id: str) -> LedgerRow | None:
    """A row for a file whose load died before it registered it: its fate, too, can be read in the ledger."""
    if not deps.dropoff.is_there(file):
        return None
    return deps.ledger.register(file, deps.table_of(file), run_id, deps.clock())


def _row(deps: Deps, file: DroppedFile) -> LedgerRow | None:
    """The file's row; None when it is archived, or when the path belongs to a newer drop."""
    row = deps.ledger.by_path(file.path)
    return row if row is not None and row.file_identity == identity_text(file.identity) else None
