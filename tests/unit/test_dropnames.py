"""Names in the dropoff tree and in the archives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.dropnames import (
    LOAD_FOLDERS,
    MAX_NAME_BYTES,
    beside,
    error_name,
    is_candidate,
    load_of,
    name_fault,
    printable,
    processed_name,
    safe_name,
)
from refdata.core.errors import DropoffError
from refdata.core.filetypes import CSV_ONLY, enabled
from refdata.core.model import LoadType
from refdata.core.tablenames import table_name

DISABLED = "files that end with {} are not enabled here (setting file_types)"
MOMENT = datetime(2024, 12, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is not UTC."""
    with monkeypatch.context() as context:
        context.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("airports.csv", True),
        ("AIRPORTS.CSV", True),
        ("Airports.Csv", True),
        ("مطارات.csv", True),
        ("机场.csv", True),
        ("✈️.csv", True),
        ("airports.csv.csv", True),
        ("x'; DROP TABLE ref; --.csv", True),
        ("{{ conn.mssql.password }}.csv", True),
        (" .csv", True),
        (".csv", False),
        (".airports.csv", False),
        ("~airports.csv", False),
        ("~$airports.csv", False),
        (".~lock.airports.csv#", False),
        ("airports.csv~", False),
        ("airports.csv.tmp", False),
        ("airports.tmp.csv", False),
        ("airports.csv.part", False),
        ("airports.PART.csv", False),
        ("airports.csv.filepart", False),
        ("airports.csv.crdownload", False),
        ("airports.txt", False),
        ("airports.csv.gz", False),
        ("airports", False),
        ("csv", False),
        ("apart.csv", True),
    ],
)
def test_files_that_ask_to_be_loaded(name: str, wanted: bool) -> None:
    assert is_candidate(name) is wanted


@pytest.mark.parametrize(
    ("name", "types", "wanted"),
    [
        ("a.xlsx", "csv, xlsx", True),
        ("a.XLSX", "xlsx", True),
        ("~$a.xlsx", "xlsx", False),
        ("a.part.xlsx", "xlsx", False),
        ("a.csv.gz", "csv,gz", True),
        ("a.csv.gz", "gz", False),
        ("a.csv.part.gz", "csv,gz", False),
        ("a.gz", "csv,gz", False),
        ("a.zip", "zip", True),
        ("a.csv.zip", "csv,zip", True),
        ("a.tar.gz", "csv,gz", False),
        ("a.tsv", "csv", False),
        ("a.tsv", "csv,tsv", True),
    ],
)
def test_the_setting_enables_other_types(name: str, types: str, wanted: bool) -> None:
    assert is_candidate(name, enabled(types)) is wanted


@pytest.mark.parametrize("name", ["rates.csv", "rates.XLSX", "rates.csv.gz", "rates_2024.zip", "rates.tsv.zst"])
def test_the_type_is_no_part_of_the_table_or_of_the_names_beside_the_archived_file(name: str) -> None:
    assert table_name(name) == "rates"
    assert beside(name, "error.json") == f"{name.partition('.')[0]}.error.json"
    assert processed_name(name, datetime(2024, 5, 1, tzinfo=UTC)).endswith(name.partition(".")[2])


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("airports.csv", ""),
        ("مطارات 机场 ✈️.csv", ""),
        ("a\nb.csv", "its name contains a control character"),
        ("a\x1b[31mb.csv", "its name contains a control character"),
        ("a\u2028b.csv", "its name contains a control character"),
        (
            "a\u202evsc.exe.csv",
            "its name contains a character that reverses text direction, so it displays as a different name",
        ),
        (
            "a\u2066b.csv",
            "its name contains a character that reverses text direction, so it displays as a different name",
        ),
        ("نسخه\u200cها.csv", ""),
        ("a\udcffb.csv", "its name is not valid UTF-8"),
        ("a" * 251 + ".csv", ""),
        ("a" * 252 + ".csv", "its name is longer than 255 characters"),
        ("😀" * 126 + ".csv", "its name is longer than 255 characters"),
        ("a" * 300, "its name is longer than 255 characters"),
    ],
)
def test_why_a_name_is_refused(name: str, fault: str) -> None:
    assert name_fault(name) == fault


