"""The contracts of tables that refer to each other, as one Data Package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from refdata.contracts.writing import descriptor, header_of
from refdata.core.contract import Contract

PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def referred(table: str, contract_of: Callable[[str], Contract]) -> tuple[Contract, ...]:
    """The contract of a table, then those of the tables that its foreign keys refer to, and theirs; each once."""
    done: dict[str, Contract] = {}
    waiting = [table]
    while waiting:
        name = waiting.pop(0)
        if name not in done:
            done[name] = contract_of(name)
            waiting += [key.table for key in done[name].foreign_keys or ()]
    return tuple(done.values())


def package(contracts: Iterable[Contract]) -> dict[str, Any]:
    """The Data Package (version 2) of contracts. Each resource names the file that ``refdata export`` writes.

    The standard refers to the fields of another resource by their names there, which are the headers of its files; a
    contract refers to columns.

    >>> package([Contract(table="airports")])["resources"]
    [{'path': 'airports.csv', 'name': 'airports', 'type': 'table'}]
    """
    by_table = {one.table: one for one in contracts}
    resources = [_resource(one, by_table) for one in by_table.values()]
    return {"$schema": PACKAGE_PROFILE, "resources": resources}


def _resource(contract: Contract, by_table: dict[str, Contract]) -> dict[str, Any]:
    made = {"path": f"{contract.table}.csv", **descriptor(contract), "type": "table"}
    for key in made.get("schema", {}).get("foreignKeys", ()):
        reference = key["reference"]
        headers = _headers(by_table[reference["resource"] or contract.table])
        reference["fields"] = [headers.get(one, one) for one in reference["fields"]]
    return made


def _headers(contract: Contract) -> dict[str, str]:
    return {column.name: header_of(column) for column in contract.fields}
