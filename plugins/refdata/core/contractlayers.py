"""Merges the layers of a contract: for each fact the first layer that states it wins, with its origin. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from typing import TypeVar

from refdata.core.contract import Contract, Facts, FieldContract, Origin
from refdata.core.naming import fold_name
from refdata.core.tablerules import TableRules

_Kind = TypeVar("_Kind", bound=Facts)
_Item = TypeVar("_Item")


def merge(*layers: Contract) -> Contract:
    """Merges layers, the strongest first: for each fact, the first layer that states it wins.

    A field's headers are those of all layers, but a header that a stronger layer gives to one field counts for no
    other field. Constraints merge by kind, kept answers by question and subject. The table name is the first layer's.

    >>> from refdata.core.contract import Contract, TableDialect
    >>> declared = Contract(table="airports", encoding="cp1252")
    >>> learned = Contract(table="airports", encoding="utf-8", dialect=TableDialect(delimiter=";"))
    >>> both = merge(declared, learned)
    >>> both.encoding, both.dialect.delimiter
    ('cp1252', ';')
    """
    return reduce(_merged_contract, layers)


def with_origin(contract: Contract, origin: Origin) -> Contract:
    """The contract with the given origin for everything stated that has none yet."""

    def named(part: _Kind) -> _Kind:
        return replace(part, origins={**dict.fromkeys(part.spoken(), origin), **part.origins})

    columns = tuple(
        replace(
            named(column),
            headers=tuple(replace(one, origin=one.origin or origin) for one in column.headers),
            constraints=tuple(replace(one, origin=one.origin or origin) for one in column.constraints),
        )
        for column in contract.fields
    )
    answers = tuple(replace(one, origin=one.origin or origin) for one in contract.answers)
    dialect, rules = named(contract.dialect), named(contract.rules)
    return replace(named(contract), fields=columns, answers=answers, dialect=dialect, rules=rules)


def load_rules(contract: Contract, base: TableRules) -> TableRules:
    """The rules of a load: what the contract states, else ``base``. A primary key also serves as ``keys``."""
    said = contract.rules.spoken()
    if contract.primary_key and "keys" not in said:
        said["keys"] = contract.primary_key
    return replace(base, **said)


def _merged_facts(first: _Kind, second: _Kind) -> _Kind:
    ours, theirs = first.spoken(), second.spoken()
    taken = {name: value for name, value in theirs.items() if name not in ours}
    origins = {name: origin for name, origin in second.origins.items() if name in taken}
    return replace(first, **taken, origins={**first.origins, **origins})


def _merged_contract(first: Contract, second: Contract) -> Contract:
    return replace(
        _merged_facts(first, second),
        dialect=_merged_facts(first.dialect, second.dialect),
        rules=_merged_facts(first.rules, second.rules),
        fields=_merged_fields(first.fields, second.fields),
        answers=_first_of_each((*first.answers, *second.answers), lambda one: (one.question, one.subject)),
    )


def _merged_fields(first: Iterable[FieldContract], second: Iterable[FieldContract]) -> tuple[FieldContract, ...]:
    claimed = {header.text: fold_name(column.name) for column in first for header in column.headers}
    ours = {fold_name(column.name): column for column in first}
    for column in second:
        key = fold_name(column.name)
        free = tuple(header for header in column.headers if claimed.get(header.text, key) == key)
        theirs = replace(column, headers=free)
        ours[key] = _merged_field(ours[key], theirs) if key in ours else theirs
    return tuple(ours.values())


def _merged_field(first: FieldContract, second: FieldContract) -> FieldContract:
    return replace(
        _merged_facts(first, second),
        headers=_first_of_each((*first.headers, *second.headers), lambda one: one.text),
        constraints=_first_of_each((*first.constraints, *second.constraints), lambda one: one.kind),
    )


def _first_of_each(items: Iterable[_Item], key: Callable[[_Item], object]) -> tuple[_Item, ...]:
    first: dict[object, _Item] = {}
    for item in items:
        first.setdefault(key(item), item)
    return tuple(first.values())
