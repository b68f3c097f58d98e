"""A diagnosis distinguishes what keeps a worker from its database, and no message contains the password."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refdata.core.diagnosis import Trouble
from refdata.core.errors import RefdataError
from refdata.warehouse.tsql.diagnose import verdict
from tests.integration.engines import TSQL, Database, Server
from tests.integration.relay import Relay

CANARY = "C4nary-p4ss;word}{'%s"

Reach = Callable[..., Database]


@pytest.fixture
def reach(database: Database, monkeypatch: pytest.MonkeyPatch) -> Reach:
    """The database by way of a connection with other fields."""

    def reached(**changes: Any) -> Database:
        connection = Server.named().connection(database.engine, **changes)
        monkeypatch.setenv("AIRFLOW_CONN_REFDATA_OTHER", json.dumps(connection))
        return database.reopened(conn_id="refdata_other", connect_timeout=2)

    return reached


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_database_that_is_ready(database: Database) -> None:
    found = database.warehouse.diagnose()
    assert (found.trouble, found.ok) == (None, True), found.message


@pytest.mark.parametrize("engine", TSQL)
def test_troubles_are_distinguished(reach: Reach) -> None:
    cases: list[tuple[dict[str, Any], Trouble]] = [
        ({"port": closed_port()}, Trouble.UNREACHABLE),
        ({"host": "no-such-host.invalid"}, Trouble.UNREACHABLE),
        ({"password": CANARY}, Trouble.LOGIN_REFUSED),
        ({"login": "nobody", "password": CANARY}, Trouble.LOGIN_REFUSED),
        ({"schema": "no_such_database"}, Trouble.DATABASE_MISSING),
        # Once more, in another order: a driver remembers the last error of the process.
        ({"port": closed_port()}, Trouble.UNREACHABLE),
        ({"schema": "no_such_database"}, Trouble.DATABASE_MISSING),
        ({"password": CANARY}, Trouble.LOGIN_REFUSED),
    ]
    found = [reach(**changes).warehouse.diagnose() for changes, _ in cases]
    assert [one.trouble for one in found] == [trouble for _, trouble in cases]
    assert not any(CANARY in one.message or Server.named().password in one.message for one in found)


@pytest.mark.parametrize("engine", TSQL)
def test_a_connection_that_breaks_after_the_login_is_not_a_missing_right(reach: Reach) -> None:
    server = Server.named()
    relay = Relay(server.host, server.port)
    try:
        relay.cut_at("HAS_PERMS_BY_NAME")
        found = reach(host="127.0.0.1", port=relay.port).warehouse.diagnose()
    finally:
        relay.close()
    assert found.trouble is Trouble.UNREACHABLE, found.message


@pytest.mark.parametrize("engine", TSQL)
def test_a_database_without_a_ledger(database: Database) -> None:
    found = database.reopened(ref_schema="nowhere", bkp_schema="nowhere_either").warehouse.diagnose()
    assert found.trouble is Trouble.NOT_INITIALISED
    assert found.ok is False


@pytest.fixture
def weak_login(database: Database) -> Iterator[dict[str, str]]:
    """A login that may connect, and nothing else."""
    name, password = f"weak_{database.settings.ref_schema}", "Weak_12345"
    with contextlib.suppress(RefdataError):
        database.run(f"DROP LOGIN {name}")
    database.run(f"CREATE LOGIN {name} WITH PASSWORD = '{password}'")
    database.run(f"CREATE USER {name} FOR LOGIN {name}")
    yield {"login": name, "password": password}
    database.run(f"DROP USER {name}")
    database.run(f"DROP LOGIN {name}")


@pytest.mark.parametrize("engine", TSQL)
def test_a_login_without_rights(reach: Reach, weak_login: dict[str, str]) -> None:
    found = reach(**weak_login).warehouse.diagnose()
    assert found.trouble is Trouble.RIGHT_MISSING
    assert "INSERT on schema" in found.message
    assert weak_login["password"] not in found.message


RIGHTS = [
    ([("database", "CREATE TABLE", True), ("schema ref", "INSERT", True)], True, None),
    ([("database", "CREATE TABLE", False), ("schema ref", "INSERT", True)], True, Trouble.RIGHT_MISSING),
    ([("database", "CREATE TABLE", True), ("schema ref", "INSERT", None)], False, Trouble.NOT_INITIALISED),
    ([("database", "CREATE TABLE", True), ("schema ref", "INSERT", True)], False, Trouble.NOT_INITIALISED),
]


@pytest.mark.parametrize(("rights", "has_ledger", "expected"), RIGHTS)
def test_rights_and_ledger_give_a_state(rights: Any, has_ledger: bool, expected: Trouble | None) -> None:
    assert verdict(rights, has_ledger, "server/db").trouble is expected


@pytest.mark.parametrize("engine", TSQL)
def test_no_log_and_no_exception_holds_the_password(reach: Reach, caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for changes in ({"password": CANARY}, {"password": CANARY, "port": closed_port()}):
            try:
                reach(**changes).warehouse.tables("ref")
            except RefdataError as error:
                chain: BaseException | None = error
                while chain is not None:
                    said += [repr(chain), str(chain), repr(vars(chain))]
                    chain = chain.__cause__ or chain.__context__
    assert said
    assert not any(CANARY in text for text in (*said, caplog.text))
