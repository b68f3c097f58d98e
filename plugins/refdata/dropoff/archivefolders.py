"""Where archived files are: in a folder inside each load folder, or in one folder that a setting names.

Earlier installations kept ``processed`` and ``error`` directly below the dropoff root. Files archived there are still
found, so an upgrade may leave them where they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from refdata.core.dropnames import LOAD_FOLDERS, load_folder_at, load_of
from refdata.core.errors import DropoffError
from refdata.dropoff.osfiles import root_folder, subfolder, translated
from refdata.dropoff.tree import load_folder

PROCESSED, ERROR = "processed", "error"


@dataclass(frozen=True, slots=True)
class ArchiveFolders:
    """The folders of one archive; all paths absolute.

    :param root: the dropoff root.
    :param name: ``processed`` or ``error``, which is also the folder's name inside each load folder.
    :param gathered: the single folder named by a setting; None for one inside each load folder.

    >>> folders = ArchiveFolders(Path("/data"), "processed")
    >>> str(folders.of("reference_data_table/append/rates.csv"))
    '/data/reference_data_table/append/processed'
    """

    root: Path
    name: str
    gathered: Path | None = None

    def of(self, path: str) -> Path:
        """The folder where a drop is archived, by its path relative to the root.

        :raises DropoffError: when the path is not a drop's path.
        """
        load_of(path)
        return self.gathered or self._inside(load_folder_at(path))

    def of_misplaced(self, path: str) -> Path:
        """The folder for the report on something that is not a drop: ``earlier`` when outside the load folders."""
        folder = path.rpartition("/")[0]
        return self.gathered or (self._inside(folder) if folder in LOAD_FOLDERS else self.earlier)

    def current(self) -> tuple[Path, ...]:
        """The folders where files are archived now, whether they exist yet or not."""
        return (self.gathered,) if self.gathered else self.inside()

    def inside(self) -> tuple[Path, ...]:
        """The folders inside the load folders."""
        return tuple(map(self._inside, LOAD_FOLDERS))

    @property
    def earlier(self) -> Path:
        """The folder of earlier installations, directly below the root."""
        return self.root / self.name

    def searched(self, path: str) -> tuple[Path, ...]:
        """The folders in which a drop may have been archived, the current one first, since a setting may have changed.

        :raises DropoffError: when the path is not a drop's path.
        """
        return tuple(dict.fromkeys((self.of(path), self._inside(load_folder_at(path)), self.earlier)))

    def known(self) -> tuple[Path, ...]:
        """All folders that may contain archived files, those of earlier settings and installations last."""
        return tuple(dict.fromkeys((*self.current(), *self.inside(), self.earlier)))

    def _inside(self, folder: str) -> Path:
        return self.root / folder / self.name


@contextmanager
def archive_folder(root: Path, folder: Path, *, create: bool = False) -> Iterator[int]:
    """A handle of an archive folder.

    One inside a load folder is never reached through a symbolic link: anyone who may drop files there could create a
    link that redirects the writes. Any other folder is the administrator's choice.

    :raises ConfigurationError: when a setting names it, and it is missing or not a folder.
    :raises DropoffError: when it is inside a load folder, and is a link or not a folder.
    :raises FileChangedError: when it is inside a load folder, and is missing.
    :raises PermissionDeniedError: when reading or creating it is not permitted.
    """
    place = load_folder_of(root, folder)
    with ExitStack() as stack:
        if place:
            parent, _ = stack.enter_context(load_folder(root, f"{place}/x.csv"))
            handle = stack.enter_context(_real_folder(parent, folder, create=create))
        else:
            if create:
                with translated(str(folder)):
                    folder.mkdir(parents=True, exist_ok=True)
            handle = stack.enter_context(root_folder(folder))
        yield handle


def load_folder_of(root: Path, folder: Path) -> str:
    """The load folder that directly contains an archive folder, relative to the root; ``""`` for none."""
    if not folder.is_relative_to(root):
        return ""
    parent = folder.relative_to(root).parent.as_posix()
    return parent if parent in LOAD_FOLDERS else ""


def is_link(root: Path, folder: Path) -> bool:
    """Whether an archive folder inside a load folder is a symbolic link, which is never followed."""
    return bool(load_folder_of(root, folder)) and folder.is_symlink()


def create_inside(root: Path, archives: tuple[ArchiveFolders, ...]) -> None:
    """Creates the archives inside the existing load folders, unless a setting puts them elsewhere."""
    for folders in archives:
        for folder in folders.current():
            if load_folder_of(root, folder) and folder.parent.is_dir():
                with archive_folder(root, folder, create=True):
                    pass


@contextmanager
def _real_folder(parent: int, folder: Path, *, create: bool) -> Iterator[int]:
    with ExitStack() as stack:
        with translated(str(folder)):
            with suppress(FileExistsError):
                if create:
                    os.mkdir(folder.name, dir_fd=parent)
            try:
                handle = stack.enter_context(subfolder(parent, folder.name))
            except NotADirectoryError as fault:
                raise _no_real_folder(folder) from fault
            except OSError as fault:
                if folder.is_symlink():
                    raise _no_real_folder(folder) from fault
                raise
        yield handle


def _no_real_folder(folder: Path) -> DropoffError:
    return DropoffError(
        "A symbolic link or a file is where an archive folder should be",
        where=str(folder),
        advice=f"Remove it, or set {folder.name}_root to the folder that it should lead to.",
    )
