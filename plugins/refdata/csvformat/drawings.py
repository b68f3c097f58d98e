"""Whether a file is drawn for people, and whether that is plain or has to be asked."""

from __future__ import annotations

from dataclasses import dataclass

from refdata.core.filemodel import Doubt, Drawing, Reading
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import BLANKS, COLUMNS, SINGLE, StatedFormat
from refdata.csvformat.dialects import DELIMITERS
from refdata.csvformat.drawn import LOOKED_AT, cells_of, find_columns_of_blanks, find_drawing
from refdata.csvformat.lines import physical_lines

MOST_DELIMITED = 0.1
"""The share of lines with a delimiter above which a file is not taken for one without any."""


@dataclass(frozen=True, slots=True)
class _DrawnText:
    """How a text is drawn, a sentence on it, and the doubt where it may be a single column."""

    drawing: Drawing
    note: str
    doubt: Doubt | None = None


def drawn_text(text: str, known: KnownFormat, stated: StatedFormat) -> _DrawnText | None:
    """How a text is drawn; None for plain CSV, and where people declared how its fields are separated."""
    if stated.states_dialect:
        return None
    lines = physical_lines(text[: 1 << 20])[:LOOKED_AT]
    drawing = find_drawing(lines)
    if drawing is not None:
        return _DrawnText(drawing, _note(drawing))
    single = stated.columns == SINGLE or (not stated.columns and len(known.header or known.columns) == 1)
    if single or sum(any(map(line.count, DELIMITERS)) for line in lines) > MOST_DELIMITED * len(lines):
        return None
    drawing = find_columns_of_blanks(lines)
    if drawing is None:
        return None
    if stated.columns == BLANKS:
        return _DrawnText(drawing, _note(drawing))
    fields = len(cells_of(next(line for line in reversed(lines) if line.strip()).rstrip("\r\n"), drawing))
    return _DrawnText(drawing, _note(drawing), _doubt(fields))


def _note(drawing: Drawing) -> str:
    if drawing.starts:
        return "The lines are divided where their columns begin, and blanks around the values are left out."
    if drawing.between not in (" ", "  "):
        borders = "borders, " if drawing.borders else ""
        return f"The file is drawn as a table: {borders}rules and blanks around the values are left out."
    return "The lines are divided at their blanks."


def _doubt(fields: int) -> Doubt:
    divided = Reading(
        BLANKS,
        f"Divide the lines at their blanks: {fields} fields",
        "Each line is divided where blanks separate its values.",
        kept=(COLUMNS, BLANKS),
    )
    single = Reading(
        "single_column", "As a single column", "Each line is one value of a single column.", kept=(COLUMNS, SINGLE)
    )
    return Doubt(
        f"The file has no delimiter; its lines can be divided at their blanks into {fields} fields, or are one column",
        "Save the file as CSV, with a delimiter between its columns.",
        (divided, single),
    )
