"""The port for kinds of files: how a file is laid out, its full scan, its rows as Arrow batches.

A reader is chosen by the file's first bytes, never by its name. CSV is the first; another kind joins ``READERS`` and
passes the cases of ``tests/integration/test_readers.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from refdata.copyreader import copy_readers
from refdata.core.errors import FormatError
from refdata.core.filemodel import ColumnReading, Format, ReadColumn, RejectedRow, Scan
from refdata.core.filetypes import FILE_TYPES
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import NOTHING_STATED, StatedFormat
from refdata.csvreader import CsvReader

if TYPE_CHECKING:
    import pyarrow as pa

    from refdata.csvformat.rejects import OnReject
    from refdata.csvformat.rowrules import RowRule

HEAD_BYTES = 4096
"""The first bytes of a file, by which its reader is chosen."""


class Reader(Protocol):
    """One kind of file. ``path`` names bytes that can be read several times, in any order (``dropoff.source``).

    ``scan``, ``read_rows`` and ``place_rows`` count the same rows in the same order, whatever the kind.
    """

    types: frozenset[str]
    """The file types of this kind, of which one must be enabled."""

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes, ``HEAD_BYTES`` at most, is of this kind."""
        ...

    def detect(
        self,
        path: Path,
        *,
        known: KnownFormat | None = None,
        code_page: str,
        min_confidence: float,
        stated: StatedFormat = NOTHING_STATED,
    ) -> Format:
        """The layout of a file.

        :param known: how earlier files of the table were written; ``stated``: what people declared.
        :param code_page: the encoding of text that is not Unicode.
        :param min_confidence: the confidence, 0 to 1, below which the file is refused.
        :raises FormatError: when it cannot be read safely.
        :raises OSError: when the storage fails.
        """
        ...

    def scan(
        self,
        path: Path,
        fmt: Format,
        names: Sequence[str],
        *,
        known: Mapping[str, ColumnReading] | None = None,
        on_reject: OnReject | None = None,
    ) -> Scan:
        """Reads every row once: types the columns, counts the rows, hashes the bytes.

        :param names: the database names of the file's columns, in order.
        :param known: how columns are read, by database name, as far as it is known.
        :param on_reject: called for each damaged row, in the file's order; may raise to stop.
        """
        ...

    def read_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        on_reject: OnReject,
        rules: Sequence[RowRule] = (),
    ) -> Iterator[pa.RecordBatch]:
        """The good rows as batches of the types of ``columns``, in bounded memory.

        :param rules: rules on single values; a row that breaks one of severity ``error`` is a reject.
        """
        ...

    def place_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        rules: Sequence[RowRule],
        reasons: Mapping[int, str],
    ) -> Iterator[RejectedRow]:
        """Rows that ``read_rows`` gave, by their numbers from 1, as rejects: with their line and their text."""
        ...


_CSV = CsvReader()
READERS: tuple[Reader, ...] = (_CSV, *copy_readers(_CSV))
"""All readers; the first that recognises a file reads it."""


def reader_of(path: Path, types: Collection[str] = FILE_TYPES) -> Reader:
    """The reader of a file, chosen by its first bytes.

    :param types: the enabled file types. They matter before a file's format is known; what was accepted is read.

    :raises FormatError: when it is of a kind that none reads; the message says which.
    :raises FileBusyError: when the storage fails; other errors of the tree when it cannot be opened.
    """
    from refdata.csvformat.signatures import refuse_other_bytes
    from refdata.csvformat.text import open_binary, storage_errors

    with open_binary(path) as file, storage_errors(path):
        head = file.read(HEAD_BYTES)
    chosen = next((one for one in READERS if not one.types.isdisjoint(types) and one.recognises(head)), None)
    if chosen is not None:
        return chosen
    try:
        refuse_other_bytes(head)
    except FormatError as error:
        error.where = str(path)
        raise
    raise FormatError("The file is of an unknown kind", where=str(path), advice="Save it as CSV and drop it again")
