"""Infers a column's type from evidence about its values, by rules that lose nothing.

``csvformat.infer`` gathers evidence block by block; here it is merged and judged. Evidence is the set of
readings that fit every value so far (as a number in some notation, a date in some order, …), each with
its measures. The set only shrinks, and the order of merging the blocks does not matter.

How ambiguous values are read:

========================== ===================================================================================
``007``, ``+5``, `` 5``     text: the number would lose the zeros, the sign or the blanks
``-0``, ``1.``, ``00.5``    text; ``.5`` and ``-0.00`` are numbers (same value, no digit lost)
20 digits and more          text ("long digit codes"); up to 19 BIGINT where it fits
``1.234``, ``1,234``        by what the file's other columns show (``filehabits``); else text, but a point is taken
                            for a decimal mark if all values have three decimals and the delimiter is not a semicolon
``1 234``, ``1.234.567``    text unless a decimal mark or the file's other columns prove amounts: codes are grouped too
``1.1``, ``1.10``           text: versions
``1E5``                     text where no value has a point or a sign in the exponent, as numbers have
``1e+05``                   a whole number where whole numbers without an exponent stand beside it, with a warning
``1.5e5``                   FLOAT where every value survives a double; text where digit codes stand beside
                            ``1.23E+11``, with a warning
``03/04/2024``              text unless a day past 12 in the column settles the order; ``03.04.2024`` is day first
zones, AM/PM, month names   as ``csvformat.suggestions`` and all values show; 24:00 stays text
``5-``, ``(5)``, currencies likewise; other units stay text, with a warning
========================== ===================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from refdata.core.columnevidence import PLAIN, Evidence, NumberKey, NumberShape
from refdata.core.filehabits import NO_HABITS, FileHabits, is_consistent
from refdata.core.filemodel import ColumnReading, Notation
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

MONTHS = 12
"""A day up to this number could be a month."""

TICK_DIGITS = 7
"""Fraction digits of DATETIME2 and TIME that exceed microseconds."""


_TypeReading = tuple[SqlType, Notation]
"""A possible type of a column, with its notation."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A column's type, how its values are written, and what the ledger should say about it.

    ``doubt`` says why it is text although it may be one of ``choices``, types with their notation.
    """

    type: SqlType | None
    notation: Notation = field(default_factory=Notation)
    warnings: tuple[str, ...] = ()
    doubt: str = ""
    choices: tuple[_TypeReading, ...] = ()


def decide(evidence: Evidence, habits: FileHabits = NO_HABITS) -> Decision:
    """The type of a column.

    :param habits: what the file's columns show together about its marks.
    """
    if not evidence.values:
        return Decision(None)
    decision = _bit(evidence) or _number(evidence, habits) or _double(evidence) or _moment(evidence)
    decision = decision or _clock(evidence) or Decision(text(evidence.longest))
    if decision.type is not None and decision.type != text(evidence.longest):
        return decision
    return replace(decision, warnings=decision.warnings + _spreadsheet_warning(evidence))


def decide_known(evidence: Evidence, reading: ColumnReading) -> Decision:
    """The type of a column whose reading is known: the known family, in the size that the values need.

    :param evidence: of values that fit the reading.
    """
    if not evidence.values or reading.type is None:
        return Decision(None, reading.notation)
    kind = reading.type.kind
    if kind in (TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL):
        shape = evidence.numbers[PLAIN]
        return Decision(_as_decimal(shape) if _is_sized(reading.type) else _exact_type(shape), reading.notation)
    if kind is TypeKind.NVARCHAR:
        return Decision(text(evidence.longest), reading.notation)
    if kind in (TypeKind.DATE, TypeKind.DATETIME2):
        return _known_moment(evidence, reading, kind)
    if kind is TypeKind.TIME:
        return Decision(TIME, replace(reading.notation, fraction_digits=evidence.clock or 0))
    return Decision(reading.type, reading.notation)


def _known_moment(evidence: Evidence, reading: ColumnReading, kind: TypeKind) -> Decision:
    shape = evidence.dates["ymd", "-"]
    notation = replace(reading.notation, fraction_digits=shape.fraction)
    day_first = notation.date_order == "dmy"
    said = f"is read {'day' if day_first else 'month'} first, as in earlier files of the table; its days do not show it"
    doubtful = notation.date_order != "ymd" and not notation.month_names and shape.last_day <= MONTHS
    warnings = (said,) if doubtful and not reading.bounded else ()
    return Decision(
        DATETIME2 if shape.timed or (kind is TypeKind.DATETIME2 and reading.bounded) else DATE, notation, warnings
    )


def _is_sized(kind: SqlType) -> bool:
    """Whether the type is a column's DECIMAL, and not any number at all. An INT would widen it beyond its values."""
    return kind.kind is TypeKind.DECIMAL and bool(kind.scale)


