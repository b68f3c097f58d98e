"""Whether a table's first row names its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.csvformat.celltypes import NUMERIC, TYPED, CellType, cell_type

BODY_ROWS = 100
"""Rows below the first that it is held against."""

_NAME = re.compile(r"[^\W\d][\w .()/%#:-]{0,60}")


def has_header(first: Sequence[str], body: Sequence[Sequence[str]], known_columns: Sequence[str] = ()) -> bool:
    """Whether ``first`` is a header over ``body``."""
    return header_score(first, body[:BODY_ROWS], known_columns) > 0


def header_score(first: Sequence[str], body: Sequence[Sequence[str]], known_columns: Sequence[str]) -> float:
    """Evidence for a header (positive) or against one (negative)."""
    if not first:
        return -1.0
    known = {_plain(name) for name in known_columns}
    if known and sum(_plain(cell) in known for cell in first) * 2 >= min(len(first), len(known)):
        return 10.0
    total = _row_evidence(first)
    for column, cell in enumerate(first):
        values = [row[column] for row in body if column < len(row)]
        total += _column_evidence(cell, values) / len(first)
    return total


def _row_evidence(first: Sequence[str]) -> float:
    filled = [cell.strip() for cell in first if cell.strip()]
    if not filled:
        return -3.0
    typed = sum(cell_type(cell) in TYPED for cell in filled) / len(filled)
    unique = len(set(filled)) == len(filled)
    names = sum(bool(_NAME.fullmatch(cell)) for cell in filled) / len(filled)
    return -3.0 * typed + (0.3 if unique else -0.6) + 0.6 * (names - 0.5)


def _column_evidence(cell: str, values: Sequence[str]) -> float:
    filled = [value for value in values if value.strip()]
    if not filled:
        return 0.0
    kind = cell_type(cell)
    kinds = [cell_type(value) for value in filled]
    if kind is CellType.EMPTY:
        return 0.0
    typed = sum(one in TYPED for one in kinds) / len(kinds)
    evidence = 2.5 * typed if kind not in TYPED else -2.5 * (kind in kinds)
    if cell.strip() in {value.strip() for value in filled}:
        evidence -= 2.0
    return evidence


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    return cell_type(cell) in NUMERIC
