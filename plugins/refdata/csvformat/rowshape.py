"""How much the rows of a text look like a table: the same number of fields, row after row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from refdata.csvformat.dialects import TextRow


@dataclass(frozen=True, slots=True)
class RowShape:
    """``width`` is the number of fields that most rows have (1 for one column).

    ``uniform`` is the share of rows of that width, ``steady`` the share of neighbouring rows with the
    same width (a file of several tables is steady and not uniform), both 0 to 1. ``rows`` counts rows.
    """

    width: int
    uniform: float
    steady: float
    rows: int


def row_shape(rows: Sequence[TextRow]) -> RowShape:
    """The shape of rows, blank lines aside."""
    widths = [len(row.cells) for row in rows if not row.blank]
    if not widths:
        return RowShape(0, 0.0, 0.0, 0)
    width, count = _most_frequent(widths)
    pairs = list(pairwise(widths))
    steady = sum(one == other for one, other in pairs) / len(pairs) if pairs else 1.0
    return RowShape(width, count / len(widths), steady, len(widths))


def _most_frequent(widths: Sequence[int]) -> tuple[int, int]:
    """The most frequent width and its count, the wider of two that are as frequent."""
    counts = Counter(widths)
    width = max(counts, key=lambda one: (counts[one], one))
    return width, counts[width]
