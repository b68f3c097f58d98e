"""Whole numbers with an exponent, as R and spreadsheets write them: ``1e+05`` is 100000, and ``1.5E3`` is 1500.

``1E5`` has neither a point nor a sign: it may be the number of a room, and is never read as 100000 here.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.columnevidence import NumberShape
from refdata.csvformat.numbers import plain_shape
from refdata.csvformat.values import Values, as_mask

_POWER = r"^-?[0-9](\.[0-9]+[eE]\+?|[eE]\+)[0-9]{1,2}$"
_MOST_DIGITS = 18
"""Digits of the largest whole number that is written out."""
_MOST = 1_000
"""Distinct values of one block that are written out to find a column's type: more are measurements."""


def written_out(column: pa.StringArray) -> pa.StringArray:
    """The column with its whole numbers with an exponent written out; other values as they are.

    >>> written_out(pa.array(["1e+05", "1.5E3", "1.5e+00", "2E5", "7"])).to_pylist()
    ['100000', '1500', '1.5e+00', '2E5', '7']
    """
    powers = pc.fill_null(pc.match_substring_regex(column, _POWER), False)
    if not pc.any(powers).as_py():
        return column
    texts = [whole_number(text) or text for text in column.filter(powers).to_pylist()]
    return pc.replace_with_mask(column, powers, pa.array(texts, pa.string()))


def whole_number(power: str) -> str:
    """A number with an exponent written out; empty where it is not whole, or too long."""
    number = Decimal(power)
    text = f"{number:f}".partition(".")[0]
    return text if number == number.to_integral_value() and len(text.lstrip("-")) <= _MOST_DIGITS else ""


def whole_digits(values: Values, shape: NumberShape | None) -> int | None:
    """The most digits that the values need as whole numbers; None where one is not whole.

    :param shape: that of the values, if they are plain numbers.
    """
    if shape is not None:
        return None if shape.scale else shape.whole
    column = values.arrow()
    powers = as_mask(pc.match_substring_regex(column, _POWER))
    distinct = pc.unique(column.filter(pa.array(powers)))
    if len(distinct) > _MOST:
        return None
    numbers = [whole_number(text) for text in distinct.to_pylist()]
    others = values.take(~powers)
    plain = plain_shape(others) if len(others) else None
    if not all(numbers) or (len(others) and (plain is None or plain.scale)):
        return None
    return max([plain.whole if plain else 0, *(len(text.lstrip("-")) for text in numbers)])
