"""Questions about values that are not of their column's type, or not in its notation. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from refdata.core.columnreadings import FALSE, REJECT, TEXT, TRUE
from refdata.core.contract import Contract, FieldContract, KeptAnswer
from refdata.core.contractterms import FieldType, Minus, QuestionKind
from refdata.core.dateformats import format_of, pattern_of
from refdata.core.filemodel import Notation
from refdata.core.learning import MINUS
from refdata.core.questions import MAX_EXAMPLES, REFUSE, Choice, Question
from refdata.core.sqltypes import SqlType, TypeKind

_DAY_ZERO = datetime.datetime(1899, 12, 30)  # noqa: DTZ001  a day of a calendar
"""The day from which spreadsheets count, because they treat 1900 as a leap year:
https://learn.microsoft.com/office/troubleshoot/excel/wrongly-assumes-1900-is-leap-year"""
_SERIALS = range(10_000, 80_000)
"""Day numbers of the years 1927 to 2119, which are dates in practice."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that is not of its column's type: its text, and the line of its row (from 1; 0 if unknown)."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Misfits:
    """The values that do not fit one column: their ``count``, and the first ones as examples.

    ``live`` is the column's type, ``brought`` the type of the file's values by themselves (None: text of many kinds).
    ``texts`` has the different values where they are few, otherwise none; ``notation`` is how the column is written.
    ``dated`` are the notations in which all values of a column of dates are dates, ``signed`` is one in which all
    values of a column of numbers are numbers.
    """

    column: str
    live: SqlType
    count: int
    rows: int
    examples: tuple[Misfit, ...] = ()
    brought: SqlType | None = None
    texts: tuple[str, ...] = ()
    notation: Notation = field(default_factory=Notation)
    dated: tuple[Notation, ...] = ()
    signed: Notation | None = None


def type_question(table: str, file_name: str, misfits: Misfits) -> Question:
    """Asks what to do with values that are not of their column's type, or are dates in another notation."""
    one = misfits.count == 1
    be, them = ("is", "it") if one else ("are", "them")
    many = f"{misfits.count:,} of {misfits.rows:,} values of {misfits.column}"
    evidence = (f"The column {misfits.column} has the type {misfits.live}; {many} {be} of another type.",)
    examples = tuple(
        f"{_place(misfit)}{misfit.text!r}{_as_day(misfits, misfit.text)}." for misfit in misfits.examples[:MAX_EXAMPLES]
    )
    serials = _are_serials(misfits)
    day = ("a day number" if one else "day numbers") + " of a spreadsheet, " if serials else ""
    wrong = f"{many} in {file_name} {be} {day}not of type {misfits.live.kind.value}"
    subject = f"{wrong}. What should happen to {them}?"
    kind_of = QuestionKind.CODES_CHANGED if serials else QuestionKind.TYPE_CHANGED
    if misfits.dated and not serials:
        kind_of = QuestionKind.NOTATION_CHANGED
        subject = f"The dates of {misfits.column} in {file_name} are written in another way than in earlier files."
        subject += " How should they be read?"
        evidence = (f"The column {misfits.column} has the type {misfits.live}; all values of the file are dates too.",)
    if misfits.signed is not None:
        kind_of = QuestionKind.NOTATION_CHANGED
        subject = (
            f"{many} in {file_name} {be} written with another minus than in earlier files. Read {them} as negative?"
        )
        evidence = (f"The column {misfits.column} has the type {misfits.live}; those values are numbers too.",)
    readings = () if serials else _readings(table, misfits)
    choices = (*readings, *_choices(table, misfits), REFUSE)
    return Question(kind_of, table, subject, evidence, choices, misfits.column, examples)


def _rows(count: int) -> str:
    return "The row goes" if count == 1 else f"The {count:,} rows go"


def _place(one: Misfit) -> str:
    return f"Line {one.line}: " if one.line else "For example "


def _choices(table: str, misfits: Misfits) -> tuple[Choice, ...]:
    reject = Choice(
        "reject",
        "Reject those rows",
        f"{_rows(misfits.count)} to the list of rejects, and the others are loaded.",
        patch=_kept(table, misfits.column, REJECT),
        keepable=True,
    )
    text = Choice(
        "text",
        f"Make {misfits.column} text",
        f"{misfits.column} becomes text in the table, in old and new rows.",
        patch=_kept(table, misfits.column, TEXT),
        keepable=True,
    )
    return (reject, text)


