"""Ends a load for good, whichever process is running it: nothing more is published, and the file goes to ``error``.

The file does not stay in its folder: a person who cancels a load does not want the watcher to start it again.
"""

from __future__ import annotations

from refdata.core.errors import CancelledError, RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, Load
from refdata.ingest.archive import move_to_error
from refdata.ingest.context import Deps


def cancellation(what: str, where: str) -> CancelledError:
    """The error that reports a cancelled load.

    :param what: who or what ended it, in one sentence.
    """
    return CancelledError(
        what, where=where, advice="Drop the file again if you want it loaded after all. The table is unchanged."
    )


def cancel(deps: Deps, file: DroppedFile, what: str, run_id: str, task: str) -> CancelledError:
    """Marks the load cancelled and archives its file, or archives it as loaded when it was published just before.

    The ledger row is the fence: an attempt that continues in another thread or process is refused when it publishes.
    Returns the error to raise. A database that does not answer is logged; ``refdata doctor`` cancels the load later.
    """
    error = cancellation(what, file.path)
    deps.warehouse.break_off()
    try:
        move_to_error(deps, file, Failure.of(error, task), run_id, at_work=True)
    except RefdataError as fault:
        deps.log.warning("The cancelled load of %s is not closed yet in the ledger: %s", file.path, fault)
    return error


def cancel_ended(deps: Deps, row: Load, what: str) -> None:
    """Cancels a load whose run somebody ended while none of its tasks was running."""
    file = deps.file_of(row)
    if file is not None:
        move_to_error(deps, file, Failure.of(cancellation(what, file.path), "none"), row.dag_run_id or "")
