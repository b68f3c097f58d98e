"""How many lines a table's header has: names in two lines, units or a drawn line below the names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.csvformat.celltypes import NUMERIC, TYPED, CellType, cell_type
from refdata.csvformat.dialects import TextRow
from refdata.csvformat.header import AROUND, is_year_name

MOST_HEADER_LINES = 4
"""The most rows of a header."""

_MISSING = re.compile(r"(?i:n/?a|#n/a|nan|null|none|nil|missing|unknown)|[-.?*]+")
_RULE = re.compile(r"[-=_*~+ ]{2,}")
_UNIT = re.compile(
    r"[(\[<].{1,30}[)\]>]"  # [kg], (in EUR)
    r"|[^\W\d_]{1,8}[²³2-4]?"  # kg, pcs, m2
    r"|[%‰°$€£¥](?: ?[^\W\d_]{0,12})?"  # %, °C, € per kg
    r"|[^\W\d_]{0,8} ?[$€£¥%]"  # mio €
    r"|(?:in |per )?[^\W\d_%°$€£¥]{0,8}[%°$€£¥]?(?: ?[/*·^⋅] ?(?:\d{1,4} ?)?[^\W\d_%°$€£¥]{0,10}[²³2-4]?){1,3}"  # km/h
    r"|(?:in|per|1000|1,000|100|mio|mill?|tsd|thousand|million)\.? [^\W\d_]{1,12}"  # in EUR, 1000 t
)


def more_header_rows(rows: Sequence[TextRow]) -> int:
    """How many rows below the first belong to the header: names under its blanks, words where the body has numbers.

    A row that begins blank may have numbers (years, say) if names follow below it.
    """
    count = 0
    for at in range(1, min(MOST_HEADER_LINES, len(rows) - 1)):
        body = [row.cells for row in rows[at + 1 : at + 101] if not is_drawn_rule(row) and not _is_again(row, rows[0])]
        if _is_again(rows[at], rows[0]):
            break
        if is_drawn_rule(rows[at]):
            count = at if at == count + 1 else count
        elif not _may_be_header(rows[at], body):
            if rows[at].cells[0].strip():
                break
        elif _belongs_to_header(rows, at, body):
            count = at
    return count


def _belongs_to_header(rows: Sequence[TextRow], at: int, body: Sequence[Sequence[str]]) -> bool:
    row = rows[at]
    named = _fills_blanks(rows[0], row, body) or _words_over_numbers(row, body) >= 2
    return named or (at == 1 and _is_lone_unit(rows[0], row, body))


def _is_again(row: TextRow, first: TextRow) -> bool:
    """Whether a row repeats the first one, where two files were joined."""
    return [cell.strip(AROUND).casefold() for cell in row.cells] == [
        cell.strip(AROUND).casefold() for cell in first.cells
    ]


def is_drawn_rule(row: TextRow) -> bool:
    """Whether a row only draws a line: dashes or the like in each cell that is not blank."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    return bool(filled) and all(_RULE.fullmatch(cell) for cell in filled)


def _may_be_header(row: TextRow, body: Sequence[Sequence[str]]) -> bool:
    """Whether no cell is a number, a date or a word for a missing one in a column of numbers."""
    return row.filled > 0 and not any(
        cell_type(cell) in TYPED - {CellType.BOOLEAN} or _MISSING.fullmatch(cell.strip())
        for column, cell in enumerate(row.cells)
        if cell.strip() and _typed_column(body, column) and not is_year_name(cell, _below(body, column))
    )


def _below(body: Sequence[Sequence[str]], column: int) -> list[str]:
    return [cells[column] for cells in body if column < len(cells)]


def _fills_blanks(upper: TextRow, row: TextRow, body: Sequence[Sequence[str]]) -> bool:
    """Whether a row is the lower part of a header with names over several columns: blank at its start, and
    words and years only, two of them or more under blanks or under a name and the blanks to its right.
    """
    under = [cell for above, cell in zip(upper.cells, row.cells, strict=False) if cell.strip() and not above.strip()]
    plain = all(
        cell_type(cell) not in TYPED or is_year_name(cell, _below(body, column))
        for column, cell in enumerate(row.cells)
        if cell.strip()
    )
    if plain and not row.cells[0].strip() and _divides_names(upper, row):
        return True
    return plain and len(under) >= 2 and (not row.cells[0].strip() or len(under) * 2 >= row.filled)


def _divides_names(upper: TextRow, row: TextRow) -> bool:
    """Whether all cells of a row are in groups below a name and the blanks to its right."""
    groups: list[list[bool]] = [[]]
    for above, cell in zip(upper.cells, row.cells, strict=False):
        if cell.strip() and above.strip():
            groups.append([True])
        elif cell.strip():
            groups[-1].append(False)
        else:
            groups.append([])
    return any(groups) and all(not group or (group[0] and len(group) > 1) for group in groups)


def _is_lone_unit(upper: TextRow, row: TextRow, body: Sequence[Sequence[str]]) -> bool:
    """Whether a row is the unit of one column: a short word over numbers alone, in a row whose key is blank.

    A row without a key may be a damaged one, so the word is to look like a unit, and every other row has a key.
    """
    (cell,) = [cell.strip() for cell in row.cells if cell.strip()] if row.filled == 1 else [""]
    keyed = all(cells and cells[0].strip() for cells in body if any(map(str.strip, cells)))
    if row.cells[0].strip() or not (_UNIT.fullmatch(cell) and all(map(str.strip, upper.cells)) and keyed):
        return False
    below = [value.strip() for value in _below(body, row.cells.index(next(filter(str.strip, row.cells))))]
    filled = [value for value in below if value]
    return len(filled) >= 2 and all(cell_type(value) in NUMERIC for value in filled)


def _words_over_numbers(row: TextRow, body: Sequence[Sequence[str]]) -> int:
    return sum(1 for column, cell in enumerate(row.cells) if cell.strip() and _typed_column(body, column))


def _typed_column(body: Sequence[Sequence[str]], column: int) -> bool:
    kinds = [cell_type(cells[column]) for cells in body if column < len(cells)]
    kinds = [kind for kind in kinds if kind is not CellType.EMPTY]
    return len(kinds) >= 2 and sum(kind in NUMERIC for kind in kinds) >= 0.7 * len(kinds)
