"""Row by row reading with Python's csv module, for places where parsers could disagree.

The csv module is the reference: it reads the text, damaged rows become rejects, and the good rows are
written again as plain CSV with every field quoted, so that one fast path types all rows. There is one
exception: where a stray quote makes the csv module join several lines into one row, only the first line is
refused and the others are read as rows, so no neighbour of a damaged row is lost.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, RejectedRow, SkippedLine
from refdata.csvformat.damage import Damage
from refdata.csvformat.limits import BLOCK_BYTES, MAX_RECORD_BYTES
from refdata.csvformat.repairs import Repairs, is_broken, readable
from refdata.csvformat.skipping import COMMENT, is_reordered, mark_before, skipped_line, unmarked, why_skipped
from refdata.csvformat.text import count_lines

SWALLOWED = "a quote that is opened here closes out of place on a later line"
UNCLOSED = "a quote that is opened here is never closed"

READ_ON = 3
"""This many lines after a quote that is never closed must be rows; otherwise the file may have been cut off."""


class _Writer(Protocol):
    def writerow(self, row: Sequence[str], /) -> object: ...


@dataclass(slots=True)
class CarefulRows:
    """The rows read from a stretch of text.

    ``clean`` contains each good row as CSV with comma and ``"``, every field quoted; ``places`` the indices in
    ``lines`` of its first line and of the line after it. ``first_line`` is the number of ``lines[0]`` in
    the file, ``next_line`` that of the line after the last whole record, ``consumed`` the bytes up to there.
    ``skipped`` are lines that are not rows.
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
        """A good row, counted from 0, as a refused row."""
        return self.rejected(*self.places[row], reason)

    def rejected(self, start: int, stop: int, reason: str) -> RejectedRow:
        """The lines from ``start`` up to ``stop`` as a refused row."""
        return RejectedRow(self.first_line + start, reason, readable("".join(self.lines[start:stop])).rstrip("\r\n"))


@dataclass(frozen=True, slots=True)
class _Collector:
    """The target of csv.writer, which calls ``write`` once per row."""

    rows: list[str]

    def write(self, row: str) -> None:
        self.rows.append(row)


