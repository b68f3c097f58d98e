"""Checks that a header has one name for each field of the rows, and finds the missing or surplus name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from refdata.core.filemodel import Doubt, Reading
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import HEADER_NAMES
from refdata.csvformat.dialects import TextRow

FITTING = 0.1
"""The share of rows as wide as the header from which longer rows are damaged."""

FITTING_LONG = 0.05
"""The same share for rows that are shorter than the header: they may have left out empty fields at their end."""

_SHORTEST_INDEX = {"0": 2, "1": 3}
"""Rows from which a first column that counts on from 0 or from 1 is an index."""


@dataclass(frozen=True, slots=True)
class _FittedHeader:
    """One name for each field, ``""`` for none; what was decided (for the ledger), or why nothing could be.

    With a ``doubt`` the names are those of the likeliest reading.
    """

    names: tuple[str, ...]
    note: str = ""
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to bring names and fields together."""

    key: str
    label: str
    names: tuple[str, ...]

    @property
    def effect(self) -> str:
        return f"The fields are named: {_few(self.names)}."


def fit_header(
    names: Sequence[str], width: int, body: Sequence[TextRow], known: KnownFormat, stated: str = ""
) -> _FittedHeader:
    """Give each of ``width`` fields its name.

    :param body: the rows below the header that are not blank.
    :param stated: the way that people chose, ``""`` if no one was asked.
    """
    names = list(names)
    while len(names) > width and not names[-1]:
        names.pop()
    fitting = sum(len(row.cells) == len(names) for row in body)
    if not body:
        return _FittedHeader((*names, *[""] * (width - len(names))))
    least = FITTING_LONG if len(names) > width else FITTING
    if len(names) == width or fitting >= max(1, least * len(body)):
        return _FittedHeader(tuple(names))
    if len(names) < width and all(not cell.strip() for row in body for cell in row.cells[len(names) :]):
        return _FittedHeader((*names, *[""] * (width - len(names))))
    numbered = width == len(names) + 1 and (_is_index(body) or (known.starts_with_text and _rises(body)))
    fitted = None if numbered and known.starts_with_text else _known(names, width, known)
    return fitted or _decided(names, width, stated, numbered=numbered)


def _known(names: Sequence[str], width: int, known: KnownFormat) -> _FittedHeader | None:
    """The names where the header is that of the table's earlier files."""
    filled = [name for name in names if name]
    if len(names) < width and known.is_whole_header(names):
        note = "The names are those of the table, so the fields behind them are unnamed."
        return _FittedHeader((*names, *[""] * (width - len(names))), f"{_widths(names, width)}. {note}")
    if len(filled) == width < len(names) and known.is_whole_header(filled):
        return _FittedHeader(
            tuple(filled), f"{_widths(names, width)}. Without its blank names it is the table's header."
        )
    return None


def _decided(names: Sequence[str], width: int, stated: str, *, numbered: bool) -> _FittedHeader:
    """The names in the way that people chose; where they were not asked, the likeliest, and the others to ask for.

    :param numbered: the first of the fields, of which one has no name, seems to number the rows.
    """
    ways = list(_longer(names, width) if len(names) > width else _shorter(names, width, indexed=numbered))
    chosen = next((way for way in ways if way.key == stated), None)
    if chosen is not None:
        return _FittedHeader(chosen.names, f"{_widths(names, width)}. {chosen.label}, as somebody answered.")
    readings = tuple(Reading(way.key, way.label, way.effect, kept=(HEADER_NAMES, way.key)) for way in ways)
    what, advice = _doubt_of_longer(names, width) if len(names) > width else _doubt_of_shorter(names, width)
    evidence = ("The first field counts the rows, so it may be the one without a name.",) if numbered else ()
    return _FittedHeader(ways[0].names, doubt=Doubt(what, advice, readings, evidence))


def _shorter(names: Sequence[str], width: int, *, indexed: bool) -> Iterator[_Way]:
    """The ways to read a header with fewer names than the rows have fields, the likeliest first."""
    blanks = ("",) * (width - len(names))
    fields = _have("field", len(blanks))
    last = _Way("unnamed_last", f"The last {fields} no name", (*names, *blanks))
    first = _Way("unnamed_first", f"The first {fields} no name", (*blanks, *names))
    yield from (first, last) if indexed else (last, first)


def _longer(names: Sequence[str], width: int) -> Iterator[_Way]:
    """The ways to read a header with more names than the rows have fields, the likeliest first."""
    surplus = len(names) - width
    ways = [
        _Way("without_blanks", "The blank names are surplus", tuple(filter(None, names))),
        _Way("first_names", f"The last {_have('name', surplus)} no field", tuple(names[:width])),
        _Way("last_names", f"The first {_have('name', surplus)} no field", tuple(names[surplus:])),
    ]
    seen: set[tuple[str, ...]] = set()
    for way in ways:
        if len(way.names) == width and way.names not in seen:
            seen.add(way.names)
            yield way


def _doubt_of_shorter(names: Sequence[str], width: int) -> tuple[str, str]:
    at_end = (*names, *[""] * (width - len(names)))
    return (
        f"{_widths(names, width)}, and nothing shows which field has no name",
        f"Add the missing name to the header line: at its end for a new last column ({_few(at_end)}), or at its"
        " start if the rows begin with a number or name of their own.",
    )


def _doubt_of_longer(names: Sequence[str], width: int) -> tuple[str, str]:
    filled = [name for name in names if name]
    likely = f" Without its blank names it would fit: {_few(filled)}." if len(filled) == width else ""
    return (
        f"{_widths(names, width)}, so no row fits the header",
        f"Remove the surplus delimiter from the header, or add the missing fields to the rows.{likely}",
    )


def _widths(names: Sequence[str], width: int) -> str:
    return f"The header has {_count(len(names), 'name')}, the rows have {_count(width, 'field')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _have(noun: str, number: int) -> str:
    return f"{noun} has" if number == 1 else f"{number} {noun}s have"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(name or "(no name)" for name in names[:8])
    return f"{shown} …" if len(names) > 8 else shown


def _is_index(body: Sequence[TextRow]) -> bool:
    """Whether the first column counts the rows, from 0 or 1 on."""
    first = _first_cells(body)
    least = _SHORTEST_INDEX.get(first[0] if first else "")
    return least is not None and len(first) >= least and first == [str(int(first[0]) + at) for at in range(len(first))]


def _rises(body: Sequence[TextRow]) -> bool:
    """Whether the first column has whole numbers that rise, as those of rows do of which some were left out."""
    first = _first_cells(body)
    if len(first) < 2 or not all(cell.isascii() and cell.isdigit() and str(int(cell)) == cell for cell in first):
        return False
    return all(int(left) < int(right) for left, right in pairwise(first))


def _first_cells(body: Sequence[TextRow]) -> list[str]:
    return [row.cells[0].strip() for row in body if row.cells]
