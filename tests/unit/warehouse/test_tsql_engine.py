"""The engine's statements to a T-SQL server and its use of the answers, with a script in the server's place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from airflow.sdk import Asset

from refdata.core import alignment, sqltypes
from refdata.core.errors import (
    CancelledError,
    ConfigurationError,
    ConnectionLostError,
    DataError,
    DeadlockError,
    LockTimeoutError,
    PermissionDeniedError,
    RefdataError,
    SchemaError,
    SupersededError,
    ThrottledError,
)
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column, LoadType, Publication, Stage, TableName
from refdata.core.schemasteps import LATEST
from refdata.core.settings import Settings
from refdata.core.sqltypes import SqlType
from refdata.warehouse.tsql.driver import server_address
from refdata.warehouse.tsql.engine import PUBLISH_TRIES, TsqlWarehouse
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.pool import close_pools
from refdata.warehouse.tsql.scripts import GRANT_SCRIPTS
from tests.unit.warehouse.scripted import DEADLOCK, LOST, Answer, ScriptedServer, ServerError

T = TableName("ref", "t")
STAGE = Stage(T, 7, 1)
PUBLICATION = Publication(STAGE, LoadType.APPEND, ("a",), 2, 0, "insert", datetime(2024, 12, 1))  # noqa: DTZ001
GRANTED = Answer("sp_getapplock", rows=[(0,)])
EDITION = Answer("EngineEdition", rows=[(2, 0)])
NO_TABLES = Answer("sys.tables AS t\nJOIN sys.schemas AS s ON s.schema_id = t.schema_id\nWHERE", rows=[])
COLUMNS = r"FROM sys\.all_columns AS c"
HIDDEN = ("^-- Purpose: .*lock", "TRANSACTION$", COLUMNS)


def row(name: str, type_name: str = "int", length: int = 4, **flags: int) -> tuple[Any, ...]:
    """A row of the catalog."""
    flags = {"identity": 0, "computed": 0, "default": 0, "utf8": 0} | flags
    return (name, type_name, length, 10, 0, 0, 1, "Latin1_General_CI_AS" if length > 4 else None, *flags.values(), "")


def live(*rows: tuple[Any, ...], table: str | None = None) -> Answer:
    """The columns of the live table, or of another one."""
    return Answer(COLUMNS, rows=list(rows), values=("ref", table) if table else None)


@pytest.fixture(autouse=True)
def _no_pools() -> Iterator[None]:
    yield
    close_pools()


def engine(
    *answers: Answer, waited: list[float] | None = None, **settings: Any
) -> tuple[TsqlWarehouse, ScriptedServer]:
    server = ScriptedServer([*answers, GRANTED, NO_TABLES, EDITION])
    chosen = Settings(**settings)
    sleep = (waited if waited is not None else []).append
    loader = InsertLoader(server, 1000)
    return TsqlWarehouse("mssql", server, chosen, [loader], key=str(id(server)), sleep=sleep), server


def test_a_transaction_commits_or_rolls_back() -> None:
    made, server = engine()
    with made.transaction() as session:
        assert session.execute("UPDATE x") == -1
    with pytest.raises(ZeroDivisionError), made.transaction():
        raise ZeroDivisionError
    begin = "BEGIN TRANSACTION"
    rollback = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"
    assert server.statements() == [begin, "UPDATE x", "COMMIT TRANSACTION", begin, rollback]
    assert server.connections[0].closed


def test_a_connection_is_prepared_once_and_checked_before_it_is_used_again() -> None:
    made, server = engine(lock_timeout=1.5)
    for _ in range(2):
        with made.transaction():
            pass
    prepared = [sql for sql, _ in server.sent if sql.startswith("SET XACT_ABORT ON")]
    assert len(prepared) == 1
    assert prepared[0].endswith("SET LOCK_TIMEOUT 1500")
    assert [sql for sql, _ in server.sent].count("SELECT 1") == 1


LOCKS: list[tuple[int, type[RefdataError] | None]] = [
    (0, None),
    (1, None),
    (-1, LockTimeoutError),
    (-3, DeadlockError),
    (-999, LockTimeoutError),
]


@pytest.mark.parametrize(("answer", "error"), LOCKS)
def test_a_lock_is_granted_or_says_why_not(answer: int, error: type[RefdataError] | None) -> None:
    made, _ = engine(Answer("sp_getapplock", rows=[(answer,)]))
    if error is None:
        with made.transaction(lock="x"):
            pass
    else:
        with pytest.raises(error), made.transaction(lock="x"):
            pass


def test_a_long_lock_keeps_its_own_name_within_the_limit() -> None:
    made, server = engine()
    for lock in ("x" * 300, "x" * 299 + "y"):
        with made.transaction(lock=lock):
            pass
    names = [str(values[0]) for sql, values in server.sent if "sp_getapplock" in sql]
    assert len(set(names)) == 2
    assert all(len(name) <= 255 for name in names)


RESULTS: list[tuple[list[list[tuple[Any, ...]] | None], list[tuple[Any, ...]]]] = [
    ([None, [(2,)]], [(2,)]),
    ([None, None], []),
]


@pytest.mark.parametrize(("sets", "rows"), RESULTS)
def test_rows_are_those_of_the_first_result_that_has_columns(
    sets: list[list[tuple[Any, ...]] | None], rows: list[tuple[Any, ...]]
) -> None:
    class Several(ScriptedServer):
        def execute(self, cursor: Any, sql: str, values: Any) -> None:
            cursor.sets = list(sets)

    from refdata.warehouse.tsql.driver import TsqlSession

    server = Several()
    assert TsqlSession(server.connect(), server).query("x") == rows


def test_the_database_names_itself() -> None:
    made, _ = engine(Answer("DB_NAME", rows=[("refdata",)]))
    assert (made.engine, made.database) == ("mssql", "refdata")


def test_its_address_is_one_that_airflow_takes() -> None:
    server = ScriptedServer([Answer("DB_NAME", rows=[("ref data",)])])
    made = TsqlWarehouse("mssql", server, Settings(), [], key=str(id(server)), server=server_address("sql01", None))
    address = f"{made.address}/ref/cities"
    assert Asset(address).uri == address == "mssql://sql01:1433/ref%20data/ref/cities"


def history(version: int | None) -> list[Answer]:
    """A database whose own tables are at a version; None where there are none."""
    names = [] if version is None else [("reference_data_schema",)]
    number = Answer(r"FROM \[ref\]\.\[Reference_Data_Schema\]", rows=[(version,)])
    return [Answer("WHERE s.name = \\?\nORDER BY t.name", rows=names), number]


@pytest.mark.parametrize(("version", "known"), [(None, 0), (1, 1), (LATEST, LATEST)])
def test_the_version_of_its_own_tables(version: int | None, known: int) -> None:
    assert engine(*history(version))[0].schema_version() == known


@pytest.mark.parametrize("version", range(LATEST + 1))
def test_an_old_database_is_upgraded_from_where_it_is(version: int) -> None:
    made, server = engine(*history(version or None))
    change = made.initialise()
    assert (change.before, change.after) == (version, LATEST)
    recorded = [values[0] for sql, values in server.sent if "INSERT INTO [ref].[Reference_Data_Schema]" in sql]
    assert recorded == list(range(version + 1, LATEST + 1))
    created = [sql for sql in server.statements() if "CREATE PROCEDURE" in sql]
    assert len(created) == (0 if version == LATEST else 2)


def test_procedures_that_the_login_may_not_create_are_left_out() -> None:
    made, _ = engine(*history(1), Answer("CREATE PROCEDURE", error=ServerError(262)))
    assert made.initialise().after == LATEST


def test_a_login_gets_its_rights_one_script_at_a_time() -> None:
    made, server = engine(*history(LATEST))
    made.provision("loader")
    assert len([sql for sql in server.statements() if "loader" in sql or "GRANT" in sql or "ROLE" in sql]) >= len(
        GRANT_SCRIPTS
    )


def plan(*columns: Column) -> alignment.Alignment:
    scanned = [ScannedColumn(one.name, one.name, one.type, sqltypes.text_width(one.type)) for one in columns]
    return alignment.align(T, None, scanned, min_match=0)


def changes(server: ScriptedServer) -> list[str]:
    return [sql for sql in server.statements() if sql.startswith(("CREATE TABLE", "ALTER TABLE", "UPDATE"))]


def test_a_table_and_its_backup_are_created_together() -> None:
    made, server = engine(Answer(COLUMNS, rows=[]))
    made.align(plan(Column("a", sqltypes.INT)))
    created = [sql.partition(" (")[0] for sql in changes(server)]
    assert created == ["CREATE TABLE [ref].[t]", "CREATE TABLE [bkp].[t_backup]"]


def test_a_table_that_is_there_is_widened_under_its_own_collation() -> None:
    text = sqltypes.SqlType(sqltypes.TypeKind.NVARCHAR, length=50)
    made, server = engine(
        live(row("a", "nvarchar", 20), row("n"), table="t"),
        Answer(COLUMNS, rows=[row("a", "nvarchar", 100), row("b"), row("n")]),
    )
    made.align(plan(Column("a", text), Column("b", sqltypes.INT), Column("n", sqltypes.INT)))
    of_table = [sql for sql in changes(server) if "[ref].[t]" in sql]
    assert of_table[0] == "ALTER TABLE [ref].[t] ALTER COLUMN [a] NVARCHAR(50) COLLATE Latin1_General_CI_AS"
    assert of_table[1] == "ALTER TABLE [ref].[t] ADD [b] INT NULL"


REFUSED: list[tuple[ServerError, type[RefdataError]]] = [
    (ServerError(5074), SchemaError),
    (ServerError(4711), SchemaError),
    (ServerError(229), PermissionDeniedError),
    (DEADLOCK, DeadlockError),
]


@pytest.mark.parametrize(("refusal", "error"), REFUSED, ids=[str(case[0]) for case in REFUSED])
def test_a_change_that_the_server_refuses(refusal: ServerError, error: type[RefdataError]) -> None:
    made, _ = engine(Answer(COLUMNS, rows=[]), Answer("^CREATE TABLE", error=refusal))
    with pytest.raises(error):
        made.align(plan(Column("a", sqltypes.INT)))


def test_tables_are_those_of_the_schema_without_refdatas_own() -> None:
    names = [("t",), ("file_monitor_tracking",), ("t_stage_7_1",)]
    made, _ = engine(Answer("ORDER BY t.name", rows=names), live(row("a"), row("v", computed=1)))
    found = made.tables("ref")
    assert [(table.name, [column.name for column in table.columns]) for table in found] == [(T, ["a"])]
    assert made.stages() == (STAGE,)
    staged = made.staged(STAGE)
    assert staged is not None
    assert staged.name.name == "t_stage_7_1"


def batch() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([1, 2])], names=["a"])


def test_a_stage_is_made_and_filled() -> None:
    made, server = engine(Answer("^INSERT", count=2))
    assert made.stage(STAGE, (Column("a", sqltypes.INT),), [batch()], lambda _: None) == (2, "insert")
    dropped = [f"DROP TABLE IF EXISTS [{schema}].[t_stage_7_1]" for schema in ("ref_stage", "ref")]
    created = "CREATE TABLE [ref].[t_stage_7_1] (\n    [a] INT NULL\n)"
    filled = "INSERT INTO [ref].[t_stage_7_1] ([a]) VALUES\n(1),\n(2)\nOPTION (RECOMPILE)"
    assert server.statements("TRANSACTION$", "is_usable", "temporal_type") == [*dropped, created, filled]


@pytest.mark.parametrize("stays", [False, True])
def test_a_stage_that_failed_is_dropped_and_the_first_error_is_reported(*, stays: bool) -> None:
    drops = Answer("^DROP", error=LOST) if stays else Answer("^DROP")
    once = Answer("^DROP", times=2)
    made, server = engine(once, drops, Answer("^INSERT", error=ServerError(2628)))
    with pytest.raises(DataError):
        made.stage(STAGE, (Column("a", sqltypes.INT),), [batch()], lambda _: None)
    assert server.statements("TRANSACTION")[-1].startswith("DROP TABLE")


def test_a_load_that_was_broken_off_stages_nothing_more() -> None:
    made, server = engine(Answer("^INSERT", count=2))
    thread = threading.Thread(target=made.break_off)
    thread.start()
    thread.join()
    with pytest.raises(CancelledError):
        made.stage(STAGE, (Column("a", sqltypes.INT),), [batch()], lambda _: None)
    assert not any(sql.startswith("INSERT") for sql in server.statements())


def publishing(
    *answers: Answer, rows: int = 2, marked: int = 1, **settings: Any
) -> tuple[TsqlWarehouse, ScriptedServer]:
    return engine(
        Answer("FROM sys.indexes", rows=[]),
        *answers,
        Answer("TABLOCKX", rows=[(1,)]),
        Answer("SELECT status, attempt, rows_loaded", rows=[("processing", 1, *(None,) * 5)]),
        Answer("MAX\\(", rows=[(4,)]),
        Answer("^INSERT INTO \\[ref\\].\\[t\\]", count=rows),
        Answer("SET status = 'loaded'", count=marked),
        **{"statistics_share": 1.0, **settings},
    )


def test_publishing_takes_the_locks_holds_readers_and_marks_the_load() -> None:
    made, server = publishing(live(row("a"), row("ref_data_load_id")))
    done = made.publish(PUBLICATION)
    assert (done.rows, done.version) == (2, 5)
    sent = server.statements()
    held = next(number for number, sql in enumerate(sent) if "TABLOCKX, HOLDLOCK" in sql)
    inserted = next(number for number, sql in enumerate(sent) if sql.startswith("INSERT INTO [ref].[t] "))
    assert held < inserted
    assert sent[-1] == "COMMIT TRANSACTION"
    assert not any("IDENTITY_INSERT" in sql for sql in sent)


def test_numbers_for_an_identity_column_are_let_in_whatever_its_case() -> None:
    made, server = publishing(live(row("A", identity=1)))
    made.publish(PUBLICATION)
    switches = [sql for sql in server.statements() if "IDENTITY_INSERT" in sql]
    assert switches == ["SET IDENTITY_INSERT [ref].[t] ON", "SET IDENTITY_INSERT [ref].[t] OFF"]


@pytest.mark.parametrize("error", [DEADLOCK, LOST, ServerError(40197)])
@pytest.mark.parametrize("times", range(1, PUBLISH_TRIES + 1))
def test_publishing_is_tried_again_after_what_passes(error: ServerError, times: int) -> None:
    waited: list[float] = []
    made, _ = publishing(Answer("TABLOCKX", error=error, times=times), live(row("a")), waited=waited)
    if times < PUBLISH_TRIES:
        assert made.publish(PUBLICATION).version == 5
    else:
        with pytest.raises((DeadlockError, ConnectionLostError, ThrottledError)):
            made.publish(PUBLICATION)
    assert len(waited) == min(times, PUBLISH_TRIES - 1)


def test_publishing_leaves_all_as_it_was_when_the_counts_differ() -> None:
    made, server = publishing(live(row("a")), rows=1)
    with pytest.raises(DataError, match="2 rows were staged and 1 would be published"):
        made.publish(PUBLICATION)
    assert server.statements()[-1].startswith("IF @@TRANCOUNT > 0 ROLLBACK")


def test_an_attempt_that_was_overtaken_publishes_nothing() -> None:
    made, _ = publishing(live(row("a")), marked=0)
    with pytest.raises(SupersededError):
        made.publish(PUBLICATION)


def test_a_table_that_is_gone_is_neither_published_to_nor_replaced() -> None:
    made, _ = publishing(Answer(COLUMNS, rows=[]))
    with pytest.raises(SchemaError, match="was dropped during its load"):
        made.publish(PUBLICATION)
    with pytest.raises(SchemaError, match="was dropped during its load"), made.replacing(T):
        pass


def test_a_full_load_keeps_the_version_before_it_empties_the_table() -> None:
    made, server = publishing(live(row("a")))
    made.publish(replace(PUBLICATION, load_type=LoadType.FULL))
    order = [sql.partition(" ")[0] for sql in server.statements(*HIDDEN) if "[t" in sql and "DECLARE" not in sql]
    assert order == ["SELECT", "INSERT", "DELETE", "INSERT"]


@pytest.mark.parametrize(("refused", "pauses"), [(0, 0), (3, 3)])
def test_a_publish_lets_waiting_readers_through_and_tries_again(refused: int, pauses: int) -> None:
    waited: list[float] = []
    busy = Answer("TABLOCKX", rows=[(0,)], times=refused)
    made, server = publishing(busy, live(row("a")), waited=waited, publish_lock_wait=0.5, lock_timeout=3)
    assert made.publish(replace(PUBLICATION, load_type=LoadType.FULL)).version == 5
    assert waited == [0.5] * pauses
    tries = [sql for sql in server.statements() if "TABLOCKX" in sql]
    assert all("SET LOCK_TIMEOUT 500;" in sql and "SET LOCK_TIMEOUT 3000;" in sql for sql in tries)
    kept = [sql.startswith("INSERT INTO [bkp]") for sql in server.statements()]
    assert sum(kept) == 1  # the rows of the version are copied once


def test_a_publish_that_readers_keep_out_for_too_long_is_a_passing_failure() -> None:
    made, _ = publishing(Answer("TABLOCKX", rows=[(0,)]), live(row("a")), publish_lock_wait=1, lock_timeout=2)
    with pytest.raises(LockTimeoutError, match=r"Other sessions have read ref\.t without a pause for 2 s"):
        made.publish(PUBLICATION)


def test_widening_changes_the_version_table_first_and_by_itself() -> None:
    wider = alignment.Widening(Column("a", sqltypes.text(50)), Column("a", sqltypes.text(5)))
    plan = alignment.Alignment(T, False, (), (wider,), (Column("a", sqltypes.text(50)),), ())
    made, server = engine(Answer("FROM sys.indexes", rows=[]), live(row("a", "nvarchar", 10)))
    made.align(plan)
    sent = server.statements()
    altered = [number for number, sql in enumerate(sent) if sql.startswith("ALTER TABLE [bkp].[t_backup]")]
    live_altered = next(number for number, sql in enumerate(sent) if sql.startswith("ALTER TABLE [ref].[t]"))
    assert altered[0] < sent.index("COMMIT TRANSACTION") < live_altered


@pytest.mark.parametrize(("failures", "pauses"), [(0, 0), (2, 2)])
def test_a_change_of_columns_lets_waiting_readers_through_and_tries_again(failures: int, pauses: int) -> None:
    plan = alignment.Alignment(T, False, (), (), (Column("a", sqltypes.INT), Column("b", sqltypes.INT)), ())
    waited: list[float] = []
    busy = Answer(r"^ALTER TABLE \[ref\]", error=ServerError(1222), times=failures)
    made, server = engine(busy, live(row("a")), waited=waited, publish_lock_wait=5, lock_timeout=60)
    made.align(plan)
    assert waited == [1.0] * pauses
    limits = [sql for sql in server.statements() if sql.startswith("SET LOCK_TIMEOUT")]
    assert limits == ["SET LOCK_TIMEOUT 5000", "SET LOCK_TIMEOUT 60000", *["SET LOCK_TIMEOUT 5000"] * (failures + 1),
                      "SET LOCK_TIMEOUT 60000"]  # fmt: skip


def test_a_change_that_readers_keep_out_for_too_long_is_a_passing_failure() -> None:
    plan = alignment.Alignment(T, False, (), (), (Column("a", sqltypes.INT), Column("b", sqltypes.INT)), ())
    waited: list[float] = []
    busy = Answer(r"^ALTER TABLE \[ref\]", error=ServerError(1222))
    made, _ = engine(busy, live(row("a")), waited=waited, publish_lock_wait=5, lock_timeout=20)
    with pytest.raises(LockTimeoutError):
        made.align(plan)
    assert len(waited) == 3


HEAPS = [
    # old type, type in the file, kinds of the table's indexes, whether it is written again
    ("bit", sqltypes.text(5), [(None, 0)], True),
    ("bit", sqltypes.text(5), [("refdata_rows", 1)], False),
    ("bit", sqltypes.text(5), [("mine", 1)], False),
    ("int", sqltypes.BIGINT, [(None, 0)], False),
]


@pytest.mark.parametrize(("old", "new", "indexes", "again"), HEAPS)
def test_a_heap_whose_rows_an_interim_column_moved_is_written_again(
    old: str, new: SqlType, indexes: list[tuple[Any, ...]], *, again: bool
) -> None:
    column = Column("a", new)
    plan = alignment.Alignment(T, False, (), (alignment.Widening(column, column),), (column,), ())
    made, server = engine(
        Answer("is_unique = 1", rows=[]), Answer("FROM sys.indexes", rows=indexes), live(row("a", old))
    )
    made.align(plan)
    sent = server.statements()
    assert ("ALTER TABLE [ref].[t] REBUILD" in sent) == again
    assert ("ALTER TABLE [ref].[t] DROP COLUMN [refdata widening]" in sent) == (old == "bit")


def test_replacing_lends_the_locked_table() -> None:
    made, server = engine(live(row("a")))
    with made.replacing(T) as (session, table):
        session.execute("DELETE")
        assert table.name == T
    assert [values[0] for sql, values in server.sent if "sp_getapplock" in sql][1] == "refdata table ref.t"


def test_reading_and_changing_a_stage_name_it() -> None:
    made, _ = engine()
    with made.reading_stage(STAGE) as (_, name):
        assert name == "[ref].[t_stage_7_1]"
    with made.changing_stage(STAGE) as (_, name):
        assert name == "[ref].[t_stage_7_1]"


def test_a_site_without_a_procedure_validates_nothing() -> None:
    made, _ = engine(Answer("sys.procedures", rows=[]))
    assert made.validate(STAGE) is None


def test_a_procedure_gets_the_parameters_that_it_declares_and_its_pieces_are_joined() -> None:
    verdict = '{"validation_result": false, "validation_issue_list": [{"issue": "12 codes are new"}]}'
    made, server = engine(
        Answer("sys.procedures", rows=[("@Stage_Table",), ("@LOAD_ID",), ("@other",)]),
        Answer("^EXEC", rows=[(verdict[:20],), (verdict[20:],)]),
    )
    found = made.validate(STAGE)
    assert found is not None
    assert "12 codes are new" in str(found)
    sent = next(call for call in server.sent if call[0].startswith("EXEC"))
    assert sent == (
        "EXEC [ref].[sp_ref_validate_t] @Stage_Table = ?, @LOAD_ID = ?",
        ("[ref].[t_stage_7_1]", 7),
    )


def test_the_procedure_after_a_load_is_called_by_name() -> None:
    made, server = engine(Answer("sys.procedures", rows=[("@table_name",)]))
    made.call_procedure("[my schema].after", {"table_name": "t", "version": 3})
    assert ("EXEC [my schema].[after] @table_name = ?", ("t",)) in server.sent
    missing, _ = engine(Answer("sys.procedures", rows=[]))
    with pytest.raises(ConfigurationError, match=r"There is no procedure dbo\.after"):
        missing.call_procedure("after", {})
    with pytest.raises(ConfigurationError, match="is not a procedure name"):
        missing.call_procedure("a.b.c", {})


def test_a_server_is_diagnosed_over_a_line_of_its_own() -> None:
    made, server = engine(Answer("fn_my_permissions|HAS_PERMS", rows=[("database", "x", 1)]), live(row("id")))
    assert made.diagnose().ok
    assert server.connections[0].closed
