"""When a load that waits for its table's turn should ask for it again. Pure: the triggerer looks, this decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from refdata.core.model import FileStatus

LOOK_AGAIN = timedelta(seconds=60)
"""After this long a load that waits behind one that does nothing asks anyway: that one's file may be gone."""

GIVE_WAY = timedelta(minutes=10)
"""After this long a load that waits in vain gives its place among Airflow's runs to others, if they need one."""

MOST_HELD = 28
"""Runs that may wait for an answer or a turn, besides those that work. Not in proportion to these: the scheduler looks
at each active run again and again, at 25 ms a look."""


def most_active(parallel: int) -> int:
    """Runs of loads that Airflow may have begun at once, where ``parallel`` of them may work.

    >>> most_active(8)
    36
    """
    return parallel + MOST_HELD


_AT_LEAST, _FOR_EACH = timedelta(seconds=1), timedelta(seconds=0.1)


def settled_after(in_flight: int, heartbeat: timedelta) -> timedelta:
    """How long a load waits at least, by the number of loads in flight.

    The scheduler must have seen the end of the process that asked, before the next one is queued. Otherwise Airflow
    3.3.2 takes the one for the end of the other (``executor reported ... finished with state success, but the task
    instance's state is queued``) and starts the task again after ``retry_delay``. A task's supervisor may see the end
    so much late as two heartbeats are apart (it waits for a process without open sockets as if it would still send),
    and a loop of the scheduler took 0.1 s at rest and up to 7 s with 96 active runs on two cores.

    :param heartbeat: ``[workers] min_heartbeat_interval``.

    >>> settled_after(1, timedelta(seconds=5)).total_seconds(), settled_after(96, timedelta(seconds=1)).total_seconds()
    (6.1, 11.6)
    """
    return _AT_LEAST + heartbeat + in_flight * _FOR_EACH


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a load has no turn yet.

    :param load_id: the load that waits.
    :param until: when it has waited longer than ``turn_timeout`` allows; UTC without a zone, as in the ledger.
    :param expected: path of an older file in the folder whose own load is not in the ledger yet; ``""`` if none.
    """

    load_id: int
    until: datetime
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """A load in flight; ``heartbeat`` is that of its turn, if it has one."""

    load_id: int
    table: str
    path: str
    status: FileStatus
    order: str
    heartbeat: datetime | None = None


def is_due(wait: Wait, queue: Iterable[Queued], now: datetime, since: datetime, stale_after: timedelta) -> bool:
    """Whether a load should ask for its turn: asking when it has none costs a process, so it is seldom too early.

    :param queue: every load in flight, of all tables.
    :param since: when the load last asked.
    :param stale_after: a turn without a heartbeat for this long is given to the next.

    >>> start, minute = datetime(2026, 1, 1), timedelta(minutes=1)
    >>> first = Queued(1, "rates", "rates_1.csv", FileStatus.PROCESSING, "1", start)
    >>> second = Queued(2, "rates", "rates_2.csv", FileStatus.PENDING, "2")
    >>> wait = Wait(2, start + 60 * minute)
    >>> [is_due(wait, queue, start, start, 15 * minute) for queue in ([first, second], [second], [])]
    [False, True, True]
    """
    queue = tuple(queue)
    mine = next((one for one in queue if one.load_id == wait.load_id), None)
    if mine is None or now >= wait.until:
        return True
    others = [one for one in queue if one.table == mine.table and one.load_id != mine.load_id]
    if wait.expected and all(one.path != wait.expected for one in others):
        return now - since >= LOOK_AGAIN
    if any(_is_at_work(one, now - stale_after) for one in others):
        return False
    if any(one.status is FileStatus.REVIEW for one in others):
        return now - since >= GIVE_WAY
    ahead = sum(one.status is FileStatus.PENDING and one.order < mine.order for one in others)
    # The further behind, the more seldom: it is the turn of the first of them, unless its file or its run is gone.
    return now - since >= min(ahead * LOOK_AGAIN, GIVE_WAY)


def _is_at_work(one: Queued, oldest: datetime) -> bool:
    """Whether a load has its turn and works; one that a person is asked about keeps it without heartbeats."""
    return one.status is FileStatus.PROCESSING and (one.heartbeat is None or one.heartbeat >= oldest)
