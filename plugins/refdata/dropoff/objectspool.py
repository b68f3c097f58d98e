"""Local copies of objects while they are read: nameless, never larger than released, never the last of the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from refdata.core.errors import FileChangedError, StorageFullError
from refdata.dropoff.osfiles import translated


@dataclass(frozen=True, slots=True)
class ObjectSpool:
    """A local folder, made when it is first needed.

    :param free_bytes: bytes that a copy leaves free on its disk, which other loads and programs share.
    """

    folder: Path
    free_bytes: int = 0

    @property
    def disk(self) -> Path:
        """The folder, or before it is made the nearest one above it: where the disk's space is seen."""
        return next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())

    def ready(self) -> Path:
        """The folder, which exists now."""
        with translated(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    @contextmanager
    def copy(self, chunks: Iterable[bytes], where: str, size: int | None = None) -> Iterator[BinaryIO]:
        """A copy without a name, to be read from its start: a killed worker cannot leave it behind.

        :param where: what is copied.
        :param size: its bytes, where they are known.
        :raises FileChangedError: when there are more than that.
        :raises StorageFullError: when the disk has too little space; before the first chunk, where the size is known.
        """
        if size is not None:
            self._require_space(size, where)
        with translated(str(self.folder)), tempfile.TemporaryFile(dir=self.ready()) as spool:
            for chunk in chunks:
                if size is not None and spool.tell() + len(chunk) > size:
                    raise FileChangedError(
                        "The file grew while it was read", where=where, advice="Nothing: the watcher takes it up again."
                    )
                self._require_space(len(chunk), where)
                spool.write(chunk)
            spool.seek(0)
            yield spool

    def _require_space(self, size: int, where: str) -> None:
        free = shutil.disk_usage(self.ready()).free
        if free - size < self.free_bytes:
            kept = f"; {self.free_bytes:,} must stay free" if self.free_bytes else ""
            raise StorageFullError(
                f"The spool has {free:,} bytes free, and {where} needs {size:,}{kept}",
                where=os.fspath(self.folder),
                advice="Free space, set spool_folder to a larger disk, or lower min_free_mb",
            )
