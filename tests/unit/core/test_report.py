from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from refdata.core.loadfigures import LoadFigures
from refdata.core.model import FileStatus
from refdata.core.report import NarrowerType, make_report
from refdata.core.sqltypes import INT, SqlType, TypeKind

NOW = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  naive UTC
END = NOW + timedelta(seconds=10)
DONE = LoadFigures(1, "airports", FileStatus.COMPLETED, NOW, NOW, END, NOW, 1_000_000, 50_000, 0, "bulk", None)
REFUSED = replace(
    DONE, id=9, status=FileStatus.ERROR, loaded_at=None, rows_loaded=None, rows_rejected=7, error_category="data"
)


def test_throughput_counts_what_was_published() -> None:
    total = make_report([DONE, DONE, REFUSED]).throughput
    figures = (total.files, total.loaded, total.refused, total.rows, total.rejects, total.size)
    assert figures == (
        3,
        2,
        1,
        100_000,
        7,
        2_000_000,
    )
    assert (total.seconds, total.rows_per_second) == (20.0, 5000.0)


def test_without_loads_there_is_nothing_to_say() -> None:
    found = make_report([])
    figures = (found.throughput.rows_per_second, found.days, found.tables, found.errors, found.advice)
    assert figures == (
        0.0,
        (),
        (),
        (),
        (),
    )


def test_tables_by_their_median_and_errors_by_their_number() -> None:
    slow = replace(DONE, table_name="rates", loaded_at=NOW + timedelta(seconds=90))
    found = make_report([DONE, slow, REFUSED, REFUSED, replace(REFUSED, error_category="format")])
    assert [(one.table_name, one.seconds) for one in found.tables] == [("rates", 90.0), ("airports", 10.0)]
    assert found.errors == (("data", 2), ("format", 1))
    assert found.days == (("2024-12-01", 100_000, 2),)


def test_advice_follows_from_the_figures() -> None:
    inserted = replace(DONE, load_method="insert")
    waited = replace(DONE, table_name="rates", created_at=NOW - timedelta(seconds=400))
    wide = NarrowerType("ref.notes", "size", SqlType(TypeKind.NVARCHAR), INT, 1_500)
    advice = make_report([inserted, waited, REFUSED], [wide]).advice
    assert [sentence.split()[0] for sentence in advice] == ["airports", "rates", "airports", "ref.notes:"]
    assert "`load_method`" in advice[0]
    assert "waits 400 s" in advice[1]
    assert "7 rejected" in advice[2]
    assert "column size is NVARCHAR(MAX), and the 1,500 rows checked fit INT" in advice[3]
    assert make_report([replace(inserted, rows_loaded=49_999)]).advice == ()
