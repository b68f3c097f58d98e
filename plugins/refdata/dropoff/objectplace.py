"""The place of an object source: its address, its facts, its folders, and files of refdata's own in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refdata.core.dropnames import OWN_PREFIX, load_folder_at, load_of
from refdata.core.filetypes import CSV_ONLY
from refdata.dropoff.archivefolders import ERROR, PROCESSED, ArchiveFolders
from refdata.dropoff.objectidentity import short_hash
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.osfiles import translated
from refdata.dropoff.store import Store

OWN = ".refdata"
BACK, MOVES = f"{OWN}/back", f"{OWN}/moves"


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """What an object source is without its drops.

    :param spool: for files while they are read, and for lists of rejects while they are written.
    :param gathered: one folder for all loaded and one for all refused files, below the prefix; empty: in each load
        folder.
    """

    store: Store
    spool: ObjectSpool
    gathered: tuple[str, str] = ("", "")
    file_types: frozenset[str] = CSV_ONLY

    @property
    def place(self) -> str:
        """The bucket's address, without the name of the connection."""
        return self.store.address

    @property
    def look_pause(self) -> float:
        """Somebody pays for each list of a bucket."""
        return 15.0

    @property
    def shows_unfinished(self) -> bool:
        """An object appears when it is complete."""
        return False

    @property
    def takes_uploads(self) -> bool:
        """There is no folder that all machines see, in which an upload could wait."""
        return False

    def is_ready(self) -> bool:
        """Whether the bucket is there."""
        self.store.require_place()
        return True

    def put_own(self, path: str, content: bytes) -> None:
        """Drops an object of refdata's own."""
        load_of(path)
        self.store.create(path, content)

    def remove_own(self, path: str) -> None:
        """Deletes an object of refdata's own, and what archiving it left."""
        stem, folder = Path(path).stem, path.rpartition("/")[0]
        archives = (self._folder(path, refused=refused) for refused in (True, False))
        marks = ((place, short_hash(path)) for place in (MOVES, BACK))
        for place, part in (*((one, stem) for one in (folder, *archives)), *marks):
            for name in [name for name, _ in self.store.children(place) if part in name]:
                self.store.delete(f"{place}/{name}")

    @property
    def state_folder(self) -> Path:
        """Marks of this worker: a worker without a folder in common with others reports an outage by itself."""
        folder = self.spool.ready() / f"{OWN_PREFIX}{short_hash(self.store.address)}"
        with translated(str(folder)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @property
    def earlier_archives(self) -> tuple[ArchiveFolders, ...]:
        """None: no earlier release archived in an object store."""
        return ()

    def dataset(self, path: str) -> tuple[str, str]:
        """The bucket's address and the key, as lineage identifies an object."""
        scheme, _, place = f"{self.store.address}/{path}".partition("://")
        bucket, _, key = place.partition("/")
        return f"{scheme}://{bucket}", key

    def _folder(self, path: str, *, refused: bool) -> str:
        inside = f"{load_folder_at(path)}/{ERROR if refused else PROCESSED}"
        return self.gathered[1 if refused else 0] or inside

    def _address(self, path: str) -> str:
        return f"{self.store.address}/{path}"

    def _relative(self, address: str) -> str:
        return address.removeprefix(f"{self.store.address}/")
