"""Edits a table's contract: tries a new text on the live rows first, then writes the file, with an audit entry.

The live rows are written as a file and examined as if it were dropped under the new contract. What a load would then
reject, ask or refuse is what the table's own rows would break.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.contracts.facts import Fact, facts
from refdata.contracts.files import contract_file, contract_files, folder_of, read_text, shown, table_rules, write_text
from refdata.contracts.reading import read_contract
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.errors import ConfigurationError, DataError
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ingest.context import Deps
from refdata.ingest.memory import contract_of
from refdata.ingest.previewing import Preview, preview
from refdata.versioning.exporting import export_csv
from refdata.versioning.locating import Versions


@dataclass(frozen=True, slots=True)
class ContractText:
    """A contract file's text, and what stands for it when it is saved; ``name`` is ``contracts/airports.yaml``.

    ``beside`` are the rules that ``tables.yaml`` states of the table; one that the contract states counts instead.
    """

    name: str
    text: str
    digest: str
    beside: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractEdit:
    """A person's new text of a contract; ``before`` is the digest of the text that it replaces, ``""`` for none."""

    table: str
    text: str
    before: str
    by: str
    reason: str


def contract_text(deps: Deps, table: str) -> ContractText | None:
    """The contract file of a table; None where it has none.

    :raises ConfigurationError: when it cannot be read.
    """
    file = contract_file(folder_of(deps.settings), table)
    if file is None:
        return None
    text = read_text(file)
    return ContractText(shown(file), text, _digest(text))


def try_out(deps: Deps, table: str, text: str) -> Preview:
    """What the table's live rows would break under a new contract; changes nothing.

    :raises ConfigurationError: when the text is no contract, naming each problem with its line.
    :raises DataError: when there is no such table.
    """
    read_contract(text, table, f"contracts/{table}.yaml")
    with _as_if(deps, table, text) as other:
        path = Path(other.settings.dropoff_root) / LOAD_FOLDERS[0] / f"{table}.csv"
        with path.open("wb") as file:
            export_csv(Versions(deps.settings, deps.warehouse), table, None, contract_of(other, table), file)
        found = preview(other, other.dropoff.find(f"{LOAD_FOLDERS[0]}/{table}.csv"))
    found.duplicate_of = None  # the rows are the table's own
    return found


def save(deps: Deps, edit: ContractEdit) -> ContractText:
    """Writes the contract file, at once or not at all, and records which facts differ.

    :raises ConfigurationError: when the text is no contract, or the file cannot be written.
    :raises DataError: when somebody has changed the file since the text was read.
    """
    folder = folder_of(deps.settings)
    path = contract_file(folder, edit.table) or folder / f"{edit.table}.yaml"
    before = contract_text(deps, edit.table)
    if (before.digest if before else "") != edit.before:
        raise DataError(
            "Somebody has changed the contract since you opened it",
            where=shown(path),
            advice="Open it again, and make your change in the new text.",
        )
    changed = _changed(before.text if before else "", edit.text, edit.table, shown(path))
    write_text(path, edit.text)
    entry = AuditEntry(
        deps.clock(), AuditAction.CONTRACT, edit.by, edit.table, subject=shown(path), reason=edit.reason,
        detail={"facts": changed},
    )  # fmt: skip
    AuditTrail(deps.warehouse).record(entry)
    return ContractText(shown(path), edit.text, _digest(edit.text))


def _changed(before: str, after: str, table: str, source: str) -> list[str]:
    """The keys of the facts that differ; a text that was no contract states none."""
    new = {fact.key: fact.text for fact in facts(read_contract(after, table, source))}
    try:
        old = {fact.key: fact.text for fact in facts(read_contract(before, table, source))} if before else {}
    except ConfigurationError:
        old = {}
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


@contextmanager
def _as_if(deps: Deps, table: str, text: str) -> Iterator[Deps]:
    """The environment with the new text in place of the table's contract, and a dropoff tree of its own."""
    with tempfile.TemporaryDirectory(prefix="refdata-contract-", dir=deps.settings.spool_folder or None) as place:
        contracts, root = Path(place) / "contracts", Path(place) / "tree"
        contracts.mkdir()
        own = contract_file(folder_of(deps.settings), table)
        for file in contract_files(folder_of(deps.settings)):
            if file != own:
                shutil.copyfile(file, contracts / file.name)
        (contracts / f"{table}{own.suffix if own else '.yaml'}").write_text(text, encoding="utf-8", newline="")
        ensure_tree(root)
        settings = replace(deps.settings, contracts_folder=str(contracts), dropoff_root=str(root))
        yield replace(deps, settings=settings, dropoff=Dropoff.of(settings), rules=partial(table_rules, settings))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
