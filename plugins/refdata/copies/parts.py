"""Chooses the part of a file to load: the sheet of a workbook, the member of an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.errors import FormatError
from refdata.core.filemodel import Doubt, Reading
from refdata.core.statedformat import PART, StatedFormat
from refdata.core.tablenames import table_name

MOST_OFFERED = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A sheet or a member. ``number`` counts from 1; ``hidden`` and ``empty`` parts are loaded only when stated."""

    name: str
    number: int
    hidden: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class ChosenPart:
    """The part to load, the sentences on what was decided, and the doubt if several would do."""

    part: Part
    notes: tuple[str, ...] = ()
    doubt: Doubt | None = None


def choose_part(parts: Sequence[Part], word: str, stated: StatedFormat) -> ChosenPart:
    """The part that the contract states, else the only one with data, else the one named like the table.

    :param word: the kind of part: ``sheet`` or ``member``.
    :raises FormatError: when the stated part is missing, or none has data.
    """
    if (wanted := _stated(parts, word, stated)) is not None:
        return ChosenPart(wanted, _notes(parts, wanted, word))
    usable = [part for part in parts if not part.hidden and not part.empty]
    if not usable:
        raise FormatError(f"The file has no {word} with data", advice=f"Drop a file that has a {word} with the rows.")
    named = [part for part in usable if _is_named(part, stated.table)]
    chosen = usable[0] if len(usable) == 1 else named[0] if len(named) == 1 else None
    if chosen is not None:
        return ChosenPart(chosen, _notes(parts, chosen, word))
    return ChosenPart(usable[0], (), _doubt(usable, word))


def _stated(parts: Sequence[Part], word: str, stated: StatedFormat) -> Part | None:
    if not stated.sheet_name and not stated.sheet_number:
        return None
    for part in parts:
        if stated.sheet_name.casefold() == part.name.casefold() or part.number == stated.sheet_number:
            return part
    wanted = repr(stated.sheet_name) if stated.sheet_name else f"number {stated.sheet_number}"
    raise FormatError(
        f"The file has no {word} {wanted}; it has {_names(parts)}",
        advice=f"Rename the {word}, or correct sheetName in the table's contract.",
    )


def _is_named(part: Part, table: str) -> bool:
    return bool(table) and table_name(part.name) == table


def _notes(parts: Sequence[Part], chosen: Part, word: str) -> tuple[str, ...]:
    others = [part for part in parts if part is not chosen and not part.empty]
    if not others:
        return ()
    return (f"The {word} {chosen.name!r} was read; {_names(others)} {'was' if len(others) == 1 else 'were'} not.",)


def _doubt(usable: Sequence[Part], word: str) -> Doubt:
    return Doubt(
        f"The file has several {word}s with data: {_names(usable)}",
        f"Leave only one {word} in the file, give it the table's name, or state sheetName in the table's contract.",
        tuple(_reading(part, word) for part in usable[:MOST_OFFERED]),
    )


def _reading(part: Part, word: str) -> Reading:
    return Reading(
        f"{word}_{part.number}",
        f"The {word} {part.name!r}",
        f"Only the {word} {part.name!r} is read.",
        kept=(PART, part.name),
    )


def _names(parts: Sequence[Part]) -> str:
    shown = [repr(part.name) + (" (hidden)" if part.hidden else "") for part in parts[:MOST_OFFERED]]
    return ", ".join(shown) + (f" and {len(parts) - MOST_OFFERED} more" if len(parts) > MOST_OFFERED else "")
