"""Types that the full scan finds, and that converting to them loses nothing."""

from __future__ import annotations

import csv
import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.errors import DataError, FormatError, SchemaError
from refdata.core.filemodel import Format, Notation, ReadColumn, RejectedRow, ScannedColumn
from refdata.core.sqltypes import TypeKind
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan


def no_reject(reject: RejectedRow) -> None:
    pytest.fail(f"rejected: {reject}")


def one_column(path: Path, values: list[str], block_bytes: int = 1 << 20) -> tuple[ScannedColumn, tuple[str, ...]]:
    """Scan a file whose first column contains ``values`` and whose second one a constant."""
    write(path, values)
    found = scan(path, FORMAT, FORMAT.header, block_bytes=block_bytes)
    assert found.rows == len(values)
    return found.columns[0], found.warnings


FORMAT = Format("utf-8", "|", '"', "", True, ("value", "constant"))


def write(path: Path, values: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="|")
        writer.writerow(FORMAT.header)
        writer.writerows((value, "x") for value in values)


PLAIN = Notation()
TYPES: list[tuple[str, str | None, Notation]] = [
    # whole numbers
    ("0 1 -1 2147483647", "INT", PLAIN),
    ("2147483648 1", "BIGINT", PLAIN),
    ("-2147483648", "INT", PLAIN),
    ("-2147483649", "BIGINT", PLAIN),
    ("9223372036854775807", "BIGINT", PLAIN),
    ("9223372036854775808", "NVARCHAR(20)", PLAIN),
    ("12345678901234567890", "NVARCHAR(20)", PLAIN),
    ("007 8", "NVARCHAR(10)", PLAIN),
    ("02", "NVARCHAR(10)", PLAIN),
    ("00", "NVARCHAR(10)", PLAIN),
    ("+5", "NVARCHAR(10)", PLAIN),
    ("-0", "NVARCHAR(10)", PLAIN),
    ("-", "NVARCHAR(10)", PLAIN),
    ("1-2", "NVARCHAR(10)", PLAIN),
    ("--1", "NVARCHAR(10)", PLAIN),
    ("_1", "INT", Notation(padded=True)),
    ("1_", "INT", Notation(padded=True)),
    ("_01", "NVARCHAR(10)", PLAIN),
    ("1_ 2 _-7.5", "DECIMAL(2,1)", Notation(padded=True)),
    ("_x", "NVARCHAR(10)", PLAIN),
    ("١٢", "NVARCHAR(10)", PLAIN),
    # decimals
    ("0.5 12 -3.25", "DECIMAL(4,2)", PLAIN),
    (".5 -.5", "DECIMAL(2,1)", PLAIN),
    ("-0.00", "DECIMAL(3,2)", PLAIN),
    ("1.", "NVARCHAR(10)", PLAIN),
    (".", "NVARCHAR(10)", PLAIN),
    ("00.5", "NVARCHAR(10)", PLAIN),
    ("1.2.3", "NVARCHAR(10)", PLAIN),
    ("1.5 1.2.3", "NVARCHAR(10)", PLAIN),
    ("1234567890123456789012345678.0123456789", "DECIMAL(38,10)", PLAIN),
    ("1234567890123456789012345678.01234567891", "NVARCHAR(50)", PLAIN),
    ("12345678901234567890.5 1", "DECIMAL(21,1)", PLAIN),
    # decimal commas and thousands
    ("1,5 12", "DECIMAL(3,1)", Notation(decimal_point=",")),
    ("0,123", "DECIMAL(4,3)", Notation(decimal_point=",")),
    ("1234,567", "DECIMAL(7,3)", Notation(decimal_point=",")),
    ("1,234", "NVARCHAR(10)", PLAIN),
    ("1,234 12,5", "DECIMAL(5,3)", Notation(decimal_point=",")),
    ("1,234 12.5", "DECIMAL(5,1)", Notation(thousands=",")),
    ("1,234,567 12", "INT", Notation(thousands=",")),
    ("1.234,56 12,00 1,5", "DECIMAL(6,2)", Notation(decimal_point=",", thousands=".")),
    ("1.234.567", "NVARCHAR(10)", PLAIN),
    ("1'234'567.5", "DECIMAL(8,1)", Notation(thousands="'")),
    ("1\u2019234\u2019567.5", "DECIMAL(8,1)", Notation(thousands="\u2019")),
    ("1_234 5_678", "NVARCHAR(10)", PLAIN),
    ("1_234,5 12,5", "DECIMAL(5,1)", Notation(decimal_point=",", thousands=" ")),
    ("1\u00a0234,5", "DECIMAL(5,1)", Notation(decimal_point=",", thousands="\u00a0")),
    ("1,234 1234", "NVARCHAR(10)", PLAIN),
    ("1,234,567 1234", "INT", Notation(thousands=",")),
    ("1,2,3", "NVARCHAR(10)", PLAIN),
    ("12,34.5", "NVARCHAR(10)", PLAIN),
    # powers of ten
    ("1e5 1.5E-3 2", "FLOAT", PLAIN),
    ("1e5 0.1234567890123456", "FLOAT", PLAIN),
    ("1e5 9007199254740993", "NVARCHAR(20)", PLAIN),
    ("1e400", "NVARCHAR(10)", PLAIN),
    ("1e-400", "NVARCHAR(10)", PLAIN),
    ("0e5 1e+2", "FLOAT", PLAIN),
    ("0e5 1e2", "NVARCHAR(10)", PLAIN),
    ("1E5 12E4 7", "NVARCHAR(10)", PLAIN),
    ("1E5 1.5E4", "FLOAT", PLAIN),
    # versions and section numbers
    ("1.1 1.2 1.10", "NVARCHAR(10)", PLAIN),
    ("1.9 1.10 1.11", "NVARCHAR(10)", PLAIN),
    ("3.1 3.10 4", "NVARCHAR(10)", PLAIN),
    ("1.1 1.10 2", "NVARCHAR(10)", PLAIN),
    ("1.05 1.1 1.10", "NVARCHAR(10)", PLAIN),
    ("1.05 1.2 3.10", "DECIMAL(3,2)", PLAIN),
    ("1.10 1.20", "DECIMAL(3,2)", PLAIN),
    ("1.0 1.25", "DECIMAL(3,2)", PLAIN),
    ("-1.1 1.10", "DECIMAL(3,2)", PLAIN),
    ("1024.5 1024.50", "DECIMAL(6,2)", PLAIN),
    ("1e5 007", "NVARCHAR(10)", PLAIN),
    ("1e5 -0", "NVARCHAR(10)", PLAIN),
    ("1e", "NVARCHAR(10)", PLAIN),
    ("e5", "NVARCHAR(10)", PLAIN),
    ("12E4 13E5 AE1", "NVARCHAR(10)", PLAIN),
    ("nan inf", "NVARCHAR(10)", PLAIN),
    # true and false
    ("true FALSE True", "BIT", PLAIN),
    ("true 1", "NVARCHAR(10)", PLAIN),
    ("0 1", "INT", PLAIN),
    ("yes no", "NVARCHAR(10)", PLAIN),
    ("tru falsetrue", "NVARCHAR(10)", PLAIN),
    # dates
    ("2024-02-29 0001-01-01", "DATE", PLAIN),
    ("2024-02-30", "NVARCHAR(10)", PLAIN),
    ("2023-02-29", "NVARCHAR(10)", PLAIN),
    ("0000-01-01", "NVARCHAR(10)", PLAIN),
    ("2024-1-2", "NVARCHAR(10)", PLAIN),
    ("2024/1/2", "DATE", Notation(date_separator="/")),
    ("31/12/2024 1/2/2024", "DATE", Notation(date_order="dmy", date_separator="/")),
    ("12/31/2024 01/02/2024", "DATE", Notation(date_order="mdy", date_separator="/")),
    ("31.12.2024 01.02.2024", "DATE", Notation(date_order="dmy", date_separator=".")),
    ("13-02-2024", "DATE", Notation(date_order="dmy", date_separator="-")),
    ("01/02/2024 03/04/2024", "NVARCHAR(10)", PLAIN),
    ("01.02.2024 03.04.2024", "DATE", Notation(date_order="dmy", date_separator=".")),
    ("12.13.2024 03.04.2024", "NVARCHAR(10)", PLAIN),
    ("31/12/2024 12/31/2024", "NVARCHAR(10)", PLAIN),
    ("31/01/2024 30/02/2024", "NVARCHAR(10)", PLAIN),
    ("13/00/2024", "NVARCHAR(10)", PLAIN),
    ("0/13/2024", "NVARCHAR(10)", PLAIN),
    ("01/02/24", "NVARCHAR(10)", PLAIN),
    ("20240102", "INT", PLAIN),
    ("2024-01-02 2024/01/02", "NVARCHAR(10)", PLAIN),
    # dates with times
    ("2024-01-02_03:04 2024-01-02T03:04:05 2024-01-02", "DATETIME2", PLAIN),
    ("2024-01-02T03:04:05.123", "DATETIME2", Notation(fraction_digits=3)),
    ("2024-01-02T03:04:05.1234567", "DATETIME2", Notation(fraction_digits=7)),
    ("1500-01-02T03:04:05.123456", "DATETIME2", Notation(fraction_digits=6)),
    ("1500-01-02T03:04:05.1234567", "NVARCHAR(50)", PLAIN),
    ("2024-01-02T03:04:05.12345678", "NVARCHAR(50)", PLAIN),
    ("2024-01-02T03:04:05Z", "DATETIME2", Notation(zone="utc")),
    ("2024-01-02T03:04+01", "DATETIME2", Notation(zone="utc")),
    ("2024-01-02T03", "NVARCHAR(20)", PLAIN),
    ("2024-01-02_24:00", "NVARCHAR(20)", PLAIN),
    ("2024-01-02_9:30", "NVARCHAR(20)", PLAIN),
    ("13/1/2024_9:30 1/2/2024_10:30:15", "DATETIME2", Notation(date_order="dmy", date_separator="/")),
    ("1/13/2024_9:30_AM", "DATETIME2", Notation(date_order="mdy", date_separator="/", hours=12)),
    # times
    ("09:30 23:59:59", "TIME", PLAIN),
    ("09:30:15.1234567", "TIME", Notation(fraction_digits=7)),
    ("9:30", "NVARCHAR(10)", PLAIN),
    ("24:00", "NVARCHAR(10)", PLAIN),
    ("1:10", "NVARCHAR(10)", PLAIN),
    # text
    ("NA null None", "NVARCHAR(10)", PLAIN),
    ("5%", "NVARCHAR(10)", PLAIN),
    ("€5", "INT", Notation(affix="€")),
]


