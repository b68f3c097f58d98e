"""Compares whole numbers with an exponent with those of the table, and asks about those that it does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from refdata.core.columnreadings import WHOLE_NUMBERS
from refdata.core.contract import Contract
from refdata.core.contractterms import OnDoubtfulRows, QuestionKind
from refdata.core.doubts.powers import powers_question
from refdata.core.doubts.rows import LOAD
from refdata.core.filemodel import ColumnReading, ScannedColumn
from refdata.core.model import Column, DroppedFile, Load, LoadType, Table
from refdata.core.publishing import qualified
from refdata.core.questions import Question
from refdata.core.rowdoubts import RowDoubts
from refdata.ingest.context import Deps, Detection
from refdata.ingest.reading import naming_the_file
from refdata.ingest.refitting import odd_texts
from refdata.ingest.rowcomparing import MOST_VALUES


def powers_questions(
    deps: Deps,
    file: DroppedFile,
    row: Load,
    detection: Detection,
    contract: Contract,
    live: Table,
    column: ScannedColumn,
) -> Iterator[Question]:
    """Whole numbers with an exponent that the table does not have."""
    old, answer = live.column(column.name), contract.answer(QuestionKind.CODES_CHANGED, column.name)
    settled = answer is not None and answer.answer == LOAD
    if settled or contract.policies.on_doubtful_rows is not OnDoubtfulRows.HOLD:
        return
    if old is None or old.type.kind not in WHOLE_NUMBERS:
        return
    plain = ColumnReading(old.type, replace(column.notation, powers=False))
    with naming_the_file(file), deps.dropoff.open(file) as path:
        examples, texts = odd_texts(Path(path), detection.format, detection.scan, column.name, plain)
    new = _not_in_table(deps, live, old, texts)
    if new:
        shown = [one for one in examples if one.text in new]
        yield powers_question(row.table_name, row.file_name, column.name, shown, new)


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
