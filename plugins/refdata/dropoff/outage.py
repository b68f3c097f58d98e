"""Outages that were told of: marks in the dropoff root, so that each is told once, whoever comes upon it how often.

While the database is away each file's load fails, is handed back to the watcher, and fails again. The marks outlive
runs, processes and Airflow, they need no database, and creating a file is exclusive on every filesystem.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from refdata.core.dropnames import OWN_PREFIX
from refdata.core.errors import ConnectionLostError, StorageFullError, ThrottledError, TransientError
from refdata.core.stability import digest

_PREFIX = f"{OWN_PREFIX}outage-"
_SHARED = {
    ConnectionLostError.category: "database",
    ThrottledError.category: "database",
    StorageFullError.category: "storage",
}
"""What hits all files alike; any other transient error is a matter of its file."""
_OWN = frozenset(kind.category for kind in TransientError.__subclasses__()) - _SHARED.keys()
REMEMBERED = timedelta(days=1)
"""After this a single file's trouble is told again: its mark may be of an earlier drop of the same name."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One that is over. ``since`` is UTC; ``text`` is what was told at its begin, ``""`` where the disk was full."""

    what: str
    since: datetime
    text: str


class Outages:
    """The marks of one dropoff tree; deployments that share the tree share them.

    :param root: the dropoff root.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def is_news(self, category: str, file: str, text: str, now: datetime) -> bool:
        """Whether a failure is to be told: always, but for an outage that was told already.

        Of several callers at a time one gets True. Where no mark can be written it is told: twice is better than never.

        :param file: path of the dropped file under the root.
        """
        mark = self._mark(category, file)
        if mark is None:
            return True
        if category in _OWN and (seen := _since(mark)) is not None and now - seen > REMEMBERED:
            with contextlib.suppress(OSError):
                mark.unlink()
        try:
            handle = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o660)
        except FileExistsError:
            return False
        except OSError:
            return True
        with contextlib.suppress(OSError), os.fdopen(handle, "w", encoding="utf-8") as stream:
            # On a full disk the mark stays empty, and is a mark all the same.
            json.dump({"since": now.isoformat(), "category": category, "text": text}, stream)
        return True

    def forget(self, category: str, file: str) -> None:
        """What was to be told could not be: the next failure is news again."""
        mark = self._mark(category, file)
        if mark is not None:
            with contextlib.suppress(OSError):
                mark.unlink(missing_ok=True)

    def over(self, file: str, now: datetime, *, loaded: bool) -> tuple[Outage, ...]:
        """What ended by a file's load having come to its end; each is given to one caller only.

        :param loaded: whether the file is loaded. A refused one shows that the database answers, and not that there
            is space.
        """
        with contextlib.suppress(OSError):
            self._path(_key_of(file)).unlink(missing_ok=True)
        names = ("database", "storage") if loaded else ("database",)
        return tuple(outage for name in names if (outage := self._end(name, now)) is not None)

    def sweep(self, now: datetime) -> None:
        """Removes marks that say nothing any more: of a file long ago, which may be gone, and what a kill left."""
        with contextlib.suppress(OSError):
            for mark in (*self._root.glob(f"{_PREFIX}file-*"), *self._root.glob(f"{_PREFIX}*-over-*")):
                written = datetime.fromtimestamp(mark.stat().st_mtime, UTC).replace(tzinfo=None)
                if now - written > REMEMBERED:
                    mark.unlink(missing_ok=True)

    def _end(self, name: str, now: datetime) -> Outage | None:
        mark = self._path(name)
        if not mark.exists():
            return None
        taken = mark.with_name(f"{mark.name}-over-{os.getpid()}")
        try:
            mark.rename(taken)
            text = taken.read_text(encoding="utf-8")
            taken.unlink()
        except OSError:
            return None  # another load was first, or the folder cannot be written: the next one tells
        try:
            told = json.loads(text)
            return Outage(name, datetime.fromisoformat(told["since"]), told["text"])
        except (ValueError, KeyError):
            return Outage(name, now, "")  # on a full disk nothing of it was written, or a part

    def _mark(self, category: str, file: str) -> Path | None:
        if category in _SHARED:
            return self._path(_SHARED[category])
        return self._path(_key_of(file)) if category in _OWN and file else None

    def _path(self, name: str) -> Path:
        return self._root / f"{_PREFIX}{name}"


def _key_of(file: str) -> str:
    return f"file-{digest(file)}"


def _since(mark: Path) -> datetime | None:
    """When the outage of a mark was told; None without a mark, or while it is being written."""
    try:
        return datetime.fromisoformat(json.loads(mark.read_text(encoding="utf-8"))["since"])
    except (OSError, ValueError, KeyError):
        return None
