"""A table in which rows are published by one method, for the tests of publishing and of versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from refdata.config import absolute
from refdata.core.errors import DataError
from refdata.core.model import Column, LoadType, Published, RowKey
from refdata.core.sqltypes import FLOAT, INT, SqlType, TypeKind, decimal
from refdata.versioning.locating import Versions
from refdata.versioning.revising import Revision, revise
from tests.integration.warehouse.conftest import NOW, Loads, failed

CODE = Column("code", SqlType(TypeKind.NVARCHAR, length=10))
COLUMNS = (CODE, Column("n", INT), Column("x", decimal(20, 4)), Column("f", FLOAT))
ARROW = (pa.string(), pa.int32(), pa.decimal128(20, 4), pa.float64())
TRACED = "code, n, x, f, ref_data_load_id, ref_data_loadtime, ref_data_loadtype"
"""A row with where it came from."""
Rows = Sequence[Sequence[Any]]


def batch(rows: Rows, width: int = 4) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * width
    arrays = [pa.array(column, kind) for column, kind in zip(columns, ARROW, strict=False)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in COLUMNS[:width]])


class Table:
    """A table in which rows are published by one method."""

    def __init__(
        self, loads: Loads, name: str, method: str, key: RowKey | None = None, versions: str = "copies"
    ) -> None:
        database = loads.database.reopened(publish_method=method, versions=versions)
        self.loads, self.name, self.key, self.files = Loads(database), name, key, 0
        self.undone = 0

    def by(self, method: str) -> None:
        """Lets the next loads be published by another method."""
        self.loads = Loads(self.loads.database.reopened(publish_method=method))

    def publish(
        self, rows: Rows, *, load_type: LoadType = LoadType.FULL, upsert: bool = False, width: int = 4
    ) -> Published:
        loads, self.files = self.loads, self.files + 1
        file = f"{self.name}_{self.files}.csv"
        row = loads.scanned(loads.register(file, self.name, load_type=load_type), file)
        attempt = loads.claim(row)
        assert attempt is not None
        columns = COLUMNS[:width]
        loads.align(loads.database.table(self.name), columns)
        stage = loads.stage(row, attempt, columns, [batch(rows, width)])
        request = replace(loads.publication(stage, columns, len(rows), load_type), key=self.key, upsert=upsert)
        try:
            return loads.database.warehouse.publish(request)
        except DataError:
            loads.ledger.mark_failed(row.id, failed("refused"), NOW)
            raise
        finally:
            loads.database.warehouse.drop_stage(stage)

    def rows(self, columns: str = "code, n, x, f", where: str = "") -> list[tuple[Any, ...]]:
        found = self.loads.database.rows(f"SELECT {columns} FROM ref.{self.name}{where}")
        return sorted([tuple(map(str, row)) for row in found])

    def kept(
        self, names: str = "code, n, x, f, ref_data_version_id", version: int | None = None
    ) -> list[tuple[Any, ...]]:
        where = "" if version is None else f" WHERE ref_data_version_id = {version}"
        found = self.loads.database.rows(f"SELECT {names} FROM bkp.{self.name}_backup{where}")
        return sorted([tuple(map(str, row)) for row in found])

    @property
    def versions(self) -> Versions:
        database = self.loads.database
        return Versions(
            absolute(database.settings, Path(database.settings.dropoff_root) / "airflow"), database.warehouse
        )

    def roll_back(self, version: int) -> None:
        self._revise(LoadType.ROLLBACK, version)

    def take_back(self, version: int) -> None:
        records = self.versions.ledger.versions(self.name)
        self._revise(LoadType.TAKE_BACK, next(one.load_id for one in records if one.version == version))

    def _revise(self, kind: LoadType, origin: int) -> None:
        self.undone += 1
        request = f"{self.name} {kind} {self.undone}"
        revise(self.versions, Revision(self.name, kind, origin, "ann", "because", request, NOW, NOW))

    def from_files(self) -> dict[str, int]:
        """How many rows came from each file of the table, by its number."""
        sql = f"SELECT ref_data_load_id, COUNT(*) FROM ref.{self.name} GROUP BY ref_data_load_id"
        names = {
            row.id: row.file_name.removeprefix(f"{self.name}_")[0] for row in self.loads.ledger.page(limit=500).files
        }
        return {names[load]: count for load, count in self.loads.database.rows(sql)}
