"""The lines after a table's rows: totals, row counts, notes, "end of file"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from refdata.core.filemodel import SkippedLine
from refdata.csvformat.celltypes import TYPED, CellType, cell_type
from refdata.csvformat.dialects import Dialect, TextRow, read_rows
from refdata.csvformat.rowcounts import COUNT, LABELLED, NUMBER
from refdata.csvformat.rowshape import row_shape
from refdata.csvformat.skipping import BEHIND, skipped_line

LOOKED_AT = 300
"""Physical lines at the end of a file that are examined."""

LONGEST_TRAILER = 40
"""Rows that may follow a table."""

_KEYED = re.compile(r"(?i)trailer|trlr|trl|footer|eof|end")
_END = re.compile(
    r"(?i)\W*(?:(?:this is the )?end(?: ?of ?(?:the )?(?:file|data|report|list|table|document|export|extract))?|eof"
    r"|fin|ende(?: der datei)?|fine|fim|koniec|konec|slut|конец(?: файла)?)\W*"
)
_TOTAL = re.compile(
    r"(?i)(?:grand |sub-?)?totals?|(?:gesamt)?summen?|gesamt|sum|totaux|somme|totale|suma|soma|razem|celkem|összesen|"
    r"totalt|yhteensä|itogo|итого|всего|合计|总计|合計|總計"
)
_RULE = re.compile(r"[-=_*~+ \"']+")
_NOTE = re.compile(
    r"(?i)(?:[*†©]|\([cC]\) ).+|"
    r"\W*(?:notes?|source|quelle|remarks?|footnote|generated|created|exported|copyright|as of|stand)\b.{2,}"
)


@dataclass(frozen=True, slots=True)
class Trailer:
    """The physical lines after the table that are not blank, and the row count that they state."""

    skipped: tuple[SkippedLine, ...] = ()
    stated_rows: int | None = None

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self.skipped)


def find_trailer(rows: Sequence[TextRow], lines: Sequence[str], width: int, *, whole: bool) -> Trailer:
    """The trailer of a table whose last rows are ``rows``, of the physical ``lines``.

    ``whole`` means that they are all rows, so that a total can be compared with their sum.
    """
    first = min(_closing_rule(rows, width), _closing_notes(rows, width))
    for at in range(first - 1, max(len(rows) - LONGEST_TRAILER, 0), -1):
        if not rows[at].blank and not _ends_table(rows, at, width, whole=whole):
            break
        first = at if not rows[at].blank else first
    return _trailer(rows[first:], lines) if first > 1 or width > 1 else Trailer()


def _closing_rule(rows: Sequence[TextRow], width: int) -> int:
    """The index of a rule near the end behind which no row fills the table's width; the number of rows without one."""
    for at in range(len(rows) - 1, max(len(rows) - LONGEST_TRAILER, 0), -1):
        row = rows[at]
        if width > 1 and row.filled >= max(2, width - 1):
            break
        if width > 1 and _is_long_rule(row):
            return at
    return len(rows)


def _is_long_rule(row: TextRow) -> bool:
    """Whether only the first cell is filled, with a rule."""
    text = row.cells[0].strip() if row.filled == 1 else ""
    return len(text) > 1 and _RULE.fullmatch(text) is not None


def _closing_notes(rows: Sequence[TextRow], width: int) -> int:
    """The index of the first note near the end after which no row has more than its first cell filled.

    The number of rows if there is none. Notes follow a blank line or one that is a note by what it says.
    """
    start = len(rows)
    while start > max(1, len(rows) - LONGEST_TRAILER) and _is_lone(rows[start - 1]):
        start -= 1
    if width < 2 or start < 2 or sum(map(_is_lone, rows[:start])) * 5 > start:
        return len(rows)
    filled = [at for at in range(start, len(rows)) if rows[at].filled]
    return next((at for at in filled if _is_note(rows, at) or _is_long_rule(rows[at])), len(rows))


def _is_lone(row: TextRow) -> bool:
    """Whether at most the first cell of a row is filled, and with words."""
    if not row.filled:
        return True
    first = row.cells[0].strip()
    return row.filled == 1 and bool(first) and cell_type(first) not in TYPED


def last_rows(text: str, dialect: Dialect, comment: str, width: int, lines: Sequence[str]) -> list[TextRow]:
    """The rows of lines cut from a file's end, which may begin inside a quoted field."""
    plain = read_rows(lines, dialect, comment=comment)
    if not dialect.quote or dialect.quote not in text:
        return plain
    inside = read_rows([dialect.quote + lines[0], *lines[1:]], dialect, comment=comment) if lines else plain
    return max((plain, inside), key=lambda rows: _fitting(rows, width))


def _fitting(rows: Sequence[TextRow], width: int) -> float:
    shape = row_shape(rows)
    return shape.uniform if shape.width == width else 0.0


