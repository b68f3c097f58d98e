"""The score of a dialect: how much its rows look like a table, from a few measures.

The score is a weighted sum of logarithms, so each measure multiplies the odds of a dialect.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from refdata.csvformat.celltypes import TYPED, CellType, cell_type
from refdata.csvformat.dialects import NO_DELIMITER, Dialect, Row
from refdata.csvformat.quoting import QuoteUse
from refdata.csvformat.rowshape import RowShape

TYPED_ROWS = 120
"""Rows whose cells are typed, from the start."""

TYPED_COLUMNS = 40
"""Columns whose cells are typed."""


@dataclass(frozen=True, slots=True)
class CellFit:
    """Shares of the cells, 0 to 1: ``typed`` are numbers, dates and the like, ``broken`` are pieces,
    ``alike`` is how much the cells of one column are of one kind.
    """

    typed: float
    broken: float
    alike: float


def cell_fit(rows: Sequence[Row], width: int) -> CellFit:
    """How well the cells of rows fit."""
    table = [row.cells for row in rows if not row.blank][:TYPED_ROWS]
    columns = [Counter[CellType]() for _ in range(min(width, TYPED_COLUMNS))]
    for cells in table:
        for counts, cell in zip(columns, cells, strict=False):
            counts[cell_type(cell)] += 1
    total = sum(sum(counts.values()) for counts in columns) or 1
    typed = sum(counts[kind] for counts in columns for kind in TYPED)
    typed_or_empty = typed + sum(counts[CellType.EMPTY] + counts[CellType.CODE] for counts in columns) / 2
    broken = sum(counts[CellType.BROKEN] for counts in columns)
    alike = sum(_alike(counts) for counts in columns) / (len(columns) or 1)
    return CellFit(typed_or_empty / total, broken / total, alike)


def _alike(counts: Counter[CellType]) -> float:
    filled = sum(counts.values()) - counts[CellType.EMPTY]
    most = max((count for kind, count in counts.items() if kind is not CellType.EMPTY), default=0)
    return most / filled if filled else 0.5


_PRIOR = {",": 0.5, ";": 0.35, "\t": 0.35, "|": 0.2, NO_DELIMITER: 0.0}


def score(dialect: Dialect, shape: RowShape, fit: CellFit, quotes: QuoteUse) -> float:
    """The logarithm of a dialect's odds; only differences between dialects of one file have a meaning."""
    if not shape.rows:
        return -50.0
    return (
        3.0 * math.log(0.05 + (0.6 * shape.uniform + 0.4 * shape.steady))
        + 1.2 * math.log(min(shape.width, 8) - 0.4)
        + 2.0 * math.log(0.1 + fit.typed)
        - 4.0 * fit.broken
        + 1.0 * math.log(0.1 + fit.alike)
        + 3.0 * math.log(0.1 + quotes.placed)
        + _PRIOR[dialect.delimiter]
    )
