"""Versions that are kept as differences: each reads, compares and comes back as if all of its rows were kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.errors import DataError, LockTimeoutError
from refdata.core.model import LoadType, RowKey
from refdata.core.naming import quote
from refdata.core.versions import VersionRecord
from refdata.versioning.comparing import diff_versions
from refdata.versioning.reading import read_version
from refdata.versioning.rowhistory import read_history
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.warehouse.conftest import Loads
from tests.integration.warehouse.published import Rows, Table

BOTH = (SQLITE, MSSQL)
KEY = RowKey(("code",))
FIRST = [("a", 1, 1, 1.0), ("b", 2, 2, 2.0), ("c", 3, 3, 3.0), ("d", 4, 4, 4.0)]
SECOND = [("a", 1, 1, 1.0), ("b", 20, 2, 2.0), ("d", 4, 4, 4.0), ("e", 5, 5, 5.0)]


def version(table: Table, number: int) -> list[tuple[str, ...]]:
    """The rows of a version, each with the file that it came from: loads of two tables have different numbers."""
    versions = table.versions
    records = versions.ledger.versions(table.name)
    rows = versions.rows_of(table.name, number, records)
    files = {record.load_id: record.version for record in records}
    names = ", ".join(quote(name) for name in ("code", "n", "x", "f", "ref_data_load_id"))
    where = f" WHERE {rows.where}" if rows.where else ""
    with versions.warehouse.transaction(write=False) as session:
        found = session.query(f"SELECT {names} FROM {rows.source}{where}", rows.values)
    return sorted((*map(str, row[:4]), str(files[int(row[4])])) for row in found)


def all_versions(table: Table) -> dict[int, list[tuple[str, ...]]]:
    return {one.version: version(table, one.version) for one in table.versions.listed(table.name) if one.is_kept}


@pytest.fixture
def table(loads: Loads) -> Table:
    table = Table(loads, "t", "auto", KEY, "deltas")
    table.publish(FIRST)
    return table


@pytest.mark.parametrize("engine", BOTH)
def test_only_the_rows_that_go_or_change_are_kept(table: Table) -> None:
    table.publish(SECOND)
    assert table.kept("code, n, ref_data_version_id") == [("b", "2", "1"), ("c", "3", "1")]
    assert [row[0] for row in version(table, 1)] == ["a", "b", "c", "d"]
    assert read_version(table.versions, "t", 1)["n"].sort_values().tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("engine", BOTH)
def test_the_documented_statement_reads_a_version(table: Table) -> None:
    table.publish(SECOND)
    table.publish([("a", 2, 1, 1.0)])
    text = (Path(__file__).parents[3] / "docs/database.md").read_text(encoding="utf-8")
    (sql,) = (block for block in re.findall(r"```sql\n(.*?)```", text, re.DOTALL) if "UNION ALL" in block)
    for number in (1, 2):
        own = sql.replace("countries", "t").replace("code, name", "code, n").replace("7", str(number))
        found = table.loads.database.rows(own)
        assert sorted(tuple(map(str, row)) for row in found) == [row[:2] for row in version(table, number)]


@pytest.mark.parametrize("engine", BOTH)
def test_equal_rows_are_kept_in_the_number_that_goes(loads: Loads) -> None:
    table = Table(loads, "t", "delta", None, "deltas")
    row, other = ("a", 1, None, 0.5), ("b", 2, None, None)
    table.publish([row, row, row, other])
    table.publish([row, other, other])
    assert table.kept("code, n") == [("a", "1"), ("a", "1")]
    assert [found[0] for found in version(table, 1)] == ["a", "a", "a", "b"]
    assert [found[0] for found in version(table, 2)] == ["a", "b", "b"]


@pytest.mark.parametrize("engine", BOTH)
def test_a_load_that_replaces_all_rows_keeps_all_of_them(table: Table) -> None:
    table.publish([("a", 1, 1, 1.0), ("a", 2, 2, 2.0)])
    assert len(table.kept()) == len(FIRST)
    assert [row[0] for row in version(table, 1)] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("engine", BOTH)
def test_rows_from_before_refdata_are_copied(loads: Loads) -> None:
    columns = "code NVARCHAR(10) NULL, n INT NULL, x DECIMAL(20, 4) NULL, f FLOAT NULL"
    loads.database.run(f"CREATE TABLE ref.t ({columns})")
    loads.database.run("INSERT INTO ref.t (code, n) VALUES ('a', 1)")
    table = Table(loads, "t", "delta", KEY, "deltas")
    table.publish([("a", 1, None, None)])
    assert table.kept("code, n, ref_data_version_id") == [("a", "1", "0")]
    assert [one.version for one in table.versions.listed("t")] == [1, 0]


@pytest.mark.parametrize("engine", BOTH)
def test_a_version_whose_later_rows_were_deleted_is_gone_with_those_that_need_them(table: Table) -> None:
    for number in (2, 3):
        table.publish([("a", number, 1, 1.0)])
    table.roll_back(1)
    table.publish(SECOND)
    warehouse = table.versions.warehouse
    with warehouse.transaction() as session:
        session.execute(warehouse.statement("mark_version_removed"), ("2024-12-01 00:00:00", "t", 2))
    listed = {one.version: one.is_kept for one in table.versions.listed("t")}
    assert listed == {1: False, 2: False, 3: True, 4: True, 5: True}
    with pytest.raises(DataError, match="The rows of version 1 of t were deleted on 2024-12-01"):
        version(table, 1)


@pytest.mark.parametrize("engine", BOTH)
def test_a_row_is_followed_through_its_versions(table: Table) -> None:
    table.publish(SECOND)
    table.publish([*SECOND[1:], ("a", 9, 1, 1.0)])
    steps = read_history(table.versions, "t", {"code": "a"}).steps
    assert [(step.version.version, [row[1] for row in step.rows]) for step in steps] == [(3, ["9"]), (1, ["1"])]


@pytest.mark.parametrize("engine", BOTH)
def test_a_version_is_read_again_where_a_load_came_in_between(table: Table) -> None:
    known = []

    def read(records: Sequence[VersionRecord]) -> list[tuple[str, ...]]:
        known.append(len(records))
        if len(known) == 1:
            table.publish(SECOND)
        return version(table, 1)

    assert [row[1] for row in table.versions.while_unchanged("t", read)] == ["1", "2", "3", "4"]
    assert known == [1, 2]
    with pytest.raises(LockTimeoutError, match="was loaded while its versions were read"):
        table.versions.while_unchanged("t", lambda _: table.publish([("a", 1, table.files, 1.0)]))


texts = st.sampled_from(["a", "A", "a ", "b", "ä", "7", "07", "c", "d"])
whole_rows = st.tuples(texts, st.sampled_from([None, 0, 1]), st.none(), st.sampled_from([None, 0.1]))
tables = st.lists(whole_rows, min_size=1, max_size=8)
keyed_tables = st.lists(whole_rows, min_size=1, max_size=8, unique_by=lambda row: row[0])


def changes(rows: st.SearchStrategy[Any], *, keyed: bool) -> st.SearchStrategy[Any]:
    """What may happen to a table after its first load: loads by any method, and undoing."""
    methods = st.sampled_from(["delta", "delta", "delete"])
    loads = st.tuples(st.sampled_from(["full", "full", "append", *(["upsert"] if keyed else [])]), rows, methods)
    undoing = st.tuples(st.sampled_from(["rollback", "take back"]), st.integers(1, 8), st.none())
    return st.lists(st.one_of(loads, loads, undoing), min_size=1, max_size=6)


def happen(table: Table, kind: str, what: Any) -> str:
    """Whether the change happened, or why it was refused."""
    try:
        if kind == "rollback":
            table.roll_back(what)
        elif kind == "take back":
            table.take_back(what)
        else:
            load_type = LoadType.FULL if kind == "full" else LoadType.APPEND
            table.publish(what, load_type=load_type, upsert=kind == "upsert")
    except (DataError, StopIteration) as error:
        return type(error).__name__
    return ""


def same_answers(tables: Sequence[Table], number: int, keys: Sequence[str]) -> bool:
    found = [diff_versions(table.versions, table.name, 1, number, keys) for table in tables]
    figures = [(diff.added, diff.removed, diff.changed, diff.rows_before, diff.rows_after) for diff in found]
    return figures[0] == figures[1]


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize("keyed", [True, False])
def test_differences_and_copies_give_the_same_versions(loads: Loads, keyed: bool) -> None:
    made, key = 0, KEY if keyed else None
    rows = keyed_tables if keyed else tables

    @settings(
        max_examples=20 if loads.database.is_sqlite else 5, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(rows, changes(rows, keyed=keyed))
    def same(first: Rows, later: list[tuple[str, Any, str]]) -> None:
        nonlocal made
        made += 1
        pair = [Table(loads, f"{name}{made}", "delta", key, name) for name in ("deltas", "copies")]
        for table in pair:
            table.publish(first)
        for kind, what, method in later:
            for table in pair:
                table.by(method or "delta")
            outcomes = {happen(table, kind, what) for table in pair}
            assert len(outcomes) == 1, (kind, what, outcomes)
        deltas, copies = (all_versions(table) for table in pair)
        assert deltas == copies
        assert len(pair[0].kept()) <= len(pair[1].kept())
        if max(deltas) > 1:
            assert same_answers(pair, max(deltas), ("code",) if keyed else ())

    same()
