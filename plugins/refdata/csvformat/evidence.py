"""The measures that speak for or against a dialect, each between 0 and 1 or a logarithm."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.knownformat import NOTHING_KNOWN, KnownFormat
from refdata.csvformat.celltypes import TYPED, CellType, cell_type
from refdata.csvformat.dialects import NO_DELIMITER, Dialect, TextRow
from refdata.csvformat.quoting import QUOTES, QuoteUse, quote_use
from refdata.csvformat.rowshape import RowShape, row_shape

TYPED_ROWS = 120
"""Rows whose cells are typed: this many, spread evenly over the sample."""

TYPED_COLUMNS = 40
"""Columns whose cells are typed."""

PROSE_BLANKS = 6
"""A cell with this many blanks or more is a sentence."""

_CLAUSE = re.compile(r" [a-z]\S* \S")
_TIGHT = re.compile(r"[^\W\d][,;|\t](?=[^\W\d])|[^\s,;|\t][;|\t](?=[^\s,;|\t])|[^\W\d],(?=\d)|\d,(?=[^\W\d])")

HEADER_WITHIN = 60
"""The first rows that are searched for a known header."""

WIDE = 8
"""More columns than this make a table no more likely."""


@dataclass(frozen=True, slots=True)
class _CellFit:
    """Shares of the cells, 0 to 1.

    ``typed`` are numbers, dates and similar values; words and empty cells count half. ``broken`` are pieces cut
    out of something larger; ``alike`` is how much the cells of one column are of one kind; ``wrapped`` are
    in quotes that were not taken for quotes; ``leftover`` hold another delimiter without a blank beside it;
    ``prose`` are running text of many words; ``clauses`` continue after a blank with several words;
    ``loose`` are those after a delimiter and a blank, among all after a delimiter.
    """

    typed: float
    broken: float
    alike: float
    wrapped: float
    leftover: float
    prose: float
    clauses: float
    loose: float


@dataclass(frozen=True, slots=True)
class DialectEvidence:
    """The evidence in a text for one dialect.

    ``headed``: the first row has as many fields as most rows. A list within cells has no names in the header.
    ``swallowed``: a quote in the first line is never closed, so that all lines are one row.
    ``known_delimiter``: earlier files of the table have this delimiter. ``known_quotes``: they quote and escape in this
    way. ``known_header``: under it the table's header is among the first rows.
    """

    dialect: Dialect
    shape: RowShape
    fit: _CellFit
    quotes: QuoteUse
    headed: bool = False
    known_delimiter: bool = False
    known_header: bool = False
    swallowed: bool = False
    known_quotes: bool = False

    def measures(self) -> dict[str, float]:
        """The measures by name, as the weights in ``score`` name them."""
        width = max(self.shape.width, 1)
        return {
            "uniform": math.log(0.05 + self.shape.uniform),
            "steady": math.log(0.05 + self.shape.steady),
            "width": math.log(min(width, WIDE)),
            "one_column": float(width == 1),
            "typed": math.log(0.1 + self.fit.typed),
            "broken": self.fit.broken,
            "alike": math.log(0.1 + self.fit.alike),
            "placed": math.log(0.1 + self.quotes.placed),
            "enclosed": math.log1p(min(self.quotes.enclosed, 20)),
            "wrapped": self.fit.wrapped,
            "leftover": self.fit.leftover,
            "apostrophe_stray": self._stray() if self.dialect.quote == "'" and not self.known_quotes else 0.0,
            "loose": self.fit.loose * (1 - self.shape.uniform),
            "apostrophe": float(self.dialect.quote == "'"),
            "unquoted": float(not self.dialect.quote),
            "comma": float(self.dialect.delimiter == ","),
            "semicolon": float(self.dialect.delimiter == ";"),
            "tab": float(self.dialect.delimiter == "\t"),
            "pipe": float(self.dialect.delimiter == "|"),
            "headed": float(self.headed and width > 1),
            "swallowed": float(self.swallowed),
            "known_delimiter": float(self.known_delimiter),
            "known_quotes": float(self.known_quotes),
            "known_header": float(self.known_header),
        }

    def _stray(self) -> float:
        return self.quotes.stray / (self.quotes.total or 1)


def weigh(dialect: Dialect, rows: Sequence[TextRow], text: str, known: KnownFormat = NOTHING_KNOWN) -> DialectEvidence:
    """The evidence of a text, whose rows under the dialect are ``rows``, and of the table's earlier files."""
    shape = row_shape(rows)
    quotes = quote_use(text, dialect.delimiter, dialect.quote)
    # Of a single column any delimiter is known, one that its text does not contain.
    usual = NO_DELIMITER if len(known.header or known.columns) == 1 else known.delimiter
    headed = next((len(row.cells) == shape.width for row in rows if not row.blank), False)
    header = bool(known.header) and any(known.is_header(row.cells) for row in rows[:HEADER_WITHIN])
    return DialectEvidence(
        dialect, shape, cell_fit(rows, shape.width), quotes, headed,
        known_delimiter=dialect.delimiter == usual,
        known_header=header,
        swallowed=_swallows(dialect, rows, text),
        known_quotes=_are_known(dialect, known, text),
    )  # fmt: skip


