"""Asks about values that are of their column's type, but written so that they may mean something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from refdata.core.columnreadings import WHOLE_NUMBERS, known_notation
from refdata.core.contract import Contract
from refdata.core.contractterms import OnDoubtfulRows, QuestionKind
from refdata.core.doubts.notations import clock_question, powers_question, tells_24_hours
from refdata.core.doubts.rows import LOAD
from refdata.core.doubts.types import Misfit
from refdata.core.filemodel import ColumnReading, Notation, ScannedColumn
from refdata.core.learning import FIELD_TYPES
from refdata.core.model import Column, DroppedFile, Load, LoadType, Table
from refdata.core.publishing import qualified
from refdata.core.questions import Question
from refdata.core.rowdoubts import RowDoubts
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.ingest.context import Deps, Detection
from refdata.ingest.refitting import odd_texts
from refdata.ingest.rowcomparing import MOST_VALUES

_TIMES = frozenset({TypeKind.TIME, TypeKind.DATETIME2})


@dataclass(frozen=True, slots=True)
class ColumnDoubts:
    """The doubt about one column of a file that is read without a misfit."""

    deps: Deps
    file: DroppedFile
    row: Load
    detection: Detection
    contract: Contract
    live: Table | None
    column: ScannedColumn

    def question(self) -> Question | None:
        """The question to ask, if any."""
        if self.live is None or self.column.type is None:
            return None
        if self.column.notation.powers:
            return self._powers(self.live, self.live.column(self.column.name))
        known = known_notation(self.contract, self.column.name)
        twelve = known.hours != self.column.notation.hours == 24
        return self._clock(self.column.type, known) if twelve and self.column.type.kind in _TIMES else None

    def _clock(self, kind: SqlType, known: Notation) -> Question | None:
        """Times without AM or PM; an hour such as 15 proves that none is left out."""
        examples, texts = self._odd(ColumnReading(kind, replace(self.column.notation, hours=known.hours)))
        if not texts or any(map(tells_24_hours, texts)):
            return None
        table, file_name, name = self.row.table_name, self.row.file_name, self.column.name
        return clock_question(table, file_name, name, self.column.notation, FIELD_TYPES[kind.kind], examples)

    def _powers(self, live: Table, old: Column | None) -> Question | None:
        """Whole numbers with an exponent that the table does not have."""
        answer = self.contract.answer(QuestionKind.CODES_CHANGED, self.column.name)
        settled = answer is not None and answer.answer == LOAD
        if settled or self.contract.policies.on_doubtful_rows is not OnDoubtfulRows.HOLD:
            return None
        if old is None or old.type.kind not in WHOLE_NUMBERS:
            return None
        examples, texts = self._odd(ColumnReading(old.type, replace(self.column.notation, powers=False)))
        new = _not_in_table(self.deps, live, old, texts)
        shown = [one for one in examples if one.text in new]
        return powers_question(self.row.table_name, self.row.file_name, self.column.name, shown, new) if new else None

    def _odd(self, reading: ColumnReading) -> tuple[list[Misfit], list[str]]:
        with self.deps.dropoff.open(self.file) as path:
            return odd_texts(Path(path), self.detection.format, self.detection.scan, self.column.name, reading)


def _not_in_table(deps: Deps, live: Table, column: Column, powers: Sequence[str]) -> list[str]:
    """Those of the whole numbers with an exponent that a column does not have."""
    numbers = {text: int(Decimal(text)) for text in powers}
    plan = RowDoubts(deps.warehouse.capabilities, LoadType.FULL, "", qualified(live.name))
    wanted, known = list(numbers.values()), set[int]()
    with deps.warehouse.transaction(write=False) as session:
        for start in range(0, len(wanted), MOST_VALUES):
            statement = plan.present(column, wanted[start : start + MOST_VALUES], staged=False)
            known.update(int(line[0]) for line in session.query(statement.sql, statement.values))
    return [text for text, number in numbers.items() if number not in known]