_TRUE = [
    "1",
    "1.0",
    "-1",
    "y",
    "yes",
    "t",
    "on",
    "j",
    "ja",
    "ja",
    "ja",
    "o",
    "oui",
    "s",
    "si",
    "sí",
    "sim",
    "tak",
    "evet",
]
_TRUE += ["да", "wahr", "vrai", "verdadero"]
_FALSE = ["0", "0.0", "0", "n", "no", "f", "off", "n", "nein", "nee", "nej", "n", "non", "n", "no", "no", "não", "nie"]
_FALSE += ["hayır", "нет", "falsch", "faux", "falso"]
_PAIRS = tuple(zip(_TRUE, _FALSE, strict=True))
"""Words for true and false, in lower case, that belong together."""

_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}(?P<mark>[.,])\d{3}")
_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})


def _readings(table: str, misfits: Misfits) -> tuple[Choice, ...]:
    """The answers that read the values: as true and false, as numbers of one kind or the other, as no value."""
    if misfits.dated:
        return tuple(_as_dates(table, misfits, notation) for notation in misfits.dated)
    if misfits.signed is not None:
        return (_as_negative(table, misfits.column, misfits.signed, misfits.count),)
    if not misfits.texts:
        return ()
    if misfits.live.kind is TypeKind.BIT and (pair := _pair(misfits.texts)):
        return (_as_booleans(table, misfits, pair),)
    if misfits.live.kind in _NUMBERS and (mark := _open_mark(misfits.texts)):
        return _as_numbers(table, misfits, mark)
    return (_as_missing(table, misfits),) if misfits.count < misfits.rows else ()


_ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}


def _as_dates(table: str, misfits: Misfits, notation: Notation) -> Choice:
    kind = FieldType.DATE if misfits.live.kind is TypeKind.DATE else FieldType.DATETIME
    order = _ORDERS[notation.date_order]
    return Choice(
        "read" if len(misfits.dated) == 1 else f"read_{notation.date_order}",
        f"Read them as dates, {order}",
        f"The dates of {misfits.column} are read {order}: {_pattern(notation)}.",
        patch=written(table, misfits.column, notation, kind),
        keepable=True,
    )


def _pattern(notation: Notation) -> str:
    """How a day is written, in the letters that people use: ``DD/MM/YY``."""
    text = pattern_of(FieldType.DATE, notation)
    for sign, letters in (("%d", "DD"), ("%m", "MM"), ("%b", "month"), ("%Y", "YYYY"), ("%y", "YY")):
        text = text.replace(sign, letters)
    return text


