"""How long readers wait while a full load is published, by ``publish_method``.

usage: REFDATA_TEST_MSSQL_URI=mssql://user:password@host:port/database python -m benchmarks.reader_wait
           [--rows 1000000] [--engine mssql|sqlite] [--method delete|truncate|delta|deltas …]

A table of that many rows is replaced by as many, of which one in a hundred differs, while two readers, each in a
process of its own, ask in a loop: one counts the rows and the loads that they come from, one fetches a single row.
Printed are the longest and the median answer during the publish and before it, and whether any answer was of an
empty or a mixed table. Both locks and a busy machine keep readers waiting; the answers before the publish show the
latter.

Babelfish always keeps row versions, as SQL Server does in a database with READ_COMMITTED_SNAPSHOT on. Without it a
reader on SQL Server waits for the change, but not for the copy of the version. TRUNCATE makes readers wait on both. On
SQLite readers wait for the commit, and in a publish of some 100,000 rows from the moment its pages no longer fit into
memory. ``delta`` keeps rows of two loads, which is no wrong answer; ``deltas`` is the same, with versions kept as
differences.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Event, Semaphore
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from tests.integration.engines import Server

from refdata.core import alignment, sqltypes
from refdata.core.filemodel import Format, Scan, ScannedColumn
from refdata.core.model import Column, LoadType, Publication, RowKey, Stage, TableName
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.core.sqltypes import INT
from refdata.dropoff.identity import PosixIdentity
from refdata.ledger import Ledger
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse

METHODS = ("delete", "truncate", "delta", "deltas")
CONN_ID = "refdata_benchmark"
COLUMNS = (Column("a", INT), Column("b", sqltypes.text(20)), Column("c", sqltypes.text(20)))
QUESTIONS = {
    "COUNT of all": "SELECT COUNT(*), COUNT(DISTINCT b) FROM {}",
    "one row": "SELECT a, 1 FROM {} WHERE a = 1",
}
FOLDER = "REFDATA_BENCHMARK_FOLDER"
"""The environment variable with the folder of the embedded database; not set for a server."""
WARM = 5
"""Answers of each reader before the publish begins."""
Answer = tuple[float, float, int, int]
"""When it was asked and answered (seconds of the machine's clock), and the two numbers of the answer."""


def open_with(method: str) -> tuple[Warehouse, Settings]:
    if folder := os.environ.get(FOLDER):
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps(
            {"conn_type": "sqlite", "host": f"{folder}/refdata.db"}
        )
    else:
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps(Server.named().connection("mssql"))
    publish, versions = ("delta", "deltas") if method == "deltas" else (method, "copies")
    settings = Settings(
        conn_id=CONN_ID, load_method="bulk", publish_method=publish, versions=versions, ref_schema="ref_wait",
        bkp_schema="bkp_wait", lock_timeout=3600,
    )  # fmt: skip
    return open_warehouse(settings), settings


def read(question: str, begun: Semaphore, stop: Event, answers: Any) -> None:
    """Asks until it is stopped; the answers go into the queue at the end."""
    warehouse, settings = open_with("delete")
    sql = QUESTIONS[question].format(qualified(TableName(settings.ref_schema, "t")))
    found: list[Answer] = []
    while not stop.is_set():
        asked = time.monotonic()
        with warehouse.transaction(write=False) as session:
            row = (session.query(sql) or [(0, 0)])[0]
        found.append((asked, time.monotonic(), int(row[0]), int(row[1])))
        if len(found) == WARM:
            begun.release()
    answers.put((question, found))


@dataclass
class Loads:
    """Carries rows up to the publish."""

    warehouse: Warehouse
    settings: Settings

    def ready(self, number: int, rows: int) -> Publication:
        """A load whose rows are staged."""
        ledger = Ledger(self.warehouse)
        table = TableName(self.settings.ref_schema, "t")
        now = datetime.now(UTC).replace(tzinfo=None)
        name = f"{number} {now.isoformat()}.csv"
        file = PosixIdentity(rows, number, number, number).dropped(name, LoadType.FULL, is_reference_data=True)
        row = ledger.register(file, "t", name, now)
        written = Format("utf-8", ",", '"', "", has_header=True, header=())
        ledger.record_format(row.id, written, Scan((), rows, 0, name, 1), ())
        attempt = ledger.claim_turn(row, 0.0, now)
        assert attempt is not None
        scanned = [ScannedColumn(one.name, one.name, one.type, sqltypes.text_width(one.type)) for one in COLUMNS]
        self.warehouse.align(alignment.align(table, self.warehouse.table(table), scanned, min_match=0))
        stage = Stage(table, row.id, attempt)
        self.warehouse.stage(stage, COLUMNS, batches(rows, number), lambda _: None)
        names = tuple(column.name for column in COLUMNS)
        return Publication(stage, LoadType.FULL, names, rows, 0, "bulk", now, key=RowKey(("a",)))

    def publish(self, request: Publication) -> tuple[float, float]:
        """When the publish began and ended."""
        began = time.monotonic()
        self.warehouse.publish(request)
        ended = time.monotonic()
        self.warehouse.drop_stage(request.stage)
        return began, ended


def batches(rows: int, load: int) -> Any:
    """The rows of a load: one in a hundred has the load's number in ``b``, so that a reader notices a mixture."""
    for begin in range(0, rows, 50_000):
        numbers = range(begin, min(begin + 50_000, rows))
        loads = [str(load) if number % 100 == 0 else None for number in numbers]
        ids = pa.array(numbers, pa.int32())
        yield pa.RecordBatch.from_arrays([ids, pa.array(loads), ids.cast(pa.string())], names=["a", "b", "c"])


def measure(method: str, rows: int) -> dict[str, dict[str, Any]]:
    """Each reader's answers while ``rows`` rows replaced as many."""
    warehouse, settings = open_with(method)
    warehouse.initialise()
    loads = Loads(warehouse, settings)
    loads.publish(loads.ready(1, rows))
    return watched(loads, loads.ready(2, rows), rows)


def watched(loads: Loads, ready: Publication, rows: int) -> dict[str, dict[str, Any]]:
    """Publishes a load while the readers ask; the figures of each reader."""
    context = multiprocessing.get_context("spawn")
    begun, stop, answers = context.Semaphore(0), context.Event(), context.Queue()
    readers = [context.Process(target=read, args=(question, begun, stop, answers)) for question in QUESTIONS]
    for reader in readers:
        reader.start()
    for _ in readers:
        begun.acquire()
    began, ended = loads.publish(ready)
    stop.set()
    found = dict(answers.get(timeout=600) for _ in readers)
    for reader in readers:
        reader.join()
    return {question: _summary(question, seen, began, ended, rows) for question, seen in found.items()}


def _summary(question: str, seen: list[Answer], began: float, ended: float, rows: int) -> dict[str, Any]:
    def times(answers: list[Answer]) -> tuple[float, float]:
        waits = [answered - asked for asked, answered, _, _ in answers] or [0.0]
        return max(waits), statistics.median(waits)

    during = [answer for answer in seen if answer[1] > began and answer[0] < ended]
    whole = (rows, 1) if question.startswith("COUNT") else (1, 1)
    return {
        "publish": ended - began,
        # The first answer opens a connection.
        "before": times([answer for answer in seen[1:] if answer[1] <= began]),
        "during": times(during),
        "answers": len(during),
        "wrong": sum((first, second) != whole for _, _, first, second in seen),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=("mssql", "sqlite"), default="mssql")
    parser.add_argument("--method", choices=METHODS, action="append", help="default: each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.engine == "sqlite":
            os.environ[FOLDER] = folder
        compare(options.rows, options.method or METHODS)


def compare(rows: int, methods: Sequence[str]) -> None:
    """Measures each method, and prints the table."""
    heads = ("Publish s", "Before: max / median s", "During: max / median s", "Answers", "Wrong")
    table = Table("Method", "Reader", *heads)
    for method in methods:
        clear()
        for question, one in measure(method, rows).items():
            before, during = (f"{one[when][0]:.2f} / {one[when][1]:.3f}" for when in ("before", "during"))
            figures = (f"{one['publish']:.1f}", before, during, str(one["answers"]), str(one["wrong"]))
            table.add_row(method, question, *figures)
            print(method, question, one, flush=True)
    clear()
    Console(width=120).print(table)


def clear() -> None:
    """Takes away the tables of an earlier run."""
    warehouse, settings = open_with("delete")
    warehouse.initialise()
    with warehouse.transaction() as session:
        for schema, name in ((settings.ref_schema, "t"), (settings.bkp_schema, "t_backup")):
            session.execute(f"DROP TABLE IF EXISTS {qualified(TableName(schema, name))}")
        session.execute(f"DELETE FROM {qualified(TableName(settings.ref_schema, settings.ledger_table))}")


if __name__ == "__main__":
    main()
