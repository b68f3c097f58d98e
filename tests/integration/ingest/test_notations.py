"""A column's declared notation wins over what its values suggest, and a learned one is evidence."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refdata.contracts.reading import read_contract
from refdata.core.contractterms import FieldType
from refdata.core.dateformats import date_format
from refdata.core.filemodel import Format, ReadColumn, Scan
from refdata.core.model import FileStatus
from refdata.core.monthnames import MONTH_LANGUAGES, month_numbers
from refdata.core.sqltypes import text
from refdata.csvformat.reader import read_rows
from refdata.ingest.refitting import scan_as_known
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_contracts import declare


def plain(value: Any) -> Any:
    """A value alike on every engine."""
    return float(value) if isinstance(value, Decimal) else str(value) if isinstance(value, date) else value


def read(path: Path, columns: list[list[str]], fields: str, more: str = "") -> tuple[Scan, list[list[Any]]]:
    """The values of a file of these columns (``a``, ``b``, …), read with a contract of these fields."""
    names = tuple("abcdefgh"[: len(columns)])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="|")
        writer.writerows([names, *zip(*columns, strict=True)])
    fmt = Format("utf-8", "|", '"', "", True, names)
    contract = read_contract(f"schema:\n  fields: [{fields}]\n{more}", "t", "t.yaml")
    found = scan_as_known(path, fmt, names, contract, None)
    reading = [
        ReadColumn(at, one.name, one.type or text(0), one.notation, one.reading) for at, one in enumerate(found.columns)
    ]
    refused: list[object] = []
    batches = list(read_rows(path, fmt, columns=reading, on_reject=refused.append))
    assert len(refused) == found.rejected
    return found, [[value for batch in batches for value in batch.column(at).to_pylist()] for at in range(len(names))]


PATTERNS = [
    f"{order}{clock}"
    for order in ("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%y", "%m-%d-%y", "%Y%m%d", "%d %b %Y", "%d-%B-%y")
    for clock in ("", " %H:%M:%S", "T%H:%M", " %I:%M:%S %p", " %H:%M:%S%z")
]


def shown(moment: datetime, pattern: str, language: str, chance: random.Random) -> str:
    """A moment in a pattern, months in a language, the zone at random."""
    names = {number: name for name, number in month_numbers(language).items()}
    hours = chance.choice([-11, -3, 0, 2, 5])
    local = moment + timedelta(hours=hours) if "%z" in pattern else moment
    zone = chance.choice([f"{hours:+03d}:00", f"{hours:+03d}00"]) if hours else "Z"
    parts = {"%b": names[local.month].title(), "%B": names[local.month], "%z": zone}
    for mark, part in parts.items():
        pattern = pattern.replace(mark, part)
    return local.strftime(pattern)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(3))
def test_moments_come_back_from_every_declared_pattern(tmp_path: Path, pattern: str, seed: int) -> None:
    chance = random.Random(f"{pattern}{seed}")
    language = chance.choice([one for one in MONTH_LANGUAGES if one not in ("cs", "pl")])
    timed = "%M" in pattern
    first = datetime(1970, 1, 1)  # noqa: DTZ001  as in a column
    moments = [first + timedelta(minutes=chance.randrange(50 * 365 * 24 * 60)) for _ in range(30)]
    if not timed:
        moments = [datetime.combine(moment.date(), first.time()) for moment in moments]
    kind = "datetime" if timed else "date"
    assert date_format(FieldType(kind), pattern), "the contract accepts the pattern"
    values = [shown(moment, pattern, language, chance) for moment in moments]
    found, rows = read(tmp_path / "f.csv", [values, values], f'{{name: a, type: {kind}, format: "{pattern}"}}')
    assert found.rejected == 0
    assert rows[0] == (moments if timed else [moment.date() for moment in moments])


def money(number: Decimal, marks: tuple[str, str], minus: str, unit: str) -> str:
    plain = f"{abs(number):,.2f}".replace(",", "T").replace(".", marks[0]).replace("T", marks[1])
    plain = f"{plain} {unit}" if unit in ("%", "kr") else f"{unit} {plain}" if unit else plain
    if number >= 0:
        return plain
    return {"leading": f"-{plain}", "trailing": f"{plain}-", "parentheses": f"({plain})"}[minus]


@pytest.mark.parametrize("marks", [(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (",", "")])
@pytest.mark.parametrize("minus", ["leading", "trailing", "parentheses"])
@pytest.mark.parametrize("unit", ["", "€", "R$", "kr", "%"])
def test_numbers_come_back_from_every_declared_notation(
    tmp_path: Path, marks: tuple[str, str], minus: str, unit: str
) -> None:
    chance = random.Random(f"{marks}{minus}{unit}")
    numbers = [round(Decimal(chance.uniform(-(10**7), 10**7)), 2) for _ in range(40)]
    field = f'{{name: a, type: number, decimalChar: "{marks[0]}", groupChar: "{marks[1]}", refdata: {{minus: {minus}}}'
    field += ", bareNumber: false}" if unit else "}"
    _, rows = read(tmp_path / "f.csv", [[money(one, marks, minus, unit) for one in numbers]] * 2, field)
    assert rows[0] == numbers


@pytest.mark.parametrize("seed", range(60))
def test_missing_values_and_booleans_come_back_as_declared(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    markers = chance.sample(["NULL", r"\N", "n/a", "-", "NaN", "(null)", "#N/A", "k.A.", "..", "0000-00-00"], 2)
    true, false = chance.choice([("Y", "N"), ("1", "0"), ("ja", "nein"), ("WAHR", "FALSCH"), ("x", "-"), ("t", "f")])
    markers = [one for one in markers if one not in (true, false)]
    whole = [chance.choice([None, chance.randrange(1000)]) for _ in range(20)]
    flags = [chance.choice([None, True, False]) for _ in range(20)]
    days = [chance.choice([None, date(2024, 1, 1) + timedelta(days=chance.randrange(300))]) for _ in range(20)]

    def gap() -> str:
        return chance.choice(["", *markers])

    columns = [
        [gap() if one is None else str(one) for one in whole],
        [gap() if one is None else true if one else false for one in flags],
        [gap() if one is None else f"{one:%d.%m.%Y}" for one in days],
        [gap() if one is None else f"text {one}" for one in whole],
    ]
    listed = ", ".join(f"'{one}'" for one in ["", *markers])
    fields = f"{{name: b, type: boolean, trueValues: ['{true}'], falseValues: ['{false}']}}"
    fields += ", {name: c, type: date, format: '%d.%m.%Y'}"
    _, rows = read(tmp_path / "f.csv", columns, fields, f"  missingValues: [{listed}]\n")
    assert rows == [whole, flags, days, [None if one is None else f"text {one}" for one in whole]]


@pytest.mark.parametrize(
    ("field", "good", "odd"),
    [
        ('type: date, format: "%d/%m/%Y"', "05/12/2024", "tbd"),
        ('type: number, decimalChar: ",", groupChar: "."', "1.234,5", "1234.5"),
        ("type: integer", "7", "7.5"),
        ("type: boolean, trueValues: [Y], falseValues: [N]", "Y", "yes"),
        ("type: datetime, format: '%Y-%m-%d %H:%M:%S%z'", "2024-01-01 10:00:00Z", "2024-01-01 10:00:00"),
        ("type: number", "1.5", "n/a"),
    ],
)
@pytest.mark.parametrize(
    ("policy", "status", "says"),
    [
        ("hold", FileStatus.PENDING, "type_changed:a=reject"),
        ("reject", FileStatus.ERROR, "1 of 3 rows"),
        ("refuse", FileStatus.ERROR, "on_type_change is refuse"),
        ("widen", FileStatus.COMPLETED, ""),
    ],
)
def test_a_value_outside_the_declared_notation_is_what_the_policy_says(
    make_site: Callable[..., Site], field: str, good: str, odd: str, policy: str, status: FileStatus, says: str
) -> None:
    site = make_site()
    declare(site, f"schema:\n  fields: [{{name: a, {field}}}]\nrefdata: {{on_type_change: {policy}}}\n", "t")
    row = site.load(site.drop("t.csv", f"a;b\n{good};1\n{odd};2\n{good};3\n"))
    assert row.status is status, row.error_message
    assert says in (row.error_message or "")
    if policy == "widen":
        assert any("on_type_change is widen" in warning for warning in row.warnings)
        assert [str(plain(one[0])).removesuffix(".0") for one in site.rows("t", "a")] == [good, odd, good]


@pytest.mark.parametrize("policy", ["hold", "widen"])
def test_dates_that_prove_another_order_than_declared_are_asked_about(
    make_site: Callable[..., Site], policy: str
) -> None:
    site = make_site()
    fields = '[{name: a, type: date, format: "%d/%m/%Y"}]'
    declare(site, f"schema: {{fields: {fields}}}\nrefdata: {{on_type_change: {policy}}}\n", "t")
    row = site.load(site.drop("t.csv", "a;b\n05/12/2024;1\n12/25/2024;2\n"))
    assert row.status is FileStatus.PENDING
    assert "notation_changed:a=read" in (row.error_message or "")


LEARNED: list[tuple[str, str, str, list[Any]]] = [
    ("decimal comma", "k;a\n1;1.234,50\n2;0,5\n", "k;a\n3;1.250\n4;2.125\n", [1250, 2125]),
    ("decimal point", "k,a\n1,1.234\n2,2.5\n", "k,a\n3,1.250\n4,2.125\n", [1.25, 2.125]),
    ("day first", "k,a\n1,31/12/2024\n", "k,a\n3,05/06/2024\n4,07/08/2024\n", ["2024-06-05", "2024-08-07"]),
    ("month first", "k,a\n1,12/31/2024\n", "k,a\n3,05/06/2024\n4,07/08/2024\n", ["2024-05-06", "2024-07-08"]),
    ("dates, now empty", "k,a\n1,31/12/2024\n", "k,a\n3,\n4,05/06/2024\n", [None, "2024-06-05"]),
]


@pytest.mark.parametrize(("first", "later", "want"), [one[1:] for one in LEARNED], ids=[one[0] for one in LEARNED])
def test_a_later_file_is_read_as_the_table_writes(site: Site, first: str, later: str, want: list[Any]) -> None:
    assert site.load(site.drop("t.csv", first, folder=APPEND)).status is FileStatus.COMPLETED
    row = site.load(site.drop("t.csv", later, folder=APPEND), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert [plain(one[0]) for one in site.rows("t", "a")][-2:] == want


def test_a_whole_number_column_does_not_guess_what_a_point_is(site: Site) -> None:
    site.load(site.drop("t.csv", "k,a\n1,1250\n2,980\n", folder=APPEND))
    row = site.load(site.drop("t.csv", "k,a\n3,1.250\n4,2.125\n", folder=APPEND), "run 2")
    assert row.status is FileStatus.PENDING
    assert "2 of 2 values of a" in (row.error_message or "")


def test_numbers_with_another_decimal_mark_are_read_by_the_file_with_a_warning(site: Site) -> None:
    site.load(site.drop("t.csv", "k;a;b\n1;1,25;1.250,5\n", folder=APPEND))
    row = site.load(site.drop("t.csv", "k;a;b\n2;2.5;1.250\n", folder=APPEND), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert [float(one[0]) for one in site.rows("t", "a")] == [1.25, 2.5]
    assert [float(one[0]) for one in site.rows("t", "b")] == [1250.5, 1.25]
    assert "',' in earlier ones" in " ".join(row.warnings)


ANSWERS: list[tuple[str, str, str, str, list[Any]]] = [
    ("k,a\n1,34\n", "k,a\n3,NULL\n4,36\n5,NULL\n", "type_changed:a", "missing", [None, 36, None]),
    ("k,a\n1,2024-01-15\n", "k,a\n3,n/a\n4,2024-02-01\n", "type_changed:a", "missing", [None, "2024-02-01"]),
    ("k;a\n1;1.234,5\n", "k;a\n3;tbd\n4;99,5\n", "type_changed:a", "missing", [None, 99.5]),
    ("k,a\n1,true\n", "k,a\n3,Y\n4,N\n5,true\n", "type_changed:a", "boolean", [1, 0, 1]),
    ("k,a\n1,true\n", "k,a\n3,1\n4,0\n", "type_changed:a", "boolean", [1, 0]),
    ("k,a\n1,TRUE\n", "k,a\n3,ja\n4,Nein\n", "type_changed:a", "boolean", [1, 0]),
    ("k,a\n1,1250\n", "k,a\n3,1.250\n4,2.125\n", "type_changed:a", "thousands", [1250, 2125]),
    ("k,a\n1,1250\n", "k,a\n3,1.250\n4,2.125\n", "type_changed:a", "decimals", [1.25, 2.125]),
]


@pytest.mark.parametrize(("first", "later", "name", "choice", "want"), ANSWERS)
def test_an_answer_says_how_odd_values_are_read_and_is_remembered(
    site: Site, first: str, later: str, name: str, choice: str, want: list[Any]
) -> None:
    site.load(site.drop("t.csv", first))
    row = site.load(site.drop("t.csv", later), "run 2", {name: choice}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert [plain(one[0]) for one in site.rows("t", "a")] == want
    again = site.load(site.drop("t.csv", later.replace("3", "7", 1)), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message
    assert [plain(one[0]) for one in site.rows("t", "a")] == want
