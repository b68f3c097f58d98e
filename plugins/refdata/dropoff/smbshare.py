r"""One connection to a Windows share, over ``smbclient`` of smbprotocol. Imported on use only.

``smbclient`` alone accepts answers without the signature that it asked for, follows links, waits for an answer without
end, and opens a line that was cut again with none of this changed; ``_Connections`` and ``SmbConnection`` see to these.
Places are ``\\host\share\folder\file``.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import IO, Any, cast
from uuid import uuid4

import smbclient
from smbprotocol.connection import Connection
from smbprotocol.exceptions import SMBException, SMBResponseException
from smbprotocol.file_info import FileInformationClass
from smbprotocol.header import NtStatus, Smb2Flags
from smbprotocol.open import FileAttributes, FilePipePrinterAccessMask

from refdata.core.dropnames import printable
from refdata.core.errors import DropoffError, RefdataError
from refdata.dropoff.fileclient import FolderLinkError, ServerEntry
from refdata.dropoff.smberrors import explained, translated_answers

_PATIENCE = 60
"""Seconds without an answer after which a connection counts as cut."""
_CONNECT = 15
"""Seconds for making a connection."""
_BLOCK = 1 << 20
"""Bytes requested at a time; the server may allow less."""
_SURROGATE = 0x2000_0000
"""In the tag of what leads elsewhere, https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/c8e77b37"""
_IMPOSSIBLE = re.compile(r'[\x00-\x1f<>:"/\\|?*]|[. ]$')
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file; a colon would name a stream of another file."""
_LOOKED = 1.0
"""Seconds for which a folder that was no link is not looked at again."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SmbConnection(Connection):  # type: ignore[misc]  # smbprotocol has no types
    """A connection that accepts protected answers only, follows no link, and does not wait without end."""

    def receive(  # the library's signature
        self,
        request: Any,
        wait: bool = True,
        timeout: int | None = None,
        resolve_symlinks: bool = False,  # noqa: ARG002
    ) -> Any:
        """The answer to a request."""
        return super().receive(request, wait, timeout or _PATIENCE, resolve_symlinks=False)

    def drop(self) -> None:
        """Closes the connection; the server closes with it whatever is open."""
        self.disconnect(close=False)
        for session in self.session_table.values():
            for handle in session.open_table.values():
                handle._connected = False  # noqa: SLF001  closing it by a message would fail

    def verify_signature(self, header: Any, session_id: int, force: bool = False) -> None:
        """Checks an answer that came in the clear: smbprotocol checks only those that say that they are signed.

        :raises SMBException: when it is not signed, or should have been encrypted.
        """
        session = self.session_table.get(session_id)
        is_notice = header["status"].get_value() == NtStatus.STATUS_PENDING
        if session is not None and not force and not is_notice:
            is_signed = header["flags"].has_flag(Smb2Flags.SMB2_FLAGS_SIGNED)
            if session.encrypt_data or not is_signed:
                raise SMBException("The server's answer is not protected as agreed")
        super().verify_signature(header, session_id, force)


class _Connections(dict[str, Any]):
    """The connections of one ``SmbShare``, by server: also those to which a DFS path leads, or that were cut."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002  one is always made
        connection = super().get(key)
        if connection is not None and not connection.transport.connected:
            connection.drop()
            connection = None
        if connection is None:
            host, _, port = key.rpartition(":")
            connection = SmbConnection(uuid4(), host, int(port), require_signing=True)
            connection.connect(timeout=_CONNECT)
            self[key] = connection
        return connection


