"""Names: what a file and its header are called in the database."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from refdata.core.naming import (
    LINEAGE_COLUMNS,
    MAX_NAME,
    VERSION_COLUMN,
    backup_name,
    column_names,
    fold_name,
    parse_stage_name,
    quote,
    stage_name,
)
from refdata.core.tablenames import may_lead_to, table_name

LEDGER = ("File_Monitor_Tracking", "Reference_Data_Cfg")
MAX_SYSNAME = 128
FILE_NAMES = st.text(max_size=300).map(lambda stem: f"{stem}.csv")
ODD_HEADERS = ("a", "A", "", "a_2", "ß", "ss", "x" * 100, "x" * 300, "𝔸𐐀", *LINEAGE_COLUMNS)
HEADERS = st.lists(st.text(max_size=120) | st.sampled_from(ODD_HEADERS), max_size=30)


@pytest.mark.parametrize(
    ("file_name", "table"),
    [
        # the design's own examples
        ("airports_20241201.csv", "airports"),
        ("customer-data.csv", "customer_data"),
        ("FLIGHT_SCHEDULES.CSV", "flight_schedules"),
        ("test_data_2024-12-01.csv", "test_data"),
        ("test_data_2024.csv", "test_data"),
        # dates and times of day
        ("airports_202412.csv", "airports"),
        ("airports-2024-12.csv", "airports"),
        ("airports 2024.12.01.csv", "airports"),
        ("airports_01-12-2024.csv", "airports"),
        ("airports_12_31_2024.csv", "airports"),
        ("airports (2024-12-01).csv", "airports"),
        ("airports_20241201_120000.csv", "airports"),
        ("airports_2024-12-01T12-00-00Z.csv", "airports"),
        ("airports_202412011200.csv", "airports"),
        ("airports_2024_12_01_v2.csv", "airports_2024_12_01_v2"),
        ("airports_20241301.csv", "airports_20241301"),
        ("airports_20241232.csv", "airports_20241232"),
        ("airports_3024.csv", "airports_3024"),
        ("codes1999.csv", "codes1999"),
        ("12_2024.csv", "n_12"),
        ("2024-12-01.csv", "n_2024_12_01"),
        ("_2024.csv", "n_2024"),
        # cleaning
        ("a  --  b!!.csv", "a_b"),
        ("_private_.csv", "private"),
        ("1st_half.csv", "n_1st_half"),
        ("report.v2.csv", "report_v2"),
        ("data.csv.csv", "data_csv"),
        ("ＦＵＬＬ.csv", "full"),
        ("İstanbul.csv", "istanbul"),
        # other scripts
        ("المطارات_20241201.csv", "المطارات"),
        ("机场-代码.csv", "机场_代码"),
        ("हिन्दी.csv", "हिन्दी"),
        # SQL in a name is only words
        ("x]; DROP TABLE ref.airports; --.csv", "x_drop_table_ref_airports"),
        ("' OR 1=1 --.csv", "or_1_1"),
        # reserved
        ("File_Monitor_Tracking.csv", "data_file_monitor_tracking"),
        ("reference_data_cfg.csv", "data_reference_data_cfg"),
        ("airports_backup.csv", "airports_backup"),
        ("airports_rebuild.csv", "airports_rebuild_data"),
        ("airports_stage_7_1.csv", "airports_stage_7_1_data"),
        ("sqlite_master.csv", "data_sqlite_master"),
        ("sp_help.csv", "data_sp_help"),
        ("refdata_x_rebuild.csv", "data_refdata_x_rebuild_data"),
    ],
)
def test_a_file_name_gives_its_table(file_name: str, table: str) -> None:
    assert table_name(file_name, reserved=LEDGER) == table


def test_a_table_never_takes_the_configured_ledger_name() -> None:
    assert table_name("my ledger.csv", reserved=("My_Ledger",)) == "data_my_ledger"


def test_emoji_names_stay_apart_and_keep_their_table_from_month_to_month() -> None:
    names = {table_name(name) for name in ("😀.csv", "😀_20241201.csv", "😀_2025.csv", "🚀.csv", "🚀_2024.csv")}
    assert len(names) == 2
    assert all(re.fullmatch("file_[0-9a-f]{8}", name) for name in names)


def test_names_of_three_hundred_characters_stay_apart() -> None:
    first, second = table_name("x" * 300 + "a.csv"), table_name("x" * 300 + "b.csv")
    assert first != second
    assert len(first) == len(second) == MAX_NAME


@given(FILE_NAMES)
@example("_stage_1_1" * 10 + ".csv")
@example("sp_" + "x" * 97 + ".csv")
@example("ⅧⅧ.csv")
@example("𐐀𠀀.csv")
def test_a_table_name_is_one_that_the_database_takes_in_any_role(file_name: str) -> None:
    name = table_name(file_name, reserved=LEDGER)
    assert 1 <= len(name) <= MAX_NAME
    assert name[0].isalpha()
    assert all(_quotable(char) for char in name)
    assert name == name.lower()
    assert not name.startswith(("sqlite_", "sp_", "refdata_"))
    assert not name.endswith("_rebuild")
    assert len(backup_name(name)) <= MAX_SYSNAME
    assert len(stage_name(name, 2**31 - 1, 999)) <= MAX_SYSNAME
    assert parse_stage_name(name) is None


@given(FILE_NAMES | st.from_regex(r"[ -~]{1,40}\.(csv|CSV|csv\.gz)", fullmatch=True))
@example("2024.csv")
@example("data_x_data.csv")
@example("x_stage_1_2.csv")
@example("file_monitor_tracking.csv")
@example(f"{'x' * 300}.csv")
@example(f"{'x_' * 61}.csv")
def test_the_quick_look_at_a_name_excludes_no_file_of_the_table(file_name: str) -> None:
    assert may_lead_to(file_name, table_name(file_name, reserved=LEDGER))


@pytest.mark.parametrize("file_name", ["rates.csv", "port_air.csv", "air_2.csv", "2_airports.csv"])
def test_the_quick_look_at_a_name_excludes_files_of_other_tables(file_name: str) -> None:
    assert not may_lead_to(file_name, "airports")


@given(FILE_NAMES, st.sampled_from(["2024", "202412", "20241201", "2024-12-01", "20241201_235959"]))
def test_a_date_at_the_end_changes_no_table(file_name: str, date: str) -> None:
    stem = file_name.removesuffix(".csv")
    assert table_name(f"{stem}x_{date}.csv") == table_name(f"{stem}x.csv")


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (("Iso Code", "iso-code", "ISO CODE"), ("iso_code", "iso_code_2", "iso_code_3")),
        (("a", "a_2", "a", "A"), ("a", "a_2", "a_3", "a_4")),
        (("a", "a", "a_2"), ("a", "a_3", "a_2")),
        (("", "  ", "x", "!!"), ("column_1", "column_2", "x", "column_4")),
        (("column_2", ""), ("column_2", "column_2_2")),
        (("Straße", "STRASSE"), ("straße", "strasse_2")),
        (("ref_data_load_id", "REF_DATA_VERSION_ID"), ("source_ref_data_load_id", "source_ref_data_version_id")),
        (("2024", "1st"), ("n_2024", "n_1st")),
        (("m²", "№"), ("m2", "no")),
        (("名前", "اسم", "😀"), ("名前", "اسم", "column_3")),
        (("x\nDROP TABLE y", "id])"), ("x_drop_table_y", "id")),
        ((), ()),
    ],
)
def test_a_header_gives_its_columns(header: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert column_names(header) == names


@given(HEADERS)
def test_columns_are_as_many_as_the_header_and_all_distinct_without_case(header: list[str]) -> None:
    names = column_names(header)
    assert len(names) == len(header)
    assert len({fold_name(name) for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name) <= MAX_NAME
        assert name[0].isalpha()
        assert all(_quotable(char) for char in name)
        assert name not in (*LINEAGE_COLUMNS, VERSION_COLUMN)


@given(HEADERS)
def test_column_names_of_column_names_are_the_same(header: list[str]) -> None:
    names = column_names(header)
    assert column_names(names) == names


def test_a_hundred_thousand_equal_headers_are_numbered_without_a_search_each() -> None:
    assert column_names(["a"] * 100_000)[-1] == "a_100000"


@given(st.from_regex(r"[a-z_]{1,50}", fullmatch=True), st.integers(0, 2**31), st.integers(0, 999))
def test_a_stage_name_is_read_back(table: str, load_id: int, attempt: int) -> None:
    assert parse_stage_name(stage_name(table, load_id, attempt)) == (table, load_id, attempt)


@pytest.mark.parametrize(
    ("identifier", "quoted"), [("airports", "[airports]"), ("a b", "[a b]"), ("x]y", "[x]]y]"), ('a"b', '[a"b]')]
)
def test_quoting_closes_every_bracket(identifier: str, quoted: str) -> None:
    assert quote(identifier) == quoted


def _quotable(char: str) -> bool:
    # Characters beyond the basic plane take two units of sysname and compare wrongly in old collations.
    return ord(char) < 0x10000 and (char == "_" or char.isalnum() or unicodedata.category(char) in ("Mn", "Mc"))