@pytest.mark.parametrize(("values", "kind", "notation"), TYPES)
def test_type_is_the_narrowest_that_loses_nothing(
    tmp_path: Path, values: str, kind: str | None, notation: Notation
) -> None:
    cells = [value.replace("_", " ") for value in values.split(" ")]
    for extra, block in (([], 7), ([], 1 << 20), ([""], 1 << 20), (["", *cells * 300], 1 << 20)):
        column, _ = one_column(tmp_path / "file.csv", cells + extra, block)
        assert (str(column.type), column.notation) == (kind, notation)
        assert column.nulls == extra.count("")


def test_column_without_values_has_no_type(tmp_path: Path) -> None:
    column, _ = one_column(tmp_path / "file.csv", ["", ""])
    assert (column.type, column.nulls, column.longest) == (None, 2, 0)


def test_longest_counts_utf16_units(tmp_path: Path) -> None:
    for values, longest in ((["abc", "é"], 3), (["éé", "a"], 2), (["😀😀", "abc"], 4), (["漢字漢", "ab"], 3)):
        for block in (4, 1 << 20):
            assert one_column(tmp_path / "file.csv", values, block)[0].longest == longest


WARNINGS = [
    (["123456789012", "1.23E+11"], "NVARCHAR(20)", "spreadsheet"),
    (["123456789012345678", "1.23E+17"], "NVARCHAR(20)", "spreadsheet"),
    (["AB12", "1.23E+11"], "NVARCHAR(10)", "spreadsheet"),
    (["SEPT1", "TP53", "2-Mar"], "NVARCHAR(10)", "1 values such as 2-Mar"),
    (["A1", "Mar-02", "02. Mrz", "x-2"], "NVARCHAR(10)", "2 values such as 2-Mar"),
    (["2-Mar", "3-Apr"], "NVARCHAR(10)", ""),
    (["AB-01", "12-34a", "Mar 2"], "NVARCHAR(10)", ""),
    (["01/02/2024"], "NVARCHAR(10)", "every day could be a month"),
    (["1,234"], "NVARCHAR(10)", "comma"),
    (["1.5E+03", "2.5"], "FLOAT", ""),
    (["1.23E+11", "1.5"], "FLOAT", ""),
    (["x", "=cmd|' /C calc'!A0", "=1+1", "\t=A1"], "NVARCHAR(20)", "3 values that a spreadsheet would run"),
    (["+SUM(A1)", "-2+3+cmd|' /C'!A0", "@SUM(A1)"], "NVARCHAR(20)", "3 values that a spreadsheet would run"),
    (["+43 664 123", "- none", "-", "@graz", "a=b", "=", "=>", "-x"], "NVARCHAR(20)", ""),
]


