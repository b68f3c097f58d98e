"""One connection to an SFTP server, over paramiko, which Airflow's SFTP provider brings. Imported on use only.

Two things paramiko's client does not do as needed. Its listing fails for a whole folder if one name is not UTF-8. And
its reading ahead plans a file's requests in advance, in a thread that stays behind when the connection is cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from paramiko import SFTPClient
from paramiko.sftp import CMD_CLOSE, CMD_OPEN, CMD_OPENDIR, CMD_READ, CMD_READDIR, CMD_STATUS, SFTP_FLAG_READ, int64
from paramiko.sftp_attr import SFTPAttributes

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

    def entries(self, folder: bytes) -> list[tuple[str, Any]]:
        """Each name in a folder with its attributes, those of a link being the link's own."""
        handle = self._request(CMD_OPENDIR, folder)[1].get_binary()
        entries: list[tuple[str, Any]] = []
        while page := self._page(handle):
            entries += page
        self._request(CMD_CLOSE, handle)
        return [entry for entry in entries if entry[0] not in (".", "..")]

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

    def _page(self, handle: bytes) -> list[tuple[str, Any]]:
        """The next names, of which the server decides how many it sends at once; empty behind the last one."""
        try:
            message = self._request(CMD_READDIR, handle)[1]
        except EOFError:
            return []
        return [self._entry(message) for _ in range(message.get_int())]

    def _entry(self, message: Any) -> tuple[str, Any]:
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
