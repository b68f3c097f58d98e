"""The part of the T-SQL warehouse that reads and changes tables: columns, keys, indexes, storage."""

from __future__ import annotations

import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from refdata.core import alignment
from refdata.core.alignment import Alignment, Widening
from refdata.core.collations import Collation
from refdata.core.errors import LockTimeoutError, PermanentError
from refdata.core.indexes import DatabaseUser, KeyChange, ReferringKey, UniqueIndex
from refdata.core.model import Table, TableName
from refdata.core.naming import backup_name, fold_name, parse_stage_name
from refdata.core.owntables import own_tables
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.core.storage import StorageReport
from refdata.core.tablediff import Rows
from refdata.warehouse.base import NO_TEXTS, Session
from refdata.warehouse.keys import align_index, index_attempt
from refdata.warehouse.tsql import aligning, clustering, ddl, equalnames, guards, keys, locks, storage, types
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.driver import TsqlSession
from refdata.warehouse.tsql.retyping import retype_columns
from refdata.warehouse.tsql.types import CatalogColumn


class TsqlTables(ABC):
    """See ``warehouse.base.Warehouse``; the rest of it is in ``TsqlWarehouse``."""

    capabilities = TsqlCapabilities()

    def __init__(self, settings: Settings, sleep: Callable[[float], None]) -> None:
        self._settings = settings
        self._sleep = sleep
        self._log = logging.getLogger("refdata.warehouse")

    @abstractmethod
    def statement(self, name: str) -> str:
        """See ``Warehouse.statement``."""

    @abstractmethod
    def transaction(
        self, *, write: bool = True, lock: str | None = None
    ) -> contextlib.AbstractContextManager[TsqlSession]:
        """See ``Warehouse.transaction``."""

    def table(self, name: TableName) -> Table | None:
        """See ``Warehouse.table``."""
        with self.transaction(write=False) as session:
            return self._table(session, name)

    def tables(self, schema: str) -> tuple[Table, ...]:
        """See ``Warehouse.tables``."""
        own = {fold_name(name) for name in own_tables(self._settings)}
        with self.transaction(write=False) as session:
            names = [name for name in self._names(session, schema) if fold_name(name) not in own]
            tables = [self._table(session, TableName(schema, name)) for name in names if not parse_stage_name(name)]
        return tuple(table for table in tables if table is not None)

    def align(self, plan: Alignment) -> None:
        """See ``Warehouse.align``."""
        try:
            return self._align(plan, compress=plan.create)
        except PermanentError as error:
            if not plan.create:
                raise
            self._log.info("%s is created without page compression: %s", plan.table, error.what)
        return self._align(plan, compress=False)

    def _align(self, plan: Alignment, *, compress: bool) -> None:
        if not plan.create and not plan.retype:
            self._align_backup(plan)

        def change(session: TsqlSession) -> None:
            keys.drop_before_change(session, self.statement, plan.table, plan.widen)
            self.retype(session, plan.table, plan.retype)
            aligning.align_tables(session, self.statement, plan, self._settings.bkp_schema, compress=compress)

        self._change(plan.table, plan.table, change)

    def _align_backup(self, plan: Alignment) -> None:
        """Changes the version table first, in its own transaction: it may be large, and readers wait for the live one.

        A crash in between leaves a version table that is wider than the live one, which serves both.
        """
        backup = TableName(self._settings.bkp_schema, backup_name(plan.table.name))
        columns = alignment.backup_columns(plan.columns)

        def change(session: TsqlSession) -> None:
            aligning.align_columns(session, self.statement, backup, columns, compress=False)

        self._change(plan.table, backup, change)

    def _change(self, table: TableName, changed: TableName, change: Callable[[TsqlSession], None]) -> None:
        """Changes a table's columns in a transaction that waits for readers in short turns.

        ALTER TABLE waits for whoever reads the table, and who comes later queues behind it, even under
        READ_COMMITTED_SNAPSHOT.
        """
        wait, timeout = self._settings.publish_lock_wait, self._settings.lock_timeout
        for is_last, pause in locks.turns(wait, timeout):
            begun = False
            try:
                with guards.change_of(changed), self.transaction(lock=locks.table_lock(table)) as session:
                    begun = True
                    session.execute(locks.wait_at_most(min(wait, timeout)))
                    change(session)
                    session.execute(locks.wait_at_most(timeout))
            except LockTimeoutError:
                if is_last or not begun:
                    raise
                self._sleep(pause)
            else:
                return

    def discard_empty(self, table: TableName) -> None:
        """See ``Warehouse.discard_empty``."""
        with guards.change_of(table), self.transaction(lock=locks.table_lock(table)) as session:
            aligning.drop_empty(session, self.statement, table, self._settings.bkp_schema)

    def retype(
        self, session: Session, table: TableName, changes: Sequence[Widening], texts: Mapping[str, str] = NO_TEXTS
    ) -> None:
        """See ``Warehouse.retype``."""
        keys.drop_before_change(session, self.statement, table, changes)
        for name in (table, TableName(self._settings.bkp_schema, backup_name(table.name))) if changes else ():
            live = [types.column(entry) for entry in self._catalog(session, name)]
            retype_columns(session, self.capabilities, name, live, changes, texts)

    def align_key(self, table: TableName, key: Sequence[str]) -> KeyChange:
        """See ``Warehouse.align_key``."""
        with index_attempt() as attempt, self.transaction(lock=locks.table_lock(table)) as session:
            live = self._table(session, table)
            indexes = keys.unique_indexes(session, self.statement, table)
            if live is not None:
                online = bool(key) and clustering.Edition.of(session, self.statement).online
                clustered = bool(key) and keys.may_cluster(session, self.statement, live, key)
                attempt.result = align_index(
                    session,
                    self.capabilities,
                    live,
                    key,
                    indexes,
                    online=online,
                    clustered=clustered,
                    collation=partial(self.collation, table, key),
                )
        return attempt.result

    def storage(self) -> StorageReport:
        """See ``Warehouse.storage``."""
        try:
            with self.transaction(write=False) as session:
                return storage.report(session, self.statement)
        except PermanentError as error:
            return StorageReport(unknown=f"The server does not say: {error.what}")

    def cluster(self, table: TableName) -> str:
        """See ``Warehouse.cluster``. What the server refuses with an edition's options is done without them."""
        lock = locks.table_lock(storage.live_table(table, self._settings))
        with contextlib.suppress(PermanentError), self.transaction(lock=lock) as session:
            return storage.cluster(session, self.statement, self._table(session, table), plain=False)
        with self.transaction(lock=lock) as session:
            return storage.cluster(session, self.statement, self._table(session, table), plain=True)

    def unique_indexes(self, session: Session, table: TableName) -> tuple[UniqueIndex, ...]:
        """See ``Warehouse.unique_indexes``."""
        return keys.unique_indexes(session, self.statement, table)

    def referring_keys(self, session: Session, table: TableName) -> tuple[ReferringKey, ...]:
        """See ``Warehouse.referring_keys``."""
        return keys.referring_keys(session, self.statement, table)

    def users(self, session: Session, table: TableName) -> tuple[DatabaseUser, ...]:
        """See ``Warehouse.users``."""
        named = (table.schema, table.name)
        rows = session.query(self.statement("select_dependents"), named * 2)
        words = ((str(kind).replace("_", " ").lower(), f"{schema}.{name}") for schema, name, kind in rows)
        return tuple(DatabaseUser(kind, name) for kind, name in words)

    def rename(self, session: Session, table: TableName, new_name: str) -> None:
        """See ``Warehouse.rename``. The names of indexes do not contain the table's."""
        with guards.change_of(table):
            for name, new in zip(self._both(table), (new_name, backup_name(new_name)), strict=True):
                if self._catalog(session, name):
                    session.execute(self.statement("rename_table"), (qualified(name), new))

    def drop(self, session: Session, table: TableName) -> None:
        """See ``Warehouse.drop``."""
        with guards.change_of(table):
            for name in self._both(table):
                session.execute(ddl.drop_table(name))

    def _both(self, table: TableName) -> tuple[TableName, TableName]:
        """A live table and its version table."""
        return table, TableName(self._settings.bkp_schema, backup_name(table.name))

    def collation(self, table: TableName, columns: Sequence[str]) -> Collation | None:
        """See ``Warehouse.collation``. Babelfish's catalog does not name that of a column."""
        names = {fold_name(name) for name in columns}
        with self.transaction(write=False) as session:
            own = [one.collation for one in self._catalog(session, table) if fold_name(one.name) in names]
            database = str(session.query(self.statement("select_collation"))[0][0])
        return Collation(next(filter(None, own), database))

    def equal_names(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """See ``Warehouse.equal_names``. Names in ASCII differ for every collation if they differ in more than case."""
        if all(name.isascii() for name in names):
            return ()
        with self.transaction(write=False) as session:
            return equalnames.pairs(session, names)

    def release_key(self, session: Session, table: TableName, rows: Sequence[Rows]) -> int:
        """See ``Warehouse.release_key``."""
        return keys.release_index(session, self.statement, table, self._catalog(session, table), rows)

    def _table(self, session: Session, name: TableName) -> Table | None:
        return aligning.table_of(session, self.statement, name)

    def _catalog(self, session: Session, name: TableName) -> list[CatalogColumn]:
        return aligning.catalog(session, self.statement, name)

    def _names(self, session: TsqlSession, schema: str) -> list[str]:
        return [str(row[0]) for row in session.query(self.statement("select_tables"), (schema,))]
