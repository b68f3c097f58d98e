"""Moves files that an earlier installation archived below the dropoff root to where files are archived now.

Earlier installations kept one ``processed`` and one ``error`` folder below the root. The ledger names each file's path,
so a file is moved together with its row. Every step can be repeated: a file first gets its second name, then its row
gets the new path, and only then is the first name removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.dropnames import beside, load_folder_name
from refdata.core.errors import RefdataError
from refdata.core.maintenance import archived_at
from refdata.core.model import DROPPED_TYPES
from refdata.dropoff import ArchiveFolders, relocating
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
    return tuple(relocation for archive in deps.dropoff.earlier_archives for relocation in _in_archive(deps, archive))


def carry_out(deps: Deps, planned: tuple[Relocation, ...], actor: str) -> tuple[tuple[Relocation, str], ...]:
    """Moves what can be moved; returns each file with ``""``, or with the reason why it stays. Safe to repeat.

    :param actor: who asks, for the audit trail.
    """
    results = tuple((one, _moved(deps, one)) for one in planned)
    trail = AuditTrail(deps.warehouse)
    for archive in deps.dropoff.earlier_archives:
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
    names = relocating.names_in(folder)
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
    if (twin := relocating.second_folder(archive, path)) is not None:
        yield Relocation(path, twin, sidecars)
        return
    original = relocating.original_path(path, sidecars)
    target = archive.of_misplaced(original) if original else None
    if target != archive.earlier:  # a report on what is outside the load folders belongs where it is
        yield Relocation(path, target, sidecars, why="" if target else "the ledger does not know it")


def _moved(deps: Deps, one: Relocation) -> str:
    if one.target is None:
        return one.why
    new = str(one.target / one.path.name)

    def recorded() -> None:
        if one.load_id:
            deps.ledger.move_file(one.load_id, str(one.path), new)

    try:
        relocating.move(one.path, one.target, one.beside, recorded)
    except RefdataError as error:
        return str(error)
    return ""
