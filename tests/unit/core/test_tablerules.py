"""Rules of one table: what ``tables.yaml`` may say, and what it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.core.tablerules import TableRules, defaults, own_rules

SETTINGS = Settings(max_rejected_rows=3, min_column_match=0.5, post_load_procedure="dbo.after")
BASE = TableRules(3, 0.5, allow_empty_full_load=False, post_load_procedure="dbo.after")


def rules(document: object, table: str = "airports") -> TableRules:
    return replace(defaults(SETTINGS), **own_rules(table, document, SETTINGS, "/drop/tables.yaml"))


@pytest.mark.parametrize("document", [None, {}, {"tables": None}, {"tables": {}}, {"tables": {"airports": None}}])
def test_a_table_without_rules_gets_the_settings(document: object) -> None:
    assert rules(document) == defaults(SETTINGS) == BASE


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        ({"frozen": True}, {"frozen": True}),
        ({"max_rejected_rows": 0}, {"max_rejected_rows": 0}),
        ({"min_column_match": 1}, {"min_column_match": 1.0}),
        (
            {"min_column_match": 0.9, "allow_empty_full_load": True},
            {"min_column_match": 0.9, "allow_empty_full_load": True},
        ),
        ({"post_load_procedure": ""}, {"post_load_procedure": ""}),
    ],
)
def test_a_table_overrides_what_it_names(own: dict[str, object], changed: dict[str, object]) -> None:
    found = rules({"tables": {"airports": own, "other": {"frozen": True}}})
    assert {name: getattr(found, name) for name in changed} == changed
    kept = {"max_rejected_rows", "min_column_match", "post_load_procedure"} - set(changed)
    assert all(getattr(found, name) == getattr(BASE, name) for name in kept)


def test_a_table_is_found_without_regard_to_case() -> None:
    assert rules({"tables": {"Airports": {"frozen": True}}}).frozen


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"frozn": True}, "Unknown key frozn"),
        ({5: True}, "Unknown key 5"),
        ({"frozen": "yes"}, "Key frozen has the value 'yes', but it must be true or false"),
        ({"frozen": 1}, "Key frozen has the value 1, but it must be true or false"),
        ({"max_rejected_rows": True}, "Key max_rejected_rows has the value True, but it must be a whole number"),
        ({"max_rejected_rows": 2.5}, "Key max_rejected_rows has the value 2.5, but it must be a whole number"),
        ({"max_rejected_rows": None}, "Key max_rejected_rows has the value None, but it must be a whole number"),
        ({"max_rejected_rows": -1}, "Key max_rejected_rows has the value -1, but it must be at least 0"),
        ({"min_column_match": 70}, "Key min_column_match has the value 70.0, but it must be between 0 and 1"),
        ({"min_column_match": float("nan")}, "Key min_column_match has the value nan, but it must be between 0 and 1"),
        ({"post_load_procedure": 7}, "Key post_load_procedure has the value 7, but it must be text"),
        ([1], "Key tables.airports is not a mapping"),
    ],
)
def test_a_wrong_rule_stops_its_own_table_and_no_other(own: object, message: str) -> None:
    document = {"tables": {"airports": own}}
    assert rules(document, "another") == BASE
    with pytest.raises(ConfigurationError) as caught:
        rules(document)
    assert message in caught.value.what
    assert "/drop/tables.yaml" in caught.value.where


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("airports", "The file is not a mapping"),
        ([], "The file is not a mapping"),
        ({"tables": ["airports"]}, "Key tables is not a mapping"),
        ({"table": {"airports": {}}}, "Unknown key table"),
        ({"airports": {"frozen": True}}, "Unknown key airports"),
    ],
)
def test_a_file_of_another_shape_is_refused(document: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        rules(document)
