"""The file work of moving an old archive: a file gets its second name, the caller records it, one name goes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from refdata.core.errors import DropoffError
from refdata.dropoff.archivefolders import ArchiveFolders, archive_folder
from refdata.dropoff.osfiles import look, remove, rename_exclusive, translated


def names_in(folder: Path) -> set[str]:
    """The names of the regular files in a folder; links are left out."""
    with translated(str(folder)):
        return {entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()}


def second_folder(archive: ArchiveFolders, path: Path) -> Path | None:
    """The folder in which a killed move already gave the file its second name."""
    status = path.lstat()
    for folder in archive.current():
        with contextlib.suppress(OSError):
            if os.path.samestat((folder / path.name).lstat(), status):
                return folder
    return None


def original_path(path: Path, sidecars: tuple[str, ...]) -> str:
    """The drop's path, read from the reason beside it or from the reason itself; ``""`` when unknown."""
    reason = next((path.with_name(name) for name in (path.name, *sidecars) if name.endswith(".error.json")), None)
    if reason is None:
        return ""
    try:
        return str(json.loads(reason.read_text(encoding="utf-8")).get("original_path", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def move(path: Path, target: Path, beside: tuple[str, ...], record: Callable[[], None]) -> None:
    """Moves a file of an earlier archive, and what is beside it, to another folder of archives. Safe to repeat.

    :param path: in a folder directly below the root, as earlier archives are.
    :param record: notes the new place; called while the file has both names.
    :raises DropoffError: when the new folder has another file of that name, or cannot get the file.
    """
    root = path.parents[1]
    with (
        archive_folder(root, path.parent) as source,
        archive_folder(root, target, create=True) as handle,
        _explained(path),
    ):
        _name_again(source, handle, path.name)
        record()
        for name in beside:
            rename_exclusive(source, name, handle, name)
        remove(source, path.name)


def _name_again(source: int, target: int, name: str) -> None:
    """Gives the file a name in the target folder, in addition to the one that it has."""
    try:
        os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except FileExistsError:
        first, second = look(source, name), look(target, name)
        if first is None or second is None or not os.path.samestat(first, second):
            raise


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    with translated(str(path)):
        try:
            yield
        except FileExistsError as fault:
            advice = "Compare the two files, and rename or delete one."
            raise DropoffError("The new folder has a file of this name", where=str(path), advice=advice) from fault
        except OSError as fault:
            if fault.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP):
                raise
            what = "The file cannot be moved: the new folder is on another filesystem, or on one without hard links"
            advice = "Leave the old archives where they are: refdata still finds them."
            raise DropoffError(what, where=str(path), advice=advice) from fault
