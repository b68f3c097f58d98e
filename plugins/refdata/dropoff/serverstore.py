"""A folder on a file server, behind the port of an object store, and what it can do besides: rename, make folders.

A rename never overwrites, so one of several callers succeeds; whatever is written gets its name that way, when it is
complete. Each call asks the server where the folder really is: a link in the load folders that leads elsewhere is
refused. No protocol here can open a folder and stay in it, so this check protects against links that are there, not
against somebody who swaps folders in the same moment.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from refdata.core.dropnames import printable
from refdata.core.errors import ConfigurationError, DropoffError, FileBusyError, RefdataError
from refdata.dropoff.fileclient import FileClient, FolderLinkError, ServerEntry
from refdata.dropoff.fileserver import FileServer

PASSING = ".refdata/passing"
"""Files while they are written; they have random names, since two attempts may write the same one."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ServerStore:
    """A folder of an account.

    :param prefix: its path on the server: ``/landing`` over SFTP, ``\\\\\\\\host\\\\share\\\\landing`` over SMB.
    :param address: how people write it: ``sftp://host/landing``.
    """

    server: FileServer
    prefix: str
    address: str

    def children(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and facts of each regular file directly in a folder; none where the folder does not exist."""
        with self._session(folder) as client:
            try:
                entries = list(client.entries(client.folder(self.prefix, folder)))
            except FileNotFoundError:
                return
        for name, entry in entries:
            if entry.is_file:
                yield name, entry.facts

    def info(self, path: str) -> Mapping[str, Any] | None:
        """The facts about a regular file; None where there is none, also where it is a link."""
        with self._session(path) as client:
            entry = self._look(client, path)
        return entry.facts if entry is not None and entry.is_file else None

    def held(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the files that another program has open, as far as the server knows."""
        if not self.server.knows_open_files:
            return frozenset()
        with self._session("") as client:
            return frozenset(path for path in paths if not client.is_free(self._place(client, path)))

    def require_place(self) -> None:
        """A missing folder must not look like an empty one.

        :raises ConfigurationError: when it is missing.
        """
        if not self.has_folder(""):
            raise ConfigurationError(
                f"The folder is missing on the {self.server.kind}",
                where=self.address,
                advice="Create it, or correct dropoff_root; the path begins at the topmost folder of account or share.",
            )

    def has_folder(self, folder: str) -> bool:
        """Whether a folder is there."""
        with self._session(folder) as client:
            try:
                return client.look(client.folder(self.prefix, folder)).is_folder
            except FileNotFoundError:
                return False

    def make(self, folder: str) -> None:
        """Makes a folder, and those above it, unless it is there."""
        with self._session(folder) as client:
            self._made(client, folder)

    def read(self, path: str) -> Iterator[bytes]:
        """The file's bytes in order, each fetched once.

        :raises FileChangedError: when it is gone.
        """
        with self._session(path) as client:
            yield from client.blocks(self._place(client, path))

    def write(self, path: str, content: bytes) -> None:
        """Writes a small file whole, over any other."""
        self.upload(path, io.BytesIO(content))

    def create(self, path: str, content: bytes) -> bool:
        """Writes a small file unless there is one; returns whether it did. Of several callers one succeeds."""
        with self._session(path) as client:
            return self._put(client, path, [content])

    def upload(self, path: str, stream: IO[bytes]) -> None:
        """Writes a file from a local one; it appears when it is complete."""
        self._put_over(path, iter(lambda: stream.read(_CHUNK), b""))

    def copy(self, path: str, target: str) -> None:
        """Copies a file through this machine."""
        self._put_over(target, self.read(path))

    def move(self, path: str, target: str) -> bool:
        """Renames a file, without overwriting another; returns whether it did.

        :raises FileChangedError: when it is gone.
        """
        with self._session(path) as client:
            self._made(client, target.rpartition("/")[0])
            return self._renamed(client, path, target)

    def delete(self, path: str) -> None:
        """Deletes a file; it may be gone already."""
        with self._session(path) as client, suppress(FileNotFoundError):
            client.remove(self._place(client, path))

    def delete_folder(self, folder: str) -> None:
        """Deletes a folder if it is empty."""
        with self._session(folder) as client, suppress(FileNotFoundError):
            place = client.folder(self.prefix, folder)
            if not list(client.entries(place)):
                client.rmdir(place)

    def content(self, path: str) -> bytes | None:
        """A small file's bytes; None where there is none."""
        with self._session(path) as client:
            try:
                return client.content(self._place(client, path))
            except FileNotFoundError:
                return None

    def _put_over(self, path: str, chunks: Iterable[bytes]) -> None:
        with self._session(path) as client:
            if self._put(client, path, chunks, over=True):
                return
        raise FileBusyError("Another process writes this file", where=self._name(path), advice="Nothing: it is retried")

    def _put(self, client: FileClient, path: str, chunks: Iterable[bytes], *, over: bool = False) -> bool:
        """Writes a file under a name of its own, then gives it its name; returns whether that was free."""
        for folder in (PASSING, path.rpartition("/")[0]):
            self._made(client, folder)
        passing = f"{PASSING}/{secrets.token_hex(8)}"
        with client.create(self._place(client, passing)) as stream:
            for chunk in chunks:
                stream.write(chunk)
        if over and self._look(client, path) is not None:
            client.remove(self._place(client, path))
        if not self._renamed(client, passing, path):
            client.remove(self._place(client, passing))
            return False
        return True

    def _renamed(self, client: FileClient, path: str, target: str) -> bool:
        try:
            client.rename(self._place(client, path), self._place(client, target))
        except FileExistsError:
            return False
        return True

    def _look(self, client: FileClient, path: str) -> ServerEntry | None:
        try:
            return client.look(self._place(client, path))
        except FileNotFoundError:
            return None

    def _made(self, client: FileClient, folder: str) -> None:
        parts = folder.split("/") if folder else []
        for depth in range(1, len(parts) + 1):
            place = client.folder(self.prefix, "/".join(parts[:depth]))
            try:
                client.look(place)
            except FileNotFoundError:
                _make_one(client, place)

    def _place(self, client: FileClient, path: str) -> Any:
        folder, _, name = path.rpartition("/")
        return client.within(client.folder(self.prefix, folder), name)

    def _name(self, path: str) -> str:
        return f"{self.address}/{printable(path)}".rstrip("/")

    @contextmanager
    def _session(self, path: str) -> Iterator[FileClient]:
        client: FileClient | None = None
        try:
            with self.server.session() as client:
                yield client
        except (RefdataError, GeneratorExit):
            raise
        except FolderLinkError as fault:
            raise DropoffError(
                "On the server, this folder is a link, and links are not followed",
                where=self._name(path),
                advice="Replace it by a folder, or address the folder that it leads to.",
            ) from fault
        except Exception as fault:
            if client is None:
                raise
            raise client.explain(fault, self._name(path)) from fault


def _make_one(client: FileClient, place: Any) -> None:
    try:
        client.mkdir(place)
    except PermissionError:
        raise
    except OSError:
        client.look(place)  # made by another process meanwhile; otherwise it is still missing, which this reports
