"""Reads the rows of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refdata.core.publishing import column_list
from refdata.core.versions import VersionRecord
from refdata.versioning.frames import frame_of
from refdata.versioning.locating import Versions

if TYPE_CHECKING:
    import pandas as pd


def read_version(versions: Versions, table: str, version: int | None) -> pd.DataFrame:
    """The rows of a version, or of the live table where it is None; see ``ReferenceData.read_table``.

    :raises DataError: when there is no such version, or its rows were deleted.
    :raises LockTimeoutError: when the table changes faster than a version can be read.
    """

    def read(records: tuple[VersionRecord, ...]) -> pd.DataFrame:
        rows = versions.rows_of(table, version, records)
        columns = versions.columns_of(table, rows)
        names = column_list(tuple(column.name for column in columns))
        where = f" WHERE {rows.where}" if rows.where else ""
        with versions.warehouse.transaction(write=False) as session:
            if version is not None:
                versions.require_rows(session, rows, table, version, records)
            cells = session.query(f"SELECT {names} FROM {rows.source}{where}", rows.values)
        return frame_of(columns, cells)

    return read(()) if version is None else versions.while_unchanged(table, read)
