"""Connections to an SFTP server: kept while the process lives, and opened again when they were cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from refdata.core.errors import FileBusyError, FileChangedError, PermissionDeniedError, RefdataError

_KEPT = 4
"""Unused connections that stay open: only tasks that run side by side in one process need more than one."""


class SftpServer:
    """One account on one server.

    :param connect: opens a connection (``refdata.dropoff.sftpclient.SftpClient``), or raises an error of the tree.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        # By process: what a fork inherits belongs to the parent, and must not even be closed.
        self._idle: dict[int, list[Any]] = {}

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A connection that nobody else uses meanwhile; after an error that is not the server's answer it is closed."""
        idle = self._idle.setdefault(os.getpid(), [])
        session = _alive(idle) or self._connect()
        try:
            yield session
        except (RefdataError, FileNotFoundError, PermissionError):
            _keep(idle, session)
            raise
        except BaseException:
            session.close()
            raise
        _keep(idle, session)

    def close(self) -> None:
        """Closes what this process has open and nobody uses now."""
        idle = self._idle.pop(os.getpid(), [])
        while idle:
            idle.pop().close()


def error_of(fault: Exception, where: str) -> RefdataError:
    """The error of the tree for what a call reported; the server's own text is not quoted."""
    if isinstance(fault, FileNotFoundError):
        return FileChangedError("The file is gone", where=where, advice="Nothing; if it returns, it is watched again")
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


def _alive(idle: list[Any]) -> Any:
    while idle:
        session = idle.pop()
        if session.is_open:
            return session
        session.close()
    return None


def _keep(idle: list[Any], session: Any) -> None:
    if len(idle) < _KEPT and session.is_open:
        idle.append(session)
    else:
        session.close()
