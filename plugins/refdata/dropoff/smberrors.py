"""What a file server answers over SMB: as exceptions of Python, and as errors of the tree. Imported on use only."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from smbprotocol.exceptions import SMBOSError, SMBResponseException
from smbprotocol.header import NtStatus

from refdata.core.errors import (
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
    RefdataError,
    StorageFullError,
)
from refdata.dropoff.fileclient import FolderLinkError

# https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55
_MISSING = frozenset(
    (0xC000000F, 0xC0000034, 0xC0000039, 0xC000003A, 0xC0000056, 0xC00000BA, 0xC00000CC, 0xC0000103, 0xC0000225)
)
"""No such name, file, path or share; deletion is pending; a folder instead of a file, or a file instead of a folder."""
_REFUSED = frozenset((0xC0000022, 0xC0000061, 0xC00000A2, 0xC00000CA, 0xC0000121))
"""Access denied, a privilege is missing, write protected, no access by network, cannot be deleted."""
_HELD = frozenset((0xC0000043, 0xC0000054, 0xC0000055, 0xC0000243))
"""Sharing violation, a part is locked, the file is mapped into a program's memory."""
_FULL = frozenset((0xC0000044, 0xC000007F))
"""Quota exceeded, disk full."""
LOGIN_REFUSED = {
    0xC0000064: "there is no such user",
    0xC000006A: "the password is wrong",
    0xC000006D: "user or password is wrong",
    0xC000006E: "the account is restricted",
    0xC000006F: "not at this time of day",
    0xC0000070: "not from this computer",
    0xC0000071: "the password has expired",
    0xC0000072: "the account is disabled",
    0xC000015B: "the account may not log in over the network",
    0xC0000193: "the account has expired",
    0xC0000224: "the password must be changed first",
    0xC0000234: "the account is locked",
}
"""What an answer to a login says."""


class AnswerError(OSError):
    """The server's answer is an error that Python has no class for.

    :param status: an NTSTATUS.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"NTSTATUS 0x{status:08X}")
        self.status = status


@contextmanager
def translated_answers() -> Iterator[None]:
    """Turns a server's answer into an exception of Python; what else goes wrong passes through."""
    try:
        yield
    except SMBOSError as fault:
        raise _answer(int(fault.ntstatus)) from fault
    except SMBResponseException as fault:
        raise _answer(int(fault.status)) from fault


def _answer(status: int) -> Exception:
    if status in _MISSING:
        return FileNotFoundError()
    if status == NtStatus.STATUS_OBJECT_NAME_COLLISION:
        return FileExistsError()
    if status in _REFUSED:
        return PermissionError()
    if status in _HELD:
        return OSError(errno.EBUSY, "in use")
    if status in _FULL:
        return OSError(errno.ENOSPC, "full")
    return FolderLinkError() if status == NtStatus.STATUS_STOPPED_ON_SYMLINK else AnswerError(status)


def explained(fault: Exception, where: str) -> RefdataError:
    """The error of the tree for what a call reported; the server's own text is not quoted."""
    status = getattr(fault, "status", 0)
    if isinstance(fault, FileNotFoundError):
        return FileChangedError("The file is gone", where=where, advice="Nothing; if it returns, it is watched again")
    if isinstance(fault, PermissionError) or status in LOGIN_REFUSED:
        return PermissionDeniedError(
            f"The file server refused it: {LOGIN_REFUSED.get(status, 'the account lacks a right')}",
            where=where,
            advice="Allow the account of the connection to change what is in the load folders and their archives, in"
            " the permissions of the share and in those of the folders",
        )
    return _passing(fault, where)


def _passing(fault: Exception, where: str) -> RefdataError:
    """Of a failure that may be gone at the next attempt."""
    if isinstance(fault, OSError) and fault.errno == errno.EBUSY:
        return FileBusyError(
            "Another program has the file open",
            where=where,
            advice="Close it there, such as in Excel; it is retried. The server's administrator can see who it is",
        )
    if isinstance(fault, OSError) and fault.errno == errno.ENOSPC:
        return StorageFullError("The share is full", where=where, advice="Free space, or raise the account's quota")
    if isinstance(fault, AnswerError):
        return FileBusyError(
            f"The file server could not do it ({fault})",
            where=where,
            advice="Nothing: it is retried. If it stays, look at the server's event log",
        )
    return FileBusyError(
        f"The connection to the file server was cut ({type(fault).__name__})",
        where=where,
        advice="Nothing: it is retried",
    )
