"""An answer that Airflow asks for again is given again; when Airflow's database counts as away."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from refdata.reviewing import answer_until_taken, await_question, is_record_away


@pytest.mark.parametrize(
    ("states", "answered"),
    [
        (["success"], 0),
        (["queued", "running", "success"], 0),
        (["queued", "up_for_retry", "awaiting_input", "queued", "success"], 1),
        (["awaiting_input", "queued", "up_for_retry", "deferred", "running", "failed"], 2),
        (["queued"] * 20, 0),
        ([None] * 20, 0),
    ],
)
def test_a_review_that_asks_again_is_answered_again_until_it_is_over_or_time_is_up(
    states: list[str | None], answered: int
) -> None:
    answers, pauses = [], []
    seen = iter(states)
    answer_until_taken(lambda: next(seen), lambda: answers.append(1), lambda: pauses.append(1), looks=20)
    assert len(answers) == answered
    assert len(pauses) == sum(state not in ("success", "failed") for state in states)


@pytest.mark.parametrize(
    ("states", "waits"),
    [
        (["asked"], 0),
        (["", "scheduled", "queued", "running", "asked"], 4),
        (["removed"], 0),
        (["failed"], 0),
        (["queued"] * 20, 20),
    ],
)
def test_an_answer_waits_until_airflow_asks(states: list[str], waits: int) -> None:
    pauses = []
    seen = iter(states)
    await_question(lambda: next(seen), lambda: pauses.append(1), looks=20)
    assert len(pauses) == waits


def of_sqlite(statement: str) -> Exception:
    """What SQLAlchemy raises for a statement on a database that another connection has locked."""
    with tempfile.TemporaryDirectory() as folder:
        other = sqlite3.connect(f"{folder}/a.db", isolation_level=None)
        other.execute("CREATE TABLE there (x)")
        other.execute("BEGIN EXCLUSIVE" if "there" in statement else "BEGIN")
        engine = create_engine(f"sqlite:///{folder}/a.db", connect_args={"timeout": 0})
        with pytest.raises(OperationalError) as raised, engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()
        other.close()
    return raised.value


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (lambda: of_sqlite("INSERT INTO there VALUES (1)"), True),
        (lambda: of_sqlite("SELECT * FROM missing"), False),
        (lambda: OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly")), True),
        (lambda: PoolTimeoutError("QueuePool limit of size 5 overflow 10 reached"), True),
        (lambda: ProgrammingError("SELECT * FROM missing", {}, Exception("undefined table")), False),
        (lambda: ValueError("x"), False),
    ],
    ids=["locked", "no such table", "connection lost", "no connection free", "undefined table", "other"],
)
def test_airflows_database_is_away_only_where_trying_again_helps(error: Callable[[], Exception], is_away: bool) -> None:
    assert is_record_away(error()) is is_away
