"""Drops in an object store: the same four load folders, below a bucket's prefix. The second ``Source``.

A store has no rename, so a file is archived by a copy and a delete. The place that a file goes to is written first, to
an object that only one caller can create; a call after a kill finds it there and continues from what it sees. A file is
handed back by a mark beside it: the object keeps its bytes and its time, and so its turn.

    <prefix>/reference_data_table/fullload/airports.csv
    <prefix>/.refdata/{back,moves,rejects}/…     what must outlive a worker that has no disk in common with the next one
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

from refdata.core import healthrules
from refdata.core.dropnames import (
    CLASS_FOLDERS,
    LOAD_FOLDERS,
    OWN_PREFIX,
    any_name,
    beside,
    error_name,
    is_candidate,
    load_of,
    name_fault,
    printable,
    processed_name,
    task_key,
)
from refdata.core.errors import (
    DataError,
    DropoffError,
    FileBusyError,
    FileChangedError,
    FormatError,
    RefdataError,
    named_in_errors,
)
from refdata.core.failure import Failure
from refdata.core.health import Check, State, failed
from refdata.core.maintenance import ArchivedFile
from refdata.core.model import DroppedFile
from refdata.dropoff.archive import reason_document
from refdata.dropoff.archivefolders import ERROR
from refdata.dropoff.foldercheck import look_at
from refdata.dropoff.leftovers import Leftover
from refdata.dropoff.objectidentity import ObjectIdentity, short_hash
from refdata.dropoff.objectplace import BACK, MOVES, OWN, ObjectPlace
from refdata.dropoff.osfiles import translated
from refdata.dropoff.overlooked import overlooked_name
from refdata.dropoff.tree import OUTSIDE, Malformed, ScanResult
from refdata.sealing import path_of

_REJECTS = f"{OWN}/rejects"
_GONE = ("The file changed after its release", "Nothing: the watcher takes up what is there.")


@dataclass(frozen=True, slots=True)
class ObjectSource(ObjectPlace):
    """See ``refdata.dropoff.source.Source``; ``objectplace`` has what does not depend on a drop."""

    def prepare(self) -> str:
        """Only looks: a store has no folders."""
        self.scan()
        return f"nothing in {self.place}: a load folder exists with its first file"

    def checks(self, min_free_mb: int) -> Iterable[Check]:
        """Whether the store can be listed, whose folders exist with their first object, and the spool has space."""
        try:
            self.scan()
        except RefdataError as error:
            yield failed("dropoff", error)
        else:
            yield Check("dropoff", State.OK, self.place)
        yield healthrules.space_check([look_at(self.spool.disk)], min_free_mb)

    def scan(self, wanted: Callable[[str], bool] = any_name) -> ScanResult:
        """The objects waiting in the load folders now, and those beside the folders that look like drops."""
        found: list[tuple[str, ObjectIdentity]] = []
        malformed: list[Malformed] = []
        for folder in ("", *CLASS_FOLDERS, *LOAD_FOLDERS):
            for name, facts in self.store.children(folder):
                if not wanted(name) or not is_candidate(name, self.file_types):
                    continue
                path, identity = f"{folder}/{name}".lstrip("/"), ObjectIdentity.of(facts)
                if fault := name_fault(name) if folder in LOAD_FOLDERS else OUTSIDE:
                    malformed.append(Malformed(printable(path), fault, identity.mtime_ns))
                else:
                    found.append((path, identity))
        if not found and not malformed:
            self.store.require_place()
        return ScanResult(self._dropped(found), tuple(malformed))

    def overlooked(self) -> tuple[Malformed, ...]:
        """Objects of other types, and temporary names, in a load folder; the rest of the bucket is not searched."""
        return tuple(
            Malformed(printable(f"{folder}/{name}"), reason, ObjectIdentity.of(facts).mtime_ns)
            for folder in LOAD_FOLDERS
            for name, facts in self.store.children(folder)
            if name and not name.startswith(OWN_PREFIX) and (reason := overlooked_name(name, self.file_types))
        )

    def find(self, path: str) -> DroppedFile:
        """The object that is at a path now."""
        load_of(path, self.file_types)
        file = self._at(path)
        if file is None:
            raise FileChangedError("There is no such file", where=printable(path), advice="Check the path.")
        return file

    def drop(self, path: str, identity: object) -> DroppedFile:
        """The file that a path and an identity name."""
        load_of(path)
        return ObjectIdentity.read(identity).dropped(path)

    @contextmanager
    def open(self, file: DroppedFile) -> Iterator[str]:
        """A nameless local copy, which nobody has to remove after a kill."""
        self._require(file)
        with self.spool.copy(self.store.read(file.path), file.path, file.size) as spool:
            self._require(file)
            path = os.fspath(path_of(spool))
            try:
                with named_in_errors(path, file.path):
                    yield path
            except (FormatError, DataError):
                self._require(file)
                raise
            self._require(file)

    def is_there(self, file: DroppedFile) -> bool:
        """Whether exactly the file that was released is still waiting."""
        found = self._at(file.path)
        return found is not None and found.identity == file.identity

    def lies(self, file: DroppedFile) -> bool:
        """Whether the object is unchanged, even if it was handed back since."""
        return self._holds(file.path, file)

    def exists(self, path: str) -> bool:
        """Whether any object that the watcher would pick up is at a path."""
        return is_candidate(path.rpartition("/")[2], self.file_types) and self.store.info(path) is not None

    def is_reachable(self, file: DroppedFile) -> bool:  # noqa: ARG002  folders of a store need not exist
        """Whether the bucket is there."""
        self.store.require_place()
        return True

    def content_hash(self, file: DroppedFile) -> str:
        """SHA-256 of what is at the path now."""
        current = self.find(file.path)
        digest = hashlib.sha256()
        for chunk in self.store.read(file.path):
            digest.update(chunk)
        self._require(current)
        return digest.hexdigest()

    def deliver(self, path: str, chunks: Iterable[bytes], changed_ns: int) -> None:  # noqa: ARG002  a store has its own
        """Uploads a task's copy: first completely to the spool, since a broken upload may leave half an object."""
        if self.store.info(path) is not None:
            return
        with self.spool.copy(chunks, path) as spool:
            size = os.fstat(spool.fileno()).st_size
            self.store.upload(path, spool)
        if not self._is_whole(path, size):
            self.store.delete(path)
            raise self._incomplete(path)

    def clear(self, path: str) -> None:
        """Deletes a copy that a second attempt uploaded when the first one had loaded its own."""
        if task_key(path):
            self.store.delete(path)

    def hand_back(self, file: DroppedFile) -> str | None:
        """Marks the object as handed back once more; its bytes are not written again."""
        if not self.is_there(file):
            return None
        identity = ObjectIdentity.read(file.identity)
        self.store.create(f"{BACK}/{mark_of(file.path, identity)}-{identity.back + 1}", file.path.encode())
        found = self._at(file.path)
        return found.identity if found is not None and self.lies(file) else None

    def recover(self) -> tuple[str, ...]:
        """Handing back is one write, so a crash leaves nothing open."""
        return ()

    def archive_processed(self, file: DroppedFile, received: datetime, load_id: int) -> str:
        """Moves a loaded file to ``processed``; repeat it after a crash."""
        return self._archive(file, received, load_id, None)

    def archive_error(self, file: DroppedFile, received: datetime, load_id: int, failure: Failure) -> str:
        """Moves a refused file to ``error`` with the reason beside it; repeat it after a crash."""
        moment = received if load_id else datetime.fromtimestamp(file.changed_ns // 10**9, UTC)
        return self._archive(file, moment, load_id, failure)

    def archived(self, file: DroppedFile, received: datetime, *, refused: bool) -> str:  # noqa: ARG002  it was written
        """Where an earlier call has put the file."""
        place = self._decided(file)
        inside = place.rpartition("/")[0] == self._folder(file.path, refused=refused)
        return self._address(place) if inside and self.store.info(place) is not None else ""

    def archived_files(self, *, refused: bool) -> Iterator[ArchivedFile]:
        """All objects in the archives of refused, or of loaded files."""
        for folder in dict.fromkeys(self._folder(f"{load}/", refused=refused) for load in LOAD_FOLDERS):
            for name, facts in self.store.children(folder):
                yield ArchivedFile(name, int(facts["size"] or 0), self._address(folder))

    def delete_archived(self, folder: str, name: str) -> None:
        """Deletes an object of an archive."""
        self.store.delete(f"{self._relative(folder)}/{name}")

    @contextmanager
    def open_archived(self, place: str) -> Iterator[BinaryIO]:
        """A nameless local copy of what is at a place in an archive, or beside it."""
        folder, _, name = place.rpartition("/")
        known = {self._folder(f"{load}/", refused=refused) for load in LOAD_FOLDERS for refused in (True, False)}
        if folder not in map(self._address, known):
            raise DropoffError("It is not in an archive", where=printable(place), advice="Check the settings.")
        path = f"{self._relative(folder)}/{name}"
        facts = self.store.info(path)
        if facts is None:
            raise FileChangedError("The file is gone", where=printable(place), advice="Check the archive.")
        with self.spool.copy(self.store.read(path), path, ObjectIdentity.of(facts).size) as spool:
            yield spool

    def report_malformed(self, place: Malformed) -> str:
        """Writes, once, why something is not a drop."""
        moment = datetime.fromtimestamp(place.changed_ns // 10**9, UTC)
        name = beside(error_name(place.path.rpartition("/")[2], moment), "error.json")
        inside = place.path.rpartition("/")[0] in LOAD_FOLDERS
        target = f"{self._folder(place.path, refused=True) if inside else ERROR}/{name}"
        document = {
            "category": "dropoff",
            "message": f"Not loaded: {place.reason}",
            "place": place.path,
            "what_to_do": "Upload a .csv file into one of the load folders, and remove what is here",
            "original_path": place.path,
        }
        self.store.create(target, _json(document))
        return self._address(target)

    def rejects_path(self, file: DroppedFile, load_id: int) -> Path:  # noqa: ARG002  the load alone names it
        """A file in the spool; ``share_rejects`` puts it where every worker finds it."""
        return self.spool.lists() / f"{OWN_PREFIX}{short_hash(self.store.address)}-rejects-{load_id}.csv"

    def share_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Uploads the list of rejects: the next step may run on another worker."""
        local = self.rejects_path(file, load_id)
        if local.exists():
            with translated(str(local)), local.open("rb") as stream:
                self.store.upload(f"{_REJECTS}/{load_id}.csv", stream)
            local.unlink(missing_ok=True)

    def discard_rejects(self, file: DroppedFile, load_id: int) -> None:
        """Removes the list of rejects of a load."""
        self.rejects_path(file, load_id).unlink(missing_ok=True)
        if self.store.info(f"{_REJECTS}/{load_id}.csv") is not None:
            self.store.delete(f"{_REJECTS}/{load_id}.csv")

    def left_rejects(self) -> dict[int, Path]:
        """Lists of rejects that are not beside an archived file: in the store, and in this worker's spool."""
        shared = {name: Path(self.store.prefix, _REJECTS, name) for name, _ in self.store.children(_REJECTS)}
        start = f"{OWN_PREFIX}{short_hash(self.store.address)}-rejects-"
        local = {path.name.removeprefix(start): path for path in self.spool.lists().glob(f"{start}*.csv")}
        loads = {name.removesuffix(".csv"): path for name, path in {**shared, **local}.items()}
        return {int(load): path for load, path in loads.items() if load.isdecimal()}

    def settle_rejects(self, load_id: int, archived: str) -> bool:
        """Puts a load's list of rejects beside its archived file, unless another one is there."""
        place = self._relative(archived)
        target, shared = _beside(place, "rejects.csv"), self.store.content(f"{_REJECTS}/{load_id}.csv")
        if shared is None or self.store.info(place) is None:
            return False
        if not self.store.create(target, shared) and self.store.content(target) != shared:
            return False
        self.store.delete(f"{_REJECTS}/{load_id}.csv")
        return True

    def leftovers(self) -> tuple[Leftover, ...]:
        """None: local copies have no names, and what is copied in the store has its final name."""
        return ()

    def _archive(self, file: DroppedFile, received: datetime, load_id: int, failure: Failure | None) -> str:
        place = self._decided(file)
        if not place:
            if not self.lies(file):
                return ""
            place = self._decide(file, received, refused=failure is not None)
        if not self._bring(file, place):
            self.store.delete(self._decision(file))
            return ""
        if failure is not None:
            document = reason_document(failure, file.path, load_id, received)
            self.store.write(_beside(place, "error.json"), _json(document))
        self._put_rejects(file, load_id, _beside(place, "rejects.csv"))
        self._leave(file)
        return self._address(place)

    def _bring(self, file: DroppedFile, place: str) -> bool:
        """Puts the file to its place, where an earlier call may have put it; False when it is gone or replaced."""
        if not self.lies(file):
            return self.store.info(place) is not None
        self.store.copy(file.path, place)
        if not self.lies(file):  # replaced meanwhile: the copy may be of the new file, which is not ours to archive
            self.store.delete(place)
            return False
        self._require_whole(place, file.size)
        return True

    def _leave(self, file: DroppedFile) -> None:
        """Ends an archive: nothing of the file stays where it was dropped."""
        if self.lies(file):
            self.store.delete(file.path)
        self._forget_back(file)

    def _require_whole(self, place: str, size: int) -> None:
        """Azure may go on copying when it has answered; without its original that copy would fail."""
        if not self._is_whole(place, size):
            raise self._incomplete(place)

    def _is_whole(self, path: str, size: int) -> bool:
        facts = self.store.info(path)
        return facts is not None and facts["size"] == size

    def _incomplete(self, path: str) -> FileBusyError:
        return FileBusyError("The copy is incomplete", where=self._address(path), advice="Nothing: it is retried")

    def _holds(self, path: str, file: DroppedFile) -> bool:
        """Whether the file's content is at a path."""
        facts = self.store.info(path)
        return facts is not None and ObjectIdentity.of(facts) == ObjectIdentity.read(file.identity).content

    def _put_rejects(self, file: DroppedFile, load_id: int, target: str) -> None:
        self.share_rejects(file, load_id)
        shared = f"{_REJECTS}/{load_id}.csv"
        if (facts := self.store.info(shared)) is not None:
            self.store.copy(shared, target)
            self._require_whole(target, facts["size"])
            self.store.delete(shared)

    def _decision(self, file: DroppedFile) -> str:
        return f"{MOVES}/{mark_of(file.path, ObjectIdentity.read(file.identity))}"

    def _decided(self, file: DroppedFile) -> str:
        """The place that an earlier call chose, ``""`` when none did."""
        content = self.store.content(self._decision(file))
        return content.decode() if content else ""

    def _decide(self, file: DroppedFile, received: datetime, *, refused: bool) -> str:
        name_of = error_name if refused else processed_name
        folder = self._folder(file.path, refused=refused)
        names = (f"{folder}/{name_of(file.name, received, number=number)}" for number in count(1))
        place = next(place for place in names if self.store.info(place) is None)
        return place if self.store.create(self._decision(file), place.encode()) else self._decided(file)

    def _forget_back(self, file: DroppedFile) -> None:
        key = mark_of(file.path, ObjectIdentity.read(file.identity))
        for name, _ in self.store.children(BACK):
            if name.startswith(f"{key}-"):
                self.store.delete(f"{BACK}/{name}")

    def _at(self, path: str) -> DroppedFile | None:
        facts = self.store.info(path)
        if facts is None:
            return None
        return self._dropped([(path, ObjectIdentity.of(facts))])[0]

    def _dropped(self, found: Sequence[tuple[str, ObjectIdentity]]) -> tuple[DroppedFile, ...]:
        """The drops that these objects are, by the marks of those that were handed back."""
        back = Counter(name.rpartition("-")[0] for name, _ in self.store.children(BACK)) if found else Counter()
        return tuple(handed_back(path, identity, back[mark_of(path, identity)]) for path, identity in found)

    def _require(self, file: DroppedFile) -> None:
        if not self.is_there(file):
            raise FileChangedError(_GONE[0], where=file.path, advice=_GONE[1])


def mark_of(path: str, identity: ObjectIdentity) -> str:
    """A name for one drop in refdata's own folders."""
    return f"{short_hash(path)}-{short_hash(str(identity.content))}"


def handed_back(path: str, identity: ObjectIdentity, times: int) -> DroppedFile:
    """The drop at a path that was handed back so many times."""
    return ObjectIdentity(identity.size, identity.mtime_ns, identity.tag, times).dropped(path)


def _beside(place: str, suffix: str) -> str:
    folder, _, name = place.rpartition("/")
    return f"{folder}/{beside(name, suffix)}"


def _json(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
