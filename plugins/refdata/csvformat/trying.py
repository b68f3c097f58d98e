"""Tries what the values of text columns suggest on all their values, in further passes over the file.

If all values fit one suggestion, and no other, the column is read so. Otherwise it stays text, with a warning that
names the line of a contract that would decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from refdata.core.contractlines import contract_line
from refdata.core.filemodel import ANY_WORD, ColumnReading, Scan, ScannedColumn
from refdata.core.sqltypes import TypeKind
from refdata.csvformat.fitting import date_words
from refdata.csvformat.suggestions import Suggestion, suggestions

_KEPT = "it is kept as text"

OPEN = ColumnReading(None)
"""Nothing is known about a column."""

_Pass = Callable[[Mapping[str, ColumnReading]], Scan]
"""Scans the file with these readings of columns, by name."""


def with_suggestions(
    first: Scan, samples: Mapping[str, Sequence[str]], known: Mapping[str, ColumnReading], scan: _Pass
) -> Scan:
    """The scan with each column read as its values suggest, where that is certain.

    :param first: the scan without suggestions; ``samples`` has some values of its text columns.
    """
    text = [one.name for one in first.columns if one.type is not None and one.type.kind is TypeKind.NVARCHAR]
    made = {
        name: suggestions(samples[name], base)
        for name in text
        if name in samples and (base := known.get(name, OPEN)).type is None and base.suggest
    }
    trial = _Trial({name: one for name, one in made.items() if one})
    if not trial.made:
        return first
    last = first
    for turn in range(max(len(one) for one in trial.made.values())):
        last = scan({**known, **trial.readings(turn)})
        trial.note(turn, last)
    certain = trial.certain()
    final = last if trial.tried_last == certain else scan({**known, **certain}) if certain else first
    return replace(final, warnings=(*final.warnings, *trial.warnings(first, final)))


@dataclass(slots=True)
class _Trial:
    """The suggestions by column, and how each has fared: the column as it was scanned with it."""

    made: Mapping[str, tuple[Suggestion, ...]]
    scanned: dict[tuple[str, int], ScannedColumn] = field(default_factory=dict)
    tried_last: dict[str, ColumnReading] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)

    def readings(self, turn: int) -> dict[str, ColumnReading]:
        """The suggestions of a turn, one for each column that has so many."""
        self.tried_last = {name: tried[turn].reading for name, tried in self.made.items() if turn < len(tried)}
        return self.tried_last

    def note(self, turn: int, scan: Scan) -> None:
        """Keeps how the suggestions of a turn fared."""
        for column in scan.columns:
            if column.name in self.tried_last:
                self.scanned[column.name, turn] = column
                begin = f"Column {column.source!r} "
                doubts = [one.removeprefix(begin) for one in scan.warnings if one.startswith(begin) and _KEPT in one]
                self.doubts |= dict.fromkeys([column.name] if doubts else [], " ".join(doubts))

    def fitting(self, name: str) -> list[tuple[Suggestion, ScannedColumn]]:
        """The suggestions that all values of a column fit."""
        tried = [(one, self.scanned[name, turn]) for turn, one in enumerate(self.made[name])]
        return [(one, column) for one, column in tried if _fits(column)]

    def certain(self) -> dict[str, ColumnReading]:
        """The readings that are certain."""
        fits = {name: self.fitting(name) for name in self.made}
        return {name: one[0][0].reading for name, one in fits.items() if len(one) == 1 and one[0][0].certain}

    def warnings(self, first: Scan, final: Scan) -> Iterator[str]:
        """Sentences for the ledger about each column for which something was suggested."""
        certain = self.certain()
        for before, after in zip(first.columns, final.columns, strict=True):
            if before.name in certain:
                yield f"Column {before.source!r} is read as {after.type}{_words(after)}{_lost(after)}."
            elif before.name in self.made and (sentence := self._doubt(before)):
                yield f"Column {before.source!r} {sentence}"

    def _doubt(self, before: ScannedColumn) -> str:
        fitting = [column for _, column in self.fitting(before.name)]
        if not fitting:
            return self._nearly(before.name)
        lines = " or ".join(f"`{_line(column)}`" for column in fitting)
        if self.made[before.name][0].kind == "marker":
            marks = " and ".join(map(repr, self.made[before.name][0].reading.markers))
            count = _counted(fitting[0].nulls - before.nulls)
            what = f"is text, because of {count} such as {marks}; the others are {fitting[0].type}"
            return f"{what}. In the contract, {lines} reads those as no value."
        several = "dates in which more than one part could be the day or the year" if len(fitting) > 1 else ""
        what = several or f"values that look like {fitting[0].type}{_words(fitting[0])}"
        return f"has {what}; it is kept as text. In the contract, {lines} decides."

    def _nearly(self, name: str) -> str:
        tried = [self.scanned[name, turn] for turn, one in enumerate(self.made[name]) if one.kind == "moment"]
        if not tried:
            return self.doubts.get(name, "")
        best = min(tried, key=lambda column: column.misfits)
        what = f"has {best.type}{_words(best)}, but also {_counted(best.misfits)} of another kind; it is kept as text"
        return f"{what}. In the contract, `{_line(best)}` decides, and on_type_change what becomes of the others."


def _counted(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _fits(column: ScannedColumn) -> bool:
    return not column.misfits and column.type is not None and column.type.kind is not TypeKind.NVARCHAR


def _line(column: ScannedColumn) -> str:
    return contract_line(column.type, column.notation) if column.type else ""


def _words(column: ScannedColumn) -> str:
    """How a column is written, in words."""
    notation = column.notation
    if column.type is not None and column.type.kind in (TypeKind.DATE, TypeKind.DATETIME2):
        return f" written as {date_words(notation)}{_PADDED if notation.padded else ''}"
    parts = ["with AM and PM"] if notation.hours == 12 else []
    beside = "text" if notation.affix == ANY_WORD else repr(notation.affix)
    parts += [f"with {beside} beside the numbers"] if notation.affix else []
    parts += [_SIGNS[notation.minus]] if notation.minus in _SIGNS else []
    return (f" {' and '.join(parts)}" if parts else "") + (_PADDED if notation.padded else "")


_PADDED = " without the blanks around its values"
_SIGNS = {
    "trailing": "with the minus behind the number",
    "parentheses": "with negative numbers in parentheses",
    "\u2212": "with U+2212 as the minus",
}


def _lost(column: ScannedColumn) -> str:
    """The part of the file's values that the table does not show."""
    notation = column.notation
    if notation.zone:
        return "; the table has the moments in UTC"
    if notation.affix:
        return f"; the table has the numbers without {notation.affix!r}"
    if notation.year_digits == 2:
        return "; two-digit years are those from 1969 to 2068"
    return ""
