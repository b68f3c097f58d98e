"""The confidence of a detection, with its reasons in words."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.csvformat.dialects import NO_DELIMITER
from refdata.csvformat.encoding import Encoding
from refdata.csvformat.evidence import DialectEvidence
from refdata.csvformat.layout import Header, TableStart
from refdata.csvformat.trailer import Trailer

SHOWN = 60
"""Characters of a skipped line that a reason quotes."""

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def confidence(share: float, evidence: DialectEvidence, encoding: Encoding) -> float:
    """The chance of the best dialect, less what its rows lack of a table's shape and cells, 0 to 1."""
    shape = max(evidence.shape.uniform, evidence.shape.steady)
    sound = 1 - evidence.fit.broken
    return round(share * (0.25 + 0.75 * shape) * sound * encoding.confidence * (1 - _prose(evidence)), 4)


def _prose(evidence: DialectEvidence) -> float:
    """How much the rows are running text: lines of many words in one column, or cut at commas, no two alike."""
    if evidence.dialect.delimiter == NO_DELIMITER:
        return 0.9 * evidence.fit.prose
    return min(0.9, 4 * evidence.fit.clauses * (1 - evidence.shape.uniform))


def reasons(
    evidence: DialectEvidence, encoding: Encoding, start: TableStart, header: Header, trailer: Trailer
) -> tuple[str, ...]:
    """Sentences on each decision, for people and the ledger."""
    sentences = [encoding.reason, _delimiter(evidence), _quote(evidence), _header(start, header)]
    if start.line:
        sentences.append(
            f"{_lines(start.line)} before the table skipped{_quoted([line.text for line in start.skipped])}"
        )
    if start.comment:
        sentences.append(f"lines that start with {start.comment!r} are comments")
    if trailer.lines:
        sentences.append(
            f"{_lines(trailer.lines)} after the table skipped{_quoted([line.text for line in trailer.skipped])}"
        )
    if trailer.stated_rows is not None:
        sentences.append(f"the trailer states {trailer.stated_rows} rows")
    return tuple(one for one in sentences if one)


def reading(evidence: DialectEvidence) -> str:
    """A dialect in words, for people who decide between two: ``comma-delimited with 3 fields``."""
    if evidence.dialect.delimiter == NO_DELIMITER:
        return "as a single column"
    name = _NAMES.get(evidence.dialect.delimiter, repr(evidence.dialect.delimiter))
    unquoted = "" if evidence.dialect.quote else ", without quotes"
    width = evidence.shape.width
    if width == 1:
        return f"{name}-delimited, with 1 field in most rows{unquoted}"
    return f"{name}-delimited with {width} fields{unquoted}"


def _delimiter(evidence: DialectEvidence) -> str:
    shape = evidence.shape
    if evidence.dialect.delimiter == NO_DELIMITER:
        return f"a single column: no delimiter divides the {shape.rows} examined rows evenly"
    if shape.width == 1:
        return f"a single column in {shape.uniform:.0%} of {shape.rows} rows"
    name = _NAMES.get(evidence.dialect.delimiter, repr(evidence.dialect.delimiter))
    return f"{name} gives {shape.width} fields in {shape.uniform:.0%} of {shape.rows} examined rows"


def _quote(evidence: DialectEvidence) -> str:
    quotes = evidence.quotes
    if evidence.dialect.escape:
        return f"a backslash escapes {evidence.dialect.quote}"
    if not evidence.dialect.quote:
        return 'the character " occurs within text and encloses no fields'
    if not quotes.total:
        return ""
    return f"{quotes.placed:.0%} of the {evidence.dialect.quote} characters are at the boundaries of fields"


def _header(start: TableStart, header: Header) -> str:
    if not header.present:
        return f"no header: the first row looks like those below it (log odds {header.odds:.1f})"
    more = f", in {header.rows} rows" if header.rows > 1 else ""
    return f"line {start.rows[0].first + 1} names the columns{more} (log odds {header.odds:.1f})"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _quoted(texts: Sequence[str]) -> str:
    shown = "; ".join(repr(text[:SHOWN]) for text in texts[:3])
    return f": {shown}" if shown else ""
