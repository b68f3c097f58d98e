"""Reported outages: marks in the dropoff root, so that each outage is reported once, however often it is seen.

While the database is down, each file's load fails, is handed back to the watcher, and fails again. The marks outlive
runs, processes and Airflow, need no database, and creating a file is exclusive on every filesystem.
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
"""Failures that affect all files alike; any other transient error concerns its file alone."""
_OWN = frozenset(kind.category for kind in TransientError.__subclasses__()) - _SHARED.keys()
REMEMBERED = timedelta(days=1)
"""After this long a single file's failure is reported again: its mark may belong to an earlier drop of that name."""


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage that is over. ``since`` is UTC; ``text`` is its first report, ``""`` where the disk was full."""

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
        """Whether to report a failure: always, except for an outage that is already reported.

        Of several concurrent callers one gets True. Without a writable mark it is reported: twice is better than never.

        :param file: the dropped file's path under the root.
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
            # On a full disk the mark stays empty but still counts.
            json.dump({"since": now.isoformat(), "category": category, "text": text}, stream)
        return True

    def forget(self, category: str, file: str) -> None:
        """Takes the mark back when the report could not be sent: the next failure is news again."""
        mark = self._mark(category, file)
        if mark is not None:
            with contextlib.suppress(OSError):
                mark.unlink(missing_ok=True)

    def over(self, file: str, now: datetime, *, loaded: bool) -> tuple[Outage, ...]:
        """The outages that ended when a file's load finished; each is returned to one caller only.

        :param loaded: whether the file is loaded. A refused file shows that the database answers, but not that there
            is space.
        """
        with contextlib.suppress(OSError):
            self._path(_key_of(file)).unlink(missing_ok=True)
        names = ("database", "storage") if loaded else ("database",)
        return tuple(outage for name in names if (outage := self._end(name, now)) is not None)

    def sweep(self, now: datetime) -> None:
        """Removes outdated marks: of files from long ago, which may be gone, and leftovers of a kill."""
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
            return None  # another load was first, or the folder is not writable: the next one reports
        try:
            mark_content = json.loads(text)
            return Outage(name, datetime.fromisoformat(mark_content["since"]), mark_content["text"])
        except (ValueError, KeyError):
            return Outage(name, now, "")  # on a full disk, none or only part of it was written

    def _mark(self, category: str, file: str) -> Path | None:
        if category in _SHARED:
            return self._path(_SHARED[category])
        return self._path(_key_of(file)) if category in _OWN and file else None

    def _path(self, name: str) -> Path:
        return self._root / f"{_PREFIX}{name}"


def _key_of(file: str) -> str:
    return f"file-{digest(file)}"


def _since(mark: Path) -> datetime | None:
    """When the outage of a mark was reported; None without a mark, or while it is being written."""
    try:
        return datetime.fromisoformat(json.loads(mark.read_text(encoding="utf-8"))["since"])
    except (OSError, ValueError, KeyError):
        return None
