"""Lines of a block that may not be rows, sought in the whole block at once.

What is found is a doubt: the reader that goes row by row decides (``skipping.why_skipped``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from refdata.core.filemodel import Format
from refdata.csvformat.quotes import Positions, places_of
from refdata.csvformat.skipping import BOM, END_OF_FILE, PAGE
from refdata.csvformat.values import Bytes

_FEED, _RETURN = b"\n\r"
_BLANK = ord(" ")
_BLANKS = (" ", "\t", PAGE, BOM)
"""What may precede the first name of a line."""
_MOST_WORDS = 500
"""Spellings of names that are looked for one by one."""


def line_breaks(text: bytes) -> Positions:
    r"""Offsets behind each ``\n`` and ``\r``: a ``\r\n`` counts twice.

    >>> line_breaks(b"a\nb\n").tolist()
    [2, 4]
    """
    return places_of(text, (_FEED, _RETURN) if b"\r" in text else (_FEED,)) + np.int32(1)


def doubtful_places(text: bytes, breaks: Positions, fmt: Format, fields: int) -> Iterator[int]:
    """Offsets of the first lines in a block that may not be rows, apart from comments.

    :param breaks: ``line_breaks`` of the text.
    """
    at = -1 if text.isascii() else text.find(BOM.encode())  # a twentieth of the time of the search
    if at >= 0:
        yield at
    named = fields > 1 and fmt.has_header
    lines = np.concatenate([np.zeros(1, np.int32), breaks])
    lines = lines[: np.searchsorted(lines, len(text))]  # the end of the text begins no line
    data = np.frombuffer(text, np.uint8)
    first = data[lines]
    if named and _may_begin_with_name(data, lines, first, fmt):
        yield from _longest_name(text, fmt)
    starts = (PAGE, END_OF_FILE, *(_line_starts(fmt) if named else ()))
    some = lines[_among(*starts)[first]]
    found = (_places(data, some, start) for start in starts)
    yield from (int(places[0]) for places in found if places.size)


def _may_begin_with_name(data: Bytes, lines: Positions, first: Bytes, fmt: Format) -> bool:
    """Whether a line begins with one of the names, as each line with all of them does, whatever their order.

    Without, the whole block is searched for a name: a third of the time of a scan.

    :param first: the first byte of each line.
    """
    names = _Names.of(fmt.header, fmt.delimiter, fmt.quote)
    if names.any_begins(data, lines, first):
        return True
    inside = lines[first == ord(fmt.quote)] + 1 if fmt.quote else lines[:0]
    inside = inside[: np.searchsorted(inside, data.size)]
    return names.any_begins(data, inside, data[inside])


@dataclass(frozen=True, slots=True)
class _Names:
    """The names as a line may begin with one of them.

    ``begins`` has the pairs of bytes with which such a line may begin, by first and second byte, ``firsts`` those first
    bytes; ``anyhow`` those that need no name behind them; ``words`` the first word of each name, in each spelling, and
    whether it is the whole name; ``ends`` the bytes behind a cell.
    """

    begins: npt.NDArray[np.bool_]
    firsts: npt.NDArray[np.bool_]
    anyhow: npt.NDArray[np.bool_]
    words: tuple[tuple[str, bool], ...]
    ends: npt.NDArray[np.bool_]

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, header: tuple[str, ...], delimiter: str, quote: str) -> _Names:
        """The names of a header; the first one may be none."""
        cell_ends = (delimiter, "\r", "\n", *((quote,) if quote else ()))
        anyhow = _among(*_BLANKS, *(cell_ends if not header[0] else ()))
        begins = np.repeat(anyhow[:, None], 256, axis=1)
        words = {_first_word(text) for name in header for text in _spellings(name) if text.strip()}
        for word in (word.encode() for word, _ in words):
            begins[word[0], word[1] if len(word) > 1 else slice(None)] = True
        return cls(begins, np.any(begins, axis=1), anyhow, tuple(words), _among(*cell_ends))

    def any_begins(self, data: Bytes, at: Positions, first: Bytes) -> bool:
        """Whether a name is at one of the offsets, where the bytes are ``first``."""
        at = at[self.firsts[first]]
        at = at[self.begins[data[at], data[np.minimum(at + 1, data.size - 1)]]]
        if not at.size:
            return False
        return bool(self.anyhow[data[at]].any()) or len(self.words) > _MOST_WORDS or self._any_is_name(data, at)

    def _any_is_name(self, data: Bytes, at: Positions) -> bool:
        return any(
            not whole or _any_ends(data, behind, self.ends)
            for word, whole in self.words
            if (behind := _places(data, at, word) + np.int32(len(word.encode()))).size
        )


def _first_word(name: str) -> tuple[str, bool]:
    """The first word of a name, and whether there is no other: blanks between words may be written otherwise."""
    word = name.split()[0]
    return word, word == name


def _places(data: Bytes, at: Positions, word: str) -> Positions:
    """Those of the offsets where a text is; byte by byte, because few are left after the first ones."""
    for index, byte in enumerate(word.encode()):
        at = at[: np.searchsorted(at, data.size - index)]
        at = at[data[at + np.int32(index)] == byte]
        if not at.size:
            break
    return at


def _any_ends(data: Bytes, at: Positions, ends: npt.NDArray[np.bool_]) -> bool:
    """Whether a cell ends at one of the offsets, or after blanks from there on."""
    while at.size:
        if at[-1] >= data.size or ends[data[at]].any():
            return True
        at = at[data[at] == _BLANK] + np.int32(1)
    return False


def _among(*texts: str) -> npt.NDArray[np.bool_]:
    """Which bytes one of the texts begins with."""
    among = np.zeros(256, np.bool_)
    among[[text.encode()[0] for text in texts]] = True
    return among


def _spellings(name: str) -> set[str]:
    """How a name may be written again, in capitals or small letters."""
    return {name, name.upper(), name.lower(), name.capitalize(), name.title()}


def _longest_name(text: bytes, fmt: Format) -> Iterator[int]:
    """Where the longest name is a cell, as in a line with the names in another order; the first place each way."""
    name = max(fmt.header, key=len)
    before = f"{fmt.delimiter[-1:]}{fmt.quote}{BOM}{PAGE} \r\n".encode()
    behind = f"{fmt.delimiter[:1]}{fmt.quote} \r\n".encode()
    for written in _spellings(name) if name else ():
        cell = written.encode()
        at = text.find(cell)
        while at >= 0 and not (text[at - 1 : at] in before and text[at + len(cell) : at + len(cell) + 1] in behind):
            at = text.find(cell, at + 1)
        if at >= 0:
            yield at


def _line_starts(fmt: Format) -> Iterator[str]:
    """The possible beginnings of a repeated header or a rule."""
    yield from sorted({*fmt.header_texts, *_written(fmt)})
    yield from ("--", "==", "__", '"--', '"==', " --", f"-{fmt.delimiter}-")


def _written(fmt: Format) -> Iterator[str]:
    """How the header may begin if a writer that quotes, pads or capitalises otherwise wrote it again."""
    first = fmt.header[:2]
    if not all(first):
        return
    for names in (first, [name.upper() for name in first], [name.lower() for name in first]):
        yield fmt.delimiter.join(names)
        if fmt.quote:
            yield fmt.delimiter.join(f"{fmt.quote}{name}{fmt.quote}" for name in names)
    yield f" {first[0]}"
