"""Plans the rules over several rows, set-wise in the stage table: unique keys and valid references. Pure.

Each staged row has a number, ``ROW_COLUMN``, in the order of the file; statements return or remove rows by it. Text is
compared exactly (by code points, with its trailing blanks) on every engine, whatever the collation, unless the
contract says that a key ignores case or trailing blanks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from refdata.core.capabilities import Capabilities
from refdata.core.columntext import unicode_text
from refdata.core.contract import Contract, ForeignKey
from refdata.core.contractterms import ConstraintKind, LoadMode, Severity
from refdata.core.model import Column, LoadType
from refdata.core.naming import VERSION_COLUMN, fold_name, quote
from refdata.core.sqltypes import BIGINT, TypeKind, text
from refdata.core.statement import Statement

ROW_COLUMN = "ref_data_row"
"""The stage table's column with the number of the row, from 1."""
ROW = Column(ROW_COLUMN, BIGINT)


@dataclass(frozen=True, slots=True)
class Side:
    """Rows that a rule examines: ``source`` is a quoted name, ``columns`` are those of its table.

    ``version``: of a version table, only the rows kept under that number.
    """

    source: str
    columns: tuple[Column, ...]
    version: int | None = None

    def column(self, name: str) -> Column | None:
        """The column with that name, or None."""
        return next((one for one in self.columns if fold_name(one.name) == fold_name(name)), None)


@dataclass(frozen=True, slots=True)
class KeyRule:
    """A rule over several rows. ``words`` describes a violation; ``statement`` finds the staged rows that break it."""

    columns: tuple[str, ...]
    words: str
    severity: Severity
    statement: Statement


@dataclass(frozen=True, slots=True)
class Orphans:
    """Rows of ``source`` that would lose what their ``columns`` refer to; ``condition`` is about a row ``s``."""

    engine: Capabilities
    source: str
    columns: tuple[str, ...]
    condition: str
    equal: str
    values: tuple[object, ...] = ()

    def count_rows(self) -> Statement:
        """How many rows there are."""
        return Statement(f"SELECT COUNT(*) FROM {self.source} AS s WHERE {self.condition}", self.values)

    def count_keys(self) -> Statement:
        """How many different keys they refer to."""
        keys = f"SELECT 1 AS n FROM {self.source} AS s WHERE {self.condition} GROUP BY {self.equal}"
        return Statement(f"SELECT COUNT(*) FROM ({keys}) AS d", self.values)

    def sample_keys(self, most: int) -> Statement:
        """Some of the keys."""
        names = ", ".join(f"s.{quote(name)}" for name in self.columns)
        select = f"SELECT {names} FROM {self.source} AS s WHERE {self.condition} GROUP BY {names}"
        return self.engine.first_rows(f"{select} ORDER BY {names}", most, self.values)

    def more_than(self, rows: int) -> Statement:
        """One row where there are more than ``rows``, else none."""
        counted = f"SELECT COUNT(*) AS n FROM {self.source} AS s WHERE {self.condition}"
        return Statement(f"SELECT d.n FROM ({counted}) AS d WHERE d.n > ?", (*self.values, rows))


