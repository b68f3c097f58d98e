"""Which clustered index a table gets, with a script in the server's place: Babelfish clusters nothing."""

from __future__ import annotations

import pytest

from refdata.core import sqltypes
from refdata.core.errors import ConnectionLostError
from refdata.core.model import Column, TableName
from refdata.core.storage import TableStorage
from refdata.core.tablediff import Rows
from tests.unit.warehouse.scripted import LOST, Answer, ServerError
from tests.unit.warehouse.test_tsql_engine import COLUMNS, T, engine, live, plan, row

ROWS = "CREATE CLUSTERED INDEX [refdata_rows] ON [ref].[t] ([ref_data_load_id])"
VERSIONS = "CREATE CLUSTERED INDEX [refdata_versions] ON [bkp].[t_backup] ([ref_data_version_id])"
PAGED = f"{VERSIONS} WITH (DATA_COMPRESSION = PAGE)"


@pytest.mark.parametrize(
    ("edition", "refused", "indexes"),
    [
        ((3, 0), False, [ROWS, PAGED]),
        ((2, 0), True, [ROWS, PAGED, ROWS, VERSIONS]),
        ((6, 0), False, [ROWS, VERSIONS]),
        ((2, 1), False, [ROWS, VERSIONS]),
    ],
    ids=["compressed", "compression refused", "edition without", "Babelfish"],
)
def test_a_new_table_is_clustered_and_its_versions_are_compressed_where_the_server_can(
    edition: tuple[int, int], refused: bool, indexes: list[str]
) -> None:
    refusal = [Answer("DATA_COMPRESSION", error=ServerError(7738))] if refused else []
    made, server = engine(Answer("EngineEdition", rows=[edition]), Answer(COLUMNS, rows=[]), *refusal)
    made.align(plan(Column("a", sqltypes.INT)))
    assert [sql for sql in server.statements() if sql.startswith("CREATE CLUSTERED")] == indexes


@pytest.mark.parametrize(
    ("length", "rows", "kinds", "created"),
    [
        (20, 0, [("refdata_rows", 1)], "DROP INDEX IF EXISTS [refdata_rows]"),
        (20, 1, [("refdata_rows", 1)], "CREATE UNIQUE INDEX"),
        (1000, 0, [("refdata_rows", 1)], "CREATE UNIQUE INDEX"),
        (20, 0, [("of_somebody", 1)], "CREATE UNIQUE INDEX"),
        (20, 0, [(None, 0), ("of_somebody", 2)], "DROP INDEX IF EXISTS [refdata_rows]"),
    ],
    ids=["empty", "with rows", "wide", "clustered by somebody", "heap"],
)
def test_the_key_orders_the_rows_where_it_fits_and_none_is_there(
    length: int, rows: int, kinds: list[tuple[str | None, int]], created: str
) -> None:
    made, server = engine(
        Answer("is_clustered", rows=[]),
        live(row("code", "nvarchar", length), row("ref_data_load_id")),
        Answer("AS kind", rows=kinds),
        Answer("WHEN EXISTS", rows=[(rows,)]),
        Answer("SELECT COUNT", rows=[(0,)]),
    )
    assert made.align_key(T, ("code",)).done == "create a unique index on code"
    made_index = next(sql for sql in server.statements() if "[refdata_key]" in sql)
    assert made_index.startswith(created)
    assert ("CLUSTERED" in made_index) == (created != "CREATE UNIQUE INDEX")


def test_rows_that_do_not_fit_a_clustered_key_leave_the_table_clustered() -> None:
    made, server = engine(
        Answer("is_clustered", rows=[("refdata_key", "code", 1)]),
        live(row("code", "nvarchar", 20)),
        Answer("SELECT COUNT", rows=[(1,)]),
    )
    with made.transaction() as session:
        assert made.release_key(session, T, [Rows("[ref].[s]", ())]) == 1
    assert server.statements()[-2].endswith(ROWS)


HEAP = Answer("AS kind", rows=[(None, 0), ("refdata_key", 2)])
VERSION_COLUMNS = Answer(COLUMNS, rows=[row("code", "nvarchar", 20), row("ref_data_version_id")])


