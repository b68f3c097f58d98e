"""Cuts a file's text into blocks of whole records and marks the plain ones.

A block is plain when every parser reads it the same way, so pyarrow may parse it. Anything doubtful (a misplaced
quote, an escape, a NUL byte, a comment, a repeated header, a byte-order mark) is read here, row by row, and
becomes a plain block of its good rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, RejectedRow, SkippedLine
from refdata.csvformat.careful import CarefulReader, CarefulRows
from refdata.csvformat.doubtful import doubtful_places, line_breaks
from refdata.csvformat.drawn import redrawn_chunks
from refdata.csvformat.limits import CAREFUL_BYTES, MAX_RECORD_BYTES, refuse_wide
from refdata.csvformat.quotes import (
    Positions,
    escaped_positions,
    first_behind,
    first_misplaced,
    last_record_end,
    quote_positions,
    without,
)
from refdata.csvformat.text import FileBytes, count_lines, drop_last_lines, skip_lines, utf8_chunks

_NONE = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records as UTF-8.

    ``line`` is the physical line of the first record, ``next_line`` the one behind the last. ``rows`` is set if the csv
    module has already read the block; ``text`` is then its clean form.
    """

    text: bytes
    line: int
    next_line: int
    rows: CarefulRows | None = None

    def size(self) -> int:
        """Bytes of the text."""
        return len(self.text)

    @property
    def skipped(self) -> list[SkippedLine]:
        """Lines that the csv module skipped while the block was cut."""
        return self.rows.skipped if self.rows else []

    @property
    def rejects(self) -> list[RejectedRow]:
        """Rows that the csv module refused while the block was cut."""
        return self.rows.rejects if self.rows else []


class Blocks(Protocol):
    """A file's rows as blocks, in order. ``careful`` reads a block again that has not set ``rows``."""

    @property
    def careful(self) -> CarefulReader: ...  # noqa: D102

    @property
    def next_line(self) -> int:
        """The number of the line after the blocks so far."""
        ...

    def blocks(self) -> Iterator[Block]:
        """All blocks of the file."""
        ...


Cut = Callable[[FileBytes, Format, int], Blocks]
"""Cuts a file into blocks; also gets the number of fields that a good row has."""


@dataclass(slots=True)
class BlockCutter:
    """Cuts one file into blocks, in order.

    :param fields: how many fields a good row has.
    """

    source: FileBytes
    format: Format
    fields: int
    _line: int = field(init=False)

    def __post_init__(self) -> None:
        """Refuse a file that no table can store."""
        self._line = 1 + self._head_lines
        refuse_wide(self.fields, self.source.path)

    @property
    def careful(self) -> CarefulReader:
        """The reader that reads this file row by row."""
        return CarefulReader(self.source.path, self.format, self.fields, lambda: self.source.repairs)

    @property
    def _head_lines(self) -> int:
        return self.format.preamble_lines + (self.format.header_lines if self.format.has_header else 0)

    @property
    def next_line(self) -> int:
        """The number of the line after the blocks cut so far; after the last block the trailer begins."""
        return self._line

    def blocks(self) -> Iterator[Block]:
        """All blocks of the file.

        :raises FormatError: bytes that are no UTF-16 or UTF-32, an unclosed quote, or a row past the bound.
        """
        rest = b""
        text = utf8_chunks(self.source, self.format.encoding, self.format.decode_fallback)
        body = skip_lines(redrawn_chunks(text, self.format.drawing), self._head_lines)
        for chunk in drop_last_lines(body, self.format.trailer_lines):
            rest = yield from self._cut(rest + chunk, at_end=False)
            self._bound(rest)
        yield from self._cut(rest, at_end=True)

    def _cut(self, text: bytes, *, at_end: bool) -> Generator[Block, None, bytes]:
        """Yield the blocks in ``text``; return the unfinished rest."""
        while text:
            block, consumed = self._first_block(text, at_end=at_end)
            if block is None:
                break
            self._line = block.next_line
            text = text[consumed:]
            yield block
        return text

    def _first_block(self, text: bytes, *, at_end: bool) -> tuple[Block | None, int]:
        breaks = line_breaks(text)
        end, doubtful = self._plain_end(text, breaks, at_end=at_end)
        if end:
            lines = count_lines(text[:end]) if b"\r" in text else int(np.searchsorted(breaks, end, "right"))
            return Block(text[:end], self._line, self._line + lines), end
        return self._careful_block(text, at_end=at_end) if doubtful or at_end else (None, 0)

    def _plain_end(self, text: bytes, breaks: Positions, *, at_end: bool) -> tuple[int, bool]:
        """The length of the plain whole records at the start of ``text``, and whether something doubtful follows."""
        quotes, misplaced = self._quotes(text)
        doubts = [at for at in (*misplaced, *self._hazards(text, breaks)) if at is not None]
        if not doubts and at_end and quotes.size % 2 == 0:
            return len(text), False
        sound = text[: min(doubts)] if doubts else text
        return last_record_end(sound, quotes), bool(doubts)

    def _quotes(self, text: bytes) -> tuple[Positions, tuple[int | None, ...]]:
        """The quotes that open or close a field, and the offsets of doubtful ones."""
        quotes = quote_positions(text, self.format.quote) if self.format.quote else _NONE
        escape_doubts: tuple[int | None, ...] = ()
        if self.format.escape and self.format.escape.encode("utf-8") in text:
            escaped, doubtful = escaped_positions(text, self.format.escape)
            quotes = without(quotes, escaped)
            escape_doubts = doubtful, first_behind(quotes, escaped)
        misplaced = first_misplaced(text, quotes, self.format.delimiter) if quotes.size else None
        return quotes, (misplaced, *escape_doubts)

    def _hazards(self, text: bytes, breaks: Positions) -> Iterator[int | None]:
        """Offsets of anything that parsers may read differently, apart from quotes."""
        yield _found(text.find(b"\0"))
        yield 0 if self.format.skip_initial_space else None
        yield from doubtful_places(text, breaks, self.format, self.fields)
        if self.format.comment:
            mark = self.format.comment.encode("utf-8")
            comment = re.search(rb"(?:\A|[\r\n])" + re.escape(mark), text)
            yield comment.end() - len(mark) if comment else None

    def _careful_block(self, text: bytes, *, at_end: bool) -> tuple[Block | None, int]:
        size = CAREFUL_BYTES
        while True:
            stretch = text if at_end and size >= len(text) else _whole_lines(text, size)
            rows = self.careful.read(stretch, self._line, at_end=at_end and size >= len(text))
            if rows.consumed:
                return Block(rows.text(), self._line, rows.next_line, rows), rows.consumed
            if size >= len(text):
                return None, 0
            size *= 2

    def _bound(self, rest: bytes) -> None:
        if len(rest) > MAX_RECORD_BYTES:
            raise FormatError(
                f"A row is longer than {MAX_RECORD_BYTES // 1024**2} MiB",
                where=f"{self.source.path}, line {self._line}",
                advice="Look for a quote that is opened there and never closed, or for missing line ends.",
            )


def _found(at: int) -> int | None:
    return None if at < 0 else at


def _whole_lines(text: bytes, size: int) -> bytes:
    """The physical lines that end within the first ``size`` bytes."""
    end = max(text.rfind(b"\n", 0, size), text.rfind(b"\r", 0, size)) + 1
    return text[: end + 1] if text[end - 1 : end + 1] == b"\r\n" else text[:end]
