"""Fills a warehouse through its own methods, with files in every status: for the page's tests and pictures."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pyarrow as pa

from refdata.core import sqltypes
from refdata.core.alignment import LINEAGE, Alignment
from refdata.core.errors import DataError, FileChangedError, FormatError, LockTimeoutError, RefdataError, SchemaError
from refdata.core.failure import Failure
from refdata.core.filemodel import Format, ReadColumn, Scan
from refdata.core.model import Column, Load, LoadType, Publication, Stage, TableName
from refdata.dropoff.identity import PosixIdentity
from refdata.ledger import Ledger
from refdata.warehouse.base import Warehouse

SCRIPT_NAME = "<img src=x onerror=alert(document.domain)>.csv"
"""A name that a page must show and never run."""

MARKUP = "<script>document.title='run'</script><svg onload=alert(1)>\"'><a href='javascript:alert(2)'>x</a>"
"""Text for every other place that shows what a file, a database or a person wrote."""

COLUMNS = (Column("code", sqltypes.text(8)), Column("name", sqltypes.text(40)))


def folder_of(row: Load) -> str:
    """The load folder of a file that is in flight."""
    return row.file_path.rpartition("/")[0]


class DemoLedger:
    """Drops files and lets their loads come to one end or another.

    :param now: the time of the newest drop, UTC without a zone; each earlier drop gets its own age.
    """

    _inode = count(1)  # of all instances: run ids follow from it, and all may stand in one database of Airflow

    def __init__(self, warehouse: Warehouse, now: datetime) -> None:
        self._warehouse = warehouse
        self._ledger = Ledger(warehouse)
        self._now = now
        warehouse.initialise()

    def drop(
        self, name: str, table: str, *, minutes: float, append: bool = False, reference: bool = True, rows: int = 0
    ) -> Load:
        """A file that was registered so many minutes ago and whose format is known."""
        at = self._at(minutes)
        kind = LoadType.APPEND if append else LoadType.FULL
        folder = f"{'reference' if reference else 'none_reference'}_data_table/{kind.value}"
        mtime = int((at - datetime(1970, 1, 1)).total_seconds()) * 1_000_000_000  # noqa: DTZ001  the ledger's zone
        identity = PosixIdentity(max(rows, 1) * 24, mtime, mtime, next(self._inode))
        file = identity.dropped(f"{folder}/{name}", kind, is_reference_data=reference)
        return self._ledger.register(file, table, f"refdata_load__{identity.inode:06d}", at)

    def detect(self, row: Load, *, rows: int, rejected: int = 0, warnings: tuple[str, ...] = ()) -> Load:
        """Its format is found and its rows are counted."""
        found = Format("utf-8", ";", '"', "", has_header=True, header=("Code", "Name"))
        content = f"{row.id:064x}"
        self._ledger.record_format(row.id, found, Scan((), rows, rejected, content, row.file_size or 0), warnings)
        return row

    def start(self, row: Load, *, minutes: float, staged: int = 0) -> int:
        """Its table's turn is given; so many rows are staged."""
        attempt = self._ledger.claim_turn(row, 900, self._at(minutes))
        assert attempt is not None, f"{row.file_name} has to wait"
        if staged:
            self._ledger.report_progress(row.id, attempt, staged, self._at(minutes))
        return attempt

    def hold(self, row: Load, *, minutes: float) -> None:
        """It waits for approval at the change gate."""
        self._ledger.hold_for_review(row.id, self.start(row, minutes=minutes), self._at(minutes))

    def publish(self, row: Load, *, rows: int, minutes: float, seconds: float, rejected: int = 0) -> None:
        """Its rows are in the table."""
        self.detect(row, rows=rows, rejected=rejected)
        attempt = self.start(row, minutes=minutes)
        table = TableName("ref", row.table_name)
        read = tuple(ReadColumn(index, column.name, column.type) for index, column in enumerate(COLUMNS))
        self._warehouse.align(Alignment(table, True, (), (), (*COLUMNS, *LINEAGE), read))
        stage = Stage(table, row.id, attempt)
        codes = [f"{number:06d}" for number in range(rows)]
        batch = pa.record_batch([pa.array(codes), pa.array([f"Name {code}" for code in codes])], ["code", "name"])
        _, method = self._warehouse.stage(stage, COLUMNS, [batch], lambda _: None)
        names = tuple(column.name for column in COLUMNS)
        done = self._at(minutes) + timedelta(seconds=seconds)
        self._warehouse.publish(Publication(stage, row.load_type, names, rows, rejected, method, done))
        self._warehouse.drop_stage(stage)

    def archive(self, row: Load, *, minutes: float, seconds: float) -> None:
        """The file is in ``processed``."""
        at = self._at(minutes) + timedelta(seconds=seconds)
        self._ledger.mark_archived(row.id, f"{folder_of(row)}/processed/{at:%Y%m%d_%H%M%S}_{row.file_name}", at)

    def complete(self, row: Load, *, rows: int, minutes: float, seconds: float, rejected: int = 0) -> None:
        """From the turn to the archive."""
        self.publish(row, rows=rows, minutes=minutes, seconds=seconds, rejected=rejected)
        self.archive(row, minutes=minutes, seconds=seconds + 2.5)

    def duplicate(self, row: Load, *, minutes: float) -> None:
        """Its content is in the table already."""
        self._ledger.mark_duplicate(row.id, self.start(row, minutes=minutes))
        self.archive(row, minutes=minutes, seconds=1.5)

    def fail(self, row: Load, error: RefdataError, *, minutes: float, cancelled: bool = False) -> None:
        """It ended in ``error``."""
        at = self._at(minutes)
        self._ledger.mark_failed(row.id, Failure.of(error, "load_rows"), at, cancelled=cancelled)
        self._ledger.mark_archived(row.id, f"{folder_of(row)}/error/ERROR_{at:%Y%m%d_%H%M%S}_{row.file_name}", at)

    def hand_back(self, row: Load, error: RefdataError) -> None:
        """It waits for the database to return."""
        self._ledger.hand_back(row, Failure.of(error, "load_rows"))

    def _at(self, minutes: float) -> datetime:
        return self._now - timedelta(minutes=minutes)


