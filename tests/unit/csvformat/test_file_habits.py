"""Marks that one column cannot explain are read as the file's other columns show, or the column stays text."""

from __future__ import annotations

import csv
import random
from decimal import Decimal
from pathlib import Path

import pytest

from refdata.core.filemodel import Format, Notation, ReadColumn, Scan
from refdata.core.sqltypes import TypeKind, text
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan


def scanned(path: Path, columns: list[list[str]], delimiter: str) -> tuple[Scan, Format]:
    names = tuple(f"c{number}" for number in range(len(columns)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
    found = Format("utf-8", delimiter, '"', "", True, names)
    return scan(path, found, names), found


SMALL_AND_GROUPED = ["155", "1.036", "2.003", "640"]
MILLIONS = ["25.152.920", "5.290.252", "5.163.210", "4.833.108"]
DECIMAL_COMMAS = ["12,5", "8,25", "0,4", "3,75"]
DECIMAL_POINTS = ["12.5", "8.25", "0.4", "3.75"]
THREE_DECIMALS = ["1.234", "2.345", "3.456", "1.250"]
GROUPED = Notation(decimal_point=",", thousands=".")
COMMAS = Notation(thousands=",")
ENGLISH = ["2,666", "498", "3,108", "120,522"]

CASES: list[tuple[str, list[list[str]], str, Notation]] = [
    (";", [SMALL_AND_GROUPED, DECIMAL_COMMAS], "INT", GROUPED),
    (";", [SMALL_AND_GROUPED, MILLIONS], "INT", GROUPED),
    (",", [SMALL_AND_GROUPED, MILLIONS], "INT", GROUPED),
    (";", [MILLIONS, SMALL_AND_GROUPED], "INT", GROUPED),
    (";", [MILLIONS, DECIMAL_COMMAS], "INT", GROUPED),
    (",", [SMALL_AND_GROUPED, SMALL_AND_GROUPED], "INT", GROUPED),
    (",", [SMALL_AND_GROUPED], "NVARCHAR(10)", Notation()),
    (",", [MILLIONS], "NVARCHAR(10)", Notation()),
    (",", [["123.456.789", "123.456.788"], DECIMAL_COMMAS[:2]], "NVARCHAR(20)", Notation()),
    (",", [SMALL_AND_GROUPED, DECIMAL_POINTS], "DECIMAL(6,3)", Notation()),
    (";", [SMALL_AND_GROUPED, DECIMAL_POINTS, DECIMAL_COMMAS], "NVARCHAR(10)", Notation()),
    (";", [THREE_DECIMALS], "NVARCHAR(10)", Notation()),
    (",", [THREE_DECIMALS], "DECIMAL(4,3)", Notation()),
    (";", [THREE_DECIMALS, DECIMAL_POINTS], "DECIMAL(4,3)", Notation()),
    (";", [THREE_DECIMALS, DECIMAL_COMMAS], "NVARCHAR(10)", Notation()),
    (",", [THREE_DECIMALS, MILLIONS], "NVARCHAR(10)", Notation()),
    (",", [ENGLISH, ENGLISH], "INT", COMMAS),
    (",", [ENGLISH, DECIMAL_POINTS], "INT", COMMAS),
    (",", [ENGLISH], "NVARCHAR(10)", Notation()),
    (";", [ENGLISH, DECIMAL_COMMAS], "DECIMAL(6,3)", Notation(decimal_point=",")),
    (",", [["1,234", "1234"], ["12.5", "0.5"]], "NVARCHAR(10)", Notation()),
    (",", [["25\u00a0152", "155"]], "INT", Notation(thousands="\u00a0")),
]


@pytest.mark.parametrize(("delimiter", "columns", "kind", "notation"), CASES)
def test_marks_are_read_as_the_whole_file_shows(
    tmp_path: Path, delimiter: str, columns: list[list[str]], kind: str, notation: Notation
) -> None:
    found, _ = scanned(tmp_path / "f.csv", columns, delimiter)
    column = found.columns[0]
    assert (str(column.type), column.notation.decimal_point, column.notation.thousands) == (
        kind,
        notation.decimal_point,
        notation.thousands,
    )
    if column.type and column.type.kind is TypeKind.NVARCHAR:
        assert any("'c0'" in warning and "In the contract" in warning for warning in found.warnings)


def written(number: Decimal, decimals: int, point: str, thousands: str) -> str:
    plain = f"{number:,.{decimals}f}"
    return plain.replace(",", "T").replace(".", point).replace("T", thousands)


@pytest.mark.parametrize("seed", range(120))
def test_no_number_is_read_a_thousandfold_wrong(tmp_path: Path, seed: int) -> None:
    """Files written in one way, point or comma, with amounts, counts and rates: right or text, never another number."""
    chance = random.Random(seed)
    point, thousands = chance.choice([(",", "."), (".", ",")])
    delimiter = ";" if point == "," else chance.choice(",;\t|")
    truth: list[list[Decimal]] = []
    for _ in range(chance.randint(2, 5)):
        decimals, size = chance.choice([(0, 10**4), (0, 10**7), (2, 10**5), (1, 100), (3, 10)])
        values = [round(Decimal(chance.uniform(0.1, size)), decimals) for _ in range(chance.randint(3, 30))]
        truth.append(values)
    rows = min(len(values) for values in truth)
    decimals_of = [max(-int(value.as_tuple().exponent) for value in values) for values in truth]
    columns = [
        [written(value, decimals, point, thousands) for value in values[:rows]]
        for values, decimals in zip(truth, decimals_of, strict=True)
    ]
    path = tmp_path / "f.csv"
    found, fmt = scanned(path, columns, delimiter)
    read = [
        ReadColumn(at, one.name, one.type or text(0), one.notation, one.reading) for at, one in enumerate(found.columns)
    ]
    batches = list(read_rows(path, fmt, columns=read, on_reject=lambda reject: pytest.fail(str(reject))))
    for at, column in enumerate(found.columns):
        values = [value for batch in batches for value in batch.column(at).to_pylist()]
        if column.type and column.type.kind is TypeKind.NVARCHAR:
            assert values == columns[at]
        else:
            assert values == truth[at][:rows]
