"""Lets root be refused what any other user would be: file permissions count again for the calling thread."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator

import pytest

_VERSION_3 = 0x20080522
_READ_AND_WRITE_ALL = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, linux/capability.h
_SETS = struct.Struct("=6I")  # effective, permitted, inheritable, of 32 capabilities each


@contextlib.contextmanager
def as_mortal() -> Iterator[None]:
    """For a user who is not root anyhow it does nothing; skips the test where the system has no capabilities."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        yield
        return
    if not hasattr(libc, "capset"):
        pytest.skip("root may read everything here")
    header, sets = ctypes.create_string_buffer(struct.pack("=II", _VERSION_3, 0)), ctypes.create_string_buffer(24)
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    effective, *others = _SETS.unpack_from(sets.raw)
    _set(libc, _SETS.pack(effective & ~_READ_AND_WRITE_ALL, *others))
    try:
        yield
    finally:
        _set(libc, _SETS.pack(effective, *others))


def _set(libc: ctypes.CDLL, sets: bytes) -> None:
    header = ctypes.create_string_buffer(struct.pack("=II", _VERSION_3, 0))
    if libc.capset(header, ctypes.create_string_buffer(sets, 24)):
        raise OSError(ctypes.get_errno(), "capset")
