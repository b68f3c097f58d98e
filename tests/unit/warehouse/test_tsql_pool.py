"""Connections that a process keeps: checked, replaced, limited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from refdata.core.errors import ConnectionLostError, PermissionDeniedError, RefdataError, ThrottledError
from refdata.warehouse.tsql.driver import Connection
from refdata.warehouse.tsql.pool import CONNECT_TRIES, ConnectionPool, close_pools, shared_pool
from tests.unit.warehouse.scripted import ScriptedConnection

GONE = ConnectionLostError("gone")


class Logins:
    """Opens connections, or refuses to, as requested."""

    def __init__(self, *refusals: RefdataError) -> None:
        self.refusals = list(refusals)
        self.opened: list[ScriptedConnection] = []
        self.dead: set[int] = set()
        self.waited: list[float] = []

    def open(self) -> Connection:
        if self.refusals:
            raise self.refusals.pop(0)
        self.opened.append(ScriptedConnection())
        return self.opened[-1]

    def check(self, connection: Connection) -> None:
        if id(connection) in self.dead:
            raise GONE

    def pool(self, size: int = 2) -> ConnectionPool:
        return ConnectionPool(self.open, self.check, size=size, patience=0.01, sleep=self.waited.append)


@pytest.fixture(autouse=True)
def _no_pools() -> Iterator[None]:
    yield
    close_pools()


def test_a_connection_is_used_again() -> None:
    logins = Logins()
    pool = logins.pool()
    for _ in range(3):
        with pool.borrow():
            pass
    assert len(logins.opened) == 1


def test_one_that_failed_is_closed_and_not_used_again() -> None:
    logins = Logins()
    pool = logins.pool()
    with pytest.raises(ZeroDivisionError), pool.borrow():
        raise ZeroDivisionError
    with pool.borrow() as second:
        assert second is logins.opened[1]
    assert [connection.closed for connection in logins.opened] == [True, False]


def test_an_idle_one_that_no_longer_works_is_replaced() -> None:
    logins = Logins()
    pool = logins.pool()
    with pool.borrow() as first:
        pass
    logins.dead.add(id(first))
    with pool.borrow() as second:
        assert second is not first
    assert logins.opened[0].closed


def test_no_more_than_its_size_are_open_at_once() -> None:
    pool = Logins().pool(size=2)
    with ExitStack() as stack:
        stack.enter_context(pool.borrow())
        stack.enter_context(pool.borrow())
        with pytest.raises(ThrottledError, match="All 2 database connections"), pool.borrow():
            pass
    with pool.borrow():
        pass


@pytest.mark.parametrize("refused", range(CONNECT_TRIES + 1))
def test_a_server_that_is_away_is_asked_some_times(refused: int) -> None:
    logins = Logins(*[GONE] * refused)
    pool = logins.pool()
    if refused < CONNECT_TRIES:
        with pool.borrow():
            pass
    else:
        with pytest.raises(ConnectionLostError), pool.borrow():
            pass
    assert len(logins.waited) == min(refused, CONNECT_TRIES - 1)


def test_a_refused_login_is_not_tried_again() -> None:
    logins = Logins(PermissionDeniedError("no"))
    with pytest.raises(PermissionDeniedError), logins.pool().borrow():
        pass
    assert logins.waited == []


def test_a_child_process_leaves_its_parents_connections_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    logins = Logins()
    pool = logins.pool()
    with pool.borrow() as parents:
        pass
    monkeypatch.setattr("os.getpid", lambda: -1)
    with pool.borrow() as own:
        assert own is not parents
    pool.close()
    assert [connection.closed for connection in logins.opened] == [False, True]


def test_warehouses_of_one_key_share_a_pool_until_all_are_closed() -> None:
    logins = Logins()
    pool = shared_pool("key", logins.pool)
    assert shared_pool("key", logins.pool) is pool
    with pool.borrow():
        pass
    close_pools()
    assert logins.opened[0].closed
    assert shared_pool("key", logins.pool) is not pool