@dataclass(frozen=True, slots=True)
class Proven:
    """Keys whose values need no query, by the names of their columns: none of them is empty, or none is repeated."""

    complete: frozenset[tuple[str, ...]] = frozenset()
    distinct: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """The rows that the rules of one load compare.

    ``live`` are the table's rows, None if there is no table yet. ``parents`` are the tables that the contract
    refers to, by their folded names. ``proven``: what is known of the staged rows already.
    """

    engine: Capabilities
    contract: Contract
    load_type: LoadType
    stage: Side
    live: Side | None
    parents: Mapping[str, Side]
    proven: Proven = Proven()

    def rules(self) -> tuple[KeyRule, ...]:
        """All rules, keys first: a row removed because of its key must not satisfy another row's reference."""
        return (*self._primary(), *self._unique(), *self.references())

    def _primary(self) -> Iterator[KeyRule]:
        key = self._staged(self.contract.primary_key or ())
        if not key:
            return
        named = ", ".join(key)
        empty = " OR ".join(f"{quote(name)} IS NULL" for name in key)
        sql = f"SELECT {quote(ROW_COLUMN)} FROM {self.stage.source} WHERE {empty}"
        if key not in self.proven.complete:
            yield KeyRule(key, f"the key ({named}) needs a value", Severity.ERROR, Statement(sql))
        if key not in self.proven.distinct:
            words = f"the key ({named}) is repeated from an earlier row"
            yield KeyRule(key, words, Severity.ERROR, self._repeated(key))
        if self._adds_rows and self.contract.load is not LoadMode.UPSERT and self.live is not None:
            words = f"the key ({named}) is already in the table"
            yield KeyRule(key, words, Severity.ERROR, self._present(key, self.live))

    def _unique(self) -> Iterator[KeyRule]:
        for names, severity in _unique_keys(self.contract):
            key = self._staged(names)
            if not key:
                continue
            named = ", ".join(key)
            if key not in self.proven.distinct:
                words = f"the value of {named} is repeated from an earlier row"
                yield KeyRule(key, words, severity, self._repeated(key))
            if self._adds_rows and self.live is not None:
                words = f"the value of {named} is already in the table"
                yield KeyRule(key, words, severity, self._present(key, self.live))

    def references(self) -> Iterator[KeyRule]:
        """The rules that another table's load may break while this load is running."""
        for reference in self.contract.foreign_keys or ():
            columns = self._staged(reference.fields)
            targets = self._targets(reference.table)
            if not columns:
                continue
            named = ", ".join(columns)
            words = f"the value of {named} is not in {reference.table} ({', '.join(reference.references)})"
            words += self._lacking(reference, targets)
            statement = self._unmet(columns, reference.references, targets)
            yield KeyRule(columns, words, reference.severity, statement)

    def _lacking(self, reference: ForeignKey, targets: Sequence[Side]) -> str:
        """What the other table lacks, so that no value can be in it; empty where it is as declared."""
        if not targets:
            return ": there is no such table yet"
        columns = [name for name in reference.references if not targets[0].column(name)]
        return f": {reference.table} has no column {', '.join(columns)}" if columns else ""

    def orphans(self, reference: ForeignKey, before: Side, after: Side) -> Orphans | None:
        """The rows (of ``stage``) whose reference ``before`` meets and ``after`` does not; None without such columns.

        ``before`` and ``after`` are the rows of the table that the reference names: the live ones, and those to come.
        """
        columns = self._staged(reference.fields)
        met, kept = (self._meeting(columns, reference.references, side) for side in (before, after))
        if not columns or not met:
            return None
        given = " AND ".join(f"s.{quote(name)} IS NOT NULL" for name in columns)
        lost = f" AND NOT EXISTS ({kept})" if kept else ""
        equal = ", ".join(part for name in columns for part in self._compared("s", self._of(self.stage, name)))
        values = tuple(side.version for side in (before, after) if side.version is not None)
        return Orphans(self.engine, self.stage.source, columns, f"{given} AND EXISTS ({met}){lost}", equal, values)

    @property
    def _adds_rows(self) -> bool:
        return self.load_type is LoadType.APPEND

    def _staged(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns by their names in the stage; empty if the file lacks one of them."""
        columns = [self.stage.column(name) for name in names]
        return tuple(one.name for one in columns if one is not None) if all(columns) else ()

    def _targets(self, table: str) -> tuple[Side, ...]:
        """The rows that a reference may point to; a table that refers to itself includes the rows of this load."""
        if fold_name(table) != fold_name(self.contract.table):
            parent = self.parents.get(fold_name(table))
            return (parent,) if parent else ()
        return (self.stage, *((self.live,) if self._adds_rows and self.live else ()))

    def _repeated(self, key: Sequence[str]) -> Statement:
        """The rows whose key already occurs in an earlier row; a key with an empty part equals no other."""
        parts = ", ".join(part for name in key for part in self._compared("s", self._of(self.stage, name)))
        given = " AND ".join(f"s.{quote(name)} IS NOT NULL" for name in key)
        inner = (
            f"SELECT s.{quote(ROW_COLUMN)}, ROW_NUMBER() OVER (PARTITION BY {parts} ORDER BY s.{quote(ROW_COLUMN)})"
            f" AS n FROM {self.stage.source} AS s WHERE {given}"
        )
        return Statement(f"SELECT {quote(ROW_COLUMN)} FROM ({inner}) AS r WHERE n > 1")

    def _present(self, key: Sequence[str], live: Side) -> Statement:
        pairs = [(self._of(self.stage, name), live.column(name)) for name in key]
        if any(there is None for _, there in pairs):
            return self._none()
        same = " AND ".join(self._same(ours, there) for ours, there in pairs if there is not None)
        return Statement(
            f"SELECT s.{quote(ROW_COLUMN)} FROM {self.stage.source} AS s"
            f" WHERE EXISTS (SELECT 1 FROM {live.source} AS t WHERE {same}{self._stays(live)})"
        )

    def _stays(self, live: Side) -> str:
        """The condition that an upsert does not replace a live row (``t``); empty for a plain append."""
        names = self._staged(self.contract.primary_key or ())
        theirs = [live.column(name) for name in names]
        if self.contract.load is not LoadMode.UPSERT or not names or not all(theirs):
            return ""
        pairs = [(self._of(self.stage, name), there) for name, there in zip(names, theirs, strict=True) if there]
        same = " AND ".join(self._same(ours, there, "u") for ours, there in pairs)
        return f" AND NOT EXISTS (SELECT 1 FROM {self.stage.source} AS u WHERE {same})"

    def _unmet(self, columns: Sequence[str], targets: Sequence[str], sides: Sequence[Side]) -> Statement:
        given = " AND ".join(f"s.{quote(name)} IS NOT NULL" for name in columns)
        met = "".join(f" AND NOT EXISTS ({sql})" for side in sides if (sql := self._meeting(columns, targets, side)))
        return Statement(f"SELECT s.{quote(ROW_COLUMN)} FROM {self.stage.source} AS s WHERE {given}{met}")

    def _meeting(self, columns: Sequence[str], targets: Sequence[str], side: Side) -> str:
        pairs = [
            (self._of(self.stage, ours), side.column(theirs)) for ours, theirs in zip(columns, targets, strict=True)
        ]
        if any(there is None for _, there in pairs):
            return ""
        same = " AND ".join(self._same(ours, there) for ours, there in pairs if there is not None)
        kept = "" if side.version is None else f" AND t.{quote(VERSION_COLUMN)} = ?"
        return f"SELECT 1 FROM {side.source} AS t WHERE {same}{kept}"

    def _of(self, side: Side, name: str) -> Column:
        column = side.column(name)
        assert column is not None  # noqa: S101  the caller has checked
        return column

    def _none(self) -> Statement:
        return Statement(f"SELECT {quote(ROW_COLUMN)} FROM {self.stage.source} WHERE 1 = 0")

    def _same(self, ours: Column, theirs: Column, staged: str = "s") -> str:
        """Whether a staged value equals one of another table (``t``)."""
        as_text = _is_text(ours) != _is_text(theirs)
        sides = zip(self._compared(staged, ours, as_text), self._compared("t", theirs, as_text), strict=False)
        return " AND ".join(f"{one} = {other}" for one, other in sides)

    def _compared(self, side: str, column: Column, as_text: bool = False) -> tuple[str, ...]:
        """The expressions that compare a value: itself, and for text whatever else the engine needs."""
        value = unicode_text(self.engine, column, f"{side}.{quote(column.name)}")
        if not (_is_text(column) or as_text):
            return (value,)
        if as_text and not _is_text(column):
            value = f"CAST({value} AS {self.engine.type_name(text(4000))})"
        value = f"UPPER({value})" if self.contract.key_ignores_case else value
        value = f"RTRIM({value})" if self.contract.key_ignores_trailing_blanks else value
        return self.engine.text_parts(value)


def remove_rows(source: str, rows: Sequence[int]) -> Statement:
    """Removes staged rows by their numbers: at most ``Capabilities.most_values`` of them."""
    marks = ", ".join("?" for _ in rows)
    return Statement(f"DELETE FROM {source} WHERE {quote(ROW_COLUMN)} IN ({marks})", tuple(rows))


def has_key_rules(contract: Contract) -> bool:
    """Whether the contract has a rule over several rows, for which the staged rows need numbers."""
    return bool(contract.primary_key or contract.foreign_keys or _unique_keys(contract))


def keys_compared_exactly(contract: Contract, columns: Sequence[Column]) -> tuple[tuple[str, ...], ...]:
    """The keys whose values may not repeat and that values equal only by themselves, with the columns' own names."""
    stage, keys = Side("", tuple(columns)), []
    loosely = contract.key_ignores_case or contract.key_ignores_trailing_blanks
    for names in (contract.primary_key or (), *(names for names, _ in _unique_keys(contract))):
        key = [column for name in names if (column := stage.column(name)) is not None]
        if key and len(key) == len(names) and not (loosely and any(map(_is_text, key))):
            keys.append(tuple(column.name for column in key))
    return tuple(dict.fromkeys(keys))


def _unique_keys(contract: Contract) -> tuple[tuple[tuple[str, ...], Severity], ...]:
    rules = ((fact.name, fact.constraint(ConstraintKind.UNIQUE)) for fact in contract.fields)
    single = (((name,), rule.severity) for name, rule in rules if rule is not None)
    return (*((key.fields, key.severity) for key in contract.unique_keys or ()), *single)


def _is_text(column: Column) -> bool:
    return column.type.kind is TypeKind.NVARCHAR
