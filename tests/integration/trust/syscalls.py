"""Runs a function in a forked process and kills it (SIGKILL) at a chosen change that it makes.

A change is a system call that alters a file or sends something through a socket, whatever its origin: Python, SQLite,
Arrow's driver, a thread of theirs. What a killed process leaves behind follows from the changes that it made, so one
run for each of them shows everything that a kill can leave. Linux only: ``ptrace(2)``.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.integration.trust.messages import Conversations

# /usr/include/linux/ptrace.h, prctl.h, seccomp.h and filter.h
_TRACEME, _CONTINUE, _CONTINUE_TO_SYSCALL, _SET_OPTIONS, _GET_SYSCALL_INFO = 0, 7, 24, 0x4200, 0x420E
_OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x80 | 0x100000  # mark calls; follow fork, vfork, clone; filter; die with tracer
_WAIT_ALL = 0x40000000  # __WALL: threads too
_EVENT_SECCOMP = 7
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD_NUMBER, _IF_EQUAL, _ANSWER = 0x20, 0x15, 0x06
_TRACE, _ALLOW = 0x7FF00000, 0x7FFF0000
_EXIT = 2
_HEAD, _INFO_BYTES = struct.Struct("=BxxxIQQ7Q"), 88
_CREATES = os.O_CREAT | os.O_TRUNC
_FD, _NAME, _AT = "fd", "name", "at"

# Number, and which arguments say what is changed. /usr/include/asm/unistd_64.h and asm-generic/unistd.h.
_X86 = {
    "write": (1, _FD), "pwrite64": (18, _FD), "writev": (20, _FD), "pwritev": (296, _FD), "sendfile": (40, _FD),
    "sendto": (44, _FD), "sendmsg": (46, _FD), "copy_file_range": (326, _FD), "ftruncate": (77, _FD),
    "fallocate": (285, _FD), "fchmod": (91, _FD), "open": (2, _NAME), "creat": (85, _NAME), "truncate": (76, _NAME),
    "rename": (82, _NAME), "link": (86, _NAME), "unlink": (87, _NAME), "mkdir": (83, _NAME), "rmdir": (84, _NAME),
    "chmod": (90, _NAME), "openat": (257, _AT), "mkdirat": (258, _AT), "unlinkat": (263, _AT), "renameat": (264, _AT),
    "linkat": (265, _AT), "fchmodat": (268, _AT), "utimensat": (280, _AT), "renameat2": (316, _AT),
}  # fmt: skip
_ARM = {
    "write": (64, _FD), "pwrite64": (68, _FD), "writev": (66, _FD), "pwritev": (70, _FD), "sendfile": (71, _FD),
    "sendto": (206, _FD), "sendmsg": (211, _FD), "copy_file_range": (285, _FD), "ftruncate": (46, _FD),
    "fallocate": (47, _FD), "fchmod": (52, _FD), "truncate": (45, _NAME), "openat": (56, _AT), "mkdirat": (34, _AT),
    "unlinkat": (35, _AT), "renameat": (38, _AT), "linkat": (37, _AT), "fchmodat": (53, _AT), "utimensat": (88, _AT),
    "renameat2": (276, _AT),
}  # fmt: skip
_OPENS = {"open": 1, "openat": 2}  # which argument contains the flags
_SENDS = ("write", "sendto")  # the second and third argument are what is sent and its size
_ENOUGH = 8192  # bytes of a message that say what it is
_CALLS = {
    number: (name, kind)
    for name, (number, kind) in {"x86_64": _X86, "aarch64": _ARM}.get(platform.machine(), {}).items()
}


class Body(Protocol):
    """The program to run; its changes to pipes, terminals and anything outside the files of interest do not count."""

    def __call__(self) -> None:
        """Runs in the forked process."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, from 1 in the order in which they began: the system call and what it changed.

    ``settles`` is False of a message whose effect the server takes back when its sender is killed.
    """

    number: int
    call: str
    what: str
    settles: bool = True

    @property
    def is_message(self) -> bool:
        """Whether something was sent, whose effect follows later and elsewhere."""
        return self.what.startswith("socket:")


@dataclass(frozen=True, slots=True)
class Point:
    """Where to kill: when the change of that number has been made, or when it is about to be."""

    number: int
    before: bool = False


@dataclass(slots=True)
class Traced:
    """The result of the process: its changes, and the wait status of its end."""

    changes: list[Change] = field(default_factory=list)
    status: int = 0

    @property
    def was_killed(self) -> bool:
        """Whether it came to the point."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL

    @property
    def finished(self) -> bool:
        """Whether the function returned."""
        return os.WIFEXITED(self.status) and os.WEXITSTATUS(self.status) == 0


def can_trace() -> bool:
    """Whether this system lets a process trace its child."""
    if sys.platform != "linux" or not _CALLS:
        return False
    return trace(lambda: None, roots=("/",)).finished


def run(body: Body) -> None:
    """Runs the function in a forked process to its end.

    :raises RuntimeError: when it raised; its traceback is on standard error.
    """
    process = _fork(body)
    status = os.waitpid(process, 0)[1]
    if status:
        raise RuntimeError(f"The forked process ended with wait status {status}")


def trace(body: Body, *, roots: tuple[str, ...], at: Point | None = None, messages: bool = True) -> Traced:
    """Runs the function in a forked process, which is killed at the point; without one its changes are counted.

    :param roots: folders below which changes of files count.
    :param messages: whether what is sent through sockets counts too.
    """
    process = _fork(lambda: _traced(body))
    return _Tracer(process, roots, at, messages=messages).follow()


