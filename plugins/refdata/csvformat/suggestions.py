"""Unusual ways of writing numbers, dates and times that a column's values suggest; each is then tried on all values.

The usual ways are recognised while a file is scanned. What is here costs more and is rare, so only columns that turn
out as text are looked at, by a few of their values: ``2-Mar-2024``, ``31/12/24``, ``10:30 PM``, ``…+02:00``,
``1.234,56-``, ``(12.50)``, ``R$ 1.234,56``, and texts such as ``NULL`` among numbers or dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from refdata.core.columnevidence import Evidence
from refdata.core.filemodel import ANY_WORD, ColumnReading, Notation
from refdata.core.inference import decide
from refdata.core.missingwords import is_error
from refdata.core.sqltypes import DATE, DATETIME2, TIME, SqlType, TypeKind
from refdata.csvformat.celltypes import CellType, cell_type
from refdata.csvformat.infer import gather
from refdata.csvformat.plainnumbers import bare_numbers
from refdata.csvformat.readings import BLANKS, WHOLE, misfits

SAMPLE = 60
"""Distinct values by which a column is looked at."""

MOST_ODD = 0.1
"""The share of values that may not fit a notation that is still worth a warning."""

MOST_MARKERS = 2
_LONGEST_MARKER = 8
_MANY = 10
"""So many values of a type make any word beside them look like a marker."""

_WORD = r"[^\W\d_]{3,12}\.?"
_GAP = r"(?:[-/.]|[.,]? )"
_MOMENT = re.compile(
    rf"(?P<first>\d{{1,4}}|{_WORD})(?P<mark>{_GAP})(?P<second>\d{{1,2}}|{_WORD}){_GAP}(?P<third>\d{{1,4}})"
    r"(?P<clock>(?:T| {1,2})\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?"
    r"(?P<half>[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?)?(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?"
)
_HALF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?[ \u00a0\u202f]?[AaPp]\.?[Mm]\.?")
_NUMBER = re.compile(r"(?P<before>[^\d.,]*)(?P<number>[.,]?\d[\d.,'\u2019 \u00a0\u202f]*)(?P<behind>[^\d]*)")
_SIGNS = "()-\u2212 \u00a0\u202f"
_CURRENCY = re.compile(
    r"[$€£¥₽₹¢₺₩₪]|R\$|A\$|C\$|US\$|Kč|kr\.?|zł|Ft|Fr\.?|USD|EUR|GBP|CHF|JPY|CNY|INR|BRL|AUD|CAD|SEK|NOK|DKK|PLN|CZK|HUF"
    r"|RUB|TRY|ZAR|MXN|KRW"
)
_PER = "%‰°"
_UNIT = re.compile(rf"[{_PER}]|[^\W\d_]{{1,3}}[²³]?")
_MARKER = re.compile(r"(?i)\W+|\\n|n/?a|nan|null|none|nil|tbd|unknown|missing|k\. ?a\.?|[(#<]+(null|n/a|na)[)!>]*")
_ERROR_WORD = re.compile(r"(?i)n/?a|n\.a\.|nan|null|none|error")
_ZERO_DATE = re.compile(r"0000-00-00|00[-/.]00[-/.]0000")
_DECIMALS = re.compile(r"\d[.,]\d{1,2}\D*$")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to read a column. ``certain``: if all its values fit, and no other suggestion, the column is read so."""

    reading: ColumnReading
    certain: bool = True

    @property
    def kind(self) -> str:
        """The kind of suggestion: ``moment``, ``number`` or ``marker``."""
        if self.reading.type is not None:
            return "moment"
        return "marker" if self.reading.markers else "number"


