"""Puts a task's copy into its own load folders below the dropoff root, where no scan looks."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from refdata.core.dropnames import TASK_FOLDER, task_key, unfinished
from refdata.core.errors import DropoffError
from refdata.dropoff.osfiles import exists, parents_made, remove, rename_exclusive, root_folder, sync_folder, translated
from refdata.dropoff.tree import load_folder

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def deliver(root: Path, path: str, chunks: Iterable[bytes], changed_ns: int) -> None:
    """Writes a task's copy; one that is there already stays, because another attempt may be loading it.

    The copy appears when it is complete. It keeps the time of its original, and so its place in its table's turn.

    :param path: from ``dropnames.task_path``.
    :raises DropoffError: when it is another path.
    """
    if not task_key(path):
        raise DropoffError("It is not a task's path", where=path, advice="Drop the file into a load folder instead.")
    with root_folder(root) as top, translated(path), parents_made(top, path) as (folder, name):
        if exists(folder, name):
            return
        with suppress(FileExistsError):
            _appear(folder, name, chunks, changed_ns)


def put(root: Path, path: str, content: bytes) -> None:
    """Drops a small file of refdata's own into a load folder; it is hidden until it is complete.

    :raises DropoffError: when the path is not a drop's path.
    """
    with load_folder(root, path) as (folder, name), translated(path):
        _appear(folder, name, (content,), time.time_ns())


def _appear(folder: int, name: str, chunks: Iterable[bytes], changed_ns: int) -> None:
    """Writes a file out of sight, and shows it under its name when it is complete.

    :raises FileExistsError: when there is one of that name.
    """
    passing = unfinished(secrets.token_hex(8))
    try:
        _write(folder, passing, chunks, changed_ns)
        rename_exclusive(folder, passing, folder, name)
        sync_folder(folder)
    finally:
        remove(folder, passing)


def clear(root: Path, path: str) -> None:
    """Removes a task's own folders, with what killed attempts left in them. Only when its file is loaded or archived.

    A retry that needs them makes them again.
    """
    if key := task_key(path):
        shutil.rmtree(root / TASK_FOLDER / key, ignore_errors=True)


def _write(folder: int, name: str, chunks: Iterable[bytes], changed_ns: int) -> None:
    handle = os.open(name, _CREATE, 0o666, dir_fd=folder)
    with os.fdopen(handle, "wb") as copy:
        for chunk in chunks:
            copy.write(chunk)
        copy.flush()
        os.utime(handle, ns=(changed_ns, changed_ns))
        os.fsync(handle)
