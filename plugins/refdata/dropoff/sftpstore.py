"""A folder on an SFTP server, behind the port of an object store, and what it can do besides: rename, make folders.

Protocol version 3, as OpenSSH speaks it. A plain rename there fails where the target exists, so one of several callers
succeeds; whatever is written gets its name that way, when it is complete. Each call asks the server where the folder
really is: a link in the load folders that leads elsewhere is refused. SFTP cannot open a folder and stay in it, so
this check protects against links that are there, not against somebody who swaps folders in the same moment.
"""

from __future__ import annotations

import io
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from refdata.core.dropnames import printable
from refdata.core.errors import ConfigurationError, DropoffError, FileBusyError, RefdataError
from refdata.dropoff.sftpserver import SftpServer, error_of

PASSING = ".refdata/passing"
"""Files while they are written; they have random names, since two attempts may write the same one."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SftpStore:
    """A folder of an account.

    :param prefix: its absolute path on the server, ``""`` for the topmost folder that the account sees.
    :param address: how people write it: ``sftp://host/path``.
    """

    server: SftpServer
    prefix: str
    address: str

    def children(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and facts of each regular file directly in a folder; none where the folder does not exist."""
        with self._session(folder) as client:
            try:
                entries = client.entries(self._folder(client, folder))
            except FileNotFoundError:
                return
        for name, attributes in entries:
            if _is_file(attributes):
                yield name, _facts(attributes)

    def info(self, path: str) -> Mapping[str, Any] | None:
        """The facts about a regular file; None where there is none, also where it is a link."""
        with self._session(path) as client:
            attributes = self._look(client, path)
        return _facts(attributes) if attributes is not None and _is_file(attributes) else None

    def require_place(self) -> None:
        """A missing folder must not look like an empty one.

        :raises ConfigurationError: when it is missing.
        """
        if not self.has_folder(""):
            raise ConfigurationError(
                "The folder is missing on the SFTP server",
                where=self.address,
                advice="Create it, or correct dropoff_root; the path begins at the topmost folder of the account.",
            )

    def has_folder(self, folder: str) -> bool:
        """Whether a folder is there."""
        with self._session(folder) as client:
            try:
                return stat.S_ISDIR(client.stat(self._folder(client, folder)).st_mode or 0)
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
        """Copies a file through this machine, since the protocol has no copy."""
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
            if not client.entries(self._folder(client, folder)):
                client.rmdir(self._folder(client, folder))

    def content(self, path: str) -> bytes | None:
        """A small file's bytes; None where there is none."""
        with self._session(path) as client:
            try:
                with client.open(self._place(client, path), "rb") as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def _put_over(self, path: str, chunks: Iterable[bytes]) -> None:
        with self._session(path) as client:
            if self._put(client, path, chunks, over=True):
                return
        raise FileBusyError("Another process writes this file", where=self._name(path), advice="Nothing: it is retried")

    def _put(self, client: Any, path: str, chunks: Iterable[bytes], *, over: bool = False) -> bool:
        """Writes a file under a name of its own, then gives it its name; returns whether that was free."""
        for folder in (PASSING, path.rpartition("/")[0]):
            self._made(client, folder)
        passing = f"{PASSING}/{secrets.token_hex(8)}"
        with client.open(self._place(client, passing), "wx") as stream:
            for chunk in chunks:
                stream.write(chunk)
        if over and self._look(client, path) is not None:
            client.remove(self._place(client, path))
        if not self._renamed(client, passing, path):
            client.remove(self._place(client, passing))
            return False
        return True

    def _renamed(self, client: Any, path: str, target: str) -> bool:
        """A look before, for servers that overwrite; and after a failure, which the protocol does not explain."""
        if self._look(client, target) is not None:
            return False
        try:
            client.rename(self._place(client, path), self._place(client, target))
        except (FileNotFoundError, PermissionError):
            raise
        except OSError as fault:
            if fault.errno is None and self._look(client, target) is not None:
                return False
            raise
        return True

    def _look(self, client: Any, path: str) -> Any:
        try:
            return client.lstat(self._place(client, path))
        except FileNotFoundError:
            return None

    def _made(self, client: Any, folder: str) -> None:
        parts = folder.split("/") if folder else []
        for depth in range(1, len(parts) + 1):
            place = self._folder(client, "/".join(parts[:depth]))
            try:
                client.lstat(place)
            except FileNotFoundError:
                _make_one(client, place)

    def _place(self, client: Any, path: str) -> bytes:
        folder, _, name = path.rpartition("/")
        return b"%s/%s" % (self._folder(client, folder), name.encode("utf-8", "surrogateescape"))

    def _folder(self, client: Any, folder: str) -> bytes:
        """A folder's path on the server.

        :raises DropoffError: when a link in it leads elsewhere.
        """
        top = str(client.normalize(self.prefix or "/")).rstrip("/")
        place = f"{top}/{folder}" if folder else top
        if folder and client.normalize(place) != place:
            raise DropoffError(
                "On the server, this folder is a link, and links are not followed",
                where=self._name(folder),
                advice="Replace it by a folder, or address the folder that it leads to.",
            )
        return place.encode("utf-8", "surrogateescape")

    def _name(self, path: str) -> str:
        return f"{self.address}/{printable(path)}".rstrip("/")

    @contextmanager
    def _session(self, path: str) -> Iterator[Any]:
        try:
            with self.server.session() as client:
                yield client
        except (RefdataError, GeneratorExit):
            raise
        except Exception as fault:
            raise error_of(fault, self._name(path)) from fault


def _make_one(client: Any, place: bytes) -> None:
    try:
        client.mkdir(place)
    except OSError:
        client.lstat(place)  # made by another process meanwhile; otherwise it is still missing, which this reports


def _is_file(attributes: Any) -> bool:
    """Some servers do not report what an entry is."""
    return attributes.st_mode is None or not stat.S_IFMT(attributes.st_mode) or stat.S_ISREG(attributes.st_mode)


def _facts(attributes: Any) -> Mapping[str, Any]:
    return {"size": attributes.st_size, "mtime": attributes.st_mtime}
