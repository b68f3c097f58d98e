"""Makes the plain copy of a file that is not text, once for as long as the file is the same."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import cast

from refdata.copies import packed
from refdata.copies.parts import Part
from refdata.copies.sheetcopy import Lines, copy_sheet
from refdata.copies.spool import Spool, most_bytes
from refdata.sealing import open_local

_Copier = Callable[[Path, str, Spool], "PlainCopy"]
"""Copies the named part of a file into a spool."""


@dataclass(slots=True)
class PlainCopy:
    """The copy. ``lines`` gives the sheet's rows, ``typed`` the columns with values of typed cells, ``percent`` those
    of them that are all percentages; ``sha256`` and ``size`` are those of the file itself."""

    spool: Spool
    lines: Lines = field(default_factory=Lines)
    typed: tuple[int, ...] = ()
    percent: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    sha256: str = ""
    size: int = 0

    @property
    def path(self) -> Path:
        """Where this process can read the copy, as often as it likes."""
        return self.spool.path


def _stream_copy(codec: str, path: Path, _: str, spool: Spool) -> PlainCopy:
    packed.unpack_stream(path, codec, spool)
    return PlainCopy(spool)


def _member_copy(path: Path, part: str, spool: Spool) -> PlainCopy:
    packed.unpack_member(path, part, spool)
    return PlainCopy(spool)


def _sheet_copy(path: Path, part: str, spool: Spool) -> PlainCopy:
    from refdata.copies import workbook  # openpyxl takes a quarter of a second, which packed text need not wait for

    with workbook.open_sheet(path, part) as sheet:
        copied = copy_sheet(sheet.rows, spool)
        return PlainCopy(spool, copied.lines, copied.typed, copied.percent, tuple(sheet.notes))


def _sheets(path: Path) -> tuple[Part, ...]:
    from refdata.copies import workbook

    return workbook.sheets(path)


COPIERS: dict[str, _Copier] = {
    "sheet": _sheet_copy,
    "member": _member_copy,
    "gzip": partial(_stream_copy, "gzip"),
    "zstd": partial(_stream_copy, "zstd"),
}
"""How each kind of file is copied."""

LISTINGS: dict[str, Callable[[Path], tuple[Part, ...]]] = {"sheet": _sheets, "member": packed.members}
"""The parts of the kinds of files that have some."""


_Key = tuple[int, int, int, int, int, str]


@dataclass(slots=True)
class Copies:
    """The copy that was made last: the passes of a step read the same file one after another."""

    _key: _Key | None = None
    _copy: PlainCopy | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, path: Path, part: str, copier: _Copier) -> PlainCopy:
        """The copy of a part, made now if the last one is of another file or part.

        :raises FormatError: the file is damaged or too large.
        """
        with self._lock:
            status = path.stat()
            key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, part)
            if self._copy is None or self._key != key:
                self._copy, self._key = self._made(path, part, copier, status), key
            return self._copy

    def _made(self, path: Path, part: str, copier: _Copier, status: os.stat_result) -> PlainCopy:
        # The copy before is not closed here but when nobody uses it any more: another thread may still read it.
        self._copy = self._key = None
        spool = Spool.beside(path, most_bytes(status.st_size))
        try:
            with open_local(path) as file:
                digest = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
            return replace(copier(path, part, spool), sha256=digest, size=status.st_size)
        except BaseException:
            spool.close()
            raise
