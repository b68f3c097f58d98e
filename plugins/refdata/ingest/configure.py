"""Fourth step: the reference table's row in ``Reference_Data_Cfg``."""

from __future__ import annotations

from contextlib import AbstractContextManager

from refdata.core.errors import RefdataError
from refdata.core.model import FileStatus
from refdata.ingest.context import Deps, Loaded, on_one_connection
from refdata.warehouse.base import Session

CREATED_BY = "refdata"
"""``created_by`` of the rows that loads write."""


@on_one_connection
def write_config(deps: Deps, loaded: Loaded) -> str:
    """Inserts the row once and updates it when a value differs; only people set ``is_enabled``.

    Returns what was done: ``inserted``, ``updated``, ``unchanged`` or ``no reference table``.
    """
    with _configuring(deps, loaded.table) as session:
        row = deps.ledger.get_in(session, loaded.load_id)
        if row is None or not row.is_reference_data:
            return "no reference table"
        done = _upsert(deps, session, row.table_name)
        deps.ledger.mark_configured(session, row.id)
    return done


def has_nothing_to_configure(deps: Deps, loaded: Loaded) -> bool:
    """Whether both ``write_config`` and ``run_post_load`` would do nothing after a load.

    What counts is the table's class, which the load's row has, and not the folder in which the file was dropped.
    """
    try:
        if deps.rules(loaded.table).post_load_procedure:
            return False
        row = deps.ledger.get(loaded.load_id)
    except RefdataError as error:
        # The rows are in the table: the step that published them must not fail any more.
        deps.log.warning("Whether there is something to register is not known: %s", error)
        return False
    return row is None or not row.is_reference_data


def run_post_load(deps: Deps, loaded: Loaded) -> RefdataError | None:
    """Calls the table's ``post_load_procedure``; returns its error, which is reported but never undoes the load.

    The procedure gets those of ``table_name``, ``load_id`` and ``version_id`` that it declares. It may be called
    again when the step is repeated after a crash.
    """
    procedure = deps.rules(loaded.table).post_load_procedure
    row = deps.ledger.get(loaded.load_id) if procedure and loaded.status is FileStatus.LOADED else None
    if row is None:
        return None
    values = {"table_name": loaded.table, "load_id": loaded.load_id, "version_id": loaded.version}
    try:
        deps.warehouse.call_procedure(procedure, values)
    except RefdataError as error:
        deps.log.warning("Post-load procedure %s failed: %s", procedure, error)
        deps.ledger.add_warnings(row, (f"The rows are loaded, but the post-load procedure failed: {error}",))
        return error
    deps.log.info("Post-load procedure %s done", procedure)
    return None


def wanted_config(deps: Deps, table: str) -> tuple[str | None, str, str, str]:
    """``sp_name``, ``source_db``, ``source_schema`` and ``source_table`` of a table's row."""
    database = deps.settings.source_db or deps.warehouse.database
    return deps.rules(table).post_load_procedure or None, database, deps.settings.ref_schema, table


def upsert_config(deps: Deps, table: str) -> str:
    """Inserts or updates a table's row: ``inserted``, ``updated`` or ``unchanged``."""
    with _configuring(deps, table) as session:
        return _upsert(deps, session, table)


def _configuring(deps: Deps, table: str) -> AbstractContextManager[Session]:
    return deps.warehouse.transaction(lock=f"refdata config {table}")


def _upsert(deps: Deps, session: Session, table: str) -> str:
    wanted = wanted_config(deps, table)
    entries = session.query(deps.warehouse.statement("select_config"), (table,))
    if not entries:
        values = (table, *wanted, deps.clock(), CREATED_BY)
        session.execute(deps.warehouse.statement("insert_config"), values)
        return "inserted"
    if tuple(entries[0][:4]) == wanted:
        return "unchanged"
    session.execute(deps.warehouse.statement("update_config"), (*wanted, deps.clock(), table))
    return "updated"
