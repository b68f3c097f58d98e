"""Lines whose first character shows that they are not rows: comments, and the ``sep=`` line of spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from refdata.csvformat.dialects import DELIMITERS, TextRow

MARKS = ("#", "//", "-- ", "% ")
"""Comment marks seen in files; the last two only with the space, because they also occur in data."""

_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?[\t ]*[\r\n]*', re.IGNORECASE)


def separator_line(line: str) -> str:
    """The delimiter that a ``sep=;`` line states (a convention of Microsoft Excel), or ``""``."""
    match = _SEPARATOR.fullmatch(line)
    return match[1] if match and match[1] in DELIMITERS else ""


def comment_mark(rows: Sequence[TextRow], lines: Sequence[str], width: int) -> str:
    """The mark that comment lines among a table's lines start with, or ``""``.

    Lines with a mark are comments if none among the rows has the table's ``width``, nor do most of those that open
    the file. In a single column they are comments only if such lines also open the file, and a blank follows the mark.
    ``rows`` are those of ``lines``, comments among them.
    """
    filled = [row for row in rows if not row.blank]
    return next((mark for mark in MARKS if _marks_comments(filled, lines, mark, width)), "")


def _marks_comments(rows: Sequence[TextRow], lines: Sequence[str], mark: str, width: int) -> bool:
    marked = [row for row in rows if lines[row.first].startswith(mark)]
    if not marked or len(marked) == len(rows):
        return False
    if width == 1:
        spaced = all(lines[row.first][len(mark) :].startswith((" ", "\t", mark, "\n", "\r")) for row in marked)
        return spaced and rows[0] is marked[0] and len(marked) * 2 < len(rows)
    opening = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(rows, marked, strict=False)))
    # The last of the opening lines may be the header, and a single one may be either: then its width decides.
    head = marked[: opening - 1] if opening > 1 else marked[:opening]
    wide = [len(row.cells) == width for row in head]
    return sum(wide) * 2 <= len(wide) - bool(wide) and not any(len(row.cells) == width for row in marked[opening:])
