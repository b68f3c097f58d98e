"""Waits in the triggerer until a load seems to have its table's turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from airflow.sdk import conf
from airflow.triggers.base import BaseTrigger, TriggerEvent

from refdata.config import settings_with, utc_now
from refdata.core.errors import RefdataError
from refdata.core.settings import Settings
from refdata.core.turns import Wait, is_due, settled_after
from refdata.turnqueue import TurnQueue
from refdata.warehouse.connect import open_warehouse

UNSEEN = timedelta(seconds=15)
"""After so long without an answer of the database the task asks itself: it may reach what the triggerer does not."""


class TurnTrigger(BaseTrigger):
    """Fires once, when the ledger shows no load that goes first; the task then claims the turn, or waits again.

    It changes nothing and decides nothing: of two tasks that ask at the same time, the claim gives the turn to one.

    :param load_id: the load that waits.
    :param until: when it has waited too long, which is for the task to say; ISO 8601, UTC without a zone.
    :param expected: path of an older file that is not in the ledger yet; ``""`` if none.
    :param chosen: settings that differ from Airflow's configuration.
    """

    clock = staticmethod(utc_now)
    sleep = staticmethod(asyncio.sleep)

    def __init__(
        self, *, load_id: int, until: str, expected: str = "", chosen: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's classes are untyped here
        self.wait = Wait(load_id, datetime.fromisoformat(until), expected)
        self.chosen = dict(chosen or {})

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, for the triggerer that runs it."""
        wait = {
            "load_id": self.wait.load_id,
            "until": self.wait.until.isoformat(),
            "expected": self.wait.expected,
        }
        return "refdata.triggers.turn.TurnTrigger", {**wait, "chosen": self.chosen}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks until the load is due."""
        since = self.clock()
        # In threads: a connection or a database may take seconds, and all triggers share this event loop.
        while (pause := await asyncio.to_thread(self._pause, since)) is not None:
            await self.sleep(pause)
        yield TriggerEvent({"load_id": self.wait.load_id})  # type: ignore[no-untyped-call]

    def _pause(self, since: datetime) -> float | None:
        """Seconds until the next look; None when the load is due."""
        waited, pause = self.clock() - since, UNSEEN.total_seconds()
        try:
            settings, queue = _shared(tuple(sorted(self.chosen.items())))
            pause = settings.turn_poll_interval
            loads = queue.loads(pause / 2)  # what another load's look has just read will do
        except RefdataError as error:
            _shared.cache_clear()  # the connection may be corrected meanwhile
            self.log.warning("The turns cannot be seen: %s", error)
            due = waited >= UNSEEN
        else:
            due = is_due(self.wait, loads, since + waited, since, timedelta(seconds=settings.stale_after))
            rest = settled_after(len(loads), heartbeat()) - waited
            if due and rest > timedelta():
                return min(pause, rest.total_seconds())
        return None if due else pause


def heartbeat() -> timedelta:
    """The time between two heartbeats of a task, as the triggerer is configured: workers have the same setting."""
    return timedelta(seconds=conf.getint("workers", "min_heartbeat_interval"))


@lru_cache(maxsize=32)
def _shared(chosen: tuple[tuple[str, str], ...]) -> tuple[Settings, TurnQueue]:
    """One queue for each set of DAGs in this process."""
    settings = settings_with(dict(chosen))
    return settings, TurnQueue(open_warehouse(settings))
