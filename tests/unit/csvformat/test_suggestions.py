"""Unusual notations: typed where the file allows one reading, else text with a warning that says what would type it.

Each kind has a generator. For every file of it: a typed column has the true values, a text column its texts, and of the
contract lines that the warning names, one reads the true values.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refdata.contracts.reading import read_contract
from refdata.core.filemodel import Format, ReadColumn, Scan
from refdata.core.monthnames import MONTH_LANGUAGES, month_numbers
from refdata.core.sqltypes import TypeKind, text
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan
from refdata.ingest.refitting import scan_as_known

Made = tuple[list[str], list[Any]]
START = datetime(1970, 1, 1)  # noqa: DTZ001  as it stands in a column


def read(path: Path, values: list[str], line: str = "", block: int = 1 << 20) -> tuple[Scan, list[Any]]:
    """A file with these values in column ``a``, read with a contract that states the line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="|")
        writer.writerows([("a", "b"), *((value, f"row {at}") for at, value in enumerate(values))])
    fmt = Format("utf-8", "|", '"', "", True, ("a", "b"))
    if line:
        contract = read_contract(f"schema:\n  fields: [{{name: a, {line}}}]\n", "t", "t.yaml")
        found = scan_as_known(path, fmt, ("a", "b"), contract, None)
    else:
        found = scan(path, fmt, ("a", "b"), block_bytes=block)
    column = found.columns[0]
    wanted = ReadColumn(0, "a", column.type or text(0), column.notation, column.reading)
    refused: list[object] = []
    batches = list(read_rows(path, fmt, columns=[wanted], on_reject=refused.append, block_bytes=block))
    assert (len(refused), sum(one.num_rows for one in batches)) == (found.rejected, found.rows)
    return found, [value for batch in batches for value in batch.column(0).to_pylist()]


def lines(warnings: tuple[str, ...]) -> list[str]:
    return [line for warning in warnings if "'a'" in warning for line in re.findall("`([^`]+)`", warning)]


def moments(chance: random.Random, count: int, years: int = 54) -> list[datetime]:
    """Times in the life of a file: its days are below 13 now and then."""
    small = chance.random() < 0.3
    found = [START + timedelta(minutes=chance.randrange(years * 365 * 24 * 60)) for _ in range(count)]
    return [one.replace(day=one.day % 12 + 1) if small else one for one in found]


def dotted(chance: random.Random) -> Made:
    days = [one.date() for one in moments(chance, chance.randint(1, 12))]
    return [f"{one:%d.%m.%Y}" for one in days], days


def short_years(chance: random.Random) -> Made:
    pattern = chance.choice(["%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%y-%m-%d", "%d-%m-%y"])
    days = [one.date() for one in moments(chance, chance.randint(1, 12))]
    return [one.strftime(pattern) for one in days], days


def month_words(chance: random.Random) -> Made:
    language = chance.choice(MONTH_LANGUAGES)
    names: dict[int, str] = {}
    for name, number in sorted(month_numbers(language).items(), key=lambda _: chance.random()):
        names.setdefault(number, chance.choice([name, name.title()]))
    form = chance.choice(["{d}-{m}-{y}", "{d} {m} {y}", "{m} {d}, {y}", "{d}. {m} {y}", "{y}-{m}-{d}", "{d}/{m}/{s}"])
    days = [one.date() for one in moments(chance, chance.randint(1, 12))]
    return [form.format(d=one.day, m=names[one.month], y=one.year, s=f"{one:%y}") for one in days], days


def half_days(chance: random.Random) -> Made:
    found = moments(chance, chance.randint(1, 12))
    form = chance.choice(["%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%I:%M %p"])
    written = [one.strftime(form).lower() if chance.random() < 0.5 else one.strftime(form) for one in found]
    return written, [one.time() for one in found] if form.startswith("%I") else found


def zones(chance: random.Random) -> Made:
    found = moments(chance, chance.randint(1, 12))
    hours = [chance.choice([-5, 0, 1, 12]) for _ in found]
    mark = chance.choice("T ")
    local = [one + timedelta(hours=shift) for one, shift in zip(found, hours, strict=True)]
    return [f"{one:%Y-%m-%d}{mark}{one:%H:%M:%S}{f'{shift:+03d}:00' if shift else 'Z'}"
            for one, shift in zip(local, hours, strict=True)], found  # fmt: skip


