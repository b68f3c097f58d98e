"""How a table's files have been written so far: evidence for reading its next file. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.contract import Contract
from refdata.core.contractterms import FieldType

_WORD = re.compile(r"[^\W_]+")

HALF = 0.5
"""A first row that contains this share of a table's column names is the header."""


@dataclass(frozen=True, slots=True)
class KnownFormat:
    r"""The known facts about a table's files. ``None``, ``""`` and ``()`` mean unknown.

    ``header`` contains the header texts as earlier files wrote them, in order, ``columns`` further names of the
    columns (those of the database). ``quote`` and ``escape`` may be known to be ``""``. ``starts_with_text``: the
    first column of the header has texts.

    >>> known = KnownFormat(header=("Code", "Full name"))
    >>> known.is_header(["code", " full  name"]), known.is_header(["code", "Norway"])
    (True, False)
    """

    encoding: str = ""
    delimiter: str = ""
    quote: str | None = None
    escape: str | None = None
    has_header: bool | None = None
    header: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    starts_with_text: bool = False

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row is the table's header: the same names, case and blanks aside, in any order.

        Names may be missing or new as long as two thirds of the cells are known and half of the columns occur.
        """
        known = {same_text(text) for text in self.header} - {""}
        texts = [same for cell in cells if (same := same_text(cell))] if known else []
        if not texts:
            return False
        seen = known & set(texts)
        return len(seen) * 3 >= len(texts) * 2 and len(seen) * 2 >= len(known) and len(seen) >= min(2, len(known))

    def is_whole_header(self, cells: Sequence[str]) -> bool:
        """Whether a row contains exactly the table's names in their order, blank cells at its end aside.

        >>> KnownFormat(header=("Code", "Name")).is_whole_header(["code", "name", ""])
        True
        """
        return bool(self.header) and _trimmed(cells) == _trimmed(self.header)

    def share(self, cells: Sequence[str]) -> float:
        """The share of the table's columns, 0 to 1, that a row names, spelling aside.

        >>> KnownFormat(columns=("part_no", "quantity")).share(["Part no.", "qty"])
        0.5
        """
        each = [known for names in (self.header, self.columns) if (known := _plain(names))]
        seen = {plain_name(cell) for cell in cells} if each else set()
        return max((len(known & seen) / len(known) for known in each), default=0.0)


NOTHING_KNOWN = KnownFormat()


def known_format(contract: Contract, columns: Sequence[str] = ()) -> KnownFormat:
    """The facts about a table's files in a contract.

    :param columns: the names of the live table's columns.
    """
    dialect = contract.dialect
    named = [one for one in contract.fields if one.headers and dialect.header is not False]
    return KnownFormat(
        encoding=contract.encoding or "",
        delimiter=dialect.delimiter or "",
        quote=dialect.quote_char,
        escape=dialect.escape_char,
        has_header=dialect.header,
        header=tuple(one.headers[0].text for one in named),
        columns=tuple(columns),
        starts_with_text=bool(named) and named[0].type is FieldType.STRING,
    )


def same_text(text: str) -> str:
    """A header's text without case, comment marks, blanks around it and repeated blanks within."""
    return " ".join(text.lstrip("\ufeff #").split()).casefold()


def plain_name(name: str) -> str:
    """A name without case, blanks and punctuation."""
    return "_".join(_WORD.findall(name.lower()))


def _plain(names: Sequence[str]) -> set[str]:
    return {plain_name(name) for name in names} - {""}


def _trimmed(cells: Sequence[str]) -> list[str]:
    texts = [same_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts
