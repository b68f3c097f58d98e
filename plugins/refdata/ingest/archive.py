"""Last steps: the file goes to ``processed`` or ``error``, or is handed back to the watcher."""

from __future__ import annotations

import contextlib
import re
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
    split_advice,
)
from refdata.core.model import DroppedFile, FileStatus, LedgerRow
from refdata.ingest.context import Deps
from refdata.ingest.detect import is_done
from refdata.ledger import identity_text

REFUSED = (FileStatus.ERROR, FileStatus.CANCELLED)
AFTER_PUBLISHING = frozenset(("write_config", "move_to_processed"))
"""Steps by whose time the rows are in the table: the file is not to be loaded again, whatever happens."""
_TRANSIENT = frozenset(kind.category for kind in TransientError.__subclasses__())


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step failed, as it travels from the step to the error branch and into ``.error.json``."""

    category: str
    message: str
    where: str
    advice: str
    transient: bool
    task: str
    final: bool = True

    @classmethod
    def of(cls, error: RefdataError, task: str, *, final: bool = True) -> Failure:
        """The failure that an error of the tree means for the step ``task``; ``final``: it is not tried again."""
        transient = isinstance(error, TransientError)
        return cls(error.category, error.what, error.where, error.advice, transient, task, final)

    @property
    def text(self) -> str:
        """What happened, where and what to do, as one text."""
        return str(RefdataError(self.message, where=self.where, advice=self.advice))


def failure_of(row: LedgerRow) -> Failure:
    """Why the load failed, out of its row."""
    reason, advice = split_advice(row.error_message or "")
    found = re.fullmatch(r"(?s)(.*) \[([^\[\]]*)\]\.", reason)
    what, where = found.groups() if found else (reason, "")
    return Failure(row.error_category or RefdataError.category, what, where, advice, transient=False, task="ledger")


def gave_up(row: LedgerRow) -> bool:
    """Whether the load ended for a reason that is no fault of its file, so that it is to be loaded again."""
    return row.status in REFUSED and row.error_category in _TRANSIENT


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
    deps.dropoff.discard_rejects(file, row.id)
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


def move_to_error(deps: Deps, file: DroppedFile, failure: Failure, run_id: str = "", *, at_work: bool = False) -> str:
    """Archives a refused file with the reason beside it, and marks the ledger row; where it lies now.

    A failure that is no fault of the file hands the file back to the watcher instead, and one that a newer
    attempt caused leaves file and row to that attempt; the answer is then ``""``.

    :param at_work: whether an attempt may be at work, and time is short. Its stage cannot be dropped then: it goes
        with the next call for this run, or with the next load of the table.
    """
    if failure.category == SupersededError.category:
        deps.log.info("%s is left to the newer attempt of its load", file.path)
        return ""
    if failure.transient:
        return _hand_back(deps, file, failure)
    # While the load's own process cancels it, the error branch is still to come: it gives the file back if need be.
    with contextlib.nullcontext() if at_work else _returning(deps, file, failure):
        if not at_work:
            deps.warehouse.initialise()  # the first load of all may have died before it did
        row = _row(deps, file) or _registered_late(deps, file, run_id)
        if row is None and (archived := _archived_by_run(deps, file, run_id)) is not None:
            deps.log.info("%s is archived already", file.path)
            _drop_stages(deps, archived)
            return ""
        if row is not None and (is_done(row) or not _marked(deps, row, failure)):
            # The rows are in the table, maybe by an attempt that was at work until now; what comes after failed, and
            # the file is no bad file.
            return move_to_processed(deps, file)
    if row is None and deps.dropoff.lies(file):
        deps.log.info("%s was given back to the watcher and is left to its next run", file.path)
        return ""
    received = row.created_at if row else deps.clock()
    target = deps.dropoff.archive_error(file, received, row.id if row else 0, failure)
    if row is not None and target:
        cancelled = failure.category == CancelledError.category
        deps.ledger.mark_refused(row.id, target, failure.category, failure.text, deps.clock(), cancelled=cancelled)
        deps.dropoff.discard_rejects(file, row.id)
    if row is not None and not at_work:
        _drop_stages(deps, row)
    return target


def _marked(deps: Deps, row: LedgerRow, failure: Failure) -> bool:
    """Writes the failure into the row, unless the load is published; whether it did."""
    cancelled = failure.category == CancelledError.category
    return deps.ledger.mark_failed(row.id, failure.category, failure.text, deps.clock(), cancelled=cancelled)


def _drop_stages(deps: Deps, row: LedgerRow) -> None:
    """What a killed attempt had staged goes."""
    for stage in deps.warehouse.stages():
        if stage.load_id == row.id:
            deps.warehouse.drop_stage(stage)


@contextlib.contextmanager
def _returning(deps: Deps, file: DroppedFile, failure: Failure) -> Iterator[None]:
    """Gives the file back to the watcher when the ledger cannot be used, for whatever reason: a server that is away, a
    changed password, a right that was taken away. The ledger hears of the file by its next load.

    One that is published stays as it is, for the next try or the doctor to archive: loaded again after a newer file of
    its table, it would bring the older rows back.
    """
    try:
        yield
    except RefdataError:
        if failure.task not in AFTER_PUBLISHING:
            deps.dropoff.hand_back(file)
        raise


def _hand_back(deps: Deps, file: DroppedFile, failure: Failure) -> str:
    with _returning(deps, file, failure):
        deps.warehouse.initialise()
        row = _row(deps, file)
    if row is not None and is_done(row):
        # Handed back it would be loaded, or at best compared, a second time.
        return move_to_processed(deps, file)
    if row is not None and row.status in REFUSED and not gave_up(row) and not deps.dropoff.is_there(file):
        # Somebody cleared the run while its error branch was at work, or had died at it: the first reason stands.
        return move_to_error(deps, file, failure_of(row))
    if deps.dropoff.hand_back(file) is None:
        deps.log.info("%s is gone or was changed; there is nothing to hand back", file.path)
    if row is not None and deps.dropoff.exists(file.path):
        deps.ledger.hand_back(row, failure.category, failure.text)
    elif row is not None:
        deps.ledger.mark_vanished(row.id, row.file_path, failure.category, failure.text, deps.clock())
    return ""


def _registered_late(deps: Deps, file: DroppedFile, run_id: str) -> LedgerRow | None:
    """A row for a file whose load died before it registered it: its fate, too, can be read in the ledger."""
    if not deps.dropoff.is_there(file):
        return None
    return deps.ledger.register(file, deps.table_of(file), run_id, deps.clock())


def _archived_by_run(deps: Deps, file: DroppedFile, run_id: str) -> LedgerRow | None:
    """The row of a load whose file this very run has archived; its path is that of the archive."""
    row = deps.ledger.by_run(run_id) if run_id else None
    return row if row is not None and row.file_identity == identity_text(file.identity) else None


def _row(deps: Deps, file: DroppedFile) -> LedgerRow | None:
    """The file's row; None when it is archived, or when the path belongs to a newer drop."""
    row = deps.ledger.by_path(file.path)
    return row if row is not None and row.file_identity == identity_text(file.identity) else None
