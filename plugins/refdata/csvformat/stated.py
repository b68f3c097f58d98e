"""Applies the declared parts of a file's format instead of detecting them; the file must not contradict them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from refdata.core.errors import FormatError
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import StatedFormat
from refdata.csvformat.dialects import Dialect, TextRow, read_rows
from refdata.csvformat.encoding import Encoding, by_mark, by_nuls, damaged, decode
from refdata.csvformat.headerwidth import fit_header
from refdata.csvformat.layout import CERTAIN, LOOKED_AT, Header, TableStart, joined_names, lines_before, without_mark
from refdata.csvformat.repairs import broken_at
from refdata.csvformat.rowshape import row_shape
from refdata.csvformat.sample import Sample

FEW_BROKEN = 20
"""One byte in so many beyond ASCII may be no text in the declared encoding: the file is damaged, not in another one."""

_WIDE = ("utf-16", "utf-32")


def stated_encoding(sample: Sample, stated: StatedFormat) -> Encoding:
    """The declared encoding, with a byte-order mark where the file has one.

    :raises FormatError: when the file is not in it, or plainly in another.
    """
    name = str(stated.encoding)
    mark = by_mark(sample)
    if mark is not None:
        if _family(mark.name) != _family(name):
            raise _contradicted(stated, f"the file begins with the byte-order mark of {_family(mark.name)}")
        return replace(mark, reason=f"the contract states {name}, and a byte-order mark confirms it")
    wide = by_nuls(sample)
    if wide is not None or _family(name) in _WIDE:
        if wide is None or _family(wide.name) != _family(name):
            raise _contradicted(stated, f"its bytes are those of {_family(wide.name) if wide else 'narrow characters'}")
        return wide
    name = "utf-8" if name == "utf-8-sig" else name
    for window in sample.evidence:
        try:
            decode(window, name, sample.size)
        except FormatError as error:
            return _nearly(sample, name, stated, error)
    if _family(name) != "utf-8" and _is_utf8(sample):
        raise _contradicted(
            stated, "all its characters beyond ASCII are valid UTF-8, which other text is not by chance"
        )
    return Encoding(name, 1.0, f"the contract states the encoding {name}")


def _nearly(sample: Sample, name: str, stated: StatedFormat, error: FormatError) -> Encoding:
    """The declared encoding although it does not read all bytes, where a fallback is declared or they are few.

    :raises FormatError: the file is in another encoding.
    """
    high = sum(byte > 0x7F for window in sample.evidence for byte in window.data)
    broken = sum(len(broken_at(decode(window, name, sample.size, damaged=True))) for window in sample.evidence)
    if broken * FEW_BROKEN <= high or (stated.decode_fallback and (name != "utf-8" or not _is_utf8(sample))):
        return damaged(name, error, stated.decode_fallback)
    raise _contradicted(stated, f"{error.what[:1].lower()}{error.what[1:]}", error.where) from None


def _family(name: str) -> str:
    return next((wide for wide in ("utf-8", *_WIDE) if name.startswith(wide)), name)


def _is_utf8(sample: Sample) -> bool:
    """Whether the sample has characters beyond ASCII, all of them UTF-8."""
    beyond = False
    for window in sample.evidence:
        try:
            beyond = not decode(window, "utf-8", sample.size).isascii() or beyond
        except FormatError:
            return False
    return beyond


def _contradicted(stated: StatedFormat, why: str, where: str = "") -> FormatError:
    place = f" ({stated.source})" if stated.source else ""
    return FormatError(
        f"The contract{place} states the encoding {stated.encoding}, but {why}",
        where=where,
        advice="Save the file in that encoding, or correct the contract.",
    )


def stated_layout(
    lines: Sequence[str], dialect: Dialect, stated: StatedFormat, detected: TableStart, known: KnownFormat
) -> tuple[TableStart, Header]:
    """Where the table begins and what its header is, by the declared numbers of rows.

    :param detected: the layout as detected, for the mark of comments.
    :raises FormatError: when the file has no such rows, or if rows within the table would be skipped.
    """
    rows = read_rows(lines, dialect, limit=LOOKED_AT)
    numbers = _header_rows(stated)
    first = numbers[0] if numbers else _first_row(stated)
    if first > len(rows):
        raise _too_short(stated, first, len(rows))
    last = numbers[-1] if numbers else first - 1
    behind = _skipped_behind(stated, last)
    if last + behind > len(rows):
        raise _too_short(stated, last + behind, len(rows))
    head = rows[first - 1 : last]
    line = rows[first - 1].first
    end = rows[last + behind - 1].last if last + behind else 0
    body = [TextRow(row.first + end, row.last + end, row.cells)
            for row in read_rows(lines[end:], dialect, comment=detected.comment, limit=LOOKED_AT)]  # fmt: skip
    width = row_shape(body).width or len(head[0].cells if head else rows[first - 1].cells)
    skipped = lines_before(lines, line)
    start = TableStart([*rows[first - 1 : last + behind], *body], line, skipped, detected.comment, width)
    return start, _header(head, end - line, stated, width, body, behind, known)


def _header(
    head: Sequence[TextRow],
    lines: int,
    stated: StatedFormat,
    width: int,
    body: Sequence[TextRow],
    behind: int,
    known: KnownFormat,
) -> Header:
    if not head:
        return Header(False, 0, 0, tuple(f"column_{number}" for number in range(1, width + 1)), -CERTAIN)
    cells = [row.cells for row in head]
    if len(cells) > 1:
        join = " " if stated.header_join is None else stated.header_join
        parts = [[cell.strip() for cell in row] + [""] * (max(map(len, cells)) - len(row)) for row in cells]
        names = [join.join(filter(None, column)) for column in zip(*parts, strict=True)]
    else:
        names = joined_names(cells)
    filled = [row for row in body if not row.blank]
    fitted = fit_header(without_mark(names, ()), width, filled, known, stated.header_names)
    return Header(True, len(head) + behind, lines, fitted.names, CERTAIN, fitted.note, fitted.doubt)


def _header_rows(stated: StatedFormat) -> tuple[int, ...]:
    if stated.has_header is False:
        return ()
    return stated.header_rows or (_first_row(stated),)


def _first_row(stated: StatedFormat) -> int:
    """The number of the first row that is not to be skipped."""
    return next(number for number in range(1, len(stated.comment_rows) + 2) if number not in stated.comment_rows)


def _skipped_behind(stated: StatedFormat, last: int) -> int:
    """How many rows right behind the header are to be skipped; those before it are in any case.

    :raises FormatError: when others are named.
    """
    behind = [number for number in stated.comment_rows if number > last] if last else []
    if behind != list(range(last + 1, last + 1 + len(behind))):
        raise FormatError(
            f"The contract states commentRows {', '.join(map(str, stated.comment_rows))},"
            " but rows within the table cannot be skipped by number",
            where=stated.source,
            advice="State commentChar, or list only rows before the header and directly after it.",
        )
    return len(behind)


def _too_short(stated: StatedFormat, wanted: int, there: int) -> FormatError:
    return FormatError(
        f"The contract states that row {wanted} is part of the header or is to be skipped, but the file has"
        f" {there} row{'' if there == 1 else 's'}",
        where=stated.source,
        advice="Correct headerRows or commentRows in the contract, or the file.",
    )
