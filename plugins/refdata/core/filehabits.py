"""Evidence from all columns of a file about its decimal and thousands marks. Pure.

``1.234`` is one number or another, and no look at its column alone can decide which. But a file is written in one
way: a column with ``12,5`` proves decimal commas, and one with ``25.152.920`` proves that points separate thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from refdata.core.columnevidence import PLAIN, Evidence, NumberKey, NumberShape

GROUP = 3
"""Digits between two thousands marks."""

_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True, slots=True)
class FileHabits:
    """``decimal``: the marks that some column proves to separate decimals. ``thousands``: how many columns can only be
    read with a mark between thousands, ``hinted`` how many look so but allow decimals too. ``points_decide``: a point
    before three digits in every value is a decimal mark, where nothing shows the opposite.
    """

    decimal: frozenset[str] = frozenset()
    thousands: Mapping[str, int] = field(default_factory=dict, hash=False)
    hinted: Mapping[str, int] = field(default_factory=dict, hash=False)
    points_decide: bool = True

    def separates_thousands(self, mark: str) -> bool:
        """Whether the file shows that ``mark`` separates thousands, and nothing shows the opposite."""
        shown = _OTHER.get(mark) in self.decimal or self.thousands.get(mark, 0) > 0 or self.hinted.get(mark, 0) > 1
        return shown and mark not in self.decimal

    def separates_decimals(self, mark: str) -> bool:
        """Whether the file shows that ``mark`` precedes decimals, and nothing shows the opposite."""
        return mark in self.decimal and not self.thousands.get(mark, 0) and _OTHER[mark] not in self.decimal


NO_HABITS = FileHabits()


def habits(columns: Iterable[Evidence], delimiter: str, known_decimals: Iterable[str] = ()) -> FileHabits:
    """The combined evidence of a file's columns.

    :param known_decimals: the decimal marks of columns whose notation is known.
    """
    decimal, thousands, hinted = set(known_decimals), Counter[str](), Counter[str]()
    for evidence in columns:
        decimal |= _decimal_marks(evidence)
        for mark in _thousands_marks(evidence):
            thousands[mark] += 1
        for mark in _hints(evidence):
            hinted[mark] += 1
    return FileHabits(frozenset(decimal), dict(thousands), dict(hinted), delimiter != ";")


def is_consistent(shape: NumberShape) -> bool:
    """Whether values read with thousands marks are written as numbers are: with all marks, and small ones without.

    Values that all have the same number of groups and none without may be codes.
    """
    return shape.bare <= GROUP and (shape.bare > 0 or varies(shape))


def varies(shape: NumberShape) -> bool:
    """Whether values with groups differ in length, as amounts do and codes do not."""
    return shape.groups > 0 and shape.narrowest < shape.whole


def _decimal_marks(evidence: Evidence) -> set[str]:
    """The one decimal mark with which alone the column can be read."""
    marks = {key[0] for key, shape in evidence.numbers.items() if shape.scale}
    return marks if len(marks) == 1 and all(shape.scale for shape in evidence.numbers.values()) else set()


def _thousands_marks(evidence: Evidence) -> set[str]:
    """The mark between thousands without which the column cannot be read."""
    keys = [key for key in evidence.numbers if evidence.numbers[key].groups]
    if len(keys) != 1 or any(shape.scale and not key[1] for key, shape in evidence.numbers.items()):
        return set()
    shape = evidence.numbers[keys[0]]
    return {keys[0][1]} if shape.scale or is_consistent(shape) else set()


def _hints(evidence: Evidence) -> set[str]:
    """The mark between thousands of a column that could be decimals as well, though small numbers have no mark."""
    rivals: dict[NumberKey, NumberKey] = {(",", "."): PLAIN, (".", ","): (",", "")}
    return {
        key[1]
        for key, rival in rivals.items()
        if rival in evidence.numbers and key in evidence.numbers and _is_hint(evidence.numbers[key])
    }


def _is_hint(shape: NumberShape) -> bool:
    return shape.groups > 0 and 0 < shape.bare <= GROUP
