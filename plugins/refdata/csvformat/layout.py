"""Where the table is in the file: the lines before its rows, and the lines of its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.filemodel import Doubt, SkippedLine
from refdata.core.knownformat import HALF, NOTHING_KNOWN, KnownFormat
from refdata.csvformat.brokenheader import whole_header
from refdata.csvformat.celltypes import NUMERIC, TYPED, cell_type
from refdata.csvformat.comments import comment_mark, separator_line
from refdata.csvformat.dialects import Dialect, TextRow, read_rows
from refdata.csvformat.header import header_odds, lone_line, years_line
from refdata.csvformat.headerlines import is_drawn_rule, more_header_rows
from refdata.csvformat.headerwidth import fit_header
from refdata.csvformat.rowshape import row_shape
from refdata.csvformat.skipping import BEFORE, is_rule, skipped_line

LOOKED_AT = 1000
"""Rows from which the layout is found."""

LONGEST_PREAMBLE = 60
"""Rows that may come before a table."""

MOST_NOTES = 12
"""Padded notes above a table end within this many rows."""

CERTAIN = 9.0
"""Log odds of a header that is declared or known; with the opposite sign, of a file declared to have none."""

HEADERS_BEFORE = 2.0
"""Log odds that a table's next file has a header if the earlier ones had one."""

ALL_NAMES = 0.99
"""The share of a table's database names from which a row is its header even if other rows precede it."""

SURE_HEADER = 1.0
"""Log odds of a header from which the lines before it are a preamble even if they look like rows."""

NO_HEADER = -3.0
"""Log odds up to which a first line of words is a row without a word about it."""


@dataclass(frozen=True, slots=True)
class TableStart:
    """The rows of a table from its first on, and what is skipped before them.

    ``line`` is the number of physical lines before the first row, ``skipped`` those of them that are not blank,
    ``comment`` the mark of comment lines (``""`` for none), ``width`` the number of fields that most rows have.
    ``note`` says what was changed to read the first row.
    """

    rows: list[TextRow]
    line: int
    skipped: tuple[SkippedLine, ...]
    comment: str
    width: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """Whether there is a header, the rows and physical lines it takes, its names, and its log odds.

    ``note`` is the decision about the names, ``doubt`` the reason why none was possible.
    """

    present: bool
    rows: int
    lines: int
    names: tuple[str, ...]
    odds: float
    note: str = ""
    doubt: Doubt | None = None


def table_start(
    lines: Sequence[str],
    dialect: Dialect,
    width: int,
    known: KnownFormat = NOTHING_KNOWN,
    stated_comment: str | None = None,
) -> TableStart:
    """Find the first row of the table among a file's physical lines; most rows have ``width`` fields.

    :param stated_comment: the declared mark of comment lines, ``""`` for none; None if not declared.
    """
    opening = 1 if lines and separator_line(lines[0]) else 0
    lines_read = lines[opening:]
    rows = read_rows(lines_read, dialect, limit=LOOKED_AT)
    comment = comment_mark(rows, lines_read, width) if stated_comment is None else stated_comment
    if comment:
        rows = read_rows(lines_read, dialect, comment=comment, limit=LOOKED_AT)
    width = row_shape(rows).width or 1
    rows = _with_marked_header(rows, lines_read, dialect, comment, width)
    rows, quotes = whole_header(rows, lines_read, dialect, width)
    first = _first_row(rows, width, known)
    kept = rows[first:]
    line = opening + (kept[0].first if kept else 0)
    rows = [TextRow(row.first + opening, row.last + opening, row.cells) for row in kept]
    seen = stated_comment is not None or _comments_between(rows, lines, comment)
    return TableStart(
        rows, line, lines_before(lines, line), comment if seen else "", width, _note(line, quotes.get(line - opening))
    )


def _note(line: int, field: int | None) -> str:
    return (
        f"Line {line + 1}, the header, was read without the quote at the start of its field {field}." if field else ""
    )


def lines_before(lines: Sequence[str], line: int) -> tuple[SkippedLine, ...]:
    """The first ``line`` physical lines, blank ones aside."""
    return tuple(skipped_line(at, text, BEFORE) for at, text in enumerate(lines[:line], 1) if text.strip())


def _comments_between(rows: Sequence[TextRow], lines: Sequence[str], comment: str) -> bool:
    """Whether there are comment lines among the rows, and not only before them."""
    if not comment:
        return False
    ends = [row.last for row in rows]
    return any(at < len(lines) and lines[at].startswith(comment) for at in ends)


