"""Checks that a header has one name for each field of the rows, and finds the missing or surplus name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.known import KnownFormat
from refdata.core.model import Doubt
from refdata.csvformat.dialects import Row

FITTING = 0.1
"""The share of rows as wide as the header from which longer rows are damaged; of shorter ones, one row shows it."""

_SHORTEST_INDEX = {"0": 2, "1": 3}
"""Rows from which a first column that counts on from 0 or from 1 is an index."""


@dataclass(frozen=True, slots=True)
class FittedHeader:
    """One name for each field, ``""`` for none; the decision (for the ledger), or why none was possible."""

    names: tuple[str, ...]
    note: str = ""
    doubt: Doubt | None = None


def fit_header(names: Sequence[str], width: int, body: Sequence[Row], known: KnownFormat) -> FittedHeader:
    """Give each of ``width`` fields its name. ``body`` are the rows below the header that are not blank."""
    names = list(names)
    while len(names) > width and not names[-1]:
        names.pop()
    fitting = sum(len(row.cells) == len(names) for row in body)
    enough = fitting > 0 if len(names) > width else fitting >= FITTING * len(body)
    if len(names) == width or not body or enough:
        return FittedHeader((*names, *[""] * (width - len(names))) if not body else tuple(names))
    return _shortened(names, width, known) if len(names) > width else _lengthened(names, width, body, known)


def _lengthened(names: Sequence[str], width: int, body: Sequence[Row], known: KnownFormat) -> FittedHeader:
    """A header with fewer names than the rows have fields."""
    missing = width - len(names)
    at_end = (*names, *[""] * missing)
    if all(not cell.strip() for row in body for cell in row.cells[len(names) :]):
        return FittedHeader(at_end)
    widths = _widths(names, width)
    if known.is_whole_header(names):
        return FittedHeader(
            at_end, f"{widths}. The names are those of the table, so the fields behind them are unnamed."
        )
    if missing == 1 and _is_index(body):
        return FittedHeader(
            ("", *names), f"{widths}. The first field counts the rows, so it is the one without a name."
        )
    return FittedHeader(
        at_end,
        doubt=Doubt(
            f"{widths}, and nothing shows which field has no name",
            f"Add the missing name to the header line: at its end for a new last column ({_few(at_end)}), or at its"
            " start if the rows begin with a number or name of their own.",
        ),
    )


def _shortened(names: Sequence[str], width: int, known: KnownFormat) -> FittedHeader:
    """A header with more names than the rows have fields."""
    widths = _widths(names, width)
    filled = [name for name in names if name]
    if len(filled) == width and known.is_whole_header(filled):
        return FittedHeader(tuple(filled), f"{widths}. Without its blank names it is the table's header.")
    likely = f" Without its blank names it would fit: {_few(filled)}." if len(filled) == width else ""
    return FittedHeader(
        tuple(names),
        doubt=Doubt(
            f"{widths}, so no row fits the header",
            f"Remove the surplus delimiter from the header, or add the missing fields to the rows.{likely}",
        ),
    )


def _widths(names: Sequence[str], width: int) -> str:
    return f"The header has {_count(len(names), 'name')}, the rows have {_count(width, 'field')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(name or "(no name)" for name in names[:8])
    return f"{shown} …" if len(names) > 8 else shown


def _is_index(body: Sequence[Row]) -> bool:
    """Whether the first column counts the rows, from 0 or 1 on."""
    first = [row.cells[0].strip() for row in body if row.cells]
    least = _SHORTEST_INDEX.get(first[0] if first else "")
    return least is not None and len(first) >= least and first == [str(int(first[0]) + at) for at in range(len(first))]
