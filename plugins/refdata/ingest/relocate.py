"""Moves files that an earlier installation archived below the dropoff root to where files are archived now.

Earlier installations kept one ``processed`` and one ``error`` folder below the root. The ledger names each file's path,
so a file is moved together with its row. Every step can be repeated: a file first gets its second name, then its row
gets the new path, and only then is the first name removed.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.addresses import is_address
from refdata.core.dropnames import beside, load_folder_name
from refdata.core.errors import DropoffError, RefdataError
from refdata.core.maintenance import archived_at
from refdata.core.model import DROPPED_TYPES
from refdata.dropoff import ArchiveFolders, Dropoff
from refdata.dropoff.archivefolders import archive_folder
from refdata.dropoff.osfiles import look, remove, rename_exclusive, translated
from refdata.ingest.context import Deps

_SIDECARS = ("error.json", "rejects.csv")


@dataclass(frozen=True, slots=True)
class Relocation:
    """One file of an old archive. ``target`` is the folder that it belongs in; None when that is unknown, see ``why``.

    ``beside`` names the files that go with it; ``load_id`` is 0 for a file that the ledger does not know.
    """

    path: Path
    target: Path | None
    beside: tuple[str, ...] = ()
    load_id: int = 0
    why: str = ""


def plan(deps: Deps) -> tuple[Relocation, ...]:
    """The contents of the old archives and their new places; changes nothing.

    :raises RefdataError: when the database or the folders cannot be read.
    """
    if is_address(deps.settings.dropoff_root):
        return ()  # no earlier release archived in an object store
    return tuple(
        relocation for archive in Dropoff.of(deps.settings).archives for relocation in _in_archive(deps, archive)
    )


def carry_out(deps: Deps, planned: tuple[Relocation, ...], actor: str) -> tuple[tuple[Relocation, str], ...]:
    """Moves what can be moved; returns each file with ``""``, or with the reason why it stays. Safe to repeat.

    :param actor: who asks, for the audit trail.
    """
    results = tuple((one, _moved(deps, one)) for one in planned)
    trail = AuditTrail(deps.warehouse)
    for archive in Dropoff.of(deps.settings).archives:
        count = sum(1 for one, left in results if not left and one.path.parent == archive.earlier)
        if count:
            why, detail = "moved to where files are archived now", {"files": count}
            trail.record(AuditEntry(deps.clock(), AuditAction.MOVE, actor, subject=str(archive.earlier),
                                    reason=why, detail=detail))  # fmt: skip
        with contextlib.suppress(OSError):
            archive.earlier.rmdir()  # removes it only when empty
    return results


def _in_archive(deps: Deps, archive: ArchiveFolders) -> Iterator[Relocation]:
    folder = archive.earlier
    if folder in archive.current() or not folder.is_dir():
        return
    with translated(str(folder)):
        names = {entry.name for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()}
    going = {name: tuple(one for suffix in _SIDECARS if (one := beside(name, suffix)) in names) for name in names}
    sidecars = {one for name in names for one in going[name] if one != name}
    for name in sorted(names - sidecars):
        if archived_at(name) is not None:
            yield from _relocation(deps, archive, folder / name, tuple(one for one in going[name] if one != name))


def _relocation(deps: Deps, archive: ArchiveFolders, path: Path, sidecars: tuple[str, ...]) -> Iterator[Relocation]:
    row = deps.ledger.by_path(str(path))
    if row is not None and row.load_type in DROPPED_TYPES:
        drop = f"{load_folder_name(row.load_type, row.is_reference_data)}/{row.file_name}"
        yield Relocation(path, archive.of(drop), sidecars, row.id)
        return
    if (twin := _second_name(archive, path)) is not None:
        yield Relocation(path, twin, sidecars)
        return
    original = _original_path(path, sidecars)
    target = archive.of_misplaced(original) if original else None
    if target != archive.earlier:  # a report on what is outside the load folders belongs where it is
        yield Relocation(path, target, sidecars, why="" if target else "the ledger does not know it")


def _second_name(archive: ArchiveFolders, path: Path) -> Path | None:
    """The folder in which a killed move already gave the file its second name."""
    status = path.lstat()
    for folder in archive.current():
        with contextlib.suppress(OSError):
            if os.path.samestat((folder / path.name).lstat(), status):
                return folder
    return None


def _original_path(path: Path, sidecars: tuple[str, ...]) -> str:
    """The drop's path, read from the reason beside it or from the reason itself; ``""`` when unknown."""
    reason = next((path.with_name(name) for name in (path.name, *sidecars) if name.endswith(".error.json")), None)
    if reason is None:
        return ""
    try:
        return str(json.loads(reason.read_text(encoding="utf-8")).get("original_path", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _moved(deps: Deps, one: Relocation) -> str:
    if one.target is None:
        return one.why
    try:
        _move(deps, one, one.target)
    except RefdataError as error:
        return str(error)
    return ""


def _move(deps: Deps, one: Relocation, target: Path) -> None:
    root = Path(deps.settings.dropoff_root)
    with (
        archive_folder(root, one.path.parent) as source,
        archive_folder(root, target, create=True) as handle,
        _explained(one.path),
    ):
        _name_again(source, handle, one.path.name)
        if one.load_id:
            deps.ledger.move_file(one.load_id, str(one.path), str(target / one.path.name))
        for name in one.beside:
            rename_exclusive(source, name, handle, name)
        remove(source, one.path.name)


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
