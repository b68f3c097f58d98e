"""Waits in the triggerer until the files of somebody's own DAG are stable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from refdata.core.errors import RefdataError
from refdata.watching import PathWatch, failure_event, paths_event


class StablePathTrigger(BaseTrigger):
    """Fires once: with the paths of the files when all are stable, or with the reason why they never can be.

    The counts are in memory: when the triggerer is restarted, the checks start again, so a wait gets longer and never
    shorter.

    :param path: of a file, a folder or prefix, or with wildcards in the name; an address names its connection.
    :param checks: consecutive unchanged checks that make a file stable.
    :param interval: seconds between two checks.
    """

    clock_ns = staticmethod(time.time_ns)
    sleep = staticmethod(asyncio.sleep)

    def __init__(self, *, path: str, checks: int, interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's classes are untyped here
        self.path = path
        self.checks = checks
        self.interval = interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, for the triggerer that runs it."""
        arguments = {"path": self.path, "checks": self.checks, "interval": self.interval}
        return "refdata.triggers.stable_path.StablePathTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Runs the checks on time until the files are complete or the wait cannot continue."""
        try:
            event = paths_event(await self._complete())
        except RefdataError as error:
            event = failure_event(error)
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _complete(self) -> tuple[str, ...]:
        watch = PathWatch(self.path, self.checks, self.interval)
        # In a thread: a network drive or a store may take seconds, and all triggers share this event loop.
        while not (paths := await asyncio.to_thread(watch.look, self.clock_ns)):
            await self.sleep(watch.pause(self.clock_ns()))
        return paths
