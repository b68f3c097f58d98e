"""How the columns of a file are read, as the table's contract and the live table know it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from refdata.core.contract import Contract, FieldContract, stated_by_people
from refdata.core.contractterms import FieldType, Minus, OnTypeChange, QuestionKind
from refdata.core.dateformats import UNDECIDED, DateFormat, date_format
from refdata.core.filemodel import ANY_WORD, ColumnReading, Notation
from refdata.core.model import Column, Table
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, TIME, SqlType, TypeKind, decimal, text

REJECT, TEXT = "reject", "text"
"""The answers that a table may keep: the rows are rejected, or the column becomes text."""

NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})
WHOLE_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT})
MOMENTS = frozenset({TypeKind.DATE, TypeKind.DATETIME2})
TRUE, FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
"""How Table Schema spells booleans where a field does not say: https://datapackage.org/standard/table-schema/"""

_MINUS = {Minus.LEADING: "-", Minus.TRAILING: "trailing", Minus.PARENTHESES: "parentheses"}
_GROUPS = dict.fromkeys(" \xa0\u202f", " \xa0\u202f") | dict.fromkeys("'’", "'’")
"""The forms of a thousands mark that people treat as the same."""
_NUMBER = decimal(1, 0)
_HOURS = 24
_TYPES: Mapping[FieldType, tuple[SqlType, ...]] = {
    FieldType.INTEGER: (BIGINT,),
    FieldType.YEAR: (BIGINT,),
    FieldType.NUMBER: (_NUMBER, FLOAT),
    FieldType.BOOLEAN: (BIT,),
    FieldType.DATE: (DATE,),
    FieldType.DATETIME: (DATETIME2,),
    FieldType.TIME: (TIME,),
}
_BOUNDED = frozenset({FieldType.INTEGER, FieldType.YEAR, FieldType.DATE})


@dataclass(frozen=True, slots=True)
class KnownColumnReading:
    """How one column is read: ``readings`` are tried in turn, and the first that all its values fit applies.

    Where none fits, the type is inferred, with ``missing`` as the texts that mean no value. ``stated``: people declared
    type and notation, so another type or notation that the values suggest does not replace them. ``is_text``: the
    table's column is text, whatever the values suggest.
    """

    readings: tuple[ColumnReading, ...] = ()
    missing: tuple[str, ...] = ()
    stated: bool = False
    is_text: bool = False

    @property
    def inferred(self) -> ColumnReading | None:
        """The reading that leaves the type to inference; None where it says nothing."""
        numbers = any(reading.known.kind in NUMBERS for reading in self.readings)
        if not (self.missing or self.readings or self.is_text):
            return None
        # A mark that the known reading refuses does not prove another meaning: 1.234 may be either. Nor does an
        # unusual notation: a zone or a currency that the table's files did not have so far is a question for people.
        open_to_any = not self.readings and not self.is_text
        return ColumnReading(None, Notation(missing_values=self.missing), mark_known=not numbers, suggest=open_to_any)


def known_readings(contract: Contract, live: Table | None, names: Iterable[str]) -> dict[str, KnownColumnReading]:
    """The known readings of a file's columns, by database name.

    >>> from refdata.core.contract import Contract, FieldContract
    >>> field = FieldContract(name="day", type=FieldType.DATE, format="%d/%m/%y")
    >>> known = known_readings(Contract(table="t", fields=(field,)), None, ["day"])["day"]
    >>> known.stated, known.readings[0].notation.date_order, known.readings[0].notation.year_digits
    (True, 'dmy', 2)
    """
    return {name: _known(contract, live.column(name) if live else None, name) for name in names}


def rejects_misfits(contract: Contract, column: str) -> bool:
    """Whether rows whose value does not fit are rejected: by policy, or by an answer."""
    answer = contract.answer(QuestionKind.TYPE_CHANGED, column)
    if answer is not None:
        return answer.answer == REJECT
    return contract.policies.on_type_change is OnTypeChange.REJECT


def known_notation(contract: Contract, column: str) -> Notation:
    """The notation of a column in the table's files; the plain one if unknown."""
    fact = contract.column(column)
    return Notation() if fact is None else notation_of(fact)


def notation_of(fact: FieldContract) -> Notation:
    """The notation that a field states."""
    plain, form = Notation(), _form(fact)
    separator = plain.date_separator if fact.date_separator is None else fact.date_separator
    notation = Notation(
        decimal_point=fact.decimal_char or plain.decimal_point,
        thousands=_GROUPS.get(fact.group_char or "", fact.group_char or ""),
        minus=_MINUS[fact.minus or Minus.LEADING],
        affix=fact.unit or (ANY_WORD if fact.bare_number is False else ""),
        date_order=fact.date_order or (form.order if form else "") or plain.date_order,
        date_separator=separator if fact.date_order or form is None else form.separator,
    )
    if fact.type is FieldType.BOOLEAN and (fact.true_values or fact.false_values):
        notation = replace(notation, true_values=fact.true_values or TRUE, false_values=fact.false_values or FALSE)
    if form is None or form.order not in ("", notation.date_order):
        return notation
    return replace(
        notation,
        year_digits=form.year_digits,
        month_names=ANY_WORD if form.month_words else "",
        hours=form.hours,
        zone="utc" if form.zoned else "",
    )


