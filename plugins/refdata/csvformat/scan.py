"""The full scan: every value of every column, in the row stream that the load will read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.columnevidence import Evidence
from refdata.core.columnreadings import NUMBERS
from refdata.core.contractlines import contract_line
from refdata.core.errors import DataError, SchemaError
from refdata.core.filehabits import FileHabits, habits
from refdata.core.filemodel import ColumnReading, Format, Notation, RejectedRow, Scan, ScannedColumn
from refdata.core.inference import Decision, decide, decide_known
from refdata.core.naming import is_renamed_lineage
from refdata.csvformat.blocks import Block, BlockCutter, Cut
from refdata.csvformat.careful import CarefulReader
from refdata.csvformat.convert import CLEAN, read_text
from refdata.csvformat.dialects import Dialect
from refdata.csvformat.fitting import Fitted, Readings, set_aside
from refdata.csvformat.infer import gather
from refdata.csvformat.limits import BLOCK_BYTES
from refdata.csvformat.mixeddates import with_mixed_dates
from refdata.csvformat.pipeline import in_order
from refdata.csvformat.readings import measure, without_missing
from refdata.csvformat.rejects import OnReject, field_of, is_misfit
from refdata.csvformat.skipping import SkippedLines, trailer_lines
from refdata.csvformat.suggestions import SAMPLE, bare
from refdata.csvformat.text import FileBytes
from refdata.csvformat.trying import with_suggestions

_LOOKED_AT = 2000
_MOST_ODD = 1_000
"""Rows of a block out of which some values of a text column are taken."""


def scan(
    path: str | Path,
    fmt: Format,
    names: Sequence[str],
    *,
    known: Mapping[str, ColumnReading] | None = None,
    on_reject: OnReject | None = None,
    progress: Callable[[int], None] | None = None,
    block_bytes: int = BLOCK_BYTES,
    cut: Cut = BlockCutter,
) -> Scan:
    """Read the whole file once; type its columns, count its rows, hash its bytes.

    :param names: the database names of the file's columns, in order.
    :param known: how columns are read, by database name, as far as contract or earlier loads know it. A value that does
        not fit makes its row a reject, instead of widening the column to text.
    :param on_reject: called for each damaged row, in the file's order; may raise to stop.
    :param progress: called with the bytes read so far; may raise to stop.
    :param cut: cuts a file of another kind.
    :raises FormatError: as ``read_rows``.
    :raises DataError: a trailer states another number of rows.
    :raises SchemaError: ``names`` are not as many as the file's columns.
    """
    if len(names) != len(fmt.header):
        raise SchemaError(f"{len(names)} names for {len(fmt.header)} columns", where=str(path), advice="Name each.")
    known = known or {}
    scanned, samples = _pass(path, fmt, names, known, on_reject, progress, block_bytes, cut)
    if not samples:
        return scanned

    def again(readings: Mapping[str, ColumnReading]) -> Scan:
        return _pass(path, fmt, names, readings, None, None, block_bytes, cut)[0]

    def odd(name: str, reading: ColumnReading) -> list[tuple[int, str]]:
        noted: list[tuple[int, str]] = []

        def note(reject: RejectedRow) -> None:
            if len(noted) < _MOST_ODD and is_misfit(reject, name):
                noted.append((reject.line, field_of(reject, fmt, names.index(name))))

        _pass(path, fmt, names, {**known, name: reading}, note, None, block_bytes, cut)
        return noted

    suggested = with_suggestions(scanned, samples, known, again)
    return with_mixed_dates(suggested, samples, known, odd)


def _pass(
    path: str | Path,
    fmt: Format,
    names: Sequence[str],
    known: Mapping[str, ColumnReading],
    on_reject: OnReject | None,
    progress: Callable[[int], None] | None,
    block_bytes: int,
    cut: Cut,
) -> tuple[Scan, dict[str, list[str]]]:
    """One pass over the file, and some values of its text columns by name."""
    source = FileBytes(Path(path), progress, hashed=True, chunk_bytes=block_bytes)
    cutter = cut(source, fmt, len(names))
    readings = {at: (name, known[name]) for at, name in enumerate(names) if name in known}
    tally = _Tally([Evidence()] * len(names), Dialect.of(fmt), cutter.careful, readings)
    tally.skipped.add([line for line in fmt.skipped if line.line > 0])
    for one in in_order(tally.look, cutter.blocks(), size=Block.size):
        tally.add(one)
        if on_reject is not None:
            for reject in one.block.rejects:
                on_reject(reject)
    tally.skipped.add(trailer_lines(fmt, cutter.next_line))
    tally.check(fmt, path)
    columns, warnings = _judge(tally, fmt.header, names)
    said = (*tally.skipped.sentences(), *_said_of_empty(tally.empty), *_said_of_names(fmt.header, names))
    sentences = (*fmt.notes, *source.repairs.sentences(), *said, *warnings)
    scanned = Scan(columns, tally.rows, tally.rejected, source.sha256, source.size, sentences, tally.fitting)
    return scanned, {names[at]: values for at, values in tally.samples.items()}


@dataclass(frozen=True, slots=True)
class _Found:
    evidence: list[Evidence]
    rows: int
    block: Block
    fitted: Fitted
    samples: dict[int, list[str]]
    empty: int


@dataclass(slots=True)
class _Tally:
    """The evidence so far. ``look`` runs in threads and only reads ``evidence``, which may lag behind."""

    evidence: list[Evidence]
    written: Dialect
    careful: CarefulReader
    readings: Readings
    rows: int = field(default=0)
    rejected: int = field(default=0)
    fitting: int = field(default=0)
    empty: int = field(default=0)
    skipped: SkippedLines = field(default_factory=SkippedLines)
    misfits: dict[int, tuple[int, Evidence]] = field(default_factory=dict)
    samples: dict[int, list[str]] = field(default_factory=dict)

    def look(self, block: Block) -> _Found:
        columns, block = self._columns(block)
        fitted = set_aside(block, columns, self.readings, self.careful)
        if fitted.block is not block:
            columns, block = self._columns(fitted.block)
        powers = b"+" in block.text and b"E+" in block.text
        evidence = [self._gather(at, column, powers=powers) for at, column in enumerate(columns)]
        samples = {at: _sample(columns[at]) for at in range(len(evidence)) if self._may_look_at(at)}
        empty = _empty_rows(columns) if all(one.nulls for one in evidence) else 0
        return _Found(evidence, len(columns[0]) if columns else 0, block, fitted, samples, empty)

    def _may_look_at(self, at: int) -> bool:
        """Whether values of a column may be kept, in case that it is text; ``add`` decides, which knows all before."""
        return not self.type_known(at) and len(self.samples.get(at, ())) < SAMPLE

    def _gather(self, at: int, column: pa.StringArray, *, powers: bool) -> Evidence:
        so_far = self.evidence[at]
        if at not in self.readings:
            return gather(column, so_far, powers=powers)
        reading = self.readings[at][1]
        if reading.type is None:
            column = bare(without_missing(column, reading.notation), reading.notation)
            return gather(column, so_far, powers=powers)
        return measure(column, reading, so_far.longest)

    def _columns(self, block: Block) -> tuple[list[pa.StringArray], Block]:
        """The block's columns; where pyarrow refuses it, of the block that the csv module makes of it."""
        fields = len(self.evidence)
        with suppress(pa.ArrowInvalid):
            return read_text(block.text, CLEAN if block.rows else self.written, fields), block
        # Outside a handler: an error raised within one shows Arrow's, which quotes the row.
        rows = self.careful.read(block.text, block.line, at_end=True)
        return read_text(rows.text(), CLEAN, fields), replace(block, text=rows.text(), rows=rows)

    def add(self, part: _Found) -> None:
        self.evidence = [known.merge(new) for known, new in zip(self.evidence, part.evidence, strict=True)]
        self.rows += part.rows
        self.empty += part.empty
        self.rejected += len(part.block.rejects)
        self.fitting += sum(reject.fits for reject in part.block.rejects)
        self.skipped.add(part.block.skipped)
        for at, values in part.samples.items():
            # Here and not in a thread, whose evidence may be old: the same file always gives the same sample.
            if at in self.samples and not self.evidence[at].is_text:
                continue  # of each column some values, of a text column more
            self.samples[at] = list(dict.fromkeys([*self.samples.get(at, ()), *values]))[:SAMPLE]
        for at, count in part.fitted.counts.items():
            before, evidence = self.misfits.get(at, (0, Evidence()))
            self.misfits[at] = before + count, evidence.merge(part.fitted.evidence.get(at, Evidence()))

    def type_known(self, at: int) -> bool:
        """Whether a column's type need not be inferred."""
        return at in self.readings and self.readings[at][1].type is not None

    @property
    def known_decimals(self) -> set[str]:
        """The decimal marks of the columns whose notation is known."""
        numbers = (reading for _, reading in self.readings.values() if reading.type and reading.type.kind in NUMBERS)
        return {reading.notation.decimal_point for reading in numbers if reading.mark_known}

    def decide(self, at: int, shown: FileHabits) -> Decision:
        """A column's type and notation."""
        if self.type_known(at):
            return decide_known(self.evidence[at], self.readings[at][1])
        if at not in self.readings:
            return decide(self.evidence[at], shown)
        reading = self.readings[at][1]
        decision = decide(self.evidence[at], shown if reading.mark_known else replace(shown, points_decide=False))
        return replace(decision, notation=_merged(decision, reading.notation))

    def doubts(self, at: int, decision: Decision) -> Iterator[str]:
        """Why a column stays text, and the lines of a contract that would decide otherwise."""
        if decision.doubt:
            known = self.readings[at][1].notation if at in self.readings else Notation()
            whole = [
                replace(notation, minus=known.minus, affix=known.affix, missing_values=known.missing_values)
                for _, notation in decision.choices
            ]
            lines = [contract_line(kind, one) for (kind, _), one in zip(decision.choices, whole, strict=True)]
            yield f"{decision.doubt}; it is kept as text. In the contract, {' or '.join(map(_quoted, lines))} decides"

    def with_misfits(self, at: int, column: ScannedColumn) -> ScannedColumn:
        """The column with what is known of its refused values; the load reads it value by value, too."""
        if at not in self.misfits:
            return column
        count, evidence = self.misfits[at]
        alone = decide(evidence)
        return replace(
            column,
            misfits=count,
            misfit_type=alone.type,
            misfit_notation=alone.notation,
            reading=self.readings[at][1],
        )

    def check(self, fmt: Format, path: str | Path) -> None:
        """Compare the rows with the count that a trailer states."""
        if fmt.stated_rows is not None and fmt.stated_rows != self.rows + self.rejected:
            raise DataError(
                f"The trailer states {fmt.stated_rows} rows, but the file contains {self.rows + self.rejected}",
                where=str(path),
                advice="The file is incomplete; ask for it again.",
            )


