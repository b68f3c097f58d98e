"""The declared format of a table's files, in the form that detection uses. Pure."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TypeVar

from refdata.core.contract import Contract, Facts, stated_by_people
from refdata.core.contractterms import QuestionKind

HEADER_NAMES = "header_names"
"""The subject of a kept answer that states which names and fields of a header belong together."""

COLUMNS, BLANKS, SINGLE = "columns", "blanks", "single"
"""The subject and the answers that divide lines without a delimiter at their blanks, or not at all."""

TABLE_BEGINS, AFTER_BLANK, FIRST_LINE = "table_begins", "after_blank", "first_line"
"""The subject and the answers about lines before a blank line and a header: they are not loaded, or they are rows."""

DAMAGED_ROWS, PLACE = "damaged_rows", "place"
"""The subject and the answer that read rows which fit with one change."""

PART = "part"
"""The subject of a kept answer that names the sheet of a workbook, or the member of an archive."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class StatedFormat:
    """Facts of a file's format that need no detection; ``None`` means detected.

    ``encoding`` is a Python codec, and so is ``decode_fallback``, for lines that it cannot read. ``quote``,
    ``escape`` and ``comment`` are ``""`` where there is none. ``header_rows`` and ``comment_rows`` are numbers of
    rows, from 1, as Table Dialect counts them. ``header_names`` is how a header with more or fewer names than
    fields is read (``csvformat/headerwidth.py``), ``""`` if no one was asked. ``place_damaged``: rows that fit with
    one change are read. ``table_begins`` is ``after_blank`` where lines before a blank line and a header are not
    loaded, ``first_line`` where they are rows, ``""`` if no one was asked. ``columns`` is ``blanks`` where lines
    without a delimiter are divided at their blanks, ``single`` where they are not, ``""`` if no one was asked.
    ``table`` is the table of the files. ``sheet_name`` and ``sheet_number`` (from 1) name the sheet of a workbook,
    or the member of an archive. ``source`` says where the facts are stated.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    skip_initial_space: bool | None = None
    has_header: bool | None = None
    header_rows: tuple[int, ...] | None = None
    header_join: str | None = None
    comment: str | None = None
    comment_rows: tuple[int, ...] = ()
    header_names: str = ""
    place_damaged: bool = False
    table_begins: str = ""
    columns: str = ""
    decode_fallback: str = ""
    table: str = ""
    sheet_name: str = ""
    sheet_number: int | None = None
    source: str = ""

    @property
    def states_dialect(self) -> bool:
        """Whether it is stated how fields are separated."""
        return any(part is not None for part in (self.delimiter, self.quote, self.escape, self.skip_initial_space))

    @property
    def states_layout(self) -> bool:
        """Whether the position of the header is stated, or that there is none."""
        return self.has_header is not None or self.header_rows is not None or bool(self.comment_rows)


NOTHING_STATED = StatedFormat()


def stated_format(contract: Contract) -> StatedFormat:
    """The format as people declared it or answered; learned facts do not count.

    >>> stated_format(Contract(table="t", encoding="latin1")).encoding
    'iso8859-1'
    """
    dialect = contract.dialect
    encoding = _of_people(contract, "encoding", contract.encoding)
    rows = _of_people(dialect, "header_rows", dialect.header_rows)
    header = _of_people(dialect, "header", dialect.header)
    return StatedFormat(
        encoding=_codec(encoding),
        decode_fallback=_codec(_of_people(contract, "decode_fallback", contract.decode_fallback)) or "",
        delimiter=_of_people(dialect, "delimiter", dialect.delimiter),
        quote=_of_people(dialect, "quote_char", dialect.quote_char),
        escape=_escape(_of_people(dialect, "escape_char", dialect.escape_char), dialect.quote_char),
        skip_initial_space=_of_people(dialect, "skip_initial_space", dialect.skip_initial_space),
        has_header=False if rows == () else header,
        header_rows=rows or None,
        header_join=_of_people(dialect, "header_join", dialect.header_join),
        comment=_of_people(dialect, "comment_char", dialect.comment_char),
        comment_rows=_of_people(dialect, "comment_rows", dialect.comment_rows) or (),
        header_names=_answer(contract, HEADER_NAMES),
        place_damaged=_answer(contract, DAMAGED_ROWS) == PLACE,
        table_begins=_answer(contract, TABLE_BEGINS),
        columns=_answer(contract, COLUMNS),
        table=contract.table,
        sheet_name=_of_people(dialect, "sheet_name", dialect.sheet_name) or _answer(contract, PART),
        sheet_number=_of_people(dialect, "sheet_number", dialect.sheet_number),
        source=_source(contract),
    )


def _answer(contract: Contract, subject: str) -> str:
    answer = contract.answer(QuestionKind.FORMAT_UNSURE, subject)
    return answer.answer if answer else ""


def _escape(stated: str | None, quote: str | None) -> str | None:
    """The escape character, unless it is the quote itself: a doubled quote is always read."""
    return "" if stated and stated == quote else stated


def _codec(encoding: str | None) -> str | None:
    return codecs.lookup(encoding).name if encoding else None


def _of_people(part: Facts, name: str, value: _Value | None) -> _Value | None:
    return value if stated_by_people(part.origin(name)) else None


def _source(contract: Contract) -> str:
    origins = [*contract.dialect.origins.values(), contract.origin("encoding")]
    return next((origin.file for origin in origins if origin and origin.file and stated_by_people(origin)), "")
