"""The values that travel between the parts: files, formats, columns, loads.

All are frozen and made of plain types, so ``to_json`` and ``from_json`` carry them through XCom.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from refdata.core.naming import fold_name, stage_name
from refdata.core.sqltypes import SqlType


class LoadType(StrEnum):
    """The effect of a load on the existing rows; the last two are requested by people, never by a folder."""

    FULL = "fullload"
    APPEND = "append"
    ROLLBACK = "rollback"
    TAKE_BACK = "take_back"

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
    """A regular ``.csv`` file in one of the four load folders.

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


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A dialect that nearly won, and its score between 0 and 1."""

    delimiter: str
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that is not loaded as a row, although it is not blank.

    ``line`` is the physical line (from 1), or counts from the end of the file where it is negative (-1 is the last line
    that is not blank). ``text`` is shortened; ``why`` completes "is": ``a comment``.
    """

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a file in doubt.

    ``key`` identifies it in answers, ``label`` names it in a few words, ``effect`` says in one sentence what is read.
    Each fact that is not None makes detection read the file so: the ``delimiter``, whether it ``has_header``,
    ``kept``, a subject (``header_names``) with the way that applies to it, and the ``encoding``.
    """

    key: str
    label: str
    effect: str
    delimiter: str | None = None
    has_header: bool | None = None
    kept: tuple[str, str] | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a file is not loaded although it can be read: it has two readings, and nothing decides between them.

    ``readings`` are those that a person can choose from, the likeliest first; without any the file is refused.
    ``evidence`` are sentences on what speaks for them.
    """

    what: str
    advice: str
    readings: tuple[Reading, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the lines of a file that is drawn for people are divided into cells; blanks around a cell are no part of it.

    ``between`` is the text between two cells: a delimiter, one blank, or two (a run of two or more). ``starts`` are
    the places in a line, from 0, at which columns begin, where nothing but the place divides. ``borders``: the
    delimiter also opens and closes each line.
    """

    between: str
    starts: tuple[int, ...] = ()
    borders: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    r"""How to read a file, as detected.

    Rows are those of Python's ``csv.reader(lines, delimiter=…, quotechar=quote, doublequote=True,
    escapechar=escape or None, skipinitialspace=skip_initial_space)``, with ``quoting=QUOTE_NONE`` where
    ``quote`` is ``""``, over the text in ``encoding``, a Python codec (``utf-8-sig`` and ``utf-16`` where the
    file has a byte-order mark, for example ``utf-16-le`` if it has none). A row in which text goes on behind a
    closing quote is an exception (``csvformat/damage.py``). ``delimiter`` is one of
    ``, ; | TAB``, in a single column one that its text does not contain. ``escape`` is ``""`` or a backslash.

    A physical line ends at ``\n``, ``\r\n`` or a lone ``\r``, also within quotes. Read in this order: the
    first ``preamble_lines`` physical lines are skipped; with ``has_header`` the next ``header_lines`` contain the
    header (names over several lines are joined by a blank, unless the first line names each column); of the
    rest, lines between two rows that start with ``comment`` (``""`` for none) and blank lines are not rows, nor
    are the last ``trailer_lines`` physical lines that are not blank.

    ``header`` has one name for each field of a row: as written, ``""`` where the header names none, and
    ``column_1 …`` where there is no header. ``line_ending`` is the most frequent one. ``stated_rows`` is the
    count that a trailer claims. ``confidence`` is between 0 and 1; ``reasons`` are sentences, ``runners_up``
    the next best dialects. ``header_texts`` are the header's physical lines, without blanks around them: among the
    rows of several fields, such a line is the header again. ``skipped`` are the lines before and after the table,
    ``notes`` sentences on what was decided for the user, for the ledger. With a ``doubt`` the file is not to be loaded;
    the other facts are then those of its likeliest reading. ``place_damaged``: rows that fit with one change are read.
    With a ``drawing`` all of this describes the lines as they are written again, as plain CSV.
    ``decode_fallback`` is the codec of lines that ``encoding`` cannot read.
    """

    encoding: str
    delimiter: str
    quote: str
    escape: str
    has_header: bool
    header: tuple[str, ...]
    line_ending: str = "\n"
    preamble_lines: int = 0
    header_lines: int = 1
    trailer_lines: int = 0
    comment: str = ""
    skip_initial_space: bool = False
    stated_rows: int | None = None
    confidence: float = 1.0
    reasons: tuple[str, ...] = ()
    runners_up: tuple[RunnerUp, ...] = ()
    header_texts: tuple[str, ...] = ()
    skipped: tuple[SkippedLine, ...] = ()
    notes: tuple[str, ...] = ()
    doubt: Doubt | None = None
    place_damaged: bool = False
    drawing: Drawing | None = None
    decode_fallback: str = ""


ANY_WORD = "*"
"""In a notation: month names of any known language, or text of any kind beside numbers."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a column writes its values, where that is not the default way.

    Numbers: ``decimal_point`` is ``.`` or ``,``. ``thousands`` contains the possible separators of groups of three
    digits (``""``: none). ``minus`` is ``-`` or U+2212 (each accepts the other too), ``trailing`` for ``5-`` or
    ``parentheses`` for ``(5)``. ``affix`` is the text beside the numbers, such as ``%`` or ``R$``; ``*`` accepts any.

    Dates and times: ``date_order`` is ``ymd``, ``dmy`` or ``mdy``; ``date_separator`` is ``-``, ``/``, ``.``, a blank,
    or ``""`` for ``20240131``. ``year_digits`` is 4, or 2, where 69 to 99 belong to the last century as in POSIX.
    ``month_names`` is the language of months written as words (``en``, ``de``, …; ``""``: numbers). ``hours`` is 24, or
    12 with AM and PM. ``zone`` is ``utc`` where each value ends in ``Z`` or an offset and is kept as UTC.
    ``fraction_digits`` is the most digits that follow a second.

    Booleans: ``true_values`` and ``false_values`` are the exact spellings; both empty: ``true`` and ``false`` in any
    case. ``missing_values`` are the texts that mean no value; the empty text always does.
    """

    decimal_point: str = "."
    thousands: str = ""
    date_order: str = "ymd"
    date_separator: str = "-"
    fraction_digits: int = 0
    minus: str = "-"
    affix: str = ""
    year_digits: int = 4
    month_names: str = ""
    hours: int = 24
    zone: str = ""
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """How a column's values are to be read, as a contract or earlier loads know it.

    ``type`` gives the family: a number may need more digits, a text may be longer, a DATE may turn out to have times,
    and an INT decimals, unless ``bounded`` says that ``type`` is the limit. A value outside the family or the notation
    makes its row a reject. ``type=None``: the type is inferred; only ``missing_values`` of the notation apply.
    ``mark_known=False``: the column's decimal mark is unknown, so that ``1.234`` fits neither reading.

    Without a type, sign and affix of the notation are removed before the type is inferred. ``markers`` are those of the
    ``missing_values`` that the values only suggest; ``suggest=False``: nothing is to be suggested.
    """

    type: SqlType | None
    notation: Notation = field(default_factory=Notation)
    bounded: bool = False
    mark_known: bool = True
    markers: tuple[str, ...] = ()
    suggest: bool = True

    @property
    def known(self) -> SqlType:
        """The type of a reading that has one.

        :raises ValueError: it has none.
        """
        if self.type is None:
            raise ValueError("this reading leaves the type to inference")
        return self.type


@dataclass(frozen=True, slots=True)
class ScannedColumn:
    """A file's column after the full scan.

    ``source`` is the header as written, ``name`` the database name. ``type`` is None where every
    is empty. ``longest`` counts UTF-16 code units of the longest value's text. ``nulls`` counts empty
    values. ``ascii`` is True where every value is known to be ASCII.

    Where the scan was given the column's reading, ``misfits`` counts the values that it refused; ``misfit_type`` and
    ``misfit_notation`` say what these values are by themselves (INT in a DATE column: day numbers of a spreadsheet).
    ``reading`` is then set, so that the load refuses the same rows.
    """

    source: str
    name: str
    type: SqlType | None
    longest: int = 0
    nulls: int = 0
    notation: Notation = field(default_factory=Notation)
    ascii: bool = False
    misfits: int = 0
    misfit_type: SqlType | None = None
    misfit_notation: Notation = field(default_factory=Notation)
    reading: ColumnReading | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of the full scan: every column's type, and how many rows can be loaded.

    ``rows`` counts the rows that can be loaded, ``rejected`` the damaged ones, ``fitting`` those of them that
    would fit with one change; header, preamble, trailer and comments are neither. ``sha256`` is the hash of the
    file's bytes. ``warnings`` are sentences for the ledger.
    """

    columns: tuple[ScannedColumn, ...]
    rows: int
    rejected: int
    sha256: str
    size: int
    warnings: tuple[str, ...] = ()
    fitting: int = 0


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not loaded: its first physical line (from 1), the reason, the original text.

    ``fits``: with one change it would be a row, and with no other.
    """

    line: int
    reason: str
    raw: str
    fits: bool = False


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """One column that the reader returns: the file's column ``index``, converted to ``type``.

    ``reading`` is set where the scan refused values by it: values that it refuses are not rows here either.
    """

    index: int
    name: str
    type: SqlType
    notation: Notation = field(default_factory=Notation)
    reading: ColumnReading | None = None


@dataclass(frozen=True, slots=True)
class NativeType:
    """A column type other than the nine, as somebody else declared it: ``smallint``, ``varchar(20)``, ``datetime``.

    ``holds`` is the widest of the nine types whose values all fit (``NVARCHAR(0)`` where none do).
    ``single_byte`` marks text in a code page, where ``holds`` applies only to pure ASCII.
    """

    name: str
    holds: SqlType
    single_byte: bool = False


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
