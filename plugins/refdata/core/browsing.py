"""Plans the reading of a table page by page: sorted, filtered, searched, at any depth equally fast.

A page begins after the last row of the page before it (keyset paging), so no page counts or skips rows. That needs an
order in which no two rows are equal: the chosen column, then what distinguishes the rows of this table (SQLite's row
number, or the columns of a unique index). Where a table has neither, all columns are taken, and rows that are equal in
them are passed over by their number, which changes nothing for the reader: they are the same.

Pure: returns statements. Column names come from the catalog, values are bound, and the engines
escape what LIKE would read as a wildcard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from refdata.core.capabilities import Capabilities
from refdata.core.cellvalues import cell_text, cell_value
from refdata.core.columntext import unicode_text
from refdata.core.model import Column
from refdata.core.naming import fold_name, quote
from refdata.core.rowvalues import SHOWN, is_binary, is_long, may_contain, named_column, readable, value_of
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.statement import Statement
from refdata.core.tablediff import Rows

MAX_TERMS = 16
"""Columns that distinguish rows where a table has no unique index."""
MAX_CONDITIONS = 20
"""Conditions of one request."""
_KEPT = 1_500
"""Characters of a position; it travels in addresses."""
_ORDER = "refdata_order_"
"""Begins the names of the order's terms, which a column's own name would leave ambiguous."""
_NUMBER = SqlType(TypeKind.BIGINT)


class Operator(StrEnum):
    """What a condition asks of a value."""

    CONTAINS = "contains"
    IS = "is"
    IS_NOT = "isnot"
    FROM = "from"
    TO = "to"
    EMPTY = "empty"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one column; ``value`` is text, read as the column's type. Empty and filled have none."""

    column: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after the row with these order values, and ``skip`` rows equal to it; ``before`` rows
    were on the pages before, and ``searched`` rows at least were looked through for them. A text stands for each
    value, None for NULL.
    """

    values: tuple[str | None, ...]
    skip: int = 0
    before: int = 0
    searched: int = 0


@dataclass(frozen=True, slots=True)
class RowRequest:
    """One page of rows: which, in which order (``sort``: a column or ``""``), how many, after which row."""

    conditions: tuple[Condition, ...] = ()
    search: str = ""
    sort: str = ""
    descending: bool = False
    limit: int = 50
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of the order: an expression, its type, and whether it can be NULL."""

    sql: str
    kind: SqlType
    nullable: bool = True
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PagePlan:
    """The statement for a page, and what its result means.

    :param columns: the table's own columns.
    :param key: the columns of a unique index; empty where there is none.
    """

    engine: Capabilities
    rows: Rows
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    asked: RowRequest

    @property
    def terms(self) -> tuple[_Term, ...]:
        """The order, in which at most rows without any difference are equal.

        :raises ValueError: when the column to sort by does not exist.
        """
        first = self._chosen()
        taken = {term.sql for term in first}
        rest = [term for term in self._distinct() if term.sql not in taken]
        return (*first, *rest)

    def statement(self) -> Statement:
        """One row more than a page has: the columns, then the terms of the order.

        :raises ValueError: when a column does not exist, a value does not fit its column, or the position is no
            position of this order.
        """
        terms, after = self.terms, self.asked.after
        page = self.engine.page_rows(after.skip if after else 0, self.asked.limit + 1)
        return self._selected([self.shown(one) for one in self.columns], terms, self.conditions(), page)

    @property
    def has_parts(self) -> bool:
        """Whether the rows can be looked through a part at a time: a text is sought, which no index finds, in an order
        which one serves.
        """
        plain = {quote(one.name) for one in self.columns} | {self._row_number()}
        by_key = len(self.key) == 1 and fold_name(self.asked.sort) == fold_name(self.key[0])
        is_served = (not self.asked.sort or by_key) and all(term.sql in plain for term in self.terms)
        return self._is_distinct and is_served and bool(self._sought()[0])

    def statement_within(self, rows: int) -> Statement:
        """``statement`` for the next so many rows of the order alone, without those that an index may leave out."""
        looked = self._selected(
            [quote(one.name) for one in self.columns], self.terms, self._served(), self.engine.page_rows(0, rows)
        )
        sought, values = self._sought()
        names = ", ".join((*(self.shown(one) for one in self.columns), *self._order_names()))
        page = self.engine.page_rows(0, self.asked.limit + 1)
        where = " AND ".join(sought)
        order = f"ORDER BY {self._order(self.terms)} {page.sql}"
        sql = f"SELECT {names} FROM ({looked.sql}) AS looked_at WHERE {where} {order}"
        return Statement(sql, (*looked.values, *values, *page.values))

    def end_within(self, rows: int) -> Statement:
        """The terms of the last row of such a part; no row where fewer are left."""
        return self._selected([], self.terms, self._served(), self.engine.page_rows(rows - 1, 1))

    def _selected(
        self, names: Sequence[str], terms: Sequence[_Term], where: tuple[list[str], list[object]], page: Statement
    ) -> Statement:
        conditions, values = where
        if self.asked.after is not None:
            beyond, more = self._after(terms, self.asked.after)
            conditions, values = [*conditions, beyond], [*values, *more]
        ordered = (f"{term.sql} AS {name}" for term, name in zip(terms, self._order_names(), strict=True))
        listed = ", ".join((*names, *ordered))
        kept = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        sql = f"SELECT {listed} FROM {self.rows.source}{kept} ORDER BY {self._order(terms)} {page.sql}"
        return Statement(sql, (*values, *page.values))

    def _order_names(self) -> list[str]:
        return [f"{_ORDER}{index}" for index in range(len(self.terms))]

    def _order(self, terms: Sequence[_Term]) -> str:
        down = (" DESC" if term.descending else "" for term in terms)
        return ", ".join(f"{name}{sign}" for name, sign in zip(self._order_names(), down, strict=True))

    def position_after(self, rows: Sequence[Sequence[object]]) -> Position:
        """The position after the last of these rows, which are a page that the statement returned."""
        width, terms = len(self.columns), self.terms
        texts = [[cell_text(value, term.kind) for value, term in zip(row[width:], terms, strict=True)] for row in rows]
        kept = _kept(texts[-1])
        last = _same(texts[-1][:kept])
        equal = next((at for at, one in enumerate(reversed(texts)) if _same(one[:kept]) != last), len(texts))
        earlier = self.asked.after
        continues = equal == len(texts) and earlier is not None and _same(earlier.values) == last
        skip = equal + (earlier.skip if continues and earlier else 0)
        before, searched = (earlier.before, earlier.searched) if earlier else (0, 0)
        return Position(tuple(texts[-1][:kept]), 0 if self._is_distinct else skip, before + len(texts), searched)

    def position_at(self, end: Sequence[object], shown: int, searched: int) -> Position:
        """The position after a part that ends with these terms, of ``searched`` rows with ``shown`` among them."""
        texts = tuple(cell_text(value, term.kind) for value, term in zip(end, self.terms, strict=True))
        earlier = self.asked.after or Position(())
        return Position(texts, 0, earlier.before + shown, earlier.searched + searched)

    @property
    def _is_distinct(self) -> bool:
        """Whether no two rows can be equal in all terms."""
        return bool(self.key) or self._row_number() is not None

    def _row_number(self) -> str | None:
        return None if self.rows.is_derived else self.engine.row_number(self.columns)

    def _chosen(self) -> list[_Term]:
        if not self.asked.sort:
            return []
        column = self._comparable(self.asked.sort)
        term = replace(self._term(column), descending=self.asked.descending)
        exact = self._coded(column, term)
        # Code points distinguish what a collation calls equal.
        apart = term.kind.kind is TypeKind.NVARCHAR and not self._is_distinct and exact != term.sql
        return [term, replace(term, sql=exact)] if apart else [term]

    def _distinct(self) -> list[_Term]:
        number = self._row_number()
        down = self.asked.descending and not self.asked.sort
        if number is not None:
            return [_Term(number, _NUMBER, nullable=False, descending=down)]
        if self.key:
            return [replace(self._term(named_column(self.columns, name)), descending=down) for name in self.key]
        return [replace(self._exact(one), descending=down) for one in self._ordered()[:MAX_TERMS]]

    def _ordered(self) -> list[Column]:
        return [one for one in self.columns if not is_binary(one)] or [*self.columns]

    def _comparable(self, name: str) -> Column:
        column = named_column(self.columns, name)
        if is_binary(column):
            raise ValueError(f"{column.name} contains bytes, which are neither sorted nor searched")
        return column

    def _term(self, column: Column) -> _Term:
        return _Term(self.engine.sortable(value_of(self.engine, column), column.type), column.type, column.nullable)

    def _exact(self, column: Column) -> _Term:
        term = self._term(column)
        is_text = column.type.kind is TypeKind.NVARCHAR
        return replace(term, sql=self._coded(column, term)) if is_text else term

    def _coded(self, column: Column, term: _Term) -> str:
        return self.engine.text_parts(unicode_text(self.engine, column, term.sql))[0]

    def shown(self, column: Column) -> str:
        """A column's value for a list: of a long text only the beginning."""
        value = readable(self.engine, column)
        return f"SUBSTRING({value}, 1, {SHOWN + 1})" if is_long(column) else value

    def conditions(self) -> tuple[list[str], list[object]]:
        """The conditions that rows must meet, each with its values."""
        (served, values), (sought, more) = self._served(), self._sought()
        return [*served, *sought], [*values, *more]

    def _served(self) -> tuple[list[str], list[object]]:
        """The conditions that an index may serve."""
        kept = [(f"({self.rows.where})", [*self.rows.values])] if self.rows.where else []
        asked = [one for one in self.asked.conditions if one.operator is not Operator.CONTAINS]
        return _joined([*kept, *map(self._condition, asked)])

    def _sought(self) -> tuple[list[str], list[object]]:
        """The conditions for which each row has to be read."""
        asked = [one for one in self.asked.conditions if one.operator is Operator.CONTAINS]
        anywhere = [self.containing(self.asked.search)] if self.asked.search else []
        return _joined([*map(self._condition, asked), *anywhere])

    def containing(self, text: str) -> tuple[str, list[object]]:
        """The condition that some column contains a text. Columns whose type cannot contain it are left out."""
        parts = [self._contains(column, text) for column in self.columns if may_contain(column, text)]
        if not parts:
            return "1 = 0", []
        return f"({' OR '.join(sql for sql, _ in parts)})", [value for _, bound in parts for value in bound]

    def _contains(self, column: Column, text: str) -> tuple[str, list[object]]:
        statement = self.engine.contains(value_of(self.engine, column), column.type, text)
        return statement.sql, [*statement.values]

    def _condition(self, asked: Condition) -> tuple[str, list[object]]:
        column = self._comparable(asked.column)
        value, is_text = value_of(self.engine, column), column.type.kind is TypeKind.NVARCHAR
        if asked.operator in (Operator.EMPTY, Operator.FILLED):
            blank = f"({value} IS NULL OR {value} = '')" if is_text else f"{value} IS NULL"
            return blank if asked.operator is Operator.EMPTY else f"NOT ({blank})", []
        if asked.operator is Operator.CONTAINS:
            return self._contains(column, asked.value)
        try:
            bound = self.engine.bound(cell_value(asked.value, column.type), column.type)
        except ValueError as error:
            raise ValueError(f"{column.name}: {error}") from None
        ordered = value if is_text else self.engine.sortable(value, column.type)
        if asked.operator is Operator.IS_NOT:
            return f"({ordered} <> ? OR {value} IS NULL)", [bound]
        sign = {Operator.IS: "=", Operator.FROM: ">=", Operator.TO: "<="}[asked.operator]
        return f"{ordered} {sign} ?", [bound]

    def _after(self, terms: Sequence[_Term], after: Position) -> tuple[str, list[object]]:
        if not 1 <= len(after.values) <= len(terms) or (self._is_distinct and len(after.values) != len(terms)):
            raise ValueError("the position belongs to another order; begin with the first page")
        values = [
            None if text is None else self.engine.bound(cell_value(text, term.kind), term.kind)
            for text, term in zip(after.values, terms, strict=False)
        ]
        return _beyond(terms[: len(values)], values, with_equal=after.skip > 0)


