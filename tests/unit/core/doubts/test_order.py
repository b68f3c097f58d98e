"""The period in a file's name, and the question that an earlier one raises."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.doubts.order import older_content_question, period_of
from refdata.core.questions import Outcome

DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("rates_20241201.csv", "2024-12-01", "2024-12-01"),
        ("rates_2024-12-01.csv", "2024-12-01", "2024-12-01"),
        ("rates 01.12.2024.csv", "2024-12-01", "2024-12-01"),
        ("harbours_01.12.24.csv", "2024-12-01", "2024-12-01"),
        ("harbours_202412.csv", "2024-12-01", "2024-12-31"),
        ("2025-02_harbours.csv", "2025-02-01", "2025-02-28"),
        ("harbours_Mar2025.csv", "2025-03-01", "2025-03-31"),
        ("harbours 2025 March.csv", "2025-03-01", "2025-03-31"),
        ("harbours_2025-W14.csv", "2025-03-31", "2025-04-06"),
        ("harbours Q4 2025.csv", "2025-10-01", "2025-12-31"),
        ("census_2020.csv", "2020-01-01", "2020-12-31"),
        ("rates_20241201_v2.csv", "2024-12-01", "2024-12-01"),
        ("rates_20241201T1530.csv", "2024-12-01", "2024-12-01"),
        ("02.2024 rates.csv", "2024-02-01", "2024-02-29"),
        ("kurse_Dez2024.csv", "2024-12-01", "2024-12-31"),
        ("kurse_März_2024.csv", "2024-03-01", "2024-03-31"),
        ("taux février 2024.csv", "2024-02-01", "2024-02-29"),
        ("rates_KW14_2025.csv", "2025-03-31", "2025-04-06"),
        ("rates_2025_week14.csv", "2025-03-31", "2025-04-06"),
        ("rates_FY24.csv", "2024-01-01", "2024-12-31"),
        ("rates_q4_24.csv", "2024-10-01", "2024-12-31"),
        ("rates_h2_2024.csv", "2024-07-01", "2024-12-31"),
        ("rates_241201.csv", "2024-12-01", "2024-12-01"),
    ],
)
def test_a_name_states_a_period(name: str, first: str, last: str) -> None:
    period = period_of(name)
    assert period is not None
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "name",
    [
        "countries.csv",
        "iso3166.csv",
        "rates_v2.csv",
        "part 12345678.csv",
        "t_20249999.csv",
        "d_dec_31.csv",
    ],
)
def test_a_name_without_a_date_states_none(name: str) -> None:
    assert period_of(name) is None


@given(DAYS, st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y_%m_%d", "%d.%m.%Y", "%Y%m"]))
def test_each_spelling_of_a_day_holds_that_day(day: datetime.date, spelling: str) -> None:
    period = period_of(f"rates_{day.strftime(spelling)}.csv")
    assert period is not None
    assert period.first <= day <= period.last


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("rates_20241101.csv", "rates_20241201.csv"),
        ("rates_202411.csv", "rates_20241201.csv"),
        ("census_2010.csv", "census_2020.csv"),
        ("census_2019.csv", "census_202001.csv"),
        ("h Q1 2025.csv", "h Q2 2025.csv"),
        ("rates_v2.csv", "rates_v3.csv"),
        ("rates v1.9.csv", "rates v1.10.csv"),
        ("rates_FY23.csv", "rates_FY24.csv"),
        ("kurse_Nov2024.csv", "kurse_Dez2024.csv"),
        ("rates_241130.csv", "rates_241201.csv"),
    ],
)
def test_an_older_full_load_is_asked_about(name: str, live: str) -> None:
    question = older_content_question("rates", name, live)
    assert question is not None
    assert name in question.subject
    assert [choice.outcome for choice in question.choices] == [Outcome.LOAD, Outcome.REFUSE]
    assert older_content_question("rates", live, name) is None


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("rates_20241201.csv", "rates_20241201 (1).csv"),
        ("rates.csv", "rates_20241201.csv"),
        ("rates_20241201.csv", "rates.csv"),
        ("rates_2024.csv", "rates_20241201.csv"),
        ("rates_20241201.csv", "rates_2024.csv"),
    ],
)
def test_one_time_or_no_time_is_not_asked_about(name: str, live: str) -> None:
    assert older_content_question("rates", name, live) is None


MOMENTS = st.builds(datetime.datetime.combine, DAYS, st.times().map(lambda clock: clock.replace(microsecond=0)))


@given(
    MOMENTS,
    MOMENTS,
    st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%d_%H-%M-%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S", "%Y-%m-%d %Hh%Mm%S"]),
)
def test_of_two_files_with_times_the_earlier_is_older(
    one: datetime.datetime, other: datetime.datetime, spelling: str
) -> None:
    earlier, later = (f"rates_{moment.strftime(spelling)}.csv" for moment in sorted((one, other)))
    assert (older_content_question("rates", earlier, later) is not None) == (one != other)
    assert older_content_question("rates", later, earlier) is None


@pytest.mark.parametrize(
    ("name", "live", "asks"),
    [
        ("rates_20241201_0900.csv", "rates_20241201_1200.csv", True),
        ("rates_20241201_1200.csv", "rates_20241201_0900.csv", False),
        ("rates_20241201_0900.csv", "rates_20241201.csv", False),
        ("rates_20241201.csv", "rates_20241201_1200.csv", False),
        ("rates_20241201_2500.csv", "rates_20241201_1200.csv", False),  # no time of day
        ("rates_20241202_0900.csv", "rates_20241201_1200.csv", False),
    ],
)
def test_files_of_one_day_are_compared_by_their_times(name: str, live: str, *, asks: bool) -> None:
    asked = older_content_question("rates", name, live)
    assert (asked is not None) == asks
    if asked is not None:
        assert asked.evidence[0] == "rates_20241201_0900.csv is dated 2024-12-01 09:00:00."
