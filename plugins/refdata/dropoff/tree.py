"""The dropoff tree: what it contains, and how to open a released file without ever leaving it.

    <root>/reference_data_table/{fullload,append}/*.csv
    <root>/none_reference_data_table/{fullload,append}/*.csv

Inside each load folder, ``processed`` and ``error`` contain the archived files; a scan ignores folders there.

Every folder below the root is opened relative to the one above it and never through a symbolic link
(``openat`` with O_NOFOLLOW), so no name can lead out of the tree, not even while somebody swaps folders.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from refdata.core.dropnames import (
    CLASS_FOLDERS,
    LOAD_FOLDERS,
    OWN_PREFIX,
    REFERENCE_FOLDER,
    any_name,
    is_candidate,
    load_of,
    name_fault,
    printable,
    task_key,
)
from refdata.core.errors import (
    ConfigurationError,
    DropoffError,
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
)
from refdata.core.filetypes import CSV_ONLY, listed
from refdata.core.model import DROPPED_TYPES, DroppedFile, LoadType
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.osfiles import look, rename_exclusive, root_folder, subfolder, translated

_LOOK_AT_MOST = 1_000
"""Entries of a foreign folder that are searched for misplaced files."""
OUTSIDE = f"it is outside the load folders ({', '.join(LOAD_FOLDERS)})"
_BACK_PREFIX = f"{OWN_PREFIX}back-"
_MOST_TOUCHES, _TOUCH_PAUSE = 3_000, 0.001
"""Touches of a file that is handed back, and the seconds between them: more than a clock of whole seconds needs."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that looks like a drop but is not one.

    ``path`` is relative to the root and safe to log; ``changed_ns`` is when it last changed.
    """

    path: str
    reason: str
    changed_ns: int = 0


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The result of one scan of the tree, in no particular order."""

    files: tuple[DroppedFile, ...]
    malformed: tuple[Malformed, ...]


def ensure_tree(root: Path) -> None:
    """Creates the root and its four load folders if they are missing.

    For setup only. The watcher never calls it: a missing root is more often a missing mount.
    """
    for folder in LOAD_FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)


def scan(
    root: Path,
    archives: frozenset[str] = frozenset(),
    types: frozenset[str] = CSV_ONLY,
    wanted: Callable[[str], bool] = any_name,
) -> ScanResult:
    """All files waiting in the load folders, and everything misplaced; one ``lstat`` per file.

    An unreadable folder is reported as malformed; an unreadable file is found, and its load refuses it.

    :param archives: folders to skip, together with those above them that are not part of the tree; as paths
        relative to the root.
    :param types: the file types to take up.
    :param wanted: which names in load folders to look at.
    :raises ConfigurationError: when the root is missing or contains none of the load folders.
    :raises PermissionDeniedError: when the root is not readable.
    :raises FileBusyError: when the storage currently fails.
    """
    findings = _Findings([], [], _with_parents(archives), types, wanted)
    with root_folder(root) as top, translated(str(root)):
        _note_misplaced(top, "", frozenset(CLASS_FOLDERS), findings)
        for kind in CLASS_FOLDERS:
            _visit(top, kind, findings, _visit_kind)
    if not findings.folders:
        raise ConfigurationError(
            "The dropoff root contains none of the load folders",
            where=str(root),
            advice=f"Check that the right folder is mounted, or create {', '.join(LOAD_FOLDERS)} in it",
        )
    return ScanResult(tuple(findings.files), tuple(findings.malformed))


