"""Contracts written as Data Package resources: the way back, the standard's profile, and frictionless itself."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import dplib
import jsonschema
import pytest
from frictionless.resources import TableResource
from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.contracts import schema
from refdata.contracts.reading import read_contract
from refdata.contracts.writing import PROFILE, descriptor, to_yaml
from refdata.core import naming
from refdata.core.contract import (
    Constraint,
    Contract,
    FieldContract,
    ForeignKey,
    KeptAnswer,
    LoadRules,
    SourceHeader,
    TableDialect,
    UniqueKey,
)
from refdata.core.contractdocument import to_document
from refdata.core.contractterms import (
    ConstraintKind,
    FieldsMatch,
    FieldType,
    LoadMode,
    Minus,
    OnDoubtfulRows,
    OnMissingColumn,
    OnNewColumn,
    OnOrphans,
    OnTypeChange,
    Severity,
)
from refdata.core.sqltypes import BIT, DATE, FLOAT, INT, decimal, text

PROFILES = Path(dplib.__file__).parent / "profiles" / "2.0"

EDITOR = jsonschema.Draft7Validator(schema.json_schema())
# The published profile wants `fieldsMatch` as a list; the standard's text, which counts, says a string.
PROFILE_2 = jsonschema.Draft7Validator(
    json.loads(
        (PROFILES / "dataresource.json").read_text(),
        object_hook=lambda part: part | {"fieldsMatch": {"type": "string"}} if "fieldsMatch" in part else part,
    )
)

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
SEVERITIES = st.sampled_from(Severity)
MARKS = st.sampled_from(",;|\t")
FLAGS = st.booleans()


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


NUMBERS = st.integers(-(10**6), 10**6).map(str) | st.decimals(-999, 999, places=2, allow_nan=False).map(str)


@st.composite
def fields(draw: st.DrawFn, header: str, name: str) -> FieldContract:
    kind = draw(
        st.sampled_from([FieldType.STRING, FieldType.NUMBER, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATE])
    )
    numeric = kind in (FieldType.NUMBER, FieldType.INTEGER)
    rules: dict[ConstraintKind, Any] = {ConstraintKind.REQUIRED: draw(maybe(FLAGS))}
    if kind is FieldType.STRING:
        rules |= {ConstraintKind.MAX_LENGTH: draw(maybe(st.integers(0, 99))), ConstraintKind.ENUM: draw(
            maybe(st.lists(WORDS | st.just(""), min_size=1, max_size=3, unique=True).map(tuple)))}  # fmt: skip
    if kind is FieldType.NUMBER:
        rules[ConstraintKind.MINIMUM] = draw(maybe(NUMBERS))
    stored = {FieldType.STRING: text(20), FieldType.NUMBER: draw(st.sampled_from([decimal(9, 2), FLOAT])),
              FieldType.INTEGER: INT, FieldType.BOOLEAN: BIT, FieldType.DATE: DATE}  # fmt: skip
    order = draw(maybe(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"]))) if kind is FieldType.DATE else None
    return FieldContract(
        name=name,
        headers=(SourceHeader(header),),
        title=draw(maybe(st.just(f"title of {name}"))),
        type=kind,
        format=order,
        date_order={"%Y": "ymd", "%d": "dmy", "%m": "mdy"}[order[:2]] if order else None,
        date_separator=order[2] if order else None,
        sql_type=draw(maybe(st.just(stored[kind]))),
        decimal_char=draw(maybe(st.just(","))) if numeric else None,
        group_char=draw(maybe(st.sampled_from([".", "", " "]))) if numeric else None,
        unit=draw(maybe(st.just("R$"))) if numeric else None,
        minus=draw(maybe(st.sampled_from(Minus))) if numeric else None,
        true_values=draw(maybe(st.just(("yes", "1")))) if kind is FieldType.BOOLEAN else None,
        missing_values=draw(maybe(st.lists(WORDS | st.sampled_from(["", "NULL", "no", "1"]), max_size=3).map(tuple))),
        constraints=tuple(
            Constraint(rule, value, draw(SEVERITIES)) for rule, value in rules.items() if value is not None
        ),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    headers = draw(st.lists(WORDS, max_size=4, unique=True))
    names = naming.column_names(headers)
    columns = tuple(draw(fields(header, name)) for header, name in zip(headers, names, strict=True))
    key = (names[0],) if names else None
    unique = (UniqueKey(key or (), draw(SEVERITIES)),)
    foreign = (ForeignKey(key or (), "countries", ("code",), draw(SEVERITIES)),)
    return Contract(
        table="airports",
        title=draw(maybe(WORDS)),
        steward=draw(maybe(WORDS)),
        encoding=draw(maybe(st.sampled_from(["utf-8", "cp1252"]))),
        decode_fallback=draw(maybe(st.just("cp1252"))),
        dialect=TableDialect(
            delimiter=draw(maybe(MARKS)),
            quote_char=draw(maybe(st.sampled_from(['"', "'", ""]))),
            line_terminator=draw(maybe(st.sampled_from(["\r\n", "\n", "\r"]))),
            header_rows=draw(maybe(st.sampled_from([(1,), (2, 3)]))),
            comment_char=draw(maybe(st.sampled_from(["#", ""]))),
        ),
        fields=columns,
        fields_match=draw(maybe(st.sampled_from(FieldsMatch))),
        missing_values=draw(maybe(st.lists(WORDS, max_size=3).map(tuple))),
        primary_key=draw(maybe(st.just(key))),
        unique_keys=draw(maybe(st.just(unique))) if key else None,
        foreign_keys=draw(maybe(st.just(foreign))) if key else None,
        load=draw(maybe(st.just(LoadMode.APPEND))),
        on_new_column=draw(maybe(st.sampled_from(OnNewColumn))),
        on_missing_column=draw(maybe(st.sampled_from(OnMissingColumn))),
        on_type_change=draw(maybe(st.sampled_from(OnTypeChange))),
        on_orphans=draw(maybe(st.sampled_from(OnOrphans))),
        on_doubtful_rows=draw(maybe(st.sampled_from(OnDoubtfulRows))),
        rules=LoadRules(frozen=draw(maybe(FLAGS)), gate_timeout=draw(maybe(st.just(3600.0))), keys=key),
        answers=draw(st.sampled_from([(), (KeptAnswer("renamed", "price", "unit_price"),)])),
    )  # fmt: skip


def without_origins(value: Any) -> Any:
    """A contract's facts alone, as plain types."""
    if isinstance(value, dict):
        return {name: without_origins(part) for name, part in value.items() if name not in ("origins", "origin")}
    return [without_origins(part) for part in value] if isinstance(value, list) else value


