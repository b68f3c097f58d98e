"""Reads a file's columns with the types of its table, if the file's values alone show too little or another type.

A column of dates whose days are all below 13 proves no order, and one odd value makes a column of numbers text. The
table knows each column's type and notation, so they are applied to its values: what fits keeps the type, and what does
not is counted, for a question or for rejects.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from refdata.core.contract import Contract
from refdata.core.contractterms import OnTypeChange
from refdata.core.doubts.types import REJECT, Misfit, Misfits
from refdata.core.model import Column, Format, Notation, ReadColumn, RejectedRow, Scan, ScannedColumn, Table
from refdata.core.questions import MAX_EXAMPLES, QuestionKind
from refdata.core.sqltypes import SqlType, TypeKind, widen
from refdata.readers import reader_of

_TYPED = frozenset(TypeKind) - {TypeKind.NVARCHAR}
_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})


def refitted(path: Path, fmt: Format, scan: Scan, contract: Contract, live: Table | None) -> Scan:
    """The scan with the types and notations that the table knows, for each column whose values all fit them."""
    columns = tuple(_refitted(path, fmt, scan, column, contract, live) for column in scan.columns)
    known = [after for before, after in zip(scan.columns, columns, strict=True) if after is not before]
    others = tuple(one for one in scan.warnings if not any(f"Column {column.source!r} " in one for column in known))
    return replace(scan, columns=columns, warnings=(*others, *(_as_known(column) for column in known)))


_ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def _as_known(column: ScannedColumn) -> str:
    """The warning about a column that would have become text from the file's values alone."""
    moments = column.type is not None and column.type.kind in (TypeKind.DATE, TypeKind.DATETIME2)
    how = f" ({_ORDERS[column.notation.date_order]})" if moments else ""
    return f"Column {column.source!r} is read as {column.type}{how}, as in earlier files of the table."


def _refitted(
    path: Path, fmt: Format, scan: Scan, column: ScannedColumn, contract: Contract, live: Table | None
) -> ScannedColumn:
    known = falling(column, live)
    if known is None:
        return column
    notation = known_notation(contract, column.name)
    fitted = replace(column, type=known.type, notation=notation)
    if rejects_misfits(contract, column.name):
        return fitted
    found = misfits(path, fmt, scan, fitted, known)
    return column if found.count else fitted


def falling(column: ScannedColumn, live: Table | None) -> Column | None:
    """The live column that the file's values would turn into text, or None."""
    old = live.column(column.name) if live is not None else None
    if old is None or old.native is not None or column.type is None or old.type.kind not in _TYPED:
        return None
    return old if widen(old.type, column.type).kind is TypeKind.NVARCHAR else None


def rejects_misfits(contract: Contract, column: str) -> bool:
    """Whether rows whose value does not fit are rejected: by policy, or by an answer."""
    answer = contract.answer(QuestionKind.TYPE_CHANGED, column)
    if answer is not None:
        return answer.answer == REJECT
    return contract.policies.on_type_change is OnTypeChange.REJECT


def known_notation(contract: Contract, column: str) -> Notation:
    """The notation of a column in the table's files; the plain one if unknown."""
    fact, plain = contract.column(column), Notation()
    if fact is None:
        return plain
    return Notation(
        decimal_point=fact.decimal_char or plain.decimal_point,
        thousands=fact.group_char or plain.thousands,
        date_order=fact.date_order or plain.date_order,
        date_separator=fact.date_separator or plain.date_separator,
    )


def misfits(path: Path, fmt: Format, scan: Scan, column: ScannedColumn, live: Column) -> Misfits:
    """The values of a column that are not of the live type, in the notation of ``column``."""
    index = next(at for at, one in enumerate(scan.columns) if one.name == column.name)
    read = ReadColumn(index, column.name, live.type, column.notation)
    noted = _Noted(column.name)
    for _ in reader_of(path).read_rows(path, fmt, columns=[read], on_reject=noted.add):
        pass
    texts = (*_texts(noted.rejects, fmt, index), *_zero_led(path, fmt, index, live))
    inferred = next(one.type for one in scan.columns if one.name == column.name)
    brought = inferred if inferred is not None and inferred.kind is not TypeKind.NVARCHAR else None
    count = noted.count + len(texts) - len(noted.rejects)
    return Misfits(column.name, live.type, count, scan.rows, texts, brought)


@dataclass(slots=True)
class _Noted:
    """Counts the rows whose value is not of the column's type, and keeps the first of them."""

    column: str
    count: int = 0
    rejects: list[RejectedRow] = field(default_factory=list)

    def add(self, reject: RejectedRow) -> None:
        """Notes a reject, unless its row is damaged anyway."""
        if f"column {self.column!r} does not fit" in reject.reason:
            self.count += 1
            if len(self.rejects) < MAX_EXAMPLES:
                self.rejects.append(reject)


def _zero_led(path: Path, fmt: Format, index: int, live: Column) -> Iterator[Misfit]:
    """The first values of a number column that begin with zeros, which a number would lose."""
    import pyarrow.compute as pc

    if live.type.kind not in _NUMBERS:
        return
    text = ReadColumn(index, "value", SqlType(TypeKind.NVARCHAR))
    found = 0
    for batch in reader_of(path).read_rows(path, fmt, columns=[text], on_reject=lambda _: None):
        led = batch.column(0).filter(pc.match_substring_regex(batch.column(0), r"^[+-]?0\d|^\+"))
        for value in led.slice(0, MAX_EXAMPLES - found).to_pylist():
            found += 1
            yield Misfit(0, value)
        if found >= MAX_EXAMPLES:
            return


def _texts(rejects: list[RejectedRow], fmt: Format, index: int) -> Iterator[Misfit]:
    """The values at fault, extracted from the text of their rows."""
    for reject in rejects:
        lines = reject.raw.splitlines(keepends=True)
        if fmt.quote:
            reader = csv.reader(lines, delimiter=fmt.delimiter, quotechar=fmt.quote)
        else:
            reader = csv.reader(lines, delimiter=fmt.delimiter, quoting=csv.QUOTE_NONE)
        fields = next(reader, [])
        yield Misfit(reject.line, fields[index] if index < len(fields) else reject.raw)
