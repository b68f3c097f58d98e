"""The file operations that dropoff and archive share: folder handles, exclusive renames, clear errors."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from refdata.core.dropnames import OWN_PREFIX, printable, unfinished
from refdata.core.errors import (
    ConfigurationError,
    DropoffError,
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    StorageFullError,
)
from refdata.core.stability import digest

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_LOCK_NAME = f"{OWN_PREFIX}lock"


def error_of(fault: OSError, where: str) -> RefdataError:
    """The error of the tree for what the operating system reported about a file."""
    said = (
        f"{os.strerror(fault.errno)} ({errno.errorcode.get(fault.errno, fault.errno)})" if fault.errno else str(fault)
    )
    match fault.errno:
        case errno.ENOENT:
            return FileChangedError(
                "The file is gone", where=where, advice="Nothing; if it returns, it is watched again"
            )
        case errno.ELOOP | errno.ENOTDIR:
            return DropoffError(
                "A symbolic link or a file is in the way", where=where, advice="Replace it with real folders and files"
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return PermissionDeniedError(
                f"The operating system refused: {said}",
                where=where,
                advice=f"Allow Airflow's user (uid {os.geteuid()}) to read the file and write to its folder",
            )
        case errno.ENOSPC | errno.EDQUOT:
            return StorageFullError(f"No space is left: {said}", where=where, advice="Free space or raise the quota")
        case _:
            return FileBusyError(f"The storage failed: {said}", where=where, advice="Nothing: it is retried")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turns every OSError of the body into an error of the tree that names the path."""
    try:
        yield
    except OSError as fault:
        raise error_of(fault, printable(path)) from fault


@contextmanager
def root_folder(root: Path) -> Iterator[int]:
    """A handle of a folder that a setting names, which may be a symbolic link made by the administrator.

    :raises ConfigurationError: when it is missing or not a folder.
    :raises PermissionDeniedError: when it is not readable.
    """
    try:
        handle = os.open(root, _FOLDER)
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise ConfigurationError(
            "The folder is missing" if isinstance(fault, FileNotFoundError) else "Not a folder",
            where=str(root),
            advice="Create or mount it, or correct the setting that names it",
        ) from fault
    except OSError as fault:
        raise error_of(fault, str(root)) from fault
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def subfolder(parent: int, name: str) -> Iterator[int]:
    """A handle of a real folder directly below an open one.

    :raises OSError: ELOOP or ENOTDIR when it is a symbolic link or not a folder.
    """
    handle = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def parents_made(folder: int, path: str) -> Iterator[tuple[int, str]]:
    """A handle of the last folder of a path, made if necessary, and the name in it."""
    *parts, name = path.split("/")
    with ExitStack() as stack:
        for part in parts:
            with suppress(FileExistsError):
                os.mkdir(part, 0o770, dir_fd=folder)
            folder = stack.enter_context(subfolder(folder, part))
        yield folder, name


def rename_exclusive(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """Renames within one filesystem and never overwrites.

    ``renameat2`` with RENAME_NOREPLACE; where the filesystem lacks it (NFS), a check and a rename under
    a lock that all of refdata's renames into the folder take. A hard link instead of the rename would
    fail for files of other owners (``fs.protected_hardlinks``).

    :raises FileExistsError: when the target name is taken.
    """
    # use_errno keeps the error code from being overwritten between the call and reading it.
    libc = ctypes.CDLL(None, use_errno=True)
    names = (source_folder, os.fsencode(source), target_folder, os.fsencode(target))
    if hasattr(libc, "renameat2"):
        if libc.renameat2(*names, _RENAME_NOREPLACE) == 0:
            return
        code = ctypes.get_errno()
        if code not in _NOT_SUPPORTED:
            raise OSError(code, os.strerror(code), source, None, target)
    rename_locked(source_folder, source, target_folder, target)


def rename_locked(source_folder: int, source: str, target_folder: int, target: str) -> None:
    """``rename_exclusive`` for filesystems without RENAME_NOREPLACE."""
    lock = os.open(_LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660, dir_fd=target_folder)
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        if exists(target_folder, target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)
        os.rename(source, target, src_dir_fd=source_folder, dst_dir_fd=target_folder)
    finally:
        os.close(lock)


def look(folder: int, name: str) -> os.stat_result | None:
    """``lstat`` of a name in an open folder, or None when there is none."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def exists(folder: int, name: str) -> bool:
    """Whether a name is taken, even by a dangling link."""
    return look(folder, name) is not None


def remove(folder: int, name: str) -> None:
    """Removes a name if it exists."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def copy_to(source_folder: int, source: str, target_folder: int, target: str) -> os.stat_result:
    """Copies a file with its mode and times, synced to disk before returning; overwrites a leftover of an earlier try.

    :returns: ``fstat`` of the source after the last byte was read.
    """
    remove(target_folder, target)
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=source_folder)
    with os.fdopen(reading, "rb") as original:
        writing = os.open(target, _WRITE | os.O_EXCL, 0o600, dir_fd=target_folder)
        with os.fdopen(writing, "wb") as copy:
            shutil.copyfileobj(original, copy, 1 << 20)
            copy.flush()
            status = os.fstat(reading)
            os.fchmod(writing, status.st_mode & 0o777)
            os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fsync(writing)
    return status


def write_whole(folder: int, name: str, data: bytes) -> None:
    """Writes a small file so that a reader sees either all of it or the previous content."""
    passing = unfinished(digest(name))
    with os.fdopen(os.open(passing, _WRITE, 0o666, dir_fd=folder), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.replace(passing, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        if not exists(folder, name):
            raise
        # A second process writing the same content was faster.


def sync_folder(folder: int) -> None:
    """Makes renames in a folder durable, where its filesystem can (some network ones answer EINVAL)."""
    try:
        os.fsync(folder)
    except OSError as fault:
        if fault.errno not in _NOT_SUPPORTED:
            raise
