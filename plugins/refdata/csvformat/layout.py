"""Where the table lies in the file: preamble, header, comments, trailer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.csvformat.dialects import Row
from refdata.csvformat.header import has_header


@dataclass(frozen=True, slots=True)
class Layout:
    """Physical lines before the header, of the header and after the table, and the header's cells."""

    preamble_lines: int
    header_lines: int
    has_header: bool
    header: tuple[str, ...]


def find_layout(rows: Sequence[Row], width: int, known_columns: Sequence[str]) -> Layout:
    """The layout of a table that most rows give ``width`` fields."""
    start = next((at for at, row in enumerate(rows) if not row.blank and _opens(row, width)), None)
    if start is None:
        start = next((at for at, row in enumerate(rows) if not row.blank), 0)
    first = rows[start]
    body = [row.cells for row in rows[start + 1 :] if not row.blank]
    named = has_header(first.cells, body, known_columns)
    if not named:
        names = [f"column_{number}" for number in range(1, width + 1)]
        return Layout(first.first, 0, False, tuple(names))
    cells = [cell.strip() for cell in first.cells]
    cells += [""] * (width - len(cells))
    return Layout(first.first, first.last - first.first, True, tuple(cells))


def _opens(row: Row, width: int) -> bool:
    """Whether a row can be the table's first: nearly as wide, and filled."""
    filled = sum(bool(cell.strip()) for cell in row.cells)
    return len(row.cells) * 2 > width and filled * 3 >= width
