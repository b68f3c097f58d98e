"""Gives a table the unique index of its declared key, and takes it away where the next rows would not fit it.

Neither stops a load: the contract's own rule on the key does not need the index. A missing one is reported where the
ledger says what a load changed in its table, and as a warning when it is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from refdata.core import keyindex
from refdata.core.alignment import Alignment, NewTable, describe
from refdata.core.contract import Contract
from refdata.core.contractterms import LoadMode
from refdata.core.indexes import KeyChange
from refdata.core.model import Load, LoadType, RowKey, Stage, Table
from refdata.core.naming import fold_name
from refdata.core.publishing import qualified
from refdata.core.sqltypes import TypeKind
from refdata.core.tablediff import Rows
from refdata.ingest.context import Deps
from refdata.warehouse.keys import index_problem


def align_key(deps: Deps, row: Load, contract: Contract, plan: Alignment) -> KeyChange:
    """Gives the aligned table its index; returns what was done, which the ledger records."""
    if plan.create:
        return KeyChange()
    key = keyindex.index_key(contract, plan.columns)
    change = deps.warehouse.align_key(plan.table, key)
    if change.done or change.problem:
        problem = _missing(key, change.problem) if change.problem else ""
        _record(deps, row, describe(plan), tuple(filter(None, (change.done, problem))), problem)
    return change


def new_table(deps: Deps, row: Load, contract: Contract, plan: Alignment, stage: Stage) -> NewTable | None:
    """The table that the publish creates, with the index of its key if the staged rows fit it; None if it exists."""
    if not plan.create:
        return None
    key = keyindex.index_key(contract, plan.columns)
    if not key:
        return NewTable(plan)
    table = Table(plan.table, plan.columns)
    collation = partial(deps.warehouse.collation, plan.table, key)
    with deps.warehouse.reading_stage(stage) as (session, source):
        reason = index_problem(session, deps.warehouse.capabilities, table, key, Rows(source, plan.columns), collation)
    problem = _missing(key, reason) if reason else ""
    _record(deps, row, describe(plan), (problem or f"create a unique index on {', '.join(key)}",), problem)
    return NewTable(plan, () if reason else key)


def make_room(deps: Deps, row: Load, contract: Contract, plan: Alignment, stage: Stage) -> None:
    """Drops the index where the staged keys are distinct by the contract, but equal by the table's collation."""
    key = keyindex.index_key(contract, plan.columns)
    texts = [column for column in plan.columns if column.name in key and column.type.kind is TypeKind.NVARCHAR]
    if plan.create or not texts or deps.warehouse.capabilities.indexes_exactly:
        return
    rows = [] if row.load_type is LoadType.FULL else [Rows(qualified(plan.table), plan.columns)]
    with deps.warehouse.changing_stage(stage) as (session, source):
        values = deps.warehouse.release_key(session, plan.table, [Rows(source, ()), *rows])
    if values:
        problem = _missing(key, keyindex.collation_problem(values, deps.warehouse.collation(plan.table, key)))
        _record(deps, row, describe(plan), (f"drop the unique index on {', '.join(key)}", problem), problem)


def row_key(contract: Contract, keys: Sequence[str], brought: Sequence[str]) -> RowKey | None:
    """The columns that identify a row: the primary key, or the keys for comparing versions; None if the file lacks one.

    >>> row_key(Contract(table="t", primary_key=("code",)), (), ("code", "n")).columns
    ('code',)
    """
    names = contract.primary_key or tuple(keys)
    known = {fold_name(name) for name in brought}
    if not names or {fold_name(name) for name in names} - known:
        return None
    return RowKey(names, bool(contract.key_ignores_case), bool(contract.key_ignores_trailing_blanks))


def upserts(contract: Contract, row: Load) -> bool:
    """Whether the load's rows replace those of the same key."""
    return row.load_type is LoadType.APPEND and contract.load is LoadMode.UPSERT


def _missing(key: tuple[str, ...], reason: str) -> str:
    return f"The key ({', '.join(key)}) has no unique index in the database: {reason}."


def _record(deps: Deps, row: Load, planned: str, words: tuple[str, ...], problem: str) -> None:
    """Adds the words to the load's changes; warns of a problem that the table's last load did not have."""
    with deps.warehouse.transaction(write=False) as session:
        own, before = session.query(deps.warehouse.statement("select_known_changes"), (row.id,))[0]
    known = str(own or planned)
    new = [one for one in words if one not in known]
    if new:
        deps.ledger.record_table_changes(row.id, "; ".join((known, *new)), any_change=True)
    current = deps.ledger.get(row.id) or row
    if problem and problem not in (before or "") and problem not in current.warnings:
        deps.log.warning("%s", problem)
        deps.ledger.add_warnings(current, (problem,))
