r"""Lines with bytes that are no text in the file's encoding.

A contract can name a fallback, in which such lines are read. Without one, or where the fallback has no characters for
the bytes either, the row is a reject and the reason names the bytes; the other rows are not affected.

Until then such bytes travel within the UTF-8 text: as they are in a UTF-8 file, and as the three bytes of a lone
surrogate (byte 0x81 as U+DC81) in any other, so that two of them never make a character by chance.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

MOST_PLACES = 10_000
"""Lines whose bytes are remembered; the rejects of further ones name the encoding only."""

SHOWN_BYTES = 4
"""Bytes that a reason names."""

UNREADABLE = "\ufffd"
"""Stands for bytes that are no text where a text is only looked at."""

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_MARK = re.compile(rb"\xed[\xb2\xb3][\x80-\xbf]")
_ESCAPED_MARK = re.compile("\udced([\udcb2\udcb3])([\udc80-\udcbf])")
_ESCAPED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class _BrokenBytes:
    """Bytes that are no text, and the offset of the first in the file, from 0."""

    offset: int
    data: bytes

    def __str__(self) -> str:
        shown = " ".join(f"0x{byte:02X}" for byte in self.data[:SHOWN_BYTES])
        more = " and more" if len(self.data) > SHOWN_BYTES else ""
        return f"byte{'s' if len(self.data) > 1 else ''} {shown}{more} at offset {self.offset}"


@dataclass(slots=True)
class Repairs:
    """Passes a file's text on, whole lines at a time, and remembers the lines that could not be decoded.

    ``places`` has the bytes by the line's number, from 1. ``fallback_lines`` counts the lines that were read in
    the fallback, ``first_fallback`` is the first one's number. ``offsets`` are those of the bytes that the decoder of
    an encoding other than UTF-8 could not read, in order, until their line passes.
    """

    encoding: str = "utf-8"
    fallback: str = ""
    places: dict[int, _BrokenBytes] = field(default_factory=dict)
    fallback_lines: int = 0
    first_fallback: int = 0
    offsets: deque[int] = field(default_factory=deque)
    _line: int = 1
    _offset: int = 0

    def passed(self, text: bytes, lines: int) -> bytes:
        """Text as UTF-8, in which only lines that nothing decodes have bytes that are not UTF-8.

        :param lines: the line ends in it.
        """
        if is_utf8(text):
            self._line += lines
            self._offset += len(text)
            return text
        return b"".join(map(self._checked, _LINE.findall(text)))

    def sentences(self) -> Iterator[str]:
        """The lines that were read in the fallback, for the ledger."""
        if count := self.fallback_lines:
            lines, was = ("1 line", "was") if count == 1 else (f"{count} lines", "were")
            yield (
                f"{lines} could not be decoded as {self.encoding} and {was} read as {self.fallback} (decode_fallback);"
                f" the first is line {self.first_fallback}."
            )

    def reason(self, first: int, stop: int) -> str:
        """Why the row of the lines from ``first`` up to ``stop`` cannot be read."""
        place = next((self.places[line] for line in range(first, stop) if line in self.places), None)
        verb = "is" if place and len(place.data) == 1 else "are"
        return f"{place or 'bytes of the row'} {verb} not valid {self.encoding}"

    def _checked(self, line: bytes) -> bytes:
        number, start = self._line, self._offset
        self._line += line.endswith((b"\r", b"\n"))
        self._offset += len(line)
        if is_utf8(line):
            return line
        place = self._place(line, start)
        with suppress(UnicodeDecodeError):
            if self.fallback:
                text = self._original(line).decode(self.fallback)
                self.first_fallback = self.first_fallback or number
                self.fallback_lines += 1
                return text.encode("utf-8")
        if len(self.places) < MOST_PLACES:
            self.places[number] = place
        return line

    def _place(self, line: bytes, start: int) -> _BrokenBytes:
        marks = list(_MARK.finditer(line)) if self.offsets else []
        if not marks:
            at, end = _first_broken(line)
            return _BrokenBytes(start + at, line[at:end])
        offsets = [self.offsets.popleft() for _ in marks if self.offsets]
        run = next((n for n in range(1, len(offsets)) if offsets[n] != offsets[0] + n), len(offsets))
        return _BrokenBytes(offsets[0], b"".join(map(_marked, marks[:run])))

    def _original(self, line: bytes) -> bytes:
        """The line as it is in the file."""
        if self.encoding == "utf-8":
            return line
        return line.decode("utf-8", "surrogatepass").encode(self.encoding, "surrogateescape")


def is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8 and end with a whole character."""
    if text.isascii():
        return True
    try:
        codecs.utf_8_decode(text, "strict", True)
    except UnicodeDecodeError:
        return False
    return True


def is_broken(text: str) -> bool:
    """Whether text that was decoded with ``surrogateescape`` has bytes that are no text."""
    return not text.isascii() and _ESCAPED.search(text) is not None


def broken_at(text: str) -> list[int]:
    """The indices of such bytes in decoded text."""
    return [] if text.isascii() else [one.start() for one in _ESCAPED.finditer(text)]


def mended(text: str, encoding: str, fallback: str) -> str:
    """Such text with its broken lines in the fallback, or else with ``UNREADABLE`` for each byte, to look at it."""
    if not is_broken(text):
        return text
    return "".join(_mended_line(line, encoding, fallback) for line in text.splitlines(keepends=True))


def _mended_line(line: str, encoding: str, fallback: str) -> str:
    if not is_broken(line):
        return line
    with suppress(UnicodeDecodeError):
        if fallback:
            return line.encode(encoding, "surrogateescape").decode(fallback)
    return _ESCAPED.sub(UNREADABLE, line)


def readable(text: str) -> str:
    r"""Such text with each byte as ``\xE9``."""
    if not is_broken(text):
        return text
    plain = _ESCAPED_MARK.sub(lambda one: f"\\x{_byte(ord(one[1]) - 0xDC00, ord(one[2]) - 0xDC00):02X}", text)
    return _ESCAPED.sub(lambda one: f"\\x{ord(one[0]) - 0xDC00:02X}", plain)


def _first_broken(line: bytes) -> tuple[int, int]:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start, error.end
    return 0, 0


def _marked(mark: re.Match[bytes]) -> bytes:
    return bytes([_byte(mark[0][1], mark[0][2])])


def _byte(second: int, third: int) -> int:
    """The byte that the last two of three bytes of a lone surrogate stand for."""
    return ((second & 0x03) << 6 | (third & 0x3F)) & 0xFF
