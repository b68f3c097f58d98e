"""Lines among a table's rows that are not rows: repeated headers, rules of dashes, comments, marks of joined files.

Files are joined (``cat a.csv b.csv``), and tools repeat their header or draw a rule below it. Nothing is skipped
silently: each line gets a ``SkippedLine``, and the ledger's warnings name the first ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from refdata.core.filemodel import Format, SkippedLine

MOST_NAMED = 20
"""Skipped lines that a file's warnings list; any more are only counted."""

SHOWN = 80
"""Characters of a skipped line that a warning shows."""

BOM = "\ufeff"
PAGE = "\f"
"""A form feed, with which printers' exports begin each page."""

COMMENT, REPEATED, RULE = "a comment", "the header again", "a rule below a header"
JOINED = "read without the byte-order mark at its start: files seem to have been joined here"
PAGED = "read without the form feed at its start: a page seems to begin here"
_READ = ("read ", "divided ")
"""How reasons begin for lines that are rows nevertheless: only a part was omitted, or read differently."""
UNITS = "a line of units or notes below the header"
END_OF_FILE = "\x1a"
"""Ctrl-Z, with which DOS programs mark the end of a text."""
ENDED = "the mark of DOS for the end of a file"
BEFORE, BEHIND = "before the table", "after the table"

_RULE_CELL = re.compile(r"\s*[-=_]+\s*")
_LONG_RULE = re.compile(r"\s*[-=_]{2,}\s*")


def is_rule(cells: Sequence[str]) -> bool:
    """Whether a row only underlines: each cell is dashes, and not each a single one, which may mean "no value".

    >>> is_rule(["--", "----"]), is_rule(["-", "---"]), is_rule(["-", "-"])
    (True, True, False)
    """
    return bool(cells) and all(map(_RULE_CELL.fullmatch, cells)) and any(map(_LONG_RULE.fullmatch, cells))


def skipped_line(line: int, text: str, why: str) -> SkippedLine:
    """A line (its number from 1, or from the end) with as much of its text as is shown."""
    text = text.strip().lstrip(BOM)
    return SkippedLine(line, text if len(text) <= SHOWN else f"{text[:SHOWN]}…", why)


def unmarked(text: str) -> str:
    """A line without the byte-order mark or form feed at its start."""
    return text.removeprefix(BOM).removeprefix(PAGE)


def mark_before(line: str) -> str:
    """What is left out at the start of a row, in words; ``""`` for nothing."""
    return JOINED if line.startswith(BOM) else PAGED if line.startswith(PAGE) else ""


def why_skipped(fmt: Format, text: str, cells: Sequence[str], fields: int) -> str:
    """Why a record of one line is not a row, ``""`` if it may be one. A single column may contain anything."""
    if text.strip() == END_OF_FILE:
        return ENDED
    if fields < 2 and not text.startswith((BOM, PAGE)):
        return ""
    if text.lstrip(BOM).strip() in fmt.header_texts or (fmt.has_header and _same_names(cells, fmt.header)):
        return REPEATED
    return RULE if len(cells) == fields > 1 and fmt.has_header and is_rule(cells) else ""


def _same_names(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row has the header's names; of three or more, in capitals or small letters too."""
    if not len(cells) == len(header) > 1 or not any(header):
        return False
    names = _names(cells)
    if names == list(header):
        return True
    return len(header) > 2 and [name.casefold() for name in names] == [name.casefold() for name in header]


def _names(cells: Sequence[str]) -> list[str]:
    """The cells as names: without blanks around them, line breaks and repeated blanks."""
    return [" ".join(cell.split()) for cell in cells]


def is_reordered(fmt: Format, cells: Sequence[str]) -> bool:
    """Whether a row has all of the header's names in another order, as where files of other exports are appended.

    Two names are too few if they are short: such a row may be values.
    """
    if not fmt.has_header or len(cells) != len(fmt.header) or len(set(fmt.header)) < len(cells) or len(cells) < 2:
        return False
    names = [name.casefold() for name in _names(cells)]
    header = [name.casefold() for name in fmt.header]
    named = all(header) and (len(cells) > 2 or min(map(len, header)) > 2)
    return named and names != header and sorted(names) == sorted(header)


def trailer_lines(fmt: Format, first: int) -> list[SkippedLine]:
    """The lines after the table with their numbers in the file; ``first`` is the number of the first one."""
    behind = [line for line in fmt.skipped if line.line < 0]
    return [replace(line, line=first + line.line - behind[0].line) for line in behind]


@dataclass(slots=True)
class SkippedLines:
    """The skipped lines of a file: the first ones, and how many there are by reason."""

    first: list[SkippedLine] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, lines: Sequence[SkippedLine]) -> None:
        """Add lines in the order of the file."""
        self.first += islice(lines, max(0, MOST_NAMED - len(self.first)))
        self.counts.update(line.why for line in lines)

    def sentences(self) -> tuple[str, ...]:
        """The ledger's sentences: each of the first lines by number and text, then how many more there are."""
        named = [_sentence(line) for line in self.first]
        more = self.counts - Counter(line.why for line in self.first)
        return (*named, *(_more(why, count) for why, count in more.items()))


def _sentence(line: SkippedLine) -> str:
    if line.why.startswith(_READ):
        return f"Line {line.line} was {line.why}."
    return f"Line {line.line} is not loaded, it is {_is(line.why)}: {line.text}"


def _more(why: str, count: int) -> str:
    lines, one = f"{count} more line{'' if count == 1 else 's'}", count == 1
    if why.startswith(_READ):
        return f"{lines} {'was' if one else 'were'} {why}."
    return f"{lines} {'is' if one else 'are'} {_is(why)}."


def _is(why: str) -> str:
    return f"{why} and not a row" if why in (BEFORE, BEHIND) else why
