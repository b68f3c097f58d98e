"""Diagnosis of a server by the test button and `refdata health`."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.model import TableName
from refdata.warehouse.tsql.diagnose import diagnose
from tests.unit.warehouse.scripted import LOST, Answer, ScriptedServer, ServerError

READY: list[tuple[Any, ...]] = [("database", "CREATE TABLE", 1), ("schema ref", "ALTER", 1)]
LEDGER = [("id",)]


def looked_at(rights: Answer, columns: Answer, *refusals: BaseException) -> tuple[bool, str | None, str]:
    server = ScriptedServer([rights, columns], refusals=list(refusals))
    found = diagnose(server, lambda name: name, TableName("ref", "ledger"))
    if server.connections:
        assert server.connections[0].closed
    return found.ok, found.trouble, found.message


CASES: list[tuple[str, list[tuple[Any, ...]], list[tuple[Any, ...]], list[BaseException], str | None, str]] = [
    # name, rights, columns of the ledger, refused logins, trouble, part of the message
    ("ready", READY, LEDGER, [], None, "is ready"),
    ("no ledger", READY, [], [], "not initialised", "refdata init-db"),
    ("no schema", [("schema ref", "ALTER", None)], LEDGER, [], "not initialised", "refdata init-db"),
    ("a permission", [("schema ref", "ALTER", 0)], LEDGER, [], "right missing", "ALTER on schema ref"),
    ("no answer", READY, LEDGER, [LOST], "unreachable", "the line is gone"),
    ("login", READY, LEDGER, [ServerError(18456, "for C4nary")], "login refused", "***"),
    ("database", READY, LEDGER, [ServerError(4060)], "database missing", "refused"),
    ("unknown number", READY, LEDGER, [ServerError(99)], "unreachable", "error 99"),
]


@pytest.mark.parametrize(
    ("rights", "columns", "refused", "trouble", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_trouble_is_named(
    rights: list[tuple[Any, ...]],
    columns: list[tuple[Any, ...]],
    refused: list[BaseException],
    trouble: str | None,
    words: str,
) -> None:
    found = looked_at(Answer("select_rights", rows=rights), Answer("select_columns", rows=columns), *refused)
    assert found[:2] == (trouble is None, trouble)
    assert words in found[2]
    assert "C4nary" not in found[2]


@pytest.mark.parametrize(("error", "trouble"), [(LOST, "unreachable"), (ServerError(229), "right missing")])
def test_a_question_that_is_refused_after_the_login(error: ServerError, trouble: str) -> None:
    found = looked_at(Answer("select_rights", error=error), Answer("select_columns", rows=LEDGER))
    assert found[1] == trouble


def test_an_exception_that_is_not_the_librarys_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        looked_at(Answer("x"), Answer("y"), ZeroDivisionError())
