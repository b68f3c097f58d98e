"""Loads a file that a task of another DAG names: a copy of it takes the same way as a dropped file.

The copy is at a path that belongs to the task and to this state of its original, and its load has a run id made from
the same facts. A retry, or a cleared task, so finds the copy, or the load that it ended in, and never loads twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from refdata.core.dropnames import load_of, task_path
from refdata.core.errors import DataError, FileChangedError, RefdataError
from refdata.core.failure import Failure
from refdata.core.filetypes import enabled
from refdata.core.loadstates import DONE
from refdata.core.model import DroppedFile, Load, LoadType
from refdata.core.naming import typed_table
from refdata.core.owntables import own_tables
from refdata.core.runid import TASK_RUN
from refdata.core.tablenames import name_for
from refdata.dropoff.given import GivenFile
from refdata.ingest.archive import move_to_error
from refdata.ingest.context import Deps

_STEP = "load_file"
_DIGITS = 20


@dataclass(frozen=True, slots=True)
class HandedFile:
    """A task's wish: which file, into which table, with which effect.

    :param task: what identifies the task: ids of DAG, task and run, and the map index.
    :param table: ``""`` for the one that the file's name gives.
    """

    given: GivenFile
    task: Sequence[object]
    load_type: LoadType = LoadType.FULL
    is_reference_data: bool = True
    table: str = ""

    @property
    def key(self) -> str:
        """Twenty hexadecimal digits that are the same for each attempt of the task at the unchanged file."""
        facts = [*map(str, self.task), self.given.place, self.given.identity, self.load_type.value, self.table]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:_DIGITS]

    @property
    def run_id(self) -> str:
        """The load's run id in the ledger."""
        return f"{TASK_RUN}{self.key}"


def hand_over(deps: Deps, wish: HandedFile) -> DroppedFile:
    """The copy to load, made if necessary; the file of the earlier load where the task has loaded it already.

    :raises DropoffError: when files of its type are not loaded.
    :raises DataError: when no file can be loaded into the table.
    :raises FileChangedError: when the original changes while it is copied.
    """
    deps.warehouse.initialise()
    path = path_of(deps, wish)
    if not deps.dropoff.exists(path):
        # In this order: a load of another attempt is in the ledger before its copy leaves the path.
        if (row := _ended(deps, wish)) is not None:
            return deps.dropoff.drop(path, row.file_identity)
        deps.dropoff.deliver(path, wish.given.read(), wish.given.changed_ns)
    file = deps.dropoff.find(path)
    if (row := _ended(deps, wish)) is not None and row.file_identity != file.identity:
        # Another attempt delivered, loaded and archived its copy while this one was written.
        deps.dropoff.clear(path)
        return deps.dropoff.drop(path, row.file_identity)
    return file


def give_up(deps: Deps, path: str, error: RefdataError, run_id: str) -> str:
    """Refuses a task's copy that no attempt will load: a file that waits forever blocks the later ones of its table.

    :returns: its archive path, ``""`` where there is nothing to archive.
    """
    try:
        file = deps.dropoff.find(path)
    except FileChangedError:
        return ""
    failure = replace(Failure.of(error, _STEP), transient=False)
    target = move_to_error(deps, file, failure, run_id)
    deps.dropoff.clear(path)
    return target


def _ended(deps: Deps, wish: HandedFile) -> Load | None:
    row = deps.ledger.by_run(wish.run_id)
    return row if row is not None and row.status in DONE else None


def path_of(deps: Deps, wish: HandedFile) -> str:
    """The path of the copy, relative to the dropoff root.

    :raises DropoffError: when files of its type are not loaded.
    :raises DataError: when no file can be loaded into the table.
    """
    name = name_for(wish.given.name, typed_table(wish.table), reserved=own_tables(deps.settings))
    if not name:
        raise DataError(
            f"No file can be loaded into a table called {wish.table!r}",
            where=wish.given.place,
            advice="Use lower-case letters, digits and underscores, and none of refdata's own names, as in airports.",
        )
    path = task_path(wish.key, wish.load_type, wish.is_reference_data, name)
    load_of(path, enabled(deps.settings.file_types))
    return path
