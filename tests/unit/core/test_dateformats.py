"""Patterns of dates and times: what they say, and those that cannot be read."""

from __future__ import annotations

import pytest

from refdata.core.contractterms import FieldType
from refdata.core.dateformats import DateFormat, date_format


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("date", "default", DateFormat("ymd", "-")),
        ("date", "%d/%m/%Y", DateFormat("dmy", "/")),
        ("date", "%m.%d.%y", DateFormat("mdy", ".", 2)),
        ("date", "%Y%m%d", DateFormat("ymd", "")),
        ("date", "%d %B %Y", DateFormat("dmy", " ", 4, True)),
        ("date", "%d-%b-%y", DateFormat("dmy", "-", 2, True)),
        ("date", "%j", None),
        ("date", "%d/%m", None),
        ("date", "%d/%m/%m", None),
        ("date", "%d/%m-%Y", None),
        ("date", "%Y-%d-%m", None),
        ("date", "%d/%m/%Y %H:%M", None),
        ("datetime", "%d/%m/%Y %H:%M", DateFormat("dmy", "/")),
        ("datetime", "%Y-%m-%dT%H:%M:%S.%f%z", DateFormat("ymd", "-", zoned=True)),
        ("datetime", "fmt:%Y-%m-%d %I:%M:%S %p", DateFormat("ymd", "-", hours=12)),
        ("datetime", "%Y-%m-%d", DateFormat("ymd", "-")),
        ("datetime", "%Y-%m-%d %I:%M", None),
        ("datetime", "%Y-%m-%d %H:%M %p", None),
        ("time", "%H:%M", DateFormat()),
        ("time", "%I:%M %p", DateFormat(hours=12)),
        ("time", "%H.%M", None),
    ],
)
def test_a_pattern_says_how_values_are_written(kind: str, text: str, expected: DateFormat | None) -> None:
    assert date_format(FieldType(kind), text) == expected
