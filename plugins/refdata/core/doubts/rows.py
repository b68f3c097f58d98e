"""Questions about a file's rows: codes that lost something, repeated keys, rows that are in the table already. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refdata.core.codedamage import ChangedCode
from refdata.core.contract import Contract, FieldContract, KeptAnswer
from refdata.core.contractterms import QuestionKind
from refdata.core.errors import be
from refdata.core.lookalikes import difference
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


def zeros_question(table: str, file_name: str, lost: LostZeros) -> Question:
    """Asks whether codes that lost their leading zeros are loaded.

    >>> zeros_question("zips", "zips.csv", LostZeros("zip", 1, (("01001", "1001"),))).name
    'codes_changed:zip'
    """
    evidence = []
    if lost.count:
        evidence.append(
            f"{table} has {lost.count:,} values of {lost.column} with leading zeros or a plus sign, which the file"
            " has without them."
        )
    if lost.short:
        evidence.append(
            f"All codes of {lost.column} in {table} have {lost.length} digits;"
            f" the file has {len(lost.short):,} with fewer."
        )
    many = max(lost.count, len(lost.short))
    named = f"{many:,} {'code' if many == 1 else 'codes'} of {lost.column}"
    examples = (
        *(f"{old!r} became {new!r}." for old, new in lost.pairs),
        *(f"{text!r} has {len(text)} characters." for text in lost.short),
    )
    return _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{named} lost leading zeros or a plus sign in {file_name}. Load them anyway?",
        tuple(evidence),
        f"The values of {lost.column} are loaded as the file writes them.",
        lost.column,
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
        f"{named} in {file_name} {'looks' if rows == 1 else 'look'} like codes that a spreadsheet changed. Load them"
        " anyway?",
        (f"{column} is text, and no row of {table} that was examined has such a value.",),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(f"Such as {text!r}." for text in values),
    )


def changed_question(table: str, file_name: str, column: str, pairs: Sequence[ChangedCode]) -> Question:
    """Asks about values that are codes of the table with some damage.

    >>> from refdata.core.codedamage import CodeDamage
    >>> changed_question("parts", "p.csv", "part", [ChangedCode(CodeDamage.ZEROS_WITHIN, "DE-01", "DE-1")]).examples
    ("'DE-01' became 'DE-1'.",)
    """
    damage = "; ".join(dict.fromkeys(one.damage for one in pairs))
    return _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{_values(len(pairs))} of {column} changed in {file_name}: {damage}. Load them anyway?",
        (f"{table} has these values of {column} otherwise, and the new ones nowhere.",),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(f"{one.old!r} became {one.new!r}." for one in pairs),
    )


def emptied_question(table: str, file_name: str, column: str, words: Sequence[str]) -> Question:
    """Asks about values such as ``NA`` that programs take for missing ones, and that are empty now.

    >>> emptied_question("countries", "c.csv", "code", ["NA"]).examples
    ("'NA' is in no row now.",)
    """
    shown = ", ".join(map(repr, words))
    return _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"{shown} of {column} may have become empty in {file_name}. Load it anyway?",
        (
            f"{table} has {shown} in {column}; the file has not, but more rows without a value.",
            "Programs read such values as missing ones, and write nothing in their place.",
        ),
        f"The empty values of {column} are loaded as the file has them.",
        column,
        tuple(f"{word!r} is in no row now." for word in words),
    )


def words_question(
    table: str, file_name: str, column: str, words: Sequence[str], known: Sequence[str], empty: int
) -> Question:
    """Asks whether words mean no value: those of programs, and errors of a spreadsheet.

    :param known: the texts that mean no value already; ``empty`` counts the table's rows without one.

    >>> words_question("t", "t.csv", "colour", ["nan"], (), 2).subject
    "The value 'nan' of colour in t.csv may mean that there is no value. Load it as text?"
    """
    shown = ", ".join(map(repr, words[:MAX_EXAMPLES]))
    one = len(words) == 1
    rows = f"{empty:,} row{'' if empty == 1 else 's'} without a value of {column}"
    said = f"{table} has {rows}, and none with {shown}." if empty else f"{table} has {shown} in no row of {column}."
    texts = tuple(dict.fromkeys(("", *known, *words)))
    fact = FieldContract(name=column, missing_values=texts)
    effect = f"{column} has no value in these rows; they are loaded."
    none = Choice("missing", "They mean no value", effect, patch=Contract(table=table, fields=(fact,)), keepable=True)
    asked = _question(
        QuestionKind.CODES_CHANGED,
        table,
        f"The {'value' if one else 'values'} {shown} of {column} in {file_name} may mean that there is no value."
        f" Load {'it' if one else 'them'} as text?",
        (
            said,
            "Programs write such words where a value is missing, and spreadsheets where they could not compute it.",
        ),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(f"Such as {word!r}." for word in words),
    )
    return replace(asked, choices=(none, *asked.choices))


def precision_question(table: str, file_name: str, column: str, rounded: int, changed: int, digits: int) -> Question:
    """Asks about numbers whose last decimals are gone.

    :param rounded: rows whose value equals that of the table up to the last of ``digits`` decimals.
    :param changed: all rows whose value changed.
    """
    places = "no decimals" if not digits else f"at most {digits} {'decimal' if digits == 1 else 'decimals'}"
    return _question(
        QuestionKind.PRECISION_LOST,
        table,
        f"{_values(rounded)} of {column} lost decimals in {file_name}. Load them anyway?",
        (
            f"The values of {column} in the file have {places}; those of {table} have more.",
            f"{rounded:,} of the {changed:,} values that changed equal the earlier ones without the last decimals.",
        ),
        f"The values of {column} are loaded with {places}.",
        column,
    )


def times_question(table: str, file_name: str, column: str) -> Question:
    """Asks about moments whose times of day are gone."""
    return _question(
        QuestionKind.PRECISION_LOST,
        table,
        f"{column} in {file_name} has days without their times. Load them anyway?",
        (f"Values of {column} in {table} have a time of day; no value of the file has one.",),
        f"The values of {column} are loaded as midnight of their day.",
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
        f"{_values(repeated)} of {column} in {file_name} {'repeats' if repeated == 1 else 'repeat'} another one, or"
        " nearly. Load them anyway?",
        (f"{column} has identified each row of {table} so far, even with {_IGNORED} ignored.",),
        f"All rows of the file are loaded as they are, whatever {column} contains.",
        column,
        tuple(f"{value!r} occurs {number} times." for value, number in examples),
    )


def near_keys_question(table: str, file_name: str, column: str, pairs: Sequence[tuple[str, str]]) -> Question:
    """Asks about keys that replace those of the table that they look like (``lookalikes.alike``)."""
    return _question(
        QuestionKind.KEYS_REPEATED,
        table,
        f"{_values(len(pairs))} of {column} in {file_name} {_differ(len(pairs))} from the table's only by {_IGNORED}."
        " Load them so?",
        (f"{column} has identified each row of {table} so far; rows with the earlier spelling are replaced.",),
        f"The values of {column} are loaded as the file writes them.",
        column,
        tuple(_near_example(old, new) for old, new in pairs),
    )


def _near_example(old: str, new: str) -> str:
    unseen = difference(old, new)
    return f"{old!r} became {new!r}{f': {unseen}' if unseen else ''}."


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


def known_keys_question(table: str, file_name: str, column: str, count: int, keys: Sequence[str]) -> Question:
    """Asks about appended rows whose keys the table has with other values.

    :param keys: some of the ``count`` keys.
    """
    many, be = _values(count), "is" if count == 1 else "are"
    return _question(
        QuestionKind.KEYS_REPEATED,
        table,
        f"{many} of {column} in {file_name} {be} in {table} already, with other values. Add these rows too?",
        (
            f"{column} has identified each row of {table} so far.",
            "With a primary key and load: upsert in the contract, such rows would replace those of the table.",
        ),
        f"All rows of the file are added; {table} has several rows for one value of {column}.",
        column,
        tuple(f"Such as {key!r}." for key in keys),
    )


def known_keys_warning(table: str, column: str, count: int, time: str) -> str:
    """Warns about appended rows whose keys the table has with another time.

    :param time: the column that says when.
    """
    many, be = _values(count), "is" if count == 1 else "are"
    return f"{many} of {column} {be} in {table} already, with another {time}: this load added them beside these rows."


def repeats_warning(column: str, repeated: int, *, near: bool = False) -> str:
    """Warns about keys that the file repeats if no question is asked: in a first load, or beside a stated key.

    :param near: the values only look alike.
    """
    verb = "repeats" if repeated == 1 else "repeat"
    how = f", except for {_IGNORED}" if near else f" ({_IGNORED} ignored)"
    return (
        f"{_values(repeated)} of {column} {verb} another one{how}."
        " The contract can state a primary key, and how its values compare."
    )


def loaded_anyway(question: Question) -> str:
    """Warns about what is not asked, because the contract says so.

    >>> loaded_anyway(zeros_question("zips", "zips.csv", LostZeros("zip", 1, (("01001", "1001"),))))
    '1 code of zip lost leading zeros or a plus sign in zips.csv. This was loaded, because on_doubtful_rows is warn.'
    """
    return f"{question.subject.rpartition('. ')[0]}. This was loaded, because on_doubtful_rows is warn."


_IGNORED = "case, blanks, invisible characters and look-alike letters"


def near_keys_warning(table: str, column: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Warns about appended keys that only look like those of the table."""
    many = f"{_values(len(pairs))} of {column}"
    return f"{many} {_differ(len(pairs))} from values in {table} only by {_IGNORED}."


def _differ(count: int) -> str:
    return "differs" if count == 1 else "differ"


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
