"""Where in a rejected line the fault is: the reason names fields and columns, the line's text has them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from refdata.core.naming import column_names, fold_name

SHOWN = 2_000
"""Characters of a line that are shown."""

_EXPECTED = re.compile(r"^expected (\d+) fields?, found (\d+)")
_FIELD = re.compile(r"\bfield (\d+)\b")
_COLUMN = re.compile(r"^(?:the value of )?column (?P<quoted>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_LISTED = re.compile(r"^the (?:key \((?P<key>.+?)\)|value of (?P<names>.+?)) (?:needs|is) ")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A piece of a line; ``is_fault`` where something is wrong with it."""

    text: str
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not loaded: its number from 1, why, the columns at fault, and its text in pieces.

    ``missing`` is how many fields the line lacks; ``is_cut``: only its beginning is here.
    """

    line: int
    reason: str
    columns: tuple[str, ...]
    parts: tuple[MarkedText, ...]
    missing: int = 0
    is_cut: bool = False


def rejected_line(line: int, reason: str, raw: str, header: Sequence[str], delimiter: str, quote: str) -> RejectedLine:
    """A line of the list of rejects, with its fault marked.

    >>> found = rejected_line(3, "column 'price' breaks its rule: at least 0", "a,-1", ("code", "price"), ",", '"')
    >>> found.columns, [part.text for part in found.parts if part.is_fault]
    (('price',), ['-1'])
    >>> rejected_line(4, "expected 3 fields, found 2", "a,b", ("x", "y", "z"), ",", '"').missing
    1
    """
    text = raw[:SHOWN]
    at_fault = sorted(set(_fields_at_fault(reason, header)))
    spans = field_spans(text, delimiter, quote)
    marked = [spans[at] for at in at_fault if at < len(spans)]
    names = tuple(header[at] for at in at_fault if at < len(header))
    expected = _EXPECTED.match(reason)
    missing = max(0, int(expected[1]) - int(expected[2])) if expected else 0
    return RejectedLine(line, reason, names, tuple(_parts(text, marked)), missing, is_cut=len(text) < len(raw))


def field_spans(text: str, delimiter: str, quote: str) -> list[tuple[int, int]]:
    """Where each field of a line begins and ends.

    >>> field_spans('a,"b,c",', ",", '"')
    [(0, 1), (2, 7), (8, 8)]
    """
    if not delimiter:
        return [(0, len(text))]
    spans, start, at, quoted = [], 0, 0, False
    while at < len(text):
        # A quote opens a field only at its start; a doubled one closes and opens it again.
        if quote and text[at] == quote and (quoted or at == start or text[at - 1] == quote):
            quoted = not quoted
        elif not quoted and text.startswith(delimiter, at):
            spans.append((start, at))
            start = at + len(delimiter)
        at += 1
    return [*spans, (start, len(text))]


def _fields_at_fault(reason: str, header: Sequence[str]) -> Iterator[int]:
    """Indices of the fields that a reason names."""
    if expected := _EXPECTED.match(reason):
        yield from range(int(expected[1]), int(expected[2]))
    elif found := _COLUMN.match(reason):
        yield from _places([_unquoted(found["quoted"])], header)
        return
    elif found := _LISTED.match(reason):
        yield from _places((found["key"] or found["names"]).split(", "), header)
        return
    for field in _FIELD.finditer(reason):
        yield int(field[1]) - 1


def _places(names: Sequence[str], header: Sequence[str]) -> Iterator[int]:
    written = [fold_name(name) for name in header]
    made = [fold_name(name) for name in column_names(header)]
    for name in map(fold_name, names):
        if name in written:
            yield written.index(name)
        elif name in made:
            yield made.index(name)


def _unquoted(text: str) -> str:
    """A name from its ``repr``."""
    return re.sub(r"\\(['\"\\])", r"\1", text[1:-1])


def _parts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[MarkedText]:
    at = 0
    for start, end in spans:
        if at < start:
            yield MarkedText(text[at:start])
        yield MarkedText(text[start:end], is_fault=True)
        at = end
    if at < len(text) or not spans:
        yield MarkedText(text[at:])
