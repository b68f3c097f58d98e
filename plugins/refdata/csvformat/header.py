"""Whether a table's first row names its columns.

The first row is compared with the rows below it, column by column: numbers under words, repeated
words, different lengths and spellings. The weights were fitted as a logistic regression by
``benchmarks/fit_header_weights.py``, cross-validated, then rounded.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from refdata.core.filemodel import Doubt, Reading
from refdata.csvformat.celltypes import TYPED, CellType, cell_type
from refdata.csvformat.skipping import BOM, is_rule

BODY_ROWS = 100
"""Rows below the first that it is compared with."""

ALONE = 4
"""Distinct names from which a file's only line is the header of an empty table."""

LOOKED_AT = 60
"""Columns that are examined."""

WEIGHTS: Mapping[str, float] = {
    "prior": -0.9,
    "contrast": 4.7,
    "typed": -6.5,
    "repeated": -1.0,
    "words": -0.9,
    "shape": 1.9,
    "length": 1.1,
    "names": 0.7,
    "identifiers": 2.1,
    "duplicates": -4.2,
    "blanks": -1.1,
    "prefix": -3.9,
    "marked": 3.0,
    "ruled": 5.0,
    "years": 4.5,
    "alone": 4.0,
    "again": -0.3,
    "sentences": -0.6,
}

_NAME = re.compile(r"[^\W_](?:[\w .()/%#:&'\[\]-]{0,50})")
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:[A-Z_][a-z0-9]*)+|[a-z]{2,}|[A-Z][A-Z_]+|[A-Z][a-z]+[A-Z]\w+")
_SENTENCE = re.compile(r"[a-z]{2}[.!?,;]( |$)|^.{60}|\w \w+ \w+ \w+ \w+ \w+")
AROUND = f"{BOM} \t\r\n"
_YEAR = re.compile(r"1[6-9]\d\d|20\d\d|2100")
_MARKED_YEAR = re.compile(r"(?:1[6-9]\d\d|20\d\d|2100)(?: ?(?:[a-z]|[*†(]\S{0,3}))?")
"""A year with the mark of a footnote or of a provisional figure."""
_WORD = re.compile(r"[^\W_]+")
_RUNS = (("A", re.compile(r"[^\W\d_a-z]+")), ("a", re.compile(r"[^\W\d_A]+")), ("9", re.compile(r"\d+")))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's name, or not, and the filled cells below it."""

    first: str
    cells: tuple[str, ...]

    @property
    def kinds(self) -> list[CellType]:
        return [cell_type(cell) for cell in self.cells]


def header_odds(first: Sequence[str], body: Sequence[Sequence[str]]) -> float:
    """The logarithm of the odds that ``first`` is a header over ``body``."""
    return sum(WEIGHTS[name] * value for name, value in header_measures(first, body).items())


def lone_line(cells: Sequence[str]) -> Doubt | None:
    """The doubt whether a file's only line is a header or a row: words that are all different may be either."""
    texts = [cell.strip() for cell in cells]
    words = all(texts) and not any(cell_type(text) in TYPED for text in texts)
    if len(texts) < 2 or len(set(texts)) < len(texts) or not words:
        return None
    return _header_or_row("The only line of the file may be its header or its only row")


def years_line(first: Sequence[str], body: Sequence[Sequence[str]]) -> Doubt | None:
    """The doubt whether a first line of words and two successive years is a header: no row has such years.

    Years below them make it a matter of opinion; three years or more, or no years below, decide it.
    """
    texts = [cell.strip() for cell in first]
    places = [at for at, cell in enumerate(texts) if _is_year(cell)]
    words = len(texts) > 2 and all(text and (_is_year(text) or cell_type(text) not in TYPED) for text in texts)
    rows = [[row[at].strip() for at in places if at < len(row)] for row in body]
    years = [texts[at] for at in places]
    if not words or not _successive(years) or any(map(_successive, rows)):
        return None
    return _header_or_row(f"The first line of the table, with {years[0]} and {years[1]}, may be its header or a row")


def _successive(years: Sequence[str]) -> bool:
    return len(years) == 2 and all(map(_is_year, years)) and abs(int(years[1]) - int(years[0])) == 1


def _header_or_row(question: str) -> Doubt:
    return Doubt(
        question,
        "Add a header to the file, or state in the table's contract whether it has one (dialect: header).",
        (
            Reading("header", "It is the header", "The line names the columns and is not loaded.", has_header=True),
            Reading("row", "It is a row", "The line is loaded as a row of a file without a header.", has_header=False),
        ),
    )


