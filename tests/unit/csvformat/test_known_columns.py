"""Columns whose type and notation are known: what fits is read so, what does not is a rejected row."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.filemodel import ColumnReading, Format, Notation, ReadColumn, RejectedRow, Scan
from refdata.core.monthnames import MONTH_LANGUAGES, month_numbers
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, TIME, SqlType, TypeKind, decimal, text
from refdata.csvformat import readings
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan

FORMAT = Format("utf-8", "|", '"', "", True, ("value", "n"))


def load(path: Path, values: list[str], reading: ColumnReading) -> tuple[Scan, list[object], list[RejectedRow]]:
    """Scan a file and read it again as a load does; both must refuse the same rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="|")
        writer.writerow(FORMAT.header)
        writer.writerows((value, number) for number, value in enumerate(values))
    refused: list[RejectedRow] = []
    found = scan(path, FORMAT, FORMAT.header, known={"value": reading}, on_reject=refused.append)
    columns = [
        ReadColumn(at, column.name, column.type or text(0), column.notation, column.reading)
        for at, column in enumerate(found.columns)
    ]
    again: list[RejectedRow] = []
    batches = list(read_rows(path, FORMAT, columns=columns, on_reject=again.append))
    assert again == refused
    rows = [value for batch in batches for value in batch.column(0).to_pylist()]
    assert (len(rows), len(refused)) == (found.rows, found.rejected)
    return found, rows, refused


