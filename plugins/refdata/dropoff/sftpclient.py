"""One connection to an SFTP server, over paramiko, which Airflow's SFTP provider brings. Imported on use only.

Protocol version 3, as OpenSSH speaks it. Two things paramiko's client does not do as needed. Its listing fails for a
whole folder if one name is not UTF-8. And its reading ahead plans a file's requests in advance, in a thread that stays
behind when the connection is cut.
"""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Iterator
from typing import IO, Any, cast

from paramiko import SFTPClient
from paramiko.sftp import CMD_CLOSE, CMD_OPEN, CMD_OPENDIR, CMD_READ, CMD_READDIR, CMD_STATUS, SFTP_FLAG_READ, int64
from paramiko.sftp_attr import SFTPAttributes

from refdata.core.errors import FileBusyError, FileChangedError, PermissionDeniedError, RefdataError
from refdata.dropoff.fileclient import FolderLinkError, ServerEntry

_PATIENCE = 60.0
"""Seconds without an answer after which a connection counts as cut."""
_BLOCK = 32_768
"""Bytes that every server sends at once, https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-3"""
_AHEAD = 64
"""Requests that are on their way while a file is read; OpenSSH's own client has as many."""


class SftpClient(SFTPClient):  # type: ignore[misc]  # paramiko has no types
    """A session whose paths are bytes."""

    ssh: Any

    @classmethod
    def over(cls, ssh: Any) -> SftpClient:
        """A session of a connected ``SSHClient``, which is closed with it."""
        client: SftpClient = cls.from_transport(ssh.get_transport())
        client.ssh = ssh
        client.get_channel().settimeout(_PATIENCE)
        return client

    @property
    def is_open(self) -> bool:
        """Whether the connection has not been seen to end."""
        channel = self.get_channel()
        return not channel.closed and bool(channel.get_transport().is_active())

    def close(self) -> None:
        """Closes the session and its connection."""
        super().close()
        self.ssh.close()

    def folder(self, top: str, folder: str) -> bytes:
        """The path of a folder below ``top``, which may be ``""`` for the topmost one that the account sees.

        :raises FolderLinkError: when a link in it leads elsewhere.
        """
        root = str(self.normalize(top or "/")).rstrip("/")
        place = f"{root}/{folder}" if folder else root
        if folder and self.normalize(place) != place:
            raise FolderLinkError
        return place.encode("utf-8", "surrogateescape")

    def within(self, place: bytes, name: str) -> bytes:
        """The path of a name in a folder."""
        return b"%s/%s" % (place, name.encode("utf-8", "surrogateescape"))

    def look(self, place: bytes) -> ServerEntry:
        """What is at a path; of a link the link itself."""
        return _entry(self.lstat(place or b"/"))

    def entries(self, place: bytes) -> list[tuple[str, ServerEntry]]:
        """Each name in a folder, and what it is."""
        handle = self._request(CMD_OPENDIR, place)[1].get_binary()
        entries: list[tuple[str, Any]] = []
        while page := self._page(handle):
            entries += page
        self._request(CMD_CLOSE, handle)
        return [(name, _entry(attributes)) for name, attributes in entries if name not in (".", "..")]

    def content(self, place: bytes) -> bytes:
        """A small file's bytes."""
        with self.open(place, "rb") as stream:
            return bytes(stream.read())

    def create(self, place: bytes) -> IO[bytes]:
        """Opens a new file to write it; of several callers one succeeds."""
        return cast("IO[bytes]", self.open(place, "wx"))

    def rename(self, place: bytes, target: bytes) -> None:
        """Renames a file: after a look, for servers that overwrite; the protocol does not explain a failure.

        :raises FileExistsError: when something is at the target.
        """
        if self._is_taken(target):
            raise FileExistsError
        try:
            super().rename(place, target)
        except (FileNotFoundError, PermissionError):
            raise
        except OSError as fault:
            if fault.errno is None and self._is_taken(target):
                raise FileExistsError from fault
            raise

    def is_free(self, place: bytes) -> bool:  # noqa: ARG002  the same for every file
        """Yes: the protocol does not say which files are open."""
        return True

    def explain(self, fault: Exception, where: str) -> RefdataError:
        """The error of the tree for what a call reported; the server's own text is not quoted."""
        if isinstance(fault, FileNotFoundError):
            advice = "Nothing; if it returns, it is watched again"
            return FileChangedError("The file is gone", where=where, advice=advice)
        if isinstance(fault, PermissionError):
            return PermissionDeniedError(
                "The SFTP server refused it: the account lacks a right",
                where=where,
                advice="Allow the account of the connection to read and write in the load folders and their archives",
            )
        # An answer with the status SSH_FX_FAILURE, which says no more; paramiko has the same class for a closed socket.
        if type(fault) is OSError and fault.errno is None and str(fault) != "Socket is closed":
            return FileBusyError(
                "The SFTP server could not do it",
                where=where,
                advice="Nothing: it is retried. If it stays, look at the server's log, disk space and quota",
            )
        return FileBusyError(
            f"The connection to the SFTP server was cut ({type(fault).__name__})",
            where=where,
            advice="Nothing: it is retried",
        )

    def blocks(self, path: bytes) -> Iterator[bytes]:
        """A file's bytes in order, with many requests on their way at a time."""
        handle = self._request(CMD_OPEN, path, SFTP_FLAG_READ, SFTPAttributes())[1].get_binary()
        yield from _Reading(self, handle).blocks()
        self._request(CMD_CLOSE, handle)

    def ask(self, reading: _Reading, handle: bytes, offset: int, size: int) -> int:
        """Sends a request for a part of a file; returns its number."""
        return int(self._async_request(reading, CMD_READ, handle, int64(offset), size))

    def answer(self, reading: _Reading, number: int) -> bytes:
        """The part of the file that was requested, ``b""`` behind its end."""
        while number not in reading.answers:
            self._read_response()
        kind, message = reading.answers.pop(number)
        try:
            if kind == CMD_STATUS:
                self._convert_status(message)
            return bytes(message.get_string())
        except EOFError:
            return b""

    def _is_taken(self, place: bytes) -> bool:
        try:
            self.lstat(place)
        except FileNotFoundError:
            return False
        return True

    def _page(self, handle: bytes) -> list[tuple[str, Any]]:
        """The next names, of which the server decides how many it sends at once; empty behind the last one."""
        try:
            message = self._request(CMD_READDIR, handle)[1]
        except EOFError:
            return []
        return [self._named(message) for _ in range(message.get_int())]

    def _named(self, message: Any) -> tuple[str, Any]:
        name = message.get_string().decode("utf-8", "surrogateescape")
        message.get_string()  # the same as a line of ls -l
        return name, SFTPAttributes._from_msg(message)  # noqa: SLF001  as paramiko's own listing