@pytest.mark.parametrize(("values", "kind", "warning"), WARNINGS)
def test_doubtful_columns_are_reported(tmp_path: Path, values: list[str], kind: str, warning: str) -> None:
    column, warnings = one_column(tmp_path / "file.csv", values)
    assert str(column.type) == kind
    assert (warning in warnings[0]) if warning else not warnings


def test_point_is_doubtful_beside_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1.234;1,5\n2.500;2,25\n")
    found = scan(path, Format("utf-8", ";", '"', "", False, ("a", "b")), ("a", "b"))
    assert [str(column.type) for column in found.columns] == ["NVARCHAR(10)", "DECIMAL(3,2)"]


def test_scan_counts_rows_bytes_and_rejects(tmp_path: Path) -> None:
    path, rejects = tmp_path / "file.csv", list[RejectedRow]()
    content = "id,name\n1,a\n2\n3,c\n"
    path.write_text(content)
    fmt = Format("utf-8", ",", '"', "", True, ("Id", "Name"))
    found = scan(str(path), fmt, ("id", "name"), on_reject=rejects.append)
    assert (found.rows, found.rejected, found.size) == (2, 1, len(content))
    assert found.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert [(column.source, column.name) for column in found.columns] == [("Id", "id"), ("Name", "name")]
    assert rejects == [RejectedRow(3, "expected 2 fields, found 1", "2")]