def _exact_type(shape: NumberShape) -> SqlType:
    if not shape.scale and shape.width < 16:
        return INT if shape.width == 4 else BIGINT
    return _as_decimal(shape)


def _as_decimal(shape: NumberShape) -> SqlType:
    return decimal(max(shape.whole, 1) + shape.scale, shape.scale)


def _bit(evidence: Evidence) -> Decision | None:
    return Decision(BIT) if evidence.bit else None


def _number(evidence: Evidence, habits: FileHabits) -> Decision | None:
    if not evidence.numbers:
        return None
    for mark, grouped, pointed in _RIVALS:
        if grouped in evidence.numbers and evidence.numbers[grouped].groups and pointed in evidence.numbers:
            return _either(evidence, habits, mark, grouped, pointed)
    if PLAIN in evidence.numbers:
        shape = evidence.numbers[PLAIN]
        return _versions(evidence) if _are_versions(evidence.versions) else _exact(evidence, PLAIN, shape)
    key, shape = next(iter(evidence.numbers.items()))
    if shape.scale or key[1] in ",'" or (is_consistent(shape) and _are_amounts(key[1], habits)):
        return _exact(evidence, key, shape)
    choice = (INT if not shape.scale else decimal(1, 0), Notation(decimal_point=key[0], thousands=key[1]))
    return _kept_as_text(evidence, "has groups of three digits, which may be numbers or codes", choice)


_RIVALS: tuple[tuple[str, NumberKey, NumberKey], ...] = (
    (".", (",", "."), PLAIN),
    (",", (".", ","), (",", "")),
)
"""For each mark the reading that takes it to separate thousands, and the one that takes it to separate decimals."""


def _either(
    evidence: Evidence, habits: FileHabits, mark: str, grouped: NumberKey, pointed: NumberKey
) -> Decision | None:
    """``1.234`` or ``1,234``: as the file's other columns show, else text."""
    shape = evidence.numbers[grouped]
    if habits.separates_decimals(mark):
        return _exact(evidence, pointed, evidence.numbers[pointed])
    if habits.separates_thousands(mark) and is_consistent(shape):
        return _exact(evidence, grouped, shape)
    shown = habits.separates_thousands(mark) or mark in habits.decimal
    if mark == "." and not shown and not shape.bare and habits.points_decide:
        return _exact(evidence, pointed, evidence.numbers[pointed])  # always three decimals, where a comma is none
    name = "point" if mark == "." else "comma"
    other = "," if mark == "." else "."
    return _kept_as_text(
        evidence,
        f"has a {name} that may separate decimals or thousands",
        (decimal(1, 0), Notation(decimal_point=mark)),
        (decimal(1, 0) if shape.scale else INT, Notation(decimal_point=other, thousands=mark)),
    )


def _are_amounts(mark: str, habits: FileHabits) -> bool:
    """Whether groups of three digits are numbers: codes have points and blanks as well, but no no-break spaces."""
    return mark in "\u00a0\u202f" or (mark == "." and habits.separates_thousands(mark) and _supported(habits, mark))


def _supported(habits: FileHabits, mark: str) -> bool:
    """Whether more than the column itself shows that ``mark`` separates thousands."""
    return habits.thousands.get(mark, 0) + habits.hinted.get(mark, 0) > 1 or bool(habits.decimal)


