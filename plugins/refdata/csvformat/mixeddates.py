"""Finds text columns whose dates have the day first in some rows and the month first in others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from refdata.core.contractlines import contract_line
from refdata.core.contractterms import FieldType
from refdata.core.dateformats import pattern_of
from refdata.core.filemodel import ColumnReading, Notation, Scan, ScannedColumn
from refdata.core.sqltypes import DATE, TypeKind
from refdata.csvformat.readings import misfits

_DATE = re.compile(r"\d{1,2}(?P<mark>[-/.])\d{1,2}(?P=mark)(?P<year>\d{4}|\d{2})([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?")
_MOST_OTHERS = 0.1
"""The share of values that may be no date."""

OddValues = Callable[[str, ColumnReading], Sequence[tuple[int, str]]]
"""The first values of a column, by name, that a reading refuses, with the lines of their rows."""


def with_mixed_dates(
    scan: Scan, samples: Mapping[str, Sequence[str]], known: Mapping[str, ColumnReading], odd: OddValues
) -> Scan:
    """The scan with a warning about each column of this kind, in place of what else is said of its text.

    :param samples: some values of the text columns; ``odd`` reads the file once more.
    """
    said = {one.source: warning for one, warning in _mixed(scan, samples, known, odd)}
    if not said:
        return scan
    others = [one for one in scan.warnings if not any(one.startswith(f"Column {source!r} ") for source in said)]
    return replace(scan, warnings=(*others, *said.values()))


def _mixed(
    scan: Scan, samples: Mapping[str, Sequence[str]], known: Mapping[str, ColumnReading], odd: OddValues
) -> Iterator[tuple[ScannedColumn, str]]:
    for column in scan.columns:
        base = known.get(column.name, ColumnReading(None))
        is_text = column.type is not None and column.type.kind is TypeKind.NVARCHAR
        if not is_text or base.type is not None or not base.suggest:
            continue
        readings = _readings(samples.get(column.name, ()), base.notation.missing_values)
        if readings and (warning := _warning(column, readings, odd)):
            yield column, warning


def _readings(texts: Sequence[str], missing: tuple[str, ...]) -> tuple[ColumnReading, ...]:
    """The readings with the day first and with the month first, if nearly all texts are dates written in one way."""
    matches = [match for text in texts if (match := _DATE.fullmatch(text))]
    if not matches or len(texts) - len(matches) > _MOST_OTHERS * len(texts):
        return ()
    if len({(match["mark"], len(match["year"])) for match in matches}) > 1:
        return ()
    plain = Notation(date_separator=matches[0]["mark"], year_digits=len(matches[0]["year"]), missing_values=missing)
    return tuple(ColumnReading(DATE, replace(plain, date_order=order)) for order in ("dmy", "mdy"))


def _warning(column: ScannedColumn, readings: Sequence[ColumnReading], odd: OddValues) -> str:
    lines = []
    for reading, other in (readings, readings[::-1]):
        line = next((line for line, text in odd(column.name, other) if _fits(text, reading)), None)
        if line is None:
            return ""
        lines.append(f"line {line} can only be read as {_letters(reading.notation)}")
    decide = " or ".join(f"`{contract_line(DATE, one.notation)}`" for one in readings)
    return (
        f"Column {column.source!r} has dates in two notations: {', '.join(lines)}; it is kept as text."
        f" In the contract, {decide} decides, and on_type_change what becomes of the other rows."
    )


def _fits(text: str, reading: ColumnReading) -> bool:
    wrong = misfits(pa.array([text], pa.string()), reading)
    return wrong is None or not wrong.any()


def _letters(notation: Notation) -> str:
    """How a day is written, in the letters that people use: ``DD/MM/YYYY``."""
    text = pattern_of(FieldType.DATE, notation)
    for sign, letters in (("%d", "DD"), ("%m", "MM"), ("%Y", "YYYY"), ("%y", "YY")):
        text = text.replace(sign, letters)
    return text