def test_header_alone_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    for content in ("id,name\n", "id,name", "id,name\n\n"):
        path.write_text(content)
        found = scan(path, Format("utf-8", ",", '"', "", True, ("id", "name")), ("id", "name"))
        assert (found.rows, found.rejected, [column.type for column in found.columns]) == (0, 0, [None, None])


def test_trailers_count_is_held_against_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("1,a\n2,b\nrows: 3\n")
    fmt = Format("utf-8", ",", '"', "", False, ("a", "b"), trailer_lines=1, stated_rows=3)
    with pytest.raises(DataError, match="states 3 rows, but the file contains 2"):
        scan(path, fmt, ("a", "b"))


def test_names_must_fit_the_columns(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="1 names for 2 columns"):
        scan(tmp_path / "file.csv", FORMAT, ("a",))


def digits(least: int = 0, most: int = 20) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.tuples(st.sampled_from(["", "-", "+"]), digits(), st.sampled_from(["", ".", ",", "e", "E+"]), digits(0, 8)).map(
        "".join
    ),
    st.integers(0, 10**9).map(lambda number: f"{number:,}"),
    st.floats(0, 10**9).map(lambda number: f"{number:,.2f}"),
    st.floats(0, 10**9).map(lambda number: f"{number:,.2f}".translate(str.maketrans(",.", ".,"))),
)
MOMENT = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 (files have no zones)
FORMS = [
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%H:%M",
    "%H:%M:%S.%f",
]


def rendered(value: object, kind: TypeKind) -> object:
    """The meaning of a value of a type."""
    return Decimal(value) if isinstance(value, int | float) and kind is not TypeKind.BIT else value


