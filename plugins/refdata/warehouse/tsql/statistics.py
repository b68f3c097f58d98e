"""Updates a table's statistics after a publish that changed much of it, so that no reader's query has to wait for that.

The server updates them by itself when a query needs them, once enough rows have changed; until then its plans are made
for the rows before, and the query that comes first waits.
https://learn.microsoft.com/sql/relational-databases/statistics/statistics
"""

from __future__ import annotations

import logging

from refdata.core.changeshare import changed_share
from refdata.core.errors import RefdataError
from refdata.core.model import Publication, Published
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.warehouse.base import Session, Statements, Warehouse
from refdata.warehouse.tsql.clustering import Edition

_log = logging.getLogger("refdata.warehouse")


def after(done: Published, request: Publication, warehouse: Warehouse, settings: Settings) -> Published:
    """Updates the statistics in a transaction of its own; the rows are published whatever comes of it.

    :returns: ``done``.
    """
    if settings.statistics_share < 1:
        try:
            with warehouse.transaction() as session:
                update(session, warehouse.statement, request, done, settings.statistics_share)
        except RefdataError as error:
            _log.warning("The statistics of %s were not updated: %s", request.stage.table, error.reason)
    return done


def update(session: Session, statement: Statements, request: Publication, published: Published, least: float) -> None:
    """Updates the statistics where more than ``least`` of the rows changed.

    Babelfish has no such statement: PostgreSQL's autovacuum does it.
    """
    table = request.stage.table
    rows = int(session.query(statement("select_row_count"), (table.schema, table.name))[0][0])
    share = changed_share(request, published, rows)
    if share <= least or Edition.of(session, statement).is_babelfish:
        return
    session.execute(f"UPDATE STATISTICS {qualified(table)}")
    _log.info("Updated the statistics of %s: %.0f %% of its rows changed", table, 100 * share)