def _empty_rows(columns: Sequence[pa.StringArray]) -> int:
    """The rows that have no value in any column; a column alone may lack values."""
    if len(columns) < 2:
        return 0
    return int(pc.sum(reduce(pc.and_, (pc.equal(column, "") for column in columns))).as_py() or 0)


def _said_of_empty(count: int) -> Iterator[str]:
    if count:
        rows, they = ("1 row has", "it is") if count == 1 else (f"{count:,} rows have", "they are")
        yield f"{rows} no value in any column; {they} loaded empty. A contract can require values (required: true)."


def _said_of_names(header: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """The file seems to be an export of a table, with the columns that refdata adds."""
    own = [(source, name) for source, name in zip(header, names, strict=True) if is_renamed_lineage(name)]
    if own:
        listed = ", ".join(f"{source!r} as {name}" for source, name in own)
        yield (
            "The file has columns named like those that refdata adds to each table; they are loaded under other names:"
            f" {listed}."
            " Leave them out when a table is exported to be dropped again."
        )


def _merged(decision: Decision, known: Notation) -> Notation:
    """The notation that a type was inferred with, and what was known before."""
    notation = replace(decision.notation, missing_values=known.missing_values)
    number = decision.type is not None and decision.type.kind in NUMBERS
    return replace(notation, minus=known.minus, affix=known.affix) if number else notation


def _quoted(line: str) -> str:
    return f"`{line}`"


def _sample(column: pa.StringArray) -> list[str]:
    """Some distinct values."""
    values = pc.unique(column.slice(0, _LOOKED_AT)).to_pylist()
    return [value for value in values if value][:SAMPLE]


def _judge(
    tally: _Tally, header: Sequence[str], names: Sequence[str]
) -> tuple[tuple[ScannedColumn, ...], tuple[str, ...]]:
    inferred = [evidence for at, evidence in enumerate(tally.evidence) if not tally.type_known(at)]
    shown = habits(inferred, tally.written.delimiter, tally.known_decimals)
    columns, warnings = [], []
    for at, (evidence, source, name) in enumerate(zip(tally.evidence, header, names, strict=True)):
        decision = tally.decide(at, shown)
        column = ScannedColumn(source, name, decision.type, evidence.longest, evidence.nulls, decision.notation)
        columns.append(tally.with_misfits(at, column))
        warnings += [f"Column {source!r} {warning}." for warning in (*decision.warnings, *tally.doubts(at, decision))]
    return tuple(columns), tuple(warnings)
