"""Rows with surplus quotes or fields: those that can be read in one way only, and what is wrong with the others.

A row with quotes within its fields is placed when a single reading gives it the right number of fields and keeps all
of its characters apart from the enclosing quotes; the ledger names its line. Every other damaged row is a reject, and
the reason says what would make it fit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from refdata.core.model import Format

LONGEST = 16 * 1024
"""Damaged rows up to this many characters are examined; of longer ones only the number of fields is compared."""

MOST_QUOTES = 64
"""The most quotes in such a row."""

NUL = "NUL byte"


@dataclass(frozen=True)
class Damage:
    """Examines the damaged rows of one file.

    :param fields: how many fields a good row has.

    >>> damage = Damage(Format("utf-8", ",", '"', "", False, ("a", "b")), 2)
    >>> damage.placed('"Ann "Nan" Lee",5')
    ['Ann "Nan" Lee', '5']
    >>> damage.reason("1,,2", ["1", "", "2"])
    'expected 2 fields, found 3; without the empty field 2 it would fit'
    """

    format: Format
    fields: int

    def is_sound(self, raw: str) -> bool:
        """Whether each quoted field of a row ends with its closing quote, so that no character is lost."""
        quote = self.format.quote
        if not quote or quote not in raw or self._has_escape(raw):
            return True
        return self._sound.fullmatch(raw) is not None and not self._lacks_delimiter(raw)

    def placed(self, raw: str) -> list[str] | None:
        """The fields of a row with misplaced quotes, if only one reading has as many as it should have.

        A quote after a delimiter may open a field, so a reading that takes it as text does not count.
        """
        if "\0" in raw or not self._is_looked_into(raw):
            return None
        if not self.format.quote or self.format.quote not in raw or self._sound.fullmatch(raw):
            return None
        readings = {tuple(cells) for closing in (True, False) if (cells := self._lenient(raw, closing=closing))}
        fitting = [list(cells) for cells in readings if len(cells) == self.fields]
        return fitting[0] if len(fitting) == 1 else None

    def reason(self, raw: str, row: Sequence[str], found: str = "") -> str:
        """Why a row is a reject, with the likely cause if there is a sign of one.

        :param row: the row as the csv module reads it.
        :param found: the fault, if it is already known.
        """
        if "\0" in raw:
            return NUL
        if not found:
            fits = len(row) == self.fields
            found = "a quote is out of place" if fits else f"expected {self.fields} fields, found {len(row)}"
        if self._is_looked_into(raw):
            found += next((f"; {cause}" for cause in self._causes(raw, row)), "")
        # Interned: a block can contain hundreds of thousands of damaged rows, and each keeps its reason.
        return sys.intern(found)

    def is_row(self, line: str) -> bool:
        """Whether a line is a whole row."""
        sound = self._is_looked_into(line) and self._sound.fullmatch(line) is not None
        return sound and self._count(line) == self.fields

    def _is_looked_into(self, raw: str) -> bool:
        few = len(raw) <= LONGEST and (not self.format.quote or raw.count(self.format.quote) <= MOST_QUOTES)
        return few and not self._has_escape(raw)

    def _has_escape(self, raw: str) -> bool:
        return bool(self.format.escape) and self.format.escape in raw

    def _causes(self, raw: str, row: Sequence[str]) -> Iterator[str]:
        quote = self.format.quote
        if quote and quote in raw:
            if (surplus := self.without_surplus_quote(raw)) is not None:
                yield f"without the quote at the start of field {surplus[1]} it would fit"
            if self._lacks_delimiter(raw):
                yield "the delimiter before a quote seems to be missing"
        blank = [at for at, cell in enumerate(row, 1) if not cell.strip()]
        if len(row) == self.fields + 1 and len(blank) == 1:
            yield f"without the empty field {blank[0]} it would fit"
        if len(row) == 1 < self.fields and len(self._words.findall(raw.strip("\r\n"))) == self.fields:
            yield "divided at its blanks it would fit"

    def without_surplus_quote(self, raw: str) -> tuple[list[str], int] | None:
        """The fields without the only misplaced quote at the start of a field, and that field's number.

        None if there is no such quote, or several: then nothing shows which one is surplus.
        """
        if not self.format.quote or not self._is_looked_into(raw):
            return None
        fitting = []
        for start in [found.end() for found in self._field_starts.finditer(raw)]:
            rest = raw[:start] + raw[start + len(self.format.quote) :]
            if self._sound.fullmatch(rest) and self._count(rest) == self.fields:
                fitting.append((self._lenient(rest, closing=False), self._count(raw[:start] + "x")))
        return fitting[0] if len(fitting) == 1 else None

    def _count(self, raw: str) -> int:
        """The number of fields of a sound row."""
        return len(self._lenient(raw, closing=False)) if self.format.quote else raw.count(self.format.delimiter) + 1

    def _lacks_delimiter(self, raw: str) -> bool:
        """Whether two unquoted fields are one quoted one that has grown into its left neighbour: ``Cap"red, blue"``."""
        return self._grown.search(raw) is not None

    def _lenient(self, raw: str, *, closing: bool) -> list[str]:
        """The fields, where a quote closes its field only before a delimiter or the row's end; ``[]`` for none.

        :param closing: whether an even number of quotes before a delimiter contains the closing one.
        """
        quote, delimiter = self.format.quote, self.format.delimiter
        text, at, cells = raw.rstrip("\r\n"), 0, []
        while True:
            begin = at
            if self.format.skip_initial_space:
                begin += len(text[at:]) - len(text[at:].lstrip(" "))
            if text.startswith(quote, begin):
                cell, end = self._quoted(text, begin + 1, closing=closing)
                if end < 0:
                    return []
            else:
                end = text.find(delimiter, begin)
                end = len(text) if end < 0 else end
                cell = text[begin:end]
            cells.append(cell)
            if end >= len(text):
                return cells
            at = end + 1

    def _quoted(self, text: str, start: int, *, closing: bool) -> tuple[str, int]:
        """A quoted field whose text begins at ``start``, and where it ends; -1 if it does not end."""
        quote, parts, at = self.format.quote, [], start
        for run in self._runs.finditer(text, start):
            parts.append(text[at : run.start()])
            if run.start() > start and text[run.start() - 1] == self.format.delimiter:
                return "", -1
            count, at = run.end() - run.start(), run.end()
            ends = at == len(text) or text.startswith(self.format.delimiter, at)
            if ends and (count % 2 or closing):
                return "".join(parts) + quote * (count // 2), at
            parts.append(quote * ((count + 1) // 2))
        return "", -1

    @cached_property
    def _runs(self) -> re.Pattern[str]:
        return re.compile(f"{re.escape(self.format.quote)}+")

    @cached_property
    def _field_starts(self) -> re.Pattern[str]:
        edge = re.escape(self.format.delimiter)
        return re.compile(rf"(?:\A|{edge})(?={re.escape(self.format.quote)})")

    @cached_property
    def _words(self) -> re.Pattern[str]:
        """The parts between blanks: quoted texts and words. A blank at the end precedes an empty field."""
        quote = re.escape(self.format.quote)
        quoted = f"{quote}[^{quote}]*{quote}|" if quote else ""
        return re.compile(f"(?:{quoted}[^ ]+)(?= |$)|(?<= )$")

    @cached_property
    def _sound(self) -> re.Pattern[str]:
        """A row whose closing quotes are followed by blanks at most. Possessive, so matching is linear."""
        quote, delimiter = re.escape(self.format.quote), re.escape(self.format.delimiter)
        blanks = " *+" if self.format.skip_initial_space else ""
        behind = " *+" if self.format.delimiter == "\t" else "[ \t]*+"
        quoted = f"{blanks}{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}{behind}(?={delimiter}|[\r\n]|\\Z)"
        cell = f"(?:{quoted}|[^{quote}{delimiter}\r\n][^{delimiter}\r\n]*+)?+"
        return re.compile(f"{cell}(?:{delimiter}{cell})*+[\r\n]*+")

    @cached_property
    def _grown(self) -> re.Pattern[str]:
        """An unquoted field with one quote within a word, and a later one that ends with one."""
        quote, delimiter = re.escape(self.format.quote), re.escape(self.format.delimiter)
        word = f"[^{quote}{delimiter}\r\n]"
        between = rf"(?:(?<=[^\W\d]){quote}(?=\w)|(?<=\d){quote}(?=[A-Z]))"  # 5"x4 are inches
        opens = rf"(?:\A|{delimiter}){word}*+{between}{word}*+"
        return re.compile(f"{opens}(?:{delimiter}{word}*+)*?{delimiter}{word}++{quote}++(?={delimiter}|[\r\n]|\\Z)")
