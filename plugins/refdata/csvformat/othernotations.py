"""Recognises the notation of values that are not written as their table's files write them, for a question to offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from refdata.core.columnreadings import MOMENTS
from refdata.core.filemodel import ColumnReading, Notation
from refdata.core.sqltypes import DATE
from refdata.csvformat.readings import misfits
from refdata.csvformat.suggestions import SAMPLE, suggestions

_DIGITS = len("20240131")


def day_notations(texts: Sequence[str]) -> tuple[Notation, ...]:
    """The notations, other than those that every scan recognises, in which all values of a column are valid dates.

    Several where the order of day, month and year is open.

    :param texts: distinct values, none empty.

    >>> [(one.date_order, one.year_digits) for one in day_notations(["25/12/98", "31/01/24"])]
    [('dmy', 2)]
    >>> [one.date_separator for one in day_notations(["20240115", "20241225"])]
    ['']
    """
    column = pa.array(texts, pa.string())
    fitting = []
    for reading in _candidates(texts):
        wrong = misfits(column, reading)
        if wrong is None or not wrong.any():
            fitting.append(reading.notation)
    return tuple(fitting)


def _candidates(texts: Sequence[str]) -> Iterator[ColumnReading]:
    if all(len(text) == _DIGITS and text.isascii() and text.isdigit() for text in texts):
        orders = ("ymd", "dmy", "mdy")
        yield from (ColumnReading(DATE, Notation(date_order=order, date_separator="")) for order in orders)
        return
    for one in suggestions(texts[:SAMPLE], ColumnReading(None)):
        is_moment = one.reading.type is not None and one.reading.type.kind in MOMENTS
        # Moments with a zone are other moments than the table's without one, not another way to write them.
        if is_moment and not one.reading.notation.zone:
            yield one.reading


def minus_notation(texts: Sequence[str], known: ColumnReading) -> Notation | None:
    """The known notation with the minus elsewhere, if all values are numbers in it.

    :param texts: distinct values that are no numbers in the known notation.

    >>> from refdata.core.sqltypes import decimal
    >>> minus_notation(["(6.50)", "(12.00)"], ColumnReading(decimal(4, 2))).minus
    'parentheses'
    """
    column = pa.array(texts, pa.string())
    for minus in ("parentheses", "trailing"):
        reading = replace(known, notation=replace(known.notation, minus=minus))
        wrong = misfits(column, reading)
        if texts and minus != known.notation.minus and wrong is not None and not wrong.any():
            return reading.notation
    return None
