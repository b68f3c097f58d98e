"""Finds the columns that have never had a value: they are text only because nothing showed what they contain.

The first values that a later file brings decide their type, without a question, because nothing is lost. A text column
that somebody declared, or that a table had before refdata loaded it, stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

from refdata.contractstore import ContractStore
from refdata.core import publishing
from refdata.core.contract import Contract
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Table, TableName
from refdata.core.naming import backup_name
from refdata.core.sqltypes import TypeKind
from refdata.ingest.context import Deps


def empty_columns(deps: Deps, table: str, live: Table | None, scanned: Sequence[ScannedColumn]) -> tuple[str, ...]:
    """The text columns of the live table that no load has given a value, and that the file gives values of a type."""
    names = [column.name for column in scanned if live is not None and _is_candidate(live, column)]
    if not names or live is None:
        return ()
    learned, declared = ContractStore(deps.warehouse).learned(table), deps.contract(table)
    untyped = [name for name in names if learned and _is_untyped(learned, declared, name)]
    return tuple(name for name in untyped if not _has_values(deps, live.name, name))


def _is_candidate(live: Table, column: ScannedColumn) -> bool:
    old = live.column(column.name)
    if old is None or column.type is None or column.type.kind is TypeKind.NVARCHAR:
        return False
    return old.type.kind is TypeKind.NVARCHAR and old.native is None and old.nullable


def _is_untyped(learned: Contract, declared: Contract, name: str) -> bool:
    """Whether the loads had the column, and neither they nor people know its type."""
    shown, stated = learned.column(name), declared.column(name)
    if shown is None or shown.type is not None or shown.sql_type is not None:
        return False
    return stated is None or (stated.type is None and stated.sql_type is None)


def _has_values(deps: Deps, live: TableName, column: str) -> bool:
    """Whether a row of the table, or of one of its versions, has a value in the column."""
    backup = TableName(deps.settings.bkp_schema, backup_name(live.name))
    kept = deps.warehouse.table(backup)
    tables = [live, *([backup] if kept and kept.column(column) else [])]
    with deps.warehouse.transaction(write=False) as session:
        return any(session.query(publishing.has_values(name, column).sql)[0][0] for name in tables)