def comparable(contract: Contract) -> Any:
    """The facts without origins and without titles among the headers, which reading adds."""
    columns = tuple(
        dataclasses.replace(
            one,
            headers=tuple(header for header in one.headers if header.text != one.title),
            constraints=tuple(sorted(one.constraints, key=lambda rule: rule.kind)),
        )
        for one in contract.fields
    )
    return without_origins(to_document(dataclasses.replace(contract, fields=columns)))


@settings(max_examples=40)
@given(contracts())
def test_a_written_contract_is_read_back_unchanged(contract: Contract) -> None:
    written = descriptor(contract)
    assert comparable(read_contract(to_yaml(written), "airports", "f.yaml")) == comparable(contract)
    assert comparable(read_contract(json.dumps(written), "airports", "f.json")) == comparable(contract)


@settings(max_examples=40)
@given(contracts())
def test_written_contracts_follow_the_profile_and_the_schema_for_editors(contract: Contract) -> None:
    written = descriptor(contract)
    assert [error.message for error in EDITOR.iter_errors(written)] == []
    if contract.fields:  # the standard knows no schema without fields, which a contract may have
        assert [error.message for error in PROFILE_2.iter_errors(written | {"path": "a.csv"})] == []


def test_every_key_of_the_standard_is_known() -> None:
    """A key of Table Dialect or Table Schema is never taken for a slip."""
    ours = schema.json_schema()["properties"]
    for name, known in (
        ("tabledialect", ours["dialect"]),
        ("tableschema", ours["schema"]),
        ("dataresource", {"properties": ours}),
    ):
        theirs = json.loads((PROFILES / f"{name}.json").read_text())["properties"]
        assert set(theirs) - set(known["properties"]) == set()
    kinds = json.loads((PROFILES / "tableschema.json").read_text())["properties"]["fields"]["items"]["oneOf"]
    field = ours["schema"]["properties"]["fields"]["items"]["properties"]
    assert {key for kind in kinds for key in kind["properties"]} - set(field) == set()
    rules = {key for kind in kinds for key in kind["properties"]["constraints"]["properties"]}
    assert rules - set(field["constraints"]["properties"]) == set()
    assert {word for kind in kinds for word in kind["properties"]["type"]["enum"]} <= set(FieldType)


