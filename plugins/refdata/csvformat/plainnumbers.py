"""Numbers of any notation rewritten as plain ones: ``R$ 1.234,56-`` becomes ``-1234.56``."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from refdata.core.filemodel import Notation


_BLANKS = "[ \u00a0\u202f]*"
_MINUS = "[-\u2212]"
_INNER = "(?:[0-9.,'\u2019 \u00a0\u202f]*[0-9])?"
_ANY_AFFIX = "[^0-9.,()\\-\u2212]*"
_TO_FRONT = {
    "parentheses": (r"^\(([^()]*)\)$", r"-\1"),
    "trailing": (f"^(.*[0-9][^0-9]*){_MINUS}([^0-9]*)$", r"-\1\2"),
}
"""The expressions that move a minus to the front, by ``Notation.minus``."""


def plain_numbers(column: pa.StringArray, notation: Notation, *, exponents: bool = False) -> pa.StringArray:
    """Each value as a plain number; null where it is none in that notation. Leading zeros are no number.

    :param exponents: whether powers of ten such as ``1.5E-3`` are numbers.
    """
    if notation.minus in _TO_FRONT:
        column = pc.replace_substring_regex(column, *_TO_FRONT[notation.minus])
    parts = pc.extract_regex(column, _pattern(notation, exponents))
    number = pc.struct_field(parts, "number")
    for mark in notation.thousands:
        number = pc.replace_substring(number, mark, "")
    if notation.decimal_point != ".":
        number = pc.replace_substring(number, notation.decimal_point, ".")
    unsigned = pc.and_(*(pc.equal(pc.struct_field(parts, name), "") for name in ("outer", "inner")))
    plain = pc.binary_join_element_wise(pc.if_else(unsigned, "", "-"), number, "")
    return pc.if_else(parts.is_valid(), plain, pa.scalar(None, pa.string()))


def bare_numbers(column: pa.StringArray, notation: Notation) -> pa.StringArray:
    """Each value without its affix and with a plain minus in front, its marks as they are; what is none stays."""
    moved = pc.replace_substring_regex(column, *_TO_FRONT[notation.minus]) if notation.minus in _TO_FRONT else column
    before, behind = _affixes(notation.affix)
    pattern = f"^(?P<outer>{_MINUS}?){before}(?P<inner>{_MINUS}?)(?P<number>[.,]?[0-9]{_INNER}){behind}$"
    parts = pc.extract_regex(moved, pattern)
    signs = [pc.struct_field(parts, name) for name in ("outer", "inner")]
    unsigned = pc.and_(*(pc.equal(sign, "") for sign in signs))
    plain = pc.binary_join_element_wise(pc.if_else(unsigned, "", "-"), pc.struct_field(parts, "number"), "")
    return pc.if_else(parts.is_valid(), plain, column)


@cache
def _pattern(notation: Notation, exponents: bool) -> str:
    before, behind = _affixes(notation.affix)
    inner = f"{_MINUS}?" if notation.affix else ""
    power = "(?:[eE][+-]?[0-9]{1,3})?" if exponents else ""
    return f"^(?P<outer>{_MINUS}?){before}(?P<inner>{inner})(?P<number>{_number(notation)}{power}){behind}$"


def _affixes(affix: str) -> tuple[str, str]:
    """Characters that may precede and follow a number."""
    if not affix:
        return "", ""
    if affix == "*":
        return _ANY_AFFIX, _ANY_AFFIX
    text = f"(?:{_BLANKS}{re.escape(affix)}{_BLANKS})"
    return f"{text}?", f"{text}?"


def _number(notation: Notation) -> str:
    groups = "".join(rf"|[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+" for mark in notation.thousands)
    fraction = f"{re.escape(notation.decimal_point)}[0-9]+"
    return f"(?:(?:0|[1-9][0-9]*{groups})(?:{fraction})?|{fraction})"
