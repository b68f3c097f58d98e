"""Scans a file with what its table knows about each column: type, notation, and texts that mean no value.

A column of dates whose days are all below 13 proves no order, and one odd value makes a column of numbers text. So the
known reading comes first. Where values do not fit it, the policy decides: their rows are rejected, or the values alone
show what the column is, and a question or a warning follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from refdata.core.columnreadings import MOMENTS, NUMBERS, KnownColumnReading, known_readings, rejects_misfits
from refdata.core.contract import Contract
from refdata.core.contractchecks import declared_misfit
from refdata.core.doubts.types import Misfit, Misfits
from refdata.core.filemodel import ColumnReading, Format, Notation, RejectedRow, Scan, ScannedColumn
from refdata.core.model import Column, Table
from refdata.core.questions import MAX_EXAMPLES
from refdata.core.sqltypes import SqlType, TypeKind, widen
from refdata.csvformat.rejects import field_of, is_misfit
from refdata.readers import reader_of

_TYPED = frozenset(TypeKind) - {TypeKind.NVARCHAR}


def scan_as_known(
    path: Path,
    fmt: Format,
    names: Sequence[str],
    contract: Contract,
    live: Table | None,
    on_reject: Callable[[RejectedRow], None] | None = None,
) -> Scan:
    """The full scan, with the known reading of each column as far as its values fit it.

    A column whose values do not fit, and whose rows are not to be rejected, is typed by its values; ``misfits`` then
    counts those that do not fit what people stated.

    :param on_reject: called for each rejected row, in the file's order; may raise to stop.
    """
    reader = reader_of(path)
    trial = _ReadingTrial(known_readings(contract, live, names), contract, live)
    if not trial.readings:
        return reader.scan(path, fmt, names, on_reject=on_reject)
    scan = reader.scan(path, fmt, names, known=trial.readings)
    while trial.changed_by(scan):
        scan = reader.scan(path, fmt, names, known=trial.readings)
    if scan.rejected and on_reject is not None:
        scan = reader.scan(path, fmt, names, known=trial.readings, on_reject=on_reject)
    return trial.judged(scan)


@dataclass(slots=True)
class _ReadingTrial:
    """Which reading of each column applies, as far as the scans have shown. ``misfits`` counts by the first reading."""

    known: Mapping[str, KnownColumnReading]
    contract: Contract
    live: Table | None
    readings: dict[str, ColumnReading] = field(init=False)
    tried: dict[str, int] = field(default_factory=dict)
    misfits: dict[str, int] = field(default_factory=dict)
    rejecting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        first = {name: one.readings[0] if one.readings else one.inferred for name, one in self.known.items()}
        self.readings = {name: reading for name, reading in first.items() if reading is not None}

    def changed_by(self, scan: Scan) -> bool:
        """Whether another reading is to be tried for some column."""
        misfitting = [one for one in scan.columns if one.misfits and one.name not in self.rejecting]
        for column in misfitting:
            self._advance(column.name, column.misfits)
        if misfitting:
            self._open_marks([column.name for column in misfitting])
            return True
        failed = [one.name for one in scan.columns if self._is_refused(one)]
        for name in failed:
            self.readings[name] = self.known[name].readings[0]
            self.rejecting.add(name)
        return bool(failed)

    def _advance(self, name: str, misfits: int) -> None:
        self.misfits.setdefault(name, misfits)
        self._try(name, self.tried.get(name, 0) + 1)

    def _try(self, name: str, at: int) -> None:
        """Takes the reading at that place, or behind the last one leaves the type to the values."""
        self.tried[name] = at
        readings = self.known[name].readings
        reading = readings[at] if at < len(readings) else self.known[name].inferred
        self.readings.pop(name)
        if reading is not None:
            self.readings[name] = reading

    def _open_marks(self, names: Sequence[str]) -> None:
        """Leaves the learned marks of all numbers to the file where it contradicts those of one column."""
        if not any(self._is_learned_number(name) for name in names):
            return
        for name in self.known:
            if name not in self.tried and self._is_learned_number(name):
                reading = self.known[name].readings[0]
                if reading.notation.thousands or reading.notation.decimal_point != ".":
                    self.misfits.setdefault(name, 0)
                    self._try(name, len(self.known[name].readings))

    def _is_learned_number(self, name: str) -> bool:
        readings = self.known[name].readings
        return bool(readings) and not self.known[name].stated and readings[0].known.kind in NUMBERS

    def _is_refused(self, column: ScannedColumn) -> bool:
        """Whether the rows with values that do not fit are to be rejected after all."""
        tried = self.misfits.get(column.name) and column.name not in self.rejecting and self._opened(column.name)
        return bool(tried) and rejects_misfits(self.contract, column.name) and self._fails(column)

    def _opened(self, name: str) -> bool:
        return self.tried.get(name, 0) >= len(self.known[name].readings)

    def _fails(self, column: ScannedColumn) -> bool:
        """Whether the type that the values show cannot replace the known one."""
        if column.type is None:
            return False
        old = self.live.column(column.name) if self.live else None
        falls = old is not None and old.native is None and widen(old.type, column.type).kind is TypeKind.NVARCHAR
        other = self.known[column.name].stated or bool(declared_misfit(self.contract, column))
        return other or falls or column.type.kind is TypeKind.NVARCHAR

    def judged(self, scan: Scan) -> Scan:
        """The scan, with the misfits of columns whose values decide although people stated how to read them."""
        columns = tuple(self._judged(column) for column in scan.columns)
        return replace(scan, columns=columns, warnings=(*scan.warnings, *self._changes(columns)))

    def _judged(self, column: ScannedColumn) -> ScannedColumn:
        if column.name in self.rejecting or not self._opened(column.name):
            return column
        stated = self.known[column.name].stated
        return replace(column, misfits=self.misfits.get(column.name, 0) if stated else 0)

    def _changes(self, columns: Sequence[ScannedColumn]) -> Iterator[str]:
        """Warnings about numbers that this file writes in another way than the files before."""
        for column in columns:
            if column.type is None or column.type.kind is not TypeKind.DECIMAL or not self.misfits.get(column.name):
                continue
            before, now = self.known[column.name].readings[0], column.notation
            if before.mark_known and before.notation.decimal_point != now.decimal_point:
                yield (
                    f"Column {column.source!r} has {now.decimal_point!r} before its decimals in this file, and"
                    f" {before.notation.decimal_point!r} in earlier ones; it is read as in this file."
                )


def falling(column: ScannedColumn, live: Table | None) -> Column | None:
    """The live column that the file's values would make text of, or None."""
    old = live.column(column.name) if live is not None else None
    if old is None or old.native is not None or column.type is None or old.type.kind not in _TYPED:
        return None
    return old if widen(old.type, column.type).kind is TypeKind.NVARCHAR else None


