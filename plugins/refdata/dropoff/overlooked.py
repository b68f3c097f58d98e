"""What a scan leaves alone without a word, although somebody may be waiting for it; the steward's page lists it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from operator import attrgetter
from pathlib import Path

from refdata.core.arrivals import FOLDER_OF_FILES
from refdata.core.dropnames import CLASS_FOLDERS, LOAD_FOLDERS, OWN_PREFIX, is_candidate, printable, why_not
from refdata.core.filetypes import types_of
from refdata.dropoff.osfiles import root_folder, subfolder
from refdata.dropoff.tree import OUTSIDE, Malformed, holds_drops

_NOTES = frozenset(("txt",))
"""Beside the load folders, such files are notes for people."""


def overlooked(root: Path, archives: frozenset[str], types: frozenset[str]) -> tuple[Malformed, ...]:
    """Files of other types, temporary names, and folders with data inside a load folder, by path.

    What ``scan`` reports as malformed is not repeated.

    :param archives: folders to leave out, as paths relative to the root.
    """
    places: list[Malformed] = []
    for folder in ("", *CLASS_FOLDERS, *LOAD_FOLDERS):
        with suppress(OSError), _opened(root, folder) as handle, os.scandir(handle) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}".lstrip("/")
                if path not in archives and (reason := _reason(handle, folder, entry, types)):
                    places.append(Malformed(printable(path), reason, _changed(entry)))
    return tuple(sorted(places, key=attrgetter("path")))


@contextmanager
def _opened(root: Path, folder: str) -> Iterator[int]:
    with ExitStack() as stack:
        handle = stack.enter_context(root_folder(root))
        for part in filter(None, folder.split("/")):
            handle = stack.enter_context(subfolder(handle, part))
        yield handle


def _reason(handle: int, folder: str, entry: os.DirEntry[str], types: frozenset[str]) -> str:
    if entry.name.startswith(OWN_PREFIX):
        return ""
    if entry.is_dir(follow_symlinks=False):
        inside = folder in LOAD_FOLDERS and holds_drops(handle, entry.name, _looks_like_data, depth=2)
        return FOLDER_OF_FILES if inside else ""
    if folder in LOAD_FOLDERS:
        return overlooked_name(entry.name, types)
    return OUTSIDE if types_of(entry.name) - types - _NOTES else ""


def overlooked_name(name: str, types: frozenset[str]) -> str:
    """Why a file of this name in a load folder is passed over; ``""`` where it is not, or nobody waits for it."""
    is_of_a_tool = name.startswith(".") and not types_of(name)
    return "" if is_of_a_tool or is_candidate(name, types) else why_not(name, types)


def _looks_like_data(name: str) -> bool:
    return bool(types_of(name))


def _changed(entry: os.DirEntry[str]) -> int:
    with suppress(OSError):
        return entry.stat(follow_symlinks=False).st_mtime_ns
    return 0
