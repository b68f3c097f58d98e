"""Finds a table's contract, and what ``tables.yaml`` adds to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from refdata.contracts.nodes import parse, yaml_problem
from refdata.contracts.reading import read_contract
from refdata.core.contract import Contract, LoadRules, Origin
from refdata.core.contractlayers import load_rules, merge
from refdata.core.contractterms import Layer
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name, normalised, typed_table
from refdata.core.settings import Settings
from refdata.core.tablerules import TableRules, defaults, own_rules

SUFFIXES = (".yaml", ".yml", ".json")
SCHEMA_FILE = "contract.schema.json"
"""The JSON Schema for editors, which may be beside the contracts."""


@dataclass(frozen=True, slots=True)
class Declared:
    """The declared facts about a table: the contract, and sentences about contradictions between its two files."""

    contract: Contract
    contradictions: tuple[str, ...] = ()


def declared(settings: Settings, table: str) -> Declared:
    """The contract file of a table with the rules of ``tables.yaml`` under it; both are read at each call.

    :param settings: with absolute paths.
    :raises ConfigurationError: when one of the files is wrong, naming the line.
    """
    return declared_in(contract_file(folder_of(settings), table), settings, table)


def declared_in(file: Path | None, settings: Settings, table: str) -> Declared:
    """``declared`` with the contract file that is known already, None for none."""
    contract = Contract(table=table) if file is None else _contract(read_text(file), table, shown(file))
    rules = _rules_file(settings, table)
    conflicts = _contradictions(contract, rules)
    if contract.primary_key and contract.rules.keys is None:
        rules = replace(rules, keys=None, origins={name: at for name, at in rules.origins.items() if name != "keys"})
    return Declared(merge(contract, Contract(table=table, rules=rules)), conflicts)


def table_rules(configured: Settings, table: str) -> TableRules:
    """The rules for a table: its contract's, then those of ``tables.yaml``, then the settings.

    Both files are read at each call, so that a change takes effect at once.

    :raises ConfigurationError: when a file cannot be read or has an invalid key.
    """
    return load_rules(declared(configured, table).contract, defaults(configured))


@lru_cache(maxsize=512)
def _contract(text: str, table: str, source: str) -> Contract:
    """The contract in a text, which a load needs at every step: parsing a long one takes a tenth of a second."""
    return read_contract(text, table, source)


def folder_of(settings: Settings) -> Path:
    """The folder of the contracts."""
    return Path(settings.contracts_folder or Path(settings.tables_file).parent / "contracts")


def contract_file(folder: Path, table: str) -> Path | None:
    """The contract file of a table, or None; names compare without case.

    :raises ConfigurationError: when there are two.
    """
    return contract_file_among(contract_files(folder), folder, table)


def contract_file_among(files: Iterable[Path], folder: Path, table: str) -> Path | None:
    """``contract_file`` where the folder's files are known already."""
    paths = [path for path in files if fold_name(path.stem) == fold_name(table)]
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise ConfigurationError(
            f"Table {table} has {len(paths)} contracts: {names}", where=str(folder), advice="Keep one of them."
        )
    return paths[0] if paths else None


def contract_files(folder: Path) -> list[Path]:
    """The contract files of a folder by their names; none if there is no folder.

    :raises ConfigurationError: when the folder cannot be read.
    """
    try:
        return sorted(_contracts(folder.iterdir())) if folder.is_dir() else []
    except OSError as error:
        raise _unreadable(folder, error) from error


def referring(settings: Settings, table: str) -> tuple[list[Contract], list[str]]:
    """The contracts with foreign keys that refer to a table, and sentences about those that cannot be read.

    A file that cannot be read is reported for the tables that its text names, as far as there is a text.

    :raises ConfigurationError: when the folder of the contracts cannot be read.
    """
    contracts, unreadable = [], []
    for file in contract_files(folder_of(settings)):
        try:
            text = read_text(file)
            # Parsing YAML takes long, and a parent is loaded more often than contracts change.
            contract = _contract(text, typed_table(file.stem), shown(file)) if "foreignkeys" in text.lower() else None
        except ConfigurationError as error:
            if not _may_name(file, table):
                continue
            unreadable.append(
                f"{shown(file)} cannot be read, so its foreign keys to {table} were not checked: {error.what}"
            )
            continue
        if contract and any(fold_name(one.table) == fold_name(table) for one in contract.foreign_keys or ()):
            contracts.append(contract)
    return [one for one in contracts if fold_name(one.table) != fold_name(table)], unreadable


