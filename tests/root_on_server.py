"""A dropoff root on a file server that serves a folder of this machine."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from refdata.core.settings import Settings
from refdata.dropoff.serversource import ServerSource
from refdata.sources import source_of

_numbers = count()


def new_folder(files: Path, user: int) -> Path:
    """A folder for a root below the one that a server serves; the server's user owns it."""
    local = files / f"root-{next(_numbers)}"
    local.mkdir()
    os.chown(local, user, -1)
    return local


def source_at(address: str, local: Path, spool: Path) -> tuple[Path, ServerSource]:
    """The folder on this machine, and the source that reads it by the server, with the load folders made."""
    source = source_of(Settings(dropoff_root=address, spool_folder=str(spool), min_free_mb=0))
    assert isinstance(source, ServerSource)
    source.prepare()
    for folder in local.rglob("*"):
        folder.chmod(0o777)  # the person who drops files is another user
    return local, source
