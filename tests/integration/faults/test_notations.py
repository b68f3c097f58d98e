"""Dates, times and numbers that a later file writes in another way: read as known, or asked about, never as text.

Rows 04, 07, 09, 21, 24, 31 and 35 of the faults.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.integration.faults.conftest import Desk
from tests.integration.ingest.conftest import APPEND, FULL

FOLDERS = (FULL, APPEND)
DAY_FIRST = "k;d\na;25/12/2024\nb;26/12/2024\n"

CHANGED = [
    pytest.param(DAY_FIRST, "k;d\nc;tba\nd;01/01/2025\n", "type_changed:d", id="a word among dates"),
    pytest.param(DAY_FIRST, "k;d\nc;12/25/2025\n", "notation_changed:d", id="month first"),
    pytest.param("k,n\na,5\nb,6\n", "k,n\nc,1O\nd,7\n", "type_changed:n", id="a letter in a number"),
    pytest.param("k;n\na;1.234,50\nb;99,90\n", "k;n\nc;2.000,75\nd;n/a\n", "type_changed:n", id="n/a, German"),
    pytest.param("k,at\na,2024-01-15T10:00+01:00\nb,2024-01-15T11:30+01:00\n", "k,at\nc,2024-01-15T10:00\n",
                 "notation_changed:at", id="no zone any more"),
    pytest.param("k;at\na;2024-01-15 10:00:00Z\nb;2024-01-15 11:30:00Z\n", "k;at\nc;2024-01-15 10:00:00\n",
                 "notation_changed:at", id="no Z any more"),
    pytest.param("k,at\na,2024-01-15 10:00:00\nb,2024-01-15 11:30:00\n", "k,at\nc,2024-01-16T10:00:00Z\n",
                 "type_changed:at", id="a zone"),
    pytest.param("k,a\na,true\nb,false\n", "k,a\nc,1\nd,0\n", "type_changed:a", id="numbers for true and false"),
    pytest.param("k;a\na;TRUE\nb;FALSE\n", "k;a\nc;ja\nd;nein\n", "type_changed:a", id="German words"),
    pytest.param("k,d\na,2024-01-15\nb,2024-02-01\n", "k,d\nc,0000-00-00\nd,2024-03-01\n", "type_changed:d",
                 id="a date of zeros"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "later", "question", "folder"), [(*case.values, FOLDERS[at % 2]) for at, case in enumerate(CHANGED)]
)
def test_values_in_another_notation_are_asked_about(
    desk: Desk, first: str, later: str, question: str, folder: str
) -> None:
    desk.loaded(first, folder=folder)
    types = desk.columns()
    desk.held(later, question, folder=folder)
    assert desk.columns() == types


WAYS = ["%d/%m/%y", "%d.%m.%y", "%m/%d/%y", "%Y%m%d", "%d%m%Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%d-%b-%y",
        "%d/%m/%y %H:%M", "%m-%d-%y %I:%M %p"]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("before", ["%Y-%m-%d", "%d.%m.%Y"])
def test_dates_in_a_way_that_the_table_does_not_know_can_be_read_as_dates(desk: Desk, way: str, before: str) -> None:
    rng = random.Random(way + before)
    start = datetime(1990, 1, 13, 10, 30, tzinfo=UTC)
    moments = [start + timedelta(days=31 * rng.randrange(450)) for _ in range(8)]
    moments += [start.replace(day=25), start.replace(month=12, day=31)]
    clock = " %H:%M:%S" if ":" in way else ""
    lines = [
        [f"k{at};{moment.strftime(form)}\n" for at, moment in enumerate(moments)] for form in (before + clock, way)
    ]
    desk.loaded("k;d\n" + "".join(lines[0]))
    rows, kinds = desk.values(), desk.columns()
    held = desk.drop("k;d\n" + "".join(lines[1]))
    (question,) = desk.questions(held)
    order = "".join(letter for letter in way.lower().replace("b", "m") if letter in "ymd")[:3]
    keys = [choice.key for choice in question.choices if choice.key in ("read", f"read_{order}")]
    assert (question.name, len(keys)) == ("notation_changed:d", 1), question
    desk.loaded("k;d\n" + "".join(lines[1]), answers={question.name: keys[0]})
    assert (desk.values(), desk.columns()) == (rows, kinds)


SAME = [
    pytest.param(DAY_FIRST, "k;d\nc;2024-12-27\n", "2024-12-27", id="year first"),
    pytest.param(DAY_FIRST, "k;d\nc;2024-12-27 00:00:00\n", "2024-12-27", id="year first, midnight"),
    pytest.param("k,d\na,12/25/2024\n", "k,d\nc,2024-12-27T00:00:00\n", "2024-12-27", id="month first before"),
    pytest.param("k,d\na,25-Dec-2024\n", "k,d\nc,2024-12-27\n", "2024-12-27", id="names of months before"),
    pytest.param("k,d\na,2024-12-25\n", "k,d\nc,2024-12-27 00:00:00\n", "2024-12-27", id="midnight"),
    pytest.param("k,n\na,5\n", "k,n\nc,7\u00a0\n", "7", id="a hard space"),
    pytest.param("k,n\na,5\n", "k,n\nc,7.0\n", "7", id="a decimal of zero"),
    pytest.param("k,n\na,5\n", "k,n\nc,7.000000\n", "7", id="decimals of zero"),
    pytest.param("k,n\na,9007199254740993\n", "k,n\nc,9007199254740995.0\n", "9007199254740995", id="many digits"),
    pytest.param("k;n\na;5,5\n", "k;n\nc;7,0\n", "7", id="German"),
]


@pytest.mark.parametrize(("first", "later", "value"), SAME)
def test_another_notation_that_means_one_value_asks_nothing(desk: Desk, first: str, later: str, value: str) -> None:
    desk.loaded(first, folder=APPEND)
    kinds = desk.columns()
    desk.loaded(later, folder=APPEND)
    (found,) = (row[1] for row in desk.values() if row[0] == "c")
    assert str(found).removesuffix(".0") == value
    assert desk.columns() == kinds


def test_dates_with_the_year_first_do_not_hide_the_order_of_the_others(desk: Desk) -> None:
    desk.loaded(DAY_FIRST, folder=APPEND)
    desk.loaded("k;d\nc;2024-12-27\n", folder=APPEND)
    row = desk.loaded("k;d\nd;05/06/2025\n", folder=APPEND)
    assert "is read day first" in " ".join(row.warnings)
    assert ("d", "2025-06-05") in desk.values()
    desk.held("k;d\ne;06/13/2025\n", "notation_changed:d", folder=APPEND)


@pytest.mark.parametrize("seed", range(5))
def test_a_daily_file_keeps_its_order_whatever_its_day(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    mark, (written, first) = rng.choice("/-."), rng.choice([("%d{0}%m{0}%Y", True), ("%m{0}%d{0}%Y", False)])
    if not first:
        mark = "/"
    days = [date(2024, 11, 13) + timedelta(days=number) for number in rng.sample(range(60), 5)]
    days.insert(0, date(2024, 11, 13))
    for number, day in enumerate(days):
        desk.loaded(f"day,cur,rate\n{day.strftime(written.format(mark))},USD,1.{number}5\n", folder=APPEND)
    assert sorted(str(row[0]) for row in desk.values()) == sorted(day.isoformat() for day in days)


@pytest.mark.parametrize("seed", range(5))
def test_whole_numbers_may_come_back_with_a_decimal(desk: Desk, seed: int) -> None:
    """A program that knows no empty whole number, such as pandas, writes 1.0 in a column with empty values."""
    rng = random.Random(seed)
    mark, digits, places = rng.choice(",;\t|"), rng.randint(1, 12), rng.randint(1, 4)
    rows = [(number, rng.choice(["", str(rng.randrange(10**digits))])) for number in range(rng.randint(3, 12))]
    rows.append((len(rows), "1"))
    desk.loaded(f"id{mark}boss\n" + "".join(f"{number}{mark}{boss}\n" for number, boss in rows))
    before, kinds = desk.values(), desk.columns()
    desk.loaded(
        f"id{mark}boss\n" + "".join(f"{number}{mark}{boss and boss + '.' + '0' * places}\n" for number, boss in rows)
    )
    assert (desk.values(), desk.columns()) == (before, kinds)


TIMED = "k;at\na;2024-12-25 10:30:00\nb;2024-12-26 11:00:00\n"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (TIMED, "k;at\na;2024-12-25\nb;2024-12-26\n"),
        (TIMED, '"k";"at"\n"a";"2024/12/25"\n"b";"2024/12/26"\n'),
        (TIMED, "k\tat\r\nc\t2024-12-27\r\n"),
        (TIMED.replace("2024-12-25", "25.12.2024").replace("2024-12-26", "26.12.2024"), "k;at\na;25.12.2024\n"),
        ("k,at\na,12/25/2024 10:30 AM\nb,12/26/2024 11:00 PM\n", "k,at\na,2024-12-25\n"),
    ],
)
def test_days_that_lost_their_times_are_asked_about(desk: Desk, first: str, later: str) -> None:
    desk.loaded(first)
    desk.held(later, "precision_lost:at")
    desk.loaded(later, answers={"precision_lost:at": "load"})


@pytest.mark.parametrize(
    "odd",
    ["n/a", "k.A.", "TBD", "null", "-", "?"],
)
@pytest.mark.parametrize("column", ["price", "since"])
def test_a_word_for_no_value_costs_no_type(desk: Desk, odd: str, column: str) -> None:
    first = "sku,price,since\nA,1.50,2024-01-15\nB,2.10,2024-02-01\n"
    bad = first.replace("2.10" if column == "price" else "2024-02-01", odd)
    desk.loaded(first)
    kinds = desk.columns()
    desk.held(bad, f"type_changed:{column}")
    desk.loaded(bad, answers={f"type_changed:{column}": "missing"})
    assert desk.columns() == kinds
    desk.loaded(first.replace("A,", "C,"))
    assert desk.columns() == kinds


FIRST_DATES = [
    ("15-Jan-2024", "2024-01-15"), ("15 janv. 2024", "2024-01-15"), ("Jan 15, 2024", "2024-01-15"),
    ("15.01.2024", "2024-01-15"), ("1/15/2024 12:00:00 AM", "2024-01-15"), ("0001-01-01", "0001-01-01"),
    ("9999-12-31", "9999-12-31"), ("1752-09-14", "1752-09-14"), ("2024-01-15T00:00:00", "2024-01-15"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "day"), FIRST_DATES)
def test_a_first_file_has_its_dates_as_dates(desk: Desk, written: str, day: str) -> None:
    desk.loaded(f"k;d\na;{written}\n")
    ((_, found),) = desk.values()
    assert str(found).removesuffix(" 00:00:00") == day


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["2024-01-15", "0000-00-00"], "missingValues"),
        (["15/01/24", "03/02/24"], "decides"),
        (["05/06/2024", "03/02/2024"], "decides"),
        (["15-Jan-24", "Feb-24"], ""),
        (["2024-01-15 10:00", "n/a"], "missingValues"),
    ],
)
def test_a_first_file_whose_dates_stay_text_says_how_to_decide(desk: Desk, texts: list[str], said: str) -> None:
    row = desk.loaded("k;d\n" + "".join(f"k{number};{text}\n" for number, text in enumerate(texts)))
    assert [str(value) for _, value in desk.values()] == texts
    assert said in " ".join(row.warnings)


NEARLY = [
    pytest.param([f"2024-{month:02d}-15" for month in range(1, 13)], "2024-02-30", "DATE", id="no such day"),
    pytest.param([f"{day}/12/2024" for day in range(5, 28)], "31/11/2024", "DATE", id="no such day, day first"),
    pytest.param([str(number) for number in range(20)], "1O", "INT", id="a letter"),
    pytest.param([str(number) for number in range(2500)], "78\u00a0", "INT", id="a hard space far below"),
    pytest.param([f"{number},5" for number in range(20)], "12.5.1", "DECIMAL", id="two points"),
]


@pytest.mark.parametrize(("texts", "odd", "kind"), NEARLY)
def test_one_odd_value_that_makes_a_first_file_text_is_named(desk: Desk, texts: list[str], odd: str, kind: str) -> None:
    row = desk.loaded("k;v\n" + "".join(f"k{number};{text}\n" for number, text in enumerate([*texts, odd])))
    said = " ".join(row.warnings)
    assert f"Column 'v' has {kind}" in said
    assert "also 1 value of another kind; it is kept as text" in said


@pytest.mark.parametrize(
    "texts",
    [
        [f"{number:03d}" for number in range(40)],
        [f"{number}a" for number in range(40)],
        [f"{number}.{number}.1" for number in range(40)],
        ["Ann", "Bob", "7"] * 10,
        [f"{number:02d}" for number in range(1, 13)] + ["A1"],
    ],
)
def test_codes_and_words_are_text_without_a_word(desk: Desk, texts: list[str]) -> None:
    row = desk.loaded("k;v\n" + "".join(f"k{number};{text}\n" for number, text in enumerate(texts)))
    assert row.warnings == ()


@pytest.mark.parametrize(
    ("texts", "choice"),
    [
        (("tak", "nie"), "boolean"),
        (("1.0", "0.0"), "boolean"),
        (("ja", "nee"), "boolean"),
        (("J", "N"), "boolean"),
        (("да", "нет"), "boolean"),
        (("-1", "0"), "boolean"),
    ],
)
def test_spellings_of_true_and_false_can_be_read_so(desk: Desk, texts: tuple[str, str], choice: str) -> None:
    desk.loaded("k,a\na,true\nb,false\n")
    later = f"k,a\na,{texts[0]}\nc,{texts[1]}\n"
    desk.held(later, "type_changed:a")
    desk.loaded(later, answers={"type_changed:a": choice})
    assert [int(value == "1" or value == "True") for _, value in desk.values()] == [1, 0]


@pytest.mark.parametrize(
    ("written", "serials", "shown"),
    [
        (("15.01.2024 10:00", "01.02.2024 11:00"), ("45306,4166667", "45323,4583333"), "2024-01-15 10:00:00"),
        (("2024-01-15 10:00", "2024-02-01 11:00"), ("45306.4166667", "45323.4583333"), "2024-01-15 10:00:00"),
        (("2024-01-15", "2024-02-01"), ("45306", "45323"), "2024-01-15"),
        (("1/15/2024", "2/1/2024"), ("45306.0", "45323.0"), "2024-01-15"),
        (("15-Jan-2024", "01-Feb-2024"), ("45306", "45323"), "2024-01-15"),
    ],
)
def test_day_numbers_with_a_time_show_the_moment(
    desk: Desk, written: tuple[str, str], serials: tuple[str, str], shown: str
) -> None:
    desk.loaded(f"id;start\n1;{written[0]}\n2;{written[1]}\n")
    row = desk.drop(f"id;start\n1;{serials[0]}\n2;{serials[1]}\n")
    assert "codes_changed:start" in (row.error_message or "")
    (asked,) = desk.questions(row)
    assert shown in " ".join(asked.examples)
