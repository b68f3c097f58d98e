"""Connections that a process keeps: a limited number, each checked before use."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator

from refdata.core.backoff import delays
from refdata.core.errors import ConnectionLostError, RefdataError, ThrottledError
from refdata.core.settings import Settings
from refdata.warehouse.tsql.driver import Connection

CONNECT_TRIES = 4
FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0

_inherited: list[object] = []
"""Connections of the parent process: closing them here would log the parent out."""


class ConnectionPool:
    """Keeps idle connections for the next borrower.

    :param open_connection: opens and prepares one; raises errors of the tree.
    :param check: raises when an idle connection no longer works.
    :param size: connections that may be open at once.
    :param patience: seconds that a borrower waits for one.
    """

    def __init__(
        self,
        open_connection: Callable[[], Connection],
        check: Callable[[Connection], None],
        *,
        size: int,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open = open_connection
        self._check = check
        self._size = size
        self._patience = patience
        self._sleep = sleep
        self._log = logging.getLogger("refdata.warehouse")
        self._reset()

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Connection]:
        """A checked connection; it is returned to the pool when the block succeeds, and closed when it does not.

        :raises ConnectionLostError: when the server cannot be reached, after some retries.
        :raises ThrottledError: when all connections stay in use.
        """
        self._leave_parents()
        if not self._free.acquire(timeout=self._patience):
            raise ThrottledError(
                f"All {self._size} database connections of this process are in use",
                where="connection pool",
                advice="Nothing: it is retried. Raise pool_size if it recurs.",
            )
        try:
            connection = self._idle_one() or self._new_one()
            try:
                yield connection
            except BaseException:
                self._close(connection)
                raise
            self._idle.append(connection)
        finally:
            self._free.release()

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._close(self._idle.pop())

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._idle: list[Connection] = []
        self._free = threading.BoundedSemaphore(self._size)

    def _leave_parents(self) -> None:
        if os.getpid() != self._pid:
            _inherited.extend(self._idle)
            self._reset()

    def _idle_one(self) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            try:
                self._check(connection)
            except RefdataError as error:
                self._log.info("An idle connection no longer worked and is replaced: %s", error)
                self._close(connection)
            else:
                return connection

    def _new_one(self) -> Connection:
        for delay in delays(CONNECT_TRIES, FIRST_DELAY, LONGEST_DELAY, random.random):
            try:
                return self._open()
            except (ConnectionLostError, ThrottledError) as error:
                self._log.warning("No connection yet, the next retry is in %.1f s: %s", delay, error)
                self._sleep(delay)
        return self._open()

    @staticmethod
    def _close(connection: Connection) -> None:
        # Closing a dead connection raises an error; there is nothing to do about it.
        with contextlib.suppress(Exception):
            connection.close()


_pools: dict[str, ConnectionPool] = {}
_pools_lock = threading.Lock()


def pool_key(settings: Settings, *parts: object) -> str:
    """A key for ``shared_pool`` that reveals nothing of what it stands for.

    :param settings: only those used for a connection or the pool count.
    :param parts: the driver, and its connection data.
    """
    made_with = settings.pool_size, settings.connect_timeout, settings.lock_timeout
    return hashlib.sha256(repr([made_with, *map(_visible, parts)]).encode()).hexdigest()


def _visible(part: object) -> object:
    # repr leaves out the password, and a changed one must not get the old connections.
    return (part, getattr(part, "password", None))


def shared_pool(key: str, make: Callable[[], ConnectionPool]) -> ConnectionPool:
    """The process's pool for ``key``, which stands for server, database, login and session settings."""
    with _pools_lock:
        if key not in _pools:
            _pools[key] = make()
        return _pools[key]


def close_pools() -> None:
    """Closes every idle connection of the process, and forgets the pools."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()
