"""The contract: facts with origins, layers in which the first that states a fact wins, and the way through JSON."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.core.contract import (
    Constraint,
    Contract,
    FieldContract,
    KeptAnswer,
    LoadRules,
    Origin,
    Policies,
    SourceHeader,
    TableDialect,
    stated,
)
from refdata.core.contractdocument import from_document, to_document
from refdata.core.contractlayers import load_rules, merge, with_origin
from refdata.core.contractterms import (
    ConstraintKind,
    FieldType,
    Layer,
    OnMissingColumn,
    OnNewColumn,
    OnOrphans,
    OnTypeChange,
    Severity,
)
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.core.tablerules import TableRules, defaults

DECLARED = Origin(Layer.DECLARED, "contracts/airports.yaml", line=3)
LEARNED = Origin(Layer.LEARNED, "airports_20241201.csv", load_id=12)

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
contracts = st.from_type(Contract)


def header(text: str) -> SourceHeader:
    return SourceHeader(text)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(Layer.DECLARED, "a.yaml"), "declared in a.yaml"),
        (Origin(Layer.DECLARED), "declared"),
        (Origin(Layer.LEARNED, load_id=3), "learned from load 3"),
        (Origin(Layer.LEARNED), "learned"),
        (Origin(Layer.ANSWERED, "a.csv", load_id=3, by="ann"), "answered by ann for load 3, a.csv"),
        (Origin(Layer.DETECTED, "a.csv"), "detected in a.csv"),
        (Origin(Layer.DETECTED), "detected"),
    ],
)
def test_an_origin_reads_as_a_sentence_part(origin: Origin, words: str) -> None:
    assert str(origin) == words


def test_of_each_fact_the_first_layer_that_speaks_wins_with_its_origin() -> None:
    declared = stated(Contract, DECLARED, table="airports", encoding="cp1252", missing_values=("", "NULL"))
    learned = stated(Contract, LEARNED, table="airports", encoding="utf-8", decode_fallback="cp1252")
    learned = replace(learned, dialect=stated(TableDialect, LEARNED, delimiter=";", quote_char='"'))
    both = merge(replace(declared, dialect=stated(TableDialect, DECLARED, quote_char="")), learned)
    assert (both.encoding, both.decode_fallback, both.missing_values) == ("cp1252", "cp1252", ("", "NULL"))
    assert (both.dialect.delimiter, both.dialect.quote_char) == (";", "")
    assert (both.origin("encoding"), both.origin("decode_fallback")) == (DECLARED, LEARNED)
    assert (both.dialect.origin("quote_char"), both.dialect.origin("delimiter")) == (DECLARED, LEARNED)


def test_columns_meet_by_name_without_case_and_keep_the_headers_of_all_layers() -> None:
    declared = Contract(
        table="t",
        fields=(
            stated(FieldContract, DECLARED, name="Code", type=FieldType.STRING, headers=(header("IATA"),)),
            FieldContract(name="city"),
        ),
    )
    learned = Contract(
        table="t",
        fields=(
            FieldContract(name="iata", headers=(header("IATA"),)),
            stated(FieldContract, LEARNED, name="code", title="x", headers=(header("Code"), header("IATA"))),
            stated(FieldContract, LEARNED, name="elevation", decimal_char=","),
        ),
    )
    both = merge(declared, learned)
    assert [one.name for one in both.fields] == ["Code", "city", "iata", "elevation"]
    code, iata = both.column("CODE"), both.column("iata")
    assert code is not None
    assert iata is not None
    assert ([one.text for one in code.headers], code.type, code.title) == (["IATA", "Code"], "string", "x")
    assert iata.headers == (), "a header that the stronger layer gave to another column"


def test_rules_go_by_kind_and_a_rule_that_is_switched_off_is_none() -> None:
    required = Constraint(ConstraintKind.REQUIRED, False, origin=DECLARED)
    stronger = FieldContract(name="a", constraints=(required,))
    pattern = Constraint(ConstraintKind.PATTERN, "[A-Z]{3}", Severity.WARN, LEARNED)
    weaker = FieldContract(name="a", constraints=(replace(required, value=True, origin=LEARNED), pattern))
    column = merge(Contract(table="t", fields=(stronger,)), Contract(table="t", fields=(weaker,))).fields[0]
    assert column.constraints == (required, pattern)
    assert (column.constraint(ConstraintKind.REQUIRED), column.constraint(ConstraintKind.PATTERN)) == (None, pattern)


def test_kept_answers_go_by_question_and_subject() -> None:
    first = Contract(table="t", answers=(KeptAnswer("renamed", "price", "unit_price"),))
    second = Contract(table="t", answers=(KeptAnswer("renamed", "price", "no"), KeptAnswer("renamed", "name", "label")))
    both = merge(first, second)
    assert [(one.subject, one.answer) for one in both.answers] == [("price", "unit_price"), ("name", "label")]
    assert (found := both.answer("renamed", "price")) is not None
    assert found.answer == "unit_price"
    assert both.answer("missing", "price") is None


def test_unstated_policies_have_defaults() -> None:
    assert Contract(table="t").policies == Policies(
        OnNewColumn.ADD, OnMissingColumn.NULL, OnTypeChange.WIDEN, OnOrphans.HOLD
    )
    said = Contract(table="t", on_new_column=OnNewColumn.REFUSE)
    assert said.policies == Policies(on_new_column=OnNewColumn.REFUSE)


def test_the_rules_of_a_contract_have_the_names_and_types_of_those_of_tables_yaml() -> None:
    ours = {spec.name: str(spec.type) for spec in fields(LoadRules) if spec.name != "origins"}
    assert ours == {spec.name: f"{spec.type} | None".replace(", ...", ", ...") for spec in fields(TableRules)}


@pytest.mark.parametrize(
    ("contract", "changed"),
    [
        (Contract(table="t"), {}),
        (Contract(table="t", rules=LoadRules(frozen=True, versions_kept=3)), {"frozen": True, "versions_kept": 3}),
        (Contract(table="t", primary_key=("a", "b")), {"keys": ("a", "b")}),
        (Contract(table="t", primary_key=("a",), rules=LoadRules(keys=("b",))), {"keys": ("b",)}),
    ],
)
def test_a_contract_overrides_the_rules_that_it_states(contract: Contract, changed: dict[str, object]) -> None:
    base = defaults(Settings())
    assert load_rules(contract, base) == replace(base, **changed)  # type: ignore[arg-type]


def test_an_origin_is_given_to_all_that_has_none() -> None:
    rule = Constraint(ConstraintKind.REQUIRED, True)
    column = FieldContract(name="a", title="A", headers=(SourceHeader("A"),), constraints=(rule,))
    bare = Contract(table="t", encoding="utf-8", fields=(column,), answers=(KeptAnswer("q", "s", "a"),))
    full = with_origin(bare, LEARNED)
    assert full.origins == {"encoding": LEARNED}
    found = full.fields[0]
    assert (found.origins, found.headers[0].origin, found.constraints[0].origin) == (
        {"title": LEARNED},
        LEARNED,
        LEARNED,
    )
    assert full.answers[0].origin == LEARNED
    assert with_origin(full, DECLARED) == full


@settings(max_examples=40)  # contracts are large to make
@given(contracts)
def test_a_contract_survives_its_way_through_json(contract: Contract) -> None:
    assert from_document(json.loads(json.dumps(to_document(contract)))) == contract


@settings(max_examples=40)  # contracts are large to make
@given(contracts, contracts, contracts)
def test_merging_is_associative_and_nothing_is_stronger_than_the_first(a: Contract, b: Contract, c: Contract) -> None:
    assert merge(merge(a, b), c).spoken() == merge(a, merge(b, c)).spoken()
    assert a.spoken().items() <= merge(a, b, c).spoken().items()


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "it is not a contract"),
        ({}, "it is not a contract"),
        ({"version": "1"}, "it is not a contract"),
        ({"version": 2, "contract": {"table": "t"}}, "it has form 2"),
        ({"version": 1}, "part of it cannot be read"),
        ({"version": 1, "contract": {"encoding": "utf-8"}}, "part of it cannot be read"),
        ({"version": 1, "contract": {"table": 5}}, "5 is not a str"),
        ({"version": 1, "contract": {"table": "t", "on_new_column": "ask"}}, "ask"),
        ({"version": 1, "contract": {"table": "t", "fields": [5]}}, "FieldContract is not an object"),
    ],
)
def test_a_malformed_stored_contract_is_refused(document: object, why: str) -> None:
    with pytest.raises(ConfigurationError, match="stored contract") as caught:
        from_document(document)
    assert why in caught.value.what


def test_additions_of_a_later_release_are_ignored() -> None:
    document = {"version": 1, "contract": {"table": "t", "new_fact": 1, "dialect": {"other": True}}}
    assert from_document(document) == Contract(table="t")
