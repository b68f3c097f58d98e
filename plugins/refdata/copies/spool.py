"""A bounded temporary file; it has no name, so the system removes it whenever the process ends."""

from __future__ import annotations

import contextlib
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from refdata.core.errors import FileBusyError, FormatError
from refdata.sealing import is_sealed, path_of, temporary_file

MOST_BYTES = 16 << 30
FREE_BYTES = 1 << 30
MOST_TIMES = 200
"""A copy may have ``FREE_BYTES`` in any case, beyond that this many times the bytes of its file, and ``MOST_BYTES``
at most. Text rarely packs better than 50 times; an archive made to fill a disk packs 1,000 times."""


def most_bytes(packed: int) -> int:
    """The bytes that a copy of a file of ``packed`` bytes may have.

    >>> most_bytes(1000) == FREE_BYTES, most_bytes(1 << 40) == MOST_BYTES
    (True, True)
    """
    return min(MOST_BYTES, max(FREE_BYTES, MOST_TIMES * packed))


@dataclass(slots=True, weakref_slot=True)
class Spool:
    """Collects bytes up to a limit. ``path`` can be read any number of times until ``close``."""

    limit: int
    file: IO[bytes]
    size: int = 0

    @classmethod
    def beside(cls, path: Path, limit: int) -> Spool:
        """For a copy of the file at a path; of a sealed file it is sealed too."""
        return cls(limit, temporary_file(sealed=is_sealed(path)))

    def __post_init__(self) -> None:
        weakref.finalize(self, self.file.close)  # its readers may use it for longer than its maker

    @property
    def path(self) -> Path:
        """A path to the bytes, for this process."""
        return path_of(self.file)

    def write(self, data: bytes) -> None:
        """:raises FormatError: when there would be more bytes than the limit.

        :raises FileBusyError: when the disk is full or fails.
        """
        self.size += len(data)
        if self.size > self.limit:
            raise FormatError(
                f"The file unpacks to more than {self.limit // (1 << 20):,} MB",
                advice="Drop it in parts. A file that unpacks to hundreds of times its size is damaged or an attack.",
            )
        with disk_errors():
            self.file.write(data)

    def done(self) -> None:
        """Makes all bytes readable through ``path``."""
        with disk_errors():
            self.file.flush()

    def close(self) -> None:
        """Frees the space."""
        self.file.close()


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turns a failure of the disk for temporary files into an error of the tree."""
    try:
        yield
    except OSError as error:
        raise FileBusyError(
            f"The plain copy of the file cannot be written: {error.strerror or error}",
            where=tempfile.gettempdir(),
            advice="Nothing: it is retried. Make room in the folder for temporary files (TMPDIR).",
        ) from error