def header_measures(first: Sequence[str], body: Sequence[Sequence[str]]) -> dict[str, float]:
    """The measures by name, as ``WEIGHTS`` names them; most are shares of the columns."""
    marked = first[:1] != [] and first[0].startswith("#") and not any(row[0].startswith("#") for row in body if row)
    first = [cell.strip() for cell in first[:LOOKED_AT]]
    others = [row for row in body[:BODY_ROWS] if not is_rule(row) and [cell.strip(AROUND) for cell in row] != first]
    columns = [_column(at, cell, others) for at, cell in enumerate(first) if cell]
    filled = [column for column in columns if column.cells]
    texts = [column for column in filled if not _mostly_typed(column)]
    every = len(columns) or 1
    years = _years(first, others)
    return {
        "prior": 1.0,
        "contrast": _mean(map(_contrast, filled)),
        "typed": _mean(map(_is_typed_name, columns)) * (1 - max(years, _numbered(first))),
        "repeated": _mean(float(column.first in column.cells) for column in filled),
        "words": _mean(map(_words_again, texts)),
        "shape": _mean(map(_shape_surprise, texts)),
        "length": _mean(map(_length_surprise, texts)),
        "names": sum(bool(_NAME.fullmatch(column.first)) for column in columns) / every,
        "identifiers": sum(bool(_IDENTIFIER.fullmatch(column.first)) for column in columns) / every,
        "duplicates": 1 - len({column.first for column in columns}) / every,
        "blanks": 1 - len(columns) / (len(first) or 1),
        "prefix": _mean(map(_shares_prefix, texts)),
        "marked": float(marked),
        "years": years,
        "alone": float(not others and len(columns) >= ALONE and len(columns) == len(first) and _are_names(columns)),
        "ruled": float(len(first) > 1 and body[:1] != [] and is_rule(body[0])),
        "again": float(len(others) < len(body[:BODY_ROWS])),
        "sentences": sum(bool(_SENTENCE.search(column.first)) for column in columns) / every,
    }


def _mean(values: object) -> float:
    numbers = list(values)  # type: ignore[call-overload]
    return float(sum(numbers) / len(numbers)) if numbers else 0.0


def _column(at: int, first: str, body: Sequence[Sequence[str]]) -> _Column:
    cells = (row[at].strip() for row in body if at < len(row))
    return _Column(first, tuple(cell for cell in cells if cell))


def _mostly_typed(column: _Column) -> bool:
    return sum(kind in TYPED for kind in column.kinds) * 2 > len(column.cells)


def _contrast(column: _Column) -> float:
    """The share of numbers, dates and similar values under a name that is not one itself."""
    kind = cell_type(column.first)
    if kind in TYPED and (kind is not CellType.BOOLEAN or _is_boolean(column)):
        return 0.0
    return sum(kind in TYPED for kind in column.kinds) / len(column.cells)


def _is_typed_name(column: _Column) -> float:
    """Whether the first cell is a number or date; half where the column has none, as with years as names."""
    kind = cell_type(column.first)
    if kind not in TYPED or (kind is CellType.BOOLEAN and column.cells and not _is_boolean(column)):
        return 0.0
    return 1.0 if not column.cells or kind in column.kinds else 0.5


def _is_boolean(column: _Column) -> bool:
    """Whether the first cell, a word for true or false, is a value: then all others are, as long or as short.

    The name ``n`` over numbers or over ``x``, ``y``, ``z`` is none, nor is ``f`` over ``true``.
    """
    letters = {len(cell) == 1 for cell in column.cells}
    return set(column.kinds) == {CellType.BOOLEAN} and letters == {len(column.first) == 1}


def _are_names(columns: Sequence[_Column]) -> bool:
    """Whether the first cells are distinct words."""
    words = {column.first for column in columns if cell_type(column.first) not in TYPED}
    return len(words) == len(columns)


def is_year_name(cell: str, below: Sequence[str]) -> bool:
    """Whether a cell is a year above values that are not years: the name of a column of a statistical table."""
    filled = [value.strip() for value in below if value.strip()]
    return bool(_YEAR.fullmatch(cell.strip()) and filled) and sum(map(_is_year, filled)) * 2 < len(filled)