def test_frictionless_reads_a_contract_unchanged(tmp_path: Path) -> None:
    contract = Contract(
        table="airports",
        encoding="cp1252",
        dialect=TableDialect(delimiter=";"),
        fields=(
            FieldContract(name="iata_code", headers=(SourceHeader("IATA code"),), type=FieldType.STRING,
                          constraints=(Constraint(ConstraintKind.PATTERN, "[A-Z]{3}"),)),
            FieldContract(name="elevation", type=FieldType.NUMBER, decimal_char=",", group_char=".",
                          sql_type=decimal(9, 2),
                          constraints=(Constraint(ConstraintKind.MINIMUM, "-500"),)),
            FieldContract(name="opened", type=FieldType.DATE, date_order="dmy", date_separator="."),
        ),
        missing_values=("", "NULL"),
        primary_key=("iata_code",),
        steward="airports@example.org",
    )  # fmt: skip
    (tmp_path / "airports.csv").write_bytes(
        "IATA code;elevation;opened\nGRZ;1.340,5;01.02.1914\nVIE;NULL;\n".encode("cp1252")
    )
    written = descriptor(contract)
    (tmp_path / "airports.yaml").write_text(to_yaml({"$schema": PROFILE, "path": "airports.csv", **written}))
    resource = TableResource.from_descriptor(str(tmp_path / "airports.yaml"))
    assert resource.validate().valid
    rows = [row.to_dict() for row in resource.read_rows()]
    assert rows[0]["elevation"] == Decimal("1340.5")
    assert (rows[0]["IATA code"], rows[1]["elevation"], str(rows[0]["opened"])) == ("GRZ", None, "1914-02-01")
    assert resource.custom["refdata"] == written["refdata"]


def test_a_column_that_files_have_without_a_name_keeps_the_empty_header() -> None:
    column = FieldContract(name="column_1", headers=(SourceHeader(""),), type=FieldType.STRING)
    (written,) = descriptor(Contract(table="t", fields=(column,)))["schema"]["fields"]
    assert written == {"name": "column_1", "type": "string", "refdata": {"headers": [""]}}
    found = read_contract(json.dumps({"schema": {"fields": [written]}}), "t", "f").fields[0]
    assert [header.text for header in found.headers] == ["column_1", ""]


@pytest.mark.parametrize(
    ("column", "form"),
    [
        (FieldContract(name="a", type=FieldType.TIME), "any"),
        (FieldContract(name="a", type=FieldType.DATETIME), "any"),
        (FieldContract(name="a", type=FieldType.DATETIME, date_order="ymd", date_separator="-"), "any"),
        (FieldContract(name="a", type=FieldType.DATETIME, date_order="dmy", date_separator="."), "%d.%m.%Y %H:%M:%S"),
        (FieldContract(name="a", type=FieldType.DATE, date_order="dmy", date_separator="."), "%d.%m.%Y"),
        (FieldContract(name="a", type=FieldType.DATE), None),
        (FieldContract(name="a", type=FieldType.TIME, format="%H:%M"), "%H:%M"),
    ],
)
def test_the_format_of_dates_is_said_as_far_as_it_is_known(column: FieldContract, form: str | None) -> None:
    assert descriptor(Contract(table="t", fields=(column,)))["schema"]["fields"][0].get("format") == form


def test_frictionless_finds_what_breaks_the_rules(tmp_path: Path) -> None:
    rule = Constraint(ConstraintKind.PATTERN, "[A-Z]{3}")
    contract = Contract(table="t", fields=(FieldContract(name="code", type=FieldType.STRING, constraints=(rule,)),))
    (tmp_path / "t.csv").write_text("code\nGRZ\ngraz\n")
    report = TableResource.from_descriptor({"path": "t.csv", **descriptor(contract)}, basepath=str(tmp_path)).validate()
    assert [error[0] for error in report.flatten(["rowNumber"])] == [3]
