"""The contract to begin with: it can be read as it is, and with every suggestion taken."""

from __future__ import annotations

import re

import jsonschema
import pytest
import yaml

from refdata.contracts import schema
from refdata.contracts.reading import read_contract
from refdata.contracts.starter import starter
from refdata.core.contract import Contract, FieldContract, SourceHeader, TableDialect
from refdata.core.contractterms import FieldType, OnMissingColumn
from refdata.core.sqltypes import INT, text

FIELDS = (
    FieldContract(name="code", headers=(SourceHeader("Code: #1"),), sql_type=text(3)),
    FieldContract(name="population", sql_type=INT),
    FieldContract(name="founded", type=FieldType.DATE, date_order="dmy", date_separator="."),
)
CASES = [
    Contract(table="cities", fields=FIELDS),
    Contract(table="cities", encoding="cp1252", dialect=TableDialect(delimiter="\t", quote_char=""), fields=FIELDS),
    Contract(table="cities", title="Cities: all", steward="me", on_missing_column=OnMissingColumn.NULL, fields=FIELDS),
    Contract(table="cities", primary_key=("code",), missing_values=("", "#N/A"), fields=FIELDS[:1]),
]


@pytest.mark.parametrize("contract", CASES)
def test_it_can_be_read_and_states_what_is_known(contract: Contract) -> None:
    found = read_contract(starter(contract, "cities.csv"), "cities", "contracts/cities.yaml")
    assert (found.encoding, found.title, found.steward) == (contract.encoding, contract.title, contract.steward)
    assert (found.dialect.delimiter, found.primary_key) == (contract.dialect.delimiter, contract.primary_key)
    assert [column.name for column in found.fields] == [column.name for column in contract.fields]
    assert found.fields[0].headers[0].text == "Code: #1"
    assert all(column.type for column in found.fields)
    assert all(column.sql_type is None for column in found.fields), "a column must be free to grow"


@pytest.mark.parametrize("contract", CASES)
def test_each_suggestion_may_be_taken(contract: Contract) -> None:
    written = starter(contract, "cities.csv", candidates=("code",))
    taken = re.sub(r"^( *)#(?! )", r"\1", written, flags=re.MULTILINE)
    taken = re.sub(r"^#  ", "  ", taken, flags=re.MULTILINE)
    found = read_contract(taken, "cities", "contracts/cities.yaml")
    assert (found.primary_key, found.steward is not None, found.rules.frozen) == (("code",), True, True)
    assert list(jsonschema.Draft7Validator(schema.json_schema()).iter_errors(yaml.safe_load(taken))) == []
