"""A contract's rules on single values, checked on whole Arrow columns while the rows stream.

Both engines get the same rows, so a rule means the same on both: no collation and no database's own regular
expressions are involved. Rules over several rows (keys, references) are checked in the stage table. A missing value
breaks ``required`` and no other rule, as in Table Schema: https://datapackage.org/standard/table-schema/#field-constraints
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.contract import Constraint, Contract
from refdata.core.contractterms import ConstraintKind, Severity
from refdata.core.errors import ConfigurationError
from refdata.core.filemodel import ReadColumn
from refdata.csvformat.rulelimits import Faults, among, beyond

ROW_KINDS = frozenset(ConstraintKind) - {ConstraintKind.UNIQUE}
"""The rules that one row can break by itself."""


@dataclass(frozen=True, slots=True)
class RowRule:
    """One rule on one column of the batches: ``place`` is the column's index there, ``words`` describes the rule."""

    column: str
    place: int
    words: str
    severity: Severity
    faults: Faults = field(compare=False)


def row_rules(contract: Contract, columns: Sequence[ReadColumn]) -> tuple[RowRule, ...]:
    """The rules of the columns that a file has.

    :raises ConfigurationError: a limit or an allowed value that is not of the column's type, or an invalid pattern.
    """
    return tuple(
        RowRule(column.name, place, _words(rule), rule.severity, _faults(rule, column, contract.table))
        for place, column in enumerate(columns)
        if (fact := contract.column(column.name)) is not None
        for rule in fact.constraints
        if rule.kind in ROW_KINDS and rule.value is not False
    )


def broken_rules(batch: pa.RecordBatch, rules: Sequence[RowRule]) -> dict[int, RowRule]:
    """Each row that breaks rules of severity ``error``, from 0 and in order, with the first of these rules."""
    first: dict[int, RowRule] = {}
    for rule in rules:
        if rule.severity is Severity.ERROR:
            for row in _rows_at_fault(batch, rule):
                first.setdefault(row, rule)
    return dict(sorted(first.items()))


@dataclass(slots=True)
class WarnedRules:
    """Counts the rows that break rules of severity ``warn``; they are loaded anyway."""

    rules: Sequence[RowRule]
    counts: Counter[RowRule] = field(default_factory=Counter)

    def add(self, batch: pa.RecordBatch) -> None:
        """Counts the rows of one batch."""
        for rule in self.rules:
            if rule.severity is Severity.WARN:
                self.counts[rule] += len(_rows_at_fault(batch, rule))

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each rule that was broken, for the ledger."""
        return tuple(
            f"{count} {'row breaks' if count == 1 else 'rows break'} the rule on column {rule.column!r}: {rule.words}."
            " They are loaded, because the rule only warns."
            for rule, count in self.counts.items()
            if count
        )


def reason(rule: RowRule) -> str:
    """Why a row is a reject, for the list of rejects."""
    return f"column {rule.column!r} breaks its rule: {rule.words}"


def _rows_at_fault(batch: pa.RecordBatch, rule: RowRule) -> list[int]:
    mask = rule.faults(batch.column(rule.place))
    # Most columns follow their rules: checking the whole mask at once is cheaper than listing places.
    if not pc.any(mask).as_py():
        return []
    rows: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return rows


_LIMITS = {
    ConstraintKind.MINIMUM: "at least",
    ConstraintKind.MAXIMUM: "at most",
    ConstraintKind.EXCLUSIVE_MINIMUM: "more than",
    ConstraintKind.EXCLUSIVE_MAXIMUM: "less than",
}


def _words(rule: Constraint) -> str:
    value = rule.value
    if rule.kind is ConstraintKind.REQUIRED:
        return "a value is required"
    if rule.kind is ConstraintKind.PATTERN:
        return f"it must match {value}"
    if rule.kind is ConstraintKind.ENUM and isinstance(value, tuple):
        return f"it must be one of {', '.join(value[:10])}{' …' if len(value) > 10 else ''}"
    if rule.kind in _LIMITS:
        return f"it must be {_LIMITS[rule.kind]} {value}"
    side = "at least" if rule.kind is ConstraintKind.MIN_LENGTH else "at most"
    return f"it must have {side} {value} characters"


def _faults(rule: Constraint, column: ReadColumn, table: str) -> Faults:
    kind, value = rule.kind, rule.value
    where = f"contract of {table}, field {column.name}, {kind.value}"
    if kind is ConstraintKind.REQUIRED:
        return lambda values: values.is_null()
    if kind is ConstraintKind.PATTERN:
        return _pattern(str(value), where)
    if kind is ConstraintKind.ENUM and isinstance(value, tuple):
        allowed = among(value, column, where)
        return lambda values: pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=allowed)))
    if kind in _LIMITS:
        return beyond(kind, str(value), column, where)
    longer = kind is ConstraintKind.MAX_LENGTH
    most = int(str(value))
    return lambda values: (pc.greater if longer else pc.less)(pc.utf8_length(_text(values)), most)


def _text(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else pc.cast(values, pa.string())


def _pattern(pattern: str, where: str) -> Faults:
    """The whole value must match. RE2 is fast; what it does not support (lookaround) goes to Python's ``re``."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(
            f"The pattern {pattern!r} is invalid: {error}", where=where, advice="Correct the regular expression."
        ) from None
    whole = rf"\A(?:{pattern})\z"
    try:
        pc.match_substring_regex(pa.array([""]), whole)
    except pa.ArrowInvalid:
        return lambda values: _by_python(_text(values), compiled)
    return lambda values: pc.invert(pc.match_substring_regex(_text(values), whole))


def _by_python(values: pa.Array, compiled: re.Pattern[str]) -> pa.BooleanArray:
    """Each distinct value once."""
    encoded = pc.dictionary_encode(values)
    faults = [compiled.fullmatch(value) is None for value in encoded.dictionary.to_pylist()]
    return pa.array(faults, pa.bool_()).take(encoded.indices)
