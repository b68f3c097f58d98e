"""Shorthands for what the tests of the warehouse do again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from refdata.core import alignment, sqltypes
from refdata.core.failure import Failure
from refdata.core.filemodel import Format, Scan, ScannedColumn
from refdata.core.model import Column, DroppedFile, Load, LoadType, Publication, Published, Stage, TableName
from refdata.core.sqltypes import SqlType
from refdata.dropoff.identity import PosixIdentity
from refdata.ledger import Ledger
from tests.integration.engines import MSSQL, MSSQL_PYTHON, ODBC, SQLITE, Database, open_database

NOW = datetime(2024, 12, 1, 12, 0, 0, 123456)  # noqa: DTZ001  the ledger's times are naive UTC


def dropped(
    name: str, *, mtime: int = 1, size: int = 1, load_type: LoadType = LoadType.FULL, inode: int = 1
) -> DroppedFile:
    path = f"reference_data_table/{load_type.value}/{name}"
    return PosixIdentity(size, mtime, mtime, inode).dropped(path, load_type, is_reference_data=True)


def failed(what: str, category: str = "data") -> Failure:
    """A failure that says no more than what happened."""
    return Failure(category, what, "", "", transient=False, task="load_rows")


def plain_format(header: Sequence[str], delimiter: str = ",") -> Format:
    return Format("utf-8", delimiter, '"', "", has_header=True, header=tuple(header))


@dataclass
class Loads:
    """Carries files through ledger, alignment, stage and publish, without a CSV file."""

    database: Database

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.database.warehouse)

    def register(self, name: str, table: str = "t", **identity: Any) -> Load:
        return self.ledger.register(dropped(name, **identity), table, f"run {name}", NOW)

    def claim(self, row: Load, now: datetime = NOW) -> int | None:
        return self.ledger.claim_turn(row, 900, now)

    def scanned(self, row: Load, sha256: str = "hash", rows: int = 0) -> Load:
        scan = Scan((), rows, 0, sha256, 1)
        self.ledger.record_format(row.id, plain_format(("a", "b")), scan, ())
        found = self.ledger.get(row.id)
        assert found is not None
        return found

    def align(self, table: TableName, columns: Sequence[Column]) -> None:
        scanned = [ScannedColumn(one.name, one.name, one.type, sqltypes.text_width(one.type)) for one in columns]
        live = self.database.warehouse.table(table)
        self.database.warehouse.align(alignment.align(table, live, scanned, min_match=0))

    def stage(self, row: Load, attempt: int, columns: Sequence[Column], batches: Sequence[pa.RecordBatch]) -> Stage:
        stage = Stage(self.database.table(row.table_name), row.id, attempt)
        self.database.warehouse.stage(stage, columns, iter(batches), lambda rows: None)
        return stage

    def publication(self, stage: Stage, columns: Sequence[Column], rows: int, load_type: LoadType) -> Publication:
        names = tuple(column.name for column in columns)
        return Publication(stage, load_type, names, rows, 0, "insert", NOW + timedelta(seconds=stage.load_id))

    def load(
        self, name: str, columns: Sequence[Column], batch: pa.RecordBatch, *, load_type: LoadType = LoadType.FULL
    ) -> Published:
        """A whole load of one batch into table ``t``."""
        row = self.scanned(self.register(name, load_type=load_type), name)
        attempt = self.claim(row)
        assert attempt is not None
        self.align(self.database.table(row.table_name), columns)
        stage = self.stage(row, attempt, columns, [batch])
        published = self.database.warehouse.publish(self.publication(stage, columns, batch.num_rows, load_type))
        self.database.warehouse.drop_stage(stage)
        return published


def column(name: str, kind: SqlType) -> Column:
    return Column(name, kind)


METHODS = [
    pytest.param(("sqlite", "auto"), marks=SQLITE.marks, id="sqlite"),
    pytest.param(("mssql", "auto"), marks=MSSQL.marks, id="mssql auto"),
    pytest.param(("mssql", "bulk"), marks=MSSQL.marks, id="mssql bulk"),
    pytest.param(("mssql", "insert"), marks=MSSQL.marks, id="mssql insert"),
    pytest.param(("mssql_python", "insert"), marks=MSSQL_PYTHON.marks, id="mssql_python insert"),
    pytest.param(("odbc", "auto"), marks=ODBC.marks, id="odbc"),
]


@pytest.fixture(params=METHODS)
def staged_by(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database whose stages are filled by one load method; ``engine`` and ``method`` name it."""
    engine, method = request.param
    database = open_database(engine, tmp_path, monkeypatch, load_method=method)
    yield database
    database.clear()


@pytest.fixture
def loads(database: Database) -> Loads:
    return Loads(database)
