"""The publish transaction, the same for every engine: fence, version, replace or add, check, mark."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core import publishing
from refdata.core.deltaplan import NewRows
from refdata.core.errors import DataError, LockTimeoutError, SupersededError
from refdata.core.loadstates import PUBLISHED
from refdata.core.model import FileStatus, Publication, Published, RowCounts, Table, TableName
from refdata.core.publishing import PublishCheck
from refdata.core.settings import Settings
from refdata.core.statement import Statement
from refdata.warehouse.base import Session, Warehouse
from refdata.warehouse.delta import DeltaChange, other_rows


def publish_rows(
    warehouse: Warehouse,
    session: Session,
    request: Publication,
    live: Table,
    source: str,
    settings: Settings,
    checks: Sequence[PublishCheck] = (),
) -> Published:
    """Runs within ``session``'s transaction, which the caller commits.

    :param source: the stage table's quoted name.
    :raises SupersededError: when another attempt has the load.
    :raises DataError: when the rows published are not the rows staged.
    """
    done = _already_published(warehouse, session, request)
    if done is not None:
        return done
    _check_rules(session, request, checks)
    table = request.stage.table
    version = int(session.query(warehouse.statement("select_latest_version"), (table.name,))[0][0])
    as_delta = publishing.keeps_delta(request, settings, version)
    copy = publishing.keep_version(table, live.columns, settings.bkp_schema, version)
    if publishing.replaces(request) and not as_delta:
        _run(session, copy)
    keeps = version if as_delta else None
    delta = DeltaChange(warehouse, session, NewRows.staged(request, source), request.rows, live, settings, keeps)
    counts = delta.upsert() if request.upsert else delta.replace() if publishing.replaces(request) else None
    if counts is None:
        if as_delta:
            _run(session, copy)
        _insert_all(warehouse, session, request, source, settings)
    _mark(warehouse, session, request, version + 1, counts, as_delta=as_delta and counts is not None)
    _remember(warehouse, session, request, version + 1)
    return Published(request.rows, version + 1, counts)


def require_empty(session: Session, table: TableName) -> None:
    """:raises DataError: when the table has rows."""
    if session.query(publishing.has_rows(table).sql)[0][0]:
        raise DataError(
            f"{table} has rows by now", where=str(table), advice="Nothing: it is used, so it is not removed."
        )


def _insert_all(warehouse: Warehouse, session: Session, request: Publication, source: str, settings: Settings) -> None:
    """Inserts the staged rows, in an emptied table where they replace the others."""
    warehouse.hold_readers(session, request.stage.table)
    if publishing.replaces(request):
        _run(session, warehouse.capabilities.empty_table(request.stage.table, settings.publish_method))
    engine, key = warehouse.capabilities, request.key.columns if request.key else ()
    insert = publishing.insert_rows(request, source, engine.whole(request.stage.table), engine.stored_order(key))
    rows = _run(session, insert)
    if rows != request.rows:
        raise other_rows(request.stage.table, request.rows, rows)


def _already_published(warehouse: Warehouse, session: Session, request: Publication) -> Published | None:
    """The publication of this attempt before a crash; None if it has not published yet.

    :raises SupersededError: when the load is no longer this attempt's.
    """
    stage = request.stage
    rows_found = session.query(warehouse.statement("select_publication"), (stage.load_id,))
    status, attempt, rows, version, *split = rows_found[0] if rows_found else ("", 0, 0, 0, None)
    if attempt == stage.attempt and status in PUBLISHED:
        return Published(int(rows), int(version), RowCounts(*map(int, split)) if split[0] is not None else None)
    if attempt == stage.attempt and status == FileStatus.PROCESSING:
        return None
    raise _superseded(request)


def _check_rules(session: Session, request: Publication, checks: Sequence[PublishCheck]) -> None:
    """:raises LockTimeoutError: when another load changed what the rows refer to since they were checked."""
    for check in checks:
        if rows := len(session.query(check.statement.sql, check.statement.values)):
            raise LockTimeoutError(
                f"{rows} rows that were checked break a rule now: {check.words}; another load changed that table",
                where=str(request.stage.table),
                advice="Nothing: the step is retried, and the rows are checked again.",
            )


def _run(session: Session, statement: Statement) -> int:
    return session.execute(statement.sql, statement.values)


def _mark(
    warehouse: Warehouse,
    session: Session,
    request: Publication,
    version: int,
    counts: RowCounts | None,
    *,
    as_delta: bool,
) -> None:
    stage = request.stage
    split = (counts.inserted, counts.updated, counts.unchanged) if counts else (None, None, None)
    figures = (request.rows, *split, as_delta, request.rejected, version, request.method, request.loaded_at)
    values = (*figures, stage.load_id, stage.attempt)
    if session.execute(warehouse.statement("mark_loaded"), values) != 1:
        raise _superseded(request)


def _remember(warehouse: Warehouse, session: Session, request: Publication, version: int) -> None:
    """Stores what the load showed about the table's files beside the version that it made."""
    if request.contract:
        stage = request.stage
        values = (stage.table.name, version, stage.load_id, request.loaded_at, request.contract)
        session.execute(warehouse.statement("insert_contract"), values)


def _superseded(request: Publication) -> SupersededError:
    return SupersededError(
        f"This attempt of load {request.stage.load_id} no longer holds its turn, so it stopped",
        where=str(request.stage.table),
        advice="Nothing: a newer attempt of the same load continues.",
    )
