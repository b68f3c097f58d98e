"""Publishing only what differs: the same table, versions and answers as replacing everything, but fewer changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.errors import DataError
from refdata.core.model import LoadType, Published, RowKey
from refdata.versioning.comparing import diff_versions
from refdata.versioning.locating import Versions
from tests.integration.engines import MSSQL, SQLITE, TSQL
from tests.integration.warehouse.conftest import Loads
from tests.integration.warehouse.published import COLUMNS, TRACED, Rows, Table, batch

BOTH = (SQLITE, MSSQL)


def counts(published: Published) -> tuple[int, ...] | None:
    found = published.counts
    return (found.inserted, found.updated, found.unchanged, found.removed) if found else None


KEY = RowKey(("code",))


@pytest.mark.parametrize("engine", BOTH)
def test_by_key_only_what_differs_is_changed_and_the_rest_keeps_its_load(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 0.5), ("b", 2, None, None), ("c", 3, 3, 1.5)])
    published = table.publish([("a", 1, 1, 0.5), ("b", 2, 2, None), ("d", 4, 4, 0.1)])
    assert counts(published) == (1, 1, 1, 1)
    assert table.from_files() == {"1": 1, "2": 2}
    assert table.rows("code, n") == [("a", "1"), ("b", "2"), ("d", "4")]
    ledger = loads.ledger.page(limit=1).files[0]
    assert (ledger.rows_loaded, ledger.rows_inserted, ledger.rows_updated, ledger.rows_unchanged) == (3, 1, 1, 1)


@pytest.mark.parametrize("engine", BOTH)
def test_without_a_key_equal_rows_are_kept_in_their_number(loads: Loads) -> None:
    table = Table(loads, "t", "delta")
    row, other, third = ("a", 1, None, 0.5), ("a", 1, None, None), (None, None, None, None)
    table.publish([row, row, row, other, third, third])
    published = table.publish([row, other, other, third, third, ("A", 1, None, 0.5), ("a ", 1, None, 0.5)])
    assert counts(published) == (3, 0, 4, 2)
    assert table.from_files() == {"1": 4, "2": 3}


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize(
    ("key", "rows"),
    [(RowKey(("code",), ignores_case=True), [("A", 1, 1, 1.0), ("b", 2, 2, 2.0)]),
     (RowKey(("code",), ignores_trailing_blanks=True), [("a ", 1, 1, 1.0), ("b", 2, 2, 2.0)])],
)  # fmt: skip
def test_a_key_takes_the_spelling_of_the_file(loads: Loads, key: RowKey, rows: Rows) -> None:
    table = Table(loads, "t", "auto", key)
    table.publish([("a", 1, 1, 1.0), ("b", 2, 2, 2.0)])
    assert counts(table.publish(rows)) == (0, 1, 1, 0)
    assert table.rows("code") == sorted([(row[0],) for row in rows])


@pytest.mark.parametrize("engine", BOTH)
def test_keys_that_only_a_collation_calls_equal_are_two_rows(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0), ("a ", 2, 2, 2.0)])
    assert counts(table.publish([("A", 1, 1, 1.0), ("a ", 2, 2, 2.0)])) == (1, 0, 1, 1)
    assert table.rows("code") == [("A",), ("a ",)]


@pytest.mark.parametrize("engine", BOTH)
def test_a_column_that_the_file_lacks_becomes_null(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0), ("b", 2, None, None)])
    assert counts(table.publish([("a", 1), ("b", 2)], width=2)) == (0, 1, 1, 0)
    assert table.rows() == [("a", "1", "None", "None"), ("b", "2", "None", "None")]


@pytest.mark.parametrize("engine", BOTH)
def test_a_key_that_does_not_identify_the_rows_replaces_them_all(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0), ("a", 2, 2, 2.0)])
    assert counts(table.publish([("a", 1, 1, 1.0)])) is None
    assert table.rows("code, n") == [("a", "1")]


@pytest.mark.parametrize("engine", BOTH)
def test_an_upsert_replaces_inserts_and_keeps_the_version_before(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0), ("b", 2, 2, 2.0), ("c", 3, 3, 3.0)])
    published = table.publish(
        [("b", 2, 2, 2.0), ("c", 30, 3, 3.0), ("d", 4, 4, 4.0)], load_type=LoadType.APPEND, upsert=True
    )
    assert (published.rows, published.version, counts(published)) == (3, 2, (1, 1, 1, 0))
    assert table.rows("code, n") == [("a", "1"), ("b", "2"), ("c", "30"), ("d", "4")]
    assert [row[:2] for row in table.kept()] == [("a", "1"), ("b", "2"), ("c", "3")]
    assert table.from_files() == {"1": 2, "2": 2}


@pytest.mark.parametrize("engine", BOTH)
def test_an_upsert_into_rows_that_repeat_a_key_is_refused(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0), ("a", 2, 2, 2.0)])
    with pytest.raises(DataError, match="cannot be replaced by their key"):
        table.publish([("a", 3, 3, 3.0)], load_type=LoadType.APPEND, upsert=True)
    assert table.rows("code, n") == [("a", "1"), ("a", "2")]


@pytest.mark.parametrize("engine", BOTH)
def test_publishing_again_answers_with_the_same_counts(loads: Loads) -> None:
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1, 1, 1.0)])
    row = loads.scanned(loads.register("2.csv"), "2.csv")
    attempt = loads.claim(row)
    assert attempt is not None
    stage = loads.stage(row, attempt, COLUMNS, [batch([("a", 2, 1, 1.0), ("b", 1, 1, 1.0)])])
    request = replace(loads.publication(stage, COLUMNS, 2, LoadType.FULL), key=KEY)
    first = loads.database.warehouse.publish(request)
    assert loads.database.warehouse.publish(request).counts == replace(first.counts, removed=0) if first.counts else 0


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize("key", [KEY, None])
def test_a_table_with_a_foreign_key_on_it_is_loaded_and_a_refusal_names_key_table_and_rows(
    loads: Loads, key: RowKey | None
) -> None:
    database = loads.database
    database.run(
        "CREATE TABLE ref.t (code NVARCHAR(10) NOT NULL PRIMARY KEY, n INT NULL, x DECIMAL(20, 4) NULL, f FLOAT NULL)"
    )
    table = Table(loads, "t", "auto", key)
    table.publish([("a", 1, 1, 1.0), ("b", 2, 2, 2.0), ("c", 3, 3, 3.0)])
    database.run("CREATE TABLE ref.child (parent NVARCHAR(10) NULL CONSTRAINT fk_child REFERENCES ref.t (code))")
    database.run("INSERT INTO ref.child (parent) VALUES ('a'), ('a'), ('b')")
    try:
        assert counts(table.publish([("a", 10, 1, 1.0), ("b", 2, 2, 2.0), ("d", 3, 3, 3.0)])) == (1, 1, 1, 1)
        with pytest.raises(DataError) as refused:
            table.publish([("b", 2, 2, 2.0), ("d", 3, 3, 3.0)])
        said = str(refused.value)
        assert "1 row of" in said
        assert "2 rows refer to them (foreign key fk_child: parent refers to code)" in said
        assert table.rows("code, n") == [("a", "10"), ("b", "2"), ("d", "3")]
    finally:
        database.run("DROP TABLE ref.child")


@pytest.mark.parametrize("engine", TSQL)
def test_identities_stay_and_a_file_that_changes_them_replaces_the_rows(loads: Loads) -> None:
    database = loads.database
    database.run("CREATE TABLE ref.t (id INT IDENTITY(1, 1) NOT NULL, code NVARCHAR(10) NULL, n INT NULL)")
    table = Table(loads, "t", "auto", KEY)
    table.publish([("a", 1), ("b", 2)], width=2)
    table.publish([("b", 20), ("a", 1), ("c", 3)], width=2)
    assert table.rows("id, code, n") == [("1", "a", "1"), ("2", "b", "20"), ("3", "c", "3")]


texts = st.sampled_from([None, "", "a", "A", "a ", "b", "ä", "7", "07"])
numbers = st.sampled_from([None, 0, 1, 2])
decimals = st.sampled_from([None, "0", "1.1", "1.1000", "12345678901234.5"])
floats = st.sampled_from([None, 0.1, 1.0, -2.5])
whole_rows = st.tuples(texts, numbers, decimals, floats)
tables = st.lists(whole_rows, max_size=8)
keyed_tables = st.lists(whole_rows.filter(lambda row: row[0] is not None), max_size=8, unique_by=lambda row: row[0])


def exact(rows: Rows) -> list[tuple[Any, ...]]:
    from decimal import Decimal

    return [(code, n, None if x is None else Decimal(x), f) for code, n, x, f in rows]


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize("keyed", [True, False])
def test_delta_and_full_publish_leave_the_same(loads: Loads, keyed: bool) -> None:
    made = 0
    examples = 15 if loads.database.is_sqlite else 4
    source = keyed_tables if keyed else tables

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(source, min_size=2, max_size=4))
    def same(history: list[Rows]) -> None:
        nonlocal made
        made += 1
        key = KEY if keyed else None
        changed, replaced = Table(loads, f"d{made}", "delta", key), Table(loads, f"r{made}", "delete", key)
        for rows in history:
            first, second = changed.publish(exact(rows)), replaced.publish(exact(rows))
            assert (first.rows, first.version) == (second.rows, second.version)
        assert changed.rows() == replaced.rows()
        assert changed.kept() == replaced.kept()
        keys = ("code",) if keyed else ()
        found = []
        for table in (changed, replaced):
            versions = Versions(table.loads.database.settings, table.loads.database.warehouse)
            diff = diff_versions(versions, table.name, len(history) - 1, len(history), keys)
            found.append(
                (diff.added, diff.removed, diff.changed, diff.column_changes, diff.rows_before, diff.rows_after)
            )
        assert found[0] == found[1]
        stayed = [row for row in exact(history[-1]) if row in exact(history[-2])]
        if len(history) == 2 and keyed:
            assert changed.from_files().get("1", 0) == len(stayed)
        for table in (changed, replaced):
            table.roll_back(1)
            assert table.rows(TRACED) == table.kept(TRACED, 1)

    same()
