"""Local copies of objects while they are read: nameless, never larger than released, never the last of the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from refdata.core.errors import ConfigurationError, FileChangedError, StorageFullError
from refdata.dropoff.osfiles import translated
from refdata.sealing import temporary_file

_MEMORY = Path("/dev/shm")  # noqa: S108  its folder is checked before it is used


@dataclass(frozen=True, slots=True)
class ObjectSpool:
    """A local folder, made when it is first needed.

    :param free_bytes: bytes that a copy leaves free on its disk, which other loads and programs share.
    :param sealed: copies are encrypted with a key that is only in memory, and lists of rejects are in memory.
    """

    folder: Path
    free_bytes: int = 0
    sealed: bool = False

    @property
    def disk(self) -> Path:
        """The folder, or before it is made the nearest one above it: where the disk's space is seen."""
        return next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())

    def ready(self) -> Path:
        """The folder, which exists now."""
        with translated(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def lists(self) -> Path:
        """The folder for lists of rejects, which quote their rows: in memory, where copies are sealed.

        :raises ConfigurationError: when this machine has no such folder, or somebody else made it.
        """
        if not self.sealed:
            return self.ready()
        folder = _MEMORY / f"refdata-spool-{os.getuid()}"
        if _MEMORY.is_dir():
            with translated(str(folder)):
                folder.mkdir(mode=0o700, exist_ok=True)
                status = folder.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
                return folder
        raise ConfigurationError(
            "spool_encrypted needs a folder of its own in memory",
            where=str(folder),
            advice="Remove what is there; on a system without /dev/shm use an encrypted disk instead.",
        )

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
        with translated(str(self.folder)), temporary_file(self.ready(), sealed=self.sealed) as spool:
            for chunk in chunks:
                if size is not None and spool.tell() + len(chunk) > size:
                    raise FileChangedError(
                        "The file grew while it was read", where=where, advice="Nothing: the watcher takes it up again."
                    )
                self._require_space(len(chunk), where)
                spool.write(chunk)
            spool.seek(0)
            yield cast("BinaryIO", spool)

    def _require_space(self, size: int, where: str) -> None:
        free = shutil.disk_usage(self.ready()).free
        if free - size < self.free_bytes:
            kept = f"; {self.free_bytes:,} must stay free" if self.free_bytes else ""
            raise StorageFullError(
                f"The spool has {free:,} bytes free, and {where} needs {size:,}{kept}",
                where=os.fspath(self.folder),
                advice="Free space, set spool_folder to a larger disk, or lower min_free_mb",
            )
