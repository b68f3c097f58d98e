"""Watches the rows on their way into the stage for signs of damage, so that the database is asked only after a sign.

Everything works on whole Arrow columns: a million rows take a few hundredths of a second for each text column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.codedamage import LONG, Sensitive
from refdata.core.codes import INVISIBLE, NUMBER, digits_of, letter_case
from refdata.core.lookalikes import alike
from refdata.core.questions import MAX_EXAMPLES
from refdata.csvformat.codesigns import long_numbers, signs
from refdata.csvformat.distinct import MOST_KEY_BYTES, MOST_KEYS, are_distinct
from refdata.csvformat.spreadsheet import damaged, missing_words
from refdata.csvformat.values import Mask, Values

MOST_NOTED = 1_000
"""Distinct values of one kind that are noted for each column."""

_ZERO, _ONE, _POINT = ord("0"), ord("1"), ord(".")


_LOOKED_AT = 1_000
_BLANKS = r"  |[\x00-\x1f]"
_WESTERN = "[!-~\u00c0-\u00d6\u00d8-\u00de\u00e0-\u00f6\u00f8-\u00ff]+"
_LATIN = f"^{_WESTERN}( {_WESTERN})*$"
"""Composed letters of Western Europe, which Arrow folds as ``lookalikes.alike`` does, many times faster."""
_NAME, _NAME_LENGTH = r"^[^0-9]*\p{Ll}[^0-9]*$", 4


@dataclass(slots=True)
class CodeWatch:
    """The values of a text column that look like codes that lost something.

    ``length`` is the number of digits that all codes of the table have; None if they differ or are unknown.
    ``has_numbers``: a whole number without leading zeros occurs that has fewer digits than the table's codes.
    ``short`` are such numbers, ``damaged`` values such as ``2-Mar`` and ``1.23E+15``, ``signs`` others that may be
    damaged codes of a table with values as ``sensitive`` has them: some of each. ``words`` are those that stand for no
    value (``missingwords``).
    """

    column: str
    place: int
    length: int | None = None
    sensitive: Sensitive = field(default_factory=Sensitive)
    has_numbers: bool = False
    short: dict[str, None] = field(default_factory=dict)
    damaged: dict[str, None] = field(default_factory=dict)
    damaged_rows: int = 0
    signs: dict[str, None] = field(default_factory=dict)
    words: dict[str, None] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Looks at the rows of one batch."""
        values = Values.of(batch.column(self.place))
        if not len(values):
            return
        _note(self.words, missing_words(values))
        if self.length is not None or not self.has_numbers:
            self._look_for_numbers(values)
        changed = damaged(values)
        self.damaged_rows += len(changed)
        _note(self.damaged, changed)
        _note(self.signs, signs(values, self.sensitive))

    def _look_for_numbers(self, values: Values) -> None:
        numbers = values.take(_may_be_numbers(values, self.length)).arrow()
        numbers = numbers.filter(pc.match_substring_regex(numbers, NUMBER))
        if self.length is None:
            self.has_numbers = len(numbers) > 0
            return
        short = [text for text in pc.unique(numbers).to_pylist() if len(digits_of(text)) < self.length]
        self.has_numbers = self.has_numbers or bool(short)
        _note(self.short, short)


@dataclass(slots=True)
class NumberWatch:
    """The long whole numbers of a column that end in zeros (``signs``), as rounding leaves them."""

    column: str
    place: int
    signs: dict[str, None] = field(default_factory=dict)

    def add(self, batch: pa.RecordBatch) -> None:
        """Looks at the rows of one batch."""
        column = batch.column(self.place).drop_null()
        if pa.types.is_integer(column.type):
            column = column.filter(pc.greater_equal(column, 10 ** (LONG - 1)))
        if len(column):
            values = Values.of(pc.cast(column, pa.string()))
            _note(self.signs, long_numbers(values, np.ones(len(values), np.bool_)))