class _Reading:
    """A file that is being read; paramiko hands it the answers in the order in which they come."""

    def __init__(self, client: SftpClient, handle: bytes) -> None:
        self.answers: dict[int, tuple[int, Any]] = {}
        self._client = client
        self._handle = handle

    def blocks(self) -> Iterator[bytes]:
        waiting: deque[tuple[int, int]] = deque()
        offset = 0
        while True:
            while len(waiting) < _AHEAD:
                waiting.append((offset, self._client.ask(self, self._handle, offset, _BLOCK)))
                offset += _BLOCK
            start, number = waiting.popleft()
            block = self._whole(start, self._client.answer(self, number))
            if block:
                yield block
            if len(block) < _BLOCK:
                break
        for _, number in waiting:
            self._client.answer(self, number)

    def _whole(self, start: int, block: bytes) -> bytes:
        """A server may send less than was requested before the end of the file, too."""
        while block and len(block) < _BLOCK:
            number = self._client.ask(self, self._handle, start + len(block), _BLOCK - len(block))
            more = self._client.answer(self, number)
            if not more:
                break
            block += more
        return block

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        self.answers[number] = kind, message


def _entry(attributes: Any) -> ServerEntry:
    """Some servers do not report what an entry is: then it is a file."""
    kind = stat.S_IFMT(attributes.st_mode or 0)
    facts = {"size": attributes.st_size, "mtime": attributes.st_mtime}
    return ServerEntry(kind in (0, stat.S_IFREG), kind == stat.S_IFDIR, facts)
