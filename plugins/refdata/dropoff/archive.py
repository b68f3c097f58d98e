"""Moves a dropped file to its archive exactly once despite crashes, and puts the reason beside a refused one.

The archive name follows from the drop's name and a time that is the same at every retry (the ledger
row's ``created_at``); it is numbered when another file has it. A call repeated after a crash finds the
file by inode, size and mtime where the earlier call left it, and continues from there. Within a filesystem
the move is one exclusive rename. Across filesystems the copy appears complete under its final name, and
only then is the original removed.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from refdata.core.dropnames import OWN_PREFIX, beside, error_name, printable
from refdata.core.errors import FileChangedError
from refdata.core.failure import Failure
from refdata.core.maintenance import ArchivedFile
from refdata.core.model import DroppedFile
from refdata.core.stability import digest
from refdata.dropoff.archivefolders import archive_folder, is_link
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.osfiles import (
    copy_to,
    look,
    remove,
    rename_exclusive,
    sync_folder,
    translated,
    write_whole,
)
from refdata.dropoff.tree import Malformed, changed, load_folder


class Names(Protocol):
    """Archive names of a drop, numbered from 1."""

    def __call__(self, name: str, *, number: int) -> str:
        """The archive name with that number."""


def move(
    root: Path,
    file: DroppedFile,
    archive_root: Path,
    names: Names,
    rejects: Path,
    reason: dict[str, Any] | None = None,
) -> str:
    """Moves the file, then puts reason and rejects beside it; returns the final path, ``""`` when the file is gone.

    The file moves first: from then on its name, and the names beside it, belong to this load alone.

    :raises DropoffError: when the file's path is not a drop's path.
    :raises PermissionDeniedError: when a folder is not writable.
    :raises FileBusyError, StorageFullError: when the storage currently fails.
    """
    with (
        load_folder(root, file.path) as (source, name),
        archive_folder(root, archive_root, create=True) as target,
        translated(file.path),
    ):
        try:
            archived = _Move(source, name, target, names, file).run()
        except (FileChangedError, FileNotFoundError):
            return ""
        sync_folder(source)
        if reason is not None:
            write_whole(target, beside(archived, "error.json"), _json(reason))
        _put_rejects(root, rejects, target, beside(archived, "rejects.csv"))
        sync_folder(target)
    return str(archive_root / archived)


def find(file: DroppedFile, root: Path, archive_root: Path, names: Names) -> str:
    """Where an earlier ``move`` put the file; ``""`` when it did not. Changes nothing."""
    if not archive_root.is_dir() or is_link(root, archive_root):
        return ""
    with archive_folder(root, archive_root) as target:
        taken, _ = _Move(-1, file.name, target, names, file).candidates()
    return next(
        (
            str(archive_root / name)
            for name, status in taken.items()
            if _alike(status, PosixIdentity.read(file.identity))
        ),
        "",
    )


def rejects_name(load_id: int | str) -> str:
    """The hidden name of a load's rejects while it runs."""
    return f"{OWN_PREFIX}rejects-{load_id}.csv"


def rejects_in(error_root: Path) -> dict[int, Path]:
    """The rejects files under hidden names, by load."""
    start, _, end = rejects_name("*").partition("*")
    paths = {path.name.removeprefix(start).removesuffix(end): path for path in error_root.glob(rejects_name("*"))}
    return {int(load_id): path for load_id, path in paths.items() if load_id.isdecimal()}


def reason_document(failure: Failure, path: str, load_id: int, received: datetime) -> dict[str, Any]:
    """The content of an ``.error.json``."""
    return {
        "category": failure.category,
        "message": failure.what,
        "place": failure.where,
        "what_to_do": failure.advice,
        "load_id": load_id,
        "received_at": (received if received.tzinfo else received.replace(tzinfo=UTC)).isoformat(),
        "original_path": printable(path),
    }


def files_in(root: Path, folder: Path) -> Iterator[ArchivedFile]:
    """The files of an archive folder; none where it is missing, or a link in a load folder."""
    if not folder.is_dir() or is_link(root, folder):
        return
    with translated(str(folder)), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                yield ArchivedFile(entry.name, entry.stat(follow_symlinks=False).st_size, str(folder))


def delete(root: Path, folder: Path, name: str) -> None:
    """Deletes a file of an archive folder.

    :raises DropoffError: when the folder is a link in a load folder.
    """
    with archive_folder(root, folder) as handle, translated(str(folder / name)):
        remove(handle, name)


