"""Matches each field of a file to a column of its table, by the headers that the table remembers. Pure.

A column's database name is made once, from its first header. ``Cost (USD)`` and ``Cost [USD]`` both give ``cost_usd``,
so a later file cannot be matched by newly made names. The first of these rules that finds a match applies:

1. the header as written, unique on both sides;
2. the same header several times, or no header (``""``): by the neighbouring headers;
3. the database name made from the header, unique on both sides, unless another sign says that it counts something else:
   ``Discount %`` and ``Discount $`` both give ``discount``.

Anything still undecided is reported, never guessed: a wrong column is worse than a question.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from refdata.core import naming
from refdata.core.codes import INVISIBLE
from refdata.core.naming import fold_name

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """A column of the table: its database name, and the headers that files give it, the usual one first.

    A header ``""`` means that files leave the column unnamed. No headers: only the database name is known.
    """

    name: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """A header that matches several columns: its positions in the file (from 0), and the candidate columns."""

    header: str
    places: tuple[int, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """The result: the name of the column, known or new, for each field of the file.

    ``names`` has one name per field. ``new`` are the positions (from 0) of fields that the table does not know,
    ``missing`` the columns that the file lacks, in the table's order. Undecided headers and their candidate
    columns are in neither.
    """

    names: tuple[str, ...]
    new: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()


def match_columns(header: Sequence[str], known: Sequence[KnownColumn]) -> ColumnMatch:
    """Match a file's header, as written, with the columns of its table.

    >>> known = [KnownColumn("item", ("Item",)), KnownColumn("cost_usd", ("Cost (USD)",)),
    ...          KnownColumn("cost_usd_2", ("Cost [USD]",))]
    >>> match_columns(["Item", "Cost [USD]", "Cost (USD)"], known).names
    ('item', 'cost_usd_2', 'cost_usd')
    >>> match_columns(["Item", "Cost [USD]"], known).missing
    ('cost_usd',)
    >>> match_columns(["countryCode"], [KnownColumn("country_code", ("country_code",))]).names
    ('country_code',)
    """
    work = _Matching(tuple(text.strip() for text in header), tuple(known))
    work.as_ever()
    work.by(lambda text: text, lambda column: column.headers)
    work.by_neighbours(lambda beside: beside)
    work.by_neighbours(lambda beside: (beside[0],), one_side=True)
    work.by_neighbours(lambda beside: (None, beside[1]), one_side=True)
    work.in_order()
    work.by(_shown, lambda column: map(_shown, column.headers))
    work.by(_made_name, lambda column: (_base_name(column), *map(_made_name, column.headers)))
    work.by(_joined_name, lambda column: (_base_name(column).replace("_", ""), *map(_joined_name, column.headers)))
    return work.result()


def _shown(header: str) -> str:
    """A header without what nobody sees: characters without width, blanks around it."""
    return re.sub(INVISIBLE, "", header).strip()


def _made_name(header: str) -> str:
    """The database name made from a header alone; ``""`` for an unnamed one."""
    return fold_name(naming.column_names([header])[0]) if header else ""


def _joined_name(header: str) -> str:
    """The database name without what joins its words: ``countryCode`` and ``country-code`` are spellings of one."""
    return _made_name(header).replace("_", "")


def _base_name(column: KnownColumn) -> str:
    return "" if column.headers else fold_name(column.name)


@dataclass(slots=True)
class _Matching:
    """A matching in progress: ``matched`` maps positions in the file to positions in the table."""

    header: tuple[str, ...]
    known: tuple[KnownColumn, ...]
    matched: dict[int, int] = field(default_factory=dict)

    def by(self, of_field: Callable[[str], str], of_column: Callable[[KnownColumn], Iterable[str]]) -> None:
        """Pairs what has a name that is unique on both sides."""
        fields = _grouped((of_field(self.header[at]), at) for at in self._free_fields())
        columns = _grouped((name, at) for at in self._free_columns() for name in set(of_column(self.known[at])))
        pairs = [
            (places[0], columns[name][0])
            for name, places in fields.items()
            if name and len(places) == 1 and len(columns.get(name, ())) == 1
        ]
        for column, rivals in _grouped((column, at) for at, column in pairs).items():
            # A column may have had several headers, and this file has two of them: the usual one is the column's.
            usual = [at for at in rivals if self.header[at] == self._usual()[column]] or rivals
            if len(usual) == 1 and self._may_be(usual[0], column):
                self.matched[usual[0]] = column

    def _may_be(self, at: int, column: int) -> bool:
        """Whether a field's signs (a currency, per cent) are those of a header of the column, or either has none."""
        mine = _signs(self.header[at])
        known = {_signs(header) for header in self.known[column].headers}
        return not mine or mine in known or not any(known)

    def as_ever(self) -> None:
        """Pairs everything at once where the header is the usual one, even with repeated names."""
        if self.header == self._usual():
            self.matched = {at: at for at in range(len(self.header))}

    def by_neighbours(self, beside: Callable[[tuple[str, str]], object], *, one_side: bool = False) -> None:
        """Pairs equal and unnamed headers by their neighbours.

        :param one_side: only where file and table have the header equally often; otherwise one neighbour is a guess.
        """
        for _, fields, columns in self._repeated():
            if one_side and len(fields) != len(columns):
                continue
            places = _grouped((beside(_beside(self.header, at)), at) for at in fields)
            partners = _grouped((beside(_beside(self._usual(), at)), at) for at in columns)
            for key, alone in places.items():
                if len(alone) == 1 and len(partners.get(key, ())) == 1:
                    self.matched[alone[0]] = partners[key][0]

    def in_order(self) -> None:
        """Pairs equal headers that nothing else distinguishes, where both sides have the same number."""
        for text, fields, columns in self._repeated():
            if text and len(fields) == len(columns):
                self.matched |= dict(zip(fields, columns, strict=True))

    def _repeated(self) -> list[tuple[str, list[int], list[int]]]:
        """Each header text that is free on both sides, with its positions."""
        fields = _grouped((self.header[at], at) for at in self._free_fields())
        columns = _grouped((text, at) for at in self._free_columns() for text in set(self.known[at].headers))
        return [(text, places, columns[text]) for text, places in fields.items() if text in columns]

    def _usual(self) -> tuple[str, ...]:
        return tuple((column.headers or (column.name,))[0] for column in self.known)

    def _free_fields(self) -> list[int]:
        return [at for at in range(len(self.header)) if at not in self.matched]

    def _free_columns(self) -> list[int]:
        taken = set(self.matched.values())
        return [at for at in range(len(self.known)) if at not in taken]

    def result(self) -> ColumnMatch:
        """The match, and what is still undecided."""
        undecided = tuple(self._undecided())
        asked = {at for one in undecided for at in one.places}
        open_columns = {name for one in undecided for name in one.columns}
        new = tuple(at for at in self._free_fields() if at not in asked)
        missing = (self.known[at].name for at in self._free_columns())
        return ColumnMatch(self._names(), new, tuple(name for name in missing if name not in open_columns), undecided)

    def _undecided(self) -> Iterable[Undecided]:
        """Named headers that still match several free columns, or share a single matching column."""
        free = self._free_columns()
        for name, places in _grouped((_made_name(self.header[at]), at) for at in self._free_fields()).items():
            fitting = [
                at
                for at in free
                if name in {_base_name(self.known[at]), *map(_made_name, self.known[at].headers)}
                and any(self._may_be(place, at) for place in places)
            ]
            if name and fitting and (len(fitting) > 1 or len(places) > 1):
                columns = tuple(self.known[at].name for at in fitting)
                yield Undecided(self.header[places[0]], tuple(places), columns)

    def _names(self) -> tuple[str, ...]:
        """Known names where a match was found; new names, which no column has, for the others."""
        taken = [column.name for column in self.known]
        free = self._free_fields()
        # The table's own names come before those of the file, so that numbering continues after them.
        made = naming.column_names([*taken, *(self.header[at] or f"column_{at + 1}" for at in free)])[len(taken) :]
        new = dict(zip(free, made, strict=True))
        return tuple(
            self.known[self.matched[at]].name if at in self.matched else new[at] for at in range(len(self.header))
        )


def _signs(header: str) -> frozenset[str]:
    """The currencies and shares that a header names by a sign; names for the database are made without them."""
    return frozenset(char for char in header if char in "%‰" or unicodedata.category(char) == "Sc")


def _beside(header: Sequence[str], at: int) -> tuple[str, str]:
    """The named headers next to a position, before and after it; ``""`` where there is none."""
    before, after = [text for text in header[:at] if text], [text for text in header[at + 1 :] if text]
    return (before or [""])[-1], (after or [""])[0]


def _grouped(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, list[int]]:
    groups: dict[_Key, list[int]] = defaultdict(list)
    for key, place in pairs:
        groups[key].append(place)
    return groups