def _note(known: dict[str, None], values: Iterable[str]) -> None:
    for value in values:
        if len(known) >= MOST_NOTED:
            return
        known[value] = None


def _may_be_numbers(values: Values, length: int | None) -> Mask:
    """Which values begin as numbers do and are shorter than codes of ``length``, or have a decimal behind."""
    first = values.firsts
    nought = (first == _ZERO) & ((values.lengths == 1) | (values.lengths == len("0.0")))
    begins: Mask = ((first - np.uint8(_ONE)) < 9) | nought
    if length is None or not begins.any():
        return begins
    ends = values.ends
    decimal = (values.lengths > 2) & (values.data[ends - 1] == _ZERO)
    decimal &= values.data[np.maximum(ends - 2, 0)] == _POINT
    short: Mask = (values.lengths < length) | decimal
    return np.logical_and(begins, short)


@dataclass(frozen=True, slots=True)
class _Repeats:
    """Values of a key that are not the only ones.

    ``values`` counts the given ones, ``exact`` those that repeat an earlier one, ``near`` those that only look like
    one (``lookalikes.alike``); ``examples`` are some of both, with how often they occur, ``spellings`` some of those
    that look alike.
    """

    values: int
    exact: int
    near: int
    examples: tuple[tuple[str, int], ...] = ()
    spellings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """All values that repeat another one, exactly or nearly."""
        return self.exact + self.near


