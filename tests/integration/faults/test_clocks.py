"""Times that lost their AM or PM: 10:00 may be 22:00."""

from __future__ import annotations

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import APPEND, FULL, Site

LOST = [
    pytest.param("10:00 AM", "03:30 PM", "10:00", "03:45", id="minutes"),
    pytest.param("10:00:15 AM", "03:30:11 PM", "10:00:01", "03:45:02", id="seconds"),
    pytest.param("10:00 am", "3:30 pm", "10:00", "3:45", id="small letters"),
    pytest.param("10:00 a.m.", "3:30 p.m.", "10:00", "3:45", id="points"),
    pytest.param("13/02/2024 10:00 AM", "14/02/2024 3:30 PM", "01/02/2024 10:00", "02/02/2024 3:45", id="a date"),
    pytest.param(
        "2024-02-13 10:00:00 AM", "2024-02-14 3:30:00 PM", "2024-02-15 10:00:00", "2024-02-16 3:45:00", id="ISO"
    ),
    pytest.param("02/13/2024 10:00 AM", "02/14/2024 3:30 PM", "02/01/2024 10:00", "02/02/2024 12:45", id="month"),
]


@pytest.mark.parametrize(("one", "two", "three", "four"), LOST)
@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_times_without_am_or_pm_are_asked_about(
    site: Site, one: str, two: str, three: str, four: str, folder: str
) -> None:
    first, later = f"id,t\n1,{one}\n2,{two}\n", f"id,t\n3,{three}\n4,{four}\n"
    site.load(site.drop("t.csv", first, folder=folder))
    before = site.rows("t")
    held = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert "notation_changed:t" in (held.error_message or ""), held
    assert site.rows("t") == before
    row = site.load(site.drop("t.csv", later, folder=folder), "run 2", {"notation_changed:t": "read"}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert any("10:00:0" in str(value) for (value,) in site.rows("t", "t")[-2:])
    again = site.load(site.drop("t.csv", later.replace("45", "46"), folder=folder), "run 3")
    assert "notation_changed" not in (again.error_message or ""), "the answer is kept"


@pytest.mark.parametrize("hour", ["15:45", "00:15", "13:00", "23:59:59", "0:05"])
def test_an_hour_that_a_clock_with_am_and_pm_lacks_settles_it(site: Site, hour: str) -> None:
    site.load(site.drop("t.csv", "id,t\n1,10:00 AM\n2,03:30 PM\n"))
    row = site.load(site.drop("t.csv", f"id,t\n1,10:00\n2,{hour}\n"), "run 2")
    assert (row.status, row.error_message) == (FileStatus.COMPLETED, None)


def test_some_times_without_am_or_pm_are_values_of_another_type(site: Site) -> None:
    site.load(site.drop("t.csv", "id,t\n1,10:00 AM\n2,03:30 PM\n"))
    held = site.load(site.drop("t.csv", "id,t\n1,10:00 AM\n2,03:45\n"), "run 2")
    assert "type_changed:t" in (held.error_message or "")
