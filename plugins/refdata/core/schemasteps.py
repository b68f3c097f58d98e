"""The numbered steps that upgrade refdata's own tables from any earlier state to today's. Pure.

A database records the steps applied to it (``Reference_Data_Schema``); an upgrade runs the others, in order, in one
transaction. A step only adds (tables, NULL columns, indexes), so that software one step behind keeps working while
workers are replaced one by one. A released step is never changed: another follows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """One step: its number, its purpose, and the files of ``include/sql`` that it runs, in order."""

    number: int
    summary: str
    scripts: tuple[str, ...]


FIRST_SCRIPT = "create_schema_history"
"""Creates the table that records the steps; runs before any of them."""

STEPS = (
    SchemaStep(
        1,
        "ledger and configuration",
        (
            "create_ledger",
            "create_ledger_index_status",
            "create_ledger_index_created_at",
            "create_ledger_index_table_name",
            "create_config",
        ),
    ),
    SchemaStep(
        2,
        "audit trail of what people and maintenance did",
        ("create_audit", "create_audit_index_table_name"),
    ),
    SchemaStep(
        3,
        "rollback, take-back and retention in the ledger",
        ("add_ledger_origin_id", "add_ledger_version_removed_at"),
    ),
    SchemaStep(
        4,
        "alerts that were raised",
        ("create_alert", "create_alert_index_category"),
    ),
    SchemaStep(
        5,
        "what a load changed in its table; indexes for the page's tables and charts",
        ("add_ledger_table_changes", "create_ledger_index_versions", "create_ledger_index_days"),
    ),
    SchemaStep(
        6,
        "what loads showed about a table's files, and the questions that they raised",
        (
            "create_contract",
            "create_contract_index_version",
            "create_question",
            "create_question_index_load",
            "create_question_index_table",
        ),
    ),
    SchemaStep(
        7,
        "why a load failed, as columns; the order of turns as its source spells it",
        (
            "add_ledger_error_what",
            "add_ledger_error_where",
            "add_ledger_error_advice",
            "add_ledger_order_key",
            "update_old_failures",
        ),
    ),
    SchemaStep(
        8,
        "what became of a load's rows where they were compared with the table's",
        ("add_ledger_rows_inserted", "add_ledger_rows_updated", "add_ledger_rows_unchanged"),
    ),
    SchemaStep(
        9,
        "fewer indexes of the ledger: two repeated the beginning of wider ones",
        ("drop_ledger_index_created_at", "drop_ledger_index_table_name"),
    ),
    SchemaStep(10, "versions that are kept as differences", ("add_ledger_kept_as_delta",)),
    SchemaStep(11, "tables that take no more files", ("create_closed",)),
)
LATEST = STEPS[-1].number


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """The database's schema version before and after; 0 stands for a database without refdata's tables."""

    before: int
    after: int


def pending(version: int, steps: Sequence[SchemaStep] = STEPS) -> tuple[SchemaStep, ...]:
    """The steps that a database at ``version`` lacks, in order."""
    return tuple(step for step in steps if step.number > version)
