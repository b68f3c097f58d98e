"""The port through which dropped files come in; the folder tree (``Dropoff``) is its first implementation.

Everything above carries a file as a ``DroppedFile``, whose identity and order only the source understands. Another
source passes the same contract tests (``tests/integration/test_sources.py``), as the one in memory does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from refdata.core.dropnames import any_name
from refdata.core.failure import Failure
from refdata.core.health import Check
from refdata.core.maintenance import ArchivedFile
from refdata.core.model import DroppedFile
from refdata.dropoff.archivefolders import ArchiveFolders
from refdata.dropoff.leftovers import Leftover
from refdata.dropoff.tree import Malformed, ScanResult


class Source(Protocol):
    """Lists what waits, opens it, and puts it into an archive or gives it back to the watcher.

    All methods raise errors of the tree: transient ones while the storage is away, so that no file counts as gone
    because a mount or a service is missing.
    """

    @property
    def place(self) -> str:
        """Where people drop files, in words for them: a folder, or an address without secrets."""
        ...

    @property
    def look_pause(self) -> float:
        """The fewest seconds between two looks that only show people what waits: somebody may pay for each."""
        ...

    @property
    def shows_unfinished(self) -> bool:
        """Whether a file can be seen while it is still being written; otherwise it appears when it is complete."""
        ...

    @property
    def takes_uploads(self) -> bool:
        """Whether files that people upload on the page can wait here until they are loaded."""
        ...

    def is_ready(self) -> bool:
        """Whether the place is there, for example the folder that a mount provides.

        :raises ConfigurationError: when it is missing, and a source can say more about it.
        """
        ...

    def prepare(self) -> str:
        """Makes what is missing for the first drop; returns in words what was made.

        :raises RefdataError: when the place cannot be reached or written.
        """
        ...

    def checks(self, min_free_mb: int) -> Iterable[Check]:
        """What ``refdata health`` reports about the place and its archives, observed without changing it.

        :param min_free_mb: megabytes that must be free where a source can run full.
        """
        ...

    def put_own(self, path: str, content: bytes) -> None:
        """Drops a small file of refdata's own, which tries out a load; it is seen when it is complete.

        :raises DropoffError: when the path is not a drop's path.
        """
        ...

    def remove_own(self, path: str) -> None:
        """Removes what ``put_own`` dropped, wherever it is by now, with everything whose name contains its name."""
        ...

    @property
    def state_folder(self) -> Path:
        """A folder for marks that outlive processes, such as that of an outage; shared by all who share the source."""
        ...

    @property
    def earlier_archives(self) -> tuple[ArchiveFolders, ...]:
        """The archives in which earlier installations may have left files; none where there was no such release."""
        ...

    def dataset(self, path: str) -> tuple[str, str]:
        """Namespace and name of a drop by its path, as lineage identifies data.

        For a local file ``file`` and its absolute path; see https://openlineage.io/docs/spec/naming.
        """
        ...

    def scan(self, wanted: Callable[[str], bool] = any_name) -> ScanResult:
        """The waiting drops, and things that look like a drop but are not.

        :param wanted: whether a file of this name in a load folder is asked for; the others are left out.
        """
        ...

    def overlooked(self) -> tuple[Malformed, ...]:
        """What a scan leaves alone without a word, although somebody may be waiting for it: to show to people."""
        ...

    def find(self, path: str) -> DroppedFile:
        """The file that is at a path now.

        :raises DropoffError: when the path is not a drop's path.
        :raises FileChangedError: when nothing is there.
        """
        ...

    def drop(self, path: str, identity: object) -> DroppedFile:
        """The file that a path and an identity name, whether it is still there or not.

        :raises DropoffError: when the path is not a drop's path.
        :raises ConfigurationError: when it is not an identity of this source.
        """
        ...

    def open(self, file: DroppedFile) -> AbstractContextManager[str]:
        """A local path under which exactly the released file can be read and sought, while the context lasts.

        A source without random access spools the file to the local disk. Errors that are raised meanwhile name the file
        by its own path, not by the local one.

        :raises FileChangedError: when the file is gone or replaced; also at the end, when it changed meanwhile.
        """
        ...

    def is_there(self, file: DroppedFile) -> bool:
        """Whether exactly the file that was released is still waiting."""
        ...

    def lies(self, file: DroppedFile) -> bool:
        """Whether the file is waiting with unchanged content, even if it was handed back since."""
        ...

    def exists(self, path: str) -> bool:
        """Whether any file that the watcher would pick up is at a path."""
        ...

    def is_reachable(self, file: DroppedFile) -> bool:
        """Whether the place that a file was dropped into is there, so that a missing file is really gone."""
        ...

    def content_hash(self, file: DroppedFile) -> str:
        """SHA-256 of what is at the file's path now, as a hex digest.

        :raises FileChangedError: when nothing is there, or it changes while being read.
        """
        ...

    def deliver(self, path: str, chunks: Iterable[bytes], changed_ns: int) -> None:
        """Writes a task's copy to its path (``dropnames.task_path``), where no scan finds it.

        It appears when it is complete; a copy that is there already stays.
        """
        ...

    def clear(self, path: str) -> None:
        """Removes what is left around a task's copy once it is loaded or archived."""
        ...

    def hand_back(self, file: DroppedFile) -> str | None:
        """Gives a file back to the watcher as another drop with the same order; returns its new identity.

        None when it is gone or replaced: then the watcher finds what is there by itself.
        """
        ...

    def recover(self) -> tuple[str, ...]:
        """Finishes what a crash interrupted while files were handed back; returns their paths."""
        ...

    def archive_processed(self, file: DroppedFile, received: datetime, load_id: int) -> str:
        """Moves a loaded file to the archive; returns its place there, or ``""`` when it is gone or replaced.

        A repeated call, also after a crash, returns the same place.

        :param received: time used in the name, naive values are UTC; each call must pass the same.
        """
        ...

    def archive_error(self, file: DroppedFile, received: datetime, load_id: int, failure: Failure) -> str:
        """Moves a refused file to the archive with the reason beside it; otherwise as ``archive_processed``.

        :param load_id: 0 when the ledger does not know the file.
        """
        ...

    def archived(self, file: DroppedFile, received: datetime, *, refused: bool) -> str:
        """Where an earlier call has archived the file, or ``""``."""
        ...

    def archived_files(self, *, refused: bool) -> Iterator[ArchivedFile]:
        """All files in the archive of refused files, or of loaded ones, with what was put beside them."""
        ...

    def delete_archived(self, folder: str, name: str) -> None:
        """Deletes a file of an archive, by the names that ``archived_files`` gives."""
        ...

    def open_archived(self, place: str) -> AbstractContextManager[BinaryIO]:
        """What is at a place that archiving returned, or beside it.

        :raises FileChangedError: when nothing is there any more.
        :raises DropoffError: when the place is not in an archive.
        """
        ...

    def report_malformed(self, place: Malformed) -> str:
        """Writes beside the archive why something is not a drop; returns the report's path."""
        ...

    def rejects_path(self, file: DroppedFile, load_id: int) -> Path:
        """The local file in which a load lists damaged rows; archiving puts it beside the file."""
        ...

    def share_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Puts a finished list where every worker finds it; the local file may be gone afterwards."""
        ...

    def discard_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Removes lists of damaged rows that no archived file will get."""
        ...

    def left_rejects(self) -> dict[int, Path]:
        """Lists of damaged rows, by load, that are not beside an archived file yet."""
        ...

    def settle_rejects(self, load_id: int, archived: str) -> bool:
        """Puts a load's list of damaged rows beside its archived file; returns whether it could."""
        ...

    def leftovers(self) -> tuple[Leftover, ...]:
        """Removes refdata's own files that crashes left behind."""
        ...
