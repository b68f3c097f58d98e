"""Which index a key gets, and what its statements are in each engine's SQL."""

from __future__ import annotations

import pytest

from refdata.core.capabilities import Capabilities
from refdata.core.contract import Contract
from refdata.core.indexes import UniqueIndex
from refdata.core.keyindex import equal_keys, index_key, is_own, repeated_keys
from refdata.core.model import Column, TableName
from refdata.core.sqltypes import BIGINT, DATE, INT, SqlType, TypeKind, decimal, text
from refdata.core.tablediff import Rows
from refdata.warehouse.sqlite.capabilities import SqliteCapabilities
from refdata.warehouse.tsql.capabilities import TsqlCapabilities

TABLE = TableName("ref", "t")
TEXT_848, TEXT_850, TEXT_851 = (SqlType(TypeKind.NVARCHAR, length=length) for length in (848, 850, 851))
CODE, NUMBER = Column("code", text(10)), Column("n", INT)


@pytest.mark.parametrize(
    ("key", "want"),
    [(("code",), ("code",)), (("N", "Code"), ("n", "code")), (("code", "gone"), ()), ((), ())],
)
def test_the_key_is_spelled_as_the_table_spells_it(key: tuple[str, ...], want: tuple[str, ...]) -> None:
    assert index_key(Contract(table="t", primary_key=key or None), (CODE, NUMBER)) == want


@pytest.mark.parametrize(
    ("kinds", "problem"),
    [
        ((TEXT_850,), ""),
        ((TEXT_851,), "can have 1702 bytes"),
        ((TEXT_848, INT), ""),
        ((TEXT_848, INT, SqlType(TypeKind.BIT)), "can have 1701 bytes"),
        ((SqlType(TypeKind.NVARCHAR),), "the length of c0 is not limited"),
        ((INT, SqlType(TypeKind.NVARCHAR)), "the length of c1 is not limited"),
        ((decimal(38, 2), DATE, BIGINT), ""),
        ((INT,) * 32, ""),
        ((INT,) * 33, "33 columns"),
    ],
)
def test_a_key_beyond_the_servers_limits_gets_no_index(kinds: tuple[SqlType, ...], problem: str) -> None:
    columns = [Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    found = TsqlCapabilities().index_limit(columns)
    assert problem in found
    assert bool(problem) == bool(found)
    assert SqliteCapabilities().index_limit(columns) == ""


@pytest.mark.parametrize(
    ("engine", "online", "want"),
    [
        (TsqlCapabilities(), False, "CREATE UNIQUE INDEX [refdata_key] ON [ref].[t] ([code], [n])"),
        (TsqlCapabilities(), True, "CREATE UNIQUE INDEX [refdata_key] ON [ref].[t] ([code], [n]) WITH (ONLINE = ON)"),
        (SqliteCapabilities(), False, "CREATE UNIQUE INDEX [ref].[t refdata_key] ON [t] ([code], [n])"),
    ],
)
def test_an_index_is_created_online_where_the_server_can(engine: Capabilities, online: bool, want: str) -> None:
    assert engine.create_key_index(TABLE, ("code", "n"), online=online).sql == want


def test_a_clustered_key_takes_the_place_of_the_index_by_load_and_gives_it_back() -> None:
    engine = TsqlCapabilities()
    assert engine.create_key_index(TABLE, ("code",), online=False, clustered=True).sql == (
        "DROP INDEX IF EXISTS [refdata_rows] ON [ref].[t];"
        " CREATE UNIQUE CLUSTERED INDEX [refdata_key] ON [ref].[t] ([code])"
    )
    assert engine.drop_key_index(TABLE, clustered=True).sql == (
        "DROP INDEX IF EXISTS [refdata_key] ON [ref].[t];"
        " CREATE CLUSTERED INDEX [refdata_rows] ON [ref].[t] ([ref_data_load_id])"
    )


@pytest.mark.parametrize(
    ("kinds", "fits"),
    [
        ((SqlType(TypeKind.NVARCHAR, length=450),), True),
        ((SqlType(TypeKind.NVARCHAR, length=451),), False),
        ((SqlType(TypeKind.NVARCHAR, length=440), INT, INT), True),
        ((SqlType(TypeKind.NVARCHAR),), False),
        ((INT,) * 33, False),
    ],
)
def test_a_key_of_up_to_900_bytes_orders_the_rows(kinds: tuple[SqlType, ...], fits: bool) -> None:
    assert TsqlCapabilities().clusters([Column(f"c{number}", kind) for number, kind in enumerate(kinds)]) == fits


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("refdata_key", True),
        ("t refdata_key", True),
        ("refdata_keyt309b75b436e09c874f21c30693720678", True),
        ("refdata_key_of_somebody", False),
        ("PK_t", False),
    ],
)
def test_the_own_index_is_recognised_in_each_catalog(name: str, own: bool) -> None:
    assert is_own(name, TABLE) == own


def test_an_index_covers_a_key_in_any_order_but_not_a_part_of_it() -> None:
    index = UniqueIndex("i", ("Code", "n"))
    assert index.covers(("N", "code"))
    assert not index.covers(("code",))
    assert not index.covers(())


def test_exact_repeats_compare_text_by_what_the_engine_needs() -> None:
    rows = Rows("[ref].[t]", (CODE, NUMBER), "v = ?", (3,))
    exact = repeated_keys(TsqlCapabilities(), rows, (CODE, NUMBER), exactly=True)
    assert "GROUP BY [code] COLLATE Latin1_General_BIN2, DATALENGTH([code]), [n] HAVING" in exact.sql
    assert exact.values == (3,)
    assert "GROUP BY [code], [n] HAVING" in repeated_keys(TsqlCapabilities(), rows, (CODE, NUMBER), exactly=False).sql


def test_the_live_columns_collation_decides_which_staged_keys_are_equal() -> None:
    sql = equal_keys(TsqlCapabilities(), ("[a]", "[b]"), (CODE, NUMBER), {"code": "Turkish_CI_AS"}).sql
    assert sql.count("[code] COLLATE Turkish_CI_AS AS [code], [n] FROM") == 2
    assert "GROUP BY [code], [n] HAVING COUNT(*) > 1" in sql
