"""Overrides for one table: the contract that its owner states in ``tables.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings


@dataclass(frozen=True, slots=True)
class TableRules:
    """How one table is loaded; what ``tables.yaml`` leaves out comes from the settings.

    ``frozen`` refuses any change of the table's columns. ``max_rejected_rows`` lets damaged rows
    through. ``min_column_match`` is a share between 0 and 1.
    """

    max_rejected_rows: int
    min_column_match: float
    allow_empty_full_load: bool
    post_load_procedure: str
    frozen: bool = False


def defaults(settings: Settings) -> TableRules:
    """The rules of a table that ``tables.yaml`` does not name."""
    return TableRules(
        max_rejected_rows=settings.max_rejected_rows,
        min_column_match=settings.min_column_match,
        allow_empty_full_load=settings.allow_empty_full_load,
        post_load_procedure=settings.post_load_procedure,
    )


def rules_of(table: str, document: object, settings: Settings, source: str) -> TableRules:
    """The rules of ``table`` in a parsed ``tables.yaml``: ``{tables: {airports: {frozen: true}}}``.

    :raises ConfigurationError: naming the table and the key that is wrong.
    """
    tables = _mapping(document or {}, source, "the file").get("tables") or {}
    own = _mapping(_mapping(tables, source, "tables").get(table) or {}, source, f"tables.{table}")
    base = defaults(settings)
    for key, value in own.items():
        _check(key, value, base, f"{source}, tables.{table}")
    changes: dict[str, Any] = dict(own)
    return replace(base, **changes)


def _check(key: str, value: object, base: TableRules, where: str) -> None:
    known = {spec.name: type(getattr(base, spec.name)) for spec in fields(TableRules)}
    if key not in known:
        raise ConfigurationError(f"Unknown key {key}", where=where, advice=f"Use one of: {', '.join(known)}")
    wanted = (int, float) if known[key] is float else known[key]
    if not isinstance(value, wanted) or (isinstance(value, bool) and known[key] is not bool):
        raise ConfigurationError(
            f"Key {key} has the value {value!r}, but it must be of type {known[key].__name__}",
            where=where,
            advice="Correct it, or remove it for the default.",
        )


def _mapping(value: object, source: str, what: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ConfigurationError(f"{what} holds no mapping", where=source, advice="Write it as `key: value` lines.")