def find_header(
    start: TableStart, known: KnownFormat = NOTHING_KNOWN, stated: bool | None = None, header_names: str = ""
) -> Header:
    """Decide on the header of a table.

    :param stated: whether there is one, where people declared it.
    :param header_names: how a header with more or fewer names than fields is read, where people were asked.
    """
    filled = [row for row in start.rows if not row.blank]
    generated = tuple(f"column_{number}" for number in range(1, start.width + 1))
    if not filled:
        return Header(False, 0, 0, generated, -9.0)
    odds = _odds(filled, known) if stated is None else CERTAIN if stated else -CERTAIN
    if stated is None and known.has_header is False and odds < CERTAIN:
        return Header(False, 0, 0, generated, -CERTAIN, _unused_header(filled[0], odds))
    if odds <= 0:
        note = "" if stated is not None or known.columns else _possible_header(filled[0], odds)
        return Header(False, 0, 0, generated, odds, note, doubt=_first_line(filled) if stated is None else None)
    count = 1 + more_header_rows(filled)
    names = without_mark(joined_names([row.cells for row in filled[:count]]), start.skipped)
    body = filled[count:]
    width = row_shape(body).width if body else start.width
    fitted = fit_header(names, width, body, known, header_names)
    lines = filled[count - 1].last - filled[0].first
    return Header(True, count, lines, fitted.names, odds, fitted.note, fitted.doubt)


def _first_line(rows: Sequence[TextRow]) -> Doubt | None:
    """The doubt whether a first line that is taken for a row is the header."""
    body = [row.cells for row in rows[1:101]]
    return years_line(rows[0].cells, body) if body else lone_line(rows[0].cells)


def _unused_header(row: TextRow, odds: float) -> str:
    if odds <= SURE_HEADER:
        return ""
    return f"Line {row.first + 1} looks like a header, but the files of this table have none, so it is loaded as a row."


def _possible_header(row: TextRow, odds: float) -> str:
    if odds <= NO_HEADER or any(not cell.strip() or cell_type(cell) in TYPED for cell in row.cells):
        return ""
    return (
        f"Line {row.first + 1} may be a header, but resembles the rows, so it is loaded as a row, and the columns have"
        " numbers for names. The contract can state it (dialect: header)."
    )


def _odds(rows: Sequence[TextRow], known: KnownFormat) -> float:
    cells = rows[0].cells
    if known.is_header(cells) or known.share(cells) >= HALF:
        return CERTAIN
    odds = header_odds(cells, [row.cells for row in rows[1:101]])
    renamed = known.has_header and odds > -HEADERS_BEFORE and not _has_number(rows[0])
    return odds + HEADERS_BEFORE if renamed else odds


def _with_marked_header(
    rows: list[TextRow], lines: Sequence[str], dialect: Dialect, comment: str, width: int
) -> list[TextRow]:
    """The rows, preceded by the comment line right before them if it has as many fields."""
    rows = rows[next((at for at, row in enumerate(rows) if not row.blank), 0) :]
    if not comment or width < 2 or not rows or not lines[rows[0].first - 1].startswith(comment) or not rows[0].first:
        return rows
    at = rows[0].first - 1
    cells = read_rows([lines[at]], dialect)[0].cells
    if abs(len(cells) - width) > width // 4 or header_odds(rows[0].cells, [row.cells for row in rows[1:101]]) > 0:
        return rows
    return [TextRow(at, at + 1, cells), *rows]


def _first_row(rows: Sequence[TextRow], width: int, known: KnownFormat) -> int:
    """The index of the table's first row."""
    opening = rows[:LONGEST_PREAMBLE]
    header = next((at for at, row in enumerate(opening) if known.is_header(row.cells)), None)
    if header is None and known.columns:
        header = next((at for at, row in enumerate(opening) if known.share(row.cells) >= ALL_NAMES), None)
    if header is not None:
        return header
    if width == 1:
        return _after_blank_line(rows)
    titles = _behind_padded_notes(rows, next((at for at, row in enumerate(opening) if not _is_title(row, width)), 0))
    if _is_sparse(rows[titles + 1 :], width) and odds_at(rows, titles) <= 0:
        titles = 0
    return _full_header(rows, titles, width) if len(rows[titles].cells) != width else titles


