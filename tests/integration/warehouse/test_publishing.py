from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from refdata.core import publishing
from refdata.core.errors import DataError, LockTimeoutError, SchemaError, SupersededError
from refdata.core.model import Column, FileStatus, LoadType, Publication
from refdata.core.sqltypes import INT, SqlType, TypeKind
from tests.integration.engines import TSQL
from tests.integration.warehouse.conftest import Loads

COLUMNS = (Column("a", INT), Column("b", SqlType(TypeKind.NVARCHAR, length=10)))


def batch(*rows: tuple[int, str]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [(), ()]
    arrays = [pa.array(columns[0], pa.int32()), pa.array(columns[1], pa.string())]
    return pa.RecordBatch.from_arrays(arrays, names=["a", "b"])


def live(loads: Loads) -> list[tuple[Any, ...]]:
    return loads.database.rows("SELECT a, b FROM ref.t ORDER BY a")


def ready(loads: Loads, name: str, *rows: tuple[int, str], load_type: LoadType = LoadType.FULL) -> Publication:
    """A load up to the moment before it is published."""
    row = loads.scanned(loads.register(name, load_type=load_type), name)
    attempt = loads.claim(row)
    assert attempt is not None
    loads.align(loads.database.table("t"), COLUMNS)
    stage = loads.stage(row, attempt, COLUMNS, [batch(*rows)])
    return loads.publication(stage, COLUMNS, len(rows), load_type)


def test_a_full_load_replaces_the_rows_and_keeps_the_version_before(loads: Loads) -> None:
    versions = [loads.load(f"{number}.csv", COLUMNS, batch((number, "x"))).version for number in (1, 2, 3)]
    assert versions == [1, 2, 3]
    assert live(loads) == [(3, "x")]
    kept = loads.database.rows("SELECT a, b, ref_data_version_id FROM bkp.t_backup ORDER BY ref_data_version_id")
    assert kept == [(1, "x", 1), (2, "x", 2)]


def test_an_append_adds_and_keeps_no_version(loads: Loads) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    published = loads.load("2.csv", COLUMNS, batch((2, "y"), (3, "z")), load_type=LoadType.APPEND)
    assert (published.rows, published.version) == (2, 2)
    assert live(loads) == [(1, "x"), (2, "y"), (3, "z")]
    assert loads.database.rows("SELECT * FROM bkp.t_backup") == []


def test_each_row_names_its_load(loads: Loads) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    loads.load("2.csv", COLUMNS, batch((2, "y")), load_type=LoadType.APPEND)
    names = {row.id: row.file_name for row in loads.ledger.page().files}
    found = loads.database.rows("SELECT a, ref_data_loadtype, ref_data_load_id FROM ref.t ORDER BY a")
    assert [(a, flag, names[load]) for a, flag, load in found] == [(1, "F", "1.csv"), (2, "A", "2.csv")]


def test_the_ledger_says_loaded_with_the_figures(loads: Loads) -> None:
    request = replace(ready(loads, "1.csv", (1, "x"), (2, "y")), rejected=3, method="bulk")
    loads.database.warehouse.publish(request)
    row = loads.ledger.get(request.stage.load_id)
    assert row is not None
    assert (row.status, row.rows_loaded, row.rows_rejected) == (FileStatus.LOADED, 2, 3)
    assert (row.version_id, row.load_method, row.loaded_at) == (1, "bulk", request.loaded_at)


def test_publishing_twice_does_it_once(loads: Loads) -> None:
    request = ready(loads, "1.csv", (1, "x"), load_type=LoadType.APPEND)
    first = loads.database.warehouse.publish(request)
    loads.database.warehouse.drop_stage(request.stage)
    assert loads.database.warehouse.publish(request) == first
    assert live(loads) == [(1, "x")]


def test_a_load_without_rows_empties_the_table(loads: Loads) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    assert loads.load("2.csv", COLUMNS, batch()).rows == 0
    assert live(loads) == []


def test_an_attempt_that_was_overtaken_publishes_nothing(loads: Loads) -> None:
    request = ready(loads, "1.csv", (1, "x"))
    row = loads.ledger.get(request.stage.load_id)
    assert row is not None
    assert loads.claim(row) == request.stage.attempt + 1
    with pytest.raises(SupersededError):
        loads.database.warehouse.publish(request)
    assert live(loads) == []


def test_another_number_of_rows_than_staged_publishes_nothing(loads: Loads) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    request = replace(ready(loads, "2.csv", (2, "y")), rows=2)
    with pytest.raises(DataError, match="2 rows were staged and 1 would be published"):
        loads.database.warehouse.publish(request)
    assert live(loads) == [(1, "x")]
    assert loads.database.rows("SELECT * FROM bkp.t_backup") == []


def test_a_table_that_vanished_is_a_schema_error(loads: Loads) -> None:
    request = ready(loads, "1.csv", (1, "x"))
    loads.database.run("DROP TABLE ref.t")
    with pytest.raises(SchemaError, match="was dropped during its load"):
        loads.database.warehouse.publish(request)


@pytest.mark.parametrize("method", ["delete", "truncate"])
def test_each_publish_method_ends_the_same(loads: Loads, method: str) -> None:
    database = loads.database
    if database.is_sqlite and method != "delete":
        pytest.skip("SQLite has no TRUNCATE")
    database.warehouse = database.reopened(publish_method=method).warehouse
    for number in (1, 2):
        loads.load(f"{number}.csv", COLUMNS, batch((number, "x"), (number + 10, "y")))
    assert live(loads) == [(2, "x"), (12, "y")]
    assert database.rows("SELECT a, ref_data_version_id FROM bkp.t_backup ORDER BY a") == [(1, 1), (11, 1)]
    assert database.warehouse.stages() == ()


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(("method", "next_id"), [("delete", 3), ("truncate", 1)])
def test_truncate_truncates_and_delete_deletes(loads: Loads, method: str, next_id: int) -> None:
    # Only TRUNCATE sets an identity column back to its start.
    loads.database.run("CREATE TABLE ref.t (id INT IDENTITY(1, 1) NOT NULL, a INT NULL, b NVARCHAR(10) NULL)")
    loads.database.warehouse = loads.database.reopened(publish_method=method).warehouse
    loads.load("1.csv", COLUMNS, batch((7, "x"), (9, "y")))
    loads.load("2.csv", COLUMNS, batch((8, "z")))
    assert loads.database.rows("SELECT id, a FROM ref.t") == [(next_id, 8)]


@pytest.mark.parametrize("engine", TSQL)
def test_a_table_that_others_refer_to_cannot_be_truncated_and_the_message_says_what_to_do(loads: Loads) -> None:
    loads.database.run("CREATE TABLE ref.t (a INT NOT NULL PRIMARY KEY, b NVARCHAR(10) NULL)")
    loads.database.run("CREATE TABLE ref.child (a INT NULL REFERENCES ref.t (a))")
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    with pytest.raises(SchemaError, match="publish_method"):
        Loads(loads.database.reopened(publish_method="truncate")).load("2.csv", COLUMNS, batch((2, "y")))
    assert live(loads) == [(1, "x")]
    loads.database.run("DROP TABLE ref.child")


def test_readers_see_one_whole_load_at_any_time(loads: Loads) -> None:
    rows = 400
    contents = [[(key, str(number)) for key in range(rows)] for number in range(5)]
    loads.load("first.csv", COLUMNS, batch(*contents[0]))
    stop = threading.Event()
    seen: list[tuple[int, int]] = []

    def read() -> None:
        while not stop.is_set():
            sql = "SELECT COUNT(*), COUNT(DISTINCT ref_data_load_id) FROM ref.t"
            seen.append(tuple(loads.database.rows(sql)[0]))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number, content in enumerate(contents):
            loads.load(f"{number}.csv", COLUMNS, batch(*content))
    finally:
        stop.set()
        reader.join()
    assert set(seen) == {(rows, 1)}


def test_a_lock_is_held_to_the_end_of_the_transaction(loads: Loads) -> None:
    impatient = loads.database.reopened(lock_timeout=0.2)
    with loads.database.warehouse.transaction(lock="one"):
        refused = impatient.warehouse.transaction(lock="one")
        with pytest.raises(LockTimeoutError):
            refused.__enter__()
    with impatient.warehouse.transaction(lock="one"):
        pass


@pytest.mark.parametrize("engine", TSQL)
def test_locks_of_other_names_do_not_meet(loads: Loads) -> None:
    impatient = loads.database.reopened(lock_timeout=0.2)
    long = "x" * 300
    with loads.database.warehouse.transaction(lock=long), impatient.warehouse.transaction(lock=f"{long}y"):
        pass
    with loads.database.warehouse.transaction(lock=long):
        refused = impatient.warehouse.transaction(lock=long)
        with pytest.raises(LockTimeoutError):
            refused.__enter__()


def test_an_exception_leaves_everything_as_it_was(loads: Loads) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    with pytest.raises(ZeroDivisionError), loads.database.warehouse.transaction() as session:
        session.execute(f"DELETE FROM {publishing.qualified(loads.database.table('t'))}")
        raise ZeroDivisionError
    assert live(loads) == [(1, "x")]


@pytest.mark.parametrize("engine", TSQL)
def test_an_identity_column_takes_the_files_own_numbers(loads: Loads) -> None:
    loads.database.run("CREATE TABLE ref.t (a INT IDENTITY(1, 1) NOT NULL, b NVARCHAR(10) NULL)")
    loads.load("1.csv", COLUMNS, batch((7, "x"), (9, "y")))
    assert live(loads) == [(7, "x"), (9, "y")]


@pytest.mark.parametrize("engine", TSQL)
def test_an_identity_column_counts_where_the_file_lacks_it(loads: Loads) -> None:
    loads.database.run("CREATE TABLE ref.t (id INT IDENTITY(1, 1) NOT NULL, a INT NULL, b NVARCHAR(10) NULL)")
    loads.load("1.csv", COLUMNS, batch((7, "x"), (9, "y")))
    loads.load("2.csv", COLUMNS, batch((8, "z")))
    assert loads.database.rows("SELECT id, a FROM ref.t") == [(3, 8)]
    assert loads.database.rows("SELECT id, a FROM bkp.t_backup ORDER BY id") == [(1, 7), (2, 9)]


@pytest.mark.parametrize("engine", TSQL)
def test_a_constraint_that_refuses_a_row_leaves_the_table_as_it_was(loads: Loads) -> None:
    loads.database.run("CREATE TABLE ref.t (a INT NOT NULL PRIMARY KEY, b NVARCHAR(10) NULL)")
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    with pytest.raises(DataError):
        loads.load("2.csv", COLUMNS, batch((2, "x"), (2, "secret")))
    assert live(loads) == [(1, "x")]
