"""Rows with surplus quotes or fields: those that can be read in one way only, and what is wrong with the others.

A row with quotes within its fields is placed when a single reading gives it the right number of fields and keeps all
of its characters apart from the enclosing quotes; so is one that only has a delimiter too many at its end. The ledger
names their lines. Every other damaged row is a reject, and the reason says what would make it fit. Where a single
change would do so, a person may decide that it is placed anyway.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from refdata.core.filemodel import Format
from refdata.csvformat.dialects import DELIMITERS

LONGEST = 16 * 1024
"""Damaged rows up to this many characters are examined; of longer ones only the number of fields is compared."""

MOST_QUOTES = 64
"""The most quotes in such a row."""

NUL = "NUL byte"
INNER_QUOTES = "read with the quotes within its fields as text: a quote there is neither doubled nor escaped"
SURPLUS_END = "read without the empty field at its end: the line has a delimiter too many"


@dataclass(frozen=True, slots=True)
class _Placed:
    """The fields of a damaged row, and how they were found: ``why`` completes "the line was".

    ``asked``: the row fits only because something in it was changed, so a person decides.
    """

    cells: list[str]
    why: str
    asked: bool = False


@dataclass(frozen=True)
class Damage:
    """Examines the damaged rows of one file.

    :param fields: how many fields a good row has.

    >>> damage = Damage(Format("utf-8", ",", '"', "", False, ("a", "b")), 2)
    >>> damage.placed('"Ann "Nan" Lee",5')
    ['Ann "Nan" Lee', '5']
    >>> fitted = damage.fitted("1,,2", ["1", "", "2"])
    >>> damage.reason("1,,2", ["1", "", "2"], fitted=fitted)
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

    def reason(self, raw: str, row: Sequence[str], fault: str = "", fitted: _Placed | None = None) -> str:
        """Why a row is a reject, with the likely cause if there is a sign of one.

        :param row: the row as the csv module reads it.
        :param fault: what is wrong with it, if that is already known.
        :param fitted: the only way to place the row, if there is one.
        """
        if "\0" in raw:
            return NUL
        if not fault:
            fits = len(row) == self.fields
            fault = "a quote is out of place" if fits else f"expected {self.fields} fields, found {len(row)}"
        if self._is_looked_into(raw):
            fault += self._cause(raw, fitted)
        # Interned: a block can contain hundreds of thousands of damaged rows, and each keeps its reason.
        return sys.intern(fault)

    def is_row(self, line: str) -> bool:
        """Whether a line is a whole row."""
        sound = self._is_looked_into(line) and self._sound.fullmatch(line) is not None
        return sound and self._count(line) == self.fields

    def _is_looked_into(self, raw: str) -> bool:
        few = len(raw) <= LONGEST and (not self.format.quote or raw.count(self.format.quote) <= MOST_QUOTES)
        return few and not self._has_escape(raw)

    def _has_escape(self, raw: str) -> bool:
        return bool(self.format.escape) and self.format.escape in raw

    def fitted(self, raw: str, row: Sequence[str]) -> _Placed | None:
        """The only way to place a damaged row; None for a row that has none, or several.

        :param row: the row as the csv module reads it, empty where it joins lines.
        """
        if "\0" in raw or not self._is_looked_into(raw):
            return None
        if (cells := self.placed(raw)) is not None:
            return _Placed(cells, INNER_QUOTES)
        blank = [at for at, cell in enumerate(row) if not cell.strip()]
        surplus = list(range(self.fields, len(row)))
        if surplus and blank == surplus and self.is_sound(raw):
            return _Placed(list(row[: self.fields]), SURPLUS_END)
        changes = [change for change in self._changes(raw, row) if len(change.cells) == self.fields]
        return changes[0] if len(changes) == 1 else None

    def _changes(self, raw: str, row: Sequence[str]) -> Iterator[_Placed]:
        """Ways to make a row fit, each with one change in it."""
        if (unquoted := self.without_surplus_quote(raw)) is not None:
            yield _Placed(unquoted[0], f"read without the quote at the start of field {unquoted[1]}", asked=True)
        if not self.is_sound(raw):
            return
        blank = [at for at, cell in enumerate(row) if not cell.strip()]
        if len(row) == self.fields + 1 and len(blank) == 1:
            rest = [cell for at, cell in enumerate(row) if at != blank[0]]
            yield _Placed(rest, f"read without the empty field {blank[0] + 1}", asked=True)
        if len(row) < self.fields > 2 or len(row) == 1 < self.fields:
            yield from self._divided_otherwise(raw)

    def _divided_otherwise(self, raw: str) -> Iterator[_Placed]:
        """A row that another delimiter divides, or blanks, as a line of another file does."""
        text = raw.strip("\r\n")
        if "\n" in text or "\r" in text:
            return
        names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
        for other in DELIMITERS:
            if other != self.format.delimiter and other in text:
                quoted = {"quotechar": self.format.quote} if self.format.quote else {"quoting": csv.QUOTE_NONE}
                cells = next(csv.reader([text], delimiter=other, **quoted))
                yield _Placed(cells, f"divided at its {names[other]}", asked=True)
        words = [self._unquoted(word) for word in self._words.findall(text)]
        yield _Placed(words, "divided at its blanks", asked=True)

    def _unquoted(self, word: str) -> str:
        quote = self.format.quote
        return word[1:-1] if quote and len(word) > 1 and word[0] == word[-1] == quote else word

    def _cause(self, raw: str, fitted: _Placed | None) -> str:
        if fitted is not None:
            return f"; {fitted.why.removeprefix('read ')} it would fit"
        quoted = self.format.quote and self.format.quote in raw
        return "; the delimiter before a quote seems to be missing" if quoted and self._lacks_delimiter(raw) else ""

    def without_surplus_quote(self, raw: str) -> tuple[list[str], int] | None:
        """The fields without the only misplaced quote at the start of a field, and that field's number.

        None if there is no such quote, or several: then nothing shows which one is surplus.
        """
        if not self.format.quote or not self._is_looked_into(raw):
            return None
        fitting = []
        for start in [match.end() for match in self._field_starts.finditer(raw)]:
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
        cell = f"(?:{quoted}|[^{quote}{delimiter}\r\n][^{delimiter}\r\n]*+)?"
        return re.compile(f"{cell}(?:{delimiter}{cell})*+[\r\n]*+")

    @cached_property
    def _grown(self) -> re.Pattern[str]:
        """An unquoted field with one quote within a word, and a later one that ends with one."""
        quote, delimiter = re.escape(self.format.quote), re.escape(self.format.delimiter)
        word = f"[^{quote}{delimiter}\r\n]"
        between = rf"(?:(?<=[^\W\d]){quote}(?=\w)|(?<=\d){quote}(?=[A-Z]))"  # 5"x4 are inches
        opens = rf"(?:\A|{delimiter}){word}*+{between}{word}*+"
        return re.compile(f"{opens}(?:{delimiter}{word}*+)*?{delimiter}{word}++{quote}++(?={delimiter}|[\r\n]|\\Z)")
