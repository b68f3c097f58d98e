"""Row by row reading with Python's csv module, for places where parsers could disagree.

The csv module is the reference: it reads the text, damaged rows become rejects, and the good rows are
written again as plain CSV with every field quoted, so that one fast path types all rows. In one point the
csv module is not followed: where a stray quote makes it join several lines to one row, only the first of
them is refused and the others are read as rows, so that no neighbour of a damaged row is lost.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refdata.core.errors import FormatError
from refdata.core.model import Format, RejectedRow
from refdata.csvformat.limits import BLOCK_BYTES, MAX_RECORD_BYTES
from refdata.csvformat.quotes import first_misplaced, quote_positions
from refdata.csvformat.text import count_lines, undecodable

SWALLOWED = "a quote that is opened here closes out of place on a later line"


@dataclass(slots=True)
class CarefulRows:
    """What stood in a stretch of text.

    ``clean`` holds each good row as CSV with comma and ``"``, every field quoted; ``lines`` their first
    physical lines and ``raws`` their text as it stands. ``consumed`` counts the bytes up to the end of
    the last whole record, ``next_line`` is the line behind it.
    """

    clean: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    rejects: list[RejectedRow] = field(default_factory=list)
    consumed: int = 0
    next_line: int = 1

    def text(self, start: int = 0, stop: int | None = None) -> bytes:
        """The clean rows from ``start`` to ``stop`` as UTF-8."""
        return "".join(self.clean[start:stop]).encode("utf-8")


@dataclass(frozen=True, slots=True)
class _Collector:
    """What csv.writer writes to: it calls ``write`` once a row."""

    rows: list[str]

    def write(self, row: str) -> None:
        self.rows.append(row)


@dataclass(slots=True)
class _Feed:
    """Lines for csv.reader that remembers which of them the record in progress has taken.

    ``again`` holds lines given back. ``unfinished`` is set when the reader asks for more lines than there
    are in the middle of a record.
    """

    lines: Iterator[str]
    comment: str
    line: int
    consumed: int = 0
    taken: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    unfinished: bool = False

    def __iter__(self) -> Iterator[str]:
        while (line := self.again.pop() if self.again else next(self.lines, None)) is not None:
            if self.comment and not self.taken and line.startswith(self.comment):
                self._pass([line])
                continue
            self.taken.append(line)
            yield line
        self.unfinished = bool(self.taken)

    def finish(self) -> tuple[int, str]:
        """Close the record in progress; its first line's number and its text."""
        first, raw = self.line, "".join(self.taken)
        self._pass(self.taken)
        self.taken = []
        return first, raw

    def give_back(self) -> None:
        """Leave the record in progress its first line only; the others are to be read as rows of their own."""
        self.again += reversed(self.taken[1:])
        del self.taken[1:]

    def _pass(self, lines: list[str]) -> None:
        self.line += len(lines)
        self.consumed += sum(len(line.encode("utf-8")) for line in lines)


@dataclass(frozen=True, slots=True)
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
        feed = _Feed(io.StringIO(self._decode(text, line, offset), newline=""), self.format.comment, line)
        found = CarefulRows()
        writer = csv.writer(_Collector(found.clean), quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in csv.reader(iter(feed), **self._dialect()):
            if feed.unfinished:
                if at_end:
                    raise self._unclosed(feed, row)
                break
            if self._accept(row, feed, found):
                writer.writerow(row)
        found.consumed, found.next_line = feed.consumed, feed.line
        return found

    def _accept(self, row: list[str], feed: _Feed, found: CarefulRows) -> bool:
        swallowed = len(feed.taken) > 1 and self._swallows("".join(feed.taken))
        if swallowed:
            feed.give_back()
        first, raw = feed.finish()
        if not row or (len(row) == 1 < self.fields and not row[0].strip()):
            return False
        raw = raw.rstrip("\r\n")
        if reason := SWALLOWED if swallowed else self._damage(row, raw):
            found.rejects.append(RejectedRow(first, reason, raw))
            return False
        found.lines.append(first)
        found.raws.append(raw)
        return True

    def _damage(self, row: list[str], raw: str) -> str:
        """Why a row is not loaded; empty where it is sound."""
        if "\0" in raw:
            return "NUL byte"
        if len(row) != self.fields:
            return f"expected {self.fields} fields, found {len(row)}"
        return ""

    def _swallows(self, raw: str) -> bool:
        """Whether a stray quote has joined lines that may be rows of their own.

        The csv module then returns one row of them all, its fields shifted. Only the first line is damaged
        for certain, so it alone is refused, and the others are read again.
        """
        if not self.format.quote or (self.format.escape and self.format.escape in raw):
            return False
        text = raw.encode("utf-8")
        quotes = quote_positions(text, self.format.quote)
        return bool(quotes.size) and first_misplaced(text, quotes, self.format.delimiter) is not None

    def _dialect(self) -> dict[str, Any]:
        if not self.format.quote:
            quoting: dict[str, Any] = {"quoting": csv.QUOTE_NONE}
        else:
            quoting = {"quotechar": self.format.quote, "doublequote": True}
        return {"delimiter": self.format.delimiter, "escapechar": self.format.escape or None, **quoting}

    def _decode(self, text: bytes, line: int, offset: int) -> str:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            at = line + count_lines(text[: error.start])
            raise undecodable("utf-8", offset + error.start, at, self.path) from error

    def _unclosed(self, feed: _Feed, row: list[str]) -> FormatError:
        """The last field runs from the open quote to the end, so its line ends lead back to the quote."""
        last = feed.line + count_lines("".join(feed.taken).encode("utf-8").rstrip(b"\r\n"))
        line = last - count_lines(row[-1].encode("utf-8").rstrip(b"\r\n"))
        return FormatError(
            "A quote is opened and never closed",
            where=f"{self.path}, line {line}",
            advice="Close the quote, or double it where it is part of the text.",
        )
