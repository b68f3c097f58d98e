"""What a server's plan cache gets: one entry for a statement, not one for each value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engines import MSSQL, MSSQL_PYTHON, ODBC, Database, open_database
from tests.integration.warehouse.conftest import NOW, Loads
from tests.sqlrecorder import observe_sessions

HEARTBEATS = 100


@pytest.fixture(params=(MSSQL, MSSQL_PYTHON, ODBC))
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    made = open_database(request.param, tmp_path, monkeypatch)
    yield made
    made.clear()


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> set[object]:
    """What distinguishes the entries of the plan cache: statements with the declarations of their parameters."""
    keys: set[object] = set()

    def sent(sql: str, values: tuple[Any, ...], sizes: object) -> None:
        keys.add((sql.partition(", @P1 = ")[0], repr(sizes or [_declared(value) for value in _flat(values)])))

    observe_sessions(monkeypatch, lambda sql: None, sent)
    return keys


def _flat(values: tuple[Any, ...]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, (list, tuple)) else [value])]


def _declared(value: object) -> object:
    """How an ODBC library declares a value that nobody declared: text by its own length."""
    return (type(value), len(value) if isinstance(value, str) else 0)


def test_a_hundred_heartbeats_make_one_plan(loads: Loads, plans: set[object]) -> None:
    row = loads.register("t.csv")
    attempt = loads.claim(row)
    assert attempt is not None
    loads.ledger.report_progress(row.id, attempt, 1, NOW)
    plans.clear()
    for number in range(HEARTBEATS):
        loads.ledger.report_progress(row.id, attempt, 5 ** (number % 12), NOW + timedelta(seconds=number / 8))
    assert len([key for key in plans if "heartbeat_at" in str(key)]) == 1


def test_registering_and_claiming_files_makes_the_plans_of_the_first_two(loads: Loads, plans: set[object]) -> None:
    def carry(number: int) -> None:
        row = loads.register(f"{'x' * number}.csv", f"t{'x' * number}", mtime=number)
        loads.claim(row, NOW + timedelta(seconds=number / 8))
        loads.scanned(row, "h" * number, rows=7**number)

    for number in (1, 2):
        carry(number)
    before = set(plans)
    for number in range(3, 9):
        carry(number)
    assert plans - before == set()


VALUES: list[tuple[str, list[object]]] = [
    ("NVARCHAR(MAX)", ["", "it's", "?", "x" * 4000, "x" * 4001, "\U0001f4a9" * 2001, "back\\\nslash", "[a]; --", None]),
    ("INT", [0, -1, 2**31 - 1, -(2**31), None]),
    ("BIGINT", [2**31, -(2**31) - 1, 2**63 - 1, -(2**63), None]),
    ("DECIMAL(38, 10)", [Decimal("9" * 28 + "." + "9" * 10), Decimal("-0.0000000001"), Decimal(0), None]),
    ("FLOAT", [0.1, -1 / 3, 1.7976931348623157e308, None]),
    ("BIT", [True, False, None]),
    ("DATE", [date(1, 1, 1), date(9999, 12, 31), None]),
    ("TIME", [time(0), time(23, 59, 59, 999999), None]),
    ("DATETIME2", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), None]),  # noqa: DTZ001  naive
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[kind for kind, _ in VALUES])
def test_a_parameter_arrives_as_it_was(database: Database, kind: str, values: list[object]) -> None:
    database.run(f"CREATE TABLE ref.parameters (n INT, v {kind})")
    for number, value in enumerate(values):
        assert database.run("INSERT INTO ref.parameters (n, v) VALUES (?, ?)", number, value) == 1
    shown = "CONVERT(NVARCHAR(40), v, 121)" if kind in ("TIME", "DATETIME2") else "v"
    rows = [row[0] for row in database.rows(f"SELECT {shown} FROM ref.parameters ORDER BY n")]
    assert list(map(_shown, rows)) == list(map(_shown, values))


def _shown(value: object) -> object:
    """A time as the server writes it, however many zeros it keeps at the end."""
    if isinstance(value, (datetime, time)) or (isinstance(value, str) and re.match(r"[\d-]* ?\d\d:", value)):
        return re.sub(r"\.?0*$", "", str(value)) if "." in str(value) else str(value)
    return value
