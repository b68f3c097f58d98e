"""What ``refdata health`` observes in the dropoff tree; ``core.healthrules`` decides what it means."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from refdata.core import healthrules
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.health import Check
from refdata.core.healthrules import Folder
from refdata.dropoff.archivefolders import ArchiveFolders, load_folder_of


def checks(path: Path, archives: tuple[ArchiveFolders, ...], min_free_mb: int) -> Iterable[Check]:
    """The dropoff tree and its archives: present, writable, on one filesystem, with space."""
    root = look_at(path)
    yield healthrules.dropoff_check(root, [look_at(path / name) for name in LOAD_FOLDERS])
    seen = [(archive, tuple(_archive_folders(path, archive))) for archive in archives]
    for archive, folders in seen:
        earlier = str(archive.earlier) if _is_left(archive) else ""
        yield healthrules.archive_check(archive.name, folders or (root,), earlier)
    if root.exists:
        every = tuple(folder for _, several in seen for folder in several)
        yield healthrules.filesystem_check(_drops_beside(path, every))
        yield healthrules.space_check([root, *(folder for folder in every if folder.exists)], min_free_mb)


def _archive_folders(root: Path, archive: ArchiveFolders) -> Iterable[Folder]:
    """The folders of an archive; ``dropoff`` reports a missing load folder."""
    for path in archive.current():
        if path.is_symlink() and load_folder_of(root, path):
            yield Folder(str(path), exists=True, writable=False, is_link=True)
        elif path.exists() or path.parent.exists() or path == archive.gathered:
            yield _archive(path)


def _archive(path: Path) -> Folder:
    """An archive is created with its first file; until then the folder above it counts."""
    return look_at(path) if path.exists() else dataclasses.replace(look_at(path.parent), path=str(path))


def _drops_beside(root: Path, folders: Iterable[Folder]) -> Iterable[tuple[Folder, Folder]]:
    """Each archive folder with the one that its drops come from."""
    for folder in folders:
        place = load_folder_of(root, Path(folder.path))
        yield look_at(root / place), folder


def _is_left(archive: ArchiveFolders) -> bool:
    """Whether an earlier installation's archive, which is not the current one, contains anything."""
    try:
        with os.scandir(archive.earlier) as entries:
            return archive.earlier not in archive.current() and any(entries)
    except OSError:
        return False


def look_at(path: Path) -> Folder:
    """The state of a folder, observed without changing it."""
    try:
        status, space = path.stat(), os.statvfs(path)
    except OSError:
        return Folder(str(path), exists=False, writable=False)
    writable = os.access(path, os.W_OK | os.X_OK) and not space.f_flag & os.ST_RDONLY
    return Folder(str(path), path.is_dir(), writable, status.st_dev, space.f_bavail * space.f_frsize)
