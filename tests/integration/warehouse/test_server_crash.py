"""The server itself is killed in detect, stage and publish, and started again.

Others may use the server, hence only where ``REFDATA_TEST_MSSQL_CRASH`` is the shell command that kills it and
starts it again, such as ``/opt/babelfish/server crash; /opt/babelfish/server start``.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest

from refdata.core.errors import TransientError
from refdata.core.model import LoadType, Published
from tests.integration.engines import TSQL
from tests.integration.warehouse.conftest import Loads
from tests.integration.warehouse.test_publishing import COLUMNS, batch, live, ready

COMMAND = os.environ.get("REFDATA_TEST_MSSQL_CRASH", "")
pytestmark = [
    pytest.mark.skipif(not COMMAND, reason="REFDATA_TEST_MSSQL_CRASH names no command"),
    pytest.mark.parametrize("engine", TSQL),
]


def crash() -> None:
    subprocess.run(COMMAND, shell=True, check=True, timeout=120, stdout=subprocess.DEVNULL)


def test_a_server_that_dies_after_a_file_was_registered(loads: Loads) -> None:
    row = loads.register("1.csv")
    crash()
    assert loads.register("1.csv").id == row.id
    assert len(loads.ledger.page().files) == 1
    assert loads.scanned(row, "1.csv").file_hash == "1.csv"


@pytest.mark.parametrize("method", ["bulk", "insert"])
def test_a_server_that_dies_while_rows_are_staged(loads: Loads, method: str) -> None:
    if loads.database.engine == "odbc" and method == "bulk":
        pytest.skip("ODBC has no bulk copy")
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    loads.database.warehouse = loads.database.reopened(load_method=method).warehouse
    row = loads.scanned(loads.register("2.csv"), "2.csv")
    attempt = loads.claim(row)
    assert attempt is not None
    many = batch(*((number, "y") for number in range(50_000)))

    def dying() -> Iterator[pa.RecordBatch]:
        yield from (many, many, many)  # more than is gathered before the first is sent
        crash()
        yield many

    with pytest.raises(TransientError):
        loads.stage(row, attempt, COLUMNS, dying())  # type: ignore[arg-type]
    assert live(loads) == [(1, "x")]
    stage = loads.stage(row, attempt, COLUMNS, [batch((2, "y")), batch((3, "z"))])
    loads.database.warehouse.publish(loads.publication(stage, COLUMNS, 2, LoadType.FULL))
    assert live(loads) == [(2, "y"), (3, "z")]


@pytest.mark.parametrize("load_type", [LoadType.FULL, LoadType.APPEND])
def test_a_server_that_dies_while_rows_are_published(loads: Loads, load_type: LoadType) -> None:
    loads.database.run("CREATE TABLE ref.t (a INT NOT NULL PRIMARY KEY, b NVARCHAR(10) NULL)")
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    loads.database.warehouse = loads.database.reopened(retry_delay=60).warehouse
    request = ready(loads, "2.csv", (2, "y"), load_type=load_type)
    published: list[Published] = []
    publishing = threading.Thread(target=lambda: published.append(loads.database.warehouse.publish(request)))
    holder = loads.database.reopened(pool_size=3).warehouse
    with pytest.raises(TransientError), holder.transaction() as session:
        # The publish waits within its transaction for this row's end, and dies there.
        session.execute(loads.database.named("INSERT INTO ref.t (a, b) VALUES (2, 'held')"))
        publishing.start()
        publishing.join(2)
        assert publishing.is_alive()
        crash()
        session.query("SELECT 1")
    publishing.join(120)
    assert [one.rows for one in published] == [1], "tried again in place, and done once"
    assert live(loads) == ([(2, "y")] if load_type is LoadType.FULL else [(1, "x"), (2, "y")])
    kept = loads.database.rows("SELECT a, ref_data_version_id FROM bkp.t_backup")
    assert kept == ([(1, 1)] if load_type is LoadType.FULL else [])