def moment(*parts: int) -> datetime:
    """A time stamp as in a column: without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


GERMAN = Notation(decimal_point=",", thousands=".")
DAY_FIRST = Notation(date_order="dmy", date_separator="/")
YES_NO = Notation(true_values=("Y", "1"), false_values=("N", "0"))
AMPM = Notation(date_order="dmy", date_separator="/", hours=12)
FRENCH = Notation(date_order="dmy", month_names="fr")

FITTING: list[tuple[ColumnReading, list[str], list[object]]] = [
    (ColumnReading(decimal(6, 2), GERMAN), ["1.234,50", "99,9", ""], [Decimal("1234.50"), Decimal("99.90"), None]),
    (ColumnReading(decimal(6, 2), GERMAN), ["1.234", "12.345.678,5"], [Decimal("1234.0"), Decimal("12345678.5")]),
    (ColumnReading(INT), ["1.0", "2.00", "-0", "12"], [1, 2, 0, 12]),
    (ColumnReading(INT), ["1.5", "2"], [Decimal("1.5"), Decimal("2.0")]),
    (ColumnReading(INT, Notation(thousands=",")), ["1,234", "12"], [1234, 12]),
    (ColumnReading(decimal(4, 2), Notation(minus="parentheses")), ["(12.50)", "3"], [Decimal("-12.50"), Decimal(3)]),
    (ColumnReading(decimal(4, 2), Notation(",", ".", minus="trailing")), ["1.234,56-"], [Decimal("-1234.56")]),
    (ColumnReading(decimal(4, 2), Notation(",", ".", affix="R$")), ["R$ 1.234,56"], [Decimal("1234.56")]),
    (ColumnReading(decimal(4, 2), Notation(affix="*")), ["$-5.25", "5 %"], [Decimal("-5.25"), Decimal("5.00")]),
    (ColumnReading(decimal(4, 2), Notation(thousands="\u00a0")), ["\u22121\u00a0234.5"], [Decimal("-1234.5")]),
    (ColumnReading(FLOAT), ["1E5", "0.25", "1e-3"], [100000.0, 0.25, 0.001]),
    (ColumnReading(DATE, DAY_FIRST), ["05/12/2024", "1/2/2024"], [date(2024, 12, 5), date(2024, 2, 1)]),
    (ColumnReading(DATE), ["2024-01-15 00:00:00", "2024-01-16"], [date(2024, 1, 15), date(2024, 1, 16)]),
    (ColumnReading(DATE), ["2024-01-15 10:00", "2024-01-16"], [moment(2024, 1, 15, 10), moment(2024, 1, 16)]),
    (ColumnReading(DATE, Notation(date_separator="")), ["20240115"], [date(2024, 1, 15)]),
    (
        ColumnReading(DATE, Notation(date_order="dmy", date_separator=".", year_digits=2)),
        ["31.12.24", "1.1.69"],
        [date(2024, 12, 31), date(1969, 1, 1)],
    ),
    (ColumnReading(DATE, FRENCH), ["15 janv. 2024", "3 Février 2024"], [date(2024, 1, 15), date(2024, 2, 3)]),
    (ColumnReading(DATETIME2, AMPM), ["15/01/2024 10:30 PM"], [moment(2024, 1, 15, 22, 30)]),
    (
        ColumnReading(DATETIME2, Notation(zone="utc")),
        ["2024-01-16T10:00:00Z", "2024-01-16T00:30:00.25+02:00"],
        [moment(2024, 1, 16, 10), moment(2024, 1, 15, 22, 30, 0, 250_000)],
    ),
    (ColumnReading(TIME, Notation(hours=12)), ["12:05 am", "1:30 PM"], [time(0, 5), time(13, 30)]),
    (ColumnReading(TIME), ["23:59:59.5"], [time(23, 59, 59, 500_000)]),
    (ColumnReading(BIT, YES_NO), ["Y", "0", ""], [True, False, None]),
    (ColumnReading(BIT), ["TRUE", "false"], [True, False]),
    (ColumnReading(text(10)), ["007", "1", "x"], ["007", "1", "x"]),
    (ColumnReading(text(10), Notation(missing_values=("NULL",))), ["NULL", "null", "x"], [None, "null", "x"]),
    (ColumnReading(INT, Notation(missing_values=(r"\N", "-"))), [r"\N", "-", "5"], [None, None, 5]),
    (ColumnReading(DATE, Notation(missing_values=("NULL",))), ["NULL", "2024-01-15"], [None, date(2024, 1, 15)]),
    (ColumnReading(None, Notation(missing_values=("NULL",))), ["NULL", "5", "7"], [None, 5, 7]),
]


@pytest.mark.parametrize(("reading", "values", "expected"), FITTING, ids=str)
def test_values_in_the_known_notation_are_read_by_it(
    tmp_path: Path, reading: ColumnReading, values: list[str], expected: list[object]
) -> None:
    found, rows, refused = load(tmp_path / "f.csv", values, reading)
    assert (rows, refused) == (expected, [])
    assert found.columns[0].nulls == expected.count(None)


REFUSED: list[tuple[ColumnReading, str]] = [
    (ColumnReading(INT), "007"),
    (ColumnReading(INT), "x"),
    (ColumnReading(INT), "1,234"),
    (ColumnReading(INT, mark_known=False), "1.234"),
    (ColumnReading(INT, bounded=True), "2147483648"),
    (ColumnReading(INT, bounded=True), "1.5"),
    (ColumnReading(decimal(4, 2), bounded=True), "123.4"),
    (ColumnReading(decimal(4, 2), bounded=True), "1.234"),
    (ColumnReading(decimal(4, 2), GERMAN), "1.5"),
    (ColumnReading(decimal(4, 2), Notation(affix="%")), "$5"),
    (ColumnReading(decimal(4, 2)), "1" * 29),
    (ColumnReading(FLOAT), "9007199254740993"),
    (ColumnReading(FLOAT), "1e400"),
    (ColumnReading(DATE), "45306"),
    (ColumnReading(DATE), "0000-00-00"),
    (ColumnReading(DATE, DAY_FIRST), "12/25/2025"),
    (ColumnReading(DATE, DAY_FIRST), "31/02/2024"),
    (ColumnReading(DATE, bounded=True), "2024-01-15 10:00"),
    (ColumnReading(DATETIME2), "2024-01-16T10:00:00Z"),
    (ColumnReading(DATETIME2, Notation(zone="utc")), "2024-01-16 10:00:00"),
    (ColumnReading(TIME), "24:00"),
    (ColumnReading(INT, bounded=True), ".5"),
    (ColumnReading(BIGINT, bounded=True), "-.25"),
    (ColumnReading(BIT), "1"),
    (ColumnReading(BIT, YES_NO), "yes"),
    (ColumnReading(SqlType(TypeKind.NVARCHAR, length=3), bounded=True), "abcd"),
]


@pytest.mark.parametrize(("reading", "value"), REFUSED, ids=str)
def test_a_value_outside_the_known_notation_makes_its_row_a_reject(
    tmp_path: Path, reading: ColumnReading, value: str
) -> None:
    found, rows, refused = load(tmp_path / "f.csv", ["", value, ""], reading)
    assert rows == [None, None]
    assert [(reject.line, reject.raw) for reject in refused] == [(3, f"{value}|1")]
    assert "column 'value' does not fit" in refused[0].reason
    assert found.columns[0].misfits == 1


def test_the_type_of_the_misfits_by_themselves_is_known(tmp_path: Path) -> None:
    values = ["2024-01-15", "45306", "2024-02-01", "45323"]
    found, _, _ = load(tmp_path / "f.csv", values, ColumnReading(DATE))
    column = found.columns[0]
    assert (column.misfits, column.misfit_type, column.type) == (2, INT, DATE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dates(date(1969, 1, 1), date(2068, 12, 31)), min_size=1, max_size=8),
    st.sampled_from(["ymd", "dmy", "mdy"]),
    st.sampled_from(["-", "/", ".", " "]),
    st.sampled_from([2, 4]),
    st.sampled_from(["", *MONTH_LANGUAGES]),
)
def test_dates_come_back_from_every_known_notation(
    tmp_path: Path, days: list[date], order: str, separator: str, digits: int, language: str
) -> None:
    notation = Notation(date_order=order, date_separator=separator, year_digits=digits, month_names=language)
    names = {number: name for name, number in month_numbers(language).items()} if language else {}
    fields = [
        {"y": f"{day.year:04}"[-digits:], "m": names.get(day.month, f"{day.month:02}"), "d": f"{day.day:02}"}
        for day in days
    ]
    values = [separator.join(one[letter] for letter in order) for one in fields]
    _, rows, refused = load(tmp_path / "f.csv", values, ColumnReading(DATE, notation))
    assert (rows, refused) == (days, [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=8),
    st.sampled_from([(".", ","), (",", "."), (",", "\u00a0"), (".", "'"), (".", "")]),
    st.sampled_from(["-", "trailing", "parentheses"]),
    st.sampled_from(["", "€", "%", "R$"]),
)
def test_numbers_come_back_from_every_known_notation(
    tmp_path: Path, numbers: list[Decimal], marks: tuple[str, str], minus: str, affix: str
) -> None:
    values = []
    for number in numbers:
        plain = f"{abs(number):,.2f}".replace(",", "T").replace(".", marks[0]).replace("T", marks[1])
        shown = f"{affix} {plain}" if affix else plain
        forms = {"-": f"-{shown}", "trailing": f"{shown}-", "parentheses": f"({shown})"}
        values.append(forms[minus] if number < 0 else shown)
    notation = Notation(*marks, minus=minus, affix=affix)
    _, rows, refused = load(tmp_path / "f.csv", values, ColumnReading(decimal(12, 2), notation))
    assert (rows, refused) == (numbers, [])


NUMBER_TEXTS = st.one_of(
    st.sampled_from(
        ["", "0", "-0", "00", "1.000", "1,000", "1.234", "12.345", "0.123", "1234.567", "1.0", "-1", "1e3"]
    ),
    st.sampled_from(["999999999", "2147483648", "-2147483649", "9223372036854775808", "1234567890123456789", ".5"]),
    st.decimals(-(10**6), 10**6, places=2).map(str),
    st.decimals(-99, 99, places=2).map(lambda one: str(one).replace(".", ",")),
    st.integers(-(10**10), 10**10).map(str),
)
SHORT = SqlType(TypeKind.NVARCHAR, length=3)
BOUNDED = [ColumnReading(kind, bounded=True) for kind in (INT, BIGINT, decimal(5, 2), FLOAT, SHORT, DATE)]
GROWING = [
    ColumnReading(kind, notation, mark_known=known)
    for kind in (INT, decimal(5, 2), FLOAT)
    for notation in (Notation(), GERMAN, Notation(","), Notation(thousands=","))
    for known in (True, False)
]


@given(st.lists(st.one_of(NUMBER_TEXTS, st.text("aé\U0001f600", max_size=4)), max_size=6))
def test_quick_checks_agree_with_looking_at_each_value(values: list[str]) -> None:
    column = pa.array(values, pa.string())
    for reading in (*BOUNDED, *GROWING):
        if readings.misfits(column, reading) is None:
            one_by_one = readings._fitting(column.filter(pc.not_equal(column, "")), reading)
            assert one_by_one.all(), reading


@pytest.mark.parametrize(
    ("reading", "values"),
    [
        (ColumnReading(BIGINT, bounded=True), ["1", "-999999999999999999"]),
        (ColumnReading(INT, bounded=True), ["999999999", ""]),
        (ColumnReading(decimal(5, 2), bounded=True), ["123.45", "-1"]),
        (ColumnReading(decimal(1, 0), mark_known=False), ["569.20", "0.5", "1234"]),
        (ColumnReading(decimal(1, 0), GERMAN), ["569,20", "-3"]),
        (ColumnReading(SHORT, bounded=True), ["abc", ""]),
    ],
    ids=str,
)
def test_usual_values_need_no_look_at_each(reading: ColumnReading, values: list[str]) -> None:
    """A million rows with a declared type cost hardly more than without one."""
    assert readings.misfits(pa.array(values), reading) is None
