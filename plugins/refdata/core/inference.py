"""Infers a column's type from evidence about its values, by rules that lose nothing.

``csvformat.infer`` gathers evidence block by block; here it is merged and judged. Evidence is the set of
readings that fit every value so far (as a number in some notation, a date in some order, …), each with
its measures. The set only shrinks, and the order of merging the blocks does not matter.

How ambiguous values are read:

========================== ===================================================================================
``007``, ``+5``, `` 5``     text: the number would lose the zeros, the sign or the blanks
``-0``, ``1.``, ``00.5``    text; ``.5`` and ``-0.00`` are numbers (same value, no digit lost)
20 or more digits          text ("long digit codes"); up to 19 BIGINT where it fits
``1,234``                   text unless the column proves what the comma is; ``1234`` beside it proves nothing
``1.234``                   DECIMAL, unless another column of the file writes decimal commas
``1 234``, ``1.234.567``    text unless a decimal sign in the column proves amounts: codes have such groups too
``1e5``                     FLOAT where every value survives a double; text where the column also has digit codes
                            ``1.23E+11``, with a warning
``03/04/2024``              text unless a day above 12 in the column settles the order
zones, AM/PM, 24:00         text
percent, currency           text
========================== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from refdata.core.model import ColumnReading, Notation
from refdata.core.sqltypes import (
    BIGINT,
    BIT,
    DATE,
    DATETIME2,
    FLOAT,
    INT,
    MAX_DECIMAL_PRECISION,
    TIME,
    SqlType,
    TypeKind,
    decimal,
    text,
)

NANOSECOND_YEARS = range(1678, 2262)
"""Whole years that 64 bits of nanoseconds since 1970 can hold (Arrow's ``timestamp[ns]``)."""

TICK_DIGITS = 7
"""Fraction digits of DATETIME2 and TIME that exceed microseconds."""


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Measurements of the values read as numbers.

    ``whole`` and ``scale`` are the most digits before and after the decimal sign; ``width`` is the bytes
    (4 or 8) that whole numbers need, 16 beyond BIGINT.
    """

    whole: int
    scale: int
    width: int

    def merge(self, other: NumberShape) -> NumberShape:
        """The combined measurements."""
        return NumberShape(max(self.whole, other.whole), max(self.scale, other.scale), max(self.width, other.width))


@dataclass(frozen=True, slots=True)
class MomentShape:
    """Measurements of the values read as dates: whether any has a time, the most fraction digits, the years."""

    timed: bool
    fraction: int
    first_year: int
    last_year: int

    def merge(self, other: MomentShape) -> MomentShape:
        """The combined measurements."""
        return MomentShape(
            self.timed or other.timed,
            max(self.fraction, other.fraction),
            min(self.first_year, other.first_year),
            max(self.last_year, other.last_year),
        )


NumberKey = tuple[str, str]
"""Decimal sign and thousands separator."""

DateKey = tuple[str, str]
"""Order and separator."""

PLAIN: NumberKey = (".", "")
NUMBERS: tuple[NumberKey, ...] = (
    PLAIN,
    (",", ""),
    (".", ","),
    (",", "."),
    (".", "'"),
    *((point, blank) for point in ".," for blank in (" ", "\u00a0", "\u202f")),
)
"""The known number notations; blanks are the space, the no-break space and its narrow form."""

DATES: tuple[DateKey, ...] = tuple((order, separator) for order in ("ymd", "dmy", "mdy") for separator in "-/.")
"""The known date forms."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence from some of a column's values about its type.

    ``values`` counts the non-empty ones, ``nulls`` the empty ones, ``longest`` is in UTF-16 code units. The
    readings (``numbers``, ``dates``, ``clock``, ``double``, ``bit``) are those that fit every non-empty value.
    ``clock`` is the most fraction digits of times, None where not all are times. ``scientific`` counts
    values with an exponent, ``spreadsheet`` those that look like ``1.23E+11``, ``month_days`` those among text
    that look like ``2-Mar``, ``formulas`` those that a spreadsheet would run; ``fractions`` says whether a
    value without an exponent has a point.
    """

    values: int = 0
    nulls: int = 0
    longest: int = 0
    numbers: Mapping[NumberKey, NumberShape] = field(default_factory=dict)
    dates: Mapping[DateKey, MomentShape] = field(default_factory=dict)
    clock: int | None = None
    double: bool = False
    bit: bool = False
    scientific: int = 0
    spreadsheet: int = 0
    month_days: int = 0
    formulas: int = 0
    fractions: bool = False

    @property
    def is_text(self) -> bool:
        """Whether only the reading as text is left."""
        return self.values > 0 and not (self.numbers or self.dates or self.double or self.bit) and self.clock is None

    def merge(self, other: Evidence) -> Evidence:
        """The evidence about both sets of values."""
        if not self.values or not other.values:
            known = self if self.values else other
            return replace(known, nulls=self.nulls + other.nulls)
        return Evidence(
            values=self.values + other.values,
            nulls=self.nulls + other.nulls,
            longest=max(self.longest, other.longest),
            numbers={
                key: shape.merge(other.numbers[key]) for key, shape in self.numbers.items() if key in other.numbers
            },
            dates={key: shape.merge(other.dates[key]) for key, shape in self.dates.items() if key in other.dates},
            clock=None if self.clock is None or other.clock is None else max(self.clock, other.clock),
            double=self.double and other.double,
            bit=self.bit and other.bit,
            scientific=self.scientific + other.scientific,
            spreadsheet=self.spreadsheet + other.spreadsheet,
            month_days=self.month_days + other.month_days,
            formulas=self.formulas + other.formulas,
            fractions=self.fractions or other.fractions,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """A column's type, how its values are written, and what the ledger should say about it."""

    type: SqlType | None
    notation: Notation = field(default_factory=Notation)
    warnings: tuple[str, ...] = ()


def decide(evidence: Evidence, *, decimal_commas: bool = False) -> Decision:
    """The type of a column.

    :param decimal_commas: whether another column of the file proves that it writes decimal commas.
    """
    if not evidence.values:
        return Decision(None)
    found = _bit(evidence) or _number(evidence, decimal_commas) or _double(evidence) or _moment(evidence)
    found = found or _clock(evidence) or Decision(text(evidence.longest))
    if found.type is not None and found.type != text(evidence.longest):
        return found
    return replace(found, warnings=found.warnings + _spreadsheet_warning(evidence))


def proves_decimal_comma(evidence: Evidence) -> bool:
    """Whether the column can only be read with a decimal comma."""
    found = _number(evidence, decimal_commas=False)
    return found is not None and found.notation.decimal_point == "," and not found.warnings


def decide_known(evidence: Evidence, reading: ColumnReading) -> Decision:
    """The type of a column whose reading is known: the known family, in the size that the values need.

    :param evidence: of values that fit the reading.
    """
    if not evidence.values or reading.type is None:
        return Decision(None, reading.notation)
    kind = reading.type.kind
    if kind in (TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL):
        return Decision(_exact_type(evidence.numbers[PLAIN]), reading.notation)
    if kind is TypeKind.NVARCHAR:
        return Decision(text(evidence.longest), reading.notation)
    if kind in (TypeKind.DATE, TypeKind.DATETIME2):
        shape = evidence.dates["ymd", "-"]
        return Decision(DATETIME2 if shape.timed else DATE, replace(reading.notation, fraction_digits=shape.fraction))
    if kind is TypeKind.TIME:
        return Decision(TIME, replace(reading.notation, fraction_digits=evidence.clock or 0))
    return Decision(reading.type, reading.notation)


def _exact_type(shape: NumberShape) -> SqlType:
    if not shape.scale and shape.width < 16:
        return INT if shape.width == 4 else BIGINT
    return decimal(max(shape.whole, 1) + shape.scale, shape.scale)


def _bit(evidence: Evidence) -> Decision | None:
    return Decision(BIT) if evidence.bit else None


def _number(evidence: Evidence, decimal_commas: bool) -> Decision | None:
    if not evidence.numbers:
        return None
    if PLAIN in evidence.numbers:
        shape = evidence.numbers[PLAIN]
        if decimal_commas and shape.scale and (",", ".") in evidence.numbers:
            return _ambiguous(evidence, "a point that may separate decimals or thousands")
        return _exact(evidence, PLAIN, shape)
    readings = dict(evidence.numbers)
    distinct = {(shape.whole, shape.scale) for shape in readings.values()}
    if len(distinct) > 1:
        return _ambiguous(evidence, "a comma that may separate decimals or thousands")
    key, shape = next(iter(readings.items()))
    if not shape.scale and key[1] not in ",'":
        return Decision(text(evidence.longest))
    return _exact(evidence, key, shape)


def _ambiguous(evidence: Evidence, what: str) -> Decision:
    return Decision(text(evidence.longest), warnings=(f"has {what}; it is kept as text",))


def _exact(evidence: Evidence, key: NumberKey, shape: NumberShape) -> Decision | None:
    """INT, BIGINT or DECIMAL; text for longer whole numbers; None where a double may still fit."""
    notation = Notation(decimal_point=key[0], thousands=key[1])
    if not shape.scale:
        kinds = {4: INT, 8: BIGINT}
        return Decision(kinds.get(shape.width, text(evidence.longest)), notation if shape.width < 16 else Notation())
    whole = max(shape.whole, 1)
    if whole + shape.scale <= MAX_DECIMAL_PRECISION:
        return Decision(decimal(whole + shape.scale, shape.scale), notation)
    return None


def _double(evidence: Evidence) -> Decision | None:
    if not evidence.double:
        return None
    codes = evidence.values > evidence.scientific and not evidence.fractions
    if codes and evidence.spreadsheet and evidence.spreadsheet == evidence.scientific:
        return Decision(text(evidence.longest))
    return Decision(FLOAT)


def _spreadsheet_warning(evidence: Evidence) -> tuple[str, ...]:
    found = []
    if evidence.spreadsheet:
        found.append(f"contains {evidence.spreadsheet} values such as 1.23E+11: a spreadsheet has rounded longer codes")
    if 0 < evidence.month_days < evidence.values:
        found.append(f"contains {evidence.month_days} values such as 2-Mar: a spreadsheet may have made dates of codes")
    if evidence.formulas:
        found.append(
            f"contains {evidence.formulas} values that a spreadsheet would run as formulas; they are kept as text."
            " Guard against that when exporting them to a spreadsheet"
        )
    return tuple(found)


def _moment(evidence: Evidence) -> Decision | None:
    if not evidence.dates:
        return None
    if len(evidence.dates) > 1:
        return Decision(
            text(evidence.longest), warnings=("has dates that do not show which part is the day; it is kept as text",)
        )
    (order, separator), shape = next(iter(evidence.dates.items()))
    if not shape.timed:
        return Decision(DATE, Notation(date_order=order, date_separator=separator))
    in_range = shape.first_year in NANOSECOND_YEARS and shape.last_year in NANOSECOND_YEARS
    if shape.fraction >= TICK_DIGITS and not in_range:
        return Decision(text(evidence.longest))
    return Decision(DATETIME2, Notation(date_order=order, date_separator=separator, fraction_digits=shape.fraction))


def _clock(evidence: Evidence) -> Decision | None:
    return None if evidence.clock is None else Decision(TIME, Notation(fraction_digits=evidence.clock))
