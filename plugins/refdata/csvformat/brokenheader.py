"""A header line with a surplus quote, which merges names and may take rows below it along."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.filemodel import Format
from refdata.csvformat.damage import Damage
from refdata.csvformat.dialects import Dialect, TextRow, read_rows

LOOKED_AT = 60
"""Rows among which the header is looked for."""


def whole_header(
    rows: Sequence[TextRow], lines: Sequence[str], dialect: Dialect, width: int
) -> tuple[list[TextRow], dict[int, int]]:
    """The rows with the first damaged one read again where a surplus quote is in its line.

    That line must have ``width`` fields without the quote, and no other quote may be the surplus one. Also returns the
    number of the field with the quote, by the index of its line.
    """
    damage = Damage(Format("", dialect.delimiter, dialect.quote, dialect.escape, False, ()), width)
    if not dialect.quote or width < 2:
        return list(rows), {}
    for at, row in enumerate(rows[:LOOKED_AT]):
        line = lines[row.first] if row.first < len(lines) else ""
        if _spans_lines(row, lines, damage, dialect, width):
            continue
        if dialect.quote not in line or damage.is_row(line) or (repaired := damage.without_surplus_quote(line)) is None:
            continue
        behind = row.first + 1
        taken = read_rows(lines[behind : row.last], dialect)
        between = [TextRow(one.first + behind, one.last + behind, one.cells) for one in taken]
        return [*rows[:at], TextRow(row.first, behind, repaired[0]), *between, *rows[at + 1 :]], {
            row.first: repaired[1]
        }
    return list(rows), {}


def _spans_lines(row: TextRow, lines: Sequence[str], damage: Damage, dialect: Dialect, width: int) -> bool:
    """Whether a quoted name goes on in the next lines: a good row of several lines, of which no other is a row."""
    own = lines[row.first : row.last]
    if len(own) < 2 or len(row.cells) != width or not damage.is_row("".join(own)):
        return False
    return all(len(one.cells) < width for one in read_rows(own[1:], dialect))