@dataclass(slots=True)
class KeyWatch:
    """The values of a column that identifies, or should identify, the rows. ``is_complete``: all are in memory.

    ``odd`` are values that may look like another one: some with characters that are not plain, or repeated blanks.
    """

    column: str
    place: int
    chunks: list[pa.Array] = field(default_factory=list)
    is_complete: bool = True
    odd: dict[str, None] = field(default_factory=dict)
    _bytes: int = 0
    _rows: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Keeps the values of one batch, unless there are too many."""
        column = batch.column(self.place)
        self._bytes, self._rows = self._bytes + column.nbytes, self._rows + len(column)
        if self._bytes > MOST_KEY_BYTES or self._rows > MOST_KEYS:
            self.is_complete = False
            self.chunks.clear()
        if self.is_complete:
            self.chunks.append(column)
        if pa.types.is_string(column.type) and len(self.odd) < MOST_NOTED:
            _note(self.odd, pc.unique(column.filter(_is_odd(column))).to_pylist())

    def repeats(self) -> _Repeats:
        """How many values repeat another one; only where ``is_complete``."""
        if not self.chunks:
            return _Repeats(0, 0, 0)
        values = pa.chunked_array(self.chunks).drop_null().combine_chunks()
        folded = _folded(values)
        if are_distinct(folded):
            return _Repeats(len(values), 0, 0)
        distinct = pc.count_distinct(values).as_py()
        forms = distinct if folded is values else pc.count_distinct(folded).as_py()
        examples = _most_frequent(folded) if forms < len(values) else ()
        spellings = _alike(values, folded) if forms < distinct else ()
        return _Repeats(len(values), len(values) - distinct, distinct - forms, examples, spellings)

    def has_names(self) -> bool:
        """Whether most of the first values are names rather than codes: words with small letters and no digits."""
        if not self.chunks or not pa.types.is_string(self.chunks[0].type):
            return False
        first = self.chunks[0].drop_null()[:_LOOKED_AT]
        words = pc.and_(pc.match_substring_regex(first, _NAME), pc.greater_equal(pc.utf8_length(first), _NAME_LENGTH))
        names = pc.sum(words).as_py() or 0
        return bool(2 * names > len(first))

    def unlike(self, cases: Collection[str]) -> tuple[str, ...]:
        """Some values whose letters are written in another way (``codes.letter_case``) than all of ``cases``.

        Values without letters are like all others.
        """
        others: dict[str, None] = {}
        for chunk in self.chunks:
            _note(others, pc.unique(chunk.filter(_unlike(chunk, cases))).to_pylist())
        return tuple(value for value in others if letter_case(value) not in {*cases, "none"})

    def missing(self, values: Sequence[str]) -> tuple[str, ...]:
        """Those of the values that the column does not have."""
        wanted = pa.array(values, pa.string())
        there: set[str] = set()
        for chunk in self.chunks:
            there.update(pc.unique(chunk.filter(pc.is_in(chunk, wanted))).to_pylist())
        return tuple(value for value in values if value not in there)


def _folded(values: pa.Array) -> pa.Array:
    if not pa.types.is_string(values.type):
        return values
    odd = pc.fill_null(_is_odd(values), False)
    if pc.any(odd).as_py():
        odd = pc.and_(odd, pc.invert(pc.match_substring_regex(values, _LATIN)))
    plain = pc.utf8_upper(pc.utf8_trim_whitespace(values))
    if not pc.any(odd).as_py():
        return plain
    forms = [alike(value) for value in values.filter(odd).to_pylist()]
    return pc.replace_with_mask(plain, odd, pa.array(forms, pa.string()))


def _is_odd(values: pa.StringArray) -> pa.BooleanArray:
    """Which values need ``lookalikes.alike`` to be compared: those beyond ASCII, and those with unusual blanks."""
    return pc.or_(pc.invert(pc.string_is_ascii(values)), pc.match_substring_regex(values, _BLANKS))


def _alike(values: pa.StringArray, folded: pa.StringArray) -> tuple[str, ...]:
    """Some of the values whose form others share."""
    pairs = pa.table({"value": values, "form": folded}).group_by(["value", "form"]).aggregate([])
    counts = pc.value_counts(pairs["form"])
    shared = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")[:MOST_NOTED]
    return tuple(pairs["value"].filter(pc.is_in(pairs["form"], shared)).to_pylist())


def _visible(values: pa.StringArray) -> pa.StringArray:
    """Texts without the blanks around them and without invisible characters."""
    if not pc.all(pc.string_is_ascii(values)).as_py():
        values = pc.replace_substring_regex(values, INVISIBLE, "")
    return pc.utf8_trim_whitespace(values)


def _most_frequent(folded: pa.Array) -> tuple[tuple[str, int], ...]:
    counts = pc.value_counts(folded)
    often = counts.filter(pc.greater(counts.field("counts"), 1)).to_pylist()
    often.sort(key=lambda one: (-one["counts"], str(one["values"])))
    return tuple((str(one["values"]), one["counts"]) for one in often[:MAX_EXAMPLES])


def _unlike(chunk: pa.StringArray, cases: Collection[str]) -> pa.BooleanArray:
    """Which values are written in none of these ways; checked on the whole column, where letters decide."""
    upper, lower = pc.equal(chunk, pc.utf8_upper(chunk)), pc.equal(chunk, pc.utf8_lower(chunk))
    ways = {
        "upper": pc.and_not(upper, lower),
        "lower": pc.and_not(lower, upper),
        "mixed": pc.invert(pc.or_(upper, lower)),
        "blank": pc.not_equal(chunk, _visible(chunk)),
    }
    unlike = pa.repeat(pa.scalar(False), len(chunk))
    for way, mask in ways.items():
        unlike = pc.or_(unlike, mask) if way not in cases else unlike
    return unlike


@dataclass(slots=True)
class RowWatch:
    """All that is watched of one load's rows."""

    codes: tuple[CodeWatch, ...] = ()
    numbers: tuple[NumberWatch, ...] = ()
    key: KeyWatch | None = None
    rows: int = 0

    def watched(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, unchanged."""
        for batch in batches:
            self.rows += batch.num_rows
            for one in self.codes:
                one.add(batch)
            for number in self.numbers:
                number.add(batch)
            if self.key is not None:
                self.key.add(batch)
            yield batch
