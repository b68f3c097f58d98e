"""Contract files: what they may say, and how a slip is reported with its line."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from refdata.contracts import schema
from refdata.contracts.nodes import DEEPEST
from refdata.contracts.reading import read_contract
from refdata.core.contract import Constraint, Contract, ForeignKey, UniqueKey
from refdata.core.contractterms import ConstraintKind, FieldsMatch, FieldType, Severity
from refdata.core.errors import ConfigurationError

SOURCE = "contracts/airports.yaml"

AIRPORTS = """\
name: airports
encoding: cp1252
dialect: {delimiter: ";", headerRows: [1], commentChar: ""}
schema:
  fieldsMatch: subset
  missingValues: ["", "NULL"]
  primaryKey: [code]
  foreignKeys: [{fields: country, reference: {resource: countries, fields: code}}]
  fields:
    - {name: code, type: string, title: IATA code, constraints: {required: true, pattern: "[A-Z]{3}"}}
    - {name: elevation, type: number, decimalChar: ",", constraints: {minimum: -500, maximum: 9000}}
    - {name: country}
refdata:
  steward: airports@example.org
  on_new_column: add          # add | hold | refuse
  on_missing_column: hold     # null | hold | refuse
  on_type_change: hold        # widen | reject | hold | refuse
  on_orphans: hold            # allow | hold | refuse
