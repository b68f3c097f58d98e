"""Places where files are dropped, as the people and programs around refdata use them: a folder, a bucket.

The cases of files that change while they are loaded, and the kills of ``benchmarks/kill_points.py``, run at each. A
source that is added joins ``PLACES``.
"""

from __future__ import annotations

import abc
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from refdata.dropoff.source import Source
from tests.s3_server import s3_filesystem

_numbers = count(1)
_MARKS = re.compile(r"\.refdata/(?:moves|back)/")
_CHANGES = ("write", "create", "upload", "copy", "delete")
"""What changes something in a store."""


class Place(abc.ABC):
    """Files below a root, by their paths relative to it, with ``/``."""

    @abc.abstractmethod
    def source(self, settings: Settings) -> Source:
        """The source as a process that works on its own connects to it."""

    @abc.abstractmethod
    def put(self, path: str, content: bytes) -> None:
        """Drops a file, over any other."""

    @abc.abstractmethod
    def take(self, path: str) -> None:
        """Deletes a file."""

    @abc.abstractmethod
    def move(self, path: str, target: str) -> None:
        """Renames a file, or does what comes nearest to it."""

    @abc.abstractmethod
    def files(self) -> dict[str, bytes]:
        """All files, also refdata's own, in the order in which they came."""

    def read(self, address: str) -> bytes:
        """The file at a place that archiving returned."""
        return next(content for path, content in self.files().items() if address.endswith(path))


class Folder(Place):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        ensure_tree(root)

    def source(self, settings: Settings) -> Source:
        return Dropoff.of(settings)

    def put(self, path: str, content: bytes) -> None:
        (self.root / path).write_bytes(content)

    def take(self, path: str) -> None:
        (self.root / path).unlink()

    def move(self, path: str, target: str) -> None:
        (self.root / path).rename(self.root / target)

    def files(self) -> dict[str, bytes]:
        paths = sorted(self.root.rglob("*"), key=lambda path: path.lstat().st_mtime_ns)
        return {str(path.relative_to(self.root)): path.read_bytes() for path in paths if path.is_file()}


class Bucket(Place):
    """A prefix of a bucket. Its contents can be put back to how they were.

    :param connect: the filesystem of fsspec, for the process that asks.
    :param spool: a local folder for ``ObjectSource``.
    """

    def __init__(self, connect: Callable[[], Any], address: str, spool: Path) -> None:
        self._connect = connect
        self.address = address
        self._prefix = address.partition("://")[2]
        self._spool = spool
        self._saved: dict[str, bytes] = {}

    def source(self, settings: Settings) -> ObjectSource:
        return ObjectSource(self.store(), ObjectSpool(self._spool))

    def marked(self, marks: Path, spool: Path) -> ObjectSource:
        """The source with another spool, whose changes leave marks in a folder: see ``Marked``."""
        store: Any = Marked(self.store(), marks)
        return ObjectSource(store, ObjectSpool(spool))

    def store(self) -> ObjectStore:
        return ObjectStore(self._connect(), self._prefix, self.address)

    def put(self, path: str, content: bytes) -> None:
        self._connect().pipe_file(f"{self._prefix}/{path}", content)

    def take(self, path: str) -> None:
        self._connect().rm_file(f"{self._prefix}/{path}")

    def move(self, path: str, target: str) -> None:
        self._connect().cp_file(f"{self._prefix}/{path}", f"{self._prefix}/{target}")
        self.take(path)

    def files(self) -> dict[str, bytes]:
        fs = self._connect()
        fs.invalidate_cache()
        facts = fs.find(self._prefix, detail=True)
        order = sorted((ObjectIdentity.of(found).mtime_ns, key) for key, found in facts.items())
        return {key.partition(f"{self._prefix}/")[2]: fs.cat_file(key) for _, key in order}

    def clear(self) -> None:
        """Deletes everything."""
        for path in self.files():
            self.take(path)

    def save(self) -> None:
        """Remembers what is there."""
        self._saved = self.files()

    def restore(self) -> None:
        """Puts everything back as it was saved, in the same order."""
        self.clear()
        for path, content in self._saved.items():
            self.put(path, content)

    def state(self) -> dict[str, bytes]:
        """The files, with refdata's marks by what they say: their names depend on the times of others."""
        return {
            f"{_MARKS.match(path)[0]}{content.decode()}" if _MARKS.match(path) else path: content  # type: ignore[index]
            for path, content in self.files().items()
        }


class Marked:
    """A store that makes an empty file before and after each of its changes, for a tracer that can kill there."""

    def __init__(self, store: Any, marks: Path) -> None:
        self._store, self._marks = store, marks

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        return self._between_marks(name, operation) if name in _CHANGES else operation

    def _between_marks(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def change(path: str, *rest: Any) -> Any:
            mark = f"{next(_numbers):06d} {{}} {name} {path.replace('/', '|')}"
            (self._marks / mark.format("before")).touch()
            result = operation(path, *rest)
            (self._marks / mark.format("after")).touch()
            return result

        return change


def s3_bucket(folder: Path) -> Bucket:
    """A bucket of its own on moto's server."""
    name = f"place-{next(_numbers)}"
    s3_filesystem().mkdir(name)
    return Bucket(s3_filesystem, f"s3://{name}/prefix", folder / "spool")


def folder_of(folder: Path) -> Folder:
    """The folder that the tests' sites use."""
    return Folder(folder / "dropoff")


PLACES: dict[str, Callable[[Path], Place]] = {"folder": folder_of, "S3": s3_bucket}
