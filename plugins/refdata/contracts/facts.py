"""A contract as a list of facts, each named by its key in the file, with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from refdata.contracts.keys import CONTRACT, DIALECT, FIELD, FIELD_OWN, OWN, RULES, SCHEMA, Key
from refdata.core.contract import Contract, Facts, FieldContract, Origin
from refdata.core.contractterms import Severity


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: ``schema.fields.code.type`` is ``string``, and its origin (None: not recorded)."""

    key: str
    value: Any
    origin: Origin | None

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return shown(self.value)


def shown(value: Any) -> str:
    """A value for people.

    >>> shown(("", "NULL")), shown(True), shown(";")
    ("'', 'NULL'", 'true', "';'")
    """
    if isinstance(value, tuple):
        return ", ".join(shown(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    marks = isinstance(value, str) and (not value.strip() or not value.isprintable() or not value[0].isalnum())
    return repr(str(value)) if marks or value == "NULL" else str(value)


def facts(contract: Contract) -> tuple[Fact, ...]:
    """All facts of a contract, in the order of the file.

    >>> [(fact.key, fact.text) for fact in facts(Contract(table="t", encoding="cp1252", missing_values=("",)))]
    [('encoding', 'cp1252'), ('schema.missingValues', "''")]
    """
    rules = [key for key in OWN if key not in RULES]
    return (
        *_stated(contract, CONTRACT, ""),
        *_stated(contract.dialect, DIALECT, "dialect."),
        *_stated(contract, SCHEMA, "schema."),
        *_keys(contract),
        *(fact for column in contract.fields for fact in _field(column)),
        *_stated(contract, rules, "refdata."),
        *rule_facts(contract),
        *(Fact(f"refdata.answers.{one.question}.{one.subject}", one.answer, one.origin) for one in contract.answers),
    )


def rule_facts(contract: Contract) -> tuple[Fact, ...]:
    """The facts that are rules of the table's loads, those that ``tables.yaml`` knows too."""
    return tuple(_stated(contract.rules, RULES, "refdata."))


def _stated(part: Facts, keys: Sequence[Key], prefix: str) -> Iterator[Fact]:
    spoken = part.spoken()
    for key in keys:
        if key.fact in spoken:
            yield Fact(f"{prefix}{key.name}", spoken.pop(key.fact), part.origin(key.fact))


def _keys(contract: Contract) -> Iterator[Fact]:
    if contract.primary_key is not None:
        yield Fact("schema.primaryKey", contract.primary_key, contract.origin("primary_key"))
    for key in contract.unique_keys or ():
        name = f"schema.uniqueKeys.{'+'.join(key.fields)}"
        yield Fact(name, key.severity.value, contract.origin("unique_keys"))
    for foreign in contract.foreign_keys or ():
        name = f"schema.foreignKeys.{'+'.join(foreign.fields)}"
        target = f"{foreign.table} ({', '.join(foreign.references)}){_warned(foreign.severity)}"
        yield Fact(name, target, contract.origin("foreign_keys"))


def _field(column: FieldContract) -> Iterator[Fact]:
    prefix = f"schema.fields.{column.name}."
    for header in column.headers:
        yield Fact(f"{prefix}header", header.text, header.origin)
    yield from _stated(column, FIELD, prefix)
    if column.date_order and not column.format:
        order = f"{column.date_order}, between them {column.date_separator or '-'}"
        yield Fact(f"{prefix}dateOrder", order, column.origin("date_order"))
    yield from _stated(column, FIELD_OWN, f"{prefix}refdata.")
    for rule in column.constraints:
        text = f"{shown(rule.value)}{_warned(rule.severity)}"
        yield Fact(f"{prefix}constraints.{rule.kind}", text, rule.origin)


def _warned(severity: Severity) -> str:
    return ", warns only" if severity is Severity.WARN else ""
