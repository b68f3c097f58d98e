"""The values that travel between the parts: files, tables, publications, loads.

All are frozen and made of plain types, so ``to_json`` and ``from_json`` carry them through XCom.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from refdata.core.naming import fold_name, stage_name
from refdata.core.sqltypes import SqlType


class LoadType(StrEnum):
    """The effect of a load on the existing rows; the last three are requested by people, never by a folder."""

    FULL = "fullload"
    APPEND = "append"
    ROLLBACK = "rollback"
    TAKE_BACK = "take_back"
    DELETE = "delete"

    @property
    def flag(self) -> str:
        """The letter in ``ref_data_loadtype``."""
        return "F" if self is LoadType.FULL else "A"


DROPPED_TYPES = (LoadType.FULL, LoadType.APPEND)
"""The load types that have a folder."""


class FileStatus(StrEnum):
    """A file's status in the ledger: ``pending → processing (→ review) → loaded → completed``, or another end."""

    PENDING = "pending"
    PROCESSING = "processing"
    REVIEW = "review"
    LOADED = "loaded"
    COMPLETED = "completed"
    ERROR = "error"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file that is waiting in one of the four load folders, of any type that the settings allow.

    ``path`` is relative to the dropoff root, with ``/``: ``reference_data_table/fullload/airports.csv``. ``identity``
    distinguishes one drop from the next: any change makes it another drop. Files of one table take turns by
    ``order``. Both are opaque: only the source that found the file knows their content, so they are only compared.
    ``size`` is in bytes; ``changed_ns`` is when the content last changed, ``arrived_ns`` since when the file has been
    there in this form, both in nanoseconds since 1970.
    """

    path: str
    identity: str
    order: str
    load_type: LoadType
    is_reference_data: bool
    size: int = 0
    changed_ns: int = 0
    arrived_ns: int = 0

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]


MOST_UTF8 = 3
"""Bytes of UTF-8 for one UTF-16 code unit, in which the lengths of text count."""


@dataclass(frozen=True, slots=True)
class NativeType:
    """A column type other than the nine, as somebody else declared it: ``smallint``, ``varchar(20)``, ``datetime``.

    ``holds`` is the widest of the nine types whose values all fit (``NVARCHAR(0)`` where none do).
    ``single_byte`` marks text in a code page, where ``holds`` applies only to pure ASCII; ``utf8`` text in
    UTF-8, which keeps every letter in up to ``MOST_UTF8`` bytes.
    """

    name: str
    holds: SqlType
    single_byte: bool = False
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a database table.

    ``type`` is the narrowest of the nine types that keeps every value the column can contain; ``native`` is
    the real type where it is none of the nine. ``optional``: the database fills it by itself
    (identity, default), so a file may lack it even where NULL is not allowed. ``identity``: it numbers the rows, and no
    statement changes it.
    """

    name: str
    type: SqlType
    nullable: bool = True
    native: NativeType | None = None
    optional: bool = False
    identity: bool = False

    @property
    def holds(self) -> SqlType:
        """The widest of the nine types whose values all fit the column."""
        return self.native.holds if self.native else self.type

    @property
    def type_name(self) -> str:
        """The type as the database names it."""
        return self.native.name if self.native else str(self.type)


@dataclass(frozen=True, slots=True)
class TableName:
    """A table within its schema."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Table:
    """A live table: its name and columns in order."""

    name: TableName
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """The column with that name (case is ignored), or None."""
        return next((column for column in self.columns if fold_name(column.name) == fold_name(name)), None)


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage table of one attempt of a load; no other attempt writes to it."""

    table: TableName
    load_id: int
    attempt: int

    @property
    def name(self) -> str:
        """``<table>_stage_<load id>_<attempt>``."""
        return stage_name(self.table.name, self.load_id, self.attempt)


@dataclass(frozen=True, slots=True)
class RowKey:
    """Columns that identify a row, and whether case and trailing blanks count in their texts."""

    columns: tuple[str, ...]
    ignores_case: bool = False
    ignores_trailing_blanks: bool = False


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The results of a load's rows in the table: new ones, those that replaced a row, and those that were there.

    ``removed`` counts the rows that the table had and the file did not.
    """

    inserted: int
    updated: int
    unchanged: int
    removed: int = 0

    @property
    def rows(self) -> int:
        """The rows that the load brought."""
        return self.inserted + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class Publication:
    """Staged rows on their way into the live table.

    ``columns`` are the staged columns; the table's others become NULL. ``rows`` is the number staged,
    which must be the number published. ``loaded_at`` is UTC. ``contract`` is what is known about the table's files
    after this load, as JSON; ``""`` where nothing was learned. ``key`` identifies a row, None where no key is declared.
    ``upsert``: rows of an append replace those with the same key.
    """

    stage: Stage
    load_type: LoadType
    columns: tuple[str, ...]
    rows: int
    rejected: int
    method: str
    loaded_at: datetime
    contract: str = ""
    key: RowKey | None = None
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a publish: the rows that this load brought, and the number of the new version.

    ``counts`` says what became of the rows; None where all of them were inserted without comparing.
    """

    rows: int
    version: int
    counts: RowCounts | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """One load, from the release of a dropped file to its archive: the columns of its row in ``File_Monitor_Tracking``.

    Times are UTC. ``error_message`` is the whole reason of a failure as one text, the columns before it are its parts.
    """

    id: int
    file_path: str
    file_name: str
    status: FileStatus
    load_type: LoadType
    table_name: str
    is_reference_data: bool
    attempt: int
    created_at: datetime
    processed_at: datetime | None
    file_size: int | None
    file_hash: str | None
    file_mtime_ns: int | None
    file_identity: str | None
    order_key: str | None
    rows_read: int | None
    rows_staged: int | None
    rows_loaded: int | None
    rows_inserted: int | None
    rows_updated: int | None
    rows_unchanged: int | None
    rows_rejected: int | None
    error_category: str | None
    error_what: str | None
    error_where: str | None
    error_advice: str | None
    error_message: str | None
    warnings: tuple[str, ...]
    dag_run_id: str | None
    version_id: int | None
    load_method: str | None
    started_at: datetime | None
    heartbeat_at: datetime | None
    loaded_at: datetime | None
    detected_delimiter: str | None
    detected_encoding: str | None
    detected_headers: tuple[str, ...]

    @property
    def rows_compared(self) -> str:
        """The results of the rows, in words, if they were compared with the table's; else ``""``."""
        split = (self.rows_inserted, self.rows_updated, self.rows_unchanged)
        named = zip(split, ("inserted", "updated", "unchanged"), strict=True)
        return ", ".join(f"{count:,} {name}" for count, name in named if count is not None)


LOAD_COLUMNS = tuple(spec.name for spec in fields(Load))
"""The ledger's columns that make a load: the one list by which they are selected and read."""
