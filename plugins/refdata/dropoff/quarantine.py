"""Where uploaded files wait until somebody loads or discards them: a hidden folder in the dropoff root.

    <root>/.refdata-uploads/<id>/<class folder>/<load type>/<file>
    <root>/.refdata-uploads/<id>/upload.json

Each upload has a tree of its own, so it is read by the same code as a drop, while no scan of the root sees it. The
record is written last: a folder without one is an upload that was interrupted. ``release`` is one exclusive rename.
Every folder is opened relative to the one above it and never through a link.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from refdata.core.dropnames import OWN_PREFIX, printable, unfinished
from refdata.core.errors import DataError, LockTimeoutError, StorageFullError
from refdata.core.stability import digest
from refdata.core.uploads import MEGABYTE, Upload, UploadLimits
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.osfiles import (
    copy_to,
    parents_made,
    remove,
    rename_exclusive,
    root_folder,
    subfolder,
    sync_folder,
    translated,
    write_whole,
)
from refdata.dropoff.tree import load_folder

UPLOADS = f"{OWN_PREFIX}uploads"
_RECORD, _LOCK = "upload.json", "lock"
_MOST_ID = 2**31 - 1
_COUNTED_EVERY = 32 * MEGABYTE
"""Bytes after which a running upload looks again at what the others take up."""
_INTERRUPTED_AFTER = timedelta(hours=1)
"""Age of the last change after which an upload without a record is one that was interrupted."""
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Incoming:
    """An upload that is being received; ``write`` raises once it is too large."""

    quarantine: Quarantine
    upload: Upload
    stream: BinaryIO
    size: int = 0
    _room: int = 0

    def write(self, chunk: bytes) -> None:
        """Appends bytes.

        :raises DataError: when the file, or all files that wait, would be larger than allowed.
        :raises StorageFullError: when the disk would be too full.
        """
        self.size += len(chunk)
        self._room -= len(chunk)
        if self.size > self.quarantine.limits.file_bytes:
            raise too_large(self.quarantine.limits)
        if self._room < 0:
            self.quarantine.require_room(self.size)
            self._room = _COUNTED_EVERY
        with translated(self.upload.name):
            self.stream.write(chunk)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The uploads below one dropoff root."""

    root: Path
    limits: UploadLimits

    @contextmanager
    def receive(self, path: str, original: str, by: str, at: datetime, size: int = 0) -> Iterator[Incoming]:
        """Takes an upload in: write its bytes, and ``keep`` what came. Without that nothing stays.

        :param path: that of the drop that it becomes.
        :param size: the announced size; 0 when it is unknown.
        :raises DataError: when it would be too large, or too much waits already.
        :raises StorageFullError: when the disk would be too full.
        """
        if size > self.limits.file_bytes:
            raise too_large(self.limits)
        self.require_room(size)
        number = self._new_folder()
        try:
            with self._folder(number) as folder, self._created(folder, path) as stream:
                yield Incoming(self, Upload(number, path, original, size, by, at), stream)
        finally:
            if not self._is_kept(number):
                self.discard(number)

    def keep(self, incoming: Incoming) -> Upload:
        """Records a complete upload; from now on it is listed."""
        upload = incoming.upload
        done = Upload(upload.id, upload.path, upload.original, incoming.size, upload.by, upload.at)
        with translated(done.name), self._folder(done.id) as folder:
            incoming.stream.flush()
            os.fsync(incoming.stream.fileno())
            write_whole(folder, _RECORD, _as_json(done))
        return done

    def all(self) -> tuple[Upload, ...]:
        """The complete uploads, oldest first."""
        uploads = [upload for number in self._numbers() if (upload := self._read(number)) is not None]
        return tuple(sorted(uploads, key=lambda one: (one.at, one.id)))

    def get(self, number: int) -> Upload:
        """One upload.

        :raises DataError: when there is none of that number.
        """
        upload = self._read(number)
        if upload is None:
            raise _gone(number)
        return upload

    def tree(self, upload: Upload) -> Path:
        """The root of the upload's own dropoff tree."""
        return self.root / UPLOADS / str(upload.id)

    def file(self, upload: Upload) -> Path:
        """The file itself, for a scanner."""
        return self.tree(upload) / upload.path

    def retarget(self, upload: Upload, path: str) -> Upload:
        """Gives the upload the path of another drop.

        :raises DataError: when it is gone.
        """
        if path == upload.path:
            return upload
        moved = Upload(upload.id, path, upload.original, upload.size, upload.by, upload.at)
        with self._folder(upload.id) as folder, translated(upload.name):
            with parents_made(folder, upload.path) as (source, old), parents_made(folder, path) as (target, new):
                rename_exclusive(source, old, target, new)
            write_whole(folder, _RECORD, _as_json(moved))
        return moved

    def release(self, upload: Upload, announce: Callable[[str], None]) -> None:
        """Moves the file to its load folder, complete or not at all, and forgets the upload.

        :param announce: called before the move with the key that orders the turn of the drop.
        :raises DataError: when a file of that name waits there already, or the upload is gone.
        """
        with (
            self._folder(upload.id) as folder,
            parents_made(folder, upload.path) as (source, name),
            load_folder(self.root, upload.path) as (target, _),
            translated(upload.path),
        ):
            os.utime(name, dir_fd=source, follow_symlinks=False)  # files of a table take turns by age
            announce(PosixIdentity.of(os.stat(name, dir_fd=source, follow_symlinks=False)).order(name))
            try:
                _move(source, target, name)
            except FileExistsError:
                raise _taken(upload) from None
            sync_folder(target)
        self.discard(upload.id)

    def discard(self, number: int) -> None:
        """Deletes an upload; does nothing when there is none."""
        with suppress(FileNotFoundError), root_folder(self.root) as root, subfolder(root, UPLOADS) as folder:
            shutil.rmtree(str(number), dir_fd=folder, ignore_errors=True)

    @contextmanager
    def locked(self, number: int) -> Iterator[None]:
        """Keeps an upload for this process: others can neither examine, load nor delete it. A killed process frees it.

        :raises LockTimeoutError: when somebody else has it.
        :raises DataError: when it is gone.
        """
        with self._folder(number) as folder, translated(str(number)):
            handle = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660, dir_fd=folder)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # by handle: threads exclude each other, too
            except BlockingIOError as fault:
                os.close(handle)
                raise LockTimeoutError(
                    "Somebody is examining or loading this upload", where=str(number), advice="Try again in a moment."
                ) from fault
            try:
                yield
            finally:
                os.close(handle)

    def sweep(self, now: datetime) -> int:
        """Deletes uploads that nobody loaded in time, and what interrupted ones left; returns how many."""
        old = [number for number in self._numbers() if self._is_over(number, now)]
        for number in old:
            with suppress(LockTimeoutError, DataError), self.locked(number):
                self.discard(number)
        return len(old)

    def require_room(self, size: int) -> None:
        """:raises DataError: when too much waits already.
        :raises StorageFullError: when the disk would be too full.
        """
        waiting = sum(_bytes_in(self.root / UPLOADS / str(number)) for number in self._numbers())
        if waiting + size > self.limits.all_bytes:
            raise DataError(
                f"The uploads that wait would exceed {self.limits.all_bytes // MEGABYTE:,} MB together",
                where="uploads",
                advice="Load or discard uploads that wait, or ask an administrator to raise upload_folder_max_mb.",
            )
        with translated(str(self.root)):
            free = shutil.disk_usage(self.root).free
        if free - size < self.limits.free_bytes:
            raise StorageFullError(
                "The disk of the dropoff folder is too full for the upload",
                where="uploads",
                advice="Ask an administrator to free space (min_free_mb).",
            )

    def _is_over(self, number: int, now: datetime) -> bool:
        upload = self._read(number)
        if upload is not None and self.file(upload).exists():
            return now - upload.at > timedelta(hours=self.limits.keep_hours)
        changed = _changed_at(self.root / UPLOADS / str(number))
        return changed is not None and now - changed > _INTERRUPTED_AFTER

    def _new_folder(self) -> int:
        with root_folder(self.root) as root, translated(str(self.root)):
            with suppress(FileExistsError):
                os.mkdir(UPLOADS, 0o770, dir_fd=root)
            with subfolder(root, UPLOADS) as folder:
                while True:
                    number = 1 + secrets.randbelow(_MOST_ID)
                    with suppress(FileExistsError):
                        os.mkdir(str(number), 0o770, dir_fd=folder)
                        return number

    @staticmethod
    @contextmanager
    def _created(folder: int, path: str) -> Iterator[BinaryIO]:
        """A new file below an upload's folder, with the mode of any new file: another user may run the loads."""
        with ExitStack() as stack:
            with translated(path):
                parent, name = stack.enter_context(parents_made(folder, path))
                handle = os.open(name, _CREATE, 0o666, dir_fd=parent)
            yield stack.enter_context(os.fdopen(handle, "wb"))

    @contextmanager
    def _folder(self, number: int) -> Iterator[int]:
        with ExitStack() as stack:
            try:
                root = stack.enter_context(root_folder(self.root))
                uploads = stack.enter_context(subfolder(root, UPLOADS))
                folder = stack.enter_context(subfolder(uploads, str(number)))
            except (FileNotFoundError, NotADirectoryError):
                raise _gone(number) from None
            yield folder

    def _numbers(self) -> tuple[int, ...]:
        try:
            with root_folder(self.root) as root, subfolder(root, UPLOADS) as folder, translated(UPLOADS):
                with os.scandir(folder) as entries:
                    names = [entry.name for entry in entries]
                return tuple(int(name) for name in names if name.isascii() and name.isdecimal())
        except FileNotFoundError:
            return ()

    def _is_kept(self, number: int) -> bool:
        return self._read(number) is not None

    def _read(self, number: int) -> Upload | None:
        try:
            with self._folder(number) as folder:
                handle = os.open(_RECORD, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                with os.fdopen(handle, encoding="utf-8") as stream:
                    return _from_json(stream.read())
        except (DataError, FileNotFoundError):
            return None


def too_large(limits: UploadLimits) -> DataError:
    """The error of a file that is larger than allowed."""
    return DataError(
        f"The file is larger than {limits.file_bytes // MEGABYTE:,} MB",
        where="uploads",
        advice="Put it into the dropoff folder instead, or ask an administrator to raise upload_max_mb.",
    )


def _gone(number: int) -> DataError:
    return DataError(
        f"There is no upload {number}",
        where="uploads",
        advice="Somebody loaded or discarded it, or it waited too long. Upload the file again.",
    )


def _taken(upload: Upload) -> DataError:
    return DataError(
        f"A file {printable(upload.name)} is waiting in the folder already",
        where=upload.path,
        advice="Wait until it is loaded, then look at the differences again: somebody else dropped or uploaded it.",
    )


def _move(source: int, target: int, name: str) -> None:
    try:
        rename_exclusive(source, name, target, name)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
        # The load folder is on a disk of its own: the copy gets its name only when it is complete.
        passing = unfinished(digest(name))
        copy_to(source, name, target, passing)
        try:
            rename_exclusive(target, passing, target, name)
        finally:
            remove(target, passing)


def _as_json(upload: Upload) -> bytes:
    return json.dumps(asdict(upload) | {"at": upload.at.isoformat()}, ensure_ascii=False).encode()


def _from_json(text: str) -> Upload | None:
    try:
        values = json.loads(text)
        return Upload(**{**values, "at": datetime.fromisoformat(values["at"])})
    except (ValueError, TypeError, KeyError):
        return None


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).lstat().st_size
    return total


def _changed_at(folder: Path) -> datetime | None:
    """When something in an upload's folder last changed."""
    times = []
    for place, _, names in os.walk(folder):
        for path in (Path(place), *(Path(place) / name for name in names)):
            with suppress(OSError):
                times.append(path.lstat().st_mtime)
    return datetime.fromtimestamp(max(times), UTC).replace(tzinfo=None) if times else None