@contextmanager
def opened(root: Path, folder: Path, name: str) -> Iterator[BinaryIO]:
    """A file of an archive folder.

    :raises FileChangedError: when it is not there.
    :raises DropoffError: when the folder or the file is a link in a load folder.
    """
    with archive_folder(root, folder) as handle, translated(str(folder / name)):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def report_malformed(root: Path, error_root: Path, place: Malformed) -> str:
    """Explains in an ``.error.json`` why something in the tree is not a drop; written once. The thing itself stays."""
    moment = datetime.fromtimestamp(place.changed_ns // 1_000_000_000, UTC)
    name = beside(error_name(place.path.rpartition("/")[2], moment), "error.json")
    document = {
        "category": "dropoff",
        "message": f"Not loaded: {place.reason}",
        "place": place.path,
        "what_to_do": "Drop a regular .csv file into one of the load folders, and remove what is here",
        "original_path": place.path,
    }
    with archive_folder(root, error_root, create=True) as target, translated(str(error_root)):
        if look(target, name) is None:
            write_whole(target, name, _json(document))
    return str(error_root / name)


class _Move:
    """One file on its way from its load folder to an archive folder."""

    def __init__(self, source: int, name: str, target: int, names: Names, file: DroppedFile) -> None:
        self.source = source
        self.name = name
        self.target = target
        self.names = names
        self.file = file
        self.identity = PosixIdentity.read(file.identity)
        self.key = f"{digest(file.path)}{digest(file.identity)}"
        self.passing = f"{OWN_PREFIX}moving-{self.key}"

    def archived(self, number: int) -> str:
        """The archive name with that number."""
        return self.names(self.name, number=number)

    def run(self) -> str:
        """Moves the file unless an earlier call did; returns its name in the archive."""
        taken, free = self.candidates()
        if done := self._moved_already(taken):
            return done
        for number in count(free):
            try:
                self._take(self.archived(number))
            except FileExistsError:
                continue  # another load took the name since we looked
            except (FileChangedError, FileNotFoundError):
                # Gone since we looked: removed, or moved by a second process doing the same.
                if done := self._moved_already(self.candidates()[0]):
                    return done
                raise
            return self.archived(number)
        raise AssertionError("count() never ends")

    def candidates(self) -> tuple[dict[str, os.stat_result], int]:
        """Our names that are taken, and the first number that is free."""
        taken: dict[str, os.stat_result] = {}
        for number in count(1):
            status = look(self.target, self.archived(number))
            if status is None:
                return taken, number
            taken[self.archived(number)] = status
        raise AssertionError("count() never ends")

    def _moved_already(self, taken: dict[str, os.stat_result]) -> str:
        """The name that an earlier call gave the file, after finishing what that call left open."""
        passing = look(self.target, self.passing)
        for name, status in taken.items():
            if passing is not None and status.st_ino == passing.st_ino:
                self._finish_copy()
                return name
            if _same(status, self.identity):
                return name
        if not self._present():
            # A copy has its own inode; once the original is gone, size and mtime identify it.
            return next((name for name, status in taken.items() if _alike(status, self.identity)), "")
        return ""

    def _present(self) -> bool:
        status = look(self.source, self.name)
        return status is not None and _same(status, self.identity)

    def _take(self, archived: str) -> None:
        if not self._present():
            raise changed(self.file.path)
        try:
            rename_exclusive(self.source, self.name, self.target, archived)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            self._copy(archived)
            return
        self._require_ours(self.target, archived)

    def _copy(self, archived: str) -> None:
        if not _same(copy_to(self.source, self.name, self.target, self.passing), self.identity):
            remove(self.target, self.passing)
            raise changed(self.file.path)
        try:
            # If we die now, the second name proves that this copy is ours.
            os.link(self.passing, archived, src_dir_fd=self.target, dst_dir_fd=self.target)
        except FileExistsError:
            raise
        except OSError:
            # No hard links here, so a crash before the original is removed would leave two copies.
            rename_exclusive(self.target, self.passing, self.target, archived)
        sync_folder(self.target)
        self._finish_copy()

    def _finish_copy(self) -> None:
        """Removes the original of a finished copy, but nothing that has replaced it."""
        gone = f"{OWN_PREFIX}gone-{self.key}"
        if self._present():
            os.rename(self.name, gone, src_dir_fd=self.source, dst_dir_fd=self.source)
            self._require_ours(self.source, gone)
        remove(self.source, gone)
        remove(self.target, self.passing)

    def _require_ours(self, folder: int, name: str) -> None:
        """Puts back a file that replaced ours at the moment of the rename."""
        status = look(folder, name)
        if status is not None and not _same(status, self.identity):
            rename_exclusive(folder, name, self.source, self.name)
            raise changed(self.file.path)


def _alike(status: os.stat_result, identity: PosixIdentity) -> bool:
    return (status.st_size, status.st_mtime_ns) == (identity.size, identity.mtime_ns)


def _same(status: os.stat_result, identity: PosixIdentity) -> bool:
    # ctime is left out: the move itself changes it.
    return status.st_ino == identity.inode and _alike(status, identity)


def _put_rejects(root: Path, rejects: Path, target: int, name: str) -> None:
    """Moves the rejects, if any, to their place; an earlier attempt may have done so."""
    if not rejects.exists():
        return
    with archive_folder(root, rejects.parent) as source:
        try:
            os.replace(rejects.name, name, src_dir_fd=source, dst_dir_fd=target)
        except FileNotFoundError:
            return  # a second process archiving the same file put them there
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
            passing = f"{OWN_PREFIX}moving-{digest(str(rejects))}"
            copy_to(source, rejects.name, target, passing)
            os.replace(passing, name, src_dir_fd=target, dst_dir_fd=target)
            remove(source, rejects.name)


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