@pytest.mark.parametrize(
    ("edition", "key", "columns", "statements"),
    [
        (
            3,
            [("refdata_key", "code", 0)],
            live(row("code", "nvarchar", 20), row("ref_data_load_id")),
            [
                "DROP INDEX IF EXISTS [refdata_key] ON [ref].[t]",
                "DROP INDEX IF EXISTS [refdata_rows] ON [ref].[t];"
                " CREATE UNIQUE CLUSTERED INDEX [refdata_key] ON [ref].[t] ([code]) WITH (ONLINE = ON)",
            ],
        ),
        (
            2,
            [("refdata_key", "code", 0)],
            live(row("code", "nvarchar", 1000), row("ref_data_load_id")),
            [ROWS],
        ),
        (3, [], live(row("code"), row("ref_data_load_id")), [f"{ROWS} WITH (ONLINE = ON)"]),
        (2, [], live(row("code")), []),
    ],
    ids=["by its key", "wide key", "by load", "never loaded"],
)
def test_a_heap_is_converted(
    edition: int, key: list[tuple[str, str, int]], columns: Answer, statements: list[str]
) -> None:
    answers = Answer("is_clustered", rows=key), columns, HEAP, Answer("EngineEdition", rows=[(edition, 0)])
    made, server = engine(*answers)
    assert bool(made.cluster(T)) == bool(statements)
    assert [sql for sql in server.statements() if sql.startswith(("CREATE", "DROP"))] == statements


def test_a_version_table_is_converted_under_the_lock_of_its_live_table() -> None:
    made, server = engine(Answer("is_clustered", rows=[]), VERSION_COLUMNS, HEAP)
    assert made.cluster(TableName("bkp", "t_backup")) == "clustered by ref_data_version_id"
    assert PAGED in server.statements()
    assert ("refdata table ref.t", 60_000) in [values for _, values in server.sent]


def test_options_that_the_server_refuses_are_left_out() -> None:
    made, server = engine(
        Answer("is_clustered", rows=[]), VERSION_COLUMNS, HEAP, Answer("DATA_COMPRESSION", error=ServerError(7738))
    )
    assert made.cluster(TableName("bkp", "t_backup"))
    assert [sql for sql in server.statements() if sql.startswith("CREATE")] == [PAGED, VERSIONS]


def test_a_conversion_that_breaks_off_is_rolled_back_and_can_be_repeated() -> None:
    made, server = engine(
        Answer("is_clustered", rows=[]),
        live(row("ref_data_load_id")),
        HEAP,
        Answer("^CREATE CLUSTERED", error=LOST, times=1),
    )
    with pytest.raises(ConnectionLostError):
        made.cluster(T)
    assert server.statements()[-1].startswith("IF @@TRANCOUNT > 0 ROLLBACK")
    assert made.cluster(T) == "clustered by ref_data_load_id"


def test_a_table_with_a_clustered_index_stays_as_it_is() -> None:
    made, server = engine(live(row("ref_data_load_id")), Answer("AS kind", rows=[("of_somebody", 1)]))
    assert made.cluster(T) == ""
    assert not any(sql.startswith("CREATE") for sql in server.statements())


@pytest.mark.parametrize(
    ("edition", "refusal", "unknown"),
    [((3, 0), None, ""), ((2, 1), None, "Babelfish"), ((3, 0), ServerError(229, "denied"), "denied")],
    ids=["SQL Server", "Babelfish", "no right"],
)
def test_pages_are_reported_or_the_reason_why_not(
    edition: tuple[int, int], refusal: ServerError | None, unknown: str
) -> None:
    rows = [("ref", "t", 10, 20, 1, 30)]
    made, _ = engine(
        Answer("EngineEdition", rows=[edition]), Answer("sys.allocation_units AS", rows=rows, error=refusal)
    )
    report = made.storage()
    assert unknown in report.unknown
    assert list(report.heaps) == ([] if unknown else [TableStorage(T, 10, 20, is_heap=True, widest=30)])