@pytest.mark.parametrize(
    ("path", "load"),
    [
        ("reference_data_table/fullload/a.csv", (LoadType.FULL, True)),
        ("reference_data_table/append/a.csv", (LoadType.APPEND, True)),
        ("none_reference_data_table/fullload/a.csv", (LoadType.FULL, False)),
        ("none_reference_data_table/append/a.csv", (LoadType.APPEND, False)),
    ],
)
def test_the_folder_says_how_to_load(path: str, load: tuple[LoadType, bool]) -> None:
    assert load_of(path) == load


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a.csv",
        "/etc/passwd",
        "../reference_data_table/fullload/a.csv",
        "reference_data_table/fullload/../../../etc/a.csv",
        "reference_data_table/fullload/..",
        "reference_data_table/fullload/sub/a.csv",
        "reference_data_table/fullload/",
        "reference_data_table//fullload/a.csv",
        "/reference_data_table/fullload/a.csv",
        "./reference_data_table/fullload/a.csv",
        "reference_data_table/fullload/a.txt",
        "reference_data_table/fullload/.a.csv",
        "reference_data_table/fullload/a\0.csv",
        "reference_data_table/fullload/a\n.csv",
        "reference_data_table/FULLLOAD/a.csv",
        "processed/a.csv",
    ],
)
def test_a_path_that_is_not_a_drop_is_refused(path: str) -> None:
    with pytest.raises(DropoffError):
        load_of(path, CSV_ONLY)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("airports.csv", "it is not in a load folder"),
        ("reference_data_table/airports.csv", "it is not in a load folder"),
        (
            "reference_data_table/fullload/airports.xlsx",
            "files that end with .xlsx are not enabled here (setting file_types)",
        ),
        (
            "reference_data_table/fullload/airports.csv.gz",
            "files that end with .csv.gz are not enabled here (setting file_types)",
        ),
        ("reference_data_table/fullload/airports", "its name does not end with .csv"),
        ("reference_data_table/fullload/.airports.csv", "its name is that of a hidden or unfinished file"),
        ("reference_data_table/append/airports.csv.part", "its name is that of a hidden or unfinished file"),
        ("reference_data_table/append/a\tb.csv", "its name contains a control character"),
    ],
)
def test_a_refusal_says_why_the_file_cannot_be_loaded(path: str, why: str) -> None:
    with pytest.raises(DropoffError) as caught:
        load_of(path, CSV_ONLY)
    assert caught.value.what == f"It cannot be loaded: {why}"


@given(st.text(max_size=40), st.sampled_from(LOAD_FOLDERS))
def test_no_accepted_path_leaves_its_load_folder(name: str, folder: str) -> None:
    try:
        load_of(f"{folder}/{name}")
    except DropoffError:
        return
    assert "/" not in name
    assert name not in ("", ".", "..")
    assert printable(name).isprintable()


@pytest.mark.parametrize(
    ("name", "number", "processed", "error"),
    [
        ("airports.csv", 1, "20241201_120000_airports.csv", "ERROR_20241201_120000_airports.csv"),
        ("airports.csv", 2, "20241201_120000_airports_2.csv", "ERROR_20241201_120000_airports_2.csv"),
        ("AIRPORTS.CSV", 3, "20241201_120000_AIRPORTS_3.CSV", "ERROR_20241201_120000_AIRPORTS_3.CSV"),
        ("机场.csv", 1, "20241201_120000_机场.csv", "ERROR_20241201_120000_机场.csv"),
    ],
)
def test_archive_names(name: str, number: int, processed: str, error: str) -> None:
    assert processed_name(name, MOMENT, number) == processed
    assert error_name(name, MOMENT, number) == error


@pytest.mark.parametrize(
    "moment",
    [MOMENT, MOMENT.replace(tzinfo=None), MOMENT.astimezone(timezone(timedelta(hours=9)))],
    ids=["utc", "naive, which is UTC", "another zone"],
)
@pytest.mark.usefixtures("new_york")
def test_archive_names_are_in_utc(moment: datetime) -> None:
    assert processed_name("a.csv", moment) == "20241201_120000_a.csv"


def test_names_beside_an_archived_file() -> None:
    assert beside("ERROR_20241201_120000_airports.csv", "error.json") == "ERROR_20241201_120000_airports.error.json"
    assert beside("20241201_120000_AIRPORTS.CSV", "rejects.csv") == "20241201_120000_AIRPORTS.rejects.csv"
    assert beside("ERROR_20241201_120000_fullload", "error.json") == "ERROR_20241201_120000_fullload.error.json"


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=260), st.integers(1, 999))
def test_archive_names_fit_every_filesystem_and_so_do_those_beside(stem: str, number: int) -> None:
    for name in (processed_name(f"{stem}.csv", MOMENT, number), error_name(f"{stem}.csv", MOMENT, number)):
        assert name.endswith(".csv")
        assert all(
            len(other.encode()) <= 255 for other in (name, beside(name, "error.json"), beside(name, "rejects.csv"))
        )


def test_a_long_name_is_cut_in_its_middle() -> None:
    name = processed_name("a" * 125 + "b" * 125 + ".csv", MOMENT, 2)
    assert name.startswith("20241201_120000_aaa")
    assert name.endswith("bbb_2.csv")


@given(st.text())
def test_printable_text_stays_on_its_line(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text(max_size=300) | st.text("./\\~\x00\n\u202e é.csv", max_size=40))
def test_a_safe_name_is_accepted_and_stays_in_its_folder(text: str) -> None:
    name = safe_name(f"{text}.csv")
    assert is_candidate(name)
    assert name_fault(name) == ""
    assert not set(name) & set("/\\")
    assert len(error_name(name, MOMENT).encode()) <= MAX_NAME_BYTES
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rates_20241205.csv", "rates_20241205.csv"),
        ("C:\\fakepath\\rates.csv", "rates.csv"),
        ("Länder (neu)+1.csv", "Länder (neu)+1.csv"),
        ("a\u202efdp.csv", "a_fdp.csv"),
        ("x.part.csv", "x_part.csv"),
        ("...csv", "upload.csv"),
        ("rates.csv.gz", "rates.csv.gz"),
        ("rates.exe", "rates.exe"),
    ],
)
def test_a_usual_name_stays_as_it_is(text: str, name: str) -> None:
    assert safe_name(text) == name