@dataclass(slots=True)
class _Feed:
    """Lines for csv.reader, with the reader's current position.

    The current row began with line ``start``; ``at`` is the next line and may be set back. Clear ``in_row``
    after each row, so that comments between rows are skipped. ``ended`` is set when the reader asks for more lines
    than there are, which it also does in the middle of a row. ``passed`` says why a line was skipped or changed, by
    its index.
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
                if why := mark_before(line):
                    line = unmarked(line)
                    self.passed[self.at - 1] = why
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
    :param repairs: gives what could not be decoded in the file, by line.
    """

    path: Path
    format: Format
    fields: int
    repairs: Callable[[], Repairs] = Repairs

    def read(self, text: bytes, line: int, *, at_end: bool) -> CarefulRows:
        """Read the whole records in ``text``, whose first line is ``line``.

        An unfinished record at the end of ``text`` is left unread, unless the file ends here.

        :raises FormatError: a quote that is open at the end of the file.
        """
        csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES + 2 * BLOCK_BYTES))
        source = text.decode("utf-8", "surrogateescape")
        rows = CarefulRows(list(io.StringIO(source, newline="")), line)
        feed = _Feed(rows.lines, self.format.comment)
        stop = self._rows(rows, feed, nul="\0" in source, at_end=at_end, broken=is_broken(source))
        rows.skipped = [
            skipped_line(line + at, readable(rows.lines[at]), why)
            for at, why in sorted(feed.passed.items())
            if at < stop
        ]
        rows.consumed = len(text) - len("".join(rows.lines[stop:]).encode("utf-8", "surrogateescape"))
        rows.next_line = line + stop
        return rows

    def _rows(self, rows: CarefulRows, feed: _Feed, *, nul: bool, at_end: bool, broken: bool) -> int:
        """Read rows; returns the index of the line after the last whole one."""
        writer = csv.writer(_Collector(rows.clean), quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in self._csv_rows(feed):
            raw = unmarked("".join(rows.lines[feed.start : feed.at]))
            if feed.ended and not at_end:
                return feed.start
            if swallowed := self._swallowed(rows, feed, row, raw):
                feed.at, raw = feed.start + 1, unmarked(rows.lines[feed.start])
                self._place(rows, feed, raw, (), swallowed, writer)
            elif why := self._why_skipped(feed, row, rows.first_line):
                feed.passed[feed.start] = why
            elif broken and is_broken(raw):
                lines = rows.first_line + feed.start, rows.first_line + feed.at
                rows.rejects.append(rows.rejected(feed.start, feed.at, self.repairs().reason(*lines)))
            elif len(row) == self.fields and not (nul and "\0" in raw) and self._damage.is_sound(raw):
                writer.writerow(row)
                rows.places.append((feed.start, feed.at))
            elif not self._is_blank(row):
                self._place(rows, feed, raw, row, "", writer)
            feed.in_row = False
        return feed.at

    def _swallowed(self, rows: CarefulRows, feed: _Feed, row: list[str], raw: str) -> str:
        """The fault in the first line of a row to which a stray quote has joined later lines, ``""`` for none.

        :raises FormatError: the quote is open at the end of the file, which may have been cut off there.
        """
        if feed.ended and not self._goes_on(rows.lines[feed.start :]):
            raise self._unclosed(rows, row)
        joined = feed.at - feed.start > 1 and self._swallows(raw)
        return UNCLOSED if feed.ended else SWALLOWED if joined else ""

    def _goes_on(self, lines: Sequence[str]) -> bool:
        """Whether an unclosed quote damages only its own line, because the file was not cut off within a field."""
        if self._damage.placed(unmarked(lines[0])) is not None:
            return True
        behind = lines[1 : 1 + READ_ON]
        return len(behind) == READ_ON and all(map(self._damage.is_row, behind))

    def _csv_rows(self, feed: _Feed) -> Iterator[list[str]]:
        """The csv module's rows, from a new reader if the lines were set back after the last one."""
        while feed.at < len(feed.lines):
            feed.ended = False
            yield from csv.reader(iter(feed), **self._dialect)

    def _place(
        self, rows: CarefulRows, feed: _Feed, raw: str, row: Sequence[str], reason: str, writer: _Writer
    ) -> None:
        """Read a damaged row in its only reading, or refuse it; one that fits only if it is changed, as people said."""
        fitted = None if is_broken(raw) else self._damage.fitted(raw, row)
        if fitted is None or (fitted.asked and not self.format.place_damaged):
            reason = self._damage.reason(readable(raw), row, reason, fitted)
            reject = rows.rejected(feed.start, feed.at, reason)
            rows.rejects.append(reject if fitted is None else replace(reject, fits=True))
            return
        writer.writerow(fitted.cells)
        rows.places.append((feed.start, feed.at))
        feed.passed[feed.start] = fitted.why

    def _why_skipped(self, feed: _Feed, row: list[str], first_line: int) -> str:
        """Why a row of one line is not one.

        :raises FormatError: the header again, in another order: the values below are in other columns from there on.
        """
        one_line = feed.at - feed.start == 1
        if one_line and is_reordered(self.format, row):
            raise FormatError(
                "The header comes again with its columns in another order",
                where=f"{self.path}, line {first_line + feed.start}",
                advice="Drop the lines from there on as a file of their own, or bring both parts into one order.",
            )
        return why_skipped(self.format, feed.lines[feed.start], row, self.fields) if one_line else ""

    def _is_blank(self, row: list[str]) -> bool:
        """Whether the line is empty, or only white space in a file of several columns."""
        return not row or (len(row) == 1 < self.fields and not row[0].strip())

    @cached_property
    def _damage(self) -> Damage:
        return Damage(self.format, self.fields)

    def _swallows(self, raw: str) -> bool:
        """Whether a stray quote has joined lines that may be rows of their own.

        The csv module then returns them all as one row with shifted fields. Only the first line is certainly
        damaged, so it alone is refused, and the others are read again.
        """
        if not self.format.quote or (self.format.escape and self.format.escape in raw):
            return False
        return self._sound_row.fullmatch(raw) is None

    @cached_property
    def _sound_row(self) -> re.Pattern[str]:
        """A row in which no quoted field contains a line break and continues after its closing quote.

        Stray quotes within a line are data, as the csv module reads them. Possessive, so that matching is linear.
        """
        quote, delimiter = re.escape(self.format.quote), re.escape(self.format.delimiter)
        blanks = " *+" if self.format.skip_initial_space else ""
        closed = f"{blanks}{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}(?={delimiter}|[\r\n]|\\Z)"
        on_one_line = f"{quote}[^{quote}\r\n]*+(?:{quote}{quote}[^{quote}\r\n]*+)*+{quote}"
        cell = f"(?:{closed}|(?:{on_one_line}|[^{quote}{delimiter}\r\n])[^{delimiter}\r\n]*+)?"
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

    def _unclosed(self, rows: CarefulRows, row: list[str]) -> FormatError:
        """The last field runs from the open quote to the end, so its line ends lead back to the quote."""
        last = rows.first_line + len(rows.lines) - 1
        line = last - count_lines(row[-1].encode("utf-8", "surrogateescape").rstrip(b"\r\n"))
        return FormatError(
            "A quote is opened and never closed",
            where=f"{self.path}, line {line}",
            advice="Close the quote, or double it where it is part of the text.",
        )
