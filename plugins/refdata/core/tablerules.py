"""Overrides for one table: the contract that its owner states in ``tables.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.settings import TYPE_WORDS, Settings, limit_fault, specs


@dataclass(frozen=True, slots=True)
class TableRules:
    """How one table is loaded; anything not in ``tables.yaml`` comes from the settings.

    ``frozen`` refuses any change of the table's columns. ``max_rejected_rows`` allows that many damaged
    rows. ``min_column_match`` is a share between 0 and 1. ``keys`` are the columns that identify a row;
    empty: determined when versions are compared.
    """

    max_rejected_rows: int
    min_column_match: float
    allow_empty_full_load: bool
    post_load_procedure: str
    gate: bool = False
    gate_rows_removed: str = "20%"
    gate_rows_changed: str = "50%"
    gate_keys_vanished: str = "20%"
    gate_timeout: float = 86400.0
    gate_default: str = "reject"
    versions_kept: int = 30
    versions_max_age_days: int = 0
    frozen: bool = False
    keys: tuple[str, ...] = ()


def defaults(settings: Settings) -> TableRules:
    """The rules of a table that ``tables.yaml`` does not name."""
    return TableRules(
        max_rejected_rows=settings.max_rejected_rows,
        min_column_match=settings.min_column_match,
        allow_empty_full_load=settings.allow_empty_full_load,
        post_load_procedure=settings.post_load_procedure,
        gate=settings.gate,
        gate_rows_removed=settings.gate_rows_removed,
        gate_rows_changed=settings.gate_rows_changed,
        gate_keys_vanished=settings.gate_keys_vanished,
        gate_timeout=settings.gate_timeout,
        gate_default=settings.gate_default,
        versions_kept=settings.versions_kept,
        versions_max_age_days=settings.versions_max_age_days,
    )


def own_rules(table: str, document: object, settings: Settings, source: str) -> dict[str, Any]:
    """The rules for ``table`` in a parsed ``tables.yaml``: ``{tables: {airports: {frozen: true}}}``.

    Case is ignored in table names. A mistake in another table's rules affects only that table.

    :raises ConfigurationError: naming the table and the key that is wrong.
    """
    base = defaults(settings)
    where = f"{source}, tables.{table}"
    own = _mapping(_entry(table, document, source), source, f"Key tables.{table}")
    return {key: _checked(key, value, base, where) for key, value in own.items()}


def _entry(table: str, document: object, source: str) -> object:
    root = _mapping(document, source, "The file")
    unknown = sorted(str(key) for key in root if key != "tables")
    if unknown:
        raise ConfigurationError(
            f"Unknown key {', '.join(unknown)}", where=source, advice="Put all tables under one key, `tables`."
        )
    tables = {fold_name(str(name)): entry for name, entry in _mapping(root.get("tables"), source, "Key tables").items()}
    return tables.get(fold_name(table))


def _checked(key: str, value: object, base: TableRules, where: str) -> Any:
    known = {spec.name: type(getattr(base, spec.name)) for spec in fields(TableRules)}
    if key not in known:
        raise ConfigurationError(f"Unknown key {key}", where=where, advice=f"Use one of: {', '.join(known)}")
    wanted = known[key]
    value = _names(value) if wanted is tuple else value
    value = str(value) if key.startswith("gate_") and wanted is str and type(value) is int else value
    value = float(value) if wanted is float and type(value) is int else value
    limits = {spec.name: spec for spec in specs()}.get(key)
    if type(value) is not wanted:
        fault = f"it must be {'a list of names' if wanted is tuple else TYPE_WORDS[wanted.__name__]}"
    else:
        fault = limit_fault(limits, value) if limits else ""
    if fault:
        raise ConfigurationError(
            f"Key {key} has the value {value!r}, but {fault}",
            where=where,
            advice="Correct it, or remove it to use the default.",
        )
    return value


def _names(value: object) -> object:
    """A column's name or a list of them as a tuple; anything else is returned unchanged, to be refused."""
    names = [value] if isinstance(value, str) else value
    return tuple(names) if isinstance(names, list) and all(isinstance(one, str) and one for one in names) else value


def _mapping(value: object, source: str, what: str) -> Mapping[str, object]:
    """A mapping; nothing (an empty file or key) gives an empty one."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise ConfigurationError(f"{what} is not a mapping", where=source, advice="Write it as `key: value` lines.")
