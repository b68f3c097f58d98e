"""Finds out from the bytes sent to a T-SQL server whether a message can leave something behind when its sender dies.

What a transaction did is taken back when its connection is cut before the commit. So a kill at any message within one
leaves what a kill before its first message does, and of a message in several packets only the last one counts. Every
other message may leave something, unless it is part of a login.

The layout is that of [MS-TDS]: 2.2.3.1 of a packet (type, status, size), 2.2.5.3 of the headers before a batch; text
is UTF-16, little-endian.
"""

from __future__ import annotations

_LOGINS = frozenset((0x10, 0x11, 0x12))
_LAST = 0x01
_PACKET, _HEADERS = 8, 22
_BEGIN, _COMMIT, _ROLLBACK = (f"{verb} TRANSACTION".encode("utf-16-le") for verb in ("BEGIN", "COMMIT", "ROLLBACK"))


class Conversations:
    """The connections of a process: which of them are in a transaction.

    >>> connections = Conversations()
    >>> def sent(text: str) -> bool:
    ...     return connections.settles("socket:[1]", bytes((1, 1, 0, 0, 0, 0, 0, 0)) + text.encode("utf-16-le"))
    >>> [sent(text) for text in ("BEGIN TRANSACTION", "DELETE FROM a", "COMMIT TRANSACTION", "DELETE FROM b")]
    [False, False, True, True]
    """

    def __init__(self) -> None:
        self._within: set[str] = set()

    def settles(self, socket: str, start: bytes) -> bool:
        """Whether the message may have an effect that outlives its sender.

        :param socket: names the connection.
        :param start: the first bytes of the packet; one that is not understood counts.
        """
        if len(start) < _PACKET:
            return True
        if start[0] in _LOGINS or not start[1] & _LAST:
            return False
        text = start[_PACKET:]
        text = text[_HEADERS:] if text.startswith(_HEADERS.to_bytes(4, "little")) else text
        if text.startswith((_COMMIT, _ROLLBACK)):
            self._within.discard(socket)
        elif text.startswith(_BEGIN):
            self._within.add(socket)
        return socket not in self._within
