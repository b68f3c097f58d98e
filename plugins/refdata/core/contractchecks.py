"""Where a file, its table and the table's contract differ, and what the contract's policies do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.alignment import Alignment, own_columns
from refdata.core.contract import Contract, FieldContract, Origin, stated_by_people
from refdata.core.contractterms import FieldsMatch, FieldType, OnMissingColumn, OnNewColumn, OnTypeChange, QuestionKind
from refdata.core.contracttypes import holds
from refdata.core.errors import SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Table
from refdata.core.naming import fold_name
from refdata.core.sqltypes import TypeKind

_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})
_KINDS: dict[FieldType, frozenset[TypeKind]] = {
    FieldType.INTEGER: frozenset({TypeKind.INT, TypeKind.BIGINT}),
    FieldType.NUMBER: _NUMBERS,
    FieldType.YEAR: frozenset({TypeKind.INT}),
    FieldType.BOOLEAN: frozenset({TypeKind.BIT}),
    FieldType.DATE: frozenset({TypeKind.DATE}),
    FieldType.DATETIME: frozenset({TypeKind.DATE, TypeKind.DATETIME2}),
    FieldType.TIME: frozenset({TypeKind.TIME}),
}


class FindingKind(StrEnum):
    """The kinds of differences."""

    NEW_COLUMN = "new_column"
    MISSING_COLUMN = "missing_column"
    TYPE_CHANGE = "type_change"
    FIELDS_MATCH = "fields_match"


class Action(StrEnum):
    """The effect on the load: it continues, continues with a warning, asks a person, or refuses the file."""

    LOAD = "load"
    WARN = "warn"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: its columns, the action, a sentence, and the origin of the policy."""

    kind: FindingKind
    columns: tuple[str, ...]
    action: Action
    what: str
    origin: Origin | None = None

    def __str__(self) -> str:
        return f"{self.what} ({self.origin})" if self.origin else self.what


def findings(
    contract: Contract, live: Table | None, scanned: Sequence[ScannedColumn], plan: Alignment
) -> tuple[Finding, ...]:
    """All differences of a file from its table and contract, each with the action of the contract's policies."""
    findings = (
        *_fields_match(contract, scanned),
        *_new_columns(contract, live, scanned),
        *_missing_columns(contract, live, scanned),
        *_type_changes(contract, scanned, plan),
    )
    return tuple(findings)


def refuse(findings: Iterable[Finding], table: str) -> None:
    """Refuses what the policies refuse.

    :raises SchemaError: naming each difference, with the place of its policy.
    """
    refused = [one for one in findings if one.action is Action.REFUSE]
    if refused:
        raise SchemaError(
            "; ".join(map(str, refused)), where=table, advice="Correct the file, or the table's contract."
        )


