"""Which table a file's columns fit, and which names look like renamed columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.alignment import LINEAGE, own_columns
from refdata.core.filemodel import ScannedColumn
from refdata.core.matching import better_tables, match_table, name_likeness, rank_tables
from refdata.core.model import Column, Table, TableName
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, INT, SqlType, decimal, text


def table(name: str, /, **columns: SqlType) -> Table:
    own = tuple(Column(column, kind) for column, kind in columns.items())
    return Table(TableName("ref", name), own + LINEAGE)


def file(*names: str) -> list[ScannedColumn]:
    return [ScannedColumn(name, name, None) for name in names]


PARTS = table("parts", part_number=text(20), description=text(50), quantity=INT, unit=text(10), active=BIT)
RATES = table("rates", currency=text(10), rate=decimal(10, 4), as_of=DATE)
PORTS = table("ports", code=text(10), name=text(50), country=text(10))


@pytest.mark.parametrize(
    ("names", "live", "share", "missing", "extra"),
    [
        (("currency", "rate", "as_of"), RATES, 1.0, (), ()),
        (("Currency", "RATE", "as_of"), RATES, 1.0, (), ()),
        (("currency", "rate"), RATES, 2 / 3, ("as_of",), ()),
        (("currency", "rate", "as_of", "source"), RATES, 1.0, (), ("source",)),
        (("a", "b"), RATES, 0.0, ("currency", "rate", "as_of"), ("a", "b")),
        (("ref_data_load_id",), RATES, 0.0, ("currency", "rate", "as_of"), ("ref_data_load_id",)),
    ],
)
def test_share_counts_the_tables_own_columns(
    names: tuple[str, ...], live: Table, share: float, missing: tuple[str, ...], extra: tuple[str, ...]
) -> None:
    found = match_table(file(*names), live)
    assert found.share == pytest.approx(share)
    assert (found.missing, found.extra) == (missing, extra)


def test_columns_that_the_database_fills_need_not_come() -> None:
    live = Table(TableName("ref", "codes"), (Column("id", INT, optional=True), Column("code", text(10))))
    assert match_table(file("code"), live).share == 1.0


def test_a_table_of_lineage_alone_matches_nothing() -> None:
    assert match_table(file("code"), Table(TableName("ref", "empty"), LINEAGE)).share == 0.0


@pytest.mark.parametrize(
    ("live", "wanted", "fit"),
    [
        (INT, INT, 1.0),
        (INT, BIGINT, 1.0),
        (decimal(5, 2), INT, 1.0),
        (DATE, DATETIME2, 1.0),
        (text(10), text(255), 1.0),
        (text(10), INT, 0.5),
        (INT, text(10), 0.0),
        (DATE, INT, 0.0),
        (BIT, DATE, 0.0),
    ],
)
def test_types_fit_within_their_family(live: SqlType, wanted: SqlType, fit: float) -> None:
    assert match_table([ScannedColumn("x", "x", wanted)], table("t", x=live)).types == fit


def test_types_are_unknown_without_any() -> None:
    assert match_table(file("currency"), RATES).types is None


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (("currency", "rate", "as_of"), 1.0),
        (("x", "currency", "rate", "as_of"), 1.0),
        (("as_of", "currency", "rate"), 2 / 3),
        (("as_of", "rate", "currency"), 1 / 3),
        ((), 0.0),
    ],
)
def test_order_is_the_share_that_keeps_the_tables(names: tuple[str, ...], order: float) -> None:
    assert match_table(file(*names), RATES).order == pytest.approx(order)


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("qty", "quantity"),
        ("part_no", "part_number"),
        ("desc", "description"),
        ("descripton", "description"),
        ("number_part", "part_number"),
        ("is_active", "active"),
    ],
)
def test_a_rename_is_proposed(source: str, column: str) -> None:
    names = [source if own.name == column else own.name for own in PARTS.columns[:5]]
    columns = [ScannedColumn(name, name, own.type) for name, own in zip(names, PARTS.columns, strict=False)]
    assert [(one.source, one.column) for one in match_table(columns, PARTS).renames] == [(source, column)]


@pytest.mark.parametrize("source", ["weight", "site", "supplier"])
def test_no_rename_is_proposed_for_another_thing(source: str) -> None:
    assert match_table(file("part_number", "description", "unit", "active", source), PARTS).renames == ()


def test_each_name_is_proposed_once() -> None:
    live = table("t", start_date=DATE, end_date=DATE, id=INT)
    renames = match_table(file("id", "date_start", "date_end"), live).renames
    assert {(one.source, one.column) for one in renames} == {("date_start", "start_date"), ("date_end", "end_date")}


def test_tables_are_ranked_best_first_and_strangers_left_out() -> None:
    ranked = rank_tables(file("code", "name", "country", "rate"), [RATES, PARTS, PORTS])
    assert [str(match.table) for match in ranked] == ["ref.ports", "ref.rates"]


def test_better_tables_fit_and_beat_the_files_own() -> None:
    columns = file("currency", "rate", "as_of")
    own = match_table(columns, PORTS)
    assert [match.table.name for match in better_tables(columns, own, [PORTS, RATES, PARTS])] == ["rates"]
    assert better_tables(columns, match_table(columns, RATES), [PORTS, RATES, PARTS]) == ()


@given(st.lists(st.text("abcdefg_0", max_size=8), max_size=6), st.sampled_from([PARTS, RATES, PORTS]))
def test_measures_stay_between_0_and_1(names: list[str], live: Table) -> None:
    found = match_table(file(*dict.fromkeys(names)), live)
    assert 0 <= found.score <= 1
    assert 0 <= found.share <= 1
    assert set(found.matched) | set(found.missing) == {column.name for column in own_columns(live)}


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_symmetric_enough_to_rank(one: str, other: str) -> None:
    assert 0 <= name_likeness(one, other) <= 1
    assert name_likeness(one, one) in (0.0, 1.0)
