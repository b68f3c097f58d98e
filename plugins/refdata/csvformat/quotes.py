"""Whether the quotes of a block are where quotes belong, checked with numpy over their positions.

In a block that begins at a record's start and whose quotes are all in place, parsers agree: an opening
quote follows a delimiter, a line end or the start, a closing one precedes a delimiter, a line end or
the end, and a doubled one stands for itself. Python's csv module and pyarrow then read the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from refdata.csvformat.limits import MASK_BYTES
from refdata.csvformat.values import Bytes

Positions = npt.NDArray[np.int32]
"""Offsets in a block; half the memory of numpy's own, which matters if a file is full of quotes."""

_FEED, _RETURN = b"\n\r"
_STRETCH = 65_536


def quote_positions(text: bytes, quote: str) -> Positions:
    """Offsets of all quotes in ``text``."""
    return places_of(text, (ord(quote),))


def places_of(text: bytes, wanted: Sequence[int]) -> Positions:
    """Offsets of all bytes of ``text`` that are one of ``wanted``.

    >>> places_of(b"a,b,c", (ord(","),)).tolist()
    [1, 3]
    """
    data = np.frombuffer(text, np.uint8)
    parts = [
        (np.flatnonzero(_is_one(data[at : at + MASK_BYTES], wanted)) + at).astype(np.int32)
        for at in range(0, data.size, MASK_BYTES)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def _is_one(data: Bytes, wanted: Sequence[int]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = data == wanted[0]
    for byte in wanted[1:]:
        found |= data == byte
    return found


def escaped_positions(text: bytes, escape: str) -> tuple[Positions, int | None]:
    """Offsets of the escaped characters, and of the first doubtful escape.

    Parsers differ over an escaped line end; an escaped escape would need counting, and is rare.
    """
    data = np.frombuffer(text, np.uint8)
    escapes = places_of(text, (ord(escape),))
    escaped = escapes + 1
    following = data[np.minimum(escaped, data.size - 1)]
    doubtful = (escaped == data.size) | np.isin(following, (_FEED, _RETURN, ord(escape)))
    return escaped, int(escapes[doubtful.argmax()]) if doubtful.any() else None


def without(quotes: Positions, escaped: Positions) -> Positions:
    """The quotes that are not escaped."""
    return quotes[~np.isin(quotes, escaped, assume_unique=True)]


def first_behind(quotes: Positions, escaped: Positions) -> int | None:
    """Offset of the first quote right after an escaped character, which may look like a delimiter."""
    behind = np.isin(quotes - 1, escaped, assume_unique=True)
    return int(quotes[behind.argmax()]) if behind.any() else None


def first_misplaced(text: bytes, quotes: Positions, delimiter: str) -> int | None:
    """Offset of the first misplaced quote, None if there is none.

    The last quote may close at the very end of ``text``; an unclosed field is not judged here.
    """
    data = np.frombuffer(text, np.uint8)
    opens, closes = quotes[0::2], quotes[1::2]
    doubled = opens[1:] == closes[: opens.size - 1] + 1
    bad_opens = ~_edges(data, opens - 1, delimiter)
    bad_opens[1:] &= ~doubled
    bad_closes = ~_edges(data, closes + 1, delimiter)
    bad_closes[: doubled.size] &= ~doubled
    offsets = [int(part[bad.argmax()]) for part, bad in ((opens, bad_opens), (closes, bad_closes)) if bad.any()]
    return min(offsets, default=None)


def _edges(data: Bytes, at: Positions, delimiter: str) -> npt.NDArray[np.bool_]:
    """Where a delimiter, a line end or the edge of the text is."""
    inside = (at >= 0) & (at < data.size)
    near = data[np.where(inside, at, 0)] if data.size else np.zeros(at.size, np.uint8)
    edges: npt.NDArray[np.bool_] = ~inside | (near == ord(delimiter)) | (near == _FEED) | (near == _RETURN)
    return edges


def last_record_end(text: bytes, quotes: Positions) -> int:
    """Offset after the last line end outside quotes; 0 if there is none. Searches from the back.

    ``text`` must not end between a carriage return and its line feed.
    """
    data = np.frombuffer(text, np.uint8)
    returns, stop = b"\r" in text, data.size
    while stop > 0:
        start = max(0, stop - _STRETCH)
        ends = data[start:stop] == _FEED
        if returns:
            ends |= _lone_returns(data, start, stop)
        places = np.flatnonzero(ends).astype(np.int32) + np.int32(start)  # the quotes' type, or a search converts them
        outside = places[np.searchsorted(quotes, places) % 2 == 0]
        if outside.size:
            return int(outside[-1]) + 1
        stop = start
    return 0


def _lone_returns(data: Bytes, start: int, stop: int) -> npt.NDArray[np.bool_]:
    lone: npt.NDArray[np.bool_] = data[start:stop] == _RETURN
    following = data[start + 1 : stop + 1] == _FEED
    lone[: following.size] &= ~following
    return lone