def _form(fact: FieldContract) -> DateFormat | None:
    dated = fact.type in (FieldType.DATE, FieldType.DATETIME, FieldType.TIME)
    if fact.type is None or not dated or fact.format is None or fact.format in UNDECIDED:
        return None
    return date_format(fact.type, fact.format)


def _known(contract: Contract, old: Column | None, name: str) -> KnownColumnReading:
    fact = contract.column(name) or FieldContract(name=name)
    missing = _missing(contract, fact)
    answer = contract.answer(QuestionKind.TYPE_CHANGED, name)
    if answer is not None and answer.answer == TEXT:
        return KnownColumnReading((_reading(text(0), missing),), missing, stated=True)
    if old is not None and old.type.kind is TypeKind.NVARCHAR:
        return KnownColumnReading((), missing, is_text=True)
    notation = replace(notation_of(fact), missing_values=missing)
    if (declared := _declared(fact, notation, old)) is not None:
        return declared
    if old is None or old.native is not None:
        return KnownColumnReading((), missing)
    known = old.type.kind not in NUMBERS or _has_marks(fact)
    reading = ColumnReading(old.type, notation, mark_known=known)
    # The year first means one date only, so such a file is no change of notation that anybody must be asked about.
    others = (_reading(old.type, missing),) if old.type.kind in MOMENTS and not notation.zone else ()
    if notation.hours != _HOURS and not notation.zone:
        others = (replace(reading, notation=replace(notation, hours=_HOURS)), *others)
    if old.type.kind in WHOLE_NUMBERS:
        others = (replace(reading, notation=replace(notation, powers=True)),)
    different = (other for other in others if other != reading)
    return KnownColumnReading((reading, *different, padded(reading)), missing)


def _declared(fact: FieldContract, notation: Notation, old: Column | None) -> KnownColumnReading | None:
    """The readings that people declared; None where they left the type open."""
    missing = notation.missing_values
    kinds: tuple[SqlType, ...]
    if fact.sql_type and stated_by_people(fact.origin("sql_type")):
        kinds, bounded = (fact.sql_type,), fact.sql_type.kind is not TypeKind.NVARCHAR
    elif fact.type is not None and fact.type is not FieldType.ANY and stated_by_people(fact.origin("type")):
        kinds, bounded = _TYPES.get(fact.type, (text(0),)), fact.type in _BOUNDED
        if fact.type is FieldType.NUMBER and old is not None and old.type.kind is TypeKind.DECIMAL:
            kinds = (old.type, FLOAT)
    else:
        return None
    if kinds[0].kind is TypeKind.NVARCHAR:
        return KnownColumnReading((_reading(kinds[0], missing),), missing, stated=True)
    if kinds[0].kind in MOMENTS and not fact.date_order and _form(fact) is None:
        return KnownColumnReading((), missing)
    if kinds[0].kind is TypeKind.BIT and not notation.true_values:
        notation = replace(notation, true_values=TRUE, false_values=FALSE)
    marked = kinds[0].kind not in NUMBERS or _has_marks(fact)
    notations = (notation, replace(notation, zone="utc")) if _may_have_zones(fact) else (notation,)
    readings = tuple(ColumnReading(kind, one, bounded, mark_known=marked) for kind in kinds for one in notations)
    readings += tuple(map(padded, readings))
    return KnownColumnReading(readings, missing, stated=marked and _is_stated(fact, kinds[0].kind))


def padded(reading: ColumnReading) -> ColumnReading:
    """The same values with blanks around them."""
    return replace(reading, notation=replace(reading.notation, padded=True))


def _may_have_zones(fact: FieldContract) -> bool:
    """Whether times may have a zone or none: the standard's default form leaves it open.

    https://datapackage.org/standard/table-schema/#datetime
    """
    return fact.type is FieldType.DATETIME and fact.format == "default"


def _is_stated(fact: FieldContract, kind: TypeKind) -> bool:
    """Whether people state how the values of a type are written, and not only the type."""
    if kind in MOMENTS:
        return stated_by_people(fact.origin("date_order") or fact.origin("format"))
    if kind is TypeKind.BIT:
        return fact.true_values is not None or fact.false_values is not None
    if kind in NUMBERS:
        facts = ("decimal_char", "group_char", "bare_number", "unit", "minus")
        return any(getattr(fact, name) is not None and stated_by_people(fact.origin(name)) for name in facts)
    return True


def _has_marks(fact: FieldContract) -> bool:
    return fact.decimal_char is not None or bool(fact.group_char) or bool(fact.unit) or fact.bare_number is False


def _reading(kind: SqlType, missing: tuple[str, ...]) -> ColumnReading:
    return ColumnReading(kind, Notation(missing_values=missing))


def _missing(contract: Contract, fact: FieldContract) -> tuple[str, ...]:
    """The texts that mean no value: those that people state of the field, then of the table; then learned ones."""
    of_table = contract.missing_values
    if contract.dialect.null_sequence:
        of_table = (*(of_table or ()), contract.dialect.null_sequence)
    of_field = fact.missing_values
    if of_field is not None and not stated_by_people(fact.origin("missing_values")) and of_table is not None:
        of_field = None
    texts = of_table if of_field is None else of_field
    return tuple(dict.fromkeys(one for one in texts or () if one))