def amounts(chance: random.Random, form: Callable[[str, bool], str]) -> Made:
    marks = chance.choice([(".", ","), (",", "."), (",", "\u00a0"), (".", ""), (",", "")])
    size, places = chance.choice([50, 5000, 10**7]), chance.choice([2, 2, 0])
    found = [round(Decimal(chance.uniform(-size, size)), places) for _ in range(chance.randint(2, 15))]
    plain = [f"{abs(one):,.{places}f}".replace(",", "T").replace(".", marks[0]).replace("T", marks[1]) for one in found]
    return [form(shown, one < 0) for shown, one in zip(plain, found, strict=True)], found


def trailing(chance: random.Random) -> Made:
    return amounts(chance, lambda shown, negative: f"{shown}-" if negative else shown)


def parentheses(chance: random.Random) -> Made:
    return amounts(chance, lambda shown, negative: f"({shown})" if negative else shown)


def true_minus(chance: random.Random) -> Made:
    return amounts(chance, lambda shown, negative: f"\u2212{shown}" if negative else shown)


def currencies(chance: random.Random) -> Made:
    unit = chance.choice(["R$ {}", "${}", "{} €", "USD {}", "{} kr", "£{}", "{}\u00a0zł", "{} %", "{} km"])
    return amounts(chance, lambda shown, negative: f"{'-' if negative else ''}{unit.format(shown)}")


def markers(chance: random.Random) -> Made:
    dated, marker = chance.random() < 0.5, chance.choice(["NULL", r"\N", "n/a", "-", "NaN", "#N/A", ".."])
    numbers = [chance.randrange(9000) for _ in range(chance.randint(3, 20))]
    found: list[Any] = [(START + timedelta(days=one)).date() if dated else one for one in numbers]
    found[chance.randrange(len(found))] = None
    return [marker if one is None else str(one) for one in found], found


def versions(chance: random.Random) -> Made:
    texts = [f"{chance.randint(1, 3)}.{chance.randint(1, 20)}" for _ in range(chance.randint(2, 15))]
    return texts, [Decimal(one) for one in texts]


def powers(chance: random.Random) -> Made:
    texts = [f"{chance.randint(1, 99)}E{chance.randint(1, 12)}" for _ in range(chance.randint(1, 9))]
    return texts, [float(one) for one in texts]


def english(chance: random.Random) -> Made:
    found = [chance.randrange(10 ** chance.choice([3, 6])) for _ in range(chance.randint(1, 9))]
    return [f"{one:,}" for one in found], found


KINDS = [
    versions,
    powers,
    english,
    dotted,
    markers,
    short_years,
    month_words,
    half_days,
    zones,
    trailing,
    parentheses,
    true_minus,
    currencies,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(40))
def test_a_notation_is_read_right_or_named(tmp_path: Path, kind: Callable[[random.Random], Made], seed: int) -> None:
    values, truth = kind(random.Random(f"{kind.__name__}{seed}"))
    found, rows = read(tmp_path / "f.csv", values)
    column = found.columns[0]
    if kind in (versions, powers) and len({Decimal(one) for one in values}) < len(set(values)):
        assert rows == values, "different codes stay different"
    if column.type is not None and column.type.kind is not TypeKind.NVARCHAR:
        assert rows == truth, (values, found.warnings)
        return
    assert rows == values
    read_by = [read(tmp_path / "f.csv", values, line) for line in lines(found.warnings)]
    assert any(again == truth and not one.rejected for one, again in read_by), (values, found.warnings)


@pytest.mark.parametrize("kind", [dotted, zones])
def test_what_has_one_reading_is_typed(tmp_path: Path, kind: Callable[[random.Random], Made]) -> None:
    values, truth = kind(random.Random(1))
    assert read(tmp_path / "f.csv", values)[1] == truth


ONE: list[tuple[list[str], list[Any], str]] = [
    (["12.12.2025", "02.12.2025"], [date(2025, 12, 12), date(2025, 12, 2)], ""),
    (["31/12/99", "01/02/98"], [date(1999, 12, 31), date(1998, 2, 1)], "two-digit years"),
    (["2-Mar-2024", "13-Apr-2023"], [date(2024, 3, 2), date(2023, 4, 13)], "month name"),
    (["1/13/2024 10:30 PM"], [datetime(2024, 1, 13, 22, 30)], "AM/PM"),  # noqa: DTZ001
    (["10:30 PM", ""], [time(22, 30), None], "AM and PM"),
    (["2024-01-02T10:00:00+02:00"], [datetime(2024, 1, 2, 8)], "in UTC"),  # noqa: DTZ001
    (["1.234,56-", "12,50"], [Decimal("-1234.56"), Decimal("12.50")], "behind the number"),
    (["(12.50)", "3.25"], [Decimal("-12.50"), Decimal("3.25")], "parentheses"),
    (["R$ 1.234,56", "R$ 0,50"], [Decimal("1234.56"), Decimal("0.50")], "without 'R$'"),
    (["\u22125.25", "3.50"], [Decimal("-5.25"), Decimal("3.50")], "U+2212"),
    (["25\u00a0152", "3"], [25152, 3], ""),
]


