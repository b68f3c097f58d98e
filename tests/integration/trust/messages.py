"""Finds out from the bytes sent to a T-SQL server whether a message can leave something behind when its sender dies.

What a transaction did is taken back when its connection is cut before the commit. So a kill at any message within one
leaves what a kill before its first message does, a commit counts only after something was written, and of a message in
several packets only the last packet counts. A query leaves nothing either. Whatever is not known to be one counts.

The layout is that of [MS-TDS]: 2.2.3.1 of a packet (type, status, size), 2.2.5.3 of the headers before a batch; text
is UTF-16, little-endian.
"""

from __future__ import annotations

import re

_LOGINS = frozenset((0x10, 0x11, 0x12))
_BATCH = 0x01
_LAST = 0x01
_PACKET, _HEADERS = 8, 22
_COMMENTS = r"(?:--[^\n]*\n|\s)*"
_QUERY = re.compile(
    rf"(?:EXEC sp_executesql N')?{_COMMENTS}(?:SELECT|SET (?:LOCK_TIMEOUT|NOCOUNT)|USE)\b", re.IGNORECASE
)
_WRITES = re.compile(r"\b(?:INTO|UPDATE|INSERT|DELETE|EXEC|DROP|CREATE|ALTER|DECLARE)\b")
"""Words after which a batch that begins as a query may be more."""


class Conversations:
    """The connections of a process: which of them are in a transaction, and whether that has written something.

    >>> connections = Conversations()
    >>> def sent(text: str) -> bool:
    ...     return connections.settles("socket:[1]", bytes((1, 1, 0, 0, 0, 0, 0, 0)) + text.encode("utf-16-le"))
    >>> [sent(text) for text in ("BEGIN TRANSACTION", "DELETE FROM a", "COMMIT TRANSACTION", "DELETE FROM b")]
    [False, False, True, True]
    >>> [sent(text) for text in ("BEGIN TRANSACTION", "SELECT 1", "COMMIT TRANSACTION", "SELECT 1")]
    [False, False, False, False]
    """

    def __init__(self) -> None:
        self._wrote: dict[str, bool] = {}

    def settles(self, socket: str, start: bytes) -> bool:
        """Whether the message may have an effect that outlives its sender.

        :param socket: names the connection.
        :param start: the first bytes of the packet; one that is not understood counts.
        """
        if len(start) < _PACKET:
            return True
        if start[0] in _LOGINS:
            return False
        text = _text(start)
        if text.startswith("BEGIN TRANSACTION"):
            self._wrote[socket] = False
            return False
        if text.startswith(("COMMIT TRANSACTION", "ROLLBACK TRANSACTION")):
            return self._wrote.pop(socket, True)
        writes = not _is_query(text)
        if socket in self._wrote:
            self._wrote[socket] |= writes
            return False
        return writes and bool(start[1] & _LAST)


def _text(packet: bytes) -> str:
    """The text of a batch; ``""`` of anything else."""
    text = packet[_PACKET:] if packet[0] == _BATCH else b""
    without = text[_HEADERS:] if text.startswith(_HEADERS.to_bytes(4, "little")) else text
    return without[: len(without) // 2 * 2].decode("utf-16-le", errors="replace")


def _is_query(text: str) -> bool:
    begins = _QUERY.match(text)
    return begins is not None and not _WRITES.search(text, begins.end())
