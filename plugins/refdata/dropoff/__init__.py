"""The dropoff tree and its archives, as one object with the folders bound."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from refdata.core.dropnames import any_name, error_name, load_of, printable, processed_name, unfinished
from refdata.core.errors import DataError, DropoffError, FileChangedError, FormatError, named_in_errors
from refdata.core.failure import Failure
from refdata.core.filetypes import CSV_ONLY, enabled
from refdata.core.health import Check
from refdata.core.maintenance import ArchivedFile
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.dropoff import archive, delivering, foldercheck, leftovers, overlooked, tree
from refdata.dropoff.archive import Names
from refdata.dropoff.archivefolders import ERROR, PROCESSED, ArchiveFolders, archive_folder, create_inside, is_link
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.leftovers import Leftover, settle_rejects
from refdata.dropoff.osfiles import translated
from refdata.dropoff.tree import Malformed, ScanResult, ensure_tree

__all__ = ["ArchiveFolders", "Dropoff", "Leftover", "Malformed", "ScanResult", "ensure_tree"]


_CHUNK = 1 << 20
LOOK_PAUSE = 1.0
"""Seconds between two looks for people."""


@dataclass(frozen=True, slots=True)
class Dropoff:
    """The folders of one deployment, all paths absolute, and the types of files that are taken up there."""

    root: Path
    processed: ArchiveFolders
    error: ArchiveFolders
    file_types: frozenset[str] = CSV_ONLY

    @classmethod
    def of(cls, settings: Settings) -> Dropoff:
        """The folders that the settings name."""
        root = Path(settings.dropoff_root)
        gathered = (root / name if name else None for name in (settings.processed_root, settings.error_root))
        processed, error = map(partial(ArchiveFolders, root), (PROCESSED, ERROR), gathered)
        return cls(root, processed, error, enabled(settings.file_types))

    @property
    def archives(self) -> tuple[ArchiveFolders, ArchiveFolders]:
        """The archive of loaded files, and that of refused ones."""
        return self.processed, self.error

    @property
    def earlier_archives(self) -> tuple[ArchiveFolders, ...]:
        """The archives, each of which knows the one folder in which an earlier installation kept its files."""
        return self.archives

    def create_folders(self) -> None:
        """Creates root, load folders and the archives inside them if they are missing; see ``ensure_tree``."""
        ensure_tree(self.root)
        create_inside(self.root, self.archives)

    @property
    def place(self) -> str:
        """The root."""
        return str(self.root)

    @property
    def look_pause(self) -> float:
        """A second: many pages that ask at once cause one look."""
        return LOOK_PAUSE

    @property
    def shows_unfinished(self) -> bool:
        """A file in a folder grows in sight."""
        return True

    @property
    def takes_uploads(self) -> bool:
        """Uploads wait in a hidden folder of the root, see ``quarantine``."""
        return True

    def is_ready(self) -> bool:
        """Whether the root is there: a missing one is a missing mount."""
        return self.root.is_dir()

    def prepare(self) -> str:
        """Creates the folders, see ``create_folders``."""
        self.create_folders()
        return f"the four load folders in {self.root}, each with processed and error"

    def checks(self, min_free_mb: int) -> Iterable[Check]:
        """The state of the folders, see ``foldercheck``."""
        return foldercheck.checks(self.root, self.archives, min_free_mb)

    def put_own(self, path: str, content: bytes) -> None:
        """Drops a file of refdata's own, see ``delivering``."""
        delivering.put(self.root, path, content)

    def remove_own(self, path: str) -> None:
        """Removes a file of refdata's own from its load folder and the archives, never through a link."""
        stem = glob.escape(Path(path).stem)
        for folder in self._real(((self.root / path).parent, self.processed.of(path), self.error.of(path))):
            with translated(str(folder)):
                for found in folder.glob(f"*{stem}*"):
                    found.unlink(missing_ok=True)

    @property
    def state_folder(self) -> Path:
        """The root: marks are hidden files in it."""
        return self.root

    def dataset(self, path: str) -> tuple[str, str]:
        """Namespace and name of a drop, as lineage identifies a local file."""
        return "file", (self.root / path).absolute().as_posix()

    def scan(self, wanted: Callable[[str], bool] = any_name) -> ScanResult:
        """The files waiting in the tree now; see ``tree.scan``."""
        return tree.scan(self.root, self._archives_inside(), self.file_types, wanted)

    def overlooked(self) -> tuple[Malformed, ...]:
        """What a scan leaves alone without a word; see ``overlooked.overlooked``."""
        return overlooked.overlooked(self.root, self._archives_inside(), self.file_types)

    @contextmanager
    def open(self, file: DroppedFile) -> Iterator[str]:
        """A path under which this process reads exactly the file that was released, while the context lasts.

        The path leads through an open handle (``/proc/self/fd``), so a file that takes its place in the folder is not
        what is read. Raises what ``tree.open_dropped`` raises. Also raises FileChangedError at the end, when the file
        changed while it was read: the data read is then worthless, and any fault found in it says nothing about the
        file that is there now.
        """
        with tree.open_dropped(self.root, file.path, file.identity) as stream:
            path = f"/proc/self/fd/{stream.fileno()}"
            try:
                with named_in_errors(path, file.path):
                    yield path
            except (FormatError, DataError):
                tree.check_unchanged(stream, file.path, file.identity)
                raise
            tree.check_unchanged(stream, file.path, file.identity)

    def is_there(self, file: DroppedFile) -> bool:
        """Whether exactly the file that was released is still waiting in its folder."""
        return tree.identity_at(self.root, file.path) == file.identity

    def lies(self, file: DroppedFile) -> bool:
        """Whether the file is in its folder with unchanged content, even if touched (which changes its ctime)."""
        current = tree.identity_at(self.root, file.path)
        return current is not None and PosixIdentity.read(current).is_touched(PosixIdentity.read(file.identity))

    def content_hash(self, file: DroppedFile) -> str:
        """SHA-256 of what is at the file's path now, as a hex digest.

        :raises FileChangedError: when nothing is there, or it changes while being read.
        """
        current = self.find(file.path)
        with tree.open_dropped(self.root, file.path, current.identity) as stream:
            digest = hashlib.sha256()
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
            tree.check_unchanged(stream, file.path, current.identity)
        return digest.hexdigest()

    def archived(self, file: DroppedFile, received: datetime, *, refused: bool) -> str:
        """Where an interrupted ``archive_error`` (``refused``) or ``archive_processed`` put the file, or ``""``."""
        folders, name_of = (self.error, error_name) if refused else (self.processed, processed_name)
        names = partial(name_of, moment=received)
        places = (archive.find(file, self.root, folder, names) for folder in folders.searched(file.path))
        return next(filter(None, places), "")

    def left_rejects(self) -> dict[int, Path]:
        """The rejects files, by load, that are not beside an archived file yet."""
        folders = self._real(self.error.known())
        return {load: path for folder in folders for load, path in archive.rejects_in(folder).items()}

    def leftovers(self) -> tuple[Leftover, ...]:
        """Hidden files of refdata that crashes left behind, see ``leftovers``."""
        return leftovers.leftovers(self.root, self._real(self._archives()))

    def find(self, path: str) -> DroppedFile:
        """The file that is now at a path relative to the root.

        :raises DropoffError: when the path is not a drop's path.
        :raises FileChangedError: when nothing is there.
        """
        load_of(path, self.file_types)  # a path outside the load folders is refused, whatever is there
        identity = tree.identity_at(self.root, path)
        if identity is None:
            raise FileChangedError("There is no such file", where=printable(path), advice="Check the path.")
        return self.drop(path, identity)

    def drop(self, path: str, identity: object) -> DroppedFile:
        """The file that a path and an identity name, whether it is still there or not.

        :param identity: as ``DroppedFile`` has it, or as runs of earlier releases have it in their conf.
        :raises DropoffError: when the path is not a drop's path.
        :raises ConfigurationError: when it is not an identity.
        """
        load_type, is_reference_data = load_of(path)
        return PosixIdentity.read(identity).dropped(path, load_type, is_reference_data=is_reference_data)

    def exists(self, path: str) -> bool:
        """Whether any file that the watcher would pick up is at a path relative to the root."""
        return tree.holds_drop(self.root, path)

    def is_reachable(self, file: DroppedFile) -> bool:
        """Whether the folder that a file was dropped into is there."""
        return (self.root / file.path).parent.is_dir()

    def deliver(self, path: str, chunks: Iterable[bytes], changed_ns: int) -> None:
        """Writes a task's copy, see ``delivering``."""
        delivering.deliver(self.root, path, chunks, changed_ns)

    def clear(self, path: str) -> None:
        """Removes the folders of a task's copy."""
        delivering.clear(self.root, path)

    def hand_back(self, file: DroppedFile) -> str | None:
        """Gives a file back to the watcher, see ``tree.hand_back``; None when it is gone or replaced."""
        try:
            return tree.hand_back(self.root, file)
        except FileChangedError:
            return None

    def recover(self) -> tuple[str, ...]:
        """Makes files visible again that a crash left hidden during ``hand_back``; returns their paths."""
        return tree.recover_handed_back(self.root)

    def rejects_path(self, file: DroppedFile, load_id: int) -> Path:
        """Where a load writes its rejects until its file is archived and they move beside it.

        :raises DropoffError: when a symbolic link is in place of the file's ``error`` folder.
        :raises PermissionDeniedError: when the folder is not writable.
        """
        folder = self.error.of(file.path)
        with archive_folder(self.root, folder, create=True):
            return folder / archive.rejects_name(load_id)

    def settle_rejects(self, load_id: int, archived: str) -> bool:
        """Puts a load's rejects beside its archived file, see ``leftovers``; returns whether it could."""
        rejects = self.left_rejects().get(load_id)
        return rejects is not None and settle_rejects(rejects, Path(archived))

    def share_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Nothing to do: all workers share the folder."""

    def discard_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Removes rejects that a killed attempt left incomplete, or a second attempt wrote while the first archived."""
        name = archive.rejects_name(load_id)
        for folder in self._real(self.error.searched(file.path)):
            with translated(str(folder)):
                for path in (folder / name, *folder.glob(f"{unfinished(name)}*")):
                    path.unlink(missing_ok=True)

    def archive_processed(self, file: DroppedFile, received: datetime, load_id: int) -> str:
        """Moves a loaded file to ``processed``; returns its path there, or ``""`` when the file is gone or replaced.

        Repeat it after a crash: it continues where the earlier call stopped.

        :param received: time used in the name, naive values are UTC; each retry must pass the same.
        """
        names = partial(processed_name, moment=received)
        target = self._target(self.processed, file, names)
        return archive.move(self.root, file, target, names, self._rejects(file, load_id))

    def archive_error(self, file: DroppedFile, received: datetime, load_id: int, failure: Failure) -> str:
        """Moves a refused file to ``error`` with the reason beside it; returns as ``archive_processed`` does.

        :param load_id: 0 when the ledger does not know the file; then the name contains the file's mtime, so that
            each retry gives the same name.
        """
        if not load_id:
            received = datetime.fromtimestamp(file.changed_ns // 10**9, UTC)
        document = archive.reason_document(failure, file.path, load_id, received)
        names = partial(error_name, moment=received)
        target = self._target(self.error, file, names)
        return archive.move(self.root, file, target, names, self._rejects(file, load_id), document)

    def archived_files(self, *, refused: bool) -> Iterator[ArchivedFile]:
        """All files in the archives of refused files, or of loaded ones; links in load folders are not followed."""
        for folder in (self.error if refused else self.processed).known():
            yield from archive.files_in(self.root, folder)

    def delete_archived(self, folder: str, name: str) -> None:
        """Deletes a file of an archive, never through a link in a load folder."""
        archive.delete(self.root, Path(folder), name)

    @contextmanager
    def open_archived(self, place: str) -> Iterator[BinaryIO]:
        """An archived file, or what is beside it; never through a link.

        :raises FileChangedError: when nothing is there any more.
        :raises DropoffError: when the place is not in an archive.
        """
        path = Path(place)
        if path.parent not in self._archives():
            raise DropoffError("It is not in an archive", where=printable(place), advice="Check the settings.")
        with archive.opened(self.root, path.parent, path.name) as stream:
            yield stream

    def report_malformed(self, place: Malformed) -> str:
        """Writes the ``.error.json`` of something that is not a drop and stays in place; returns the report's path."""
        return archive.report_malformed(self.root, self.error.of_misplaced(place.path), place)

    def _target(self, folders: ArchiveFolders, file: DroppedFile, names: Names) -> Path:
        """The folder to move a file to: where a call before a settings change put it, else the current one."""
        current, *others = folders.searched(file.path)
        if self.lies(file):
            return current
        return next((other for other in others if archive.find(file, self.root, other, names)), current)

    def _rejects(self, file: DroppedFile, load_id: int) -> Path:
        """The load's rejects, which may have been written before a settings change."""
        name, folders = archive.rejects_name(load_id), self.error.searched(file.path)
        paths = (folder / name for folder in self._real(folders))
        return next((path for path in paths if path.exists()), folders[0] / name)

    def _real(self, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        """Without folders that are links inside a load folder: nothing is read, written or deleted through a link."""
        return tuple(folder for folder in folders if not is_link(self.root, folder))

    def _archives(self) -> tuple[Path, ...]:
        return (*self.processed.known(), *self.error.known())

    def _archives_inside(self) -> frozenset[str]:
        inside = (path.relative_to(self.root) for path in self._archives() if path.is_relative_to(self.root))
        return frozenset(path.as_posix() for path in inside)