class SmbShare:
    """A session of an account, whose calls may name any share of the server.

    :param account: ``username``, ``password``, ``port``, ``encrypt``, ``auth_protocol``, as ``smbclient`` takes them.
    """

    def __init__(self, host: str, account: dict[str, Any]) -> None:
        self._connections = _Connections()
        self._account = {**account, "connection_cache": self._connections, "require_signing": True}
        self._looked: dict[str, float] = {}
        try:
            smbclient.register_session(host, **self._account, connection_timeout=_CONNECT)
        except BaseException:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Whether no connection has been seen to end."""
        return all(connection.transport.connected for connection in self._connections.values())

    def close(self) -> None:
        """Closes the connections; the server ends the session with them."""
        while self._connections:
            _, connection = self._connections.popitem()
            connection.drop()

    def folder(self, top: str, folder: str) -> str:
        """The path of a folder below ``top``, which the address names and is not looked at.

        :raises FolderLinkError: when one in it is a link.
        """
        place, is_there = top, True
        for name in folder.split("/") if folder else ():
            place = self.within(place, name)
            is_there = is_there and self._is_no_link(place)
        return place

    def within(self, place: str, name: str) -> str:
        """The path of a name in a folder.

        :raises DropoffError: when Windows has no such name.
        """
        if not name or _IMPOSSIBLE.search(name):
            raise DropoffError(
                "A Windows share can have no file of this name",
                where=printable(name),
                advice='Use none of < > : " / \\ | ? *, and no blank or full stop at the end.',
            )
        return f"{place}\\{name}"

    def look(self, place: str) -> ServerEntry:
        """What is at a path; of a link the link itself."""
        with translated_answers():
            found = smbclient.lstat(place, **self._account)
        changed = _EPOCH + timedelta(microseconds=found.st_mtime_ns // 1000)
        return _entry(found.st_file_attributes, found.st_reparse_tag, found.st_size, changed)

    def entries(self, place: str) -> Iterator[tuple[str, ServerEntry]]:
        """Each name in a folder, and what it is; smbclient's own listing fails if one name is not valid UTF-16."""
        kind = FileInformationClass.FILE_ID_FULL_DIRECTORY_INFORMATION
        with translated_answers(), self._open(place, "rb", file_type="dir", share_access="rwd") as listing:
            for found in listing.query_directory("*", kind):
                name = found["file_name"].get_value().decode("utf-16-le", "surrogatepass")
                parts = ("file_attributes", "ea_size", "end_of_file", "last_write_time")
                if name not in (".", ".."):
                    yield name, _entry(*(found[part].get_value() for part in parts))

    def blocks(self, place: str) -> Iterator[bytes]:
        """A file's bytes in order; nobody can write to it meanwhile, as with any program of Windows that reads one."""
        buffer = bytearray(_BLOCK)
        with translated_answers(), self._open(place, "rb", share_access="rd") as stream:
            while count := _read(stream, buffer):
                yield bytes(memoryview(buffer)[:count])

    def content(self, place: str) -> bytes:
        """A small file's bytes."""
        return b"".join(self.blocks(place))

    @contextmanager
    def create(self, place: str) -> Iterator[IO[bytes]]:
        """Opens a new file to write it; of several callers one succeeds."""
        with translated_answers(), self._open(place, "xb", buffering=_BLOCK) as stream:
            yield cast("IO[bytes]", stream)

    def rename(self, place: str, target: str) -> None:
        """Renames a file.

        :raises FileExistsError: when something is at the target.
        """
        try:
            with translated_answers():
                smbclient.rename(place, target, **self._account)
        except PermissionError:
            if self._is_taken(target):  # smbclient opens it first, for which there may be no right
                raise FileExistsError from None
            raise

    def remove(self, place: str) -> None:
        """Deletes a file."""
        with translated_answers():
            smbclient.remove(place, **self._account)

    def mkdir(self, place: str) -> None:
        """Makes a folder."""
        with translated_answers():
            smbclient.mkdir(place, **self._account)

    def rmdir(self, place: str) -> None:
        """Deletes an empty folder."""
        with translated_answers():
            smbclient.rmdir(place, **self._account)

    def is_free(self, place: str) -> bool:
        """Whether the file can be read while nobody writes to it, and moved; without the right to move it, read."""
        read = FilePipePrinterAccessMask.FILE_READ_DATA
        for access in (read | FilePipePrinterAccessMask.DELETE, read):
            try:
                with translated_answers(), self._open(place, "rb", share_access="rd", desired_access=access):
                    return True
            except (FileNotFoundError, PermissionError):
                continue
            except OSError as fault:
                if fault.errno != errno.EBUSY:
                    raise
                return False
        return True

    def explain(self, fault: Exception, where: str) -> RefdataError:
        """The error of the tree for what a call reported; the server's own text is not quoted."""
        return explained(fault, where)

    def _open(self, place: str, mode: Any, *, buffering: int = 0, **how: Any) -> Any:
        return smbclient.open_file(place, mode=mode, buffering=buffering, **how, **self._account)

    def _is_taken(self, place: str) -> bool:
        try:
            self.look(place)
        except FileNotFoundError:
            return False
        return True

    def _is_no_link(self, place: str) -> bool:
        """False when nothing is there, nor below it."""
        if self._looked.get(place, 0.0) > monotonic() - _LOOKED:
            return True
        try:
            entry = self.look(place)
        except FileNotFoundError:
            return False
        if not entry.is_file and not entry.is_folder:
            raise FolderLinkError
        self._looked[place] = monotonic()
        return True


def _read(stream: Any, buffer: bytearray) -> int:
    try:
        return int(stream.readinto(buffer))
    except SMBResponseException as fault:
        if (
            fault.status == NtStatus.STATUS_END_OF_FILE
        ):  # cut on the server meanwhile; the caller compares what is there
            return 0
        raise


def _entry(attributes: int, tag: int, size: int, changed: datetime) -> ServerEntry:
    """Neither file nor folder is what leads elsewhere; a file that the server stores in some other way is a file."""
    is_link = bool(attributes & FileAttributes.FILE_ATTRIBUTE_REPARSE_POINT and tag & _SURROGATE)
    is_folder = bool(attributes & FileAttributes.FILE_ATTRIBUTE_DIRECTORY)
    facts = {"size": size, "mtime": changed}
    return ServerEntry(not is_link and not is_folder, not is_link and is_folder, facts)
