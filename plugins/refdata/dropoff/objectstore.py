"""What an object store can do, with its errors as errors of the tree: list, look, read, write, copy, delete.

It drives any filesystem of fsspec; Airflow makes one from a connection (S3, Azure Blob, Google Cloud Storage). Paths
are relative to the prefix. Nothing is remembered between two calls: a listing that is kept would hide what changed.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from refdata.core.dropnames import printable
from refdata.core.errors import (
    ConfigurationError,
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    ThrottledError,
)

_CHUNK = 8 << 20
_THROTTLED = ("slowdown", "slow down", "service unavailable", "toomanyrequests", "throttl", "serverbusy", "503", "429")
_REFUSED = ("accessdenied", "access denied", "forbidden", "403", "invalidaccesskeyid", "signaturedoesnotmatch")


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A prefix of a bucket.

    :param fs: a filesystem of fsspec.
    :param prefix: bucket and prefix, without a slash at the end.
    :param address: how people write the place, without credentials: ``s3://bucket/prefix``.
    """

    fs: Any
    prefix: str
    address: str

    def children(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and facts of each object directly in a folder; none where the folder does not exist."""
        with self._translated(folder):
            try:
                self.fs.invalidate_cache()
                entries = self.fs.ls(self._key(folder), detail=True)
            except FileNotFoundError:
                return
        for entry in entries:
            name = str(entry["name"]).rstrip("/").rpartition("/")[2]
            # Some tools write an empty object as a mark of a folder; it has the folder's own key.
            if entry["type"] == "file" and str(entry["name"]).strip("/") != self._key(folder).strip("/"):
                yield name, entry

    def info(self, path: str) -> Mapping[str, Any] | None:
        """The facts about an object; None where there is none."""
        with self._translated(path):
            try:
                self.fs.invalidate_cache()
                facts: Mapping[str, Any] = self.fs.info(self._key(path))
            except FileNotFoundError:
                return None
        return facts if facts["type"] == "file" else None

    def held(self, paths: Iterable[str]) -> frozenset[str]:  # noqa: ARG002  the port's signature
        """None: an object appears when it is complete."""
        return frozenset()

    def require_place(self) -> None:
        """A missing bucket must not look like an empty one.

        :raises ConfigurationError: when it is missing, or the connection may not see it.
        """
        bucket = self.prefix.partition("/")[0]
        with self._translated(""):
            if not bucket or self.fs.exists(bucket):
                return
        raise ConfigurationError(
            "The bucket is missing", where=self.address, advice="Create it, or correct dropoff_root."
        )

    def read(self, path: str) -> Iterator[bytes]:
        """The object's bytes in order, each fetched once.

        :raises FileChangedError: when it is gone.
        """
        with self._translated(path), self.fs.open(self._key(path), "rb", block_size=_CHUNK) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def write(self, path: str, content: bytes) -> None:
        """Writes a small object whole, over any other."""
        with self._translated(path):
            self.fs.pipe_file(self._key(path), content)

    def create(self, path: str, content: bytes) -> bool:
        """Writes a small object unless there is one; returns whether it did. Of several callers one succeeds."""
        with self._translated(path):
            try:
                self.fs.pipe_file(self._key(path), content, mode="create")
            except FileExistsError:
                return False
        return True

    def upload(self, path: str, stream: IO[bytes]) -> None:
        """Writes an object from a local file; it appears when it is complete."""
        with self._translated(path), self.fs.open(self._key(path), "wb") as target:
            while chunk := stream.read(_CHUNK):
                target.write(chunk)

    def copy(self, path: str, target: str) -> None:
        """Copies inside the store; the copy appears when it is complete."""
        with self._translated(path):
            self.fs.cp_file(self._key(path), self._key(target))

    def delete(self, path: str) -> None:
        """Deletes an object; it may be gone already."""
        with self._translated(path), contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(self._key(path))

    def content(self, path: str) -> bytes | None:
        """A small object's bytes; None where there is none."""
        with self._translated(path):
            try:
                data: bytes = self.fs.cat_file(self._key(path))
            except FileNotFoundError:
                return None
        return data

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}".rstrip("/")

    @contextlib.contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        """Turns every error of the store's client into one of the tree, without its text, which may name a key."""
        try:
            yield
        except (RefdataError, GeneratorExit):
            raise
        except Exception as fault:
            raise error_of(fault, f"{self.address}/{printable(path)}".rstrip("/")) from fault


def error_of(fault: Exception, where: str) -> RefdataError:
    """The error of the tree for what a store's client reported.

    Clients of the stores raise errors of their own kinds, so what is not recognised counts as a fault that passes.
    """
    number = fault.errno if isinstance(fault, OSError) else None
    said = f"{type(fault).__name__} {fault}".lower()
    if isinstance(fault, FileNotFoundError):
        return FileChangedError("The file is gone", where=where, advice="Nothing; if it returns, it is watched again")
    if isinstance(fault, PermissionError) or number in (errno.EACCES, errno.EPERM) or _any(_REFUSED, said):
        return PermissionDeniedError(
            f"The object store refused ({type(fault).__name__})",
            where=where,
            advice="Allow the connection to list, read, write and delete below this address",
        )
    if _any(_THROTTLED, said):
        return ThrottledError("The object store asks to slow down", where=where, advice="Nothing: it is retried")
    return FileBusyError(
        f"The object store failed: {type(fault).__name__}", where=where, advice="Nothing: it is retried"
    )


def _any(marks: tuple[str, ...], text: str) -> bool:
    return any(mark in text for mark in marks)
