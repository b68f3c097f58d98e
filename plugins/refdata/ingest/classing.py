"""Gives a load the class of its table, reference or other, whatever folder its file was dropped in."""

from __future__ import annotations

from dataclasses import replace

from refdata.core.errors import SupersededError
from refdata.core.model import DroppedFile, Load, TableName
from refdata.core.naming import fold_name
from refdata.core.tableclass import class_warning, require_same_load
from refdata.ingest.context import Deps
from refdata.warehouse.base import Row, Session


def with_table_class(deps: Deps, file: DroppedFile, row: Load, attempt: int) -> Load:
    """The load's row with the class of its table; a file in the folder of the other class gets a warning.

    The class is decided under the table's turn, because a load that is just ending may create the table.

    :raises DataError: when the file would replace a table of the other class that was only appended to.
    :raises SupersededError: when the attempt no longer holds the turn.
    """
    known = table_class(deps, row.table_name)
    is_reference = file.is_reference_data if known is None else known
    warning = class_warning(file, row.table_name, is_reference=is_reference)
    if warning is not None:
        require_same_load(file, row.table_name, [one.kind for one in deps.ledger.versions(row.table_name)])
    if row.is_reference_data is not is_reference:
        _record(deps, row, attempt, is_reference=is_reference)
        row = replace(row, is_reference_data=is_reference)
    if warning is not None and warning not in row.warnings:
        deps.log.warning("%s", warning)
        deps.ledger.add_warnings(row, (warning,))
        row = replace(row, warnings=(*row.warnings, warning))
    return row


def table_class(deps: Deps, table: str) -> bool | None:
    """Whether a table is reference data; None for one that refdata does not know."""
    with deps.warehouse.transaction(write=False) as session:
        return _is_reference(deps, session, table)


def _is_reference(deps: Deps, session: Session, table: str) -> bool | None:
    """Whether a table is registered, or its live version was loaded as reference data; None for a new table."""
    register = session.query(deps.warehouse.statement("select_config"), (table,))
    if any(_is_about(deps, entry, table) for entry in register):
        return True
    live = session.query(deps.warehouse.statement("select_table_class"), (table, table))
    return bool(live[0][0]) if live else None


def _is_about(deps: Deps, entry: Row, table: str) -> bool:
    """Whether a row of the register means a table here; people also register tables of other databases."""
    _, database, schema, name, _ = entry
    here = deps.settings.source_db or deps.warehouse.database
    meant = TableName(schema or deps.settings.ref_schema, name or table)
    return fold_name(database or here) == fold_name(here) and fold_name(str(meant)) == fold_name(str(deps.live(table)))


def _record(deps: Deps, row: Load, attempt: int, *, is_reference: bool) -> None:
    with deps.warehouse.transaction() as session:
        changed = session.execute(deps.warehouse.statement("set_load_class"), (is_reference, row.id, attempt))
    if changed != 1:
        raise SupersededError(
            f"Load {row.id} no longer has its table's turn",
            where=row.file_path,
            advice="Nothing: a newer attempt of the same load continues.",
        )
