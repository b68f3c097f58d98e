"""Questions about a file's rows: codes that lost something, repeated keys, rows that are in the table already. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.contract import Contract, KeptAnswer
from refdata.core.contractterms import QuestionKind
from refdata.core.errors import be
from refdata.core.questions import MAX_EXAMPLES, REFUSE, Choice, Question

LOAD = "load"
"""The answer to load the rows as they are, which a table may keep."""
REPEATED_SHARE = 0.5
"""Share of an append's rows that must be in the table for the file to count as delivered twice."""


@dataclass(frozen=True, slots=True)
class LostZeros:
    """Codes that the file writes without leading zeros.

    ``pairs`` are some codes of the table and what the file has instead, ``count`` how many there are. ``short`` are
    further numbers with fewer than ``length`` digits, which all codes of the table have.
    """

    column: str
    count: int
    pairs: tuple[tuple[str, str], ...] = ()
    short: tuple[str, ...] = ()
    length: int | None = None


def zeros_question(table: str, file_name: str, found: LostZeros) -> Question:
    """Asks whether codes that lost their leading zeros are loaded.

    >>> zeros_question("zips", "zips.csv", LostZeros("zip", 1, (("01001", "1001"),))).name
    'codes_changed:zip'
    """
    evidence = []
    if found.count:
        evidence.append(
            f"{table} has {found.count:,} values of {found.column} with leading zeros or a plus sign, which the file"
            " has without them."
        )
    if found.short:
        evidence.append(
            f"All codes of {found.column} in {table} have {found.length} digits;"
            f" the file has {len(found.short):,} with fewer."
        )
    many = max(found.count, len(found.short))
    named = f"{many:,} {'code' if many == 1 else 'codes'} of {found.column}"
    examples = (
        *(f"{old!r} became {new!r}." for old, new in found.pairs),
        *(f"{text!r} has {len(text)} characters." for text in found.short),
    )
    return _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{named} lost leading zeros or a plus sign in {file_name}. Load them anyway?",
        tuple(evidence),
        f"The values of {found.column} are loaded as the file writes them.",
        found.column,
        examples,
    )


def damage_question(table: str, file_name: str, column: str, rows: int, values: Sequence[str]) -> Question:
    """Asks about values that a spreadsheet makes of codes: ``2-Mar``, ``1.23E+15``, or dates.

    :param rows: how many rows have such a value; ``values`` are some of those that the table does not have.
    """
    named = f"{rows:,} {'value' if rows == 1 else 'values'} of {column}"
    return _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{named} in {file_name} look like codes that a spreadsheet changed. Load them anyway?",
        (f"{column} is text, and no row of {table} that was examined has such a value.",),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(f"Such as {text!r}." for text in values),
    )


def precision_question(table: str, file_name: str, column: str, rounded: int, changed: int, digits: int) -> Question:
    """Asks about numbers whose last decimals are gone.

    :param rounded: rows whose value equals that of the table up to the last of ``digits`` decimals.
    :param changed: all rows whose value changed.
    """
    places = "no decimals" if not digits else f"at most {digits} {'decimal' if digits == 1 else 'decimals'}"
    return _question(
        QuestionKind.PRECISION_LOST,
        table,
        f"{rounded:,} values of {column} lost decimals in {file_name}. Load them anyway?",
        (
            f"The values of {column} in the file have {places}; those of {table} have more.",
            f"{rounded:,} of the {changed:,} values that changed equal the earlier ones without the last decimals.",
        ),
        f"The values of {column} are loaded with {places}.",
        column,
    )


def keys_question(
    table: str, file_name: str, column: str, repeated: int, examples: Sequence[tuple[str, int]]
) -> Question:
    """Asks whether a column that identified each row may stop doing so.

    :param repeated: values of the file that repeat another one, exactly or nearly.
    """
    return _question(
        QuestionKind.KEYS_REPEATED,
        table,
        f"{_values(repeated)} of {column} in {file_name} repeat another one, or nearly. Load them anyway?",
        (f"{column} has identified each row of {table} so far, even with {_IGNORED} ignored.",),
        f"All rows of the file are loaded as they are, whatever {column} contains.",
        column,
        tuple(f"{value!r} occurs {number} times." for value, number in examples),
    )


def near_keys_question(table: str, file_name: str, column: str, pairs: Sequence[tuple[str, str]]) -> Question:
    """Asks about keys that replace those of the table from which they differ by case or blanks only."""
    return _question(
        QuestionKind.KEYS_REPEATED,
        table,
        f"{_values(len(pairs))} of {column} in {file_name} differ from the table's by case or blanks. Load them so?",
        (f"{column} has identified each row of {table} so far; the rows with the earlier spelling are replaced.",),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(f"{old!r} became {new!r}." for old, new in pairs),
    )


def rows_question(table: str, file_name: str, repeated: int, rows: int) -> Question | None:
    """Asks about an append that brings rows that are in the table; None where these are fewer than half.

    :param repeated: distinct rows of the file that are in the table.
    :param rows: all distinct rows of the file.
    """
    if not repeated or repeated < REPEATED_SHARE * rows:
        return None
    return _question(
        QuestionKind.ROWS_REPEATED,
        table,
        f"{repeated:,} of {rows:,} rows in {file_name} {be(repeated)} already in {table}. Add them again?",
        (f"{repeated:,} of the file's {rows:,} different rows equal a row of the table in every column.",),
        f"All rows of the file are added; {table} has the repeated ones twice.",
    )


def rows_warning(table: str, repeated: int) -> str:
    """Warns about the fewer rows that an append repeats."""
    many, them = ("1 row is", "it") if repeated == 1 else (f"{repeated:,} rows are", "them")
    return f"{many} in {table} already: this load added {them} again."


def repeats_warning(column: str, repeated: int, *, near: bool = False) -> str:
    """Warns about keys that the file repeats if no question is asked: in a first load, or beside a stated key.

    :param near: only case, blanks around the values or invisible characters differ.
    """
    verb = "repeats" if repeated == 1 else "repeat"
    how = f", except for {_IGNORED}" if near else f" ({_IGNORED} ignored)"
    return (
        f"{_values(repeated)} of {column} {verb} another one{how}."
        " The contract can state a primary key, and how its values compare."
    )


_IGNORED = "case, blanks around them and invisible characters"


def near_keys_warning(table: str, column: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Warns about appended keys that differ from those of the table only in case or blanks."""
    many = f"{_values(len(pairs))} of {column}"
    return f"{many} {'differs' if len(pairs) == 1 else 'differ'} from values in {table} by case or blanks only."


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"


def _question(
    kind: QuestionKind,
    table: str,
    subject: str,
    evidence: tuple[str, ...],
    effect: str,
    column: str = "",
    examples: Sequence[str] = (),
) -> Question:
    kept = Contract(table=table, answers=(KeptAnswer(kind, column, LOAD),))
    load = Choice(LOAD, "Load them as they are", effect, patch=kept, keepable=True)
    return Question(kind, table, subject, evidence, (load, REFUSE), column, tuple(examples[:MAX_EXAMPLES]))