def suggestions(values: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    """The ways in which some values of a text column may be meant; several where their order of date is open.

    :param values: distinct values, none empty.
    :param base: what is known about the column besides.
    """
    texts = [value for value in values if value not in base.notation.missing_values]
    if not texts:
        return ()
    ways = (_padded, _moments, _numbers, _markers, _nearly)
    return next((found for way in ways if (found := way(texts, base))), ())


def _padded(texts: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    """Numbers, dates and times with blanks around them, as programs align them."""
    bare = [text.strip(BLANKS) for text in texts]
    decision = decide(gather(pa.array(bare, pa.string()), Evidence())) if bare != texts else None
    if decision is None or decision.choices or decision.type is None or decision.type.kind is TypeKind.NVARCHAR:
        return ()
    notation = replace(decision.notation, missing_values=base.notation.missing_values, padded=True)
    return (Suggestion(ColumnReading(decision.type, notation, mark_known=decision.type.kind not in WHOLE)),)


def _moments(texts: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    column = pa.array(texts, pa.string())
    candidates = _moment_notations(texts)
    suggested = []
    for kind, notation in candidates:
        reading = ColumnReading(kind, replace(notation, missing_values=base.notation.missing_values), bounded=True)
        wrong = misfits(column, reading)
        odd = 0 if wrong is None else int(wrong.sum())
        if odd <= MOST_ODD * len(texts):
            suggested.append(Suggestion(reading))
    return tuple(suggested)


def _moment_notations(texts: Iterable[str]) -> list[tuple[SqlType, Notation]]:
    for text in texts:
        if _HALF_DAY.fullmatch(text):
            return [(TIME, Notation(hours=12))]
        if match := _MOMENT.fullmatch(text):
            return _of_match(match)
    return []


def _of_match(match: re.Match[str]) -> list[tuple[SqlType, Notation]]:
    """The notations of a date whose parts are known, without those that every scan recognises."""
    first, second, third = match["first"], match["second"], match["third"]
    words = not (first[0].isdigit() and second[0].isdigit())
    long = len(first) == 4 and first.isdigit(), len(third) == 4
    digits = 4 if any(long) else 2
    half, zone = bool(match["half"]), bool(match["zone"])
    if (not words and digits == 4 and not half and not zone) or all(long):
        return []
    orders = ["ymd"] if long[0] else ["mdy"] if not first[0].isdigit() else ["dmy"] if long[1] and words else []
    orders = orders or (["dmy", "mdy"] if long[1] else ["dmy", "ymd"] if words else ["dmy", "mdy", "ymd"])
    mark = " " if words and len(match["mark"]) > 1 else match["mark"][-1]
    notation = Notation(
        date_separator=mark,
        year_digits=digits,
        month_names=ANY_WORD if words else "",
        hours=12 if half else 24,
        zone="utc" if zone else "",
    )
    return [(DATETIME2 if match["clock"] else DATE, replace(notation, date_order=order)) for order in orders]


def _numbers(texts: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    matches = [_NUMBER.fullmatch(text) for text in texts]
    if any(match is None for match in matches):
        return ()
    affix = _affix(
        [(match["before"].strip(_SIGNS), match["behind"].strip(_SIGNS)) for match in matches if match], texts
    )
    if affix is None:
        return ()
    wrapped = [text for text in texts if text.startswith("(") and text.endswith(")")]
    trailing = [text for text in texts if text[-1] in "-\u2212"]
    signed = wrapped or trailing
    if (wrapped and trailing) or not (signed or affix or any("\u2212" in text for text in texts)):
        return ()
    # Footnotes and codes are in parentheses too, or end in a hyphen; amounts have decimals and positive values.
    amounts = not signed or (len(signed) < len(texts) and any(map(_DECIMALS.search, texts)))
    plain = "\u2212" if any("\u2212" in text for text in texts) else "-"
    minus = "parentheses" if wrapped else "trailing" if trailing else plain
    reading = replace(base, notation=replace(base.notation, minus=minus, affix=affix), mark_known=False)
    everywhere = not affix or all(affix in text for text in texts)
    currency = not affix or _CURRENCY.fullmatch(affix) is not None
    return (Suggestion(reading, currency and everywhere and amounts),)


def _affix(beside: Sequence[tuple[str, str]], texts: Sequence[str]) -> str | None:
    """The text beside the numbers, ``*`` for several; None where it is neither a currency nor a unit."""
    if any(before and behind for before, behind in beside):
        return None
    currencies = {before or behind for before, behind in beside} - {""}
    units = {behind for before, behind in beside if not before and _UNIT.fullmatch(behind)}
    spaced = {one for one in units if one in _PER or all(f" {one}" in text for text in texts if one in text)}
    if not all(_CURRENCY.fullmatch(one) or one in spaced for one in currencies):
        return None
    return ANY_WORD if len(currencies) > 1 else next(iter(currencies), "")


def _is_short_word(text: str) -> bool:
    return len(text) <= _LONGEST_MARKER and not any(map(str.isdigit, text))


def _markers(texts: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    """Texts such as ``NULL`` among values of another type: nobody but a person knows that they mean no value."""
    odd = [text for text in texts if _ZERO_DATE.match(text) or _is_short_word(text) or is_error(text)]
    rest = [text for text in texts if text not in odd]
    usual = all(_MARKER.fullmatch(text) or _ZERO_DATE.match(text) for text in odd)
    errors = all(is_error(text) or _ERROR_WORD.fullmatch(text) for text in odd)
    most, fewest = (len(odd), 1) if errors else (MOST_MARKERS, len(odd) if usual else _MANY)
    if not odd or len(odd) > most or len(rest) < fewest:
        return ()
    decision = decide(gather(pa.array(rest, pa.string()), Evidence()))
    if decision.type is None or decision.type.kind is TypeKind.NVARCHAR:
        return ()
    missing = (*base.notation.missing_values, *odd)
    reading = replace(base, notation=replace(base.notation, missing_values=missing), markers=tuple(odd))
    return (Suggestion(reading, certain=False),)


def _nearly(texts: Sequence[str], base: ColumnReading) -> tuple[Suggestion, ...]:
    """A type that nearly all values have: a day that does not exist, a letter in a number, a blank behind it."""
    typed = [text for text in texts if cell_type(text) in _USUAL]
    if len(typed) < _MANY or len(texts) - len(typed) > MOST_MARKERS:
        return ()
    fits = set[str]()
    for text in sorted(typed, key=lambda text: not text.startswith("0")):
        alone = decide(gather(pa.array([text], pa.string()), Evidence()))
        # A date that may have the day or the month first has several readings; the others decide.
        if alone.choices or not _is_text(alone.type):
            fits.add(text)
        elif text.isdigit():
            return ()  # codes with leading zeros, and then all are codes
    fitting = [text for text in typed if text in fits]
    if len(texts) - len(fitting) > MOST_MARKERS:
        return ()
    decision = decide(gather(pa.array(fitting, pa.string()), Evidence()))
    if decision.type is None or _is_text(decision.type):
        return ()
    notation = replace(decision.notation, missing_values=base.notation.missing_values)
    return (Suggestion(ColumnReading(decision.type, notation), certain=False),)


def _is_text(kind: SqlType | None) -> bool:
    return kind is None or kind.kind is TypeKind.NVARCHAR


_USUAL = frozenset({CellType.INTEGER, CellType.DECIMAL, CellType.DATE})


def bare(column: pa.StringArray, notation: Notation) -> pa.StringArray:
    """The numbers without the text beside them and with the sign in front; other values as they are."""
    return bare_numbers(column, notation) if notation.affix or notation.minus != "-" else column
