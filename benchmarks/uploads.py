"""Files for ten tables in a bucket, in an order that the loads must keep, and whether they came out right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scripts.demo_source import Bucket
from scripts.local_airflow import LocalAirflow

from refdata.core.settings import Settings
from refdata.warehouse.base import Warehouse

TABLES = 10
APART = 100_000
"""Between the first ids of two files."""
FULL, APPEND = "reference_data_table/fullload", "none_reference_data_table/append"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object: its table, its rows, and whether it replaces those before it."""

    name: str
    table: str
    rows: range
    replaces: bool


@dataclass(frozen=True)
class Site:
    """Airflow, the bucket and the warehouse."""

    airflow: LocalAirflow
    bucket: Bucket
    warehouse: Warehouse
    settings: Settings

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the warehouse; ``{ref}`` stands for the schema of ledger and tables."""
        with self.warehouse.transaction(write=False) as session:
            return session.query(sql.format(ref=f"[{self.settings.ref_schema}]"))

    def archived(self) -> int:
        """How many files are archived."""
        sql = "SELECT COUNT(*) FROM {ref}.[File_Monitor_Tracking] WHERE processed_at IS NOT NULL"
        return int(self.query(sql)[0][0])


def dated(table: str, number: int) -> str:
    """The name of a table's file of a day; later days come later."""
    return f"{table}_{date(2024, 1, 1) + timedelta(days=number):%Y%m%d}.csv"


def upload(site: Site, numbers: range, sizes: Sequence[int] = (200,)) -> Iterator[Uploaded]:
    """Ten tables, every second one of appends; a table's later objects have later names.

    :param sizes: rows of a file, in turns.
    """
    for number in numbers:
        table, replaces = f"bucket_{number % TABLES}", bool(number % 2)
        rows = range(number * APART, number * APART + sizes[number // TABLES % len(sizes)])
        name = dated(table, number // TABLES)
        content = "id,note\n" + "".join(f"{row},of {name}\n" for row in rows)
        site.bucket.put(f"{FULL if replaces else APPEND}/{name}", content.encode())
        yield Uploaded(name, table, rows, replaces)


def wrongs(site: Site, uploads: list[Uploaded]) -> list[str]:
    """What is not as it should be."""
    return wrong_loads(site.query, uploads) + _misplaced(site, uploads)


def wrong_loads(query: Callable[[str], list[tuple[Any, ...]]], uploads: list[Uploaded]) -> list[str]:
    """The files that were not loaded once and in order, and the tables with other rows than those of their files.

    :param query: as ``Site.query``.
    """
    ledger = query("SELECT file_name, status, table_name, version_id, error_message FROM {ref}.[File_Monitor_Tracking]")
    times = Counter(row[0] for row in ledger)
    wrong = [f"{file.name}: {times[file.name]} rows in the ledger" for file in uploads if times[file.name] != 1]
    wrong += [f"{row[0]}: {row[1]}, {row[4]}" for row in ledger if row[1] != "completed"]
    for table in sorted({file.table for file in uploads}):
        mine = [file for file in uploads if file.table == table]
        order = [
            name for name, _, of, number, _ in sorted(ledger, key=lambda row: row[3] or 0) if of == table and number
        ]
        if order != [file.name for file in mine]:
            wrong.append(f"{table}: loaded in the order {order}")
        expected = Counter(row for file in (mine[-1:] if mine[0].replaces else mine) for row in file.rows)
        if order and Counter(int(row[0]) for row in query(f"SELECT id FROM {{ref}}.[{table}]")) != expected:
            wrong.append(f"{table}: other rows than those of its files")
    return wrong


def _misplaced(site: Site, uploads: list[Uploaded]) -> list[str]:
    objects = [path for path in site.bucket.objects() if "/.refdata/" not in path]
    places = Counter(next((file.name for file in uploads if path.endswith(file.name)), path) for path in objects)
    wrong = [f"{file.name}: {places[file.name]} objects" for file in uploads if places[file.name] != 1]
    return wrong + [f"{path} is not in processed/" for path in objects if "/processed/" not in path]
