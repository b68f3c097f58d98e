"""Watches a load's rows and compares them with the live ones, and asks where codes, keys or whole rows are in doubt.

Rows are watched on their way into the stage, and the database is asked only about what shows a sign of damage: a load
without such a sign costs hardly more than its reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from refdata.core import tablediff
from refdata.core.alignment import Alignment, own_columns
from refdata.core.codedamage import LONG, Sensitive
from refdata.core.codes import shape_of
from refdata.core.columnreadings import MOMENTS
from refdata.core.contract import Contract
from refdata.core.contractterms import OnDoubtfulRows
from refdata.core.doubts import rows as doubts
from refdata.core.doubts.order import older_days
from refdata.core.filemodel import ReadColumn, ScannedColumn
from refdata.core.model import Column, Load, LoadType, Stage, Table
from refdata.core.naming import fold_name
from refdata.core.publishing import qualified
from refdata.core.questions import Question
from refdata.core.rowdoubts import RowDoubts, is_text
from refdata.core.sqltypes import TypeKind
from refdata.core.tablediff import PROBE
from refdata.ingest.context import Deps
from refdata.ingest.rowcomparing import Comparison, LiveSample
from refdata.warehouse.base import Session

if TYPE_CHECKING:
    from refdata.csvformat.rowwatch import CodeWatch, RowWatch


WHOLE_NUMBERS = frozenset((TypeKind.BIGINT, TypeKind.DECIMAL))
"""The types with room for numbers that a spreadsheet rounds."""
UNNAMED_KEY_ROWS = 10
"""Rows whose first values must differ before that column counts as a key, unless its name says so."""


KEY_VALUES, FIRST_COLUMN_VALUES = 2, 10
"""Values for each repeated one from which on a column is a key with slips: one that is named so, and another one."""


@dataclass(frozen=True, slots=True)
class RowFindings:
    """The doubts about the staged rows, and those that are only worth a warning."""

    questions: tuple[Question, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowDoubting:
    """The doubts about the rows of one load. ``sample`` are some live rows, ``watch`` sees the rows pass."""

    deps: Deps
    row: Load
    contract: Contract
    plan: Alignment
    scanned: Sequence[ScannedColumn]
    live: Table | None
    sample: LiveSample
    watch: RowWatch

    @classmethod
    def of(
        cls,
        deps: Deps,
        row: Load,
        contract: Contract,
        plan: Alignment,
        scanned: Sequence[ScannedColumn],
        live: Table | None,
    ) -> RowDoubting:
        """Looks at some of the live rows, to know what to watch."""
        if contract.policies.on_doubtful_rows is OnDoubtfulRows.ALLOW:
            return cls(deps, row, contract, plan, scanned, live, LiveSample(()), _nothing())
        sample = _sample(deps, live, _shared(plan.read, live))
        return cls(deps, row, contract, plan, scanned, live, sample, _watch(plan, contract, sample))

    def examine(self, stage: Stage) -> RowFindings:
        """Compares the staged rows with those of the table, where the watch saw a sign."""
        if self.live is None or not self.sample.rows:
            return RowFindings(warnings=tuple(self._first_load()))
        with self.deps.warehouse.reading_stage(stage) as (session, source):
            engine = self.deps.warehouse.capabilities
            statements = RowDoubts(engine, self.row.load_type, source, qualified(self.live.name))
            comparison = Comparison(
                session, statements, self.row, self.contract, self.scanned, self.sample, self.watch,
                complete=len(self.sample.columns) == len(self.plan.read) and not self.plan.missing,
            )  # fmt: skip
            questions = tuple(comparison.questions())
            warnings = (*comparison.warnings, *self._older_days(session, statements))
            if self.contract.policies.on_doubtful_rows is OnDoubtfulRows.WARN:
                loaded = tuple(doubts.loaded_anyway(question) for question in questions)
                return RowFindings(warnings=(*loaded, *warnings))
            return RowFindings(questions, warnings)

    def _older_days(self, session: Session, statements: RowDoubts) -> Iterator[str]:
        """Warns about a full load whose days are older than those it replaces, whatever the names of the files say."""
        dated = [column for column in self.sample.columns if column.type.kind in MOMENTS]
        if self.row.load_type is not LoadType.FULL or not dated or self.deps.settings.on_older_content == "load":
            return
        (new,), (live,) = (session.query(statements.newest(dated, staged=staged).sql, ()) for staged in (True, False))
        if warning := older_days([column.name for column in dated], new, live):
            yield warning

    def _first_load(self) -> Iterator[str]:
        """Only the name and the place show that a column should identify the rows: a newcomer is not asked."""
        key = self.watch.key
        if key is None or not key.is_complete:
            return
        repeats = key.repeats()
        if self.contract.primary_key:
            if repeats.near:
                yield doubts.repeats_warning(key.column, repeats.near, near=True)
        elif repeats.exact and not tablediff.sounds_like_key(key.column) and key.has_names():
            return  # people and towns may have one name
        elif repeats.near or 0 < repeats.count * _fewest_for(key.column) <= repeats.values:
            yield doubts.repeats_warning(key.column, repeats.count)


def _fewest_for(column: str) -> int:
    """Values for each repeated one from which on a first column should identify the rows."""
    return KEY_VALUES if tablediff.sounds_like_key(column) else FIRST_COLUMN_VALUES


def _shared(read: Sequence[ReadColumn], live: Table | None) -> tuple[Column, ...]:
    """The file's columns that the table has with the same kind of type."""
    known = {fold_name(column.name): column for column in own_columns(live)} if live else {}
    return tuple(
        Column(one.name, one.type)
        for one in read
        if (there := known.get(fold_name(one.name))) is not None and there.type.kind is one.type.kind
    )


