"""The warehouse on T-SQL: the interface of ``warehouse.base``, whatever the driver."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote as percent_encoded

from refdata.core.alignment import NewTable
from refdata.core.backoff import delays
from refdata.core.diagnosis import Diagnosis
from refdata.core.errors import (
    CancelledError,
    ConnectionLostError,
    DeadlockError,
    PermissionDeniedError,
    ThrottledError,
)
from refdata.core.model import Column, Publication, Published, Stage, Table, TableName
from refdata.core.naming import fold_name
from refdata.core.owntables import SCHEMA_TABLE
from refdata.core.publishing import PublishCheck, qualified, turn_lock
from refdata.core.schemasteps import LATEST, SchemaChange
from refdata.core.settings import Settings
from refdata.core.validation import Verdict, read_verdict
from refdata.sqlfiles import SqlFiles
from refdata.warehouse import schema
from refdata.warehouse.base import Session
from refdata.warehouse.publish import publish_rows
from refdata.warehouse.tsql import (
    aligning,
    clustering,
    ddl,
    guards,
    locks,
    procedures,
    statistics,
    targets,
)
from refdata.warehouse.tsql.diagnose import diagnose
from refdata.warehouse.tsql.driver import Connection, Driver, TsqlSession, translated
from refdata.warehouse.tsql.pool import ConnectionPool, shared_pool
from refdata.warehouse.tsql.scripts import GRANT_SCRIPTS, PROCEDURES, SCHEMA_SCRIPTS, STAGE_SCRIPT
from refdata.warehouse.tsql.stages import StagePlaces
from refdata.warehouse.tsql.staging import Loader, fill_stage
from refdata.warehouse.tsql.tables import TsqlTables

if TYPE_CHECKING:
    import pyarrow as pa

_INITIALISE = "refdata initialise"
PUBLISH_TRIES = 4


class TsqlWarehouse(TsqlTables):
    """See ``warehouse.base.Warehouse``.

    :param loaders: the ways to fill a stage table, the best first; the last always works.
    :param server: ``host:port``, for addresses.
    """

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
        super().__init__(settings, sleep)
        self._engine = engine
        self._driver = driver
        self._loaders = loaders
        self._server = server
        self._sql = SqlFiles("mssql", settings)
        self._stages = StagePlaces(settings, self.statement)
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
        self._try("The schema for stage tables", (STAGE_SCRIPT,))
        self._try("The procedures for people", [script for scripts in PROCEDURES.values() for script in scripts])
        return change

    def _try(self, what: str, scripts: Sequence[str]) -> None:
        """Runs scripts that loads do not need, where the login may."""
        try:
            with self.transaction(lock=_INITIALISE) as session:
                for script in scripts:
                    session.execute(self.statement(script))
        except PermissionDeniedError as error:
            self._log.info("%s: not created: %s", what, error)

    def connected(self) -> contextlib.AbstractContextManager[None]:
        """See ``Warehouse.connected``. The pool keeps connections open anyway."""
        return contextlib.nullcontext()

    def schema_version(self) -> int:
        """See ``Warehouse.schema_version``."""
        with self.transaction(write=False) as session:
            # Babelfish does not keep upper case in names.
            known = {fold_name(name) for name in self._names(session, self._settings.ref_schema)}
            return schema.version_of(session, self.statement) if fold_name(SCHEMA_TABLE) in known else 0

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

    def stage(
        self,
        stage: Stage,
        columns: Sequence[Column],
        batches: Iterable[pa.RecordBatch],
        on_progress: Callable[[int], None],
    ) -> tuple[int, str]:
        """See ``Warehouse.stage``."""
        self.drop_stage(stage)
        with self._pool.borrow() as connection:
            session = TsqlSession(connection, self._driver)
            targets.check(session, self.statement, stage.table, self._settings.publish_method)
            name = self._stages.new(session, stage)
            session.execute(ddl.create_table(name, columns))  # committed at once: bulk copy uses its own connection
        try:
            return fill_stage(self._loaders, name, columns, batches, on_progress, self._pool, self._go_on)
        except BaseException:
            self._discard(stage)
            raise

    def validate(self, stage: Stage) -> Verdict | None:
        """See ``Warehouse.validate``."""
        name = TableName(self._settings.ref_schema, f"sp_ref_validate_{stage.table.name}")
        with self.transaction() as session:
            staged = qualified(self._stages.of(session, stage))
            values = {"stage_table": staged, "table_name": stage.table.name, "load_id": stage.load_id}
            statement = procedures.planned(session, self.statement("select_procedure"), name, values)
            if statement is None:
                return None
            answer = procedures.joined_text(session.query(statement.sql, statement.values))
        return read_verdict(answer, str(name))

    def call_procedure(self, name: str, values: Mapping[str, object]) -> None:
        """See ``Warehouse.call_procedure``."""
        procedure = procedures.parse_name(name)
        with self.transaction() as session:
            statement = procedures.planned(session, self.statement("select_procedure"), procedure, values)
            if statement is None:
                raise procedures.missing(procedure)
            session.execute(statement.sql, statement.values)

    def break_off(self) -> None:
        """See ``Warehouse.break_off``. A statement that a driver waits for ends with the process; none follows."""
        self._only_thread = threading.get_ident()

    def _go_on(self) -> None:
        if self._only_thread not in (None, threading.get_ident()):
            raise CancelledError("The load was stopped", where=self._driver.where, advice="Nothing.")

    def stages(self) -> tuple[Stage, ...]:
        """See ``Warehouse.stages``."""
        with self.transaction(write=False) as session:
            return self._stages.all(session)

    def drop_stage(self, stage: Stage) -> None:
        """See ``Warehouse.drop_stage``."""
        with self.transaction() as session:
            self._stages.drop(session, stage)

    def staged(self, stage: Stage) -> Table | None:
        """See ``Warehouse.staged``."""
        with self.transaction(write=False) as session:
            return self._table(session, self._stages.of(session, stage))

    @contextlib.contextmanager
    def reading_stage(self, stage: Stage) -> Iterator[tuple[TsqlSession, str]]:
        """See ``Warehouse.reading_stage``."""
        with self.transaction(write=False) as session:
            yield session, qualified(self._stages.of(session, stage))

    @contextlib.contextmanager
    def changing_stage(self, stage: Stage) -> Iterator[tuple[TsqlSession, str]]:
        """See ``Warehouse.changing_stage``."""
        with self.transaction() as session:
            yield session, qualified(self._stages.of(session, stage))

    def publish(
        self, request: Publication, checks: Sequence[PublishCheck] = (), new: NewTable | None = None
    ) -> Published:
        """See ``Warehouse.publish``. Retried after a deadlock or a lost connection; nothing is done twice."""
        try:
            published = self._retried(request, checks, new, plain=False)
        except guards.NotCreatedError as error:
            self._log.info("%s is created without compression and key index: %s", request.stage.table, error.what)
            published = self._retried(request, checks, new, plain=True)
        return statistics.after(published, request, self, self._settings)

    def _retried(
        self, request: Publication, checks: Sequence[PublishCheck], new: NewTable | None, *, plain: bool
    ) -> Published:
        for delay in delays(PUBLISH_TRIES, self._settings.retry_delay / 30, self._settings.retry_delay, random.random):
            try:
                return self._publish(request, checks, new, plain=plain)
            except (DeadlockError, ConnectionLostError, ThrottledError) as error:
                self._log.warning("Publishing %s is retried in %.1f s: %s", request.stage.table, delay, error)
                self._sleep(delay)
        return self._publish(request, checks, new, plain=plain)

    def _publish(
        self, request: Publication, checks: Sequence[PublishCheck], new: NewTable | None, *, plain: bool
    ) -> Published:
        with self.transaction() as session:
            source = qualified(self._stages.of(session, request.stage))
            self._lock_tables(session, request.stage.table, [name for check in checks for name in check.tables])
            live = self._table(session, request.stage.table)
            if new is not None:
                live = aligning.create_tables(session, self.statement, new, self._settings.bkp_schema, plain=plain)
            if live is None:
                raise guards.vanished(request.stage.table)
            session.query(locks.hold_writers(request.stage.table))
            with aligning.identity_insert(session, self.statement, request.stage.table, request.columns):
                return publish_rows(self, session, request, live, source, self._settings, checks)

    @contextlib.contextmanager
    def replacing(self, table: TableName, children: Sequence[TableName] = ()) -> Iterator[tuple[TsqlSession, Table]]:
        """See ``Warehouse.replacing``."""
        with self.transaction(lock=turn_lock(table.name)) as session:
            self._lock_tables(session, table, children)
            live = self._table(session, table)
            if live is None:
                raise guards.vanished(table)
            session.query(locks.hold_writers(table))
            with aligning.identity_insert(
                session, self.statement, table, tuple(column.name for column in live.columns)
            ):
                yield session, live

    def hold_readers(self, session: Session, table: TableName) -> None:
        """See ``Warehouse.hold_readers``."""
        wait, timeout = self._settings.publish_lock_wait, self._settings.lock_timeout
        locks.hold_readers_patiently(session, table, wait, timeout, self._sleep)

    def keeps_row_versions(self) -> bool | None:
        """See ``Warehouse.keeps_row_versions``. Babelfish always does."""
        with self.transaction(write=False) as session:
            is_on = session.query(self.statement("select_row_versions"))
            return clustering.Edition.of(session, self.statement).is_babelfish or bool(is_on and is_on[0][0])

    def _lock_tables(self, session: TsqlSession, own: TableName, others: Sequence[TableName]) -> None:
        for lock, shared in locks.of_tables(own, others):
            self._acquire(session, lock, shared=shared)

    def _acquire(self, session: TsqlSession, lock: str, *, shared: bool = False) -> None:
        statement = self.statement("acquire_shared_lock" if shared else "acquire_lock")
        locks.acquire(session, statement, lock, self._settings.lock_timeout, self._driver.where)

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