"""


def read(text: str) -> Contract:
    return read_contract(text, "airports", SOURCE)


def with_field(field: str) -> Contract:
    return read(f"schema:\n  fields:\n    - {field}\n")


def test_the_contract_of_the_design_is_read() -> None:
    found = read(AIRPORTS)
    assert (found.encoding, found.dialect.delimiter, found.dialect.comment_char) == ("cp1252", ";", "")
    assert (found.fields_match, found.missing_values) == (FieldsMatch.SUBSET, ("", "NULL"))
    assert (found.primary_key, found.foreign_keys) == (("code",), (ForeignKey(("country",), "countries", ("code",)),))
    code, elevation, _ = found.fields
    assert [header.text for header in code.headers] == ["code", "IATA code"]
    assert (elevation.type, elevation.decimal_char) == (FieldType.NUMBER, ",")
    assert [(rule.kind, rule.value) for rule in elevation.constraints] == [("minimum", "-500"), ("maximum", "9000")]
    assert (found.steward, found.on_missing_column, found.on_orphans) == ("airports@example.org", "hold", "hold")


def test_each_fact_knows_its_line() -> None:
    found = read(AIRPORTS)
    lines = {name: origin.line for name, origin in found.origins.items()}
    assert (lines["encoding"], lines["primary_key"], lines["steward"]) == (2, 7, 14)
    assert str(found.fields[1].origin("decimal_char")) == f"declared in {SOURCE}, line 11"
    assert found.fields[0].constraints[1].origin == found.fields[0].origin("type")


def test_json_is_taken_too_with_tabs_and_with_escaped_pairs() -> None:
    text = json.dumps({"name": "airports", "title": "Flugh\u00e4fen \U0001f6eb"}, indent="\t")
    assert read(text).title == "Flugh\u00e4fen \U0001f6eb"


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "name: airports\n", "{}", "schema:\n", "refdata:\nname: Airports"]
)
def test_a_contract_may_say_next_to_nothing(text: str) -> None:
    assert read(text) == Contract(table="airports")


@pytest.mark.parametrize(
    ("field", "fact", "value"),
    [
        ("{name: a, missingValues: [NULL, -, ~, '', no, 0.0]}", "missing_values", ("NULL", "-", "~", "", "no", "0.0")),
        ("{name: a, missingValues: [{value: '-', label: none}]}", "missing_values", ("-",)),
        ("{name: a, type: boolean, trueValues: [yes, 1], falseValues: [no, 0]}", "true_values", ("yes", "1")),
        ("{name: a, type: date, format: '%d.%m.%Y'}", "date_order", "dmy"),
        ("{name: a, type: date, format: '%m/%d/%Y'}", "date_separator", "/"),
        ("{name: a, type: date, format: '%d %B %y'}", "date_separator", " "),
        ("{name: a, type: date, format: '%Y%m%d'}", "date_separator", ""),
        ("{name: a, type: datetime, format: 'fmt:%Y-%m-%dT%H:%M:%S'}", "date_order", "ymd"),
        ("{name: a, type: date, format: any}", "date_order", None),
        ("{name: a, type: date}", "date_order", None),
        ("{name: a, type: number, groupChar: ''}", "group_char", ""),
        ("{name: a, type: number, bareNumber: false}", "bare_number", False),
        ("{name: a, refdata: {column: b}}", "name", "b"),
        ("{name: Unit Price (EUR)}", "name", "unit_price_eur"),
        ("{name: 2024}", "name", "n_2024"),
    ],
)
def test_a_field_is_read_as_written(field: str, fact: str, value: object) -> None:
    assert getattr(with_field(field).fields[0], fact) == value


@pytest.mark.parametrize(
    ("written", "stored"),
    [("int", "INT"), ("Decimal(10,2)", "DECIMAL(10,2)"), ("NVARCHAR(max)", "NVARCHAR(MAX)"), ("bigint", "BIGINT")],
)
def test_a_database_type_is_read(written: str, stored: str) -> None:
    assert str(with_field(f"{{name: a, refdata: {{type: '{written}'}}}}").fields[0].sql_type) == stored


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("[{name: a, title: A, refdata: {headers: [AA, aa]}}]", [["a", "AA", "aa", "A"]]),
        ("[{name: code, title: Name}, {name: name, title: Label}]", [["code"], ["name", "Label"]]),
        ("[{name: a, title: X}, {name: b, title: X}]", [["a"], ["b"]]),
        ("[{name: Cost (USD)}, {name: 'Cost [USD]'}]", [["Cost (USD)"], ["Cost [USD]"]]),
    ],
)
def test_a_title_is_a_header_unless_another_field_goes_by_it(text: str, headers: list[list[str]]) -> None:
    found = read(f"schema: {{fields: {text}}}")
    assert [[header.text for header in column.headers] for column in found.fields] == headers
    assert len({column.name for column in found.fields}) == len(found.fields)


def test_rules_may_warn_one_by_one_or_all() -> None:
    rules = "constraints: {required: true, maximum: 5}"
    one = with_field(f"{{name: a, {rules}, refdata: {{warn: maximum}}}}").fields[0]
    assert [rule.severity for rule in one.constraints] == [Severity.ERROR, Severity.WARN]
    every = with_field(f"{{name: a, {rules}, refdata: {{severity: warn}}}}").fields[0]
    assert [rule.severity for rule in every.constraints] == [Severity.WARN, Severity.WARN]


def test_categories_are_the_values_that_are_allowed() -> None:
    (rule,) = with_field("{name: a, categories: [{value: NO, label: Norway}, SE]}").fields[0].constraints
    assert (rule.kind, rule.value) == (ConstraintKind.ENUM, ("NO", "SE"))


def test_keys_go_by_the_names_of_the_file() -> None:
    text = """
schema:
  primaryKey: Country Code
  uniqueKeys: [[Country Code, Year], [Year]]
  foreignKeys:
    - {fields: [Country Code], reference: {resource: Countries, fields: [Code]}, severity: warn}
    - {fields: Parent, reference: {fields: Country Code}}
  fields: [{name: Country Code}, {name: Year}, {name: Parent}]
