"""The interface that every engine has. Nothing above this package knows which engine it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, overload

from refdata.core.alignment import Alignment
from refdata.core.diagnosis import Diagnosis
from refdata.core.model import Column, Publication, Published, Stage, Table, TableName
from refdata.core.schemasteps import SchemaChange
from refdata.core.validation import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]
Progress = Callable[[int], None]
"""Called with the number of rows staged so far; may raise to stop the load."""


@overload
def moment(value: datetime | str) -> datetime: ...


@overload
def moment(value: datetime | str | None) -> datetime | None: ...


def moment(value: datetime | str | None) -> datetime | None:
    """A time out of a row: SQLite has no type for one and gives its ISO text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class Session(Protocol):
    """Statements within one transaction. ``?`` stands for each value; errors are of the error tree."""

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a SELECT, or of a statement with OUTPUT or RETURNING."""
        ...

    def execute(self, sql: str, values: Sequence[object] = ()) -> int:
        """Runs a statement; the number of rows it changed."""
        ...


class Warehouse(Protocol):
    """One database with the schemas ``ref`` and ``bkp``."""

    @property
    def engine(self) -> str:
        """``sqlite``, ``mssql`` or ``odbc``."""
        ...

    @property
    def database(self) -> str:
        """The database's name, for the configuration table and messages; never a secret."""
        ...

    def statement(self, name: str) -> str:
        """The text of a file in ``include/sql`` for this engine."""
        ...

    def diagnose(self) -> Diagnosis:
        """What stands between this process and its work, found by one connection; raises nothing."""
        ...

    def schema_version(self) -> int:
        """The last of ``core.schemasteps`` that the database had; 0 when it had none."""
        ...

    def initialise(self, *, thorough: bool = False) -> SchemaChange:
        """Creates what is missing of refdata's own tables, or upgrades them; all or nothing, safe to run again.

        :param thorough: also looks at what no load needs, such as procedures for people.
        """
        ...

    def transaction(self, *, write: bool = True, lock: str | None = None) -> AbstractContextManager[Session]:
        """A transaction: committed at the end, rolled back when an exception leaves it.

        :param write: False only reads.
        :param lock: name of an application lock that is held to the end of the transaction.
        """
        ...

    def table(self, name: TableName) -> Table | None:
        """A live table with its columns, or None."""
        ...

    def tables(self, schema: str) -> tuple[Table, ...]:
        """All tables of a schema that hold loaded data, by name; no ledger, configuration or stage."""
        ...

    def align(self, plan: Alignment) -> None:
        """Creates or alters the live table and the table of its versions, in one transaction.

        :raises SchemaError: when the database refuses the change.
        """
        ...

    def stage(
        self, stage: Stage, columns: Sequence[Column], batches: Iterable[pa.RecordBatch], on_progress: Progress
    ) -> tuple[int, str]:
        """Streams batches into a new stage table; returns the rows staged and the method used.

        The batches' columns are ``columns`` in order, in the Arrow types that the reader gives.
        """
        ...

    def validate(self, stage: Stage) -> Verdict | None:
        """The verdict of the table's validation procedure, ``<ref>.sp_ref_validate_<table>``, on the staged rows.

        Of the values ``stage_table`` (quoted), ``table_name`` and ``load_id`` it gets those that it declares.
        None when there is no such procedure, or the engine has none.

        :raises ConfigurationError: when its answer is no verdict.
        """
        ...

    def call_procedure(self, name: str, values: Mapping[str, object]) -> None:
        """Runs a procedure in a transaction of its own, with those of ``values`` that it declares.

        :raises ConfigurationError: when there is no such procedure, or the engine has none.
        """
        ...

    def break_off(self) -> None:
        """Ends what other threads of this process do through this object; from now on only the caller's works.

        Where the driver has no such call nothing happens: the end of the process ends it.
        """
        ...

    def stages(self) -> tuple[Stage, ...]:
        """All stage tables that exist."""
        ...

    def drop_stage(self, stage: Stage) -> None:
        """Removes a stage table; nothing happens when there is none."""
        ...

    def staged(self, stage: Stage) -> Table | None:
        """A stage table with its columns, or None."""
        ...

    def reading_stage(self, stage: Stage) -> AbstractContextManager[tuple[Session, str]]:
        """A transaction that only reads, with the stage table's quoted name in it."""
        ...

    def publish(self, request: Publication) -> Published:
        """Makes the staged rows live and the ledger row ``loaded``, in one transaction.

        Done a second time for the same attempt it returns what the first did.

        :raises SupersededError: when a newer attempt holds the load.
        :raises DataError: when the number of rows differs from ``request.rows``; nothing is changed.
        """
        ...

    def replacing(self, table: TableName) -> AbstractContextManager[tuple[Session, Table]]:
        """A transaction that may replace a table's rows: no load of the table can claim its turn or publish meanwhile.

        Identity columns take the values that are brought. Gives the session and the live table.

        :raises SchemaError: when the table is gone.
        """
        ...
