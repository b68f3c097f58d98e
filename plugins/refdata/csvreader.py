"""The reader of CSV files; see ``readers.Reader``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from refdata.core.filemodel import ColumnReading, Format, ReadColumn, RejectedRow, Scan
from refdata.core.filetypes import TEXT_TYPES
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import NOTHING_STATED, StatedFormat

if TYPE_CHECKING:
    import pyarrow as pa

    from refdata.csvformat.rejects import OnReject
    from refdata.csvformat.rowrules import RowRule


class CsvReader:
    """See ``Reader``: CSV, and all other text in rows and columns."""

    types = frozenset(TEXT_TYPES)

    # Imported in the methods, because at the top each DAG parse would pay for pyarrow and numpy.

    def recognises(self, head: bytes) -> bool:
        """See ``Reader``. CSV has no signature, so any file that has none may be CSV; ``detect`` refuses the others."""
        from refdata.csvformat.signatures import other_kind

        return other_kind(head) is None

    def detect(
        self,
        path: Path,
        *,
        known: KnownFormat | None = None,
        code_page: str,
        min_confidence: float,
        stated: StatedFormat = NOTHING_STATED,
    ) -> Format:
        """See ``Reader``; a file too wide for a table is refused before anything is compared with its names."""
        from refdata.csvformat.detection import detect
        from refdata.csvformat.limits import refuse_wide

        fmt = detect(path, known=known, code_page=code_page, min_confidence=min_confidence, stated=stated)
        refuse_wide(len(fmt.header), path)
        return fmt

    def scan(
        self,
        path: Path,
        fmt: Format,
        names: Sequence[str],
        *,
        known: Mapping[str, ColumnReading] | None = None,
        on_reject: OnReject | None = None,
    ) -> Scan:
        """See ``Reader``."""
        from refdata.csvformat.scan import scan

        return scan(path, fmt, names, known=known, on_reject=on_reject)

    def read_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        on_reject: OnReject,
        rules: Sequence[RowRule] = (),
    ) -> Iterator[pa.RecordBatch]:
        """See ``Reader``."""
        from refdata.csvformat.reader import read_rows

        return read_rows(path, fmt, columns=columns, on_reject=on_reject, rules=rules)

    def place_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        rules: Sequence[RowRule],
        reasons: Mapping[int, str],
    ) -> Iterator[RejectedRow]:
        """See ``Reader``."""
        from refdata.csvformat.placing import place_rows

        return place_rows(path, fmt, columns=columns, rules=rules, reasons=reasons)
