"""``Reference_Data_Closed``: the tables that people retired, renamed or deleted."""

from __future__ import annotations

from refdata.core.closedtables import Closed, ClosedTable, Closure, former_names
from refdata.warehouse.base import Row, Session, Warehouse, moment
from refdata.warehouse.schema import read_if_current


class ClosedStore:
    """The list in a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def all(self) -> Closed:
        """The closed tables by name; none where refdata's own tables are missing, or are from an earlier release."""
        return read_if_current(self._warehouse, self.all_in, {})

    def all_in(self, session: Session) -> Closed:
        """``all`` within a transaction."""
        return {one.table_name: one for one in map(_closed, session.query(self._warehouse.statement("select_closed")))}

    def names_of(self, table: str) -> tuple[str, ...]:
        """The table's name, and those it had before it was renamed."""
        return (table, *sorted(former_names(self.all(), table)))

    def close_in(self, session: Session, closed: ClosedTable) -> None:
        """Adds a table, or replaces its entry."""
        self.open_in(session, closed.table_name)
        values = (closed.table_name, closed.state.value, closed.new_name, closed.closed_at, closed.closed_by)
        session.execute(self._warehouse.statement("insert_closed"), (*values, closed.reason))

    def open_in(self, session: Session, table: str) -> None:
        """Removes a table's entry, if it has one."""
        session.execute(self._warehouse.statement("delete_closed"), (table,))


def _closed(line: Row) -> ClosedTable:
    name, state, new_name, at, by, reason = line
    return ClosedTable(name, Closure(state), new_name, moment(at), by, reason)