def _are_known(dialect: Dialect, known: KnownFormat, text: str) -> bool:
    """Whether the text has the quote of earlier files, and the dialect reads it as they did."""
    if not known.quote or known.quote not in text:
        return known.quote == "" == dialect.quote
    escaped = known.escape is None or f"\\{known.quote}" not in text or dialect.escape == known.escape
    return dialect.quote == known.quote and escaped


def _swallows(dialect: Dialect, rows: Sequence[TextRow], text: str) -> bool:
    """Whether the first line opens a quote that is never closed, so that all lines are one row."""
    if not dialect.quote or text.count(dialect.quote) % 2 == 0:
        return False
    filled = [row for row in rows if not row.blank]
    return len(filled) == 1 and filled[0].last - filled[0].first > 2


def cell_fit(rows: Sequence[TextRow], width: int) -> _CellFit:
    """How well the cells of a table's first ``width`` columns fit."""
    table = [row.cells[:TYPED_COLUMNS] for row in _spread([row for row in rows if not row.blank])]
    columns = [Counter[CellType]() for _ in range(min(width, TYPED_COLUMNS))]
    for cells in table:
        for counts, cell in zip(columns, cells, strict=False):
            counts[cell_type(cell)] += 1
    total = sum(sum(counts.values()) for counts in columns) or 1
    typed = sum(counts[kind] for counts in columns for kind in TYPED)
    half = sum(counts[CellType.EMPTY] + counts[CellType.CODE] for counts in columns) / 2
    broken = sum(counts[CellType.BROKEN] for counts in columns)
    behind = [cell for cells in table for cell in cells[1:] if cell]
    every = [cell for cells in table for cell in cells]
    return _CellFit(
        typed=(typed + half) / total,
        broken=broken / total,
        alike=sum(map(_alike, columns)) / (len(columns) or 1),
        wrapped=sum(map(_is_wrapped, every)) / (len(every) or 1),
        leftover=sum(map(_has_leftover, table)) / (len(table) or 1),
        clauses=sum(bool(_CLAUSE.match(cell)) for cell in every) / (len(every) or 1),
        loose=sum(cell[0] == " " for cell in behind) / (len(behind) or 1),
        prose=sum(cell.count(" ") >= PROSE_BLANKS for cell in every) / (len(every) or 1),
    )


def _is_wrapped(cell: str) -> bool:
    return len(cell) > 2 and cell[0] in QUOTES and cell[0] == cell[-1]


def _has_leftover(cells: Sequence[str]) -> bool:
    """Whether a row has another delimiter right between two words; in a number or before a blank it says nothing."""
    return any(_TIGHT.search(cell) for cell in cells)


def _spread(table: list[TextRow]) -> list[TextRow]:
    return table[:: max(1, len(table) // TYPED_ROWS)][:TYPED_ROWS]


def _alike(counts: Counter[CellType]) -> float:
    filled = sum(counts.values()) - counts[CellType.EMPTY]
    most = max((count for kind, count in counts.items() if kind is not CellType.EMPTY), default=0)
    return most / filled if filled else 0.5
