"""The full scan: every value of every column, in the row stream that the load will read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from refdata.core.errors import DataError, SchemaError
from refdata.core.inference import Evidence, decide, proves_decimal_comma
from refdata.core.model import Format, RejectedRow, Scan, ScannedColumn, SkippedLine
from refdata.csvformat.blocks import Block, BlockCutter
from refdata.csvformat.careful import CarefulReader
from refdata.csvformat.convert import CLEAN, CsvText, read_text
from refdata.csvformat.infer import gather
from refdata.csvformat.limits import BLOCK_BYTES
from refdata.csvformat.pipeline import in_order
from refdata.csvformat.rejects import OnReject
from refdata.csvformat.skipping import SkippedLines, trailer_lines
from refdata.csvformat.text import Progress, Source


def scan(
    path: str | Path,
    fmt: Format,
    names: Sequence[str],
    *,
    on_reject: OnReject | None = None,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Scan:
    """Read the whole file once; type its columns, count its rows, hash its bytes.

    :param names: the database names of the file's columns, in order.
    :param on_reject: called for each damaged row, in the file's order; may raise to stop.
    :param progress: called with the bytes read so far; may raise to stop.
    :raises FormatError: as ``read_rows``.
    :raises DataError: a trailer states another number of rows.
    :raises SchemaError: ``names`` are not as many as the file's columns.
    """
    if len(names) != len(fmt.header):
        raise SchemaError(f"{len(names)} names for {len(fmt.header)} columns", where=str(path), advice="Name each.")
    source = Source(Path(path), progress, hashed=True, chunk_bytes=block_bytes)
    cutter = BlockCutter(source, fmt, len(names))
    tally = _Tally([Evidence()] * len(names), CsvText.of(fmt), cutter.careful)
    tally.skipped.add([line for line in fmt.skipped if line.line > 0])
    for found in in_order(tally.look, cutter.blocks(), size=Block.size):
        tally.add(found)
        if on_reject is not None:
            for reject in found.rejects:
                on_reject(reject)
    tally.skipped.add(trailer_lines(fmt, cutter.next_line))
    tally.check(fmt, path)
    columns, warnings = _judge(tally.evidence, fmt.header, names)
    return Scan(
        columns,
        tally.rows,
        tally.rejected,
        source.sha256,
        source.size,
        (*fmt.notes, *tally.skipped.sentences(), *warnings),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    evidence: list[Evidence]
    rows: int
    rejects: Sequence[RejectedRow]
    skipped: Sequence[SkippedLine]


@dataclass(slots=True)
class _Tally:
    """The evidence so far. ``look`` runs in threads and only reads ``evidence``, which may lag behind."""

    evidence: list[Evidence]
    written: CsvText
    careful: CarefulReader
    rows: int = field(default=0)
    rejected: int = field(default=0)
    skipped: SkippedLines = field(default_factory=SkippedLines)

    def look(self, block: Block) -> _Found:
        columns, rejects, skipped = self._columns(block)
        powers = b"+" in block.text and b"E+" in block.text
        evidence = [gather(column, known, powers=powers) for column, known in zip(columns, self.evidence, strict=True)]
        return _Found(evidence, len(columns[0]) if columns else 0, rejects, skipped)

    def _columns(self, block: Block) -> tuple[list[pa.StringArray], Sequence[RejectedRow], Sequence[SkippedLine]]:
        fields = len(self.evidence)
        with suppress(pa.ArrowInvalid):
            return read_text(block.text, CLEAN if block.rows else self.written, fields), block.rejects, block.skipped
        # Outside a handler: an error raised within one shows Arrow's, which quotes the row.
        rows = self.careful.read(block.text, block.line, block.offset, at_end=True)
        return read_text(rows.text(), CLEAN, fields), rows.rejects, rows.skipped

    def add(self, found: _Found) -> None:
        self.evidence = [known.merge(new) for known, new in zip(self.evidence, found.evidence, strict=True)]
        self.rows += found.rows
        self.rejected += len(found.rejects)
        self.skipped.add(found.skipped)

    def check(self, fmt: Format, path: str | Path) -> None:
        """Compare the rows with the count that a trailer states."""
        if fmt.stated_rows is not None and fmt.stated_rows != self.rows + self.rejected:
            raise DataError(
                f"The trailer states {fmt.stated_rows} rows, but the file contains {self.rows + self.rejected}",
                where=str(path),
                advice="The file is incomplete; ask for it again.",
            )


def _judge(
    evidence: Sequence[Evidence], header: Sequence[str], names: Sequence[str]
) -> tuple[tuple[ScannedColumn, ...], tuple[str, ...]]:
    commas = [proves_decimal_comma(one) for one in evidence]
    columns, warnings = [], []
    for one, source, name in zip(evidence, header, names, strict=True):
        decision = decide(one, decimal_commas=any(commas))
        columns.append(ScannedColumn(source, name, decision.type, one.longest, one.nulls, decision.notation))
        warnings += [f"Column {source!r} {warning}." for warning in decision.warnings]
    return tuple(columns), tuple(warnings)