def warnings(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The ledger's warnings about differences that are allowed."""
    return tuple(f"{one.what}." for one in findings if one.action is Action.WARN)


def _fields_match(contract: Contract, scanned: Sequence[ScannedColumn]) -> Iterable[Finding]:
    if not contract.fields_match or not contract.fields:
        return
    ours = [fold_name(one.name) for one in contract.fields if is_declared(one)]
    theirs = [fold_name(column.name) for column in scanned]
    missing, extra = [one for one in ours if one not in theirs], [one for one in theirs if one not in ours]
    rule = contract.fields_match
    wrong = {
        FieldsMatch.EXACT: ours != theirs,
        FieldsMatch.EQUAL: bool(missing or extra),
        FieldsMatch.SUBSET: bool(missing),
        FieldsMatch.SUPERSET: bool(extra),
        FieldsMatch.PARTIAL: not set(ours) & set(theirs),
    }[rule]
    if not wrong:
        return
    parts = [f"missing: {', '.join(missing)}" if missing else "", f"new: {', '.join(extra)}" if extra else ""]
    differences = "; ".join(part for part in parts if part) or "they are in a different order"
    what = f"The file's columns do not match fieldsMatch {rule}: {differences}"
    yield Finding(FindingKind.FIELDS_MATCH, (*missing, *extra), Action.REFUSE, what, contract.origin("fields_match"))


def is_declared(column: FieldContract) -> bool:
    """Whether people state something about a column; what was only learned is not part of what they expect."""
    parts = (*(one.origin for one in column.headers), *(one.origin for one in column.constraints))
    return any(stated_by_people(origin) for origin in (*column.origins.values(), *parts))


def _new_columns(contract: Contract, live: Table | None, scanned: Sequence[ScannedColumn]) -> Iterable[Finding]:
    known = {fold_name(column.name) for column in contract.fields}
    known |= {fold_name(column.name) for column in own_columns(live)} if live else set()
    new = [
        column
        for column in scanned
        if fold_name(column.name) not in known and not contract.answer(QuestionKind.COLUMN_ADDED, column.name)
    ]
    if not known or not new:
        return
    policy = contract.policies.on_new_column
    action = {OnNewColumn.ADD: Action.LOAD, OnNewColumn.HOLD: Action.HOLD, OnNewColumn.REFUSE: Action.REFUSE}[policy]
    written = ", ".join(f"{column.name} (header {column.source!r})" for column in new)
    what = f"The file has {_columns(len(new))} that the table does not know: {written}; on_new_column is {policy}"
    yield Finding(
        FindingKind.NEW_COLUMN, tuple(one.name for one in new), action, what, contract.origin("on_new_column")
    )


def _missing_columns(contract: Contract, live: Table | None, scanned: Sequence[ScannedColumn]) -> Iterable[Finding]:
    brought = {fold_name(column.name) for column in scanned}
    expected = [column.name for column in own_columns(live) if not column.optional] if live else []
    there = set(map(fold_name, expected))
    expected += [one.name for one in contract.fields if is_declared(one) and fold_name(one.name) not in there]
    missing = [name for name in expected if fold_name(name) not in brought]
    answered = [name for name in missing if contract.answer(QuestionKind.COLUMN_MISSING, name)]
    if answered:
        yield Finding(
            FindingKind.MISSING_COLUMN, tuple(answered), Action.WARN, f"{_lacks(answered, null=True)}, as answered"
        )
    if len(missing) > len(answered):
        yield _missing_by_policy(contract, [name for name in missing if name not in answered])


def _missing_by_policy(contract: Contract, missing: Sequence[str]) -> Finding:
    policy = contract.policies.on_missing_column
    actions = {
        OnMissingColumn.NULL: Action.WARN,
        OnMissingColumn.HOLD: Action.HOLD,
        OnMissingColumn.REFUSE: Action.REFUSE,
    }
    what = f"{_lacks(missing, null=policy is OnMissingColumn.NULL)}; on_missing_column is {policy}"
    return Finding(
        FindingKind.MISSING_COLUMN, tuple(missing), actions[policy], what, contract.origin("on_missing_column")
    )


def _lacks(missing: Sequence[str], *, null: bool) -> str:
    becomes = f", which {'becomes' if len(missing) == 1 else 'become'} NULL" if null else ""
    return f"The file lacks {_columns(len(missing))}: {', '.join(missing)}{becomes}"


def _type_changes(contract: Contract, scanned: Sequence[ScannedColumn], plan: Alignment) -> Iterable[Finding]:
    """Columns that would lose their type: they become text, or do not have the declared type."""
    policy = contract.policies.on_type_change
    actions = {OnTypeChange.WIDEN: Action.WARN, OnTypeChange.HOLD: Action.HOLD}
    action = actions.get(policy, Action.REFUSE)
    falling = {
        change.column.name: change.old.type_name
        for change in plan.widen
        if change.column.type.kind is TypeKind.NVARCHAR
        and change.old.type.kind is not TypeKind.NVARCHAR
        and not _is_declared_text(contract.column(change.column.name))
    }
    declared = {column.name: kind for column in scanned if (kind := declared_misfit(contract, column))}
    for name, kind in (declared | falling).items():
        if contract.answer(QuestionKind.TYPE_CHANGED, name):
            continue
        what = f"Column {name} is {kind}, and the file has values that are not; on_type_change is {policy}"
        yield Finding(FindingKind.TYPE_CHANGE, (name,), action, what, contract.origin("on_type_change"))


def _is_declared_text(stated: FieldContract | None) -> bool:
    """Whether people want a column to be text, so that its change to text is what they stated."""
    if stated is None:
        return False
    if stated.sql_type and stated_by_people(stated.origin("sql_type")):
        return stated.sql_type.kind is TypeKind.NVARCHAR
    return stated.type is FieldType.STRING and stated_by_people(stated.origin("type"))


def declared_misfit(contract: Contract, column: ScannedColumn) -> str:
    """The type that people declared but the file's values do not have; ``""`` where they do.

    A type that was only learned may widen: a column of whole numbers that gets fractions loses nothing.
    """
    stated = contract.column(column.name)
    if stated is None or column.type is None:
        return ""
    declared = stated.sql_type or stated.type
    if column.misfits and column.reading is None and declared:
        return str(declared)
    if stated.sql_type and stated_by_people(stated.origin("sql_type")):
        return "" if holds(stated.sql_type, column) else str(stated.sql_type)
    if stated.type in _KINDS and stated_by_people(stated.origin("type")):
        return "" if column.type.kind in _KINDS[stated.type] else str(stated.type)
    return ""


def _columns(count: int) -> str:
    return "a column" if count == 1 else f"{count} columns"