def _pair(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The spellings of true and of false among values that are nothing else."""
    words = {text.casefold() for text in texts}
    pair = next((pair for pair in _PAIRS if words <= set(pair)), None)
    if pair is None:
        return None
    return tuple(one for one in texts if one.casefold() == pair[0]), tuple(
        one for one in texts if one.casefold() == pair[1]
    )


def _as_booleans(table: str, misfits: Misfits, pair: tuple[tuple[str, ...], tuple[str, ...]]) -> Choice:
    known = misfits.notation.true_values or TRUE, misfits.notation.false_values or FALSE
    true, false = (tuple(dict.fromkeys((*before, *new))) for before, new in zip(known, pair, strict=True))
    fact = FieldContract(name=misfits.column, type=FieldType.BOOLEAN, true_values=true, false_values=false)
    return _read("boolean", "Read them as true and false", "The values are read as true and false.", table, fact)


def _open_mark(texts: Sequence[str]) -> str:
    """The mark in values such as ``1.234``, which may separate thousands or decimals; empty where others occur."""
    matches = [_AMBIGUOUS.fullmatch(text) for text in texts]
    marks = {match["mark"] if match else "" for match in matches}
    return marks.pop() if len(marks) == 1 else ""


def _as_numbers(table: str, misfits: Misfits, mark: str) -> tuple[Choice, ...]:
    other = "," if mark == "." else "."
    whole = FieldContract(name=misfits.column, decimal_char=other, group_char=mark)
    parts = FieldContract(name=misfits.column, decimal_char=mark, group_char=other)
    name = "point" if mark == "." else "comma"
    return (
        _read("thousands", f"The {name} separates thousands", "The values are read as thousands.", table, whole),
        _read("decimals", f"The {name} separates decimals", "The values are read as decimals.", table, parts),
    )


def _as_negative(table: str, column: str, notation: Notation, count: int) -> Choice:
    example = "5.50-" if MINUS[notation.minus] is Minus.TRAILING else "(5.50)"
    effect = f"{'The value is' if count == 1 else 'The values are'} loaded as negative: {example} as -5.50."
    fact = FieldContract(name=column, minus=MINUS[notation.minus])
    return _read("read", "Read them as negative numbers", effect, table, fact)


def _as_missing(table: str, misfits: Misfits) -> Choice:
    texts = tuple(dict.fromkeys(("", *misfits.notation.missing_values, *misfits.texts)))
    fact = FieldContract(name=misfits.column, missing_values=texts)
    effect = f"{misfits.column} has no value in those {misfits.count:,} rows; they are loaded."
    return _read("missing", "They mean no value", effect, table, fact)


def _read(key: str, label: str, effect: str, table: str, fact: FieldContract) -> Choice:
    return Choice(key, label, effect, patch=Contract(table=table, fields=(fact,)), keepable=True)


def _kept(table: str, column: str, answer: str) -> Contract:
    return Contract(table=table, answers=(KeptAnswer(QuestionKind.TYPE_CHANGED, column, answer),))


def _are_serials(misfits: Misfits) -> bool:
    """Whether there are numbers instead of dates, as a spreadsheet exports when its cells lose their format."""
    number = misfits.brought is not None and misfits.brought.kind in _DAY_NUMBERS
    dated = misfits.live.kind in (TypeKind.DATE, TypeKind.DATETIME2)
    return number and dated and bool(_serials(misfits.examples))


_DAY_NUMBERS = frozenset({TypeKind.INT, TypeKind.DECIMAL, TypeKind.FLOAT})
_DAY_NUMBER = re.compile(r"(?P<day>[0-9]{5})(?:[.,](?P<part>[0-9]+))?")


def _serials(examples: Sequence[Misfit]) -> list[int]:
    matches = [_DAY_NUMBER.fullmatch(one.text) for one in examples]
    numbers = [int(match["day"]) for match in matches if match]
    return numbers if numbers and all(number in _SERIALS for number in numbers) else []


def _as_day(misfits: Misfits, text: str) -> str:
    if not _are_serials(misfits):
        return ""
    match = _DAY_NUMBER.fullmatch(text)
    if match is None:
        return ""
    seconds = round(float(f"0.{match['part'] or 0}") * 86_400)
    moment = _DAY_ZERO + datetime.timedelta(days=int(match["day"]), seconds=seconds)
    return f", a day number that a spreadsheet shows as {moment if match['part'] else moment.date()}"


def notation_question(
    table: str,
    file_name: str,
    column: str,
    known: Notation,
    brought: Notation,
    kind: FieldType = FieldType.DATE,
    examples: Sequence[str] = (),
) -> Question:
    """Asks about dates in another order than in the table's earlier files."""
    load = Choice(
        "read",
        f"Read them {_ORDERS[brought.date_order]}",
        f"The dates of {column} are read {_ORDERS[brought.date_order]}.",
        patch=written(table, column, brought, kind),
        keepable=True,
    )
    before, now = _ORDERS[known.date_order], _ORDERS[brought.date_order]
    evidence = (f"Earlier files have {column} {before}; some dates of this file are only valid {now}.",)
    return Question(
        QuestionKind.NOTATION_CHANGED,
        table,
        f"The dates of {column} in {file_name} are {now}, those of earlier files {before}. Read them {now}?",
        evidence,
        (load, REFUSE),
        column=column,
        examples=tuple(f"For example {text!r}." for text in examples[:MAX_EXAMPLES]),
    )


def zone_question(table: str, file_name: str, column: str, brought: Notation, kind: FieldType) -> Question:
    """Asks about times without a zone in a column whose earlier files had one; the table has the moments in UTC."""
    load = Choice(
        "read",
        "Read them as UTC",
        f"The times of {column} are loaded as the file has them, as moments in UTC.",
        patch=written(table, column, brought, kind),
        keepable=True,
    )
    return Question(
        QuestionKind.NOTATION_CHANGED,
        table,
        f"The times of {column} in {file_name} have no time zone, those of earlier files have one. Read them as UTC?",
        (f"{table} has the moments of {column} in UTC; a local time would be hours off.",),
        (load, REFUSE),
        column=column,
    )


def written(table: str, column: str, notation: Notation, kind: FieldType) -> Contract:
    """The contract that states how dates or times are written."""
    fact = FieldContract(
        name=column,
        date_order=notation.date_order,
        date_separator=notation.date_separator,
        format=format_of(kind, notation) or "any",
    )
    return Contract(table=table, fields=(fact,))
