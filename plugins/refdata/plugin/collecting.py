"""Keeps Python's garbage collector from stopping the API server for long.

A full collection looks at every object that the process has: 600,000 in an API server of Airflow 3.3, which takes 0.3 s
of CPU during which nobody is answered, every 40 s while tasks run. Almost all of them are modules, models and routes,
which live as long as the process does.
"""

from __future__ import annotations

import gc
from typing import Any

FULL = 2
FREEZES = 5


class Collections:
    """Exempts from later collections what the first full ones leave alive (``gc.freeze``).

    Only the first ones: what is imported with the first requests is there by then, and what is made later has to be
    collected when it is not needed any more.

    >>> collections = Collections(freezes=1)
    >>> collections.begin()
    >>> gc.get_freeze_count() > 0, collections.after in gc.callbacks
    (True, True)
    >>> _ = gc.collect()
    >>> collections.after in gc.callbacks
    False
    >>> gc.unfreeze()
    """

    def __init__(self, freezes: int = FREEZES) -> None:
        self._left = freezes

    def begin(self) -> None:
        """Exempts what is there, and looks at the full collections to come."""
        gc.collect()
        gc.freeze()
        gc.callbacks.append(self.after)

    def after(self, phase: str, info: dict[str, Any]) -> None:
        """Python calls it before and after each collection."""
        if phase != "stop" or info["generation"] != FULL:
            return
        gc.freeze()
        self._left -= 1
        if not self._left:
            gc.callbacks.remove(self.after)
