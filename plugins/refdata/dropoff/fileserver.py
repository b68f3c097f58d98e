"""Connections to a file server: kept while the process lives, and opened again when they were cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from refdata.core.errors import RefdataError
from refdata.dropoff.fileclient import FileClient, FolderLinkError

_KEPT = 4
"""Unused connections that stay open: only tasks that run side by side in one process need more than one."""
_ANSWERS = (RefdataError, FolderLinkError, FileNotFoundError, FileExistsError, PermissionError)


class FileServer:
    """One account on one server.

    :param connect: opens a connection, or raises an error of the tree.
    :param kind: what messages call it, such as "SFTP server".
    :param knows_open_files: whether it can say which files other programs have open.
    """

    def __init__(self, connect: Callable[[], FileClient], kind: str, *, knows_open_files: bool = False) -> None:
        self._connect = connect
        self.kind = kind
        self.knows_open_files = knows_open_files
        # By process: what a fork inherits belongs to the parent, and must not even be closed.
        self._idle: dict[int, list[FileClient]] = {}

    @contextmanager
    def session(self) -> Iterator[FileClient]:
        """A connection that nobody else uses meanwhile; after an error that is not the server's answer it is closed."""
        idle = self._idle.setdefault(os.getpid(), [])
        client = _alive(idle) or self._connect()
        try:
            yield client
        except _ANSWERS:
            _keep(idle, client)
            raise
        except BaseException:
            client.close()
            raise
        _keep(idle, client)

    def close(self) -> None:
        """Closes what this process has open and nobody uses now."""
        idle = self._idle.pop(os.getpid(), [])
        while idle:
            idle.pop().close()


def _alive(idle: list[FileClient]) -> FileClient | None:
    while idle:
        client = idle.pop()
        if client.is_open:
            return client
        client.close()
    return None


def _keep(idle: list[FileClient], client: FileClient) -> None:
    if len(idle) < _KEPT and client.is_open:
        idle.append(client)
    else:
        client.close()