def open_dropped(root: Path, path: str, expected: str) -> BinaryIO:
    """A released file, opened for reading; the caller closes it.

    The handle is that of exactly the file that was released. ``check_unchanged`` reports afterwards
    whether it stayed the same while it was read.

    :param path: relative to the root, as in ``DroppedFile``.
    :raises FileChangedError: when the file is gone or replaced.
    :raises DropoffError: when the path leaves the load folders, or is a link or not a regular file.
    :raises PermissionDeniedError: when it is not readable.
    :raises FileBusyError: when the storage currently fails.
    """
    with load_folder(root, path) as (folder, name), translated(path):
        _require_plain(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
        # O_NONBLOCK: if a pipe replaces the file right now, opening it must not wait for a writer.
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    stream = os.fdopen(handle, "rb")
    try:
        _require_plain(os.fstat(handle), path)
        check_unchanged(stream, path, expected)
    except RefdataError:
        stream.close()
        raise
    return stream


def check_unchanged(stream: BinaryIO, path: str, expected: str) -> None:
    """Raises FileChangedError when the open file is no longer the one that was released."""
    with translated(path):
        current = identity_of(os.fstat(stream.fileno()))
    if current != expected:
        raise changed(path)


def hand_back(root: Path, file: DroppedFile) -> str:
    """Gives a file that cannot be loaded for now back to the watcher, which treats it as a new drop.

    Only its ctime changes: it keeps its place in its table's turn, and its next load gets its own run. The kernel's
    clock for files ticks every few milliseconds (on some network drives every second), so a file that has just come is
    touched until its time is another.

    :returns: its new identity.
    :raises FileChangedError: when it is gone or replaced; a replacement is watched anyway.
    :raises PermissionDeniedError: when its folder is not writable.
    """
    with load_folder(root, file.path) as (folder, name), translated(file.path):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if identity_of(status) != file.identity:
            raise changed(file.path)
        for _ in range(_MOST_TOUCHES):
            _touch(folder, name, status)
            identity = identity_of(os.stat(name, dir_fd=folder, follow_symlinks=False))
            if identity != file.identity:
                break
            time.sleep(_TOUCH_PAUSE)
        return identity


def _touch(folder: int, name: str, status: os.stat_result) -> None:
    try:
        os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=folder, follow_symlinks=False)
    except PermissionError:
        # Only the owner may set times; renaming there and back needs only rights on the folder.
        os.rename(name, _BACK_PREFIX + name, src_dir_fd=folder, dst_dir_fd=folder)
        rename_exclusive(folder, _BACK_PREFIX + name, folder, name)


def recover_handed_back(root: Path) -> tuple[str, ...]:
    """Puts back the files that a crash inside ``hand_back`` left under a hidden name; returns their paths."""
    recovered = []
    for place in LOAD_FOLDERS:
        # A missing load folder contains nothing to recover; the scan reports one that is a link or unreadable.
        unusable = suppress(FileBusyError, DropoffError, PermissionDeniedError)
        with unusable, load_folder(root, f"{place}/x.csv") as (folder, _), translated(place):
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(_BACK_PREFIX)]
            for hidden in names:
                name = hidden.removeprefix(_BACK_PREFIX)
                if look(folder, name) is None:
                    rename_exclusive(folder, hidden, folder, name)
                    recovered.append(f"{place}/{name}")
    return tuple(recovered)


