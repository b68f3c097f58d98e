"""Drops on a file server: an object source whose store can rename. The third ``Source``, for SFTP and SMB.

An archive is a rename, first to a hidden name beside the file that belongs to this drop alone, then to its place. What
was renamed is looked at in between: if somebody replaced the file in that moment, it goes back. A file is known by its
size and time, and the tools that upload often keep a file's time, so the same file that is dropped again looks like the
drop before. Its archive therefore counts it, by the mark that a hand-back makes too: the next file of this path, size
and time is another drop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time

from refdata.core.dropnames import LOAD_FOLDERS, OWN_PREFIX, TASK_FOLDER, any_name, printable
from refdata.core.errors import ConfigurationError, FileBusyError
from refdata.core.model import DroppedFile
from refdata.dropoff.leftovers import Leftover
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.objectplace import BACK, MOVES
from refdata.dropoff.objects import ObjectSource, handed_back, mark_of
from refdata.dropoff.serverstore import PASSING, ServerStore
from refdata.dropoff.tree import Malformed, ScanResult

_FEW = 50
"""Files whose marks are looked for one by one; for more, all marks are listed."""
_OPEN = "another program has it open; it is taken up when it is closed there"
_DAYS = 7
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ServerSource(ObjectSource):
    """See ``refdata.dropoff.source.Source``."""

    store: ServerStore

    @property
    def look_pause(self) -> float:
        """A look is a dozen requests over a connection that is open."""
        return 5.0

    @property
    def shows_unfinished(self) -> bool:
        """A file can be seen while it is uploaded."""
        return True

    def prepare(self) -> str:
        """Makes the load folders."""
        for folder in LOAD_FOLDERS:
            self.store.make(folder)
        return f"load folders in {self.place}"

    def scan(self, wanted: Callable[[str], bool] = any_name) -> ScanResult:
        """As of an object store; but its folders must be there, since a missing mount looks like an empty folder.

        A file that another program has open is not listed: it is not finished, or could not be moved.
        """
        found = ObjectSource.scan(self, wanted)
        if not found.files and not any(self.store.has_folder(folder) for folder in LOAD_FOLDERS):
            raise ConfigurationError(
                "The dropoff root contains none of the load folders",
                where=self.place,
                advice="Check the path, or let refdata init-db make them; the account needs the right to write there.",
            )
        held = self.store.held(file.path for file in found.files)
        return ScanResult(tuple(file for file in found.files if file.path not in held), found.malformed)

    def overlooked(self) -> tuple[Malformed, ...]:
        """As of an object store, and the files that another program has open."""
        knows = self.store.server.knows_open_files
        files = {file.path: file for file in ObjectSource.scan(self).files} if knows else {}
        held = self.store.held(files)
        open_files = (Malformed(printable(path), _OPEN, files[path].changed_ns) for path in sorted(held))
        return (*ObjectSource.overlooked(self), *open_files)

    def is_reachable(self, file: DroppedFile) -> bool:
        """Whether the folder that the file was dropped into is there."""
        self.store.require_place()
        return self.store.has_folder(file.path.rpartition("/")[0])

    def lies(self, file: DroppedFile) -> bool:
        """Whether the file is unchanged, also where an archive that was interrupted has left it."""
        return self._holds(file.path, file) or self._holds(self._passing(file), file)

    def clear(self, path: str) -> None:
        """As for an object store; the folders of the task's copy go too."""
        ObjectSource.clear(self, path)
        folder = path.rpartition("/")[0]
        while folder.startswith(f"{TASK_FOLDER}/"):
            self.store.delete_folder(folder)
            folder = folder.rpartition("/")[0]

    def leftovers(self) -> tuple[Leftover, ...]:
        """Deletes what nobody has finished writing for a week; none of it has a name that a person knows."""
        for name, facts in self.store.children(PASSING):
            if ObjectIdentity.of(facts).mtime_ns < (time() - _DAYS * _DAY) * 1e9:
                self.store.delete(f"{PASSING}/{name}")
        return ()

    def _bring(self, file: DroppedFile, place: str) -> bool:
        if self._holds(place, file):
            return True
        passing = self._passing(file)
        if self.store.info(passing) is None and not (
            self._holds(file.path, file) and self.store.move(file.path, passing)
        ):
            return self._holds(place, file)  # a second process that does the same may have moved it
        if not self._holds(passing, file):
            self._put_back(passing, file.path)
            return False
        if not self.store.move(passing, place):
            self.store.delete(self._decision(file))
            raise FileBusyError(
                "Another file took the place in the archive",
                where=self._address(place),
                advice="Nothing: it is retried",
            )
        return True

    def _put_back(self, passing: str, path: str) -> None:
        """What replaced the file at the moment of the rename; unless it has itself been replaced, as by an upload."""
        if not self.store.move(passing, path):
            self.store.delete(passing)

    def _leave(self, file: DroppedFile) -> None:
        identity = ObjectIdentity.read(file.identity)
        self.store.create(f"{BACK}/{mark_of(file.path, identity)}-{identity.back + 1}", file.path.encode())

    def _passing(self, file: DroppedFile) -> str:
        folder = file.path.rpartition("/")[0]
        return f"{folder}/{OWN_PREFIX}moving-{self._decision(file).rpartition('/')[2]}"

    def _decision(self, file: DroppedFile) -> str:
        """Unlike in an object store by the count too: the same file may be dropped again."""
        identity = ObjectIdentity.read(file.identity)
        return f"{MOVES}/{mark_of(file.path, identity)}-{identity.back}"

    def _dropped(self, found: Sequence[tuple[str, ObjectIdentity]]) -> tuple[DroppedFile, ...]:
        if len(found) > _FEW:
            return ObjectSource._dropped(self, found)  # noqa: SLF001  super() does not know classes with slots
        return tuple(handed_back(path, identity, self._times(path, identity)) for path, identity in found)

    def _times(self, path: str, identity: ObjectIdentity) -> int:
        """How often a file of this path, size and time was handed back or archived; the marks are numbered."""
        times = 0
        while self.store.info(f"{BACK}/{mark_of(path, identity)}-{times + 1}") is not None:
            times += 1
        return times