def meant(text: str, column: ScannedColumn) -> object:
    """The meaning of the source text, read slowly and by the book."""
    assert column.type is not None
    kind, notation = column.type.kind, column.notation
    if kind is TypeKind.NVARCHAR:
        return text
    if kind is TypeKind.BIT:
        return text.lower() == "true"
    if kind is TypeKind.FLOAT:
        return Decimal(float(text))
    if kind in {TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL}:
        plain = text.replace(notation.thousands, "") if notation.thousands else text
        if notation.minus == "trailing" and plain.endswith("-"):
            plain = f"-{plain.removesuffix('-')}"
        return Decimal(plain.replace(notation.decimal_point, "."))
    return moment(text, column)


def moment(text: str, column: ScannedColumn) -> object:
    assert column.type is not None
    parts = {"y": "%Y" if column.notation.year_digits == 4 else "%y", "m": "%m", "d": "%d"}
    date_form = column.notation.date_separator.join(parts[letter] for letter in column.notation.date_order)
    base, _, fraction = text.partition(".") if ":" in text and "." in text.rpartition(":")[2] else (text, "", "")
    whole, dot, rest = text.rpartition(".")
    if dot and ":" in whole:
        base, fraction = whole, rest
    clock = {0: "", 1: "%H:%M", 2: "%H:%M:%S"}[base.count(":")]
    gap = "T" if "T" in base else " "
    forms = {TypeKind.DATE: date_form, TypeKind.TIME: clock, TypeKind.DATETIME2: date_form + (clock and gap + clock)}
    found = datetime.strptime(base, forms[column.type.kind]) + timedelta(microseconds=int((fraction + "000000")[:6]))  # noqa: DTZ007
    return {TypeKind.DATE: found.date(), TypeKind.TIME: found.time(), TypeKind.DATETIME2: found}[column.type.kind]


COLUMNS = st.one_of(
    st.lists(NUMBERS, min_size=1, max_size=6),
    st.lists(
        st.tuples(MOMENT, st.sampled_from(FORMS)).map(lambda pair: pair[0].strftime(pair[1])), min_size=1, max_size=4
    ),
    st.tuples(st.lists(MOMENT, min_size=1, max_size=6), st.sampled_from(FORMS)).map(
        lambda pair: [one.strftime(pair[1]) for one in pair[0]]
    ),
    st.lists(st.text("019-+.,:/ eET'\u00a0", max_size=12), min_size=1, max_size=3),
    st.lists(st.sampled_from(["true", "False", "TRUE", "1", "", "t"]), min_size=1, max_size=4),
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=COLUMNS, block=st.sampled_from([3, 11, 1 << 20]))
def test_typed_value_means_what_the_text_means(tmp_path: Path, values: list[str], block: int) -> None:
    column, _ = one_column(tmp_path / "file.csv", values, block)
    if column.type is None:
        return
    wanted = [ReadColumn(0, "value", column.type, column.notation)]
    batches = list(read_rows(tmp_path / "file.csv", FORMAT, columns=wanted, on_reject=no_reject))
    typed = pa.Table.from_batches(batches).column(0).to_pylist()
    for text, value in zip(values, typed, strict=True):
        assert (value is None) == (text == "")
        if text:
            assert rendered(value, column.type.kind) == meant(text, column)


@pytest.mark.parametrize("moments", [["2024-01-02", "2024-01-02 03:04:05.5"], ["9999-12-31T23:59:59"], ["0001-01-01"]])
def test_iso_dates_are_read_alike_by_both_ways(moments: list[str]) -> None:
    from refdata.csvformat.infer import _iso, _moments
    from refdata.csvformat.values import Values

    values = Values.of(pa.array(moments))
    assert _iso(values) == _moments(values, ("ymd", "-"))


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-32-be"])
def test_broken_wide_character_refuses_the_file_with_its_place(encoding: str, tmp_path: Path) -> None:
    rows = "a,b\n" + "1,x\n" * 50
    broken = "\udcdf".encode(encoding, "surrogatepass")
    path = tmp_path / "file.csv"
    path.write_bytes(rows.encode(encoding) + broken + "\n1,y\n".encode(encoding))
    fmt = Format(encoding, ",", '"', "", True, ("a", "b"))
    with pytest.raises(FormatError, match=f"Byte {len(rows.encode(encoding))} is not valid {encoding} text"):
        scan(path, fmt, ("a", "b"))
