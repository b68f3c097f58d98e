"""The kernel's clock for files: it ticks every few milliseconds, and what happens between two ticks has one time."""

from __future__ import annotations

import tempfile
from pathlib import Path


def next_tick(folder: Path) -> None:
    """Returns when what changes in a folder's file system from now on gets a later time than what changed before.

    A file that is changed sooner after its drop has the identity that it was released with. No file waits so short a
    time for its release, but a test on a fast machine does.
    """
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        path = Path(probe.name)
        first = path.stat().st_ctime_ns
        while path.stat().st_ctime_ns == first:
            path.touch()
