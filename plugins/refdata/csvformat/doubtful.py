"""Lines of a block that may not be rows, sought in the whole block at once.

What is found is a doubt: the reader that goes row by row decides (``skipping.why_skipped``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from refdata.core.filemodel import Format
from refdata.csvformat.quotes import Positions, places_of
from refdata.csvformat.skipping import BOM, END_OF_FILE, PAGE
from refdata.csvformat.values import Bytes

_FEED, _RETURN = b"\n\r"
_BLANKS = (" ", "\t", PAGE, BOM)
"""What may precede the first name of a line."""


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
    first = np.frombuffer(text, np.uint8)[lines]
    if named and _may_begin_with_name(text, lines, first, fmt):
        yield from _longest_name(text, fmt)
    starts = (PAGE.encode(), END_OF_FILE.encode(), *(_line_starts(fmt) if named else ()))
    among = np.zeros(256, np.bool_)
    among[[start[0] for start in starts]] = True
    # A few comparisons for most blocks.
    line = next((line for line in map(int, lines[among[first]]) if text.startswith(starts, line)), None)
    if line is not None:
        yield line


def _may_begin_with_name(text: bytes, lines: Positions, first: Bytes, fmt: Format) -> bool:
    """Whether a line begins like one of the names, as each line with all of them does, whatever their order.

    Two bytes are compared. Without, the whole block is searched for a name: a third of the time of a scan.

    :param first: the first byte of each line.
    """
    data = np.frombuffer(text, np.uint8)
    begins = _beginnings(fmt.header, fmt.delimiter, fmt.quote)
    if _any_begins(data, lines, first, begins):
        return True
    inside = lines[first == ord(fmt.quote)] + 1 if fmt.quote else lines[:0]
    inside = inside[: np.searchsorted(inside, data.size)]
    return _any_begins(data, inside, data[inside], begins)


def _any_begins(data: Bytes, at: Positions, first: Bytes, begins: npt.NDArray[np.bool_]) -> bool:
    """Whether the two bytes at one of the offsets, the first of which is ``first``, are among ``begins``."""
    some: npt.NDArray[np.bool_] = np.any(begins, axis=1)
    at = at[some[first]]
    return bool(begins[data[at], data[np.minimum(at + 1, data.size - 1)]].any())


@lru_cache(maxsize=8)
def _beginnings(header: tuple[str, ...], delimiter: str, quote: str) -> npt.NDArray[np.bool_]:
    """The pairs of bytes with which a line of names may begin, by first and second byte."""
    begins = np.zeros((256, 256), np.bool_)
    unnamed = (delimiter, *((quote,) if quote else ())) if not header[0] else ()
    begins[[text.encode()[0] for text in (*_BLANKS, *unnamed)]] = True
    written = {text.encode() for name in header for text in (name, name.upper(), name.lower())}
    for name in filter(None, written):
        begins[name[0], name[1] if len(name) > 1 else slice(None)] = True
    return begins


def _longest_name(text: bytes, fmt: Format) -> Iterator[int]:
    """Where the longest name is a cell, as in a line with the names in another order; the first place each way."""
    name = max(fmt.header, key=len)
    before = f"{fmt.delimiter[-1:]}{fmt.quote}{BOM}{PAGE} \r\n".encode()
    behind = f"{fmt.delimiter[:1]}{fmt.quote} \r\n".encode()
    for written in {name, name.upper(), name.lower()} if name else ():
        cell = written.encode()
        at = text.find(cell)
        while at >= 0 and not (text[at - 1 : at] in before and text[at + len(cell) : at + len(cell) + 1] in behind):
            at = text.find(cell, at + 1)
        if at >= 0:
            yield at


def _line_starts(fmt: Format) -> Iterator[bytes]:
    """The possible beginnings of a repeated header or a rule."""
    texts = {*fmt.header_texts, *_written(fmt)}
    for header in sorted(texts):
        yield header.encode()
    yield from (b"--", b"==", b"__", b'"--', b'"==', b" --", f"-{fmt.delimiter}-".encode())


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
