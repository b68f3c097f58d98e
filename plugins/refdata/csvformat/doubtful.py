"""Lines of a block that may not be rows, sought in the whole block at once.

What is found is a doubt: the reader that goes row by row decides (``skipping.why_skipped``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from refdata.core.filemodel import Format
from refdata.csvformat.namelines import BLANKS, MANY, OTHER_BLANKS, among, behind_quote, lines_of_names, pair_at
from refdata.csvformat.quotes import Positions, places_of
from refdata.csvformat.skipping import BOM, END_OF_FILE, PAGE
from refdata.csvformat.values import Bytes, Mask

_FEED, _RETURN = b"\n\r"
_DRAWN = among(*"-=_")
_BLANK = among(*BLANKS, *OTHER_BLANKS)
_DRAWN_TWICE = re.compile(rb"[-=_]{2}")


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
    lines = np.concatenate([np.zeros(1, np.int32), breaks])
    lines = lines[: np.searchsorted(lines, len(text))]  # the end of the text begins no line
    first = np.frombuffer(text, np.uint8)[lines]
    for mark in (PAGE, END_OF_FILE):
        yield from lines[first == ord(mark)][:1].tolist()
    if fields > 1 and fmt.has_header:
        yield from lines_of_names(text, lines, first, fmt)
        yield from _rules(text, lines, first, fmt)


def _rules(text: bytes, lines: Positions, first: Bytes, fmt: Format) -> Iterator[int]:
    """The offset of the first line that may only underline (``skipping.is_rule``)."""
    number = np.flatnonzero((_DRAWN | _BLANK | among(fmt.quote))[first])
    data = np.frombuffer(text, np.uint8)
    number = number[_may_be_drawn(data, lines[number], fmt)]
    if number.size > MANY and not _is_drawn_twice(data):
        return
    drawn = re.compile(rb"[-=_\s\x80-\xff%b]+" % re.escape(f"{fmt.delimiter}{fmt.quote}".encode()))
    ends = np.append(lines[1:], np.int32(len(text)))
    for start, end in zip(lines[number].tolist(), ends[number].tolist(), strict=True):
        if drawn.fullmatch(text, start, end) and _DRAWN_TWICE.search(text, start, end):
            yield start
            return


def _is_drawn_twice(data: Bytes) -> bool:
    """What ``_DRAWN_TWICE`` finds, in a third of its time."""
    drawn = _DRAWN[data]
    return bool((drawn[1:] & drawn[:-1]).any())


def _may_be_drawn(data: Bytes, at: Positions, fmt: Format) -> Mask:
    """Which lines may begin with a rule, behind a quote or blanks; a negative number does not."""
    here, behind = pair_at(data, behind_quote(data, at, fmt.quote))
    goes_on = _BLANK | _DRAWN | among(fmt.delimiter, fmt.quote, "\r", "\n")
    return _BLANK[here] | (_DRAWN[here] & goes_on[behind])
