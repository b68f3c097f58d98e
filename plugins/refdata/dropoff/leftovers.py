"""Leftovers of refdata's own files after a crash: copies between filesystems, and half-written reports.

A copy is never the only one: it gets its name in the archive before the original is removed, and until then the
original is in place. So a copy without a name may be deleted, and so may a set-aside original that the archive has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from refdata.core.dropnames import LOAD_FOLDERS, OWN_PREFIX, beside
from refdata.dropoff.osfiles import translated

_PASSING = (f"{OWN_PREFIX}moving-", f"{OWN_PREFIX}write-")
_ASIDE = f"{OWN_PREFIX}gone-"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file under one of refdata's hidden names. ``changed`` is UTC; ``needless``: it can be deleted without loss."""

    path: Path
    changed: datetime
    needless: bool


def leftovers(root: Path, archives: tuple[Path, ...]) -> tuple[Leftover, ...]:
    """All such files in load folders and archives, including those in use now; ``changed`` distinguishes them.

    :raises PermissionDeniedError: when a folder is not readable.
    """
    places = [root / folder for folder in LOAD_FOLDERS]
    with translated(str(root)):
        passing = [_leftover(path, lambda _: True) for path in _found(archives, _PASSING)]
        aside = [_leftover(path, lambda path: _has_like(path, archives)) for path in _found(places, (_ASIDE,))]
    return tuple(left for left in (*passing, *aside) if left is not None)


def remove(leftover: Leftover) -> None:
    """Deletes it; another process may have done so."""
    with translated(str(leftover.path)):
        leftover.path.unlink(missing_ok=True)


def settle_rejects(rejects: Path, archived: Path) -> bool:
    """Puts rejects beside their archived file, or removes them if the same are there; returns whether it could."""
    place = archived.with_name(beside(archived.name, "rejects.csv"))
    with translated(str(rejects)):
        if not archived.is_file():
            return False
        if not place.exists():
            rejects.rename(place)
            return True
        if _digest(place) != _digest(rejects):
            return False
        rejects.unlink()
    return True


def _found(folders: tuple[Path, ...] | list[Path], prefixes: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if path.name.startswith(prefixes))


def _leftover(path: Path, needless: Callable[[Path], bool]) -> Leftover | None:
    """None when it is gone since its folder was read: a running load made and removed it."""
    try:
        changed = datetime.fromtimestamp(path.lstat().st_ctime, UTC).replace(tzinfo=None)
        return Leftover(path, changed, needless(path))
    except FileNotFoundError:
        return None


def _has_like(path: Path, archives: tuple[Path, ...]) -> bool:
    """Whether an archive contains a file of the same size, mtime and content."""
    wanted = path.lstat()
    for archive in archives:
        for other in archive.iterdir() if archive.is_dir() else ():
            status = other.lstat()
            alike = (status.st_size, status.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns)
            if alike and not other.name.startswith(OWN_PREFIX) and _digest(other) == _digest(path):
                return True
    return False


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
