"""refdata's own tables: made once, upgraded from any earlier state, all or nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from refdata.audit import Action, AuditEntry, AuditTrail
from refdata.core import schemasteps
from refdata.core.errors import RefdataError
from refdata.core.schemasteps import LATEST, STEPS, SchemaChange, SchemaStep
from refdata.core.settings import AUDIT_TABLE, SCHEMA_TABLE
from refdata.warehouse import schema
from tests.integration.engines import Database


def history(database: Database) -> list[int]:
    return [row[0] for row in database.rows(f"SELECT version FROM ref.{SCHEMA_TABLE} ORDER BY version")]


def test_a_second_initialise_changes_nothing(database: Database) -> None:
    database.run("INSERT INTO ref.Reference_Data_Cfg (ref_name, created_at) VALUES ('x', '2024-01-01')")
    assert database.warehouse.initialise(thorough=True) == SchemaChange(LATEST, LATEST)
    assert database.rows("SELECT ref_name, is_enabled FROM ref.Reference_Data_Cfg") == [("x", 1)]
    assert database.warehouse.tables(database.settings.ref_schema) == ()
    assert history(database) == [step.number for step in STEPS]


ADDED = ("origin_id", "version_removed_at", "table_changes")
"""Columns of the ledger that came by later steps."""


@pytest.fixture
def first_release(database: Database) -> Database:
    """A database as the first release left it: ledger and configuration, no history, no audit trail."""
    for name in (SCHEMA_TABLE, AUDIT_TABLE):
        database.run(f"DROP TABLE ref.[{name}]")
    for name in ADDED:
        database.run(f"ALTER TABLE ref.[File_Monitor_Tracking] DROP COLUMN [{name}]")
    database.run("INSERT INTO ref.Reference_Data_Cfg (ref_name, created_at) VALUES ('x', '2024-01-01')")
    assert database.warehouse.schema_version() == 0
    return database


def test_a_database_of_the_first_release_is_upgraded_and_keeps_its_rows(first_release: Database) -> None:
    assert first_release.warehouse.initialise() == SchemaChange(0, LATEST)
    assert first_release.warehouse.schema_version() == LATEST
    assert first_release.rows("SELECT ref_name FROM ref.Reference_Data_Cfg") == [("x",)]


def test_an_upgrade_that_fails_half_way_leaves_the_database_as_it_was(
    first_release: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last step runs a statement that wants values: refused by every driver, after the others' DDL.
    broken = SchemaStep(LATEST + 1, "broken", ("insert_config",))
    with monkeypatch.context() as patched:
        patched.setattr(schema, "pending", lambda version: (*schemasteps.pending(version), broken))
        with pytest.raises(RefdataError):
            first_release.warehouse.initialise()
    assert first_release.warehouse.schema_version() == 0
    assert first_release.rows("SELECT ref_name FROM ref.Reference_Data_Cfg") == [("x",)]
    assert first_release.warehouse.initialise() == SchemaChange(0, LATEST)


def test_what_was_done_is_found_in_the_audit_trail_newest_first(database: Database) -> None:
    trail = AuditTrail(database.warehouse)
    when = datetime(2024, 12, 1, 12, 0, 0, 123000)  # noqa: DTZ001  the trail's times are naive UTC
    first = AuditEntry(when, Action.ROLLBACK, "ann", "t", 3, 2, reason="wrong prices – März", detail={"rows": 7})
    trail.record(first)
    trail.record(AuditEntry(when, Action.DELETE, "maintenance", subject="processed/x.csv"))
    assert [entry.action for entry in trail.entries()] == [Action.DELETE, Action.ROLLBACK]
    (found,) = trail.entries("t")
    assert (found.actor, found.reason, found.detail, found.happened_at) == ("ann", first.reason, {"rows": 7}, when)
    assert trail.entries(limit=1, offset=1) == (found,)


def test_a_text_that_is_too_long_for_the_trail_is_cut(database: Database) -> None:
    trail = AuditTrail(database.warehouse)
    when = datetime(2024, 12, 1)  # noqa: DTZ001
    trail.record(AuditEntry(when, Action.DELETE, "maintenance", subject="x" * 600, reason="y" * 2000))
    (found,) = trail.entries()
    assert (len(found.subject or ""), len(found.reason or "")) == (500, 1000)