def _sample(deps: Deps, live: Table | None, shared: tuple[Column, ...]) -> LiveSample:
    if live is None or not shared:
        return LiveSample(shared)
    plan = RowDoubts(deps.warehouse.capabilities, LoadType.FULL, "", qualified(live.name))
    statement = plan.probe(shared, PROBE)
    with deps.warehouse.transaction(write=False) as session:
        return LiveSample(shared, tuple(session.query(statement.sql, statement.values)))


def _nothing() -> RowWatch:
    from refdata.csvformat.rowwatch import RowWatch

    return RowWatch()


def _watch(plan: Alignment, contract: Contract, sample: LiveSample) -> RowWatch:
    from refdata.csvformat.rowwatch import KeyWatch, NumberWatch, RowWatch

    places = {column.name: place for place, column in enumerate(plan.read)}
    texts = [column for column in sample.columns if is_text(column)] if sample.rows else []
    codes = tuple(_code_watch(column.name, places[column.name], sample.values(column)) for column in texts)
    numbers = tuple(
        NumberWatch(column.name, places[column.name])
        for column in sample.columns
        if column.type.kind in WHOLE_NUMBERS and any(_is_long(value) for value in sample.values(column))
    )
    key = _key_to_watch(plan, contract, sample)
    return RowWatch(codes, numbers, KeyWatch(key, places[key]) if key else None)


def _code_watch(column: str, place: int, usual: Sequence[object]) -> CodeWatch:
    from refdata.csvformat.rowwatch import CodeWatch

    shape = shape_of(usual)
    return CodeWatch(column, place, shape.length if shape.zero_led else None, Sensitive.of(usual))


def _is_long(value: object) -> bool:
    """Whether a number is whole and so long that a spreadsheet may round it."""
    text = str(value)
    return text.isdigit() and len(text) >= LONG


def _key_to_watch(plan: Alignment, contract: Contract, sample: LiveSample) -> str | None:
    """The column that identifies the rows: the stated key, else the one that the live rows or the names suggest."""
    names = {fold_name(column.name): column.name for column in plan.read}
    if contract.primary_key:
        return names.get(fold_name(contract.primary_key[0])) if len(contract.primary_key) == 1 else None
    if not sample.rows:
        first = plan.read[0]
        return first.name if first.type.kind is TypeKind.NVARCHAR or tablediff.sounds_like_key(first.name) else None
    # Another column whose values differ may do so by chance, and then a repeated value is no loss.
    named = [column for column in sample.columns if tablediff.sounds_like_key(column.name)]
    enough = len(sample.rows) >= UNNAMED_KEY_ROWS
    leading = [column for column in sample.columns if enough and column.name == plan.read[0].name]
    likely = (column for column in (*named, *leading) if _identifies(sample, column))
    return next((column.name for column in likely), None)


def _identifies(sample: LiveSample, column: Column) -> bool:
    """Whether a column may be a key, judging by the sample."""
    values = sample.values(column)
    return tablediff.may_be_key(column) and len(set(values)) == len(values) and None not in values
