"""The possible dialects of a text, and what a contract states of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from refdata.core.knownformat import NOTHING_KNOWN, KnownFormat
from refdata.core.statedformat import StatedFormat
from refdata.csvformat.dialects import DELIMITERS, NO_DELIMITER, Dialect
from refdata.csvformat.quoting import escape_for, escapes_each, quote_use

MOST_STRAY = 0.2
"""Apostrophes may be quotes up to this share of misplaced ones."""

_COMMENT = re.compile(r"(?m)^[ \t]*#.*(?:\r\n|\n|\r|\Z)")


def without_comments(text: str) -> str:
    """A text without its lines that start with ``#``, unless nothing else would be left."""
    if "#" not in text:
        return text
    rest = _COMMENT.sub("", text)
    return rest if rest.strip() else text


def possible_dialects(text: str, known: KnownFormat = NOTHING_KNOWN) -> Iterator[Dialect]:
    """The dialects worth trying: each delimiter that occurs, and none; each quote that encloses fields.

    Quote and escape of the table's earlier files are tried even if the text alone would not suggest them.
    """
    apostrophes = '"' not in text and escapes_each(text, "'")
    for delimiter in (*DELIMITERS, NO_DELIMITER):
        if delimiter != NO_DELIMITER and delimiter not in text:
            continue
        if apostrophes:
            yield Dialect(delimiter, "'", "\\")
            continue
        yield from _with_quotes(text, delimiter, known)


def stated_dialects(possible: Sequence[Dialect], stated: StatedFormat) -> list[Dialect]:
    """The possible dialects, with the declared parts in place of their own; at least one."""
    fitting = [one for one in possible if stated.delimiter in (None, one.delimiter)]
    fitting = fitting or [Dialect(stated.delimiter or ",")]
    return list(dict.fromkeys(_with_stated(one, stated) for one in fitting))


def _with_stated(one: Dialect, stated: StatedFormat) -> Dialect:
    return Dialect(
        one.delimiter if stated.delimiter is None else stated.delimiter,
        one.quote if stated.quote is None else stated.quote,
        one.escape if stated.escape is None else stated.escape,
        one.skip_initial_space if stated.skip_initial_space is None else stated.skip_initial_space,
    )


def _with_quotes(text: str, delimiter: str, known: KnownFormat) -> Iterator[Dialect]:
    yield Dialect(delimiter, '"', escape_for(text, delimiter, '"'))
    if '"' in text:
        yield Dialect(delimiter, "")
    if _encloses(text, delimiter):
        yield Dialect(delimiter, "'", escape_for(text, delimiter, "'"))
    if known.quote and known.delimiter in ("", delimiter) and quote_use(text, delimiter, known.quote).enclosed:
        escape = "\\" if known.escape and f"\\{known.quote}" in text else ""
        yield Dialect(delimiter, known.quote, escape)


def _encloses(text: str, delimiter: str) -> bool:
    """Whether apostrophes enclose fields: a writer that quotes with them leaves few of them elsewhere."""
    use = quote_use(text, delimiter, "'")
    return use.enclosed > 0 and use.stray <= MOST_STRAY * use.total
