"""Heartbeats of an attempt, sent also while it waits for the database.

Each progress report of staging counts as a heartbeat. A single statement (a publish of many rows, a validation
procedure, a widened column) may take longer than ``stale_after``. Without heartbeats the next load of the table would
take the turn away, and the rows would never be published.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Iterator

from refdata.core.errors import RefdataError
from refdata.ingest.context import Deps

SIGNS = 3
"""Heartbeats sent within ``stale_after``, after which an attempt counts as dead: one or two of them may fail."""


@contextlib.contextmanager
def signs_of_life(deps: Deps, load_id: int, attempt: int) -> Iterator[None]:
    """Sends heartbeats to the ledger from another thread, ``SIGNS`` times within ``stale_after``."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(deps.settings.stale_after / SIGNS):
            try:
                if not deps.ledger.give_sign(load_id, attempt, deps.clock()):
                    return
            except RefdataError as error:
                deps.log.info("Load %s could not send a heartbeat: %s", load_id, error)

    # Airflow looks up connections in the task's context.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(send,), name="refdata-signs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=1)