def _traced(body: Body) -> None:
    os.setpgid(0, 0)
    _ptrace(_TRACEME, 0, 0, 0)
    _stop_at_changes()
    os.kill(os.getpid(), signal.SIGSTOP)
    body()


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _stop_at_changes() -> None:
    """Lets the kernel stop this process for its tracer at the calls of interest only, which is many times faster."""
    pack = struct.Struct("=HBBI").pack
    tests = [pack(_IF_EQUAL, len(_CALLS) - place, 0, number) for place, number in enumerate(_CALLS)]
    code = b"".join([pack(_LOAD_NUMBER, 0, 0, 0), *tests, pack(_ANSWER, 0, 0, _ALLOW), pack(_ANSWER, 0, 0, _TRACE)])
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(code) // 8, code)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _fork(body: Body) -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns when threads are there: Arrow's idle pool, which Arrow itself recreates after a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return process
    try:
        body()
        os._exit(0)
    except BaseException:  # noqa: BLE001  nothing may return into the parent's code
        traceback.print_exc()
    os._exit(1)


def _ptrace(request: int, process: int, address: int, data: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    answer = int(libc.ptrace(request, process, address, data))
    if answer == -1 and (code := ctypes.get_errno()):
        raise OSError(code, os.strerror(code))
    return answer


class _Tracer:
    """Follows one process and its threads from system call to system call."""

    def __init__(self, process: int, roots: tuple[str, ...], at: Point | None, *, messages: bool) -> None:
        self._leader = process
        self._messages = messages
        self._roots = roots
        self._at = at
        self._result = Traced()
        self._condemned = 0  # the thread within the call after which the process is killed
        self._buffer = ctypes.create_string_buffer(_INFO_BYTES)
        self._known: set[int] = set()
        self._conversations = Conversations()

    def follow(self) -> Traced:
        os.waitpid(self._leader, os.WUNTRACED)
        _ptrace(_SET_OPTIONS, self._leader, 0, _OPTIONS)
        self._known.add(self._leader)
        self._resume(self._leader, 0)
        while True:
            thread, status = os.waitpid(-self._leader, _WAIT_ALL)
            if os.WIFSTOPPED(status):
                self._stopped(thread, status)
            elif thread == self._leader:
                self._result.status = status
                return self._result

    def _stopped(self, thread: int, status: int) -> None:
        reason, event = os.WSTOPSIG(status), status >> 16
        if event == _EVENT_SECCOMP:
            if self._comes_to_point(thread):
                return
            reason = 0
        elif reason == signal.SIGTRAP | 0x80:
            # Asked for in one case only: the change is made, or its call begins and is let go on.
            if self._at_end(thread):
                os.kill(self._leader, signal.SIGKILL)
                return
            reason = 0
        elif event or (reason == signal.SIGSTOP and thread not in self._known):
            reason = 0  # a new thread was made, or begins
        self._known.add(thread)
        self._resume(thread, reason)

    def _resume(self, thread: int, deliver: int) -> None:
        request = _CONTINUE_TO_SYSCALL if thread == self._condemned else _CONTINUE
        try:
            _ptrace(request, thread, 0, deliver)
        except ProcessLookupError:
            return  # killed in the meantime; the wait reports it

    def _comes_to_point(self, thread: int) -> bool:
        """Notes the change that is about to be made; True when the process was killed before it."""
        _, number, *arguments = self._call(thread)
        if not (what := self._changed(thread, _CALLS[number], arguments)):
            return False
        settles = self._settles(thread, _CALLS[number][0], arguments, what)
        self._result.changes.append(Change(len(self._result.changes) + 1, _CALLS[number][0], what, settles))
        if self._at is None or self._at.number != len(self._result.changes):
            return False
        if self._at.before:
            os.kill(self._leader, signal.SIGKILL)
            return True
        self._condemned = thread
        return False

    def _settles(self, thread: int, call: str, arguments: list[int], what: str) -> bool:
        if not what.startswith("socket:") or call not in _SENDS:
            return True
        return self._conversations.settles(what, _memory(thread, arguments[1], min(arguments[2], _ENOUGH)))

    def _at_end(self, thread: int) -> bool:
        return self._call(thread)[0] == _EXIT

    def _call(self, thread: int) -> tuple[int, ...]:
        """Where in a system call the thread is, its number and its arguments."""
        _ptrace(_GET_SYSCALL_INFO, thread, _INFO_BYTES, ctypes.addressof(self._buffer))
        kind, _, _, _, *call = _HEAD.unpack_from(self._buffer.raw)
        return (kind, *call)

    def _changed(self, thread: int, call: tuple[str, str], arguments: list[int]) -> str:
        """The change that a call makes below the roots or through a socket; ``""`` if it is not of interest."""
        name, kind = call
        flags = arguments[_OPENS[name]] if name in _OPENS else _CREATES
        if not flags & _CREATES:
            return ""
        if kind == _FD:
            target = _link(f"/proc/{thread}/fd/{arguments[0]}")
            return self._below(target) if not target.startswith("socket:") else target if self._messages else ""
        folder = ctypes.c_int32(arguments[0] & 0xFFFFFFFF).value if kind == _AT else -100
        path = _text(thread, arguments[1 if kind == _AT else 0])
        start = f"/proc/{thread}/cwd" if folder == -100 else f"/proc/{thread}/fd/{folder}"
        path = self._below(str(Path(_link(start)) / path))
        return "" if not flags & os.O_TRUNC and os.path.lexists(path) else path

    def _below(self, path: str) -> str:
        return path if path.startswith(self._roots) else ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""


def _text(thread: int, address: int) -> str:
    """The path at an address of another process; ``""`` for the call's way to say "this handle"."""
    if not address:
        return ""
    return os.fsdecode(_memory(thread, address, 4096).partition(b"\0")[0])


def _memory(thread: int, address: int, size: int) -> bytes:
    with Path(f"/proc/{thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(size) or b""
