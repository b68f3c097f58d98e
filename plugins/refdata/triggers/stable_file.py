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

    :param dropoff_root: absolute path of the dropoff tree.
    :param processed_root: folder for all loaded files, as in the settings; likewise ``error_root``.
    :param asset: name of the asset whose store is used; it must be an inlet of the task.
    :param interval: seconds between two checks; ``checks`` of them unchanged release a file.
    :param carrier: ``<dag id>/<run id>`` of the watch run; empty: that of the waiting task.
    """

    clock_ns = staticmethod(time.time_ns)
    sleep = staticmethod(asyncio.sleep)
    answers = AssetAnswers

    def __init__(
        self,
        *,
        dropoff_root: str,
        asset: str,
        processed_root: str = "",
        error_root: str = "",
        checks: int = 6,
        interval: float = 15.0,
        max_releases: int = 200,
        idle_timeout: float = 3600.0,
        carrier: str = "",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's classes are untyped here
        self.carrier = carrier
        self.asset = asset
        self.idle_timeout = idle_timeout
        self.settings = Settings(
            dropoff_root=dropoff_root,
            processed_root=processed_root,
            error_root=error_root,
            stability_checks=checks,
            stability_interval=interval,
            max_releases=max_releases,
        )

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, for the triggerer that runs it."""
        arguments = {
            "dropoff_root": self.settings.dropoff_root,
            "processed_root": self.settings.processed_root,
            "error_root": self.settings.error_root,
            "carrier": self.carrier,
            "asset": self.asset,
            "checks": self.settings.stability_checks,
            "interval": self.settings.stability_interval,
            "max_releases": self.settings.max_releases,
            "idle_timeout": self.idle_timeout,
        }
        return "refdata.triggers.stable_file.StableFileTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Runs the checks on time until files are released or the watch cannot continue."""
        try:
            event = released_event(await self._released())
        except RefdataError as error:
            event = failure_event(error)
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def _released(self) -> tuple[DroppedFile, ...]:
        watch = Watch(self.settings, self.carrier or self._run_of_task())
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
