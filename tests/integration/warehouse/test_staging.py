from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator

import pyarrow as pa
import pytest

from refdata.core.errors import ConfigurationError
from refdata.core.model import Column, Stage
from refdata.core.sqltypes import INT
from refdata.sqlfiles import stage_schema
from refdata.warehouse.tsql.staging import SMALL_CELLS
from tests.integration.engines import MSSQL, ODBC, TSQL, Database
from tests.integration.warehouse.conftest import Loads

COLUMNS = (Column("a", INT), Column("b", INT))


class StoppedError(Exception):
    pass


def batches(count: int, rows: int = 3, *, fail_at: int | None = None) -> Iterator[pa.RecordBatch]:
    for number in range(count):
        if number == fail_at:
            raise StoppedError
        values = pa.array(range(number * rows, (number + 1) * rows), pa.int32())
        yield pa.RecordBatch.from_arrays([values, values], names=["a", "b"])


def stage_of(database: Database, load_id: int = 1, attempt: int = 1) -> Stage:
    return Stage(database.table("t"), load_id, attempt)


def count(database: Database, stage: Stage) -> int:
    with database.warehouse.reading_stage(stage) as (session, name):
        return int(session.query(f"SELECT COUNT(*) FROM {name}")[0][0])


def test_batches_are_staged_and_progress_is_reported_after_each(staged_by: Database) -> None:
    warehouse = staged_by.warehouse
    seen: list[int] = []
    rows, used = warehouse.stage(stage_of(staged_by), COLUMNS, batches(3), seen.append)
    method = staged_by.settings.load_method
    best = "insert" if staged_by.engine == "odbc" else "bulk"
    assert (rows, seen, used) == (9, [3, 6, 9], best if method == "auto" else method)
    assert warehouse.stages() == (stage_of(staged_by),)


def test_no_batch_makes_an_empty_stage(staged_by: Database) -> None:
    warehouse = staged_by.warehouse
    assert warehouse.stage(stage_of(staged_by), COLUMNS, batches(0), lambda rows: None)[0] == 0
    assert warehouse.stages() == (stage_of(staged_by),)


def test_a_progress_report_that_raises_stops_the_load_and_leaves_nothing(staged_by: Database) -> None:
    warehouse = staged_by.warehouse
    taken: list[int] = []

    def report(rows: int) -> None:
        taken.append(rows)
        raise StoppedError

    with pytest.raises(StoppedError):
        warehouse.stage(stage_of(staged_by), COLUMNS, batches(3), report)
    assert (taken, warehouse.stages()) == ([3], ())


def test_a_reader_that_fails_stops_the_load_and_leaves_nothing(staged_by: Database) -> None:
    warehouse = staged_by.warehouse
    for fail_at in (0, 2):
        with pytest.raises(StoppedError):
            warehouse.stage(stage_of(staged_by), COLUMNS, batches(3, fail_at=fail_at), lambda rows: None)
        assert warehouse.stages() == ()


def test_a_stage_that_a_crash_left_is_made_again(database: Database) -> None:
    for _ in range(2):
        rows, _ = database.warehouse.stage(stage_of(database), COLUMNS, batches(2), lambda rows: None)
        assert rows == 6
    database.warehouse.drop_stage(stage_of(database))
    database.warehouse.drop_stage(stage_of(database))
    assert database.warehouse.stages() == ()


def test_stages_are_not_tables_of_the_warehouse(loads: Loads) -> None:
    database = loads.database
    loads.align(database.table("t"), COLUMNS)
    database.warehouse.stage(stage_of(database, 12, 3), COLUMNS, batches(1), lambda rows: None)
    assert [str(table.name.name) for table in database.warehouse.tables(database.settings.ref_schema)] == ["t"]
    assert database.warehouse.stages() == (stage_of(database, 12, 3),)


@pytest.mark.parametrize("engine", TSQL)
def test_stages_are_in_a_schema_of_their_own_and_those_of_earlier_releases_are_found(database: Database) -> None:
    warehouse, old = database.warehouse, stage_of(database, 2)
    warehouse.stage(stage_of(database), COLUMNS, batches(1), lambda rows: None)
    with warehouse.reading_stage(stage_of(database)) as (_, name):
        assert name == f"[{stage_schema(database.settings)}].[t_stage_1_1]"
    database.run(f"CREATE TABLE ref.[{old.name}] (a INT)")
    assert set(warehouse.stages()) == {stage_of(database), old}
    assert warehouse.staged(old) is not None
    for stage in warehouse.stages():
        warehouse.drop_stage(stage)
    assert warehouse.stages() == ()


@pytest.mark.parametrize("engine", [MSSQL])
def test_bulk_copy_commits_batch_by_batch(database: Database) -> None:
    warehouse = database.reopened(load_method="bulk", bulk_batch_size=2).warehouse
    assert warehouse.stage(stage_of(database), COLUMNS, batches(3), lambda rows: None) == (9, "bulk")
    assert count(database, stage_of(database)) == 9


@pytest.mark.parametrize("engine", [MSSQL])
def test_auto_falls_back_to_insert_and_says_why(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # A port where nothing answers: bulk copy cannot begin, everything else works.
    name = f"AIRFLOW_CONN_{database.settings.conn_id.upper()}"
    connection = json.loads(os.environ[name])
    connection["extra"]["bulk_port"] = 1
    monkeypatch.setenv(name, json.dumps(connection))
    warehouse = database.reopened(connect_timeout=1).warehouse
    with caplog.at_level(logging.WARNING, "refdata.warehouse"):
        assert warehouse.stage(stage_of(database), COLUMNS, batches(2), lambda rows: None) == (6, "insert")
    assert "Load method bulk failed before the first row" in caplog.text
    assert count(database, stage_of(database)) == 6


@pytest.mark.parametrize("engine", [MSSQL])
@pytest.mark.parametrize(("rows", "method"), [(3, "insert"), (SMALL_CELLS, "bulk")], ids=["small", "large"])
def test_auto_inserts_what_is_small_and_says_why(
    database: Database, rows: int, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "refdata.warehouse"):
        found = database.warehouse.stage(stage_of(database), COLUMNS, batches(1, rows), lambda rows: None)
    assert found == (rows, method)
    assert ("Load method insert is used for 6 values" in caplog.text) is (method == "insert")
    assert database.reopened(load_method="bulk").warehouse.stage(
        stage_of(database), COLUMNS, batches(1), lambda rows: None
    ) == (3, "bulk"), "the requested method is used"


@pytest.mark.parametrize("engine", [ODBC])
def test_a_method_that_the_engine_lacks_is_a_configuration_error(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="does not have the load method bulk"):
        database.reopened(load_method="bulk")