def identity_at(root: Path, path: str) -> str | None:
    """The identity of what is at a drop's path, or None when nothing is."""
    try:
        with load_folder(root, path) as (folder, name), translated(path):
            return identity_of(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileChangedError:
        return None


def holds_drop(root: Path, path: str) -> bool:
    """Whether a regular file with no second name is at a drop's path."""
    try:
        with load_folder(root, path) as (folder, name), translated(path):
            return not _file_fault(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileChangedError:
        return False


def identity_of(status: os.stat_result) -> str:
    """The identity of a file, from what ``stat`` reports."""
    return str(PosixIdentity.of(status))


@contextmanager
def load_folder(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A handle of the load folder that a drop's path names, and the drop's name in it.

    :raises DropoffError: when the path is not a drop's path, or a folder on the way is a link.
    :raises FileBusyError: when a folder on the way is missing.
    """
    load_of(path)
    *folders, name = path.split("/")
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(root_folder(root))
            for part in folders:
                folder = stack.enter_context(_subfolder_of_drop(folder, part, path))
        except ConfigurationError as error:
            raise _away(path) from error
        yield folder, name


@contextmanager
def _subfolder_of_drop(folder: int, part: str, path: str) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            with translated(path):
                opened = stack.enter_context(subfolder(folder, part))
        except FileChangedError as error:
            if task_key(path):
                raise  # its folders go with the file
            raise _away(path) from error
        yield opened


def _away(path: str) -> FileBusyError:
    """The error of a file whose folder is missing: a lost mount must not look like a file that somebody removed."""
    return FileBusyError(
        "The file's folder is missing",
        where=printable(path),
        advice="Nothing if it returns: the load is retried. Otherwise mount it, or create the load folders",
    )


def changed(path: str) -> FileChangedError:
    """The error of a file that is not the one that was released."""
    return FileChangedError(
        "The file changed after its release", where=printable(path), advice="Nothing; it is watched again"
    )


def _require_plain(status: os.stat_result, path: str) -> None:
    if fault := _file_fault(status):
        raise DropoffError(
            f"It cannot be loaded: {fault}", where=printable(path), advice="Drop a plain file with the data."
        )


def _file_fault(status: os.stat_result) -> str:
    """Why what ``lstat`` describes is not a file to load, or ``""``."""
    kinds = {
        stat.S_IFLNK: "it is a symbolic link",
        stat.S_IFDIR: "it is a folder",
        stat.S_IFIFO: "it is a pipe",
        stat.S_IFSOCK: "it is a socket",
        stat.S_IFCHR: "it is a device",
        stat.S_IFBLK: "it is a device",
    }
    if not stat.S_ISREG(status.st_mode):
        return kinds.get(stat.S_IFMT(status.st_mode), "it is not a regular file")
    # A second name may be outside the tree, expose data that its dropper may not read, and be written through.
    return "" if status.st_nlink == 1 else f"it is a hard link with {status.st_nlink} names"


@dataclass(slots=True)
class _Findings:
    """The result of a scan; ``archives`` are skipped, ``folders`` counts the load folders that exist."""

    files: list[DroppedFile]
    malformed: list[Malformed]
    archives: frozenset[str]
    types: frozenset[str]
    wanted: Callable[[str], bool]
    folders: int = 0

    def takes(self, name: str) -> bool:
        """Whether a name is to be loaded."""
        return is_candidate(name, self.types)

    def refuse(self, path: str, reason: str, status: os.stat_result | None) -> None:
        self.malformed.append(Malformed(printable(path), reason, status.st_mtime_ns if status else 0))


def _with_parents(paths: frozenset[str]) -> frozenset[str]:
    """The paths and all folders above them, relative to the root."""
    return frozenset("/".join(parts[:depth]) for path in paths for parts in [path.split("/")]
                     for depth in range(1, len(parts) + 1))  # fmt: skip


def _visit(parent: int, path: str, findings: _Findings, visitor: Callable[[int, str, _Findings], None]) -> None:
    """Calls the visitor with a folder of the tree; a missing one is skipped, a false one refused."""
    name = path.rpartition("/")[2]
    try:
        with subfolder(parent, name) as folder:
            visitor(folder, path, findings)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        findings.refuse(path, "it is not a real folder", look(parent, name))
    except OSError as fault:
        if fault.errno not in (errno.ELOOP, errno.EACCES, errno.EPERM):
            raise
        reason = "it is a symbolic link" if fault.errno == errno.ELOOP else "it is not readable"
        findings.refuse(path, reason, look(parent, name))


def _visit_kind(folder: int, path: str, findings: _Findings) -> None:
    loads = [load.value for load in DROPPED_TYPES]
    _note_misplaced(folder, f"{path}/", frozenset(loads), findings)
    for load in loads:
        _visit(folder, f"{path}/{load}", findings, _visit_load_folder)


def _visit_load_folder(folder: int, path: str, findings: _Findings) -> None:
    findings.folders += 1
    kind, _, load = path.partition("/")
    load_type, is_reference_data = LoadType(load), kind == REFERENCE_FOLDER
    with os.scandir(folder) as entries:
        for entry in entries:
            if not findings.wanted(entry.name) or not findings.takes(entry.name):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since the folder was read
            where = f"{path}/{entry.name}"
            if fault := name_fault(entry.name) or _file_fault(status):
                findings.refuse(where, fault, status)
            else:
                findings.files.append(
                    PosixIdentity.of(status).dropped(where, load_type, is_reference_data=is_reference_data)
                )


def _note_misplaced(folder: int, prefix: str, expected: frozenset[str], findings: _Findings) -> None:
    """Refuses what looks like a drop directly in a folder that takes none, and foreign folders that contain some."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.name in expected or entry.name.startswith(".") or path in findings.archives:
                continue
            if not entry.is_dir(follow_symlinks=False):
                if findings.takes(entry.name):
                    findings.refuse(path, OUTSIDE, look(folder, entry.name))
            elif holds_drops(folder, entry.name, findings.takes, depth=2):
                findings.refuse(
                    path, f"it contains {listed(findings.types)} files, but {OUTSIDE}", look(folder, entry.name)
                )
            elif findings.takes(entry.name):
                findings.refuse(path, "it is a folder", look(folder, entry.name))


def holds_drops(parent: int, name: str, takes: Callable[[str], bool], depth: int) -> bool:
    """Whether a foreign folder, or one below it, contains what looks like a drop.

    Only part of it is searched: a data tree below the root must not slow the watcher down.
    """
    try:
        with subfolder(parent, name) as folder, os.scandir(folder) as entries:
            return any(
                takes(entry.name)
                or (
                    depth > 1
                    and entry.is_dir(follow_symlinks=False)
                    and holds_drops(folder, entry.name, takes, depth - 1)
                )
                for entry in islice(entries, _LOOK_AT_MOST)
            )
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False  # gone in the meantime, or not ours
