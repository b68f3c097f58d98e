"""The named fields of Airflow's connection form are exactly what the engines read."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.connectionform import FORMS, given
from refdata.get_provider_info import CONNECTION_TYPES
from refdata.warehouse.mssql import options

FORM_FIELDS = {engine: form["conn-fields"] for engine, form in FORMS.items()}
FIELDS = [(engine, name) for engine, fields in FORM_FIELDS.items() for name in fields]


def plain(name: str) -> str:
    return name.lower().replace("_", "")


def choices(described: dict[str, Any]) -> list[Any]:
    by_type = {"string": ["/path/or.host"], "integer": [1434]}
    kind = described["schema"]["type"][0]
    return [*described["schema"].get("enum", by_type[kind]), None, ""]


@pytest.mark.parametrize("name", FORM_FIELDS["mssql"])
def test_whatever_a_field_of_mssql_holds_is_read(name: str) -> None:
    for value in choices(FORM_FIELDS["mssql"][name]):
        read = options.read_options("sql01", None, "db", "u", "p", given({name: value}), "form")
        assert dict(read.client) == {}


def test_every_option_of_mssql_has_one_field() -> None:
    """``client`` passes arguments of pymssql through, for which the form has its JSON."""
    shown = [options._FIELDS[plain(name)][0] for name in FORM_FIELDS["mssql"]]
    assert sorted(shown) == sorted({option for option, _ in options._FIELDS.values()})


@pytest.mark.parametrize(("engine", "name"), FIELDS, ids=[f"{engine} {name}" for engine, name in FIELDS])
def test_a_field_says_what_it_is_and_what_empty_means(engine: str, name: str) -> None:
    described = FORM_FIELDS[engine][name]
    assert described["label"]
    assert described["description"].endswith(".")
    if "enum" in described["schema"]:
        assert described["schema"]["enum"][0] is None
        assert described["schema"]["values_display"]["null"].startswith("default (")


def test_each_type_has_a_form() -> None:
    for entry in CONNECTION_TYPES:
        assert entry["conn-fields"]
        assert entry["ui-field-behaviour"]["relabeling"] == {"schema": "Database"}
