"""refdata's own tables: made once, upgraded from any earlier state, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core import schemasteps
from refdata.core.errors import RefdataError
from refdata.core.failure import failure_of
from refdata.core.owntables import SCHEMA_TABLE, own_tables
from refdata.core.schemasteps import FIRST_SCRIPT, LATEST, STEPS, SchemaChange, SchemaStep
from refdata.ledger import Ledger
from refdata.warehouse import schema
from tests.integration.engines import Database
from tests.integration.warehouse.conftest import NOW, dropped


def history(database: Database) -> list[int]:
    return [row[0] for row in database.rows(f"SELECT version FROM ref.{SCHEMA_TABLE} ORDER BY version")]


def test_a_second_initialise_changes_nothing(database: Database) -> None:
    database.run("INSERT INTO ref.Reference_Data_Cfg (ref_name, created_at) VALUES ('x', '2024-01-01')")
    assert database.warehouse.initialise(thorough=True) == SchemaChange(LATEST, LATEST)
    assert database.rows("SELECT ref_name, is_enabled FROM ref.Reference_Data_Cfg") == [("x", 1)]
    assert database.warehouse.tables(database.settings.ref_schema) == ()
    assert history(database) == [step.number for step in STEPS]


def structure(database: Database) -> dict[str, object]:
    """The structure of refdata's own tables: columns with types in their order; indexes where they have plain names."""
    tables = {name: database.warehouse.table(database.table(name)) for name in own_tables(database.settings)}
    found: dict[str, object] = {
        name: table and [(c.name, c.type_name) for c in table.columns] for name, table in tables.items()
    }
    if database.is_sqlite:
        found["indexes"] = database.rows(
            "SELECT name, tbl_name FROM ref.sqlite_master WHERE type = 'index' ORDER BY name"
        )
    return found


@dataclass(frozen=True)
class Earlier:
    """A database as an earlier release left it, and what a new one looks like."""

    database: Database
    version: int
    today: dict[str, object]


# Of version 0 is an empty database, and what the first release made, which kept no history.
@pytest.fixture(
    params=[(number, True) for number in range(LATEST)] + [(1, False)], ids=lambda made: f"{made[0]}-{made[1]}"
)
def earlier(request: pytest.FixtureRequest, database: Database) -> Iterator[Earlier]:
    steps, recorded = request.param
    today = structure(database)
    for name in own_tables(database.settings):
        database.run(f"DROP TABLE ref.[{name}]")
    statement = database.warehouse.statement
    with database.warehouse.transaction() as session:
        for script in (FIRST_SCRIPT,) * recorded:
            session.execute(statement(script))
        for step in STEPS[:steps]:
            for script in step.scripts:
                session.execute(statement(script))
            if recorded:
                session.execute(statement("record_schema_step"), (step.number, step.summary, "an earlier release"))
        if steps:
            session.execute(
                database.named("INSERT INTO ref.Reference_Data_Cfg (ref_name, created_at) VALUES ('x', '2024-01-01')")
            )
    yield Earlier(database, steps * recorded, today)
    database.warehouse.initialise()  # also after a failure: T-SQL tests share their tables


def test_a_database_of_each_earlier_version_is_upgraded_and_keeps_its_rows(earlier: Earlier) -> None:
    database = earlier.database
    had_rows = database.warehouse.table(database.table(database.settings.config_table)) is not None
    assert database.warehouse.schema_version() == earlier.version
    assert database.warehouse.initialise() == SchemaChange(earlier.version, LATEST)
    assert structure(database) == earlier.today
    assert database.rows("SELECT ref_name FROM ref.Reference_Data_Cfg") == [("x",)] * had_rows
    assert history(database) == [step.number for step in STEPS]


OLD_FAILURES = [
    ("It is bad [line 2]. What to do: Correct it.", ("It is bad [line 2].", "", "Correct it.")),
    ("It is bad.", ("It is bad.", "", "")),
    ("Is it there? What to do: Look at ä\U0001f4a9.", ("Is it there?", "", "Look at ä\U0001f4a9.")),
    (None, (None, None, None)),
]


@pytest.mark.parametrize(("text", "parts"), OLD_FAILURES)
def test_a_failure_that_an_earlier_release_kept_as_text_gets_its_parts(
    database: Database, text: str | None, parts: tuple[str | None, ...]
) -> None:
    row = Ledger(database.warehouse).register(dropped("a.csv"), "t", "run", NOW)
    database.run("UPDATE ref.File_Monitor_Tracking SET status = 'error', error_message = ? WHERE id = ?", text, row.id)
    with database.warehouse.transaction() as session:
        session.execute(database.warehouse.statement("update_old_failures"))
    found = Ledger(database.warehouse).get(row.id)
    assert found is not None
    assert (found.error_what, found.error_where, found.error_advice) == parts
    assert text is None or failure_of(found).text == text


def test_an_upgrade_that_fails_at_its_end_leaves_each_earlier_version_as_it_was(
    earlier: Earlier, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = earlier.database
    before = structure(database)
    # The last step runs a statement that wants values: refused by every driver, after the others' DDL.
    broken = SchemaStep(LATEST + 1, "broken", ("insert_config",))
    with monkeypatch.context() as patched:
        patched.setattr(schema, "pending", lambda version: (*schemasteps.pending(version), broken))
        with pytest.raises(RefdataError):
            database.warehouse.initialise()
    assert structure(database) == before
    assert database.warehouse.schema_version() == earlier.version
    assert database.warehouse.initialise() == SchemaChange(earlier.version, LATEST)


def test_the_audit_trail_lists_actions_newest_first(database: Database) -> None:
    trail = AuditTrail(database.warehouse)
    when = datetime(2024, 12, 1, 12, 0, 0, 123000)  # noqa: DTZ001  the trail's times are naive UTC
    first = AuditEntry(when, AuditAction.ROLLBACK, "ann", "t", 3, 2, reason="wrong prices – März", detail={"rows": 7})
    trail.record(first)
    trail.record(AuditEntry(when, AuditAction.DELETE, "maintenance", subject="processed/x.csv"))
    assert [entry.action for entry in trail.entries()] == [AuditAction.DELETE, AuditAction.ROLLBACK]
    (found,) = trail.entries("t")
    assert trail.entries(action=AuditAction.ROLLBACK, by="AN") == trail.entries(by="ann") == (found,)
    assert trail.entries("t", action=AuditAction.DELETE) == trail.entries(by="%") == ()
    assert (found.actor, found.reason, found.detail, found.happened_at) == ("ann", first.reason, {"rows": 7}, when)
    assert trail.entries(limit=1, offset=1) == (found,)


def test_a_text_that_is_too_long_for_the_trail_is_cut(database: Database) -> None:
    trail = AuditTrail(database.warehouse)
    when = datetime(2024, 12, 1)  # noqa: DTZ001
    trail.record(AuditEntry(when, AuditAction.DELETE, "maintenance", subject="x" * 600, reason="y" * 2000))
    (found,) = trail.entries()
    assert (len(found.subject or ""), len(found.reason or "")) == (500, 1000)
