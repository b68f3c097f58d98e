"""One connection to a file server, as ``ServerStore`` uses it: what SFTP and SMB have in common.

What a call reports is an exception of Python: ``FileNotFoundError`` for what is not there, ``FileExistsError`` for a
name that is taken, ``PermissionError`` for a right that is missing. The connection remains usable after these three.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any, Protocol

from refdata.core.errors import RefdataError


class FolderLinkError(Exception):
    """A folder on the server is a link."""


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """What a server says about one name: a file, a folder, or neither, such as a link or a device.

    :param facts: of a file: ``size`` and ``mtime``, as ``ObjectIdentity`` reads them.
    """

    is_file: bool
    is_folder: bool
    facts: Mapping[str, Any]


class FileClient(Protocol):
    """A place is a path as the client's own protocol writes it; only the client makes and reads one."""

    @property
    def is_open(self) -> bool:
        """Whether the connection has not been seen to end."""
        ...

    def close(self) -> None:
        """Closes the connection."""
        ...

    def folder(self, top: str, folder: str) -> Any:
        """The place of a folder below the topmost one of a store.

        :raises FolderLinkError: when a folder in it is a link that leads elsewhere.
        """
        ...

    def within(self, place: Any, name: str) -> Any:
        """The place of a name in a folder.

        :raises DropoffError: when the server can have no such name.
        """
        ...

    def look(self, place: Any) -> ServerEntry:
        """What is at a place; of a link the link itself."""
        ...

    def entries(self, place: Any) -> Iterable[tuple[str, ServerEntry]]:
        """Each name in a folder, and what it is."""
        ...

    def blocks(self, place: Any) -> Iterator[bytes]:
        """A file's bytes in order."""
        ...

    def content(self, place: Any) -> bytes:
        """A small file's bytes."""
        ...

    def create(self, place: Any) -> AbstractContextManager[IO[bytes]]:
        """Opens a new file to write it; of several callers one succeeds."""
        ...

    def rename(self, place: Any, target: Any) -> None:
        """Renames a file, never over another one."""
        ...

    def remove(self, place: Any) -> None:
        """Deletes a file."""
        ...

    def mkdir(self, place: Any) -> None:
        """Makes a folder."""
        ...

    def rmdir(self, place: Any) -> None:
        """Deletes an empty folder."""
        ...

    def is_free(self, place: Any) -> bool:
        """Whether no other program has the file open in a way that would disturb a load; it may be gone."""
        ...

    def explain(self, fault: Exception, where: str) -> RefdataError:
        """The error of the tree for what a call reported; the server's own text is not quoted."""
        ...