def fill(warehouse: Warehouse, now: datetime) -> DemoLedger:
    """Some weeks of a steward's drops, ending ``now`` with a load at work; every status occurs."""
    demo = DemoLedger(warehouse, now)
    for week in range(5, 0, -1):
        _week(demo, week, minutes=week * 10_080.0)
    _today(demo)
    return demo


def _week(demo: DemoLedger, week: int, *, minutes: float) -> None:
    for table, rows, seconds in (("airports", 8_341, 3.1), ("currencies", 181, 0.9), ("countries", 249, 1.0)):
        row = demo.drop(f"{table}_2026-06-{30 - week:02d}.csv", table, minutes=minutes, rows=rows)
        demo.complete(row, rows=rows + 3 * (5 - week), minutes=minutes - 1, seconds=seconds)
    row = demo.drop(f"bookings_{week:02d}.csv", "bookings", minutes=minutes, append=True, reference=False, rows=20_000)
    demo.complete(row, rows=20_000 + 117 * week, minutes=minutes - 2, seconds=6.4, rejected=week % 2)


def _today(demo: DemoLedger) -> None:
    row = demo.drop("cost-centres.csv", "cost_centres", minutes=190, rows=1_204)
    demo.complete(row, rows=1_204, minutes=189, seconds=1.3)
    row = demo.drop("currencies_20260729.csv", "currencies", minutes=64, rows=181)
    demo.detect(row, rows=181)
    demo.duplicate(row, minutes=63)
    _errors(demo)
    row = demo.drop("departments.csv", "departments", minutes=12, rows=611)
    demo.detect(row, rows=611)
    demo.hold(row, minutes=11)
    row = demo.drop("FLIGHT_SCHEDULES.CSV", "flight_schedules", minutes=6, reference=False, rows=41_007)
    demo.publish(row, rows=41_007, minutes=5, seconds=9.2)
    row = demo.drop("Straßenverzeichnis_ä.csv", "straßenverzeichnis_ä", minutes=4, rows=900)
    demo.hand_back(row, LockTimeoutError("The table is locked by another session", where="ref.streets"))
    row = demo.drop("customer-data.csv", "customer_data", minutes=3, reference=False, rows=1_250_000)
    demo.detect(row, rows=1_250_000, rejected=2)
    demo.start(row, minutes=2.4, staged=462_000)
    demo.drop("customer-data_v2.csv", "customer_data", minutes=1, reference=False, rows=1_250_100)
    demo.drop("airports_2026-07-29.csv", "airports", minutes=0.3, rows=8_360)


def _errors(demo: DemoLedger) -> None:
    row = demo.drop("countries_new.csv", "countries", minutes=50, rows=249)
    demo.detect(row, rows=249)
    reported = SchemaError(
        "Only 2 of 6 columns of countries are in the file: code, name match; continent, wikipedia_link, keywords and"
        " local_code are missing",
        where="reference_data_table/fullload/countries_new.csv",
        advice="Compare the header with the table's columns. It fits table regions better: drop it as regions.csv.",
    )
    demo.fail(row, reported, minutes=49)
    row = demo.drop("bookings_29.csv", "bookings", minutes=40, append=True, reference=False, rows=20_311)
    demo.detect(row, rows=20_308, rejected=3)
    told_rows = DataError(
        "3 of 20311 rows are damaged; 0 are allowed",
        where="bookings_29.csv",
        advice="Fix the lines listed in the .rejects.csv beside the file, or allow some with max_rejected_rows.",
    )
    demo.fail(row, told_rows, minutes=39)
    row = demo.drop(SCRIPT_NAME, "img_src_x_onerror_alert_document_domain", minutes=30, rows=1)
    found = FormatError(f"412 NUL bytes {MARKUP}", where=SCRIPT_NAME, advice=f"Save the file as CSV. {MARKUP}")
    demo.fail(row, found, minutes=29.5)
    row = demo.drop("airports_draft.csv", "airports", minutes=20, rows=8_000)
    gone = FileChangedError("The file vanished before its load", advice="Drop it again if it was needed.")
    demo.fail(row, gone, minutes=15, cancelled=True)
