"""A contract as a Data Package resource, version 2, and as YAML; ``reading`` reads both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import yaml

from refdata.contracts.keys import CONTRACT, DIALECT, FIELD, OWN, RULES, SCHEMA, Key
from refdata.core import naming
from refdata.core.contract import Constraint, Contract, Facts, FieldContract, ForeignKey
from refdata.core.contractterms import ConstraintKind, FieldType, Severity
from refdata.core.learning import FIELD_TYPES
from refdata.core.sqltypes import SqlType

PROFILE = "https://datapackage.org/profiles/2.0/dataresource.json"
_LIMITS = frozenset(
    (ConstraintKind.MINIMUM, ConstraintKind.MAXIMUM, ConstraintKind.EXCLUSIVE_MINIMUM, ConstraintKind.EXCLUSIVE_MAXIMUM)
)


def descriptor(contract: Contract) -> dict[str, Any]:
    """The contract as a resource descriptor, without unstated facts.

    A field's name is the header that files use, as other tools expect; what the standard does not cover
    is under ``refdata``.

    >>> descriptor(Contract(table="airports", encoding="cp1252"))
    {'name': 'airports', 'encoding': 'cp1252'}
    """
    own = _stated(contract, OWN) | _stated(contract.rules, RULES) | _warned_keys(contract)
    answers = [{"question": one.question, "subject": one.subject, "answer": one.answer} for one in contract.answers]
    sections = {
        "dialect": _stated(contract.dialect, DIALECT),
        "schema": _schema(contract),
        "refdata": own | ({"answers": answers} if answers else {}),
    }
    return {
        "name": contract.table,
        **_stated(contract, CONTRACT),
        **{name: part for name, part in sections.items() if part},
    }


def to_yaml(document: dict[str, Any]) -> str:
    """A descriptor as YAML, in its own order."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


class _Dumper(yaml.SafeDumper):
    """Short lists on one line, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  the interface
        """Indents lists too."""
        super().increase_indent(flow, indentless=False)


def _list_node(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    """A list on one line where all items are single values."""
    plain = not any(isinstance(item, dict | list) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=plain)


_Dumper.add_representer(list, _list_node)


def _stated(facts: Facts, keys: Sequence[Key]) -> dict[str, Any]:
    spoken = facts.spoken()
    names: dict[str, str] = {}
    for key in keys:
        names.setdefault(key.fact, key.name)
    return {name: _plain(spoken[fact]) for fact, name in names.items() if fact in spoken}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, SqlType):
        return str(value)
    return str(value) if isinstance(value, str) else value


def _schema(contract: Contract) -> dict[str, Any]:
    names = {column.name: header_of(column) for column in contract.fields}
    made = naming.column_names(list(names.values()))
    schema = _stated(contract, SCHEMA)
    if contract.primary_key:
        schema["primaryKey"] = [names.get(one, one) for one in contract.primary_key]
    if contract.unique_keys:
        schema["uniqueKeys"] = [[names.get(one, one) for one in key.fields] for key in contract.unique_keys]
    if contract.foreign_keys:
        schema["foreignKeys"] = [_foreign_key(key, contract.table, names) for key in contract.foreign_keys]
    if contract.fields:
        schema["fields"] = [_field(column, name) for column, name in zip(contract.fields, made, strict=True)]
    return schema


def header_of(column: FieldContract) -> str:
    """The name of a field: the first header that files have for it, or its column's name where they have none."""
    return column.headers[0].text if column.headers and column.headers[0].text else column.name


def _foreign_key(key: ForeignKey, table: str, names: dict[str, str]) -> dict[str, Any]:
    resource = "" if key.table == table else key.table
    made = {
        "fields": [names.get(one, one) for one in key.fields],
        "reference": {"resource": resource, "fields": list(key.references)},
    }
    return made | ({"severity": key.severity.value} if key.severity is Severity.WARN else {})


def _warned_keys(contract: Contract) -> dict[str, Any]:
    names = {column.name: header_of(column) for column in contract.fields}
    warned = [[names.get(one, one) for one in key.fields] for key in contract.unique_keys or ()
              if key.severity is Severity.WARN]  # fmt: skip
    return {"warn_keys": warned} if warned else {}


def _field(column: FieldContract, made: str) -> dict[str, Any]:
    name = header_of(column)
    # A column without a name in files has the empty header; its own name stands for it here.
    others = [header.text for header in column.headers if header.text not in (name, column.title)]
    own: dict[str, Any] = {"column": column.name} if made != column.name else {}
    own |= {"headers": others} if others else {}
    own |= {"type": str(column.sql_type)} if column.sql_type else {}
    own |= {"unit": column.unit} if column.unit else {}
    own |= {"minus": column.minus.value} if column.minus else {}
    warned = [rule.kind.value for rule in column.constraints if rule.severity is Severity.WARN]
    own |= {"warn": warned} if warned else {}
    kind = column.type or (FIELD_TYPES[column.sql_type.kind] if column.sql_type else None)
    rules = {rule.kind.value: _rule_value(rule, kind) for rule in column.constraints}
    parts = {"constraints": rules, "refdata": own}
    typed = {"type": kind.value} if kind else {}
    return {"name": name, **typed, **_stated(column, FIELD), **_format(column, kind), **{
        key: part for key, part in parts.items() if part}}  # fmt: skip


def _format(column: FieldContract, kind: FieldType | None) -> dict[str, Any]:
    """The format of dates and times that is not stated, as far as it is known.

    For a date with a time only the date's format is known. ``any`` leaves the rest open; readers then expect the usual
    order only.
    """
    usual = (column.date_order, column.date_separator) in (("ymd", "-"), (None, None))
    if column.format is None and (kind is FieldType.TIME or (kind is FieldType.DATETIME and usual)):
        return {"format": "any"}
    if column.format or not column.date_order or kind not in (FieldType.DATE, FieldType.DATETIME):
        return {}
    parts = {"y": "%Y", "m": "%m", "d": "%d"}
    day = ("-" if column.date_separator is None else column.date_separator).join(
        parts[letter] for letter in column.date_order
    )
    return {"format": day if kind is FieldType.DATE else f"{day} %H:%M:%S"}


def _rule_value(rule: Constraint, kind: FieldType | None) -> Any:
    numeric = kind in (FieldType.NUMBER, FieldType.INTEGER, FieldType.YEAR)
    if rule.kind in _LIMITS and numeric and re.fullmatch(r"-?\d+(\.\d+)?", str(rule.value)):
        number = Decimal(str(rule.value))
        if number == number.to_integral_value() and "." not in str(rule.value):
            return int(number)
        return float(number) if repr(float(number)) == str(rule.value) else str(rule.value)
    return _plain(rule.value)
