"""The embedded warehouse: the interface of ``warehouse.base`` on SQLite files."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote as percent_encoded

from refdata.core import alignment
from refdata.core.alignment import Alignment, NewTable, Widening
from refdata.core.collations import Collation
from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import ConfigurationError, PermissionDeniedError, RefdataError, SchemaError
from refdata.core.indexes import DatabaseUser, KeyChange, ReferringKey, UniqueIndex
from refdata.core.model import Column, Publication, Published, Stage, Table, TableName
from refdata.core.naming import backup_name, fold_name, parse_stage_name, quote
from refdata.core.owntables import SCHEMA_TABLE, own_tables
from refdata.core.publishing import PublishCheck, qualified
from refdata.core.schemasteps import SchemaChange
from refdata.core.settings import Settings
from refdata.core.storage import StorageReport
from refdata.core.tablediff import Rows
from refdata.core.validation import Verdict
from refdata.sqlfiles import SqlFiles
from refdata.warehouse import schema
from refdata.warehouse.base import NO_TEXTS, Session
from refdata.warehouse.keys import align_index, columns_of, count_repeated, index_attempt, own_index
from refdata.warehouse.publish import publish_rows, require_empty
from refdata.warehouse.retyping import rewrite_texts
from refdata.warehouse.sqlite import aligning, catalog, ddl
from refdata.warehouse.sqlite.capabilities import STAGE_SCHEMA, SqliteCapabilities
from refdata.warehouse.sqlite.connection import SqliteFiles, SqliteSession, files_translated
from refdata.warehouse.sqlite.plainhook import Opener

if TYPE_CHECKING:
    import pyarrow as pa


class SqliteWarehouse:
    """See ``warehouse.base.Warehouse``; several worker processes may use the files at once."""

    engine = "sqlite"
    capabilities = SqliteCapabilities()

    def __init__(self, hook: Opener, settings: Settings) -> None:
        self._hook = hook
        self._settings = settings
        self._files = SqliteFiles(hook, settings)
        self._sql = SqlFiles("sqlite", settings)

    @property
    def database(self) -> str:
        """The file's name without its folder."""
        return self._files.main.stem

    @property
    def address(self) -> str:
        """See ``Warehouse.address``."""
        path = Path(self._hook.connection.host or "").expanduser().absolute()
        return f"file://{percent_encoded(str(path))}"

    def statement(self, name: str) -> str:
        """See ``Warehouse.statement``."""
        return self._sql.text(name)

    def diagnose(self) -> Diagnosis:
        """See ``Warehouse.diagnose``."""
        try:
            missing = self.table(TableName(self._settings.ref_schema, self._settings.ledger_table)) is None
            with self.transaction():
                pass
        except PermissionDeniedError as error:
            return Diagnosis.of(Trouble.RIGHT_MISSING, error)
        except RefdataError as error:
            return Diagnosis.of(Trouble.UNREACHABLE, error)
        if missing:
            return Diagnosis(Trouble.NOT_INITIALISED, f"{self._files.main} has no ledger: run `refdata init-db`")
        return Diagnosis(None, f"{self._files.main} is ready")

    def schema_version(self) -> int:
        """See ``Warehouse.schema_version``."""
        with self.transaction(write=False) as session:
            known = aligning.table_of(session, TableName(self._settings.ref_schema, SCHEMA_TABLE)) is not None
            return schema.version_of(session, self.statement) if known else 0

    def initialise(self, *, thorough: bool = False) -> SchemaChange:  # noqa: ARG002
        """See ``Warehouse.initialise``."""
        with files_translated(self._files.main):
            self._files.main.parent.mkdir(parents=True, exist_ok=True)
        if self._files.super_journals():
            self._end_stale_journals()
        with self._files.opened() as connection:
            self._files.size_pages(connection)
            with self._begun(connection, write=True) as session:
                change = schema.upgrade(session, self.statement)
                self._files.sweep_super_journals()
                return change

    def connected(self) -> AbstractContextManager[None]:
        """See ``Warehouse.connected``."""
        return self._files.sharing()

    def _end_stale_journals(self) -> None:
        """Writes to every file: an incomplete journal left by a kill stays until its file is written."""
        with self.transaction() as session:
            for name in self._files.schemas:
                version = session.query(f"PRAGMA {quote(name)}.user_version")[0][0]
                session.execute(f"PRAGMA {quote(name)}.user_version = {int(version)}")

    @contextlib.contextmanager
    def transaction(self, *, write: bool = True, lock: str | None = None) -> Iterator[SqliteSession]:  # noqa: ARG002
        """See ``Warehouse.transaction``. A writer locks all files, so ``lock`` is implied."""
        with self._files.opened() as connection, self._begun(connection, write=write) as session:
            yield session

    @contextlib.contextmanager
    def _begun(self, connection: sqlite3.Connection, *, write: bool) -> Iterator[SqliteSession]:
        session = SqliteSession(connection, str(self._files.main))
        if write:
            session.execute("BEGIN IMMEDIATE")
        else:
            self._files.begin_reading(session)
        try:
            yield session
            session.execute("COMMIT")
        finally:
            if connection.in_transaction:
                session.execute("ROLLBACK")

    def table(self, name: TableName) -> Table | None:
        """See ``Warehouse.table``."""
        with self.transaction(write=False) as session:
            return aligning.table_of(session, name)

    def tables(self, schema: str) -> tuple[Table, ...]:
        """See ``Warehouse.tables``."""
        sql = f"SELECT name FROM {quote(schema)}.sqlite_master WHERE type = 'table' ORDER BY name"
        own = {fold_name(name) for name in own_tables(self._settings)}
        with self.transaction(write=False) as session:
            found_names = (row[0] for row in session.query(sql))
            names = [one for one in found_names if fold_name(one) not in own and not one.startswith("sqlite_")]
            tables = [aligning.table_of(session, TableName(schema, name)) for name in names]
        return tuple(table for table in tables if table is not None)

    def align(self, plan: Alignment) -> None:
        """See ``Warehouse.align``."""
        with self.transaction() as session:
            self.retype(session, plan.table, plan.retype)
            self._align_both(session, plan)

    def _align_both(self, session: Session, plan: Alignment) -> None:
        live, backup = self._both(plan.table)
        aligning.align(session, live, plan.columns)
        aligning.align(session, backup, alignment.backup_columns(plan.columns))

    def discard_empty(self, table: TableName) -> None:
        """See ``Warehouse.discard_empty``."""
        with self.transaction() as session:
            for name in aligning.existing(session, self._both(table)):
                require_empty(session, name)
                session.execute(f"DROP TABLE {qualified(name)}")

    def retype(
        self, session: Session, table: TableName, changes: Sequence[Widening], texts: Mapping[str, str] = NO_TEXTS
    ) -> None:
        """See ``Warehouse.retype``. Copied into a column of another type, a text becomes a value of it."""
        for name in self._both(table):
            live = aligning.table_of(session, name)
            known = {column.name: column.type for column in live.columns} if live else {}
            still = [one for one in changes if one.column.name in known and known[one.column.name] != one.column.type]
            if live is not None and still:
                if texts:
                    rewrite_texts(session, self.capabilities, name, still[0].column.name, texts)
                for statement in ddl.rebuild_table(name, live.columns, still, aligning.dependents(session, name)):
                    session.execute(statement)

    def align_key(self, table: TableName, key: Sequence[str]) -> KeyChange:
        """See ``Warehouse.align_key``."""
        with index_attempt() as attempt, self.transaction() as session:
            live = aligning.table_of(session, table)
            if live is not None:
                indexes = catalog.unique_indexes(session, table)
                attempt.result = align_index(session, self.capabilities, live, key, indexes, online=False)
        return attempt.result

    def keeps_row_versions(self) -> bool | None:
        """See ``Warehouse.keeps_row_versions``."""
        return None

    def hold_readers(self, session: Session, table: TableName) -> None:
        """See ``Warehouse.hold_readers``. SQLite waits for readers when a transaction commits."""

    def storage(self) -> StorageReport:
        """See ``Warehouse.storage``. SQLite reuses the pages of deleted rows, whatever the table's indexes."""
        return StorageReport()

    def cluster(self, table: TableName) -> str:  # noqa: ARG002
        """See ``Warehouse.cluster``."""
        return ""

    def unique_indexes(self, session: Session, table: TableName) -> tuple[UniqueIndex, ...]:
        """See ``Warehouse.unique_indexes``."""
        return catalog.unique_indexes(session, table)

    def referring_keys(self, session: Session, table: TableName) -> tuple[ReferringKey, ...]:  # noqa: ARG002
        """See ``Warehouse.referring_keys``. SQLite enforces foreign keys only where a connection asks for it."""
        return ()

    def users(self, session: Session, table: TableName) -> tuple[DatabaseUser, ...]:
        """See ``Warehouse.users``."""
        return catalog.users(session, table)

    def rename(self, session: Session, table: TableName, new_name: str) -> None:
        """See ``Warehouse.rename``."""
        aligning.rename(session, self._both(table), self._both(TableName(table.schema, new_name)))

    def drop(self, session: Session, table: TableName) -> None:
        """See ``Warehouse.drop``."""
        for name in aligning.existing(session, self._both(table)):
            session.execute(f"DROP TABLE {qualified(name)}")

    def _both(self, table: TableName) -> tuple[TableName, TableName]:
        """A live table and its version table."""
        return table, TableName(self._settings.bkp_schema, backup_name(table.name))

    def release_key(self, session: Session, table: TableName, rows: Sequence[Rows]) -> int:
        """See ``Warehouse.release_key``. SQLite compares keys exactly, so only a single set of rows may repeat one."""
        own, live = own_index(catalog.unique_indexes(session, table), table), aligning.table_of(session, table)
        if own is None or live is None or len(rows) > 1:
            return 0
        values = count_repeated(session, self.capabilities, rows[0], columns_of(live, own.columns), exactly=False)
        if values:
            session.execute(self.capabilities.drop_key_index(table).sql)
        return values

    def collation(self, table: TableName, columns: Sequence[str]) -> Collation | None:  # noqa: ARG002
        """See ``Warehouse.collation``. Texts compare letter by letter."""
        return None

    def equal_names(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:  # noqa: ARG002
        """See ``Warehouse.equal_names``. SQLite ignores the case of ASCII in names, and nothing else."""
        return ()

    def stage(
        self,
        stage: Stage,
        columns: Sequence[Column],
        batches: Iterable[pa.RecordBatch],
        on_progress: Callable[[int], None],
    ) -> tuple[int, str]:
        """See ``Warehouse.stage``. The method is always ``bulk``: SQLite needs no other method."""
        from refdata.warehouse.sqlite import staging  # its driver imports pandas, which takes half a second

        with files_translated(self._files.stage_folder):
            self._files.stage_folder.mkdir(parents=True, exist_ok=True)
        self.drop_stage(stage)
        try:
            return staging.fill(self._stage_file(stage), stage.name, columns, batches, on_progress), "bulk"
        except BaseException:
            self.drop_stage(stage)
            raise

    def validate(self, stage: Stage) -> Verdict | None:  # noqa: ARG002
        """See ``Warehouse.validate``. SQLite has no procedures, so nothing is refused."""
        return None

    def call_procedure(self, name: str, values: Mapping[str, object]) -> None:  # noqa: ARG002
        """See ``Warehouse.call_procedure``."""
        raise ConfigurationError(
            f"Procedure {name} cannot run: SQLite has no procedures",
            where="setting post_load_procedure",
            advice="Clear the setting, or use a SQL Server connection.",
        )

    def break_off(self) -> None:
        """See ``Warehouse.break_off``."""
        self._files.break_off()

    def stages(self) -> tuple[Stage, ...]:
        """See ``Warehouse.stages``."""
        return tuple(filter(None, map(self._stage_of, sorted(self._files.stage_folder.glob("*.db")))))

    def drop_stage(self, stage: Stage) -> None:
        """See ``Warehouse.drop_stage``."""
        path = self._stage_file(stage)
        with files_translated(path):
            for leftover in (path, path.with_name(f"{path.name}-journal")):
                leftover.unlink(missing_ok=True)

    def staged(self, stage: Stage) -> Table | None:
        """See ``Warehouse.staged``."""
        if not self._stage_file(stage).exists():
            return None
        with self._with_stage(stage, write=False) as (session, _):
            return aligning.table_of(session, TableName(STAGE_SCHEMA, stage.name))

    @contextlib.contextmanager
    def reading_stage(self, stage: Stage) -> Iterator[tuple[SqliteSession, str]]:
        """See ``Warehouse.reading_stage``."""
        with self._with_stage(stage, write=False) as opened:
            yield opened

    @contextlib.contextmanager
    def changing_stage(self, stage: Stage) -> Iterator[tuple[SqliteSession, str]]:
        """See ``Warehouse.changing_stage``."""
        with self._with_stage(stage, write=True) as opened:
            yield opened

    def publish(
        self, request: Publication, checks: Sequence[PublishCheck] = (), new: NewTable | None = None
    ) -> Published:
        """See ``Warehouse.publish``. A writer locks all files, so that no other table can change meanwhile."""
        with self._with_stage(request.stage, write=True) as (session, source):
            live = aligning.table_of(session, request.stage.table)
            if new is not None:
                self._align_both(session, new.plan)
                is_new, live = live is None, aligning.table_of(session, request.stage.table)
                if is_new and live is not None:
                    align_index(session, self.capabilities, live, new.key, (), online=False)
            if live is None:
                raise _vanished(request.stage.table)
            return publish_rows(self, session, request, live, source, self._settings, checks)

    @contextlib.contextmanager
    def _with_stage(self, stage: Stage, *, write: bool) -> Iterator[tuple[SqliteSession, str]]:
        """A transaction with the stage's file attached, if it exists."""
        with self._files.opened() as connection:
            path = self._stage_file(stage)
            session = SqliteSession(connection, str(path))
            if attached := path.exists():
                session.execute(f"ATTACH DATABASE ? AS {quote(STAGE_SCHEMA)}", (str(path),))
            with self._begun(connection, write=write) as begun:
                yield begun, qualified(TableName(STAGE_SCHEMA, stage.name))
            if attached:
                session.execute(f"DETACH DATABASE {quote(STAGE_SCHEMA)}")

    @contextlib.contextmanager
    def replacing(
        self,
        table: TableName,
        children: Sequence[TableName] = (),  # noqa: ARG002
    ) -> Iterator[tuple[SqliteSession, Table]]:
        """See ``Warehouse.replacing``. A writer locks all files, so there is no lock to take."""
        with self.transaction() as session:
            live = aligning.table_of(session, table)
            if live is None:
                raise _vanished(table)
            yield session, live

    def _stage_file(self, stage: Stage) -> Path:
        # A table name may need 300 bytes, more than a file name may have, so the load id names the file.
        return self._files.stage_folder / f"stage_{stage.load_id}_{stage.attempt}.db"

    def _stage_of(self, path: Path) -> Stage | None:
        """The stage in a file, from its only table; an attempt that died early has none yet."""
        try:
            # One that is being filled is locked: nothing is gained by waiting for it.
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)) as connection:
                row = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
        except sqlite3.Error:
            row = None  # half written or in use: the file's name still gives the load
        parsed = parse_stage_name(row[0] if row else f"unknown_{path.stem}")
        return Stage(TableName(self._settings.ref_schema, parsed[0]), *parsed[1:]) if parsed else None


def _vanished(table: TableName) -> SchemaError:
    return SchemaError(
        f"Table {table} was dropped during its load",
        where=str(table),
        advice="Load the file again; this creates the table again.",
    )
