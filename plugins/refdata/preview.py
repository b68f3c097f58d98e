"""Examines any CSV file before it is loaded: how it is written, and which tables its columns match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.contract import Contract
from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, ReadColumn, RejectedRow, Scan, ScannedColumn
from refdata.core.filetypes import enabled
from refdata.core.matching import TableMatch, rank_tables
from refdata.core.model import Table
from refdata.core.naming import column_names
from refdata.core.settings import Settings
from refdata.core.sqltypes import text
from refdata.csvformat.rowrules import WarnedRules, row_rules
from refdata.readers import reader_of

MOST_LISTED = 10
"""Rejected rows that a preview lists."""

LOOKED_AT = 20_000
"""Rows that are searched for columns without repeated values."""


def preview_format(file: Path, settings: Settings) -> Format:
    """How to read a file from any location, with the reasons.

    :raises FormatError: when it is missing, or cannot be read safely as CSV.
    """
    if not file.is_file():
        raise FormatError("There is no such file", where=str(file), advice="Check the path.")
    reader = reader_of(file, enabled(settings.file_types))
    return reader.detect(file, code_page=settings.code_page, min_confidence=settings.min_confidence)


def match_tables(file: Path, fmt: Format, tables: Sequence[Table]) -> tuple[TableMatch, ...]:
    """The tables by how well the file's columns and scanned types match them, best first. Reads every row.

    :raises FormatError: when the file cannot be read safely as CSV.
    """
    return rank_scanned(scan_columns(file, fmt), tables)


MOST_NAMED = 10
"""Tables for which columns with other names are looked for."""


def scan_columns(file: Path, fmt: Format) -> Scan:
    """The types of a file's columns, and what its load would warn about. Reads every row.

    :raises FormatError: when the file cannot be read safely as CSV.
    """
    return reader_of(file).scan(file, fmt, column_names(fmt.header))


def rank_scanned(scanned: Scan, tables: Sequence[Table]) -> tuple[TableMatch, ...]:
    """The tables by how well scanned columns match them, best first."""
    return rank_tables(scanned.columns, tables, named=MOST_NAMED)


def distinct_columns(file: Path, fmt: Format, columns: Sequence[ScannedColumn]) -> tuple[str, ...]:
    """The columns whose first rows all have different, non-empty values; in the file's order."""
    wanted = [
        ReadColumn(at, column.name, text(column.longest))
        for at, column in enumerate(columns)
        if column.type and not column.nulls
    ]
    if not wanted:
        return ()
    batches: list[pa.RecordBatch] = []
    for batch in reader_of(file).read_rows(file, fmt, columns=wanted, on_reject=lambda _: None):
        batches.append(batch)
        if sum(one.num_rows for one in batches) >= LOOKED_AT:
            break
    rows = pa.Table.from_batches(batches)
    return tuple(name for name in rows.column_names if pc.count_distinct(rows.column(name)).as_py() == rows.num_rows)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Whether the rows follow a contract's rules: how many are rejected (including damaged ones), the first ones
    with their lines, and sentences on rules that only warn."""

    rejected: int
    first: tuple[RejectedRow, ...]
    warnings: tuple[str, ...]


def kept_rules(file: Path, fmt: Format, contract: Contract, columns: Sequence[ReadColumn]) -> _Kept:
    """Apply the rules on single values to all rows of a file.

    :raises ConfigurationError: when a rule does not fit its column.
    """
    rules = row_rules(contract, columns)
    warned, rejects = WarnedRules(rules), _Rejects()
    for batch in reader_of(file).read_rows(file, fmt, columns=columns, on_reject=rejects.add, rules=rules):
        warned.add(batch)
    return _Kept(rejects.count, tuple(rejects.first), warned.sentences())


@dataclass(slots=True)
class _Rejects:
    count: int = 0
    first: list[RejectedRow] = field(default_factory=list)

    def add(self, reject: RejectedRow) -> None:
        self.count += 1
        if len(self.first) < MOST_LISTED:
            self.first.append(reject)
