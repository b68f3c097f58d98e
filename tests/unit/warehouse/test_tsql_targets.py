"""Tables that a DBA made special: loaded as they are, or refused with a reason before anything is staged."""

from __future__ import annotations

import doctest

import pytest

from refdata.core.errors import SchemaError
from refdata.core.model import TableName
from refdata.warehouse.tsql import targets
from refdata.warehouse.tsql.driver import TsqlSession
from refdata.warehouse.tsql.targets import Traits, check, refusal
from tests.unit.warehouse.scripted import Answer, ScriptedServer

CASES: list[tuple[Traits, str, str]] = [
    # traits, publish_method, a part of the reason; "" where the table is loaded
    (Traits(), "truncate", ""),
    (Traits(temporal=2), "auto", ""),
    (Traits(temporal=2), "truncate", "system-versioned"),
    (Traits(temporal=1), "auto", "history"),
    (Traits(memory_optimised=True), "delete", "memory-optimised"),
    (Traits(external=True), "auto", "external"),
    (Traits(tracked=True), "auto", ""),
    (Traits(tracked=True), "truncate", "change data capture"),
    (Traits(instead_triggers=1), "auto", "INSTEAD OF"),
    (Traits(bound_views=2), "delete", ""),
    (Traits(bound_views=2), "truncate", "schema-bound view"),
    (Traits(referred=True), "auto", ""),
    (Traits(referred=True), "truncate", "foreign key"),
]


@pytest.mark.parametrize(("traits", "method", "reason"), CASES)
def test_a_table_is_loaded_or_refused(traits: Traits, method: str, reason: str) -> None:
    said, advice = refusal(traits, method)
    assert reason in said
    assert bool(said) == bool(advice) == bool(reason)


@pytest.mark.parametrize("traits", [case[0] for case in CASES])
def test_the_advice_against_truncate_is_one_that_works(traits: Traits) -> None:
    """No circle: the method that the advice names is not refused in turn."""
    _, advice = refusal(traits, "truncate")
    if "publish_method" in advice:
        assert refusal(traits, "auto") == refusal(traits, "delete") == ("", "")


def test_the_catalog_answers_for_the_table() -> None:
    server = ScriptedServer([Answer("temporal_type", rows=[(0, 1, 0, 0, 0, 0)]), Answer("foreign_keys", rows=[])])
    session = TsqlSession(server.connect(), server)
    table = TableName("ref", "cities")
    with pytest.raises(SchemaError, match="memory-optimised"):
        check(session, lambda name: {"select_target_traits": "temporal_type"}.get(name, "foreign_keys"), table, "auto")


def test_a_table_that_does_not_exist_yet_is_not_refused() -> None:
    server = ScriptedServer([Answer("temporal_type", rows=[])])
    check(TsqlSession(server.connect(), server), lambda name: "temporal_type", TableName("ref", "cities"), "truncate")


def test_the_examples_work() -> None:
    assert doctest.testmod(targets).failed == 0
