"""Evidence from some of a column's values: the readings that fit all of them, with their measures.

``csvformat.infer`` gathers evidence block by block; merging does not depend on the order of the blocks. ``inference``
decides on the type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Measurements of the values read as numbers.

    ``whole`` and ``scale`` are the most digits before and after the decimal mark; ``width`` is the bytes
    (4 or 8) that whole numbers need, 16 past BIGINT.

    ``bare`` is the most digits of a value without the mark that could mean something else (the thousands mark of a
    grouped reading, the decimal mark of a plain one), 0 if every value has it. ``narrowest`` is the fewest digits
    before the decimal mark of a value with groups, ``groups`` the most groups.
    """

    whole: int
    scale: int
    width: int
    bare: int = 0
    narrowest: int = 99
    groups: int = 0

    def merge(self, other: NumberShape) -> NumberShape:
        """The combined measurements."""
        return NumberShape(
            whole=max(self.whole, other.whole),
            scale=max(self.scale, other.scale),
            width=max(self.width, other.width),
            bare=max(self.bare, other.bare),
            narrowest=min(self.narrowest, other.narrowest),
            groups=max(self.groups, other.groups),
        )


@dataclass(frozen=True, slots=True)
class MomentShape:
    """Measurements of the values read as dates: whether any has a time, the most fraction digits, the years.

    ``last_day`` is the latest day of a month, where it was looked for.
    """

    timed: bool
    fraction: int
    first_year: int
    last_year: int
    last_day: int = 31

    def merge(self, other: MomentShape) -> MomentShape:
        """The combined measurements."""
        return MomentShape(
            self.timed or other.timed,
            max(self.fraction, other.fraction),
            min(self.first_year, other.first_year),
            max(self.last_year, other.last_year),
            max(self.last_day, other.last_day),
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
    (".", "\u2019"),
    *((point, blank) for point in ".," for blank in (" ", "\u00a0", "\u202f")),
)
"""The known number notations; blanks are the space, the no-break space and its narrow form. Swiss spreadsheets write
either apostrophe."""

DATES: tuple[DateKey, ...] = tuple(
    (order, separator) for order in ("ymd", "dmy", "mdy") for separator in "-/." if (order, separator) != ("mdy", ".")
)
"""The known date forms."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence from some of a column's values about its type.

    ``values`` counts the non-empty ones, ``nulls`` the empty ones, ``longest`` is in UTF-16 code units. The
    readings (``numbers``, ``dates``, ``clock``, ``double``, ``bit``) are those that fit every non-empty value.
    ``clock`` is the most fraction digits of times, None where not all are times. ``scientific`` counts
    values with an exponent, ``spreadsheet`` those that look like ``1.23E+11``, ``month_days`` those among text
    that look like ``2-Mar``, ``formulas`` those that a spreadsheet would run, ``errors`` those such as ``#REF!``;
    ``fractions`` says whether a value without an exponent has a point. ``bare_powers`` counts values such as ``1E5``,
    with neither a point nor a sign in the exponent. ``wholes`` is the most digits of the values written out as whole
    numbers, None if one is none.
    ``versions`` are the distinct values while all of them could be version numbers (``1.10``) and
    are few; None from the first value that could not.
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
    errors: int = 0
    fractions: bool = False
    bare_powers: int = 0
    wholes: int | None = None
    versions: frozenset[str] | None = None

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
            errors=self.errors + other.errors,
            fractions=self.fractions or other.fractions,
            bare_powers=self.bare_powers + other.bare_powers,
            wholes=None if self.wholes is None or other.wholes is None else max(self.wholes, other.wholes),
            versions=_few(self.versions, other.versions),
        )


MOST_VERSIONS = 500
"""More distinct numbers than this are no versions."""


def _few(some: frozenset[str] | None, others: frozenset[str] | None) -> frozenset[str] | None:
    together = None if some is None or others is None else some | others
    return None if together is None or len(together) > MOST_VERSIONS else together