def misfits(
    path: Path, fmt: Format, scan: Scan, column: ScannedColumn, known: KnownColumnReading, live: Column | None
) -> Misfits:
    """The values of a column that do not fit its known reading; the first of them as examples."""
    kind = live.type if live is not None else known.readings[0].known if known.readings else SqlType(TypeKind.INT)
    reading = known.readings[0] if known.readings else ColumnReading(kind)
    noted = _noted(path, fmt, scan, column.name, reading)
    everything = noted.count + column.nulls >= scan.rows
    brought = column.type if column.type is not None and column.type.kind is not TypeKind.NVARCHAR else None
    return Misfits(
        column.name,
        kind,
        noted.count,
        scan.rows,
        tuple(noted.examples),
        brought,
        tuple(noted.texts) if len(noted.texts) <= MOST_TEXTS else (),
        reading.notation,
        _dated(tuple(noted.texts)) if everything and kind.kind in MOMENTS else (),
        _signed(tuple(noted.texts), reading) if kind.kind in NUMBERS else None,
    )


def odd_texts(
    path: Path, fmt: Format, scan: Scan, column: str, reading: ColumnReading
) -> tuple[list[Misfit], list[str]]:
    """The values of a column that do not fit a reading: the first ones with their lines, and some different ones."""
    noted = _noted(path, fmt, scan, column, reading)
    return noted.examples, list(noted.texts)


def _noted(path: Path, fmt: Format, scan: Scan, column: str, reading: ColumnReading) -> _Noted:
    names = [one.name for one in scan.columns]
    noted = _Noted(column, fmt, names.index(column))
    names += [f"{names[-1]} {at}" for at in range(len(names), len(fmt.header))]  # those at the end that are not loaded
    reader_of(path).scan(path, fmt, names, known={column: reading}, on_reject=noted.add)
    return noted


def _dated(texts: Sequence[str]) -> tuple[Notation, ...]:
    from refdata.csvformat.othernotations import day_notations

    return day_notations(texts)


def _signed(texts: Sequence[str], reading: ColumnReading) -> Notation | None:
    from refdata.csvformat.othernotations import minus_notation

    return minus_notation(texts, reading) if len(texts) < MOST_NOTED else None


MOST_NOTED = 1_000
"""Different values by which the notation of dates and negative numbers is found."""
MOST_TEXTS = 4
"""Different values that an answer may read in another way."""


@dataclass(slots=True)
class _Noted:
    """Counts the rows whose value does not fit the column, and keeps the first of them and their different values."""

    column: str
    fmt: Format
    index: int
    count: int = 0
    examples: list[Misfit] = field(default_factory=list)
    texts: dict[str, None] = field(default_factory=dict)

    def add(self, reject: RejectedRow) -> None:
        """Notes a reject, unless its row is damaged anyway."""
        if not is_misfit(reject, self.column):
            return
        self.count += 1
        if len(self.texts) >= MOST_NOTED:
            return
        text = field_of(reject, self.fmt, self.index)
        self.texts[text] = None
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(Misfit(reject.line, text))
