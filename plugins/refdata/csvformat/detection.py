"""Detects how to read a file from its own content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, RunnerUp, SkippedLine
from refdata.core.knownformat import NOTHING_KNOWN, KnownFormat
from refdata.core.statedformat import NOTHING_STATED, SINGLE, StatedFormat
from refdata.csvformat.closecall import close_call, loose_first, shown_delimiter, unsure_letters
from refdata.csvformat.comments import separator_line
from refdata.csvformat.comparison import comparison
from refdata.csvformat.confidence import confidence, reasons
from refdata.csvformat.dialects import TextRow
from refdata.csvformat.drawings import drawn_text
from refdata.csvformat.drawn import delimiter_of, redrawn
from refdata.csvformat.encoding import Encoding, decode, detect_encoding
from refdata.csvformat.layout import Header, TableStart, find_header, joined_names, table_start
from refdata.csvformat.lines import from_next_line, line_ending, physical_lines, without_broken_line
from refdata.csvformat.ranking import Candidate, rank_dialects
from refdata.csvformat.repairs import UNREADABLE, mended
from refdata.csvformat.sample import SAMPLE_BYTES, Sample, read_sample
from refdata.csvformat.score import chances
from refdata.csvformat.signatures import refuse_other_bytes, refuse_other_text
from refdata.csvformat.skipping import RULE, UNITS, is_rule, skipped_line
from refdata.csvformat.stated import stated_encoding, stated_layout
from refdata.csvformat.trailer import LOOKED_AT, Trailer, find_trailer, last_rows
from refdata.csvformat.twoparts import table_behind

MIN_CONFIDENCE = 0.2
"""The confidence below which a file is refused. No annotated real file of three public corpora is as low."""

_RULE = re.compile(r"[-=_*~+|,; \t\"\r\n]+")


@dataclass(frozen=True, slots=True)
class _SampleText:
    """The text of a sample: whole lines of its head, and those of its tail if the head is not all."""

    head: str
    tail: str | None
    encoding: Encoding


def detect(
    path: str | Path,
    *,
    known: KnownFormat | None = None,
    code_page: str = "cp1252",
    sample_bytes: int = SAMPLE_BYTES,
    min_confidence: float = MIN_CONFIDENCE,
    stated: StatedFormat = NOTHING_STATED,
) -> Format:
    """Detect encoding, dialect and layout of a CSV file from a bounded sample.

    :param known: how earlier files of the table were written. A line that is the table's header is the header, even
        below other lines; the delimiter is evidence.
    :param code_page: the encoding of this site's files when they are not Unicode.
    :param sample_bytes: bytes to read at most; memory and time follow it, not the file's size.
    :param min_confidence: the confidence (0 to 1) below which the file is refused.
    :param stated: the declared parts of the format; they are not detected, and a file that contradicts them is refused.
    :raises FormatError: the file is empty, binary, of another kind, in several encodings, or has no table that
        can be recognised with ``min_confidence``.
    :raises OSError: the file cannot be read.
    """
    try:
        fmt = _detect(Path(path), known or NOTHING_KNOWN, code_page, sample_bytes, stated)
    except FormatError as error:
        error.where = f"{path}, {error.where}" if error.where else str(path)
        raise
    if fmt.confidence < min_confidence and stated.columns != SINGLE:
        raise _refusal(fmt, path, min_confidence)
    return fmt


def _detect(path: Path, known: KnownFormat, code_page: str, sample_bytes: int, stated: StatedFormat) -> Format:
    text = read_text(read_sample(path, sample_bytes), code_page, stated, known.encoding)
    refuse_other_text(text.head)
    drawn = drawn_text(text.head, known, stated)
    if drawn is None:
        return _detect_csv(text, known, stated)
    tail = None if text.tail is None else redrawn(text.tail, drawn.drawing)
    again = replace(text, head=redrawn(text.head, drawn.drawing), tail=tail)
    fmt = _detect_csv(again, known, replace(stated, delimiter=delimiter_of(drawn.drawing)))
    return replace(
        fmt,
        drawing=drawn.drawing,
        notes=(drawn.note, *fmt.notes),
        reasons=(fmt.reasons[0], drawn.note, *fmt.reasons[1:]),
        doubt=drawn.doubt or fmt.doubt,
    )


def _detect_csv(text: _SampleText, known: KnownFormat, stated: StatedFormat) -> Format:
    ranked = rank_dialects(text.head, separator_line(text.head.partition("\n")[0]), stated, known)
    ranked, loose = loose_first(ranked) if stated.delimiter is None else (ranked, False)
    best = ranked[0]
    lines = physical_lines(text.head)
    start = table_start(lines, best.dialect, best.evidence.shape.width, known, stated.comment)
    start, two_parts = table_behind(start, lines, known, stated.table_begins)
    header = find_header(start, known, stated.has_header, stated.header_names)
    if stated.header_rows or stated.comment_rows:
        start, header = stated_layout(lines, best.dialect, stated, start, known)
        two_parts = None
    _refuse_unreadable(header, text.encoding)
    trailer = _trailer(text, lines, best, start, header)
    fmt = _format(text, ranked, start, header, trailer, lines, stated, loose=loose)
    return replace(fmt, doubt=fmt.doubt or two_parts)


def _refuse_unreadable(header: Header, encoding: Encoding) -> None:
    """Raise FormatError if the names of columns have bytes that are no text."""
    if encoding.damaged and header.present and any(UNREADABLE in name for name in header.names):
        raise FormatError(
            f"The header has bytes that are not valid {encoding.name}",
            advice="Save the file in one encoding, preferably UTF-8, or state decode_fallback in the table's contract.",
        )


def read_text(sample: Sample, code_page: str, stated: StatedFormat = NOTHING_STATED, known: str = "") -> _SampleText:
    """Decode a sample.

    :raises FormatError: it has no values, is binary, in several encodings or not in the stated one.
    """
    marks = b"" if sample.tail else b",;|\"'"
    if not sample.head.data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe" + marks):
        raise FormatError("The file is empty", advice="Drop a file that has rows or at least a header")
    refuse_other_bytes(sample.head.data)
    encoding = (
        stated_encoding(sample, stated)
        if stated.encoding
        else detect_encoding(sample, code_page, known, stated.decode_fallback)
    )
    decoded = [decode(window, encoding.name, sample.size, damaged=encoding.damaged) for window in sample.windows]
    texts = [mended(text, encoding.name, stated.decode_fallback) for text in decoded]
    if sample.tail is None:
        return _SampleText(texts[0], None, encoding)
    return _SampleText(without_broken_line(texts[0]), from_next_line(texts[-1]), encoding)


def _trailer(text: _SampleText, lines: Sequence[str], best: Candidate, start: TableStart, header: Header) -> Trailer:
    """The trailer, from the head where it is the whole file and short, else from the last lines."""
    if text.tail is None and (not start.rows or start.rows[-1].last == len(lines)):
        return find_trailer(start.rows[header.rows :], lines, start.width, whole=True)
    last = (lines[start.line :] if text.tail is None else physical_lines(text.tail))[-LOOKED_AT:]
    rows = last_rows("".join(last), best.dialect, start.comment, start.width, last)
    return find_trailer(rows, last, start.width, whole=False)


def _format(
    text: _SampleText,
    ranked: Sequence[Candidate],
    start: TableStart,
    header: Header,
    trailer: Trailer,
    lines: Sequence[str],
    stated: StatedFormat,
    *,
    loose: bool,
) -> Format:
    best = ranked[0]
    shares = chances([candidate.score for candidate in ranked])
    sure = confidence(max(shares) if loose else shares[0], best.evidence, text.encoding)
    return Format(
        encoding=text.encoding.name,
        delimiter=shown_delimiter(best.dialect.delimiter, text.head),
        quote=best.dialect.quote,
        escape=best.dialect.escape,
        has_header=header.present,
        header=header.names,
        line_ending=line_ending(text.head),
        preamble_lines=start.line,
        header_lines=header.lines,
        trailer_lines=trailer.lines,
        comment=start.comment,
        skip_initial_space=best.dialect.skip_initial_space,
        stated_rows=trailer.stated_rows,
        confidence=sure,
        reasons=(*reasons(best.evidence, text.encoding, start, header, trailer), *_compared(ranked)),
        runners_up=tuple(
            RunnerUp(shown_delimiter(one.dialect.delimiter, text.head), one.dialect.quote, round(share, 4))
            for one, share in list(zip(ranked, shares, strict=True))[1:4]
        ),
        header_texts=_header_texts(start, header, lines),
        skipped=(*start.skipped, *_unnamed(start, header, lines), *trailer.skipped),
        notes=tuple(
            filter(None, (text.encoding.note, _spaced(best, stated), start.note if header.present else "", header.note))
        ),
        place_damaged=stated.place_damaged,
        doubt=close_call(ranked, shares, sure, text.head, stated, loose=loose)
        or header.doubt
        or unsure_letters(text.encoding),
        decode_fallback=stated.decode_fallback,
    )


def _spaced(best: Candidate, stated: StatedFormat) -> str:
    skips = best.dialect.skip_initial_space and stated.skip_initial_space is None
    return "Blanks after the delimiters are left out." if skips else ""


def _compared(ranked: Sequence[Candidate]) -> tuple[str, ...]:
    """The best reading against the next, and against the best one with another delimiter."""
    others = ranked[1:2]
    if others and others[0].dialect.delimiter == ranked[0].dialect.delimiter:
        others = [*others, *[one for one in ranked if one.dialect.delimiter != ranked[0].dialect.delimiter][:1]]
    return tuple(comparison(ranked[0].evidence, one.evidence) for one in others)


def _header_rows(start: TableStart, header: Header) -> list[TextRow]:
    return [row for row in start.rows if not row.blank][: header.rows]


def _header_texts(start: TableStart, header: Header, lines: Sequence[str]) -> tuple[str, ...]:
    """The header's lines, for finding them again among the rows; none if a name spans several lines."""
    rows = _header_rows(start, header)
    if any(row.last - row.first > 1 for row in rows):
        return ()
    return tuple(text for row in rows if not is_rule(row.cells) and (text := lines[row.first].strip()))


def _unnamed(start: TableStart, header: Header, lines: Sequence[str]) -> list[SkippedLine]:
    """The header's lines that give no names: rules, and units below a line that names each column."""
    rows = _header_rows(start, header)
    unused = len(rows) > 1 and list(header.names) == joined_names([rows[0].cells])
    return [
        skipped_line(row.first + 1, lines[row.first], RULE if _RULE.fullmatch(lines[row.first]) else UNITS)
        for row in rows[1:]
        if unused or is_rule(row.cells)
    ]


def _refusal(fmt: Format, path: str | Path, least: float) -> FormatError:
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    delimiter = names.get(fmt.delimiter, repr(fmt.delimiter))
    return FormatError(
        f"No table can be recognised in the file: the best reading, {delimiter}-delimited with"
        f" {len(fmt.header)} columns, has a confidence of {fmt.confidence:.2f}, less than {least:.2f}",
        where=str(path),
        advice="Save it as CSV with one delimiter, a header line and quotes around text that contains the delimiter",
    )
