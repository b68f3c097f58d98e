"""The line of a contract that states how a column is written, for warnings. Pure."""

from __future__ import annotations

from refdata.core.contractterms import Minus
from refdata.core.dateformats import pattern_of
from refdata.core.filemodel import ANY_WORD, Notation
from refdata.core.learning import FIELD_TYPES
from refdata.core.sqltypes import SqlType, TypeKind

_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})
_MOMENTS = frozenset({TypeKind.DATE, TypeKind.DATETIME2, TypeKind.TIME})


def contract_line(kind: SqlType, notation: Notation) -> str:
    """The keys of a field, as YAML, with which a contract states a type and a notation.

    >>> from refdata.core.sqltypes import DATE, decimal
    >>> contract_line(DATE, Notation(date_order="dmy", date_separator="/", year_digits=2))
    'type: date, format: "%d/%m/%y"'
    >>> contract_line(decimal(6, 2), Notation(decimal_point=",", thousands=".", minus="trailing", affix="€"))
    'type: number, decimalChar: ",", groupChar: ".", bareNumber: false, refdata: {unit: "€", minus: trailing}'
    """
    parts = [f"type: {FIELD_TYPES[kind.kind]}"]
    if kind.kind in _NUMBERS:
        parts += _number_keys(kind, notation)
    elif kind.kind in _MOMENTS:
        parts.append(f'format: "{pattern_of(FIELD_TYPES[kind.kind], notation)}"')
    if notation.missing_values:
        parts.append(f"missingValues: [{', '.join(map(_quoted, ('', *notation.missing_values)))}]")
    return ", ".join(parts)


def _number_keys(kind: SqlType, notation: Notation) -> list[str]:
    parts = []
    if kind.kind not in (TypeKind.INT, TypeKind.BIGINT):
        parts.append(f'decimalChar: "{notation.decimal_point}"')
    if notation.thousands:
        parts.append(f'groupChar: "{notation.thousands[0]}"')
    if notation.affix:
        parts.append("bareNumber: false")
    own = [f'unit: "{notation.affix}"'] if notation.affix not in ("", ANY_WORD) else []
    own += [f"minus: {notation.minus}"] if notation.minus in tuple(Minus) else []
    return [*parts, f"refdata: {{{', '.join(own)}}}"] if own else parts


def _quoted(text: str) -> str:
    """A text in YAML's single quotes, in which a backslash is nothing special."""
    return "'" + text.replace("'", "''") + "'"
