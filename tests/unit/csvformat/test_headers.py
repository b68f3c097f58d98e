"""Headers of statistical tables, empty tables and damaged exports; generated files, fixed seeds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from refdata.core.filemodel import Format, Scan
from refdata.core.naming import column_names
from refdata.csvformat import detect
from refdata.csvformat.scan import scan

REGIONS = ("North", "South East", "Timber", "Iron", "Food", "Total paper", "Zealand", "Upper Lakes", "Coast", "Isles")


def read(folder: Path, text: str) -> tuple[Format, Scan]:
    path = folder / "file.csv"
    path.write_text(text, "utf-8", newline="")
    found = detect(path)
    return found, scan(path, found, column_names(found.header))


def number(rng: random.Random) -> str:
    return rng.choice([str(rng.randint(1, 999)), f"{rng.uniform(1, 99):.1f}", str(rng.randint(10_000, 99_999))])


@pytest.mark.parametrize("seed", range(60))
def test_years_are_names(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    delimiter, step = rng.choice(",;\t|"), rng.choice([1, 1, 5, 10, -1])
    first = rng.randint(1950, 2015)
    years = [str(first + step * at) for at in range(rng.randint(2, 8))]
    header = [rng.choice(["Year", "Region", "Product group", "Code"]), *years]
    rows = [[region, *(number(rng) for _ in years)] for region in rng.sample(REGIONS, rng.randint(3, 10))]
    found, scanned = read(tmp_path, "".join(delimiter.join(row) + "\n" for row in [header, *rows]))
    assert (found.delimiter, found.header, scanned.rows) == (delimiter, tuple(header), len(rows))


def test_years_in_rows_of_years_are_not_names(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "A,2001,2002\nB,2003,2004\nC,1999,2000\n")
    assert not found.has_header


@pytest.mark.parametrize("seed", range(60))
def test_names_over_several_columns_are_joined(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    groups = rng.sample(["Deaths", "Births", "Population", "Moves"], rng.randint(1, 3))
    first = rng.randint(1990, 2015)
    parts = rng.choice([["male", "female"], ["low", "middle", "high"], [str(first + at) for at in range(3)]])
    upper = ["Region"] + [cell for group in groups for cell in [group, *[""] * (len(parts) - 1)]]
    lower = [rng.choice(["", "Name"])] + parts * len(groups)
    rows = [[region, *(number(rng) for _ in lower[1:])] for region in rng.sample(REGIONS, rng.randint(4, 10))]
    found, scanned = read(tmp_path, "".join(";".join(row) + "\n" for row in [upper, lower, *rows]))
    names = [f"{group} {part}" for group in groups for part in parts]
    assert found.header == (" ".join(filter(None, ["Region", lower[0]])), *names)
    assert scanned.rows == len(rows)


@pytest.mark.parametrize("seed", range(40))
def test_names_in_the_only_line_are_the_header_of_an_empty_table(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    words = [
        "Parent Department",
        "Unit",
        "Pay Scale Minimum (£)",
        "Grade",
        "Posts in FTE",
        "Job/Role",
        "Notes",
        "% full",
    ]
    names = rng.sample(words, rng.randint(4, 8))
    quote = rng.choice(["", '"'])
    found, scanned = read(tmp_path, rng.choice(",;\t").join(f"{quote}{name}{quote}" for name in names) + "\n")
    assert (found.header, scanned.rows) == (tuple(names), 0)


@pytest.mark.parametrize("seed", range(40))
def test_rare_backslash_escapes_are_read(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows = [f'{at},Thing {at},"A note, number {at}"\n' for at in range(rng.randint(5, 80))]
    hard = ['{},"Table, size 48\\"","Made here, durable"\n', '{},Rod,"A light 8\\\'9\\" rod, for her."\n']
    for form in rng.sample(hard, rng.randint(1, 2)):
        rows.insert(rng.randint(1, len(rows)), form.format(rng.randint(100, 999)))
    found, scanned = read(tmp_path, "id,name,note\n" + "".join(rows))
    assert (found.escape, scanned.rows, scanned.rejected) == ("\\", len(rows), 0)


@pytest.mark.parametrize("seed", range(40))
def test_notes_of_statistics_offices_are_not_rows(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    pad = ";;;"
    notes = ["Table: 12345-0006" + pad, "Deaths: Country; Months; Sex;", "Statistics of deaths" + pad]
    notes += rng.sample(["Country" + pad, "Deaths (number)" + pad, "Preliminary" + pad], rng.randint(1, 3))
    rows = [
        f"{year};{month};{rng.randint(100, 99_999)};{rng.randint(100, 99_999)}"
        for year in range(1950, 1950 + rng.randint(2, 9))
        for month in ("January", "February", "March", "April", "May")
    ]
    footer = ["__________;;;", '"From 1990: new borders,\nand later reports.";;;', "(c) Statistical Office;2022;;"]
    footer.append(f"As of: 17.07.2022 / {rng.randint(10, 23)}:32:00;;;")
    lines = [*notes, ";;male;female", *rows, *footer]
    found, scanned = read(tmp_path, "\n".join(lines) + "\n")
    assert found.header == ("", "", "male", "female")
    assert (scanned.rows, scanned.rejected) == (len(rows), 0)
    named = [text for text in scanned.warnings if "not loaded" in text]
    assert len(named) == len(notes) + len(footer) + 1


@pytest.mark.parametrize("seed", range(60))
def test_marked_header_below_marked_lines_is_the_header(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    mark = "#" * rng.randint(1, 2)
    above = ["#EXPORTTYPE:  ,DATA ALL", "#FILE:        ,run.one", "#RANGE: 20C"][: rng.randint(1, 3)]
    names = rng.sample(["Temp/C", "Time/min", "tan d", "Storage/MPa", "Loss/MPa"], rng.randint(3, 5))
    rows = [",".join(f"{rng.uniform(1, 99):.4f}" for _ in names) for _ in range(rng.randint(3, 20))]
    blank = [""] if rng.random() < 0.5 else []
    found, scanned = read(tmp_path, "\n".join([*above, *blank, mark + ",".join(names), *rows]) + "\n")
    assert (found.header, scanned.rows) == (tuple(names), len(rows))


@pytest.mark.parametrize("seed", range(25))
def test_years_above_values_that_look_like_years_are_names(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    first, step = rng.randint(1990, 2015), rng.choice([1, 1, 2, 5, -1])
    years = [str(first + step * at) for at in range(rng.randint(3, 6))]
    rows = [
        [
            region,
            *(
                str(rng.choice([1650, 1803, 1999, 2017, 2042, 2099]) + rng.choice([0, 3, 7]) * at * at)
                for at, _ in enumerate(years)
            ),
        ]
        for region in rng.sample(REGIONS, rng.randint(2, 4))
    ]
    header = [rng.choice(["Year", "Region", "Product group", "Code"]), *years]
    found, scanned = read(tmp_path, "".join(";".join(row) + "\n" for row in [header, *rows]))
    assert (found.header, scanned.rows) == (tuple(header), len(rows))


@pytest.mark.parametrize("seed", range(20))
def test_years_with_gaps_above_other_numbers_are_names(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    years = sorted(str(year) for year in rng.sample(range(1990, 2025), rng.randint(2, 5)))
    header = [rng.choice(["id", "Region", "country"]), *(years if seed % 2 else reversed(years))]
    rows = [
        [rng.choice("ABC") + str(at), *(str(rng.randint(1, 999)) for _ in years)] for at in range(rng.randint(2, 4))
    ]
    found, scanned = read(tmp_path, "".join(",".join(row) + "\n" for row in [header, *rows]))
    assert (found.header, scanned.rows) == (tuple(header), len(rows))


@pytest.mark.parametrize(
    ("rows", "asked"),
    [
        pytest.param("North,1999,2001\nSouth,1900,2010\n", True, id="years as values"),
        pytest.param("North,1999,2001\n", True, id="one row"),
        pytest.param("North,1999,2000\nSouth,1900,2010\n", False, id="a row of successive years"),
    ],
)
def test_two_years_above_years_are_asked_about(rows: str, asked: bool, tmp_path: Path) -> None:
    found, _ = read(tmp_path, f"region,2019,2020\n{rows}")
    assert [reading.key for reading in found.doubt.readings] == ["header", "row"] if found.doubt else not asked


UNITS = (
    "kg",
    "[EUR]",
    "(pcs)",
    "%",
    "km/h",
    "°C",
    "m²",
    "mm",
    "EUR",
    "€",
    "in EUR",
    "mio €",
    "USD/t",
    "W/m²",
    "1000 t",
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("width", [2, 3, 5])
def test_the_unit_of_one_column_is_no_row(unit: str, width: int, tmp_path: Path) -> None:
    rng = random.Random(unit)
    column = rng.randrange(1, width)
    names = ["item", "size", "price", "qty", "weight"][:width]
    rows = [[f"box {at}", *(number(rng) for _ in names[1:])] for at in range(rng.randint(2, 6))]
    units = ["" if at != column else unit for at in range(width)]
    found, scanned = read(tmp_path, "".join(";".join(row) + "\n" for row in [names, units, *rows]))
    assert (found.header, scanned.rows) == (tuple(names), len(rows))
    assert [line.line for line in found.skipped] == [2]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("id,name,n\n,kg,\n1,pound,3\n2,box,4\n", id="a word in a column of words"),
        pytest.param("id,name,n\n,,n/a\n1,a,3\n2,b,4\n", id="a word for a missing value"),
        pytest.param("id,name,n\n,,kg\n1,a,3\n,,4\n", id="another row without a key"),
        pytest.param("id,name,n\n,,a whole sentence about it\n1,a,3\n2,b,4\n", id="not a unit"),
        pytest.param("id,name,n\n,,kg\n1,a,x\n2,b,4\n", id="another word in the column"),
    ],
)
def test_a_row_without_a_key_that_is_no_unit_is_kept(text: str, tmp_path: Path) -> None:
    _, scanned = read(tmp_path, text)
    assert scanned.rows == 3
