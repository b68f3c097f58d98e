"""The warehouse on T-SQL: the interface of ``warehouse.base``, whatever the driver."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote as percent_encoded

import pyarrow as pa

from refdata.core import alignment
from refdata.core.alignment import Alignment, Widening
from refdata.core.backoff import delays
from refdata.core.diagnosis import Diagnosis
from refdata.core.errors import (
    CancelledError,
    ConnectionLostError,
    DeadlockError,
    PermissionDeniedError,
)
from refdata.core.keyindex import KeyChange, ReferringKey, UniqueIndex
from refdata.core.model import Column, Publication, Published, Stage, Table, TableName
from refdata.core.naming import backup_name, fold_name, parse_stage_name
from refdata.core.publishing import PublishCheck, qualified, turn_lock
from refdata.core.schemasteps import FIRST_SCRIPT, LATEST, STEPS, SchemaChange
from refdata.core.settings import SCHEMA_TABLE, Settings, own_tables
from refdata.core.tablediff import Rows
from refdata.core.validation import Verdict, read_verdict
from refdata.sqlfiles import SqlFiles
from refdata.warehouse import schema
from refdata.warehouse.base import NO_TEXTS, Session, StageProgress
from refdata.warehouse.keys import align_index, index_attempt
from refdata.warehouse.publish import publish_rows
from refdata.warehouse.tsql import ddl, guards, keys, locks, procedures, types
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.diagnose import diagnose
from refdata.warehouse.tsql.driver import Connection, Driver, TsqlSession, translated
from refdata.warehouse.tsql.pool import ConnectionPool, shared_pool
from refdata.warehouse.tsql.retyping import retype_columns
from refdata.warehouse.tsql.staging import Loader, fill_stage
from refdata.warehouse.tsql.types import CatalogColumn, catalog_column

SCHEMA_SCRIPTS = ("create_schema_ref", "create_schema_bkp")
INIT_SCRIPTS = (*SCHEMA_SCRIPTS, FIRST_SCRIPT, *(script for step in STEPS for script in step.scripts))
"""All scripts that a person runs by hand, in order."""
PROCEDURES = {
    "sp_refdata_report_files": ("drop_procedure_report_files", "create_procedure_report_files"),
    "sp_refdata_release_turn": ("drop_procedure_release_turn", "create_procedure_release_turn"),
}
"""For people at a SQL prompt; nothing here calls them."""
GRANT_SCRIPTS = (
    "create_role",
    "grant_schema_ref",
    "grant_schema_bkp",
    "grant_alter_schema_ref",
    "grant_alter_schema_bkp",
    "grant_create_table",
    "create_user",
    "add_role_member",
)
_INITIALISE = "refdata initialise"
PUBLISH_TRIES = 4


class TsqlWarehouse:
    """See ``warehouse.base.Warehouse``.

    :param loaders: the ways to fill a stage table, the best first; the last always works.
    :param server: ``host:port``, for addresses.
    """

    capabilities = TsqlCapabilities()

    def __init__(
        self,
        engine: str,
        driver: Driver,
        settings: Settings,
        loaders: Sequence[Loader],
        *,
        key: str,
        server: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._driver = driver
        self._settings = settings
        self._loaders = loaders
        self._server = server
        self._sleep = sleep
        self._sql = SqlFiles("mssql", settings)
        self._log = logging.getLogger("refdata.warehouse")
        self._only_thread: int | None = None
        self._pool = shared_pool(key, self._make_pool)

    @property
    def engine(self) -> str:
        """See ``Warehouse.engine``."""
        return self._engine

    @property
    def database(self) -> str:
        """See ``Warehouse.database``."""
        with self.transaction(write=False) as session:
            return str(session.query(self.statement("select_database"))[0][0])

    @property
    def address(self) -> str:
        """See ``Warehouse.address``."""
        return f"mssql://{self._server}/{percent_encoded(self.database)}"

    def statement(self, name: str) -> str:
        """See ``Warehouse.statement``."""
        return self._sql.text(name)

    def diagnose(self) -> Diagnosis:
        """See ``Warehouse.diagnose``."""
        ledger = TableName(self._settings.ref_schema, self._settings.ledger_table)
        return diagnose(self._driver, self.statement, ledger)

    def provision(self, login: str) -> None:
        """Gives a login its user in this database, with only the permissions that loading needs."""
        self.initialise()
        for script in GRANT_SCRIPTS:
            with self.transaction() as session:
                session.execute(self._sql.text(script, {"ingest_user": login}))

    def initialise(self, *, thorough: bool = False) -> SchemaChange:
        """See ``Warehouse.initialise``."""
        if (version := self.schema_version()) >= LATEST and not thorough:
            return SchemaChange(version, version)
        with self.transaction(lock=_INITIALISE) as session:
            for script in SCHEMA_SCRIPTS:
                session.execute(self.statement(script))
            change = schema.upgrade(session, self.statement)
        try:
            self._create_procedures()
        except PermissionDeniedError as error:
            self._log.info("The procedures for people were not created: %s", error)
        return change

    def connected(self) -> contextlib.AbstractContextManager[None]:
        """See ``Warehouse.connected``. The pool keeps connections open anyway."""
        return contextlib.nullcontext()

    def schema_version(self) -> int:
        """See ``Warehouse.schema_version``."""
        with self.transaction(write=False) as session:
            # Babelfish does not keep upper case in names.
            known = {fold_name(name) for name in self._names(session, self._settings.ref_schema)}
            return schema.version_of(session, self.statement) if fold_name(SCHEMA_TABLE) in known else 0

    def _create_procedures(self) -> None:
        with self.transaction(lock=_INITIALISE) as session:
            for scripts in PROCEDURES.values():
                for script in scripts:
                    session.execute(self.statement(script))

    @contextlib.contextmanager
    def transaction(self, *, write: bool = True, lock: str | None = None) -> Iterator[TsqlSession]:  # noqa: ARG002
        """See ``Warehouse.transaction``. The server sees from the statements whether they read or write."""
        with self._pool.borrow() as connection:
            session = TsqlSession(connection, self._driver)
            session.execute("BEGIN TRANSACTION")
            try:
                if lock is not None:
                    self._acquire(session, lock)
                yield session
            except BaseException:
                # XACT_ABORT has ended the transaction after most errors; a lost connection cannot be asked.
                with contextlib.suppress(Exception):
                    session.execute("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
                raise
            session.execute("COMMIT TRANSACTION")

    def table(self, name: TableName) -> Table | None:
        """See ``Warehouse.table``."""
        with self.transaction(write=False) as session:
            return self._table(session, name)

    def tables(self, schema: str) -> tuple[Table, ...]:
        """See ``Warehouse.tables``."""
        own = {fold_name(name) for name in own_tables(self._settings)}
        with self.transaction(write=False) as session:
            names = [name for name in self._names(session, schema) if fold_name(name) not in own]
            found = [self._table(session, TableName(schema, name)) for name in names if not parse_stage_name(name)]
        return tuple(table for table in found if table is not None)

    def align(self, plan: Alignment) -> None:
        """See ``Warehouse.align``."""
        backup = TableName(self._settings.bkp_schema, backup_name(plan.table.name))
        with guards.change_of(plan.table), self.transaction(lock=locks.table_lock(plan.table)) as session:
            keys.drop_before_change(session, self.statement, plan.table, plan.widen)
            self.retype(session, plan.table, plan.retype)
            self._align(session, plan.table, plan.columns)
            self._align(session, backup, alignment.backup_columns(plan.columns))

    def retype(
        self, session: Session, table: TableName, changes: Sequence[Widening], texts: Mapping[str, str] = NO_TEXTS
    ) -> None:
        """See ``Warehouse.retype``."""
        keys.drop_before_change(session, self.statement, table, changes)
        for name in (table, TableName(self._settings.bkp_schema, backup_name(table.name))) if changes else ():
            live = [types.column(found) for found in self._catalog(session, name)]
            retype_columns(session, self.capabilities, name, live, changes, texts)

    def align_key(self, table: TableName, key: Sequence[str]) -> KeyChange:
        """See ``Warehouse.align_key``."""
        with index_attempt() as attempt, self.transaction(lock=locks.table_lock(table)) as session:
            live = self._table(session, table)
            indexes = keys.unique_indexes(session, self.statement, table)
            if live is not None:
                online = bool(key) and keys.creates_online(session, self.statement)
                attempt.result = align_index(session, self.capabilities, live, key, indexes, online=online)
        return attempt.result

    def unique_indexes(self, session: Session, table: TableName) -> tuple[UniqueIndex, ...]:
        """See ``Warehouse.unique_indexes``."""
        return keys.unique_indexes(session, self.statement, table)

    def referring_keys(self, session: Session, table: TableName) -> tuple[ReferringKey, ...]:
        """See ``Warehouse.referring_keys``."""
        return keys.referring_keys(session, self.statement, table)

    def release_key(self, session: Session, table: TableName, rows: Sequence[Rows]) -> int:
        """See ``Warehouse.release_key``."""
        return keys.release_index(session, self.statement, table, self._catalog(session, table), rows)

    def stage(
        self, stage: Stage, columns: Sequence[Column], batches: Iterable[pa.RecordBatch], on_progress: StageProgress
    ) -> tuple[int, str]:
        """See ``Warehouse.stage``."""
        self.drop_stage(stage)
        name = TableName(stage.table.schema, stage.name)
        with self._pool.borrow() as connection:
            # Committed at once: bulk copy uses its own connection.
            TsqlSession(connection, self._driver).execute(ddl.create_table(name, columns))
        try:
            return fill_stage(self._loaders, name, columns, batches, on_progress, self._pool, self._go_on)
        except BaseException:
            self._discard(stage)
            raise

    def validate(self, stage: Stage) -> Verdict | None:
        """See ``Warehouse.validate``."""
        name = TableName(self._settings.ref_schema, f"sp_ref_validate_{stage.table.name}")
        staged = qualified(TableName(stage.table.schema, stage.name))
        values = {"stage_table": staged, "table_name": stage.table.name, "load_id": stage.load_id}
        with self.transaction() as session:
            declared = procedures.declared_parameters(session, self.statement("select_procedure"), name)
            if declared is None:
                return None
            statement = procedures.call(name, declared, values)
            answer = procedures.joined_text(session.query(statement.sql, statement.values))
        return read_verdict(answer, str(name))

    def call_procedure(self, name: str, values: Mapping[str, object]) -> None:
        """See ``Warehouse.call_procedure``."""
        found = procedures.parse_name(name)
        with self.transaction() as session:
            declared = procedures.declared_parameters(session, self.statement("select_procedure"), found)
            if declared is None:
                raise procedures.missing(found)
            statement = procedures.call(found, declared, values)
            session.execute(statement.sql, statement.values)

    def break_off(self) -> None:
        """See ``Warehouse.break_off``. A statement that a driver waits for ends with the process; none follows."""
        self._only_thread = threading.get_ident()

    def _go_on(self) -> None:
        if self._only_thread not in (None, threading.get_ident()):
            raise CancelledError("The load was stopped", where=self._driver.where, advice="Nothing.")

    def stages(self) -> tuple[Stage, ...]:
        """See ``Warehouse.stages``."""
        schema = self._settings.ref_schema
        with self.transaction(write=False) as session:
            parsed = [parse_stage_name(name) for name in self._names(session, schema)]
        return tuple(Stage(TableName(schema, found[0]), *found[1:]) for found in parsed if found)

    def drop_stage(self, stage: Stage) -> None:
        """See ``Warehouse.drop_stage``."""
        with self.transaction() as session:
            session.execute(ddl.drop_table(TableName(stage.table.schema, stage.name)))

    def staged(self, stage: Stage) -> Table | None:
        """See ``Warehouse.staged``."""
        return self.table(TableName(stage.table.schema, stage.name))

    @contextlib.contextmanager
    def reading_stage(self, stage: Stage) -> Iterator[tuple[TsqlSession, str]]:
        """See ``Warehouse.reading_stage``."""
        with self.transaction(write=False) as session:
            yield session, qualified(TableName(stage.table.schema, stage.name))

    @contextlib.contextmanager
    def changing_stage(self, stage: Stage) -> Iterator[tuple[TsqlSession, str]]:
        """See ``Warehouse.changing_stage``."""
        with self.transaction() as session:
            yield session, qualified(TableName(stage.table.schema, stage.name))

    def publish(self, request: Publication, checks: Sequence[PublishCheck] = ()) -> Published:
        """See ``Warehouse.publish``. Retried after a deadlock or a lost connection; nothing is done twice."""
        for delay in delays(PUBLISH_TRIES, self._settings.retry_delay / 30, self._settings.retry_delay, random.random):
            try:
                return self._publish(request, checks)
            except (DeadlockError, ConnectionLostError) as error:
                self._log.warning("Publishing %s is retried in %.1f s: %s", request.stage.table, delay, error)
                self._sleep(delay)
        return self._publish(request, checks)

    def _publish(self, request: Publication, checks: Sequence[PublishCheck]) -> Published:
        source = qualified(TableName(request.stage.table.schema, request.stage.name))
        with self.transaction() as session:
            for lock, shared in locks.of_publish(request.stage.table, checks):
                (self._acquire_shared if shared else self._acquire)(session, lock)
            if (live := self._table(session, request.stage.table)) is None:
                raise guards.vanished(request.stage.table)
            session.query(locks.hold_readers(request.stage.table))
            with self._identity_insert(session, request.stage.table, request.columns):
                return publish_rows(self, session, request, live, source, self._settings, checks)

    @contextlib.contextmanager
    def replacing(self, table: TableName) -> Iterator[tuple[TsqlSession, Table]]:
        """See ``Warehouse.replacing``."""
        with self.transaction(lock=turn_lock(table.name)) as session:
            self._acquire(session, locks.table_lock(table))
            live = self._table(session, table)
            if live is None:
                raise guards.vanished(table)
            session.query(locks.hold_readers(table))
            with self._identity_insert(session, table, tuple(column.name for column in live.columns)):
                yield session, live

    @contextlib.contextmanager
    def _identity_insert(self, session: TsqlSession, table: TableName, columns: Sequence[str]) -> Iterator[None]:
        """Allows explicit values in an identity column, if the table has one."""
        brought = {fold_name(name) for name in columns}
        if not any(column.identity and fold_name(column.name) in brought for column in self._catalog(session, table)):
            yield
            return
        session.execute(f"SET IDENTITY_INSERT {qualified(table)} ON")
        yield
        session.execute(f"SET IDENTITY_INSERT {qualified(table)} OFF")

    def _acquire(self, session: TsqlSession, lock: str) -> None:
        locks.acquire(session, self.statement("acquire_lock"), lock, self._settings.lock_timeout, self._driver.where)

    def _acquire_shared(self, session: TsqlSession, lock: str) -> None:
        statement = self.statement("acquire_shared_lock")
        locks.acquire(session, statement, lock, self._settings.lock_timeout, self._driver.where)

    def _align(self, session: TsqlSession, name: TableName, wanted: Sequence[Column]) -> None:
        found = self._catalog(session, name)
        if not found:
            session.execute(ddl.create_table(name, wanted))
            return
        live = [types.column(column) for column in found if column.writable]
        collations = {column.name: column.collation for column in found}
        add, widen = alignment.diff_columns(live, wanted)
        statements = [sql for change in widen for sql in ddl.widen_column(name, change, collations[change.old.name])]
        for statement in (*statements, *ddl.add_columns(name, add)):
            session.execute(statement)

    def _table(self, session: TsqlSession, name: TableName) -> Table | None:
        columns = tuple(types.column(found) for found in self._catalog(session, name) if found.writable)
        return Table(name, columns) if columns else None

    def _catalog(self, session: Session, name: TableName) -> list[CatalogColumn]:
        found = session.query(self.statement("select_columns"), (name.schema, name.name))
        return [catalog_column(row) for row in found]

    def _names(self, session: TsqlSession, schema: str) -> list[str]:
        return [str(row[0]) for row in session.query(self.statement("select_tables"), (schema,))]

    def _discard(self, stage: Stage) -> None:
        """Drops the stage of a failed attempt; if even that fails, the next load sweeps it."""
        try:
            self.drop_stage(stage)
        except Exception as error:  # noqa: BLE001  the first error is the one to report
            self._log.warning("The stage table %s stays for now: %s", stage.name, error)

    def _make_pool(self) -> ConnectionPool:
        return ConnectionPool(
            self._open, self._check, size=self._settings.pool_size, patience=self._settings.connect_timeout
        )

    def _open(self) -> Connection:
        with translated(self._driver):
            connection = self._driver.connect()
        TsqlSession(connection, self._driver).execute(guards.prepared(self._settings))
        return connection

    def _check(self, connection: Connection) -> None:
        TsqlSession(connection, self._driver).query("SELECT 1")