def _behind_padded_notes(rows: Sequence[TextRow], first: int) -> int:
    """The row after notes that are padded to the table's width; some notes fill several cells.

    Then the last of several lines with one cell comes after the first row, a row of words follows as a header, and
    numbers occur only below it. A single such line may be the heading of a section.
    """
    notes = [at for at in range(min(len(rows), MOST_NOTES)) if rows[at].filled == 1 and rows[at].cells[0].strip()]
    last = notes[-1] if notes else 0
    if last <= first or len(rows) <= last + 1 or any(map(_has_number, rows[first : last + 2])):
        return first
    body = [row for row in rows[last + 2 : last + 102] if row.filled > 1]
    numbers = sum(map(_has_number, body))
    return last + 1 if rows[last + 1].filled > 1 and len(body) >= 3 and numbers >= 0.8 * len(body) else first


def _has_number(row: TextRow) -> bool:
    return any(cell_type(cell) in NUMERIC for cell in row.cells)


def _after_blank_line(rows: Sequence[TextRow]) -> int:
    """Where a single column begins: after the only blank line of the file, if little precedes it."""
    blanks = [at for at, row in enumerate(rows) if row.blank]
    leading = next((at for at, row in enumerate(rows) if not row.blank), 0)
    if len(blanks) == 1 and 0 < blanks[0] <= 5 and len(rows) - blanks[0] > 2 * blanks[0] + 2:
        return blanks[0] + 1
    return leading


def _is_title(row: TextRow, width: int) -> bool:
    """Whether a row before the table does not belong to it: blank, a title, a rule or a key with its value."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    if not cells or is_drawn_rule(row):
        return True
    if len(cells) == 1:
        return bool(row.cells[0].strip()) and cell_type(cells[0]) not in NUMERIC
    if len(cells) == 2 and len(row.cells) == width:
        return width >= 5 and cells[0].endswith(":")
    return len(cells) == 2 and width >= 4


def _is_sparse(rows: Sequence[TextRow], width: int) -> bool:
    """Whether many rows of the body look like titles, so that one at the top is a row too; notes behind it aside."""
    last = max((at for at, row in enumerate(rows) if row.filled > 1), default=-1)
    body = [row for row in rows[: last + 1] if row.filled]
    return sum(_is_title(row, width) for row in body) * 5 > len(body)


def odds_at(rows: Sequence[TextRow], at: int) -> float:
    """The log odds that one of the rows is a header over the next hundred."""
    body = [row.cells for row in rows[at + 1 : at + 101] if not row.blank]
    return header_odds(rows[at].cells, body) if at < len(rows) else -9.0


def _full_header(rows: Sequence[TextRow], first: int, width: int) -> int:
    """The first row of full width, if it is clearly a header; else ``first``, a row with fewer or more fields.

    Rows of one width before it are a table of their own, not a preamble.
    """
    at = next((at for at in range(first, min(len(rows), LONGEST_PREAMBLE)) if len(rows[at].cells) == width), first)
    before = [len(row.cells) for row in rows[first:at] if row.filled > 1]
    steady = any(len(set(before[start : start + 3])) == 1 for start in range(len(before) - 2))
    return at if at == first or (not steady and odds_at(rows, at) > SURE_HEADER) else first


def joined_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column: the first row's where it names each column, else all rows' joined by a blank.

    A name in an upper row reaches over the blank cells to its right, as in a spreadsheet's merged cells.
    """
    rows = [row for row in rows if not is_rule(row)] or rows
    width = max(len(row) for row in rows)
    padded = [[_clean(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    if len(rows) == 1 or (all(padded[0]) and len(set(padded[0])) == width):
        return padded[0]
    upper = [_spread_right(row, padded[-1]) for row in padded[:-1]]
    return [" ".join(part for part in parts if part) for parts in zip(*upper, padded[-1], strict=True)]


def _spread_right(row: Sequence[str], lowest: Sequence[str]) -> list[str]:
    spread: list[str] = []
    for at, cell in enumerate(row):
        spread.append(cell or (spread[-1] if spread and lowest[at] else ""))
    return spread


def _clean(cell: str) -> str:
    """A name without the blanks, line breaks and quotes around it."""
    return " ".join(cell.split()).strip(' "')


def without_mark(names: list[str], skipped: Sequence[SkippedLine]) -> list[str]:
    """The names without the comment mark before the first one; other names may begin with ``#`` for "number of".

    A blank behind the mark makes it part of a name, unless comments were skipped before the header.
    """
    first, *others = names
    name = first.lstrip("#")
    marked_lines = any(line.text.startswith("#") for line in skipped)
    if any(other.startswith("#") for other in others) or (name.startswith(" ") and not marked_lines):
        return names
    return [name.strip(' "'), *others]