def _joined(parts: Sequence[tuple[str, list[object]]]) -> tuple[list[str], list[object]]:
    """Conditions and all their values."""
    return [sql for sql, _ in parts], [value for _, bound in parts for value in bound]


def _beyond(terms: Sequence[_Term], values: Sequence[object], *, with_equal: bool) -> tuple[str, list[object]]:
    """The condition that a row comes after the one with these values, or at it."""
    sql, bound = _past(terms[-1], values[-1])
    if with_equal:
        same, more = _equal(terms[-1], values[-1])
        sql, bound = f"({sql} OR {same})", [*bound, *more]
    for term, value in zip(reversed(terms[:-1]), reversed(values[:-1]), strict=True):
        past, more = _past(term, value)
        same, again = _equal(term, value)
        sql, bound = f"({past} OR ({same} AND {sql}))", [*more, *again, *bound]
    if len(terms) > 1 and values[0] is not None and not (terms[0].descending and terms[0].nullable):
        # Follows from the rest, but an index serves it.
        sign = "<=" if terms[0].descending else ">="
        sql, bound = f"({terms[0].sql} {sign} ? AND {sql})", [values[0], *bound]
    return sql, bound


def _past(term: _Term, value: object) -> tuple[str, list[object]]:
    """NULL comes before every value, on each engine."""
    if value is None:
        return ("1 = 0" if term.descending else f"{term.sql} IS NOT NULL"), []
    if not term.descending:
        return f"{term.sql} > ?", [value]
    return f"({term.sql} < ? OR {term.sql} IS NULL)" if term.nullable else f"{term.sql} < ?", [value]


def _equal(term: _Term, value: object) -> tuple[str, list[object]]:
    return (f"{term.sql} IS NULL", []) if value is None else (f"{term.sql} = ?", [value])


def _kept(texts: Sequence[str | None]) -> int:
    """How many of the first values a position keeps, at least two: a chosen column, with its code points."""
    total = 0
    for count, text in enumerate(texts):
        total += len(text or "")
        if total > _KEPT and count >= 2:
            return count
    return len(texts)


def _same(texts: Sequence[str | None]) -> list[str | None]:
    """Values as a server compares them: trailing blanks do not count."""
    return [None if text is None else text.rstrip(" ") for text in texts]
