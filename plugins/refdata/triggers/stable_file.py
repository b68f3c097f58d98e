"""Waits in the triggerer until dropped files are stable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from refdata.assetstore import AssetAnswers
from refdata.core.errors import RefdataError
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.watching import Watch, answered_async, failure_event, released_event


class StableFileTrigger(BaseTrigger):
    """Fires with the files that have become stable; the others keep their counts for the next run.

    Counts and released files are kept in the state store of an asset, where a later run, or this one
    after the triggerer died, finds them. While the store does not answer, they are kept in memory only: a
    run then starts its counts at zero, and a file may be offered twice (which starts one load).

    It fires once, with ``{"status": "released", "files": [...]}`` (no files after ``idle_timeout`` seconds
    without a release) or ``{"status": "failed", ...}`` with category, text, place and advice.

    :param asset: name of the asset whose store is used; it must be an inlet of the task.
    :param idle_timeout: seconds without a release after which it fires without files.
    :param carrier: ``<dag id>/<run id>`` of the watch run; empty: that of the waiting task.
    :param watched: settings of the watch, under their names in ``Settings``; those left out have their defaults.
    """

    clock_ns = staticmethod(time.time_ns)
    sleep = staticmethod(asyncio.sleep)
    answers = AssetAnswers

    def __init__(
        self,
        *,
        asset: str,
        idle_timeout: float,
        carrier: str = "",
        **watched: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's classes are untyped here
        self.carrier = carrier
        self.asset = asset
        self.idle_timeout = idle_timeout
        self.watched = watched
        self.settings = Settings(**watched)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, for the triggerer that runs it."""
        arguments = {"asset": self.asset, "idle_timeout": self.idle_timeout, "carrier": self.carrier, **self.watched}
        return "refdata.triggers.stable_file.StableFileTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Runs the checks on time until files are released or the watch cannot continue."""
        try:
            event = released_event(await self._released())
        except RefdataError as error:
            event = failure_event(error)
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _released(self) -> tuple[DroppedFile, ...]:
        # In a thread too: opening an object store reads an Airflow connection, which the event loop must not wait for.
        watch = await asyncio.to_thread(Watch, self.settings, self.carrier or self._run_of_task())
        answers = self.answers(self.asset)
        until = self.clock_ns() + self.idle_timeout * 1e9
        await answered_async(watch.recall(), answers.later)
        while True:
            # In a thread: a network drive may take seconds, and all triggers share this event loop.
            files = await asyncio.to_thread(watch.look, self.clock_ns)
            await answered_async(watch.keep(), answers.later)
            if files or self.clock_ns() >= until:
                return files
            await self.sleep(watch.pause(self.clock_ns()))

    def _run_of_task(self) -> str:
        task = self.task_instance
        return f"{task.dag_id}/{task.run_id}" if task else ""
