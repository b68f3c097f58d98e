"""A file in two parts: a few lines, one blank line, then a table with as many fields and a header of its own.

The lines before may be facts about the table (``Title,My report``) or rows below the file's first line. Nothing in the
file decides, so people are asked, and the answer is kept for the files of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from refdata.core.filemodel import Doubt, Reading
from refdata.core.knownformat import HALF, KnownFormat
from refdata.core.statedformat import AFTER_BLANK, FIRST_LINE, TABLE_BEGINS
from refdata.csvformat.dialects import TextRow
from refdata.csvformat.layout import SURE_HEADER, TableStart, lines_before, odds_at

LONGEST_PART = 12
"""Rows that a first part may have."""


def table_behind(
    start: TableStart, lines: Sequence[str], known: KnownFormat, answer: str
) -> tuple[TableStart, Doubt | None]:
    """Where the table begins, and the doubt if that is a matter of opinion.

    :param lines: the file's physical lines.
    :param answer: what people answered, ``""`` if no one was asked.
    """
    at = _second_part(start.rows, known)
    if at is None or answer == FIRST_LINE:
        return start, None
    line = start.rows[at].first
    behind = replace(start, rows=start.rows[at:], line=line, skipped=lines_before(lines, line))
    return behind, None if answer == AFTER_BLANK else _doubt(start.line, line)


def _second_part(rows: Sequence[TextRow], known: KnownFormat) -> int | None:
    """The row after the only blank one, if a longer table with a clear header begins there."""
    end = 1 + max((at for at, row in enumerate(rows) if not row.blank), default=-1)
    blanks = [at for at, row in enumerate(rows[:end]) if row.blank]
    if len(blanks) != 1 or not 0 < blanks[0] <= LONGEST_PART or known.share(rows[0].cells) >= HALF:
        return None
    behind = blanks[0] + 1
    return behind if end - behind > blanks[0] and odds_at(rows, behind) > SURE_HEADER else None


def _doubt(first: int, line: int) -> Doubt:
    return Doubt(
        f"A blank line divides the file: the table may begin at line {line + 1}, or the lines before it are rows too",
        "Delete the lines that are not rows, and the blank line, or answer.",
        (
            Reading(
                AFTER_BLANK,
                f"The table begins at line {line + 1}",
                f"Line {line + 1} names the columns, and the lines before it are not loaded.",
                kept=(TABLE_BEGINS, AFTER_BLANK),
            ),
            Reading(
                FIRST_LINE,
                f"The table begins at line {first + 1}",
                f"The table is read from line {first + 1} on, and the lines behind the blank line are rows as well.",
                kept=(TABLE_BEGINS, FIRST_LINE),
            ),
        ),
    )