def _are_versions(values: frozenset[str] | None) -> bool:
    """Whether decimals look like version or section numbers, where ``1.1`` and ``1.10`` differ.

    A program writes all decimals alike or without superfluous zeros; of amounts, some begin with a zero (``.05``).

    >>> _are_versions(frozenset({"1.9", "1.10"})), _are_versions(frozenset({"1.05", "2.1", "3.10"}))
    (True, False)
    """
    decimals = {value: value.partition(".")[2] for value in values or () if "." in value}
    if len({len(digits) for digits in decimals.values()}) < 2:
        return False
    long = [digits for digits in decimals.values() if len(digits) > 1]
    tied = len({float(value) for value in decimals}) < len(decimals)
    padded = any(digits.endswith("0") for digits in long)
    plain = len(decimals) == len(values or ()) and not any(digits.startswith("0") for digits in long)
    return padded and (tied or plain)


def _versions(evidence: Evidence) -> Decision:
    what = "has values such as 1.1 and 1.10, which are different versions or equal numbers"
    return _kept_as_text(evidence, what, (decimal(1, 0), Notation()))


def _kept_as_text(evidence: Evidence, doubt: str, *choices: _TypeReading) -> Decision:
    """Text, with what a contract may say instead."""
    return Decision(text(evidence.longest), doubt=doubt, choices=choices)


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
    if evidence.scientific and evidence.bare_powers == evidence.scientific and not evidence.fractions:
        return _kept_as_text(
            evidence, "has values such as 1E5, which may be codes or powers of ten", (FLOAT, Notation())
        )
    return _whole_powers(evidence) if codes else Decision(FLOAT)


def _whole_powers(evidence: Evidence) -> Decision:
    """Whole numbers, of which some have an exponent; FLOAT where these are fractions, or too long to be exact."""
    if evidence.wholes is None or evidence.wholes > _EXACT_DIGITS or not evidence.scientific:
        return Decision(FLOAT)
    many = f"{evidence.scientific} {'value' if evidence.scientific == 1 else 'values'}"
    said = f"has {many} such as 1e+05, read as whole numbers; a spreadsheet may have rounded longer ones"
    return Decision(INT if evidence.wholes <= _INT_DIGITS else BIGINT, Notation(powers=True), (said,))


_INT_DIGITS, _EXACT_DIGITS = 9, 15
"""Digits that an INT holds in any case, and that a program keeps which writes an exponent."""


def _spreadsheet_warning(evidence: Evidence) -> tuple[str, ...]:
    texts = []
    if evidence.spreadsheet:
        texts.append(f"contains {evidence.spreadsheet} values such as 1.23E+11: a spreadsheet has rounded longer codes")
    if 0 < evidence.month_days < evidence.values:
        texts.append(f"contains {evidence.month_days} values such as 2-Mar: a spreadsheet may have made dates of codes")
    if evidence.errors:
        values = "1 value" if evidence.errors == 1 else f"{evidence.errors} values"
        texts.append(
            f"contains {values} such as #N/A or #REF!: a spreadsheet could not compute them."
            " missingValues in the contract reads them as no value"
        )
    if evidence.formulas:
        texts.append(
            f"contains {evidence.formulas} values that a spreadsheet would run as formulas; they are kept as text."
            " Guard against that when exporting them to a spreadsheet"
        )
    return tuple(texts)


def _moment(evidence: Evidence) -> Decision | None:
    if not evidence.dates:
        return None
    if len(evidence.dates) > 1:
        return _unordered(evidence)
    (order, separator), shape = next(iter(evidence.dates.items()))
    if not shape.timed:
        return Decision(DATE, Notation(date_order=order, date_separator=separator))
    in_range = shape.first_year in NANOSECOND_YEARS and shape.last_year in NANOSECOND_YEARS
    if shape.fraction >= TICK_DIGITS and not in_range:
        return Decision(text(evidence.longest))
    return Decision(DATETIME2, Notation(date_order=order, date_separator=separator, fraction_digits=shape.fraction))


def _unordered(evidence: Evidence) -> Decision:
    kind = DATETIME2 if any(shape.timed for shape in evidence.dates.values()) else DATE
    choices = [(kind, Notation(date_order=order, date_separator=mark)) for order, mark in evidence.dates]
    return _kept_as_text(evidence, "has dates in which every day could be a month", *choices)


def _clock(evidence: Evidence) -> Decision | None:
    return None if evidence.clock is None else Decision(TIME, Notation(fraction_digits=evidence.clock))
