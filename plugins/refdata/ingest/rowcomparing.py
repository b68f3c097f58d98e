"""Compares the staged rows of one load with the live ones, where the watch of its rows saw a sign of damage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from refdata.core import codes, missingwords
from refdata.core.codedamage import LONGEST_CODE, MISSING_WORDS, candidates, changed
from refdata.core.contract import Contract
from refdata.core.contractterms import LoadMode
from refdata.core.doubts import rows as doubts
from refdata.core.doubts.rows import LOAD, LostZeros
from refdata.core.filemodel import ScannedColumn
from refdata.core.lookalikes import alike, difference, may_look_alike
from refdata.core.model import Column, Load, LoadType
from refdata.core.naming import fold_name
from refdata.core.questions import MAX_EXAMPLES, Question
from refdata.core.rowdoubts import RowDoubts, is_text
from refdata.core.sqltypes import DATE, TypeKind
from refdata.core.statement import Statement
from refdata.ingest.swapping import EqualHeaders
from refdata.warehouse.base import Row, Session

if TYPE_CHECKING:
    from refdata.csvformat.rowwatch import CodeWatch, KeyWatch, NumberWatch, RowWatch

FEW_ROWS = 10_000
"""Up to so many staged rows everything is compared; of more, a sample decides whether to compare the others."""
SAMPLED = 50
"""Staged rows that are looked for in the table before all are."""
MOST_VALUES = 500
"""Values that one statement looks for."""
MOST_EARLIER = 100_000
"""Values gone from the table among which those of damaged codes are looked for."""

_TIMES = frozenset(("year", "month", "quarter", "week", "day", "date", "period", "edition", "jahr", "monat", "datum"))
"""Words of names of columns that say when."""
_DAYS = frozenset((TypeKind.DATE, TypeKind.DATETIME2))
_NUMBERS = frozenset((TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL))
_FRACTIONS = frozenset((TypeKind.DECIMAL, TypeKind.FLOAT))


@dataclass(frozen=True, slots=True)
class LiveSample:
    """Some live rows, with the columns that they share with the file."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()

    def values(self, column: Column) -> list[object]:
        """The values of one column."""
        at = self.columns.index(column)
        return [row[at] for row in self.rows]

    def column(self, name: str) -> Column | None:
        """The column with that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(slots=True)
class Comparison:
    """The rows of one load against the live ones. ``complete``: table and file have the same columns.

    ``warnings`` collects what is reported without a question.
    """

    session: Session
    statements: RowDoubts
    row: Load
    contract: Contract
    scanned: Sequence[ScannedColumn]
    sample: LiveSample
    watch: RowWatch
    complete: bool
    warnings: list[str] = field(default_factory=list)

    def questions(self) -> Iterator[Question]:
        """The questions to ask; a kept answer settles its question."""
        swaps = self._swaps()
        questions = (*swaps, *self._codes(), *self._precision(), *self._times(), *self._keys(), *self._rows())
        for question in questions:
            kept = self.contract.answer(question.kind, question.column)
            if kept is None or kept.answer != LOAD:
                yield question

    @property
    def _is_append(self) -> bool:
        return self.row.load_type is LoadType.APPEND

    def _swaps(self) -> tuple[Question, ...]:
        """Columns with equal headers whose values may have changed places."""
        usual = [fact.name for fact in self.contract.fields]
        equal = EqualHeaders(self.scanned, self.sample.column, usual, self.statements, self._count)
        self.warnings.extend(equal.warnings())
        return tuple(equal.questions(self.row.table_name, self.row.file_name))

    def _codes(self) -> Iterator[Question]:
        for watch in self.watch.codes:
            column = self.sample.column(watch.column)
            if column is None:
                continue
            zeros = self._lost_zeros(watch, column) if watch.has_numbers else None
            # One question at most: its kind and the column name it.
            asked = zeros or self._damage(watch, column) or self._changed(watch, column) or self._emptied(column)
            asked = asked or self._words(watch, column)
            yield from (asked,) if asked is not None else ()
        for number in self.watch.numbers:
            column = self.sample.column(number.column)
            rounded = self._changed(number, column) if column is not None else None
            yield from (rounded,) if rounded is not None else ()

    def _lost_zeros(self, watch: CodeWatch, column: Column) -> Question | None:
        if watch.length is None and not self._count(self.statements.count_codes(column)):
            return None
        count = self._count(self.statements.count_lost_zeros(column))
        pairs = self._ask(self.statements.lost_zeros(column)) if count else ()
        # A number that is no code's remainder may be a new code, but not if all codes have more digits.
        short = self._without_code(column, self._unknown(column, tuple(watch.short)), watch.length or 0)
        if not count and not short:
            return None
        shown = tuple((str(old), str(new)) for old, new in pairs)
        lost = LostZeros(column.name, count, shown, short, watch.length)
        return doubts.zeros_question(self.row.table_name, self.row.file_name, lost)

    def _damage(self, watch: CodeWatch, column: Column) -> Question | None:
        """Damage of codes by a spreadsheet: single values such as ``2-Mar``, or a whole column of dates or powers."""
        usual = self.sample.values(column)
        values, rows = tuple(watch.damaged), watch.damaged_rows
        if codes.look_like_month_days(usual) or codes.look_like_powers(usual):
            values, rows = (), 0
        scanned = self._scanned(column)
        kind = scanned.type.kind if scanned is not None and scanned.type is not None else None
        if kind in _DAYS and not codes.look_like_days(usual):
            values, rows = self._first_staged(column), self._staged_rows
        elif (kind is TypeKind.FLOAT or (scanned and scanned.notation.powers)) and not codes.look_like_powers(usual):
            values = tuple(one for one in self._first_staged(column) if codes.look_like_powers([one]))
            rows = len(values)
        new = self._unknown(column, values)
        if not new or not any(isinstance(value, str) and value for value in usual):
            return None
        return doubts.damage_question(self.row.table_name, self.row.file_name, column.name, rows, new)

    def _changed(self, watch: CodeWatch | NumberWatch, column: Column) -> Question | None:
        """Values that are codes of the table with some damage."""
        usual = {str(value) for value in self.sample.values(column)}
        new = self._unknown(column, tuple(value for value in watch.signs if value not in usual))
        if not new:
            return None
        pairs = changed(self._earlier(column, new), new)
        return doubts.changed_question(self.row.table_name, self.row.file_name, column.name, pairs) if pairs else None

    def _emptied(self, column: Column) -> Question | None:
        """Codes such as ``NA`` that are gone from a full load which has more rows without a value than the table."""
        scanned = self._scanned(column)
        if self._is_append or scanned is None or not scanned.nulls or not self._has_codes(column):
            return None
        words = self._present(column, MISSING_WORDS, staged=False) - {*scanned.notation.missing_values}
        words -= self._present(column, MISSING_WORDS, staged=True) if words else set()
        if not words or scanned.nulls <= self._count(self.statements.count_empty(column)):
            return None
        return doubts.emptied_question(self.row.table_name, self.row.file_name, column.name, sorted(words))

    def _words(self, watch: CodeWatch, column: Column) -> Question | None:
        """Words for no value in a column that had empty values so far, and errors of a spreadsheet in any column."""
        new = self._unknown(column, tuple(watch.words))
        errors = [word for word in new if missingwords.is_error(word)]
        others = [word for word in new if word not in errors]
        empty = self._count(self.statements.count_empty(column)) if others else 0
        scanned = self._scanned(column)
        fewer = scanned is not None and scanned.nulls < (1 if self._is_append else empty)
        meant = [word for word in others if empty and (fewer or word in missingwords.CERTAIN)]
        if not (errors or meant) or scanned is None:
            return None
        known = scanned.notation.missing_values
        table, file_name = self.row.table_name, self.row.file_name
        return doubts.words_question(table, file_name, column.name, [*errors, *meant], known, empty)

    def _has_codes(self, column: Column) -> bool:
        """Whether the texts of a column are short."""
        texts = [value for value in self.sample.values(column) if isinstance(value, str)]
        return bool(texts) and max(map(len, texts)) <= LONGEST_CODE

    def _scanned(self, column: Column) -> ScannedColumn | None:
        return next((one for one in self.scanned if one.name == column.name), None)

    def _earlier(self, column: Column, new: Sequence[str]) -> Iterable[str]:
        """The table's values that the new ones may have been: those that a full load no longer has."""
        if self._is_append:
            earlier = {code for value in new for code in candidates(value)}
            # Databases refuse to compare numbers with a text such as 12,0.
            possible = earlier if is_text(column) else filter(str.isdigit, earlier)
            return self._present(column, sorted(possible), staged=False)
        return [str(line[0]) for line in self._ask(self.statements.gone_values(column, MOST_EARLIER))]

    def _precision(self) -> Iterator[Question]:
        key = self._key_column()
        if key is None or self._is_append:
            return
        for scanned in self.scanned:
            column, digits = self.sample.column(scanned.name), _digits(scanned)
            if column is None or digits is None or column.type.kind not in _FRACTIONS:
                continue
            if all(codes.fraction_digits(value) <= digits for value in self.sample.values(column) if value is not None):
                continue
            rounded, changed = self._ask(self.statements.rounded(column, key, digits))[0]
            if rounded and 2 * rounded >= changed:
                table, file_name = self.row.table_name, self.row.file_name
                yield doubts.precision_question(table, file_name, column.name, int(rounded), int(changed), digits)

    def _times(self) -> Iterator[Question]:
        """A column of moments that comes without any time of day: a program exported its days alone."""
        if self._is_append:
            return
        for scanned in self.scanned:
            column = self.sample.column(scanned.name)
            if column is None or column.type.kind is not TypeKind.DATETIME2 or scanned.type != DATE:
                continue
            given = [value for value in self.sample.values(column) if value is not None]
            timed = sum(codes.has_time(value) for value in given)
            if timed and 2 * timed >= len(given):
                yield doubts.times_question(self.row.table_name, self.row.file_name, column.name)

    def _keys(self) -> Iterator[Question]:
        key, column = self.watch.key, self._key_column()
        if key is None or column is None:
            return
        repeats = key.repeats()
        if self.contract.primary_key:
            # The rule has rejected equal keys; whether others are the same key, people have stated.
            if repeats.near:
                self.warnings.append(doubts.repeats_warning(key.column, repeats.near, near=True))
            self._warn_near_keys(key, column)
            return
        count = repeats.count if key.is_complete else self._repeated(column, staged=True)
        if not count:
            yield from self._near_keys(key, column)
        elif not self._repeated(column, staged=False) and not self._has_alike(column, repeats.spellings):
            table, file_name = self.row.table_name, self.row.file_name
            yield doubts.keys_question(table, file_name, column.name, count, repeats.examples)

    def _near_keys(self, key: KeyWatch, column: Column) -> Iterator[Question]:
        """Keys that are new in the table, but look like one of its keys."""
        pairs = self._near_pairs(key, column)
        if pairs and self._is_append:
            self.warnings.append(doubts.near_keys_warning(self.row.table_name, column.name, pairs))
        elif pairs:
            yield doubts.near_keys_question(self.row.table_name, self.row.file_name, column.name, pairs)

    def _warn_near_keys(self, key: KeyWatch, column: Column) -> None:
        """Reports keys that only look like those of the table; which ones are equal, people have stated."""
        pairs = [pair for pair in self._near_pairs(key, column) if difference(*pair)]
        if pairs:
            self.warnings.append(doubts.near_keys_warning(self.row.table_name, column.name, pairs))

    def _near_pairs(self, key: KeyWatch, column: Column) -> Sequence[tuple[str, str]]:
        if not is_text(column):
            return ()
        pairs = self._all_near_pairs(column) if self._compares_all(key, column) else ()
        return pairs or self._likely_near_pairs(key, column)

    def _has_alike(self, column: Column, spellings: Sequence[str]) -> bool:
        """Whether the table has two of the values that look alike: then its keys are allowed to."""
        known = self._present(column, spellings, staged=False)
        return len({alike(value) for value in known}) < len(known)

    def _compares_all(self, key: KeyWatch, column: Column) -> bool:
        """Whether all keys are compared: in a short file, or where some are of the kind that may look like another."""
        if not self._is_append and self._staged_rows <= FEW_ROWS:
            return True
        return bool(key.odd) or any(may_look_alike(str(value)) for value in self.sample.values(column))

    def _all_near_pairs(self, column: Column) -> Sequence[tuple[str, str]]:
        new = self._texts(self.statements.new_values(column, MOST_EARLIER))
        if not new:
            return ()
        earlier = self.statements.live_values if self._is_append else self.statements.gone_values
        return codes.near_pairs(self._texts(earlier(column, MOST_EARLIER)), new)

    def _texts(self, statement: Statement) -> list[str]:
        return [str(line[0]) for line in self._ask(statement) if line[0] is not None]

    def _likely_near_pairs(self, key: KeyWatch, column: Column) -> Sequence[tuple[str, str]]:
        """Looks in the table only for values that are written in another way than those of the sample."""
        cases = {codes.letter_case(value) for value in self.sample.values(column) if isinstance(value, str)}
        new = self._unknown(column, tuple({**dict.fromkeys(key.unlike(cases)), **key.odd}))
        forms = sorted({form for value in new for form in codes.key_forms(value)})[:MOST_VALUES]
        if not forms:
            return ()
        near = [str(line[0]) for line in self._ask(self.statements.near_values(column, forms))]
        return codes.near_pairs(near if self._is_append else key.missing(near), new)

    def _rows(self) -> Iterator[Question]:
        """Rows of an append that are in the table, or whose keys are; all are compared only if some of a sample are."""
        key = self._key_column()
        if not self._is_append or not (self.complete or key) or self.contract.load is LoadMode.UPSERT:
            return
        by = key or self._most_varied()
        few = self._staged_rows <= FEW_ROWS
        if not self._count(self.statements.count_known(by, None if few else SAMPLED)):
            return
        repeated, rows = 0, 0
        if self.complete and (few or self._repeated_rows(by, SAMPLED)[0]):
            repeated, rows = self._repeated_rows(by, None)
        question = doubts.rows_question(self.row.table_name, self.row.file_name, repeated, rows)
        if question is not None:
            yield question
        elif repeated:
            self.warnings.append(doubts.rows_warning(self.row.table_name, repeated))
        if key is not None and not self.contract.primary_key:
            yield from self._known_keys(key, repeated)

    def _repeated_rows(self, by: Column, sample: int | None) -> tuple[int, int]:
        repeated, rows = self._ask(self.statements.repeated_rows(self.sample.columns, by, sample))[0]
        return int(repeated), int(rows)

    def _known_keys(self, key: Column, repeated: int) -> Iterator[Question]:
        """Appended keys that the table has with other values; rows of another time only warn.

        :param repeated: rows that the table has as they are.
        """
        count = self._count(self.statements.count_known_keys(key)) - repeated
        if count <= 0 or self._repeated(key, staged=False):
            return
        table, time = self.row.table_name, self._other_time(key)
        if time is not None:
            self.warnings.append(doubts.known_keys_warning(table, key.name, count, time))
            return
        examples = () if repeated else tuple(str(line[0]) for line in self._ask(self.statements.known_keys(key)))
        yield doubts.known_keys_question(table, self.row.file_name, key.name, count, examples)

    def _other_time(self, key: Column) -> str | None:
        """The column that says that the appended rows are of another time than the table's rows with their keys."""
        times = (one for one in self.sample.columns if one.name != key.name and _says_when(one))
        return next((one.name for one in times if not self._count(self.statements.count_same(key, one))), None)

    def _most_varied(self) -> Column:
        """The column with the most different values in the sample."""
        return max(self.sample.columns, key=lambda column: len(set(self.sample.values(column))))

    def _key_column(self) -> Column | None:
        return self.sample.column(self.watch.key.column) if self.watch.key is not None else None

    @property
    def _staged_rows(self) -> int:
        return self.watch.rows

    def _first_staged(self, column: Column) -> tuple[str, ...]:
        statement = self.statements.staged_values(column, MAX_EXAMPLES)
        return tuple(str(line[0]) for line in self._ask(statement))

    def _without_code(self, column: Column, numbers: Sequence[str], length: int) -> tuple[str, ...]:
        """Those of the numbers that the file does not also have with their zeros."""
        codes_of = {number: codes.digits_of(number).zfill(length) for number in numbers}
        there = self._present(column, tuple(codes_of.values()), staged=True)
        return tuple(number for number, code in codes_of.items() if code not in there)

    def _unknown(self, column: Column, values: Sequence[str]) -> tuple[str, ...]:
        """Those of the values that the table does not have."""
        known = self._present(column, values, staged=False)
        return tuple(value for value in values if value not in known)

    def _present(self, column: Column, values: Sequence[str], *, staged: bool) -> set[str]:
        known: set[str] = set()
        for start in range(0, len(values), MOST_VALUES):
            statement = self.statements.present(column, values[start : start + MOST_VALUES], staged=staged)
            known.update(str(line[0]) for line in self._ask(statement))
        return known

    def _repeated(self, column: Column, *, staged: bool) -> int:
        values, distinct = self._ask(self.statements.key_counts(column, staged=staged))[0]
        return int(values) - int(distinct)

    def _count(self, statement: Statement) -> int:
        return int(self._ask(statement)[0][0])

    def _ask(self, statement: Statement) -> Sequence[Row]:
        return self.session.query(statement.sql, statement.values)


def _says_when(column: Column) -> bool:
    """Whether a column has a time, judging by its type and name."""
    return column.type.kind in _DAYS or bool(_TIMES & set(fold_name(column.name).split("_")))


def _digits(scanned: ScannedColumn) -> int | None:
    """The most decimals of the file's values; None where they are not exact numbers."""
    if scanned.type is None or scanned.type.kind not in _NUMBERS:
        return None
    return scanned.type.scale or 0
