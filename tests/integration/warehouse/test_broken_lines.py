"""The server goes away, or chooses a deadlock victim: nothing is half done, and a retry does it once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from refdata.core.errors import ConnectionLostError, DeadlockError, TransientError
from refdata.core.model import LoadType, Stage
from refdata.ledger import Ledger
from refdata.warehouse.connect import open_warehouse
from tests.integration.engines import TSQL, Database, Server
from tests.integration.relay import Relay
from tests.integration.warehouse.conftest import NOW, Loads, dropped
from tests.integration.warehouse.test_publishing import COLUMNS, batch, live, ready
from tests.integration.warehouse.test_staging import COLUMNS as STAGED
from tests.integration.warehouse.test_staging import batches


class Lines:
    """The lines to the server and to its bulk port."""

    def __init__(self, server: Server) -> None:
        self.main = Relay(server.host, server.port)
        self.bulk = Relay(server.host, int(server.extra.get("bulk_port", server.port)))

    def cut(self, *, refuse: bool = False) -> None:
        self.main.cut(refuse=refuse)
        self.bulk.cut(refuse=refuse)

    def restore(self) -> None:
        self.main.restore()
        self.bulk.restore()

    def close(self) -> None:
        self.main.close()
        self.bulk.close()


@pytest.fixture(params=TSQL)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines(Server.named())
    yield made
    made.close()


@pytest.fixture
def weak(database: Database, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> Loads:
    """The same database by way of lines that a test can cut."""
    connection = Server.named().connection(database.engine, host="127.0.0.1", port=lines.main.port)
    if database.engine == "mssql":
        connection["extra"]["bulk_port"] = lines.bulk.port
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_WEAK", json.dumps(connection))
    reached = database.reopened(conn_id="refdata_weak", connect_timeout=2, retry_delay=3)
    return Loads(reached)


def test_an_idle_connection_that_broke_is_replaced(weak: Loads, lines: Lines) -> None:
    weak.register("a.csv")
    lines.cut()
    assert weak.ledger.get(weak.register("a.csv").id) is not None


def test_a_server_that_stays_away_is_a_transient_error(weak: Loads, lines: Lines) -> None:
    row = weak.register("a.csv")
    lines.cut(refuse=True)
    with pytest.raises(ConnectionLostError) as caught:
        weak.ledger.get(row.id)
    assert Server.named().password not in str(caught.value)
    lines.restore()
    assert weak.ledger.get(row.id) == row


def test_a_line_that_breaks_while_a_file_is_registered_leaves_one_row(weak: Loads, lines: Lines) -> None:
    for after in (False, True):
        lines.main.cut_at("COMMIT TRANSACTION", after=after)
        with pytest.raises(ConnectionLostError):
            weak.register(f"{after}.csv")
        weak.register(f"{after}.csv")
    assert len(weak.ledger.page().files) == 2


def test_a_line_that_breaks_while_rows_are_staged_leaves_the_table(weak: Loads, lines: Lines) -> None:
    weak.load("1.csv", COLUMNS, batch((1, "x")))
    stage = Stage(weak.database.table("t"), 5, 1)

    def report(rows: int) -> None:
        if rows == 3:
            lines.cut()

    with pytest.raises(TransientError):
        weak.database.warehouse.stage(stage, STAGED, batches(400), report)
    assert live(weak) == [(1, "x")]
    assert weak.database.warehouse.stage(stage, STAGED, batches(4), lambda rows: None)[0] == 12


@pytest.mark.parametrize("load_type", [LoadType.FULL, LoadType.APPEND])
@pytest.mark.parametrize(
    ("text", "after"), [("SET status = 'loaded'", False), ("COMMIT TRANSACTION", False), ("COMMIT TRANSACTION", True)]
)
def test_a_line_that_breaks_while_publishing_publishes_once(
    weak: Loads, lines: Lines, load_type: LoadType, text: str, after: bool
) -> None:
    request = ready(weak, "1.csv", (1, "x"), load_type=load_type)
    lines.main.cut_at(text, after=after)
    published = weak.database.warehouse.publish(request)
    assert (published.rows, published.version, live(weak)) == (1, 1, [(1, "x")])


def test_a_server_that_stays_away_while_publishing_leaves_the_table(weak: Loads, lines: Lines) -> None:
    weak.load("1.csv", COLUMNS, batch((1, "x")))
    request = ready(weak, "2.csv", (2, "y"))
    weak.database.warehouse = open_warehouse(weak.database.settings)
    lines.cut(refuse=True)
    with pytest.raises(ConnectionLostError):
        weak.database.warehouse.publish(request)
    lines.restore()
    assert live(weak) == [(1, "x")]
    assert weak.database.warehouse.publish(request).rows == 1
    assert live(weak) == [(2, "y")]


def test_two_transactions_that_wait_for_each_other_are_a_deadlock(database: Database) -> None:
    database.run("CREATE TABLE ref.one (a INT)")
    database.run("CREATE TABLE ref.two (a INT)")
    for name in ("one", "two"):
        database.run(f"INSERT INTO ref.{name} VALUES (0)")
    met = threading.Barrier(2)
    caught: list[BaseException] = []

    def work(first: str, second: str) -> None:
        try:
            with database.warehouse.transaction() as session:
                session.execute(database.named(f"UPDATE ref.{first} SET a = a + 1"))
                met.wait(30)
                session.execute(database.named(f"UPDATE ref.{second} SET a = a + 1"))
        except DeadlockError as error:
            caught.append(error)

    threads = [threading.Thread(target=work, args=names) for names in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [type(error) for error in caught] == [DeadlockError]
    assert database.rows("SELECT a FROM ref.one") == [(1,)]


def test_a_publish_that_was_the_deadlock_victim_is_tried_again(
    loads: Loads, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    request = ready(loads, "1.csv", (1, "x"))
    holds, marking = threading.Event(), threading.Event()
    statement = loads.database.warehouse.statement

    def watched(name: str) -> str:
        if name == "mark_loaded":
            marking.set()
        return statement(name)

    def other() -> None:
        """Holds the ledger's row, which the publish wants last, and then wants the table that it holds."""
        with loads.database.warehouse.transaction() as session:
            session.execute("SET DEADLOCK_PRIORITY HIGH")
            session.execute(loads.database.named("UPDATE ref.File_Monitor_Tracking SET warnings = NULL"))
            holds.set()
            marking.wait(30)
            time.sleep(0.3)
            session.execute(loads.database.named("TRUNCATE TABLE ref.t"))
            session.execute("SET DEADLOCK_PRIORITY LOW")

    monkeypatch.setattr(loads.database.warehouse, "statement", watched)
    thread = threading.Thread(target=other)
    thread.start()
    holds.wait(30)
    with caplog.at_level("WARNING", "refdata.warehouse"):
        published = loads.database.warehouse.publish(request)
    thread.join(60)
    assert (published.rows, live(loads)) == (1, [(1, "x")])
    assert "is retried" in caplog.text


def test_a_lost_connection_in_the_ledger_names_no_secret(weak: Loads, lines: Lines) -> None:
    lines.main.cut_at("INSERT INTO")
    with pytest.raises(TransientError) as caught:
        Ledger(weak.database.warehouse).register(dropped("a.csv"), "t", "run", NOW)
    assert Server.named().password not in "".join(map(str, _chain(caught.value)))


def _chain(error: BaseException | None) -> Iterator[Any]:
    while error is not None:
        yield repr(error)
        error = error.__cause__ or error.__context__
