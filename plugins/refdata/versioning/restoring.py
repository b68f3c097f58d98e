"""Makes the rows of a kept version live again, by changing only what differs where a load would do the same."""

from __future__ import annotations

from dataclasses import dataclass

from refdata.core import publishing
from refdata.core.deltaplan import NewRows
from refdata.core.model import Column, RowKey, Table
from refdata.core.naming import fold_name, quote
from refdata.core.settings import Settings
from refdata.core.statement import Statement
from refdata.core.tablediff import Rows
from refdata.warehouse.base import Session, Warehouse
from refdata.warehouse.delta import DeltaChange

_RESTORED = "refdata_restored"
"""The temporary table with the version's rows."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """One rollback within its transaction, after the live rows were kept as a version.

    ``rows`` are those of the version, in the version table. ``cause`` names the rollback in messages.
    """

    warehouse: Warehouse
    session: Session
    live: Table
    settings: Settings
    rows: Rows
    key: RowKey | None
    cause: str

    def run(self) -> int:
        """Restores the rows, each with the load that it came from; returns their number.

        :raises DataError: when a foreign key of another table forbids it.
        """
        columns = self._columns()
        # An undo is always possible: the next load says whether the table can have the index again.
        self.warehouse.release_key(self.session, self.live.name, [self.rows])
        if (count := self._by_difference(columns)) is not None:
            return count
        self.warehouse.hold_readers(self.session, self.live.name)
        self._run(self.warehouse.capabilities.empty_table(self.live.name, self.settings.publish_method))
        rows = self.rows
        return self._run(publishing.restore_rows(self.live.name, columns, rows.source, rows.where, rows.values))

    def _columns(self) -> tuple[Column, ...]:
        kept = {fold_name(column.name) for column in self.rows.columns}
        return tuple(column for column in self.live.columns if fold_name(column.name) in kept)

    def _by_difference(self, columns: tuple[Column, ...]) -> int | None:
        """The number of rows that the table has then; None where all rows have to be replaced."""
        engine, names = self.warehouse.capabilities, tuple(column.name for column in columns)
        source = engine.temporary(_RESTORED)
        new = NewRows(source, _RESTORED, names, None, self.key, is_temporary=True)
        change = DeltaChange(self.warehouse, self.session, new, 0, self.live, self.settings, cause=self.cause)
        if not change.is_wanted():
            return None
        drop = Statement(f"DROP TABLE IF EXISTS {source}")
        chosen = ", ".join(quote(name) for name in names)
        where = f" WHERE {self.rows.where}" if self.rows.where else ""
        copied = engine.copy_rows(_RESTORED, f"SELECT {chosen} FROM {self.rows.source}", where, self.rows.values)
        for statement in (drop, *copied):
            self._run(statement)
        count = int(self.session.query(f"SELECT COUNT(*) FROM {source}")[0][0])
        counts = change.counting(count).replace()
        self._run(drop)
        return None if counts is None else count

    def _run(self, statement: Statement) -> int:
        return self.session.execute(statement.sql, statement.values)
