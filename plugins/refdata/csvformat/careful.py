"""Row by row reading with Python's csv module, for places where parsers could disagree.

The csv module is the reference: it reads the text, damaged rows become rejects, and the good rows are
written again as plain CSV with every field quoted, so that one fast path types all rows. In one point the
csv module is not followed: where a stray quote makes it join several lines to one row, only the first of
them is refused and the others are read as rows, so that no neighbour of a damaged row is lost.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from refdata.core.errors import FormatError
from refdata.core.model import Format, RejectedRow, SkippedLine
from refdata.csvformat.limits import BLOCK_BYTES, MAX_RECORD_BYTES
from refdata.csvformat.skipping import BOM, COMMENT, JOINED, skipped_line, why_skipped
from refdata.csvformat.text import count_lines, undecodable

SWALLOWED = "a quote that is opened here closes out of place on a later line"


@dataclass(slots=True)
class CarefulRows:
    """What stood in a stretch of text.

    ``clean`` holds each good row as CSV with comma and ``"``, every field quoted; ``places`` the indices in
    ``lines`` of its first line and of the one behind it. ``first_line`` is the number of ``lines[0]`` in
    the file, ``next_line`` that of the line behind the last whole record, ``consumed`` the bytes up to there.
    ``skipped`` are lines that are no rows.
    """

    lines: list[str]
    first_line: int
    clean: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    rejects: list[RejectedRow] = field(default_factory=list)
    skipped: list[SkippedLine] = field(default_factory=list)
    consumed: int = 0
    next_line: int = 1

    def text(self, start: int = 0, stop: int | None = None) -> bytes:
        """The clean rows from ``start`` to ``stop`` as UTF-8."""
        return "".join(self.clean[start:stop]).encode("utf-8")

    def refuse(self, row: int, reason: str) -> RejectedRow:
        """A good row, counted from 0, as one that is refused after all."""
        return self.rejected(*self.places[row], reason)

    def rejected(self, start: int, stop: int, reason: str) -> RejectedRow:
        """The lines from ``start`` up to ``stop`` as a refused row."""
        return RejectedRow(self.first_line + start, reason, "".join(self.lines[start:stop]).rstrip("\r\n"))


@dataclass(frozen=True, slots=True)
class _Collector:
    """What csv.writer writes to: it calls ``write`` once a row."""

    rows: list[str]

    def write(self, row: str) -> None:
        self.rows.append(row)


@dataclass(slots=True)
class _Feed:
    """Lines for csv.reader, with the reader's current position.

    The row in hand began with line ``start``; ``at`` is the next line and may be set back. ``in_row`` is to
    be cleared after each row, so that comments between rows are passed over. ``ended`` is set when the reader
    asks for more lines than there are, which it also does in the middle of a row. ``passed`` says why a line was
    passed over or changed, by its index.
    """

    lines: list[str]
    comment: str
    start: int = 0
    at: int = 0
    in_row: bool = False
    ended: bool = False
    passed: dict[int, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if not self.in_row:
                if line.startswith(BOM):
                    line = line[len(BOM) :]
                    self.passed[self.at - 1] = JOINED
                if self.comment and line.startswith(self.comment):
                    self.passed[self.at - 1] = COMMENT
                    continue
                self.start, self.in_row = self.at - 1, True
            yield line
        self.ended = True


@dataclass(frozen=True)
class CarefulReader:
    """Reads stretches of UTF-8 text that begin at a record's start.

    :param path: named in errors.
    :param fields: how many fields a good row has.
    """

    path: Path
    format: Format
    fields: int

    def read(self, text: bytes, line: int, offset: int, *, at_end: bool) -> CarefulRows:
        """Read the whole records in ``text``, whose first line is ``line`` and first byte ``offset``.

        A record that ``text`` does not finish is left, unless the file ends here.

        :raises FormatError: a quote that is open at the end of the file, or bytes that are no UTF-8.
        """
        csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES + 2 * BLOCK_BYTES))
        source = self._decode(text, line, offset)
        found = CarefulRows(list(io.StringIO(source, newline="")), line)
        feed = _Feed(found.lines, self.format.comment)
        stop = self._rows(found, feed, nul="\0" in source, at_end=at_end)
        found.skipped = [
            skipped_line(line + at, found.lines[at], why) for at, why in sorted(feed.passed.items()) if at < stop
        ]
        found.consumed = len(text) - len("".join(found.lines[stop:]).encode("utf-8"))
        found.next_line = line + stop
        return found

    def _rows(self, found: CarefulRows, feed: _Feed, *, nul: bool, at_end: bool) -> int:
        """Read rows; the index of the line behind the last whole one."""
        writer = csv.writer(_Collector(found.clean), quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in csv.reader(iter(feed), **self._dialect):
            if feed.ended:
                if at_end:
                    raise self._unclosed(found, row)
                return feed.start
            if feed.at - feed.start > 1 and self._swallows(
                "".join(found.lines[feed.start : feed.at]).removeprefix(BOM)
            ):
                feed.at = feed.start + 1
                found.rejects.append(found.rejected(feed.start, feed.at, SWALLOWED))
            elif why := self._why_skipped(feed, row):
                feed.passed[feed.start] = why
            elif len(row) == self.fields and not (nul and _holds_nul(row)):
                writer.writerow(row)
                found.places.append((feed.start, feed.at))
            elif not self._is_blank(row):
                found.rejects.append(found.rejected(feed.start, feed.at, self._damage(row)))
            feed.in_row = False
        return feed.at

    def _why_skipped(self, feed: _Feed, row: list[str]) -> str:
        one_line = feed.at - feed.start == 1
        return why_skipped(self.format, feed.lines[feed.start], row, self.fields) if one_line else ""

    def _is_blank(self, row: list[str]) -> bool:
        """Whether the line is empty, or holds nothing but white space in a file of several columns."""
        return not row or (len(row) == 1 < self.fields and not row[0].strip())

    def _damage(self, row: list[str]) -> str:
        # Interned: a block can hold hundreds of thousands of damaged rows, and each keeps its reason.
        return "NUL byte" if _holds_nul(row) else sys.intern(f"expected {self.fields} fields, found {len(row)}")

    def _swallows(self, raw: str) -> bool:
        """Whether a stray quote has joined lines that may be rows of their own.

        The csv module then returns one row of them all, its fields shifted. Only the first line is damaged
        for certain, so it alone is refused, and the others are read again.
        """
        if not self.format.quote or (self.format.escape and self.format.escape in raw):
            return False
        return self._sound_row.fullmatch(raw) is None

    @cached_property
    def _sound_row(self) -> re.Pattern[str]:
        """A row in which no quoted field holds a line break and goes on behind its closing quote.

        Stray quotes within a line are data, as the csv module reads them. Possessive, so that matching is linear.
        """
        quote, delimiter = re.escape(self.format.quote), re.escape(self.format.delimiter)
        blanks = " *+" if self.format.skip_initial_space else ""
        closed = f"{blanks}{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}(?={delimiter}|[\r\n]|\\Z)"
        on_one_line = f"{quote}[^{quote}\r\n]*+(?:{quote}{quote}[^{quote}\r\n]*+)*+{quote}"
        cell = f"(?:{closed}|(?:{on_one_line}|[^{quote}{delimiter}\r\n])[^{delimiter}\r\n]*+)?+"
        return re.compile(f"{cell}(?:{delimiter}{cell})*+[\r\n]*+")

    @cached_property
    def _dialect(self) -> dict[str, Any]:
        if not self.format.quote:
            quoting: dict[str, Any] = {"quoting": csv.QUOTE_NONE}
        else:
            quoting = {"quotechar": self.format.quote, "doublequote": True}
        return quoting | {
            "delimiter": self.format.delimiter,
            "escapechar": self.format.escape or None,
            "skipinitialspace": self.format.skip_initial_space,
        }

    def _decode(self, text: bytes, line: int, offset: int) -> str:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            at = line + count_lines(text[: error.start])
            raise undecodable("utf-8", offset + error.start, at, self.path) from None

    def _unclosed(self, found: CarefulRows, row: list[str]) -> FormatError:
        """The last field runs from the open quote to the end, so its line ends lead back to the quote."""
        last = found.first_line + len(found.lines) - 1
        line = last - count_lines(row[-1].encode("utf-8").rstrip(b"\r\n"))
        return FormatError(
            "A quote is opened and never closed",
            where=f"{self.path}, line {line}",
            advice="Close the quote, or double it where it is part of the text.",
        )


def _holds_nul(row: list[str]) -> bool:
    return any("\0" in cell for cell in row)
