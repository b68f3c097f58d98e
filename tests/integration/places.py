"""Places other than a folder where files are dropped, as the people and programs around refdata use them.

The cases of files that change while they are loaded, and the kills of ``benchmarks/kill_points.py``, run at each. A
place that is added joins ``BUCKETS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from refdata.core.settings import Settings
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from tests.azure_server import azure_container, azure_filesystem
from tests.gcs_server import gcs_filesystem
from tests.s3_server import s3_filesystem
from tests.sftp_servers import openssh_server, sftp_source
from tests.smb_server import samba_server, smb_source

_numbers = count(1)
_MARKS = re.compile(r"\.refdata/(?:moves|back)/")
_CHANGES = ("write", "create", "upload", "copy", "delete", "move")
"""What changes something in a store."""


class Bucket:
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


def azure_bucket(folder: Path) -> Bucket:
    """A container of its own on Azurite."""
    name = f"place-{next(_numbers)}"
    azure_container(name)
    return Bucket(azure_filesystem, f"abfs://{name}/prefix", folder / "spool")


def gcs_bucket(folder: Path) -> Bucket:
    """A bucket of its own on the emulator of Google Cloud Storage."""
    name = f"place-{next(_numbers)}"
    gcs_filesystem().mkdir(name)
    return Bucket(gcs_filesystem, f"gs://{name}/prefix", folder / "spool")


def sftp_root(folder: Path) -> Bucket:
    """A root of its own on OpenSSH's server."""
    from tests.integration.server_place import OnServer  # it is built on what is above

    return OnServer(sftp_source(openssh_server(), folder / "spool"), folder)


def smb_root(folder: Path) -> Bucket:
    """A root of its own on Samba."""
    from tests.integration.server_place import OnServer

    return OnServer(smb_source(samba_server(), folder / "spool"), folder)


BUCKETS: dict[str, Callable[[Path], Bucket]] = {
    "S3": s3_bucket,
    "Azure": azure_bucket,
    "GCS": gcs_bucket,
    "SFTP": sftp_root,
    "SMB": smb_root,
}
