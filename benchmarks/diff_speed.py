"""How long a diff and a rollback of a large table take: ``PYTHONPATH=plugins python -m benchmarks.diff_speed [ROWS]``.

Two versions of 8 columns; of the second 1 % of the rows are changed, 0.5 % new and 0.5 % gone. Times are given in
seconds and in loads of the same run. With ``REFDATA_TEST_MSSQL_URI`` it runs against that server, else against SQLite.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.engines import Database, open_database

from refdata.api import ReferenceData
from refdata.config import absolute, utc_now
from refdata.contracts.files import table_rules
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_processed
from refdata.ingest.context import Deps
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows

_loads: list[float] = []
"""Seconds of each load; the rest is also given in loads."""
HEADER = "code,name,city,amount,rate,day,active,note\n"


def line(number: int, *, changed: bool) -> str:
    name = f"Name {number}{' new' if changed else ''}"
    flag = "true" if number % 3 else "false"
    numbers = f"{number * 7},{number % 1000}.25,2024-{1 + number % 12:02d}-01"
    return f"C{number:08d},{name},City {number % 977},{numbers},{flag},x\n"


def write(path: Path, rows: range, *, changes: bool) -> None:
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(line(number, changed=changes and number % 100 == 0) for number in rows)


def timed(what: str, work: Callable[[], object]) -> object:
    begun = time.perf_counter()
    result = work()
    took = time.perf_counter() - begun
    if what.startswith("load"):
        _loads.append(took)
    ratio = f"{took * len(_loads) / sum(_loads):8.2f} loads" if _loads else ""
    print(f"{what:<44}{took:8.1f} s{ratio}", flush=True)
    return result


def load(deps: Deps, rows: range, *, changes: bool) -> None:
    path = "reference_data_table/fullload/wide.csv"
    write(Path(deps.settings.dropoff_root) / path, rows, changes=changes)
    file = deps.dropoff.find(path)
    detection = detect_format(deps, file, f"bench {rows.start}")
    align_table(deps, file, detection)
    load_rows(deps, file, detection)
    move_to_processed(deps, file)


def measure(folder: Path, database: Database, rows: int) -> None:
    settings = absolute(database.settings, folder)
    ensure_tree(Path(settings.dropoff_root))
    deps = Deps(settings, database.warehouse, Dropoff.of(settings), utc_now, lambda table: table_rules(settings, table))
    data = ReferenceData(settings, database.warehouse)
    print(f"{database.engine}: {rows:,} rows x 8 columns")
    timed("load version 1", lambda: load(deps, range(rows), changes=False))
    timed("load version 2", lambda: load(deps, range(rows // 200, rows + rows // 200), changes=True))
    for what, keys in (("diff by a stated key", ("code",)), ("diff by a key that is found", ())):
        print(_counts(timed(what, lambda keys=keys: data.diff("wide", 1, 2, keys=keys))))  # type: ignore[misc]
    print(_counts(timed("diff by whole rows", lambda: data.diff("wide", 1, 2, keys=["city"]))))
    timed("rollback to version 1", lambda: data.rollback("wide", 1, reason="benchmark", by="benchmark"))
    print(_counts(timed("diff of equal versions", lambda: data.diff("wide", 1, 3, keys=["code"]))))
    database.clear()


def _counts(found: object) -> str:
    names = ("keys", "added", "removed", "changed", "unchanged")
    return "    " + ", ".join(f"{name} {getattr(found, name)}" for name in names)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        engine = "mssql" if os.environ.get("REFDATA_TEST_MSSQL_URI") else "sqlite"
        measure(Path(name), open_database(engine, Path(name), patch, dropoff_root=f"{name}/dropoff"), count)
