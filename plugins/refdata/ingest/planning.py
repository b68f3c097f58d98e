"""Plans a load's changes of its table's columns, or refuses the load."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core import alignment, contractchecks, matching, publishing
from refdata.core.alignment import Alignment
from refdata.core.contract import Contract
from refdata.core.contractterms import QuestionKind
from refdata.core.errors import DataError, SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Load, LoadType, Table
from refdata.ingest.context import Deps, Detection
from refdata.ingest.emptycolumns import empty_columns

MOST_NAMED = 3
"""Better tables that a message names."""


def plan_alignment(deps: Deps, row: Load, detection: Detection, contract: Contract, live: Table | None) -> Alignment:
    """How to align the table with the file.

    :param live: the table as it is now.

    :raises SchemaError: when the file does not fit the table, or its contract refuses what differs.
    """
    scanned = detection.scan.columns
    plan = plan_for(deps, row.table_name, scanned, contract, live)
    contractchecks.refuse(contractchecks.findings(contract, live, scanned, plan), str(plan.table))
    return plan


def matches_layout(deps: Deps, contract: Contract, live: Table, scanned: Sequence[ScannedColumn]) -> bool:
    """Whether a file has enough of the table's columns, or a person has said that these are its columns now."""
    least = deps.rules(contract.table).min_column_match
    return alignment.matches(live, scanned, least) or contract.answer(QuestionKind.LAYOUT_CHANGED, "") is not None


def plan_for(
    deps: Deps, table: str, scanned: Sequence[ScannedColumn], contract: Contract, live: Table | None
) -> Alignment:
    """How a table takes a file's columns, whatever its contract's policies say.

    :param live: the table as it is now.

    :raises SchemaError: when the file does not fit the table.
    """
    _check_names(deps, table, scanned, live)
    rules = deps.rules(table)
    fits = live is None or matches_layout(deps, contract, live, scanned)
    plan = alignment.align(
        deps.live(table),
        live,
        scanned,
        min_match=0.0 if fits else rules.min_column_match,
        frozen=rules.frozen,
        # Reading all tables takes long where there are many: only for a message that needs them.
        better=() if fits or live is None else better_tables(deps, live, scanned),
        renames=_renames(live, scanned) if live else (),
        empty=empty_columns(deps, table, live, scanned),
    )
    # The version table is the widest: it has one column more than the live table.
    if refusal := deps.warehouse.capabilities.row_refusal(alignment.backup_columns(plan.columns)):
        raise SchemaError(refusal, where=str(plan.table), advice="Split the file into several tables with one key.")
    return plan


def _check_names(deps: Deps, table: str, scanned: Sequence[ScannedColumn], live: Table | None) -> None:
    """Refuses two columns with names that the database takes for one, before it does so in the middle of a change."""
    names = [column.name for column in live.columns] if live else []
    names += [column.name for column in scanned]
    pairs = deps.warehouse.equal_names(names)
    if not pairs:
        return
    collation = deps.warehouse.collation(deps.live(table), ())
    listed = "; ".join(f"{first} and {second}" for first, second in pairs[:MOST_NAMED])
    raise SchemaError(
        f"The database takes the names of these columns for one: {listed}. Its collation is {collation}",
        where=str(deps.live(table)),
        advice="Rename one of them in the file's header; if both are the same column, write it as the table does.",
    )


def apply_alignment(deps: Deps, row: Load, plan: Alignment) -> None:
    """Gives the table its columns. The ledger records it first: a crash in between would hide the change.

    A new table is created with its rows, in the publish: until then readers find no table, instead of an empty one.
    """
    deps.ledger.record_table_changes(row.id, alignment.describe(plan), any_change=plan.changes)
    if not plan.create:
        deps.warehouse.align(plan)


def marked_duplicate(deps: Deps, row: Load, attempt: int, live: Table | None) -> int | None:
    """Marks a file whose content is already in the table as a duplicate; returns the earlier load, or None.

    :param live: the table as it is now.

    :raises SupersededError: when the attempt no longer holds the turn.
    """
    duplicate = deps.ledger.live_duplicate(row) if live else None
    if duplicate is not None:
        deps.ledger.mark_duplicate(row.id, attempt)
    return duplicate


def check_empty(deps: Deps, row: Load, detection: Detection) -> None:
    """:raises DataError: when the load would empty a table that has rows and must not become empty."""
    if detection.scan.rows or row.load_type is not LoadType.FULL:
        return
    if deps.rules(row.table_name).allow_empty_full_load or not _has_rows(deps, row):
        return
    raise DataError(
        f"The file has no rows, and a full load would empty {row.table_name}",
        where=row.file_name,
        advice="Drop a file with rows, or set allow_empty_full_load for this table if it is meant to become empty.",
    )


def _has_rows(deps: Deps, row: Load) -> bool:
    target = deps.target(row)
    if deps.warehouse.table(target) is None:
        return False
    with deps.warehouse.transaction(write=False) as session:
        return bool(session.query(publishing.has_rows(target).sql)[0][0])


def better_tables(deps: Deps, live: Table, scanned: Sequence[ScannedColumn]) -> tuple[str, ...]:
    """The other tables that suit a file better, by their names."""
    columns = scanned
    own = matching.match_table(columns, live)
    tables = deps.warehouse.tables(deps.settings.ref_schema)
    matches = matching.better_tables(columns, own, tables, least=deps.settings.min_column_match)
    return tuple(match.table.name for match in matches[:MOST_NAMED])


def _renames(live: Table, scanned: Sequence[ScannedColumn]) -> tuple[str, ...]:
    renames = matching.match_table(scanned, live).renames
    return tuple(f"{one.source} → {one.column}" for one in renames)