refdata: {warn_keys: [[Year]], keys: [Year]}
"""
    found = read(text)
    assert found.primary_key == ("country_code",)
    assert found.unique_keys == (UniqueKey(("country_code", "year")), UniqueKey(("year",), Severity.WARN))
    assert found.foreign_keys == (
        ForeignKey(("country_code",), "countries", ("code",), Severity.WARN),
        ForeignKey(("parent",), "airports", ("country_code",)),
    )
    assert found.rules.keys == ("year",)


def test_rules_of_the_load_and_answers_are_read() -> None:
    text = """
refdata:
  load: append
  frozen: true
  gate_rows_removed: 5%
  gate_timeout: 3600
  answers: [{question: renamed, subject: price, answer: unit_price}]
"""
    found = read(text)
    assert (found.rules.frozen, found.rules.gate_rows_removed, found.rules.gate_timeout) == (True, "5%", 3600.0)
    assert (answer := found.answer("renamed", "price")) is not None
    assert (answer.answer, answer.origin and answer.origin.line) == ("unit_price", 7)


def test_a_property_of_ones_own_is_left_alone() -> None:
    assert read("x-owner: me\ndc:source: there\nsources: [{title: a}]\n") == Contract(table="airports")


SLIPS = [
    pytest.param("encoding: utf-9", 1, "encoding: 'utf-9' is not an encoding", id="encoding"),
    pytest.param("encoding: base64", 1, "'base64' is not an encoding", id="no text encoding"),
    pytest.param("encoding: [utf-8]", 1, "not a list", id="list for a value"),
    pytest.param("encoding:\n", 1, "it is empty", id="nothing"),
    pytest.param("a: 1", 1, "unknown key a; known are name", id="unknown"),
    pytest.param("\nEncoding: utf-8", 2, "did you mean encoding?", id="case"),
    pytest.param("dialect: {delimeter: ';'}", 1, "dialect: unknown key delimeter; did you mean delimiter?", id="near"),
    pytest.param("dialect: {quote_char: ';'}", 1, "did you mean quoteChar?", id="snake"),
    pytest.param("dialect: {delimiter: ';;'}", 1, "';;' is not one ASCII character", id="two characters"),
    pytest.param("dialect: {delimiter: ''}", 1, "'' is not one ASCII character", id="no character"),
    pytest.param("dialect: {delimiter: ';', quoteChar: ';'}", 1, "must differ", id="equal marks"),
    pytest.param("dialect: {delimiter: x}", 1, "'x' is not one ASCII character", id="a letter as delimiter"),
    pytest.param("dialect: {delimiter: §}", 1, "'§' is not one ASCII character", id="delimiter beyond ASCII"),
    pytest.param("dialect: {escapeChar: '^'}", 1, "is not a backslash, or the quote", id="escape"),
    pytest.param("dialect: {escapeChar: '\"', quoteChar: \"'\"}", 1, "or the quote itself", id="other quote"),
    pytest.param("dialect: {doubleQuote: false}", 1, "state escapeChar", id="quotes neither doubled nor escaped"),
    pytest.param("dialect: {headerRows: [2, 1]}", 1, "must increase", id="rows fall"),
    pytest.param("dialect: {headerRows: [1, 3]}", 1, "must be consecutive", id="rows apart"),
    pytest.param("dialect: {headerRows: 1}", 1, "a list of row numbers", id="no list of rows"),
    pytest.param("dialect: {header: false, headerRows: [1]}", 1, "there are no header rows", id="no header"),
    pytest.param("dialect: {header: 'yes'}", 1, "'yes' is not true or false", id="text for a flag"),
    pytest.param("dialect: {sheetNumber: 0}", 1, "a whole number, 1 or more", id="sheet 0"),
    pytest.param("schema: {fieldsMatch: all}", 1, "one of exact, equal, subset, superset, partial", id="choice"),
    pytest.param("schema: {primaryKey: []}", 1, "the list is empty", id="empty key"),
    pytest.param("schema: {uniqueKeys: [a]}", 1, "must be a list of texts", id="unique keys"),
    pytest.param("schema: {fields: {name: a}}", 1, "it must be a list, not a mapping", id="fields"),
    pytest.param("schema: {fields: [a]}", 1, "schema.fields[1]: it must be a mapping", id="a field"),
    pytest.param("schema: {fields: [{type: string}]}", 1, "key name is missing", id="no name"),
    pytest.param("schema: {fields: [{name: a}, {name: b, typ: date}]}", 1, "fields[2]: unknown key typ", id="typ"),
    pytest.param("schema:\n  primaryKey: cod\n  fields: [{name: code}]", 2, "did you mean code?", id="key misspelt"),
    pytest.param("schema: {primaryKey: [code, Code], fields: [{name: code}]}", 1, "named twice", id="key twice"),
    pytest.param("schema: {fields: [{name: a},\n {name: a}]}", 2, "a field of the same name is on line 1", id="twice"),
    pytest.param("schema: {foreignKeys: [{fields: a}]}", 1, "key reference is missing", id="no reference"),
    pytest.param("schema: {foreignKeys: [{fields: [a, b], reference: {resource: t, fields: c}}]}", 1,
                 "2 columns refer to 1", id="reference of another length"),
    pytest.param("refdata: {on_new_column: ask}", 1, "'ask' is not one of add, hold, refuse", id="policy"),
    pytest.param("refdata: {load: upsert}", 1, "add primaryKey", id="upsert without a key"),
    pytest.param("refdata: {gate_default: maybe}", 1, "'maybe' is not one of reject, approve", id="rule's choice"),
    pytest.param("refdata: {gate_rows_removed: many}", 1, "a percentage", id="rule's limit"),
    pytest.param("refdata: {min_column_match: 2}", 1, "a number between 0 and 1", id="rule's range"),
    pytest.param("refdata: {max_rejected_rows: -1}", 1, "a whole number, 0 or more", id="rule below 0"),
    pytest.param("refdata: {frozen: 1}", 1, "'1' is not true or false", id="rule's type"),
    pytest.param("name: cities", 1, "'cities' is not the table of this file, 'airports'", id="another table"),
    pytest.param("[1]", 1, "it must be a mapping", id="a list"),
    pytest.param("just text", 1, "it must be a mapping", id="a text"),
    pytest.param("a: [", 1, "cannot be read", id="not YAML"),
    pytest.param("a: 1\na: 2", 2, "key a is written twice, on lines 1 and 2", id="key twice in the file"),
    pytest.param("? [a, b]\n: 1", 1, "a key is not a single word", id="a list as key"),
    pytest.param("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 1, "nested more than", id="deep"),
    pytest.param("\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]),
                 1, "has more than 200,000 values", id="billion laughs"),
    pytest.param("a: &x [*x]", 1, "nested more than", id="around in circles"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "what"), SLIPS)
def test_a_slip_is_reported_with_its_line_and_what_is_allowed(text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.where == f"{SOURCE}, line {line}"


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("{name: a, type: text}", "'text' is not one of string, number"),
        ("{name: a, type: date, format: '%A %d %Y'}", "cannot be read; a date is written like"),
        ("{name: a, type: date, format: '%d/%m-%Y'}", "cannot be read"),
        ("{name: a, type: date, format: '%Y-%d-%m'}", "cannot be read"),
        ("{name: a, type: date, format: '%d/%d/%Y'}", "cannot be read"),
        ("{name: a, type: time, format: '%I:%M'}", "a time is written %H:%M"),
        ("{name: a, type: number, decimalChar: ',', groupChar: ','}", "are the same"),
        ("{name: a, type: number, decimalChar: comma}", "'comma' is not one character"),
        ("{name: a, type: boolean, trueValues: [x, y], falseValues: [x]}", "x would be true and false"),
        ("{name: a, type: string, constraints: {minimum: 5}}", "values of type string have no minimum"),
        ("{name: a, type: number, constraints: {pattern: x}}", "values of type number have no pattern"),
        ("{name: a, type: integer, constraints: {maximum: 5.5}}", "'5.5' is not of type integer"),
        ("{name: a, type: date, constraints: {minimum: 31/12/2024}}", "'31/12/2024' is not of type date"),
        ("{name: a, type: integer, constraints: {enum: [1, two]}}", "'two' is not of type integer"),
        ("{name: a, constraints: {pattern: '['}}", "it is not a regular expression"),
        ("{name: a, constraints: {minimum: 5, maximum: 4}}", "4 is less than minimum, 5"),
        ("{name: a, constraints: {minLength: 5, maxLength: 4}}", "4 is less than minLength, 5"),
        ("{name: a, constraints: {minlength: 5}}", "did you mean minLength?"),
        ("{name: a, constraints: {required: maybe}}", "'maybe' is not true or false"),
        ("{name: a, refdata: {warn: patern}}", "patern is not a rule"),
        ("{name: a, refdata: {type: VARCHAR(5)}}", "is not a database type"),
        ("{name: a, refdata: {type: 'DECIMAL(39,2)'}}", "out of range"),
        ("{name: a, refdata: {type: 'DECIMAL(2,3)'}}", "out of range"),
        ("{name: a, refdata: {type: NVARCHAR(5000)}}", "out of range"),
        ("{name: a, type: number, refdata: {type: NVARCHAR(5)}}", "cannot store values of type number"),
        ("{name: a, type: integer, refdata: {type: 'DECIMAL(5,2)'}}", "an integer has no digits after the point"),
        ("{name: a, refdata: {column: Unit Price}}", "'unit_price' could"),
    ],
)
def test_a_field_that_contradicts_itself_is_reported(field: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        with_field(field)
    assert what in caught.value.what
    assert "schema.fields[1]" in caught.value.what


def test_all_slips_are_reported_at_once_in_their_order() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read("encoding: x\nrefdata: {froze: true}\ndialect: {delimiter: ''}\n")
    assert caught.value.what.startswith("The contract has 3 problems: line 1, encoding")
    assert caught.value.what.index("line 2, refdata") < caught.value.what.index("line 3, dialect.delimiter")


def test_the_schema_for_editors_is_the_one_that_the_script_writes() -> None:
    assert schema.PACKAGED.read_text(encoding="utf-8") == schema.as_text(), "run scripts/write_contract_keys.py"
    jsonschema.Draft7Validator.check_schema(schema.json_schema())


@pytest.mark.parametrize("text", [AIRPORTS, AIRPORTS.replace("hold", "refuse"), "refdata: {on_missing_column: null}"])
def test_an_editor_accepts_what_refdata_accepts(text: str) -> None:
    assert read(text)
    assert list(_editor(text)) == []


# What JSON Schema cannot say (how values go together) an editor lets pass, and what YAML refuses it does not see.
STRUCTURAL = (
    *("unknown", "near", "snake", "case", "two characters", "no character", "no list of rows", "choice", "policy"),
    *("text for a flag", "sheet 0", "empty key", "fields", "a field", "no name", "typ", "no reference"),
    *("rule's choice", "rule's limit", "rule's range", "rule below 0", "rule's type", "list for a value", "nothing"),
    *("unique keys", "a list"),
)


@pytest.mark.parametrize("text", [slip.values[0] for slip in SLIPS if slip.id in STRUCTURAL])
def test_an_editor_refuses_slips_of_structure(text: str) -> None:
    assert list(_editor(text))


def _editor(text: str) -> list[Any]:
    return list(jsonschema.Draft7Validator(schema.json_schema()).iter_errors(yaml.safe_load(text)))


def test_the_readers_constraint_is_the_models() -> None:
    (rule,) = with_field("{name: a, constraints: {required: true}}").fields[0].constraints
    assert rule == Constraint(ConstraintKind.REQUIRED, True, origin=rule.origin)