@pytest.mark.parametrize(("values", "truth", "says"), ONE, ids=str)
@pytest.mark.parametrize("block", [8, 1 << 20])
def test_one_reading_types_the_column_and_is_named(
    tmp_path: Path, values: list[str], truth: list[Any], says: str, block: int
) -> None:
    found, rows = read(tmp_path / "f.csv", values, block=block)
    assert rows == truth
    assert says in " ".join(found.warnings)
    assert bool(found.warnings) is bool(says)


OPEN: list[tuple[list[str], str]] = [
    (["31/12/24", "30/11/24"], 'format: "%d/%m/%y"` or `type: date, format: "%y/%m/%d"'),
    (["01/02/2024 10:00 AM"], '%d/%m/%Y %I:%M:%S %p"` or'),
    (["12 %", "13 %"], 'bareNumber: false, refdata: {unit: "%"}'),
    (["$5", "€6"], "bareNumber: false"),
    (["$5", "6"], 'refdata: {unit: "$"}'),
    (["(1)", "(2)"], "minus: parentheses"),
    (["1,50-", "2,50-"], "minus: trailing"),
    (["34", "NULL"], "missingValues: ['', 'NULL']"),
    (["2024-01-15", "0000-00-00"], "missingValues: ['', '0000-00-00']"),
    (["EUR 1,234", "EUR 5,678"], 'groupChar: ",", bareNumber: false, refdata: {unit: "EUR"}'),
    (["03/04/2024 10:00"], 'type: datetime, format: "%d/%m/%Y %H:%M:%S"'),
    (["1.9", "1.10", "1.11"], 'type: number, decimalChar: "."'),
    (["1E5", "12E4"], 'type: number, decimalChar: "."'),
    ([f"{day}-Mar-2024" for day in range(1, 20)] + ["tbd"], "1 value of another kind"),
]


@pytest.mark.parametrize(("values", "says"), OPEN, ids=str)
def test_more_than_one_reading_is_text_with_the_lines_that_decide(tmp_path: Path, values: list[str], says: str) -> None:
    found, rows = read(tmp_path / "f.csv", values)
    assert rows == values
    assert says in " ".join(found.warnings)


@pytest.mark.parametrize(
    "values",
    [
        "A1 B2", "12-34-56 20-00-00", "ABC_123 DEF_456", "ABC_123 ABC_456", "A1 A2", "5A 6A", "1.2.3 1.2.4", "10:30 x",
        "+43_1_234 +49_5_678", "Mar_2 Apr_3", "2-a 3-b", "x NULL", "A B 1 2", "May June", "007 NULL",
        "12_May_Street 3_June_Road", "1,234;5 6", "-- -", "( )",
    ],
)  # fmt: skip
def test_codes_and_texts_stay_and_nothing_is_said(tmp_path: Path, values: str) -> None:
    texts = [one.replace("_", " ") for one in values.split()]
    found, rows = read(tmp_path / "f.csv", texts)
    assert rows == texts
    assert found.warnings == ()


@pytest.mark.parametrize("values", [["(12.50)", "3.25"], ["1.234,56-", "12,50"], ["R$ 1.234,56", "R$ 0,50", "1"]])
def test_the_sample_of_a_column_does_not_depend_on_how_fast_the_threads_are(
    values: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread may see the evidence of all blocks before its own, or of none, beside the samples of all."""
    from refdata.csvformat import scan

    def behind(work: Any, items: Iterator[Any], **_: Any) -> Iterator[Any]:
        tally, old = work.__self__, list(work.__self__.evidence)
        for item in items:
            new, tally.evidence = tally.evidence, old
            part = work(item)
            tally.evidence = new
            yield part

    at_once = read(tmp_path / "f.csv", values, block=8)
    monkeypatch.setattr(scan, "in_order", lambda work, items, **_: map(work, list(items)))
    one_by_one = read(tmp_path / "f.csv", values, block=8)
    monkeypatch.setattr(scan, "in_order", lambda work, items, **_: [work(item) for item in items])
    all_first = read(tmp_path / "f.csv", values, block=8)
    monkeypatch.setattr(scan, "in_order", behind)
    assert at_once == one_by_one == all_first == read(tmp_path / "f.csv", values, block=8)
