"""Which load method fills a stage, what it sends, and when another takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest

from refdata.core import sqltypes
from refdata.core.errors import CancelledError, ConfigurationError, DataError, PermissionDeniedError
from refdata.core.model import Column, TableName
from refdata.warehouse.tsql import insert
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.pool import ConnectionPool
from refdata.warehouse.tsql.staging import SMALL_CELLS, Loader, StagedBatches, choose, fill_stage
from tests.unit.warehouse.scripted import Answer, ScriptedServer, ServerError

T = TableName("ref", "stage")
COLUMNS = (Column("n", sqltypes.INT),)


def batch(rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(range(rows), pa.int32())], names=["n"])


class Taking:
    """A loader that takes the rows, fewer of them, or fails before or after the first batch."""

    def __init__(self, method: str, *, fails: str = "", lost: int = 0) -> None:
        self.method = method
        self.fails = fails
        self.lost = lost
        self.asked = 0

    def load(self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool) -> int:
        self.asked += 1
        if self.fails == "before":
            raise PermissionDeniedError("no bulk copy for you")
        taken = 0
        for one in source:
            if self.fails == "within":
                raise PermissionDeniedError("in the middle")
            taken += one.num_rows
        return taken - self.lost


def filled(loaders: Sequence[Loader], *batches: pa.RecordBatch, progress: list[int] | None = None) -> tuple[int, str]:
    seen = progress if progress is not None else []
    return fill_stage(loaders, T, COLUMNS, batches, seen.append, pool(ScriptedServer()))


def pool(server: ScriptedServer) -> ConnectionPool:
    return ConnectionPool(server.connect, lambda connection: None, size=1, patience=1)


LARGE = batch(SMALL_CELLS + 1)
CHOICES = [
    ("few values use insert", [batch(3)], "", "insert"),
    ("many values use bulk copy", [LARGE], "", "bulk"),
    ("more than one batch uses bulk copy", [batch(1), batch(1)], "", "bulk"),
    ("insert takes over before the first row", [batch(1), batch(1)], "before", "insert"),
    ("no rows use insert", [], "", "insert"),
]


@pytest.mark.parametrize(("batches", "fails", "method"), [case[1:] for case in CHOICES], ids=[c[0] for c in CHOICES])
def test_the_method_that_suits(batches: list[pa.RecordBatch], fails: str, method: str) -> None:
    rows = sum(one.num_rows for one in batches)
    assert filled([Taking("bulk", fails=fails), Taking("insert")], *batches) == (rows, method)


def test_nothing_takes_over_after_the_first_row() -> None:
    other = Taking("insert")
    with pytest.raises(PermissionDeniedError, match="in the middle"):
        filled([Taking("bulk", fails="within"), other], LARGE)
    assert other.asked == 0


def test_progress_counts_what_was_accepted() -> None:
    seen: list[int] = []
    filled([Taking("insert")], batch(2), batch(3), progress=seen)
    assert seen == [2, 5]


def test_a_server_that_took_another_number_of_rows_is_found_out() -> None:
    with pytest.raises(DataError, match="3 rows were read but the server counted 2"):
        filled([Taking("insert", lost=1)], batch(3))


def test_an_error_of_the_reader_is_not_the_servers() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield batch(1)
        yield batch(1)
        raise DataError("line 7")

    class Hiding(Taking):
        def load(
            self, target: TableName, columns: Sequence[Column], source: StagedBatches, pool: ConnectionPool
        ) -> int:
            try:
                return super().load(target, columns, source, pool)
            except DataError:
                raise PermissionDeniedError("what the library makes of it") from None

    with pytest.raises(DataError, match="line 7"):
        fill_stage([Hiding("bulk"), Taking("insert")], T, COLUMNS, broken(), lambda _: None, pool(ScriptedServer()))


WANTED = [("auto", ["bulk", "insert"]), ("bulk", ["bulk"]), ("insert", ["insert"])]


@pytest.mark.parametrize(("wanted", "chosen"), WANTED)
def test_the_setting_chooses(wanted: str, chosen: list[str]) -> None:
    assert [loader.method for loader in choose([Taking("bulk"), Taking("insert")], wanted)] == chosen


def test_a_method_that_the_engine_lacks_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="does not have the load method bulk"):
        choose([Taking("insert")], "bulk")


def sent_by_insert(server: ScriptedServer, *batches: pa.RecordBatch, batch_size: int = 1000) -> int:
    source = StagedBatches(batches, lambda _: None)
    return InsertLoader(server, batch_size).load(T, COLUMNS, source, pool(server))


def counting(rows: int) -> ScriptedServer:
    return ScriptedServer([Answer("^INSERT", count=rows)])


def test_each_batch_is_one_transaction_of_few_statements() -> None:
    server = counting(2)
    assert sent_by_insert(server, batch(4), batch(2), batch_size=2) == 6
    head = "INSERT INTO [ref].[stage] ([n]) VALUES\n"
    begin, commit = "BEGIN TRANSACTION", "COMMIT TRANSACTION"
    tail = "\nOPTION (RECOMPILE)"
    first = [begin, f"{head}(0),\n(1){tail}", f"{head}(2),\n(3){tail}", commit]
    assert server.statements() == [*first, begin, f"{head}(0),\n(1){tail}", commit]


def test_a_statement_stays_within_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insert, "MAX_BYTES", 7)
    server = counting(2)
    sent_by_insert(server, batch(4))
    assert len(server.statements("TRANSACTION")) == 2


def test_a_refused_row_ends_the_load_without_its_value() -> None:
    server = ScriptedServer([Answer("^INSERT", error=ServerError(2628, "Truncated value: 'C4nary'."))])
    with pytest.raises(DataError) as refused:
        sent_by_insert(server, batch(1))
    assert "C4nary" not in str(refused.value)
    assert server.statements()[-1].startswith("INSERT")


def test_a_load_that_was_stopped_sends_no_further_statement() -> None:
    server = counting(1)

    def stop() -> None:
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        InsertLoader(server, 10).load(T, COLUMNS, StagedBatches([batch(1)], lambda _: None, stop), pool(server))
    assert server.statements("TRANSACTION") == []
