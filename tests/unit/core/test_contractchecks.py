"""Where file, table and contract differ, and what each policy makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.alignment import align
from refdata.core.contract import Contract, FieldContract, Origin, SourceHeader, stated
from refdata.core.contractchecks import Action, FindingKind, findings, refuse, warnings
from refdata.core.contractlayers import with_origin
from refdata.core.contractterms import (
    FieldsMatch,
    FieldType,
    Layer,
    OnMissingColumn,
    OnNewColumn,
    OnTypeChange,
)
from refdata.core.errors import SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column, Table, TableName
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, SqlType, decimal, text

DECLARED = Origin(Layer.DECLARED, "contracts/t.yaml", line=9)
NAME = TableName("ref", "t")


def table(**types: SqlType) -> Table:
    return Table(NAME, tuple(Column(name, kind) for name, kind in types.items()))


def scanned(**types: SqlType | None) -> list[ScannedColumn]:
    return [ScannedColumn(name.upper(), name, kind, longest=5) for name, kind in types.items()]


def found(contract: Contract, live: Table | None, **types: SqlType | None) -> dict[FindingKind, tuple[Any, Action]]:
    columns = scanned(**types)
    plan = align(NAME, live, columns, min_match=0)
    return {one.kind: (one.columns, one.action) for one in findings(contract, live, columns, plan)}


def declared(**facts: Any) -> Contract:
    return with_origin(Contract(table="t", **facts), DECLARED)


def fields(*names: str, **types: FieldType) -> tuple[FieldContract, ...]:
    plain = tuple(FieldContract(name=name, headers=(SourceHeader(name),)) for name in names)
    return (*plain, *(FieldContract(name=name, type=kind) for name, kind in types.items()))


@pytest.mark.parametrize(
    ("policy", "action"), [(None, "load"), (OnNewColumn.ADD, "load"), ("hold", "hold"), ("refuse", "refuse")]
)
def test_a_new_column_is_what_its_policy_says(policy: Any, action: str) -> None:
    contract = declared(on_new_column=policy and OnNewColumn(policy))
    assert found(contract, table(a=INT), a=INT, b=INT) == {FindingKind.NEW_COLUMN: (("b",), action)}


def test_a_declared_column_is_not_new_and_no_column_of_an_unknown_table_is() -> None:
    contract = declared(on_new_column=OnNewColumn.REFUSE, fields=fields("b"))
    assert found(contract, table(a=INT), a=INT, b=INT) == {}
    assert found(contract, None, b=INT, c=INT) == {FindingKind.NEW_COLUMN: (("c",), "refuse")}
    assert found(declared(on_new_column=OnNewColumn.REFUSE), None, a=INT) == {}


@pytest.mark.parametrize(
    ("policy", "action"), [(None, "warn"), (OnMissingColumn.NULL, "warn"), ("hold", "hold"), ("refuse", "refuse")]
)
def test_a_missing_column_is_what_its_policy_says(policy: Any, action: str) -> None:
    contract = declared(on_missing_column=policy and OnMissingColumn(policy))
    assert found(contract, table(a=INT, b=INT), a=INT) == {FindingKind.MISSING_COLUMN: (("b",), action)}


def test_a_declared_column_is_missed_and_one_that_was_only_learned_is_not() -> None:
    assert found(declared(fields=fields("b")), table(a=INT), a=INT) == {FindingKind.MISSING_COLUMN: (("b",), "warn")}
    learned = with_origin(Contract(table="t", fields=fields("b")), Origin(Layer.LEARNED, load_id=1))
    assert found(learned, table(a=INT), a=INT) == {}


@pytest.mark.parametrize(
    ("live", "file", "changes"),
    [
        (DATE, text(20), True),
        (INT, text(5), True),
        (BIT, INT, True),
        (INT, BIGINT, False),
        (INT, decimal(5, 2), False),
        (DATE, DATETIME2, False),
        (text(5), INT, False),
        (text(5), text(50), False),
        (INT, None, False),
    ],
)
def test_a_type_changes_where_the_column_becomes_text_and_never_by_growing(
    live: SqlType, file: SqlType | None, changes: bool
) -> None:
    expected = {FindingKind.TYPE_CHANGE: (("a",), "refuse")} if changes else {}
    assert found(declared(on_type_change=OnTypeChange.REFUSE), table(a=live), a=file) == expected


def test_a_column_that_people_declare_as_text_becomes_text_without_a_question() -> None:
    contract = declared(on_type_change=OnTypeChange.REFUSE, fields=fields(a=FieldType.STRING))
    assert found(contract, table(a=INT), a=text(5)) == {}


@pytest.mark.parametrize(
    ("policy", "action"), [("widen", "warn"), ("hold", "hold"), ("reject", "refuse"), (None, "warn")]
)
def test_a_changed_type_is_what_its_policy_says(policy: str | None, action: str) -> None:
    contract = declared(on_type_change=OnTypeChange(policy) if policy else None)
    assert found(contract, table(a=INT), a=text(5)) == {FindingKind.TYPE_CHANGE: (("a",), action)}


@pytest.mark.parametrize(
    ("kind", "file", "fits"),
    [
        (FieldType.INTEGER, INT, True),
        (FieldType.INTEGER, decimal(5, 2), False),
        (FieldType.INTEGER, None, True),
        (FieldType.NUMBER, INT, True),
        (FieldType.NUMBER, FLOAT, True),
        (FieldType.NUMBER, text(5), False),
        (FieldType.DATE, DATE, True),
        (FieldType.DATE, DATETIME2, False),
        (FieldType.DATETIME, DATE, True),
        (FieldType.BOOLEAN, INT, False),
        (FieldType.STRING, INT, True),
        (FieldType.ANY, BIT, True),
    ],
)
def test_a_declared_type_is_met_or_not(kind: FieldType, file: SqlType | None, fits: bool) -> None:
    assert (found(declared(fields=fields(a=kind)), None, a=file) == {}) is fits
    learned = with_origin(Contract(table="t", fields=fields(a=kind)), Origin(Layer.LEARNED))
    assert found(learned, None, a=file) == {}, "what was only learned may widen"


@pytest.mark.parametrize(
    ("rule", "file", "fits"),
    [
        ("exact", "ab", True), ("exact", "ba", False), ("exact", "abc", False), ("exact", "a", False),
        ("equal", "ba", True), ("equal", "abc", False), ("equal", "a", False),
        ("subset", "bac", True), ("subset", "ac", False),
        ("superset", "b", True), ("superset", "bc", False),
        ("partial", "bc", True), ("partial", "c", False),
    ],
)  # fmt: skip
def test_fields_match_says_which_columns_must_come(rule: str, file: str, fits: bool) -> None:
    contract = declared(fields=fields("a", "b"), fields_match=FieldsMatch(rule))
    kinds = found(contract, None, **dict.fromkeys(file, INT))
    assert (FindingKind.FIELDS_MATCH not in kinds) is fits


def test_a_refusal_names_every_difference_with_the_line_of_its_policy() -> None:
    contract = declared(on_new_column=OnNewColumn.REFUSE, on_missing_column=OnMissingColumn.REFUSE)
    live, columns = table(a=INT, b=INT), scanned(a=INT, c=INT)
    differing = findings(contract, live, columns, align(NAME, live, columns, min_match=0))
    with pytest.raises(SchemaError) as caught:
        refuse(differing, "ref.t")
    assert "c (header 'C'); on_new_column is refuse (declared in contracts/t.yaml, line 9)" in caught.value.what
    assert "lacks a column: b; on_missing_column is refuse" in caught.value.what
    assert caught.value.advice == "Correct the file, or the table's contract."


def test_allowed_differences_are_reported() -> None:
    live, columns = table(a=INT, b=INT), scanned(a=INT)
    plan = align(NAME, live, columns, min_match=0)
    differing = findings(stated(Contract, DECLARED, table="t"), live, columns, plan)
    refuse(differing, "ref.t")
    assert warnings(differing) == ("The file lacks a column: b, which becomes NULL; on_missing_column is null.",)
