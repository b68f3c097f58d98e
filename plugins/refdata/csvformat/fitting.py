"""Sets aside the rows of a block that hold a value outside its column's known type and notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from refdata.core.columnevidence import Evidence
from refdata.core.filemodel import ColumnReading, Notation
from refdata.core.sqltypes import TypeKind
from refdata.csvformat.blocks import Block
from refdata.csvformat.careful import CarefulReader, CarefulRows
from refdata.csvformat.convert import CLEAN, read_text
from refdata.csvformat.infer import gather
from refdata.csvformat.readings import misfits
from refdata.csvformat.values import Mask

Readings = Mapping[int, tuple[str, ColumnReading]]
"""The known columns of a file by their index: the name for messages, and the reading."""


@dataclass(frozen=True)
class Fitted:
    """A block without its misfits.

    ``counts`` has the number of misfits for each column whose values had to be looked at one by one, ``evidence`` what
    these misfits are by themselves.
    """

    block: Block
    counts: Mapping[int, int] = field(default_factory=dict)
    evidence: Mapping[int, Evidence] = field(default_factory=dict)


def set_aside(block: Block, columns: Sequence[pa.StringArray], readings: Readings, careful: CarefulReader) -> Fitted:
    """Turn rows with a misfit into rejects.

    :param columns: the block's columns as text; those without a reading are not looked at.
    """
    doubtful = _masks(columns, readings)
    if not any(mask.any() for mask in doubtful.values()):
        return Fitted(block, dict.fromkeys(doubtful, 0))
    # Only the row by row reader knows the lines of a row.
    rows = block.rows or careful.read(block.text, block.line, at_end=True)
    texts = read_text(rows.text(), CLEAN, careful.fields)
    wrong = _masks(texts, readings)
    evidence = {at: gather(texts[at].filter(pa.array(mask)), Evidence()) for at, mask in wrong.items()}
    kept = _without(rows, _reasons(wrong, readings))
    counts = {at: int(mask.sum()) for at, mask in wrong.items()}
    return Fitted(replace(block, text=kept.text(), rows=kept), counts, evidence)


def _masks(columns: Sequence[pa.StringArray], readings: Readings) -> dict[int, Mask]:
    """The misfits of each column whose values had to be looked at one by one."""
    masks = {at: misfits(columns[at], reading) for at, (_, reading) in readings.items()}
    return {at: mask for at, mask in masks.items() if mask is not None}


def _reasons(wrong: Mapping[int, Mask], readings: Readings) -> dict[int, str]:
    """Why each refused row is refused, by its index: the first column that does not fit, in the file's order."""
    reasons: dict[int, str] = {}
    for at in sorted(wrong):
        name, reading = readings[at]
        reason = f"the value of column {name!r} does not fit {described(reading)}"
        for row in np.flatnonzero(wrong[at]).tolist():
            reasons.setdefault(row, reason)
    return reasons


def _without(rows: CarefulRows, refused: Mapping[int, str]) -> CarefulRows:
    kept = [row for row in range(len(rows.clean)) if row not in refused]
    rejects = [*rows.rejects, *(rows.refuse(row, reason) for row, reason in refused.items())]
    return replace(
        rows,
        clean=[rows.clean[row] for row in kept],
        places=[rows.places[row] for row in kept],
        rejects=sorted(rejects, key=lambda reject: reject.line),
    )


def described(reading: ColumnReading) -> str:
    """A reading in words.

    >>> from refdata.core.sqltypes import DATE
    >>> described(ColumnReading(DATE, Notation(date_order="dmy", date_separator="/")))
    'DATE written as day/month/year'
    """
    return f"{_type(reading)}{_written(reading)}"


def _type(reading: ColumnReading) -> str:
    grows = reading.known.kind in (TypeKind.DECIMAL, TypeKind.NVARCHAR) and not reading.bounded
    return reading.known.kind.value if grows else str(reading.known)


def _written(reading: ColumnReading) -> str:
    kind, notation = reading.known.kind, reading.notation
    if kind in (TypeKind.DATE, TypeKind.DATETIME2):
        return f" written as {date_words(notation)}"
    if kind is TypeKind.BIT and notation.true_values:
        return f" written as {' or '.join((*notation.true_values, *notation.false_values))}"
    if kind in (TypeKind.DECIMAL, TypeKind.FLOAT) and reading.mark_known:
        return f" with {notation.decimal_point!r} as the decimal mark"
    return ""


def date_words(notation: Notation) -> str:
    """The order of a date in words: ``day/month/year``."""
    words = {"y": "year", "m": "month name" if notation.month_names else "month", "d": "day"}
    words["y"] = "two-digit year" if notation.year_digits == 2 else "year"
    separator = " " if notation.month_names else notation.date_separator
    date = separator.join(words[letter] for letter in notation.date_order)
    return date + (", AM/PM" if notation.hours == 12 else "") + (", with a time zone" if notation.zone else "")
