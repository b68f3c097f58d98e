"""Every statement that changes a load's state does what the table of states says, in every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import pytest

from refdata.core.loadstates import STATEMENTS, TRANSITIONS, Event, Guard, after
from refdata.core.model import FileStatus
from refdata.warehouse.tsql.scripts import PROCEDURES
from tests.integration.engines import MSSQL, Database
from tests.integration.warehouse.conftest import NOW

LONG_AGO = NOW - timedelta(days=1)
ATTEMPT = 3
BORN = (Event.REGISTER, Event.REVISE)
NEW = (Event.REGISTER, Event.REVISE)


@dataclass(frozen=True)
class Asked:
    """The statement's arguments; a guard is broken by a value that does not fit the row."""

    load_id: int
    table: str
    path: str
    identity: str = "identity"
    attempt: int = ATTEMPT
    heartbeat: datetime = NOW
    order: str = "5"


def refusal(asked: Asked, status: str) -> tuple[object, ...]:
    return (status, "data", "what", "where", "advice", "whole")


Values = Callable[[Asked], tuple[object, ...]]
VALUES: dict[tuple[str, tuple[Event, ...]], Values] = {
    ("resume_file", (Event.RESUME,)): lambda one: (1, 1, one.identity, one.order, "run", one.load_id),
    ("claim_turn", (Event.CLAIM,)): lambda one: (
        NOW, NOW, one.load_id, one.identity, one.table, one.load_id, one.order,
    ),
    ("release_stale_turns", (Event.EXPIRE,)): lambda one: (one.table, one.heartbeat),
    ("mark_held", (Event.HOLD,)): lambda one: (NOW, one.load_id, one.attempt),
    ("mark_answered", (Event.ANSWER,)): lambda one: (one.load_id, one.attempt),
    ("mark_loaded", (Event.PUBLISH,)): lambda one: (1, *[None] * 4, 0, 1, "bulk", NOW, one.load_id, one.attempt),
    ("mark_duplicate", (Event.RECOGNISE,)): lambda one: (one.load_id, one.attempt),
    ("mark_archived", (Event.ARCHIVE,)): lambda one: (f"archive/{one.load_id}", NOW, one.load_id),
    ("release_path", (Event.REPLACE,)): lambda one: (f"{one.path}#1", NOW, one.load_id),
    ("mark_failed", (Event.FAIL,)): lambda one: (*refusal(one, "error"), NOW, one.load_id),
    ("mark_failed", (Event.CANCEL,)): lambda one: (*refusal(one, "cancelled"), NOW, one.load_id),
    ("mark_refused", (Event.FAIL, Event.ARCHIVE)): lambda one: (
        f"archive/{one.load_id}", NOW, *refusal(one, "error"), one.load_id,
    ),
    ("mark_refused", (Event.CANCEL, Event.ARCHIVE)): lambda one: (
        f"archive/{one.load_id}", NOW, *refusal(one, "cancelled"), one.load_id,
    ),
    ("mark_vanished", (Event.VANISH,)): lambda one: (*refusal(one, "")[1:], NOW, one.load_id, one.path),
    ("hand_back_file", (Event.HAND_BACK,)): lambda one: (*refusal(one, "")[1:], one.load_id, one.identity),
    ("delete_file", (Event.DELETE,)): lambda one: (one.load_id,),
    ("delete_canary", (Event.CLEAN_UP,)): lambda one: (one.load_id, f"{one.table}%"),
}  # fmt: skip
INSERTS: dict[str, tuple[object, ...]] = {
    "insert_file": ("p", "n.csv", 1, 1, "identity", "5", "fullload", "t", True, "run", NOW),
    "insert_revision": ("p", "n", None, "rollback", "t", "t", 1, 2, "run", NOW, NOW, NOW, NOW, 1),
}
CASES = list(VALUES.items())
CALLS = {"create_procedure_release_turn": ("EXEC ref.sp_refdata_release_turn @load_id = ?", Event.TAKE_AWAY)}
"""Statements that only create a procedure: how people call it, and its event."""


def named(case: object) -> str:
    return f"{case[0]} as {' and '.join(case[1])}" if isinstance(case, tuple) else ""


def put(database: Database, state: FileStatus, **other: object) -> Asked:
    """A row in that state: the only one of its table, of attempt 3, and silent for a day."""
    asked = Asked(0, f"t_{state}", f"reference_data_table/fullload/{state}.csv")
    values = {"file_path": asked.path, "file_name": f"{state}.csv", "file_identity": asked.identity,
              "order_key": asked.order, "load_type": "fullload", "table_name": asked.table, "is_reference_data": 1,
              "status": state.value, "attempt": ATTEMPT, "created_at": LONG_AGO, "heartbeat_at": LONG_AGO,
              **other}  # fmt: skip
    marks = ", ".join("?" for _ in values)
    database.run(f"INSERT INTO ref.File_Monitor_Tracking ({', '.join(values)}) VALUES ({marks})", *values.values())
    found = database.rows("SELECT id FROM ref.File_Monitor_Tracking WHERE file_path = ?", values["file_path"])
    return Asked(found[0][0], asked.table, str(values["file_path"]))


