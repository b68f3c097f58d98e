"""Signs of life of an attempt, also while it waits for the database.

Staging reports its rows, and with them that it lives. What one statement does (a publish of many rows, a validation
procedure, a widened column) may take longer than ``stale_after`` all the same; then the next load of the table would
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
"""Signs in the time after which an attempt without one counts as dead: one or two may fail, as when a lock is held."""


@contextlib.contextmanager
def signs_of_life(deps: Deps, load_id: int, attempt: int) -> Iterator[None]:
    """Tells the ledger from another thread, ``SIGNS`` times in ``stale_after``, that the attempt is at work."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(deps.settings.stale_after / SIGNS):
            try:
                if not deps.ledger.give_sign(load_id, attempt, deps.clock()):
                    return
            except RefdataError as error:
                deps.log.info("Load %s could give no sign of life: %s", load_id, error)

    # Airflow's connections are asked for under the context of the task.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(tell,), name="refdata-signs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=1)
