"""Alignment: how a table takes a file's columns, as a plan and nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core import alignment, sqltypes
from refdata.core.alignment import LINEAGE, MAX_COLUMNS, align, backup_columns, describe, diff_columns
from refdata.core.errors import SchemaError
from refdata.core.filemodel import Notation, ScannedColumn
from refdata.core.model import Column, Table, TableName
from refdata.core.sqltypes import BIGINT, BIT, DATE, FLOAT, INT, SqlType, TypeKind, decimal, text

NAME = TableName("ref", "airports")
GERMAN = Notation(decimal_point=",", thousands=".")


def scanned(name: str, kind: SqlType | None, longest: int = 1, nulls: int = 0) -> ScannedColumn:
    return ScannedColumn(name.upper(), name, kind, longest, nulls)


def live(*columns: Column) -> Table:
    return Table(NAME, (*columns, *LINEAGE))


CODE, NAME_COLUMN, LATITUDE = Column("code", text(3)), Column("name", text(40)), Column("latitude", decimal(9, 6))
THREE = live(CODE, NAME_COLUMN, LATITUDE)
FITTING = (scanned("code", text(3), 3), scanned("name", text(40), 40), scanned("latitude", decimal(9, 6), 10))


def test_a_new_table_gets_the_file_columns_in_order_and_the_lineage() -> None:
    plan = align(NAME, None, (scanned("code", text(3), 3), scanned("empty", None), scanned("runways", INT)))
    assert plan.create
    assert [str(column.type) for column in plan.columns[:3]] == ["NVARCHAR(10)", "NVARCHAR(10)", "INT"]
    assert plan.columns[3:] == LINEAGE
    assert [(column.index, column.name) for column in plan.read] == [(0, "code"), (1, "empty"), (2, "runways")]
    assert describe(plan) == "create ref.airports with 6 columns"


def test_a_file_that_fits_changes_nothing() -> None:
    plan = align(NAME, THREE, FITTING)
    assert not plan.changes
    assert plan.columns == THREE.columns
    assert describe(plan) == "no change"


def test_columns_are_found_by_name_in_any_order_and_case() -> None:
    table = live(Column("Code", text(3)), NAME_COLUMN, LATITUDE)
    plan = align(NAME, table, (FITTING[2], FITTING[0], FITTING[1]))
    assert not plan.changes
    assert [(column.index, column.name) for column in plan.read] == [(0, "latitude"), (1, "Code"), (2, "name")]


@pytest.mark.parametrize(
    ("old", "column", "added", "widened"),
    [
        # a column of a new name is added, with the scanned type, nullable
        (CODE, scanned("country", text(2), 2), "country NVARCHAR(10)", ""),
        (CODE, scanned("country", None), "country NVARCHAR(10)", ""),
        # an existing one is widened only when it must be
        (Column("x", INT), scanned("x", BIGINT, 12), "", "x BIGINT"),
        (Column("x", BIGINT), scanned("x", INT, 4), "", ""),
        (Column("x", INT), scanned("x", decimal(10, 0), 10), "", "x DECIMAL(10,0)"),
        (Column("x", INT), scanned("x", text(3), 3), "", "x NVARCHAR(20)"),
        (Column("x", BIT), scanned("x", INT, 1), "", "x NVARCHAR(20)"),
        (Column("x", FLOAT), scanned("x", None), "", ""),
        # against text only the length that is there counts, not what the scanned type might need
        (Column("x", text(10)), scanned("x", INT, 3), "", ""),
        (Column("x", text(10)), scanned("x", DATE, 10), "", ""),
        (Column("x", text(10)), scanned("x", text(10), 10), "", ""),
        (Column("x", text(10)), scanned("x", BIGINT, 11), "", "x NVARCHAR(20)"),
        (Column("x", text(255)), scanned("x", text(300), 256), "", "x NVARCHAR(500)"),
        (Column("x", text(4000)), scanned("x", text(4001), 4001), "", "x NVARCHAR(MAX)"),
        (Column("x", SqlType(TypeKind.NVARCHAR, length=7)), scanned("x", text(7), 7), "", ""),
    ],
)
def test_a_table_is_added_to_and_widened(old: Column, column: ScannedColumn, added: str, widened: str) -> None:
    others = [] if old.name == column.name else [scanned(old.name, None)]
    plan = align(NAME, live(old), (*others, column))
    assert ", ".join(f"{new.name} {new.type}" for new in plan.add) == added
    assert ", ".join(f"{change.column.name} {change.column.type}" for change in plan.widen) == widened
    assert all(new.nullable for new in plan.add)


def test_the_rows_are_read_as_the_types_that_the_table_has_afterwards() -> None:
    table = live(Column("x", BIGINT), Column("y", text(20)), Column("z", INT))
    columns = (scanned("x", INT), ScannedColumn("Y", "y", decimal(5, 2), 6, notation=GERMAN), scanned("z", text(9), 9))
    plan = align(NAME, table, columns)
    assert [(column.type, column.notation) for column in plan.read] == [
        (BIGINT, Notation()),
        (text(20), GERMAN),
        (text(11), Notation()),
    ]


def test_columns_that_the_file_lacks_stay_and_are_reported() -> None:
    plan = align(NAME, THREE, FITTING[:2], min_match=0.6)
    assert plan.missing == ("latitude",)
    assert plan.columns == THREE.columns


def test_a_table_that_refdata_did_not_make_gets_the_lineage() -> None:
    plan = align(NAME, Table(NAME, (CODE,)), FITTING[:1])
    assert plan.add == LINEAGE


def test_a_widened_column_stays_not_null() -> None:
    plan = align(NAME, live(Column("x", INT, nullable=False)), (scanned("x", BIGINT),))
    assert [change.column for change in plan.widen] == [Column("x", BIGINT, nullable=False)]


@pytest.mark.parametrize(
    ("brought", "of", "taken"),
    [(7, 10, True), (6, 10, False), (14, 20, True), (13, 20, False), (1, 1, True), (0, 1, False)],
)
def test_a_file_must_bring_seventy_percent_of_the_columns(brought: int, of: int, taken: bool) -> None:
    table = live(*(Column(f"c{number}", INT) for number in range(of)))
    columns = [scanned(f"c{number}", INT) for number in range(brought)] or [scanned("other", INT)]
    if taken:
        assert len(align(NAME, table, columns).missing) == of - brought
    else:
        with pytest.raises(SchemaError, match=f"{brought} of the {of} columns"):
            align(NAME, table, columns)


def test_a_mismatch_names_what_is_missing_what_is_unknown_and_what_fits_better() -> None:
    with pytest.raises(SchemaError) as caught:
        align(NAME, THREE, (FITTING[0], scanned("iata", text(3))), better=("codes", "iata_codes"))
    assert caught.value.what == (
        "The file has 1 of the 3 columns of ref.airports (33%, at least 70% is needed)."
        " Missing: name, latitude. Unknown to the table: iata. Tables that match better: codes, iata_codes."
    )
    assert caught.value.where == "ref.airports"


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        (
            live(CODE, NAME_COLUMN, LATITUDE, Column("id", INT, nullable=False)),
            FITTING,
            "lacks columns that may not be empty in ref.airports: id",
        ),
        (
            live(CODE, Column("id", INT, nullable=False)),
            (FITTING[0], scanned("id", INT, nulls=2)),
            r"empty values in columns that may not be empty in ref.airports: id \(2\)",
        ),
    ],
)
def test_not_null_columns_are_defended_before_any_row_is_staged(
    table: Table, columns: tuple[ScannedColumn, ...], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        align(NAME, table, columns)


@pytest.mark.parametrize(
    ("table", "columns", "change"),
    [
        (None, FITTING, "create ref.airports with 6 columns"),
        (THREE, (*FITTING, scanned("iata", text(3))), r"add iata NVARCHAR\(10\)"),
        (THREE, (scanned("code", text(99), 99), *FITTING[1:]), r"widen code from NVARCHAR\(10\) to NVARCHAR\(100\)"),
    ],
)
def test_a_frozen_table_refuses_any_change(
    table: Table | None, columns: tuple[ScannedColumn, ...], change: str
) -> None:
    with pytest.raises(SchemaError, match=f"frozen, and the file would change it: {change}"):
        align(NAME, table, columns, frozen=True)


def test_a_frozen_table_takes_a_file_that_fits() -> None:
    assert not align(NAME, THREE, FITTING, frozen=True).changes


def test_the_widest_table_leaves_room_for_the_lineage_and_the_version() -> None:
    most = MAX_COLUMNS - len(LINEAGE) - 1
    columns = [scanned(f"c{number}", INT) for number in range(most)]
    assert len(backup_columns(align(NAME, None, columns).columns)) == MAX_COLUMNS
    with pytest.raises(SchemaError, match="1025 columns") as caught:
        align(NAME, None, [*columns, scanned("one_more", INT)])
    assert f"{most} columns" in caught.value.advice


def test_versions_keep_every_column_and_allow_null() -> None:
    kept = backup_columns((Column("id", INT, nullable=False), *LINEAGE))
    assert kept == (Column("id", INT), *LINEAGE, alignment.VERSION)


KINDS = st.sampled_from(
    [BIT, INT, BIGINT, FLOAT, DATE, decimal(10, 2), decimal(38, 10), text(5), text(300), text(5000)]
)
COLUMNS = st.dictionaries(st.sampled_from("abcdef"), KINDS, min_size=1)


@given(COLUMNS, COLUMNS)
def test_after_the_plan_every_old_and_new_value_fits(old: dict[str, SqlType], new: dict[str, SqlType]) -> None:
    table = live(*(Column(name, kind) for name, kind in old.items()))
    plan = align(NAME, table, [scanned(name, kind, 1) for name, kind in new.items()], min_match=0)
    final = {column.name: column.type for column in plan.columns}
    assert list(final)[: len(table.columns)] == [column.name for column in table.columns]
    assert all(sqltypes.covers(final[name], kind) for name, kind in old.items())
    for column, kind in zip(plan.read, new.values(), strict=True):
        assert column.type == final[column.name]
        assert column.type.kind is TypeKind.NVARCHAR or sqltypes.covers(column.type, kind)


@given(COLUMNS, COLUMNS)
def test_a_table_that_was_aligned_needs_no_change_for_the_same_columns(
    old: dict[str, SqlType], new: dict[str, SqlType]
) -> None:
    table = live(*(Column(name, kind) for name, kind in old.items()))
    columns = [scanned(name, kind, 1) for name, kind in new.items()]
    aligned = Table(NAME, align(NAME, table, columns, min_match=0).columns)
    assert not align(NAME, aligned, columns, min_match=0).changes
    assert diff_columns(aligned.columns, aligned.columns) == ((), ())
