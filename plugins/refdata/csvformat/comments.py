"""Lines that are no rows by their first character: comments, and the ``sep=`` line of spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.csvformat.dialects import DELIMITERS, Row

MARKS = ("#", "//", "-- ", "% ")
"""What comment lines start with, in files seen; the latter two only with the blank, for they are data too."""

_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?[\t ]*[\r\n]*', re.IGNORECASE)


def separator_line(line: str) -> str:
    """The delimiter that a ``sep=;`` line tells (a convention of Microsoft Excel), or ``""``."""
    found = _SEPARATOR.fullmatch(line)
    return found[1] if found and found[1] in DELIMITERS else ""


def comment_mark(rows: Sequence[Row], lines: Sequence[str], width: int) -> str:
    """What the comment lines among a table's lines start with, or ``""``.

    A line with a mark is a comment if it has not the table's ``width``; in a single column, if a blank
    follows the mark and other lines are more. ``rows`` are those of ``lines``, comments among them.
    """
    filled = [row for row in rows if not row.blank]
    return next((mark for mark in MARKS if _marks_comments(filled, lines, mark, width)), "")


def _marks_comments(rows: Sequence[Row], lines: Sequence[str], mark: str, width: int) -> bool:
    marked = [row for row in rows if lines[row.first].startswith(mark)]
    if not marked or len(marked) == len(rows):
        return False
    if width == 1:
        spaced = all(lines[row.first][len(mark) :].startswith((" ", "\t", mark, "\n", "\r")) for row in marked)
        return spaced and len(marked) * 2 < len(rows)
    if len(marked) > 1 and rows[len(marked) - 1] is marked[-1]:
        marked = marked[:-1]  # all of them open the file, and the last may be the header
    return sum(len(row.cells) == width for row in marked) * 2 < len(marked)
