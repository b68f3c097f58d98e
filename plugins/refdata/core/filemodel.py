"""What is known about a file: its format, how its columns are written and read, and what a scan of it found."""

from __future__ import annotations

from dataclasses import dataclass, field

from refdata.core.sqltypes import SqlType


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
    ``decode_fallback`` is the codec of lines that ``encoding`` cannot read. With a ``part`` (a sheet, or a member of an
    archive) all of this describes the plain copy of that part; ``workbook``: its values come from cells, so that the
    file shows nothing about how the table's text files are written.
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
    part: str = ""
    workbook: bool = False

    @property
    def is_as_written(self) -> bool:
        """Whether this describes the lines of the file itself, so that lines like them can be dropped again."""
        return not self.part and self.drawing is None

    @property
    def shows_dialect(self) -> bool:
        """Whether the file shows how the table's text files are written."""
        return not self.workbook


ANY_WORD = "*"
"""In a notation: month names of any known language, or text of any kind beside numbers."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How a column writes its values, where that is not the default way.

    Numbers: ``decimal_point`` is ``.`` or ``,``. ``thousands`` contains the possible separators of groups of three
    digits (``""``: none). ``minus`` is ``-`` or U+2212 (each accepts the other too), ``trailing`` for ``5-`` or
    ``parentheses`` for ``(5)``. ``affix`` is the text beside the numbers, such as ``%`` or ``R$``; ``*`` accepts any.
    ``powers``: whole numbers may be written as ``1e+05`` or ``1.5E3``, but not as ``1E5``, which may be a code.

    Dates and times: ``date_order`` is ``ymd``, ``dmy`` or ``mdy``; ``date_separator`` is ``-``, ``/``, ``.``, a blank,
    or ``""`` for ``20240131``. ``year_digits`` is 4, or 2, where 69 to 99 belong to the last century as in POSIX.
    ``month_names`` is the language of months written as words (``en``, ``de``, …; ``""``: numbers). ``hours`` is 24, or
    12 with AM and PM. ``zone`` is ``utc`` where each value ends in ``Z`` or an offset and is kept as UTC.
    ``fraction_digits`` is the most digits that follow a second.

    Booleans: ``true_values`` and ``false_values`` are the exact spellings; both empty: ``true`` and ``false`` in any
    case. ``missing_values`` are the texts that mean no value; the empty text always does. ``padded``: values may have
    blanks around them, which mean nothing; in text they would.
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
    powers: bool = False
    true_values: tuple[str, ...] = ()
    false_values: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = ()
    padded: bool = False


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
