"""A first contract: known facts as keys, further possible facts as comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import yaml

from refdata.contracts.files import SCHEMA_FILE
from refdata.contracts.parsing import Problem
from refdata.contracts.writing import descriptor
from refdata.core.contract import Contract, FieldContract
from refdata.core.learning import FIELD_TYPES

_WIDE = 1_000_000


def starter(
    contract: Contract, origin: str, *, candidates: Sequence[str] = (), left_aside: Sequence[Problem] = ()
) -> str:
    """The text of a first contract file. Lines that begin with ``#`` and no blank are suggestions.

    :param contract: what is known about the table.
    :param origin: what it was made from, for the first lines.
    :param candidates: columns that identify the rows.
    :param left_aside: parts of the origin that the contract leaves out, to be listed in it.
    """
    columns = tuple(map(_free_to_grow, contract.fields))
    known = descriptor(replace(contract, fields=columns))
    aside = [f"# Ignored in {origin}: {problem}" for problem in left_aside]
    return "\n".join([*_lines(known, origin, candidates), *aside]) + "\n"


def _free_to_grow(column: FieldContract) -> FieldContract:
    """The column without its exact database type: the type of its values is enough, and they may get longer."""
    if column.sql_type is None:
        return column
    return replace(column, sql_type=None, type=column.type or FIELD_TYPES[column.sql_type.kind])


def _lines(known: dict[str, Any], origin: str, candidates: Sequence[str]) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={SCHEMA_FILE}"
    yield f"# The contract of table {known['name']}, made from {origin}."
    yield "# Everything stated here applies to every file. The rest is learned from the files, so delete what may vary."
    yield "# A line that begins with # and no blank is a suggestion: remove the # to state it."
    yield "# docs/contracts.md explains every key; check a file against this one: refdata contract check FILE"
    yield _entry("name", known["name"])
    yield _known_or("title", known, "A name for people")
    yield _known_or("description", known, "What the table contains")
    yield ""
    yield "# How the files are written."
    yield _known_or("encoding", known, "utf-8")
    yield from _dialect(known.get("dialect", {}))
    yield ""
    yield from _schema(known.get("schema", {}), candidates)
    yield ""
    yield from _own(known.get("refdata", {}))


def _dialect(known: dict[str, Any]) -> Iterator[str]:
    if known:
        yield "dialect:"
        yield from (f"  {_entry(name, value)}" for name, value in known.items())
    else:
        yield '#dialect: {delimiter: ";"}'


def _schema(known: dict[str, Any], candidates: Sequence[str]) -> Iterator[str]:
    yield "schema:"
    yield "  # How a file's columns must match the fields: exact | equal | subset | superset | partial"
    yield _known_or("fieldsMatch", known, "subset", "  ")
    yield "  # Texts that mean no value, in every column:"
    yield _known_or("missingValues", known, ["", "NULL"], "  ")
    fields = known.get("fields", [])
    if candidates or "primaryKey" in known:
        yield "  # The columns whose values identify a row:"
        yield _known_or("primaryKey", known, list(candidates), "  ")
    yield from (f"  {_entry(name, known[name])}" for name in ("uniqueKeys", "foreignKeys") if name in known)
    if not fields:
        yield "  #fields: [{name: code, type: string, constraints: {required: true}}]"
        return
    yield "  # Rules follow a field, such as: constraints: {required: true, pattern: '[A-Z]{3}', maximum: 9000}"
    yield "  fields:"
    yield from (f"    - {_flow(field)}" for field in fields)


_POLICIES = (
    ("steward", "somebody@example.org", "who answers for the table"),
    ("on_new_column", "add", "a column that the table does not have: add | hold | refuse"),
    ("on_missing_column", "hold", "a column that the file lacks: null | hold | refuse"),
    ("on_type_change", "hold", "values that are not of their column's type: widen | reject | hold | refuse"),
    ("frozen", True, "refuse any change of the table's columns: true | false"),
)


def _own(known: dict[str, Any]) -> Iterator[str]:
    yield "# What the standard does not cover."
    yield "refdata:" if known else "#refdata:"
    for name, value, meaning in _POLICIES:
        line = _known_or(name, known, value, "  ") if known else f"#  {_entry(name, value)}"
        yield f"{line}  # {meaning}"
    stated = {name for name, *_ in _POLICIES}
    yield from (f"  {_entry(name, value)}" for name, value in known.items() if name not in stated)


def _known_or(name: str, known: dict[str, Any], suggestion: Any, indent: str = "") -> str:
    """The key as it is known, else as a suggestion."""
    return f"{indent}{_entry(name, known[name])}" if name in known else f"{indent}#{_entry(name, suggestion)}"


def _entry(name: str, value: Any) -> str:
    return _flow({name: value})[1:-1]


def _flow(value: Any) -> str:
    """A value on one line, as YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=_WIDE)
    return text.strip()