def _trailer(rows: Sequence[TextRow], lines: Sequence[str]) -> Trailer:
    places = [at for row in rows for at in range(row.first, row.last) if lines[at].strip()]
    skipped = tuple(skipped_line(at - len(lines), lines[at], BEHIND) for at in places)
    stated = [count for row in rows if (count := _stated(row)) is not None]
    return Trailer(skipped, stated[-1] if stated else None)


def _ends_table(rows: Sequence[TextRow], at: int, width: int, *, whole: bool) -> bool:
    """Whether the row at an index is not a row of the table."""
    row = rows[at]
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    if width == 1:
        return len(cells) == 1 and bool(
            _END.fullmatch(cells[0]) or COUNT.fullmatch(cells[0]) or LABELLED.fullmatch(cells[0])
        )
    if not cells or _underlines(cells):
        return True
    if _TOTAL.fullmatch(cells[0].rstrip(":")):
        return _is_total(rows, at, width, whole=whole)
    if len(row.cells) != width and _NOTE.fullmatch(", ".join(cells)):
        return True
    if len(cells) == 1 and row.cells[0].strip():
        return bool(_END.fullmatch(cells[0])) or _stated(row) is not None or _is_note(rows, at)
    return len(cells) == 2 and (_stated(row) is not None and _is_trailer_key(row, width, at, whole=whole))


def _underlines(cells: Sequence[str]) -> bool:
    """Whether all cells are rules; single dashes are values that are missing."""
    return all(map(_RULE.fullmatch, cells)) and any(len(cell) > 1 for cell in cells)


def _is_trailer_key(row: TextRow, width: int, at: int, *, whole: bool) -> bool:
    """Whether ``TRAILER,120`` is one: not the table's width, or the word is not a short code, or the count fits."""
    key = row.cells[0].strip()
    if len(row.cells) != width or row.filled < len(row.cells):
        return True
    return bool(_KEYED.fullmatch(key)) and (len(key) > 4 or (whole and _stated(row) == at))


def _stated(row: TextRow) -> int | None:
    """The row count that a row states, if it does."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    text = " ".join(cells)
    count = COUNT.fullmatch(text) or LABELLED.fullmatch(text)
    if not count and len(cells) == 2 and _KEYED.fullmatch(cells[0]):
        count = re.fullmatch(NUMBER, cells[1])
    return int(re.sub(r"\D", "", count["number"])) if count else None


def _is_note(rows: Sequence[TextRow], at: int) -> bool:
    """Whether a lone first cell is a note: by what it says, or a sentence set off by a blank line.

    Any other may be a damaged row, which the reader rejects.
    """
    cell = rows[at].cells[0].strip()
    if _NOTE.fullmatch(cell):
        return True
    apart = at > 0 and (rows[at - 1].filled == 0 or rows[at].first > rows[at - 1].last)
    return apart and cell_type(cell) in {CellType.TEXT, CellType.BROKEN, CellType.LINK}


def _is_total(rows: Sequence[TextRow], at: int, width: int, *, whole: bool) -> bool:
    """Whether a row that begins with a word for a total sums up the rows before it."""
    row = rows[at]
    if len(row.cells) != width and row.filled <= 2:
        return True
    if _leaves_blank(rows, at):
        return True
    return whole and any(_adds_up(rows[:at], column, row.cells[column]) for column in range(len(row.cells)))


def _leaves_blank(rows: Sequence[TextRow], at: int) -> bool:
    """Whether the row leaves a cell blank that all other rows fill."""
    body = [row.cells for row in rows[max(0, at - 100) : at] if len(row.cells) == len(rows[at].cells)][1:]
    return len(body) >= 3 and any(
        not cell.strip() and all(cells[column].strip() for cells in body) for column, cell in enumerate(rows[at].cells)
    )


def _adds_up(rows: Sequence[TextRow], column: int, cell: str) -> bool:
    total = _number(cell)
    values = [_number(row.cells[column]) for row in rows if column < len(row.cells)]
    summed = [value for value in values if value is not None]
    if total is None or total == 0 or len(summed) < 2 or _counts_on([*summed, total]):
        return False
    return abs(sum(summed) - total) <= 0.01 + 0.001 * abs(total)


def _counts_on(values: Sequence[float]) -> bool:
    """Whether numbers count the rows, like 1, 2, 3, where the third happens to be the sum."""
    return all(right == left + 1 for left, right in pairwise(values))


def _number(cell: str) -> float | None:
    """A number as written, thousands separators and currency signs aside; None for anything else."""
    text = re.sub(r"[^\d.,-]", "", cell)
    if not re.search(r"\d", text) or re.search(r"[A-Za-z]", cell):
        return None
    if re.search(r",\d{1,2}$", text):
        text = text.replace(".", "").replace(",", ".")
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