def _may_name(file: Path, table: str) -> bool:
    """Whether a file that is no contract has a table's name in its text; without a text, it may name any."""
    try:
        content = file.read_bytes()
    except OSError:
        return True
    # YAML and JSON may write letters as escapes (``\u00fc``), which only a parser would resolve.
    if rb"\u" in content:
        return True
    # Names with a reserved word, a leading digit or too many letters are changed, so their middle is sought.
    wanted = re.sub("^(data_|n_)|_data$", "", _plain(table))[:80]
    return any(wanted in _plain(content.decode(codec, "replace")) for codec in ("utf-8", "latin-1", "utf-16"))


def _plain(text: str) -> str:
    return re.sub("[\\W_\U00010000-\U0010ffff]+", "_", fold_name(normalised(text)))


def shown(file: Path) -> str:
    """A contract file's name for messages: ``contracts/airports.yaml``."""
    return f"{file.parent.name}/{file.name}"


def _contracts(paths: Iterable[Path]) -> list[Path]:
    return [
        path
        for path in paths
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.name != SCHEMA_FILE
    ]


def read_text(file: Path) -> str:
    """The text of a contract or descriptor.

    :raises ConfigurationError: when it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from error


def write_text(file: Path, text: str) -> None:
    """Writes a contract file, at once or not at all; line ends stay as they are.

    :raises ConfigurationError: when it cannot be written.
    """
    draft = file.with_name(f".{file.name}.refdata")
    try:
        file.parent.mkdir(exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="")
        draft.replace(file)
    except OSError as error:
        raise ConfigurationError(
            f"The contract cannot be written: {error.strerror}",
            where=shown(file),
            advice="Let refdata write the folder; or make this change by hand, and ask again.",
        ) from error


def _unreadable(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"The contract cannot be read: {error}", where=str(path), advice="Let refdata read it; contracts are UTF-8."
    )


def _rules_file(settings: Settings, table: str) -> LoadRules:
    """The rules that ``tables.yaml`` states of the table, each with its line."""
    path = Path(settings.tables_file)
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document = _document(text)
    except (OSError, UnicodeDecodeError) as error:
        raise _no_rules(str(error), str(path)) from error
    except yaml.YAMLError as error:
        problem, line = yaml_problem(error)
        raise _no_rules(problem, f"{path}, line {line}" if line else str(path)) from None
    stated = own_rules(table, document, settings, str(path))
    lines = _lines(text, table, path.name) if stated else {}
    origins = {name: Origin(Layer.DECLARED, path.name, line=lines.get(name)) for name in stated}
    return LoadRules(**stated, origins=origins)


@lru_cache(maxsize=2)
def _document(text: str) -> object:
    """The parsed text, which is the same for all tables."""
    return yaml.safe_load(text)


def _no_rules(problem: str, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"The table rules cannot be read: {problem}", where=where, advice="Correct the file, or remove it."
    )


def _lines(text: str, table: str, source: str) -> dict[str, int]:
    return _all_lines(text, source).get(fold_name(table), {})


@lru_cache(maxsize=2)
def _all_lines(text: str, source: str) -> dict[str, dict[str, int]]:
    """The line of each rule of each table."""
    tables = parse(text, source).get("tables")
    entries = tables.pairs if tables else ()
    return {fold_name(name.text): {key.text: key.line for key, _ in entry.pairs} for name, entry in reversed(entries)}


def _contradictions(contract: Contract, rules: LoadRules) -> tuple[str, ...]:
    ours = contract.rules.spoken()
    origins = dict(contract.rules.origins)
    if contract.primary_key and "keys" not in ours and (origin := contract.origin("primary_key")):
        ours, origins = {**ours, "keys": contract.primary_key}, {**origins, "keys": origin}
    return tuple(
        f"{name} is {_shown(ours[name])}, {origins[name]}; {_shown(value)}, {rules.origins[name]}, does not count"
        for name, value in rules.spoken().items()
        if name in ours and not _same(ours[name], value)
    )


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return [fold_name(one) for one in first] == [fold_name(one) for one in second]
    return bool(first == second)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)
