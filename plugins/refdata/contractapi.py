"""The contract part of the Python API and the command line: ``ReferenceData.contracts``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from refdata.contracts.descriptors import read_descriptor
from refdata.contracts.facts import Fact
from refdata.contracts.fieldparts import sql_type
from refdata.contracts.files import SUFFIXES, contract_file, folder_of
from refdata.contracts.nodes import parse
from refdata.contracts.overview import ContractSummary, rules_beside, summaries
from refdata.contracts.package import package, referred
from refdata.contracts.reading import read_contract
from refdata.contracts.starter import starter
from refdata.contracts.stewards import stewards
from refdata.contracts.writing import PROFILE, descriptor
from refdata.core.contract import Contract
from refdata.core.contractlayers import merge
from refdata.core.errors import ConfigurationError, LockTimeoutError
from refdata.core.naming import typed_table
from refdata.core.settings import Settings
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.tablenames import table_name
from refdata.ingest import contractediting, contractqueries
from refdata.ingest.context import Deps
from refdata.ingest.contractediting import ContractEdit, ContractText
from refdata.ingest.contractqueries import ContractCheck, ContractDifference
from refdata.ingest.memory import contract_of
from refdata.ingest.previewing import Preview
from refdata.ingest.retyping import Retyping, preview_retype, retype

__all__ = ["ContractCheck", "ContractDifference", "ContractText", "Contracts", "Retyping"]

_TRIALS = BoundedSemaphore(1)
"""Trying a contract out reads a whole table."""


class Contracts:
    """The contracts of tables: what is declared, what loads have shown, what differs."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def show(self, table: str) -> Contract:
        """Everything known about a table, each fact with its origin.

        :raises DataError: when there is neither a table nor a contract of that name.
        :raises ConfigurationError: when the contract file is wrong.
        """
        with self._expected():
            return contractqueries.full_contract(self._deps(), table.lower())

    def stewards(self) -> Mapping[str, str]:
        """Who answers for each table whose contract names somebody, by the table's name."""
        return stewards(self._deps().settings)

    def check(self, path: str | Path, table: str = "") -> ContractCheck:
        """Checks what would happen to a file from any location if it were dropped; reads every row, changes nothing.

        :param table: the table that it is for; default: the one that its name gives.
        """
        deps = self._deps()
        with self._expected():
            return contractqueries.check_file(
                deps, Path(path), table.lower() or contractqueries.table_of_file(deps, Path(path))
            )

    def diff(self, table: str) -> tuple[ContractDifference, ...]:
        """Where the contract file differs from the live table or from what its loads showed; empty if nowhere.

        :raises DataError: when there is neither a table nor a contract of that name.
        :raises ConfigurationError: when the contract file is wrong.
        """
        with self._expected():
            return contractqueries.differences(self._deps(), table.lower())

    def retype(
        self, table: str, column: str, kind: str, *, apply: bool = False, by: str = "", delete_versions: bool = False
    ) -> Retyping:
        """Gives a text column another type: a preview of the values that would not fit, or the change itself.

        :param kind: such as ``INT``, ``DECIMAL(10,2)``, ``DATE``.
        :param by: who asks for the change, for the audit trail.
        :param delete_versions: delete the rows of earlier versions that have a value that does not fit.
        :raises ConfigurationError: when there is no such type, or the contract declares the column as text.
        :raises DataError: when there is no such column, or a value does not fit and the change is to be applied.
        """
        wanted = _type_named(kind)
        with self._expected():
            if apply:
                return retype(self._deps(), table.lower(), column, wanted, by=by, delete_versions=delete_versions)
            return preview_retype(self._deps(), table.lower(), column, wanted)

    def export(self, table: str, path: str = "") -> dict[str, Any]:
        """Everything known about a table as a Data Package resource (version 2), which other tools read.

        :param path: the data file to name in the resource.
        :raises DataError: when there is neither a table nor a contract of that name.
        :raises ConfigurationError: when the contract file is wrong.
        """
        known = self.show(table)
        return {"$schema": PROFILE, **({"path": path} if path else {}), **descriptor(known), "type": "table"}

    def export_package(self, table: str) -> dict[str, Any]:
        """A table and those that its foreign keys refer to, as a Data Package (version 2).

        Other tools open a resource that refers to another one in a package only. The resources name the files that
        ``refdata export`` writes: ``<table>.csv``.

        :raises DataError: when one of the tables is missing, with neither rows nor a contract.
        :raises ConfigurationError: when a contract file is wrong.
        """
        return package(referred(table.lower(), self.show))

    def begin(self, table: str = "", file: str | Path | None = None) -> str:
        """The text of a first contract file, made from the live table or from a file: a CSV file, or the descriptor of
        another tool (a Data Package, a resource or a Table Schema, as YAML or JSON).

        :param table: default: the one given by the file's name, or named in the descriptor.
        :raises DataError: when there is no such table, and no file is given.
        :raises FormatError: when the file cannot be read safely as CSV.
        :raises ConfigurationError: when the descriptor cannot be read.
        """
        path = Path(file) if file else None
        if path is not None and path.suffix.lower() in SUFFIXES:
            described = read_descriptor(path, table.lower())
            return starter(described.contract, path.name, left_aside=described.left_aside)
        deps = self._deps()
        with self._expected():
            if path is None:
                known = contractqueries.full_contract(deps, table.lower())
                return starter(known, f"the table {deps.live(known.table)}")
            name = table.lower() or contractqueries.table_of_file(deps, path)
            shown, candidates = contractqueries.contract_from_file(deps, path, name)
            return starter(merge(shown, contract_of(deps, name)), path.name, candidates=candidates)

    def text(self, table: str) -> ContractText:
        """The text of a table's contract file, or of a first one made from the live table, to edit.

        :raises DataError: when there is neither a table nor a contract of that name.
        :raises ConfigurationError: when the contract file cannot be read.
        """
        deps, name = self._deps(), typed_table(table)
        with self._expected():
            text = contractediting.contract_text(deps, name) or ContractText("", self.begin(name), "")
        return replace(text, beside=_beside(deps.settings, name))

    def overview(self) -> tuple[ContractSummary, ...]:
        """What is declared about each loaded table, by name: its contract, and the rules of its loads.

        :raises ConfigurationError: when the folder of the contracts cannot be read.
        """
        deps = self._deps()
        with self._expected():
            return summaries(deps.settings, (one.table_name for one in deps.ledger.tables()))

    def try_out(self, table: str, text: str) -> Preview:
        """What the table's live rows would break under a new contract; reads every row, changes nothing.

        :raises ConfigurationError: when the text is no contract, naming each problem with its line.
        :raises DataError: when there is no such table.
        :raises LockTimeoutError: when another contract is being tried out.
        """
        if not _TRIALS.acquire(blocking=False):
            raise LockTimeoutError(
                "Another contract is being tried out", where="contracts", advice="Try again in a moment."
            )
        try:
            with self._expected():
                return contractediting.try_out(self._deps(), typed_table(table), text)
        finally:
            _TRIALS.release()

    def save(self, table: str, text: str, *, before: str, by: str, reason: str) -> ContractText:
        """Writes a table's contract file, at once or not at all, with an entry in the audit trail.

        :param before: the ``digest`` of the text that was read; ``""`` where there was no file.
        :raises ValueError: without a reason or a name.
        :raises ConfigurationError: when the text is no contract, or the file cannot be written.
        :raises DataError: when somebody has changed the file since.
        """
        if not reason.strip() or not by.strip():
            raise ValueError("a reason and the name of the requester are required")
        edit = ContractEdit(typed_table(table), text, before, by.strip(), reason.strip())
        with self._expected():
            return contractediting.save(self._deps(), edit)

    def write(self, text: str) -> Path:
        """Writes a new contract to the contracts folder; returns its path.

        :param text: a contract file with the key ``name``.
        :raises ConfigurationError: when it is not a contract, its table already has one, or the folder is not writable.
        """
        named = parse(text, "the new contract").get("name")
        table = table_name(named.text if named else "")
        read_contract(text, table, f"contracts/{table}.yaml")
        folder = folder_of(self._deps().settings)
        path = contract_file(folder, table) or folder / f"{table}.yaml"
        try:
            folder.mkdir(exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise ConfigurationError(
                f"Table {table} already has a contract", where=str(path), advice="Edit it, or remove it first."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The contract cannot be written: {error.strerror}",
                where=str(path),
                advice="Print it instead, and put it there yourself.",
            ) from error
        return path


def _beside(settings: Settings, table: str) -> tuple[Fact, ...]:
    """None where a file is wrong: the text must open, so that it can be corrected."""
    try:
        return rules_beside(settings, table)
    except ConfigurationError:
        return ()


def _type_named(name: str) -> SqlType:
    try:
        kind = sql_type(name.replace(" ", ""))
    except (ValueError, KeyError):
        kind = None
    if kind is None:
        kinds = ", ".join(kind.value for kind in TypeKind)
        raise ConfigurationError(
            f"There is no type {name}", where="TYPE", advice=f"Use one of {kinds}; DECIMAL with digits: DECIMAL(10,2)."
        )
    return kind
