"""The interface that every engine implements. Nothing above this package knows which engine is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, overload

from refdata.core.alignment import Alignment, NewTable, Widening
from refdata.core.capabilities import Capabilities
from refdata.core.collations import Collation
from refdata.core.diagnosis import Diagnosis
from refdata.core.indexes import DatabaseUser, KeyChange, ReferringKey, UniqueIndex
from refdata.core.model import Column, Publication, Published, Stage, Table, TableName
from refdata.core.publishing import PublishCheck
from refdata.core.schemasteps import SchemaChange
from refdata.core.storage import StorageReport
from refdata.core.tablediff import Rows
from refdata.core.validation import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]
STREAMED = 5_000
"""Rows of a batch that is streamed."""
NO_TEXTS: Mapping[str, str] = {}
"""No text to rewrite."""
Statements = Callable[[str], str]
"""The text of a statement by the name of its file; see ``Warehouse.statement``."""


@overload
def moment(value: datetime | str) -> datetime: ...


@overload
def moment(value: datetime | str | None) -> datetime | None: ...


def moment(value: datetime | str | None) -> datetime | None:
    """A time from a row: SQLite has no time type and returns ISO text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class Session(Protocol):
    """Statements within one transaction, with identifiers in brackets and ``?`` for each value.

    An engine that writes these differently translates them here. Errors are of the error tree.
    """

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a SELECT, or of a statement with OUTPUT or RETURNING."""
        ...

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[list[Row]]:
        """The rows of a SELECT in batches, while the database sends them; no other statement may run meanwhile."""
        ...

    def execute(self, sql: str, values: Sequence[object] = ()) -> int:
        """Runs a statement; returns the number of rows it changed."""
        ...


class Warehouse(Protocol):
    """One database with the schemas ``ref`` and ``bkp``."""

    @property
    def engine(self) -> str:
        """``sqlite``, ``mssql`` or ``odbc``, for people: what it can do is in ``capabilities``."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """How this engine writes what engines write differently."""
        ...

    @property
    def address(self) -> str:
        """The database as an address without login: ``mssql://host:port/database`` or ``file:///folder/refdata.db``."""
        ...

    @property
    def database(self) -> str:
        """The database's name, for the configuration table and messages; never a secret."""
        ...

    def statement(self, name: str) -> str:
        """The text of a file in ``include/sql`` for this engine."""
        ...

    def diagnose(self) -> Diagnosis:
        """The obstacles for this process, found through one connection; never raises."""
        ...

    def schema_version(self) -> int:
        """The last of ``core.schemasteps`` applied to the database; 0 when none was."""
        ...

    def initialise(self, *, thorough: bool = False) -> SchemaChange:
        """Creates missing tables of refdata, or upgrades them; all or nothing, and safe to repeat.

        :param thorough: also handles what loads do not need, such as procedures for people.
        """
        ...

    def connected(self) -> AbstractContextManager[None]:
        """Within it, the transactions of this thread share one connection, where that saves opening more.

        Between two transactions nothing is locked. May be nested.
        """
        ...

    def transaction(self, *, write: bool = True, lock: str | None = None) -> AbstractContextManager[Session]:
        """A transaction: committed at the end, rolled back when an exception escapes.

        :param write: False only reads.
        :param lock: name of an application lock held until the transaction ends.
        """
        ...

    def table(self, name: TableName) -> Table | None:
        """A live table with its columns, or None."""
        ...

    def tables(self, schema: str) -> tuple[Table, ...]:
        """All tables of a schema with loaded data, by name; without ledger, configuration or stages."""
        ...

    def discard_empty(self, table: TableName) -> None:
        """Drops a live table and its version table, which the first load of an earlier release left without rows.

        :raises DataError: when one of them has rows.
        :raises SchemaError: when the database refuses it.
        """
        ...

    def align(self, plan: Alignment) -> None:
        """Creates or alters the live table and its version table, in one transaction.

        :raises SchemaError: when the database refuses the change.
        """
        ...

    def retype(
        self, session: Session, table: TableName, changes: Sequence[Widening], texts: Mapping[str, str] = NO_TEXTS
    ) -> None:
        """Gives text columns of the live table and its versions another type, in the session's transaction.

        The database converts the texts, which must be written its way: ``1234.5``, ``2024-01-31``, ``1`` for true.

        :param texts: for a single column, what to rewrite first: each text with its new form.
        """
        ...

    def align_key(self, table: TableName, key: Sequence[str]) -> KeyChange:
        """Gives the live table a unique index on ``key``; drops the one that it made for another key.

        An index that somebody else made on the same columns counts. A refusal by the database is not an error: it is
        the result's ``problem``, and the table stays without the index.
        """
        ...

    def keeps_row_versions(self) -> bool | None:
        """Whether readers see the rows before a change instead of waiting for it; None where that is no setting."""
        ...

    def hold_readers(self, session: Session, table: TableName) -> None:
        """In a transaction of ``publish`` or ``replacing``, waits until nobody reads a table, before it is changed.

        Until then others may read it, but not write to it.

        :raises LockTimeoutError: when readers hold it for longer than ``lock_timeout``.
        """
        ...

    def storage(self) -> StorageReport:
        """How many pages the tables and their versions take; ``unknown`` where the server does not say."""
        ...

    def cluster(self, table: TableName) -> str:
        """Gives a live table or a version table without a clustered index one, in one transaction.

        Loads of the table wait meanwhile. Returns what was done; empty where there is nothing to do.

        :raises RefdataError: when the server refuses; the table is then as before.
        """
        ...

    def unique_indexes(self, session: Session, table: TableName) -> tuple[UniqueIndex, ...]:
        """The unique indexes of a table whose keys cover all of its rows."""
        ...

    def referring_keys(self, session: Session, table: TableName) -> tuple[ReferringKey, ...]:
        """The foreign keys of other tables that forbid to remove or change rows of this one."""
        ...

    def users(self, session: Session, table: TableName) -> tuple[DatabaseUser, ...]:
        """The views, procedures, functions and triggers of the database that name a table, where it records them."""
        ...

    def rename(self, session: Session, table: TableName, new_name: str) -> None:
        """Renames a live table and its version table, in the session's transaction; rows, indexes and keys stay.

        :raises SchemaError: when the database refuses it.
        """
        ...

    def drop(self, session: Session, table: TableName) -> None:
        """Drops a live table and its version table with all rows, in the session's transaction.

        :raises SchemaError: when the database refuses it.
        """
        ...

    def collation(self, table: TableName, columns: Sequence[str]) -> Collation | None:
        """By what texts of these columns compare: the first collation of their own, else the database's.

        None where the engine has no collations; it compares letter by letter.
        """
        ...

    def equal_names(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The pairs of column names that the database takes for one, and ``naming.fold_name`` does not."""
        ...

    def release_key(self, session: Session, table: TableName, rows: Sequence[Rows]) -> int:
        """Drops the key's index, in the session's transaction, if the rows that the table is to contain do not fit it.

        :param rows: one set of rows, or several in which each key is one row in the table.
        :returns: how many keys the index would call equal; 0 when it stays, or there is none.
        """
        ...

    def stage(
        self,
        stage: Stage,
        columns: Sequence[Column],
        batches: Iterable[pa.RecordBatch],
        on_progress: Callable[[int], None],
    ) -> tuple[int, str]:
        """Streams batches into a new stage table; returns the rows staged and the method used.

        The batches' columns are ``columns`` in order, in the Arrow types that the reader returns.
        """
        ...

    def validate(self, stage: Stage) -> Verdict | None:
        """The verdict of the table's validation procedure, ``<ref>.sp_ref_validate_<table>``, on the staged rows.

        It receives those of the values ``stage_table`` (quoted), ``table_name`` and ``load_id`` that it declares.
        None when there is no such procedure, or the engine does not support procedures.

        :raises ConfigurationError: when its answer is not a verdict.
        """
        ...

    def call_procedure(self, name: str, values: Mapping[str, object]) -> None:
        """Runs a procedure in its own transaction, with those of ``values`` that it declares.

        :raises ConfigurationError: when there is no such procedure, or the engine does not support procedures.
        """
        ...

    def break_off(self) -> None:
        """Ends what other threads of this process do through this object; from now on only the caller's calls work.

        Where the driver cannot do this, nothing happens: the work ends with the process.
        """
        ...

    def stages(self) -> tuple[Stage, ...]:
        """All stage tables that exist."""
        ...

    def drop_stage(self, stage: Stage) -> None:
        """Removes a stage table; does nothing when there is none."""
        ...

    def staged(self, stage: Stage) -> Table | None:
        """A stage table with its columns, or None."""
        ...

    def reading_stage(self, stage: Stage) -> AbstractContextManager[tuple[Session, str]]:
        """A read-only transaction, with the stage table's quoted name in it."""
        ...

    def changing_stage(self, stage: Stage) -> AbstractContextManager[tuple[Session, str]]:
        """A transaction that may change the staged rows, with the stage table's quoted name in it."""
        ...

    def publish(
        self, request: Publication, checks: Sequence[PublishCheck] = (), new: NewTable | None = None
    ) -> Published:
        """Makes the staged rows live and the ledger row ``loaded``, in one transaction.

        Repeated for the same attempt, it returns the result of the first call.

        :param checks: rules that must still be kept when the rows go live.
        :param new: the table, where this load is its first: it is created in the same transaction.
        :raises LockTimeoutError: when one is not, because another load changed a table.
        :raises SupersededError: when a newer attempt has the load.
        :raises DataError: when the number of rows differs from ``request.rows``; nothing is changed.
        """
        ...

    def replacing(
        self, table: TableName, children: Sequence[TableName] = ()
    ) -> AbstractContextManager[tuple[Session, Table]]:
        """A transaction that may replace a table's rows; meanwhile no load of the table can get its turn or publish.

        Others may read the table until ``hold_readers``, but not write to it.

        :param children: tables that must not change meanwhile either.

        Identity columns accept explicit values. Yields the session and the live table.

        :raises SchemaError: when the table is gone.
        """
        ...
