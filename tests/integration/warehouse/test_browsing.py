"""A table's rows page by page: every order, every condition, the same answers on each engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from refdata.core.browsing import Condition, Operator, Position, RowRequest
from refdata.core.errors import DataError
from refdata.core.rowvalues import SHOWN
from refdata.versioning.browsing import Patience, RowPage, read_page
from refdata.versioning.locating import Versions
from tests.integration.engines import Database

COLUMNS = "[code] NVARCHAR(10), [name] NVARCHAR(50), [price] DECIMAL(8,2), [valid] DATE, [pieces] INT, [on] BIT"
ROWS: list[tuple[object, ...]] = [
    ("A1", "Namibia", Decimal("10.50"), "2024-01-31", 3, 1),
    ("a1x", "namibia", Decimal("9.00"), None, 3, 0),
    ("B2", "100%", None, "2023-12-31", None, None),
    ("B3", "50_off", Decimal("-1.25"), "2024-01-31", 7, 1),
    ("C4", "5[0]off", Decimal("10.50"), "2025-06-01", 3, 0),
    ("D5", None, Decimal("10.50"), "2024-02-29", -4, 1),
    ("E6", "", Decimal("0.00"), "2024-02-29", 12, 1),
    ("E7", "<b>bold</b>", None, None, 12, None),
    ("E7b", "Straße", Decimal("99999.99"), "1999-01-01", 3, 0),
    ("F8", "it's", Decimal("1.00"), "2024-01-31", 3, 1),
    ("F8d", "it's", Decimal("1.00"), "2024-01-31", 3, 1),
]
TWICE = ("Z9", "twice", Decimal("1.00"), "2024-01-31", 3, 1)


@pytest.fixture
def filled(database: Database) -> Database:
    database.run(f"CREATE TABLE ref.[goods] ({COLUMNS})")
    for code, name, price, *rest in (*ROWS, TWICE, TWICE, TWICE):
        row = (code, name, price if price is None else str(price), *rest)
        database.run("INSERT INTO ref.[goods] VALUES (?, ?, ?, ?, ?, ?)", *row)
    return database


def page(database: Database, *, after: Position | None = None, table: str = "goods", **asked: Any) -> RowPage:
    versions = Versions(database.settings, database.warehouse)
    return read_page(versions, table, None, RowRequest(after=after, **asked))


def keyed(database: Database) -> None:
    database.run("DELETE FROM ref.[goods] WHERE [code] = 'Z9'")
    index = "ref.[k] ON [goods]" if database.is_sqlite else "[k] ON ref.[goods]"
    database.run(f"CREATE UNIQUE INDEX {index} ([code])")


def codes(read: RowPage) -> list[str | None]:
    return [row[0].text for row in read.rows]


def walk(database: Database, limit: int, **asked: Any) -> list[tuple[str | None, ...]]:
    """The rows of all pages, one page after the other."""
    rows: list[tuple[str | None, ...]] = []
    read = page(database, limit=limit, **asked)
    while True:
        assert read.before == len(rows)
        rows += [tuple(cell.text for cell in row) for row in read.rows]
        if read.next is None:
            return rows
        assert len(read.rows) == limit
        read = page(database, after=read.next, limit=limit, **asked)


SORTS = ["", "code", "name", "price", "valid", "pieces", "on"]


@pytest.mark.parametrize("key", [False, True], ids=["no key", "key"])
def test_pages_show_every_row_once_in_every_order(filled: Database, key: bool) -> None:
    if key:
        keyed(filled)
    whole = Counter(walk(filled, 1))
    assert whole.total() == len(ROWS) + (0 if key else 3)
    for sort in SORTS:
        for descending in (False, True):
            one = walk(filled, 100, sort=sort, descending=descending)
            assert Counter(one) == whole, (sort, descending)
            assert walk(filled, 4, sort=sort, descending=descending) == one, (sort, descending)


@pytest.mark.parametrize("sort", ["price", "valid", "pieces", "on"])
def test_values_sort_by_their_type_with_null_first(filled: Database, sort: str) -> None:
    readers: dict[str, Callable[[str], Any]] = {
        "price": Decimal, "valid": date.fromisoformat, "pieces": int, "on": str,
    }  # fmt: skip
    read = readers[sort]
    at = SORTS.index(sort) - 1
    texts = [row[at] for row in walk(filled, 100, sort=sort)]
    nulls = [text for text in texts if text is None]
    values = [read(text) for text in texts if text is not None]
    assert texts[: len(nulls)] == nulls
    assert values == sorted(values)
    assert [row[at] for row in walk(filled, 100, sort=sort, descending=True)] == texts[::-1]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("name", "contains", "amib"), ["A1", "a1x"]),
        (("name", "contains", "AMIB"), ["A1", "a1x"]),
        (("NAME", "contains", "%"), ["B2"]),
        (("name", "contains", "_"), ["B3"]),
        (("name", "contains", "[0]"), ["C4"]),
        (("name", "contains", "\\"), []),
        (("name", "contains", "' OR 1=1 --"), []),
        (("name", "contains", "<b>"), ["E7"]),
        (("name", "contains", "STRASSE"), []),
        (("name", "is", "100%"), ["B2"]),
        (("name", "is", "it's"), ["F8", "F8d"]),
        (("name", "empty", ""), ["D5", "E6"]),
        (("price", "empty", ""), ["B2", "E7"]),
        (("price", "is", "10.5"), ["A1", "C4", "D5"]),
        (("price", "from", "10.5"), ["A1", "C4", "D5", "E7b"]),
        (("price", "to", "0"), ["B3", "E6"]),
        (("pieces", "isnot", "3"), ["B2", "B3", "D5", "E6", "E7"]),
        (("pieces", "contains", "12"), ["E6", "E7"]),
        (("pieces", "contains", "twelve"), []),
        (("valid", "is", "2024-02-29"), ["D5", "E6"]),
        (("valid", "from", "2025-01-01"), ["C4"]),
        (("valid", "contains", "1999"), ["E7b"]),
        (("on", "is", "false"), ["a1x", "C4", "E7b"]),
        (("on", "filled", ""), [row[0] for row in ROWS if row[5] is not None]),
    ],
)
def test_a_condition_on_a_column(filled: Database, condition: tuple[str, str, str], found: list[str]) -> None:
    filled.run("DELETE FROM ref.[goods] WHERE [code] = 'Z9'")
    asked = (Condition(condition[0], Operator(condition[1]), condition[2]),)
    assert sorted(map(str, codes(page(filled, conditions=asked)))) == sorted(found)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Namib", ["A1", "a1x"]),
        ("2025", ["C4"]),
        ("99999", ["E7b"]),
        ("50%", []),
        ("STRAß", ["E7b"]),
        ("e7B", ["E7b"]),
        ("'; DROP TABLE goods; --", []),
    ],
)
def test_a_search_looks_into_every_column(filled: Database, search: str, found: list[str]) -> None:
    assert codes(page(filled, search=search, sort="code")) == found
    assert len(walk(filled, 100)) == len(ROWS) + 3


def impatient(part: int, seconds: float) -> Patience:
    """A caller for whom a second passes whenever somebody looks at the clock."""
    seconds_of = count()
    start = datetime(2026, 1, 1)  # noqa: DTZ001  only differences count
    return Patience(
        lambda: start + timedelta(seconds=next(seconds_of)), start + timedelta(seconds=seconds), first_part=part
    )


def walk_in_parts(database: Database, part: int, seconds: float, limit: int, **asked: Any) -> list[str | None]:
    """The codes on all pages; each page waits only for so many seconds of the clock above."""
    versions, found, after, searched = Versions(database.settings, database.warehouse), list[str | None](), None, 0
    while True:
        wanted = RowRequest(after=after, limit=limit, **asked)
        read = read_page(versions, "goods", None, wanted, impatient(part, seconds))
        assert read.before == len(found)
        assert len(read.rows) == limit or read.is_partial or read.next is None
        found += codes(read)
        if read.next is None:
            assert not read.is_partial
            return found
        assert searched <= read.next.searched <= len(ROWS)
        assert not read.is_partial or searched < read.next.searched, "each part goes on"
        after, searched = read.next, read.next.searched


@pytest.mark.parametrize(
    "asked",
    [
        {"search": "nowhere"},
        {"search": "a"},
        {"search": "1", "descending": True},
        {"search": "off", "conditions": (Condition("pieces", Operator.IS, "3"),)},
        {"conditions": (Condition("name", Operator.CONTAINS, "i"),)},
        {"search": "s", "conditions": (Condition("code", Operator.FROM, "E"),)},
    ],
)
def test_a_search_in_parts_finds_what_the_whole_one_finds(filled: Database, asked: dict[str, Any]) -> None:
    keyed(filled)
    whole = [row[0] for row in walk(filled, 100, **asked)]
    for part, seconds, limit in ((1, 9, 1), (2, 0, 2), (3, 0, 100), (5, 9, 1), (11, 9, 100), (12, 0, 2), (100, 9, 2)):
        assert walk_in_parts(filled, part, seconds, limit, **asked) == whole, (part, seconds, limit)


def test_a_search_that_takes_too_long_says_how_far_it_is(filled: Database) -> None:
    keyed(filled)
    versions = Versions(filled.settings, filled.warehouse)
    read = read_page(versions, "goods", None, RowRequest(search="nowhere"), impatient(4, 0))
    assert (read.rows, read.is_partial, read.next and read.next.searched) == ((), True, 4)
    assert read.next
    rest = read_page(versions, "goods", None, RowRequest(search="nowhere", after=read.next), impatient(100, 0))
    assert (rest.rows, rest.is_partial, rest.next) == ((), False, None)


@pytest.mark.parametrize("asked", [{"search": "a", "sort": "pieces"}, {"sort": "name"}, {}])
def test_only_a_search_in_the_order_of_an_index_is_read_in_parts(filled: Database, asked: dict[str, Any]) -> None:
    keyed(filled)
    read = read_page(Versions(filled.settings, filled.warehouse), "goods", None, RowRequest(**asked), impatient(1, 0))
    assert (read.is_partial, len(read.rows)) == (False, len(codes(page(filled, **asked))))


def test_values_are_typed_and_null_is_not_empty(filled: Database) -> None:
    rows = {row[0]: row[1:] for row in walk(filled, 100)}
    assert rows["A1"] == ("Namibia", "10.50", "2024-01-31", "3", "true")
    assert (rows["D5"][0], rows["E6"][0], rows["E6"][1]) == (None, "", "0.00")


def test_a_long_text_is_cut_and_says_so(database: Database) -> None:
    kind = "TEXT" if database.is_sqlite else "NVARCHAR(MAX)"
    database.run(f"CREATE TABLE ref.[notes] ([id] INT, [note] {kind})")
    for number, text in enumerate(("x" * SHOWN, "y" * 5_000, "z" * 5_000, None)):
        database.run("INSERT INTO ref.[notes] VALUES (?, ?)", number, text)
    read = page(database, table="notes", sort="note", limit=2)
    assert [(row[1].text and len(row[1].text), row[1].is_cut) for row in read.rows] == [(None, False), (SHOWN, False)]
    read = page(database, table="notes", sort="note", limit=1, after=read.next)
    assert (read.rows[0][0].text, read.rows[0][1].is_cut) == ("1", True)
    read = page(database, table="notes", sort="note", limit=1, after=read.next)
    assert (read.rows[0][0].text, read.next) == ("2", None)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sort": "nothing"}, "There is no column nothing"),
        ({"sort": "code] DESC --"}, "There is no column"),
        ({"conditions": (Condition("nothing", Operator.IS, "1"),)}, "There is no column nothing"),
        ({"conditions": (Condition("pieces", Operator.IS, "1.5"),)}, "pieces: '1.5' is not a whole number"),
        ({"conditions": (Condition("valid", Operator.FROM, "31.1.2024"),)}, "is not a date such as"),
        ({"after": Position(("1", "2", "3"), 0, 3), "sort": "code"}, "position"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(filled: Database, asked: dict[str, Any], said: str) -> None:
    if filled.is_sqlite is False and "after" in asked:
        asked = {**asked, "after": Position(("x",) * 9, 0, 3)}
    with pytest.raises(ValueError, match=said):
        page(filled, **asked)


def test_a_table_that_does_not_exist_is_reported(database: Database) -> None:
    with pytest.raises(DataError, match="There is no table"):
        page(database, table="nothing")