def _is_year(cell: str) -> bool:
    return _YEAR.fullmatch(cell) is not None


def _years(first: Sequence[str], body: Sequence[Sequence[str]]) -> float:
    """1 where the numbers and dates among the names form the axis of a table: the values below them do not.

    That are years at equal steps, dates, or numbers that count on from 0 or 1.
    """
    places = [
        at
        for at, cell in enumerate(first)
        if (cell_type(cell) in TYPED and cell_type(cell) is not CellType.BOOLEAN) or _MARKED_YEAR.fullmatch(cell)
    ]
    below = [[row[at] for row in body if at < len(row)] for at in places]
    names = [first[at] for at in places]
    if len(places) < 2 or len(set(names)) < len(names):
        return 0.0
    rows = [[row[at].strip() for at in places if at < len(row)] for row in body]
    return float(_are_years(names, below, rows) or _are_dates(names, below) or _count_on(names, rows))


def _are_years(names: Sequence[str], below: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> bool:
    """Whether all names are years, at equal steps or in order, and stand above numbers that are not."""
    plain = [name[:4] for name in names]
    if not all(map(_MARKED_YEAR.fullmatch, names)):
        return False
    above = all(is_year_name(name, cells) for name, cells in zip(plain, below, strict=True))
    if _is_run(plain):
        return above or (len(plain) >= 3 and not any(map(_is_run, rows)))
    ordered = plain in (sorted(plain), sorted(plain, reverse=True))
    return ordered and above and not any(map(_is_year, (value.strip() for cells in below for value in cells)))


def _is_run(cells: Sequence[str]) -> bool:
    """Whether all cells are years at equal steps."""
    return all(map(_is_year, cells)) and len({int(right) - int(left) for left, right in pairwise(cells)}) == 1


def _are_dates(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether all names are dates, above numbers."""
    values = [cell_type(cell.strip()) for cells in below for cell in cells if cell.strip()]
    return (
        all(cell_type(name) is CellType.DATE for name in names)
        and bool(values)
        and all(kind is not CellType.DATE for kind in values)
    )


def _count_on(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether three names or more count on from 0 or 1, and the cells of no row do."""
    if len(names) < 3 or not _is_count(names) or int(names[0]) > 1:
        return False
    return not any(map(_is_count, rows))


def _is_count(cells: Sequence[str]) -> bool:
    numbers = [int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 10 else None for cell in cells]
    return all(left is not None and right == left + 1 for left, right in pairwise(numbers))


def _numbered(first: Sequence[str]) -> float:
    """The share of numbers among the names that count on from their left neighbour, as years and weeks do."""
    numbers = [int(cell) if cell.isdecimal() and len(cell) < 10 else None for cell in first]
    steps = sum(right == left + 1 for left, right in pairwise(numbers) if left is not None)
    count = sum(number is not None for number in numbers)
    return (steps + 1) / count if steps >= 3 else 0.0


def _words_again(column: _Column) -> float:
    """The share of the first cell's words that also occur in the cells below."""
    words = {word.lower() for word in _WORD.findall(column.first)}
    below = {word.lower() for cell in column.cells for word in _WORD.findall(cell)}
    return len(words & below) / len(words) if words else 0.0


def _shape_surprise(column: _Column) -> float:
    """How much rarer the first cell's spelling is than an equal spelling in two cells below."""
    counts = Counter(_shape(cell) for cell in column.cells)
    total = len(column.cells)
    alike = sum((count / total) ** 2 for count in counts.values())
    return alike - counts[_shape(column.first)] / total


def _length_surprise(column: _Column) -> float:
    """The distance of the first cell's length from those below, relative to their spread, at most 1."""
    lengths = [len(cell) for cell in column.cells]
    mean = sum(lengths) / len(lengths)
    spread = math.sqrt(sum((length - mean) ** 2 for length in lengths) / len(lengths)) + 2
    return min(1.0, abs(len(column.first) - mean) / spread / 3)


def _shares_prefix(column: _Column) -> float:
    """The share of the cells below that start with the same four characters as the first one."""
    start = column.first[:4]
    return sum(cell.startswith(start) for cell in column.cells) / len(column.cells) if len(start) == 4 else 0.0


def _shape(cell: str) -> str:
    """A cell's spelling: capitals, small letters and digits as one character a run, twelve runs at most."""
    for mark, run in _RUNS:
        cell = run.sub(mark, cell)
    return cell[:12]