def state_of(database: Database, load_id: int) -> FileStatus | None:
    found = database.rows("SELECT status FROM ref.File_Monitor_Tracking WHERE id = ?", load_id)
    return FileStatus(found[0][0]) if found else None


def expected(state: FileStatus, events: tuple[Event, ...]) -> FileStatus | None:
    outcome: FileStatus | None = state
    for event in events:
        outcome = after(outcome, event)
    return outcome


def run(database: Database, statement: str, values: tuple[object, ...]) -> None:
    with database.warehouse.transaction() as session:
        session.execute(database.warehouse.statement(statement), values)


def test_every_statement_of_the_table_is_tried() -> None:
    inserts = {(name, (event,)) for name, event in zip(INSERTS, BORN, strict=True)}
    procedures = {(name, (event,)) for name, (_, event) in CALLS.items()}
    assert {case for case, _ in CASES} | inserts | procedures == set(STATEMENTS)


@pytest.mark.parametrize(("case", "values"), CASES, ids=named)
def test_a_statement_does_what_the_table_says(
    database: Database, case: tuple[str, tuple[Event, ...]], values: Values
) -> None:
    statement, events = case
    rows = {state: put(database, state) for state in FileStatus}
    for row in rows.values():
        run(database, statement, values(row))
    assert {state: state_of(database, row.load_id) for state, row in rows.items()} == {
        state: expected(state, events) for state in FileStatus
    }


@pytest.mark.parametrize("engine", [MSSQL])
@pytest.mark.parametrize(("call", "event"), CALLS.values(), ids=CALLS)
def test_a_procedure_does_what_the_table_says(database: Database, call: str, event: Event) -> None:
    for script in chain.from_iterable(PROCEDURES.values()):
        database.run(database.warehouse.statement(script))
    rows = {state: put(database, state) for state in FileStatus}
    changed = {state: database.rows(call, row.load_id) for state, row in rows.items()}
    outcomes = {state: after(state, event) for state in FileStatus}
    assert {state: state_of(database, row.load_id) for state, row in rows.items()} == outcomes
    assert changed == {state: [(int(outcomes[state] is not state),)] for state in FileStatus}


@pytest.mark.parametrize(("statement", "event"), list(zip(INSERTS, BORN, strict=True)))
def test_a_row_begins_as_the_table_says(database: Database, statement: str, event: Event) -> None:
    with database.warehouse.transaction() as session:
        session.query(database.warehouse.statement(statement), INSERTS[statement]) if event is Event.REGISTER else (
            session.execute(database.warehouse.statement(statement), INSERTS[statement])
        )
    assert database.rows("SELECT status FROM ref.File_Monitor_Tracking") == [(after(None, event),)]


def an_older_one_waits(database: Database, row: Asked) -> Asked:
    put(database, FileStatus.PENDING, table_name=row.table, file_path=f"older {row.load_id}", order_key="4")
    return row


def another_one_holds(database: Database, row: Asked) -> Asked:
    put(database, FileStatus.REVIEW, table_name=row.table, file_path=f"held {row.load_id}", order_key="9")
    return row


def a_version_was_made(database: Database, row: Asked) -> Asked:
    database.run("UPDATE ref.File_Monitor_Tracking SET version_id = 7 WHERE id = ?", row.load_id)
    return row


def other(**changes: object) -> Callable[[Database, Asked], Asked]:
    return lambda _, row: replace(row, **changes)  # type: ignore[arg-type]


BREAKS: dict[Guard, list[Callable[[Database, Asked], Asked]]] = {
    Guard.FIRST: [an_older_one_waits, another_one_holds, other(identity="another")],
    Guard.TURN: [other(attempt=ATTEMPT - 1), other(attempt=ATTEMPT + 1)],
    Guard.SILENT: [other(heartbeat=LONG_AGO - timedelta(seconds=1))],
    Guard.SAME_FILE: [other(identity="another")],
    Guard.SAME_PATH: [other(path="elsewhere")],
    Guard.NO_VERSION: [a_version_was_made],
    Guard.TEST_LOAD: [other(table="another")],
}
GUARDED = [
    pytest.param(case, values, broken, id=f"{named(case)} {number}")
    for case, values in CASES
    for guard in sorted({one.guard for one in TRANSITIONS if one.event in case[1]})
    for number, broken in enumerate(BREAKS.get(guard, []))
]


@pytest.mark.parametrize(("case", "values", "broken"), GUARDED)
def test_without_its_guard_a_statement_changes_no_state(
    database: Database,
    case: tuple[str, tuple[Event, ...]],
    values: Values,
    broken: Callable[[Database, Asked], Asked],
) -> None:
    for state in FileStatus:
        row = put(database, state)
        run(database, case[0], values(broken(database, row)))
        assert state_of(database, row.load_id) is state
