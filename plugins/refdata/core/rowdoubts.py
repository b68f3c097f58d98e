"""Plans the statements that compare staged rows with live ones to find what a person must be asked. Pure.

Text compares by code points and with its trailing blanks, on every engine and whatever the collation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.capabilities import Capabilities
from refdata.core.columntext import unicode_text
from refdata.core.model import Column, LoadType
from refdata.core.naming import quote
from refdata.core.questions import MAX_EXAMPLES
from refdata.core.sqltypes import TypeKind
from refdata.core.statement import Statement


@dataclass(frozen=True, slots=True)
class RowDoubts:
    """The statements of one load. ``stage`` and ``live`` are quoted names of tables with the same columns."""

    engine: Capabilities
    load_type: LoadType
    stage: str
    live: str

    def probe(self, columns: Sequence[Column], most: int) -> Statement:
        """Some live rows."""
        return self.engine.first_rows(f"SELECT {_listed(columns)} FROM {self.live}", most)

    def count_codes(self, column: Column) -> Statement:
        """The number of live values that are codes with leading zeros."""
        return Statement(f"SELECT COUNT(*) FROM {self.live} WHERE {_is_code(quote(column.name))}")

    def count_lost_zeros(self, column: Column) -> Statement:
        """The number of live codes that the file has without their zeros."""
        return Statement(f"SELECT COUNT(*) FROM ({self._lost_zeros(column)}) AS f")

    def lost_zeros(self, column: Column) -> Statement:
        """Some of those codes: as the table has them and as the file does."""
        rows = f"SELECT old, new FROM ({self._lost_zeros(column)}) AS f ORDER BY old, new"
        return self.engine.first_rows(rows, MAX_EXAMPLES)

    def present(self, column: Column, values: Sequence[object], *, staged: bool) -> Statement:
        """Which of the values the file, or the table, has in a column; at most ``Capabilities.most_values`` of them."""
        value = self._exact(column, quote(column.name))
        marks = ", ".join("?" for _ in values)
        source = self.stage if staged else self.live
        return Statement(f"SELECT DISTINCT {value} FROM {source} WHERE {value} IN ({marks})", tuple(values))

    def count_distinct(self, column: Column) -> Statement:
        """The number of different values in a column of the file."""
        return Statement(f"SELECT COUNT(DISTINCT {self._exact(column, quote(column.name))}) FROM {self.stage}")

    def count_shared(self, mine: Column, theirs: Column) -> Statement:
        """The number of different values that a column of the file has in common with one of the table."""
        ours, live = (self._exact(one, quote(one.name)) for one in (mine, theirs))
        known = f"SELECT {live} FROM {self.live} WHERE {quote(theirs.name)} IS NOT NULL"
        return Statement(f"SELECT COUNT(DISTINCT {ours}) FROM {self.stage} WHERE {ours} IN ({known})")

    def newest(self, columns: Sequence[Column], *, staged: bool) -> Statement:
        """The latest moment in each of the columns of the file, or of the table."""
        latest = ", ".join(f"MAX({quote(column.name)})" for column in columns)
        return Statement(f"SELECT {latest} FROM {self.stage if staged else self.live}")

    def gone_values(self, column: Column, most: int) -> Statement:
        """Live values that the file no longer has."""
        return self.engine.first_rows(self._only_in(column, self.live, self.stage), most)

    def count_empty(self, column: Column) -> Statement:
        """The number of live rows without a value in a column."""
        return Statement(f"SELECT COUNT(*) - COUNT({quote(column.name)}) FROM {self.live}")

    def staged_values(self, column: Column, most: int) -> Statement:
        """Some values of the file."""
        name = quote(column.name)
        return self.engine.first_rows(f"SELECT {name} FROM {self.stage} WHERE {name} IS NOT NULL", most)

    def near_values(self, column: Column, forms: Sequence[str]) -> Statement:
        """The live values that differ from a form (``codes.key_forms``) only in case and outer blanks."""
        value = quote(column.name)
        marks = ", ".join("?" for _ in forms)
        folded = self._exact(column, f"UPPER(LTRIM(RTRIM({value})))")
        exact = self._exact(column, value)
        return Statement(f"SELECT DISTINCT {exact} FROM {self.live} WHERE {folded} IN ({marks})", tuple(forms))

    def new_values(self, column: Column, most: int) -> Statement:
        """Values of the file that the table does not have."""
        return self.engine.first_rows(self._only_in(column, self.stage, self.live), most)

    def live_values(self, column: Column, most: int) -> Statement:
        """Some distinct values of the table."""
        value = self._exact(column, quote(column.name))
        return self.engine.first_rows(f"SELECT DISTINCT {value} FROM {self.live}", most)

    def key_counts(self, column: Column, *, staged: bool) -> Statement:
        """One row: a column's values, and the distinct ones; case and blanks around them are ignored in text."""
        name, source = quote(column.name), self.stage if staged else self.live
        value = self._exact(column, f"UPPER(LTRIM(RTRIM({name})))") if is_text(column) else name
        return Statement(f"SELECT COUNT({name}), COUNT(DISTINCT {value}) FROM {source}")

    def count_known(self, column: Column, sample: int | None) -> Statement:
        """The live rows whose value in a column is one of the staged ones.

        :param sample: look for the values of so many staged rows only.
        """
        name = quote(column.name)
        sql, values = self._staged_values(column, sample)
        return Statement(f"SELECT COUNT(*) FROM {self.live} WHERE {name} IN ({sql})", values)

    def count_known_keys(self, key: Column) -> Statement:
        """The number of staged keys that the table has."""
        return Statement(f"SELECT COUNT(*) FROM ({self._known_keys(key)}) AS k")

    def known_keys(self, key: Column) -> Statement:
        """Some of them."""
        return self.engine.first_rows(f"SELECT v FROM ({self._known_keys(key)}) AS k ORDER BY v", MAX_EXAMPLES)

    def count_same(self, key: Column, column: Column) -> Statement:
        """The pairs of a staged and a live row with the same key and the same value in a column."""
        same = f"{self._same(key)} AND {self._same(column)}"
        return Statement(f"SELECT COUNT(*) FROM {self.stage} AS s JOIN {self.live} AS t ON {same}")

    def repeated_rows(self, columns: Sequence[Column], by: Column, sample: int | None) -> Statement:
        """One row: the distinct staged rows that are in the table, and all distinct staged rows.

        :param by: a column that few rows have in common; live rows with other values are passed over quickly.
        :param sample: examine so many staged rows only.
        """
        parts = ", ".join(
            f"{part} AS p{index}_{number}"
            for index, column in enumerate(columns)
            for number, part in enumerate(self._parts(column, quote(column.name)))
        )
        mine = self._staged_rows(parts, sample)
        only, values = self._staged_values(by, sample)
        live = f"SELECT {parts} FROM {self.live} WHERE {quote(by.name)} IN ({only}) OR {quote(by.name)} IS NULL"
        return Statement(
            f"SELECT (SELECT COUNT(*) FROM (SELECT * FROM ({mine.sql}) AS s INTERSECT {live}) AS r),"
            f" (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM ({mine.sql}) AS m) AS d)",
            (*mine.values, *values, *mine.values),
        )

    def rounded(self, column: Column, key: Column, digits: int) -> Statement:
        """One row: the values that differ from the table's only behind so many decimals, and all that differ."""
        old, new = f"CAST(t.{quote(column.name)} AS FLOAT)", f"CAST(s.{quote(column.name)} AS FLOAT)"
        unit = f"1e-{digits}"
        # A double's error must not decide: values that are equal to the ninth part of a unit are the same.
        close = f"CASE WHEN ABS({old} - {new}) < {unit} THEN 1 ELSE 0 END"
        return Statement(
            f"SELECT SUM({close}), COUNT(*) FROM {self.stage} AS s JOIN {self.live} AS t ON {self._same(key)}"
            f" WHERE ABS({old} - {new}) > {unit} * 1e-9"
        )

    def _known_keys(self, key: Column) -> str:
        name, value = quote(key.name), self._exact(key, quote(key.name))
        there = f"SELECT {value} FROM {self.live} WHERE {name} IS NOT NULL"
        return f"SELECT DISTINCT {value} AS v FROM {self.stage} WHERE {value} IN ({there})"

    def _same(self, column: Column) -> str:
        """Whether a staged row (``s``) and a live one (``t``) have the same value."""
        sides = (self._parts(column, f"{side}.{quote(column.name)}") for side in "st")
        return " AND ".join(f"{one} = {other}" for one, other in zip(*sides, strict=True))

    def _lost_zeros(self, column: Column) -> str:
        """In a full load a code that the file also has with its zeros has lost nothing."""
        name, value = quote(column.name), self._exact(column, quote(column.name))
        gone = f" AND {value} NOT IN (SELECT {value} FROM {self.stage} WHERE {name} IS NOT NULL)"
        codes = (
            f"SELECT DISTINCT {value} AS v FROM {self.live} WHERE {_is_code(name)}"
            f"{gone if self.load_type is LoadType.FULL else ''}"
        )
        new = (
            f"SELECT DISTINCT {value} AS n FROM {self.stage}"
            f" WHERE {value} NOT IN (SELECT {value} FROM {self.live} WHERE {name} IS NOT NULL)"
        )
        bare, number = self._exact(column, _bare("w.v")), self._exact(column, _without_decimal("s.n"))
        return f"SELECT DISTINCT w.v AS old, s.n AS new FROM ({new}) AS s JOIN ({codes}) AS w ON {number} = {bare}"

    def _only_in(self, column: Column, one: str, other: str) -> str:
        name = quote(column.name)
        parts = self._parts(column, name)
        listed = ", ".join(f"{part} AS {alias}" for part, alias in zip(parts, ("v", "n"), strict=False))
        return f"SELECT v FROM (SELECT {listed} FROM {one} EXCEPT SELECT {listed} FROM {other}) AS e"

    def _staged_values(self, column: Column, sample: int | None) -> tuple[str, tuple[object, ...]]:
        name = quote(column.name)
        rows = self._staged_rows(f"{name} AS v", sample)
        return f"SELECT v FROM ({rows.sql}) AS v WHERE v IS NOT NULL", rows.values

    def _staged_rows(self, listed: str, sample: int | None) -> Statement:
        select = f"SELECT {listed} FROM {self.stage}"
        return Statement(select) if sample is None else self.engine.first_rows(select, sample)

    def _parts(self, column: Column, value: str) -> tuple[str, ...]:
        return self.engine.text_parts(unicode_text(self.engine, column, value)) if is_text(column) else (value,)

    def _exact(self, column: Column, value: str) -> str:
        """A value that compares by code points; trailing blanks may count or not, as the engine has it."""
        return self._parts(column, value)[0]


def is_text(column: Column) -> bool:
    """Whether a column has text values."""
    return column.type.kind is TypeKind.NVARCHAR


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(quote(column.name) for column in columns)


def _is_code(value: str) -> str:
    """More than one character, the first a zero or a plus sign, and no decimal number below one."""
    first, second = (f"SUBSTRING({value}, {place}, 1)" for place in (1, 2))
    return f"{first} IN ('0', '+') AND {second} <> '' AND {second} <> '.' AND {second} <> ','"


def _bare(code: str) -> str:
    """A code without its leading zeros or plus sign; T-SQL trims blanks only, and a code has none."""
    trimmed = f"REPLACE(LTRIM(REPLACE(REPLACE({code}, '+', ''), '0', ' ')), ' ', '0')"
    return f"(CASE WHEN {trimmed} = '' THEN '0' ELSE {trimmed} END)"


def _without_decimal(number: str) -> str:
    """A number without the decimal that a program added: ``7.0`` becomes ``7``."""
    return f"(CASE WHEN {number} LIKE '%.0' THEN REPLACE({number}, '.0', '') ELSE {number} END)"
