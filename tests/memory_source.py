"""A source of dropped files in memory: what a bucket would be, without folders, inodes or times of a filesystem."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import BinaryIO

from refdata.core.dropnames import any_name, error_name, is_candidate, load_of, processed_name
from refdata.core.errors import (
    ConfigurationError,
    DataError,
    DropoffError,
    FileChangedError,
    FormatError,
    named_in_errors,
)
from refdata.core.failure import Failure
from refdata.core.filetypes import CSV_ONLY
from refdata.core.health import Check, State
from refdata.core.maintenance import ArchivedFile
from refdata.core.model import DroppedFile
from refdata.dropoff.archive import reason_document
from refdata.dropoff.archivefolders import ArchiveFolders
from refdata.dropoff.leftovers import Leftover
from refdata.dropoff.overlooked import overlooked_name
from refdata.dropoff.tree import Malformed, ScanResult


@dataclass(frozen=True)
class Object:
    """The file at a path: its content, the number of its put, and how often it was handed back since."""

    content: bytes
    put: int
    back: int = 0

    @property
    def identity(self) -> str:
        return json.dumps({"put": self.put, "back": self.back, "size": len(self.content)})


@dataclass
class MemorySource:
    """See ``refdata.dropoff.source.Source``. ``folder`` spools what has to be read with seeking."""

    folder: Path
    objects: dict[str, Object] = field(default_factory=dict)
    archive: dict[str, tuple[str, int]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    puts: Iterator[int] = field(default_factory=lambda: count(1))

    def put(self, path: str, content: bytes) -> DroppedFile:
        """Drops a file."""
        self.objects[path] = Object(content, next(self.puts))
        return self.find(path)

    place = "memory"
    look_pause = 0.0
    shows_unfinished = False
    takes_uploads = False

    def is_ready(self) -> bool:
        return True

    def prepare(self) -> str:
        return "nothing in memory: there are no folders"

    def checks(self, min_free_mb: int) -> Iterable[Check]:
        return (Check("dropoff", State.OK, self.place),)

    def put_own(self, path: str, content: bytes) -> None:
        self.put(path, content)

    def remove_own(self, path: str) -> None:
        stem = Path(path).stem
        for kept in (self.objects, self.archive, self.contents, self.beside):
            for place in [place for place in kept if stem in place]:
                del kept[place]

    @property
    def state_folder(self) -> Path:
        return self.folder

    @property
    def earlier_archives(self) -> tuple[ArchiveFolders, ...]:
        return ()

    def dataset(self, path: str) -> tuple[str, str]:
        return "memory", path

    def scan(self, wanted: Callable[[str], bool] = any_name) -> ScanResult:
        found, malformed = [], []
        for path in (path for path in self.objects if wanted(path.rpartition("/")[2])):
            try:
                found.append(self.find(path))
            except DropoffError as error:
                malformed.append(Malformed(path, str(error)))
        return ScanResult(tuple(found), tuple(malformed))

    def overlooked(self) -> tuple[Malformed, ...]:
        names = ((path, overlooked_name(path.rpartition("/")[2], CSV_ONLY)) for path in self.objects)
        return tuple(Malformed(path, reason) for path, reason in names if reason)

    def find(self, path: str) -> DroppedFile:
        load_of(path)
        if path not in self.objects:
            raise FileChangedError("There is no such file", where=path, advice="Check the path.")
        return self.drop(path, self.objects[path].identity)

    def drop(self, path: str, identity: object) -> DroppedFile:
        load_type, is_reference_data = load_of(path)
        try:
            parts = json.loads(str(identity))
            put, size = int(parts["put"]), int(parts["size"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError("It does not identify an object", where="task input") from error
        order = f"{put:09d}"
        return DroppedFile(path, str(identity), order, load_type, is_reference_data, size, put, put)

    @contextmanager
    def open(self, file: DroppedFile) -> Iterator[str]:
        self._require(file)
        with tempfile.NamedTemporaryFile(dir=self.folder) as spool:
            spool.write(self.objects[file.path].content)
            spool.flush()
            try:
                with named_in_errors(spool.name, file.path):
                    yield spool.name
            except (FormatError, DataError):
                self._require(file)
                raise
            self._require(file)

    def _require(self, file: DroppedFile) -> None:
        if not self.is_there(file):
            raise FileChangedError("The file changed after its release", where=file.path, advice="Nothing.")

    def is_there(self, file: DroppedFile) -> bool:
        found = self.objects.get(file.path)
        return found is not None and found.identity == file.identity

    def lies(self, file: DroppedFile) -> bool:
        found = self.objects.get(file.path)
        return found is not None and found.put == _put_of(file)

    def exists(self, path: str) -> bool:
        return path in self.objects and is_candidate(path.rpartition("/")[2])

    def is_reachable(self, file: DroppedFile) -> bool:
        return True

    def content_hash(self, file: DroppedFile) -> str:
        self.find(file.path)
        return hashlib.sha256(self.objects[file.path].content).hexdigest()

    def deliver(self, path: str, chunks: Iterable[bytes], changed_ns: int) -> None:
        content = b"".join(chunks)
        self.objects.setdefault(path, Object(content, next(self.puts)))

    def clear(self, path: str) -> None:
        pass

    def hand_back(self, file: DroppedFile) -> str | None:
        if not self.is_there(file):
            return None
        before = self.objects[file.path]
        self.objects[file.path] = replace(before, back=before.back + 1)
        return self.objects[file.path].identity

    def recover(self) -> tuple[str, ...]:
        return ()

    def archive_processed(self, file: DroppedFile, received: datetime, load_id: int) -> str:
        return self._archive("processed", processed_name(file.name, received), file, load_id)

    def archive_error(self, file: DroppedFile, received: datetime, load_id: int, failure: Failure) -> str:
        place = self._archive("error", error_name(file.name, received), file, load_id)
        if place:
            document = reason_document(failure, file.path, load_id, received)
            self.beside[f"{place}.error.json"] = json.dumps(document).encode()
        return place

    def _archive(self, kind: str, name: str, file: DroppedFile, load_id: int) -> str:
        if self.lies(file):
            place = next(f"{kind}/{n}/{name}" for n in count(1) if f"{kind}/{n}/{name}" not in self.archive)
            self.archive[place] = (file.path, _put_of(file))
            self.contents[place] = self.objects[file.path].content
            del self.objects[file.path]
        place = self._place(kind, file)
        if place and self.rejects_path(file, load_id).exists():
            self.beside[f"{place}.rejects.csv"] = self.rejects_path(file, load_id).read_bytes()
            self.discard_rejects(file, load_id)
        return place

    def _place(self, kind: str, file: DroppedFile) -> str:
        key = (file.path, _put_of(file))
        return next((place for place, found in self.archive.items() if found == key and place.startswith(kind)), "")

    def archived(self, file: DroppedFile, received: datetime, *, refused: bool) -> str:
        return self._place("error" if refused else "processed", file)

    def archived_files(self, *, refused: bool) -> Iterator[ArchivedFile]:
        kind = "error" if refused else "processed"
        for place in (*self.archive, *self.beside):
            if place.startswith(f"{kind}/"):
                folder, _, name = place.rpartition("/")
                yield ArchivedFile(name, len(self.beside.get(place, b"")), folder)

    def delete_archived(self, folder: str, name: str) -> None:
        place = f"{folder}/{name}"
        del (self.archive if place in self.archive else self.beside)[place]
        self.contents.pop(place, None)

    @contextmanager
    def open_archived(self, place: str) -> Iterator[BinaryIO]:
        if not place.startswith(("processed/", "error/")):
            raise DropoffError("It is not in an archive", where=place, advice="Check the settings.")
        if place not in self.contents and place not in self.beside:
            raise FileChangedError("The file is gone", where=place, advice="Nothing.")
        yield io.BytesIO(self.beside.get(place) or self.contents[place])

    def report_malformed(self, place: Malformed) -> str:
        self.beside[f"{place.path}.error.json"] = place.reason.encode()
        return f"{place.path}.error.json"

    def rejects_path(self, file: DroppedFile, load_id: int) -> Path:
        return self.folder / f"rejects-{load_id}.csv"

    def share_rejects(self, file: DroppedFile, load_id: int) -> None:
        pass

    def discard_rejects(self, file: DroppedFile, load_id: int) -> None:
        self.rejects_path(file, load_id).unlink(missing_ok=True)

    def left_rejects(self) -> dict[int, Path]:
        return {int(path.stem.partition("-")[2]): path for path in self.folder.glob("rejects-*.csv")}

    def settle_rejects(self, load_id: int, archived: str) -> bool:
        return False

    def leftovers(self) -> tuple[Leftover, ...]:
        return ()


def _put_of(file: DroppedFile) -> int:
    return int(json.loads(file.identity)["put"])
