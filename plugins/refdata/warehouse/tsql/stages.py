"""Where stage tables are: in a schema of their own, which readers need no right to see.

Where that schema does not exist or the login may not use it (in a database of an earlier release, until ``refdata
init-db`` runs), they are beside their tables, as in earlier releases; those are found and swept too.
"""

from __future__ import annotations

import logging

from refdata.core.model import Stage, TableName
from refdata.core.naming import parse_stage_name
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.sqlfiles import stage_schema
from refdata.warehouse.base import Session, Statements
from refdata.warehouse.tsql import ddl

_log = logging.getLogger("refdata.warehouse")


class StagePlaces:
    """Finds the places of stage tables for one database."""

    def __init__(self, settings: Settings, statement: Statements) -> None:
        self._own = stage_schema(settings)
        self._ref = settings.ref_schema
        self._statement = statement

    def new(self, session: Session, stage: Stage) -> TableName:
        """The place of a stage table that is to be created."""
        rows = session.query(self._statement("select_stage_schema"))
        if rows and rows[0][0]:
            return TableName(self._own, stage.name)
        advice = "`refdata init-db` creates it, and the grant scripts in include/sql/mssql give the rights"
        _log.info("Stage tables are in %s: the login cannot use the schema %s; %s", self._ref, self._own, advice)
        return TableName(stage.table.schema, stage.name)

    def of(self, session: Session, stage: Stage) -> TableName:
        """The place of a stage table: beside its table where it is not in the schema for stages."""
        own = TableName(self._own, stage.name)
        rows = session.query(self._statement("select_table_exists"), (qualified(own),))
        return own if rows and rows[0][0] else TableName(stage.table.schema, stage.name)

    def drop(self, session: Session, stage: Stage) -> None:
        """Drops a stage table wherever it is."""
        for schema in dict.fromkeys((self._own, stage.table.schema)):
            session.execute(ddl.drop_table(TableName(schema, stage.name)))

    def all(self, session: Session) -> tuple[Stage, ...]:
        """All stage tables, also those of earlier releases."""
        listing = self._statement("select_tables")
        schemas = dict.fromkeys((self._own, self._ref))
        names = [str(row[0]) for schema in schemas for row in session.query(listing, (schema,))]
        parsed = dict.fromkeys(filter(None, map(parse_stage_name, names)))
        return tuple(Stage(TableName(self._ref, table), load_id, attempt) for table, load_id, attempt in parsed)
