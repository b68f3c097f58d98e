"""Waits until dropped files are stable, and returns them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.sdk import Asset, BaseSensorOperator, PokeReturnValue
from airflow.triggers.base import StartTriggerArgs

from refdata import wiring
from refdata.assetstore import AssetAnswers
from refdata.core.errors import RefdataError
from refdata.core.model import FileStatus
from refdata.core.settings import Settings
from refdata.core.statecodec import ASSET
from refdata.triggers.stable_file import StableFileTrigger
from refdata.watching import Watch, answered, files_of, grouped, released_event

if TYPE_CHECKING:
    from airflow.sdk import Context

_NEARLY = 1.0
_DEFAULTS = Settings()
DROPOFF = Asset(ASSET, uri="x-refdata://dropoff")
"""Represents the dropoff tree; its state store remembers the counts of waiting files and the released files."""


class StableFileSensor(FileSensor):
    """Returns the files of a dropoff tree that have not changed for several checks, as a list for XCom.

    Each item is a ``DroppedFile`` as JSON, or with ``groups`` a list of them. The list is empty when nothing was
    released for ``idle_timeout`` seconds.
    Deferred or poking, the same state machine decides (``refdata.core.stability``), and either mode continues the
    other's counts.

    A missing root or missing permissions fail the task with their reason; a storage that fails briefly
    does not.

    :param filepath: absolute path of the dropoff root, or the address of a bucket, which names its connection
        (templated).
    :param checks: consecutive unchanged checks that release a file.
    :param poke_interval: seconds between two checks.
    :param max_releases: most files released at once; limited by ``[core] max_map_length``.
    :param groups: returns at most so many lists of files instead of the files, for a task that is mapped over them:
        each mapped task is a process, and one more row that the scheduler weighs again and again. 0: the files.
    :param idle_timeout: seconds after which the task ends without files.
    :param processed_root: folder for all loaded files; empty for one inside each load folder.
    :param error_root: the same for refused files.
    :param file_types: types of files that are watched, separated by commas, as in the settings.
    :param start_from_trigger: with ``deferrable``, starts in the triggerer at once, which saves a task process;
        ``filepath`` is not templated then.
    :param asset: the asset whose state store keeps the counts. It becomes an inlet of the task.
    """

    template_fields: Sequence[str] = ("filepath",)

    def __init__(
        self,
        *,
        checks: int = _DEFAULTS.stability_checks,
        poke_interval: float | timedelta = _DEFAULTS.stability_interval,
        max_releases: int = _DEFAULTS.max_releases,
        groups: int = 0,
        idle_timeout: float = _DEFAULTS.watch_timeout,
        processed_root: str = _DEFAULTS.processed_root,
        error_root: str = _DEFAULTS.error_root,
        file_types: str = _DEFAULTS.file_types,
        asset: Asset = DROPOFF,
        **kwargs: Any,
    ) -> None:
        kwargs["inlets"] = [asset, *kwargs.get("inlets", ())]
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.idle_timeout = idle_timeout
        self.groups = groups
        self._watched = {
            "processed_root": processed_root,
            "error_root": error_root,
            "stability_checks": checks,
            "stability_interval": self.poke_interval,
            "max_releases": max_releases,
            "file_types": file_types,
        }
        self.asset = asset
        self._watch: Watch | None = None
        self._since = 0.0
        if self.deferrable and self.start_from_trigger:
            self.start_trigger_args = StartTriggerArgs(
                trigger_cls="refdata.triggers.stable_file.StableFileTrigger",
                trigger_kwargs=self._trigger_arguments(),
                next_method="execute_complete",
                timeout=timedelta(seconds=self.timeout),
            )

    @property
    def path(self) -> str:
        """The dropoff root; FileSensor would take it from a connection."""
        return str(self.filepath)

    def execute(self, context: Context) -> Any:
        """Defers or pokes until there are files; returns the list."""
        if self.deferrable:
            self.defer(
                trigger=StableFileTrigger(**self._trigger_arguments(), carrier=_carrier(context)),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout),
            )
        # FileSensor.execute drops what the poke returns.
        return BaseSensorOperator.execute(self, context)

    def execute_complete(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002  Airflow's signature
        """Takes the trigger's event; a failure is raised as the original error."""
        files = files_of(event)
        self._log_files(files)
        return self._grouped(files)

    def poke(self, context: Context) -> Any:
        """One check; done when it released files, or when nothing was released for ``idle_timeout``."""
        answers = AssetAnswers(self.asset.name)
        if self._watch is None:
            self._watch = Watch(Settings(**self._watched_settings()), _carrier(context))
            self._since = time.monotonic()
            answered(self._watch.recall(), answers.now)
        elif self._watch.pause(time.time_ns()) < _NEARLY:
            # The pause between two pokes and the wall clock differ slightly; that must not make a check come too early.
            time.sleep(self._watch.pause(time.time_ns()))
        files = released_event(self._watch.look())["files"]
        answered(self._watch.keep(), answers.now)
        self._log_files(files)
        over = bool(files) or time.monotonic() - self._since >= self.idle_timeout
        return PokeReturnValue(over, self._grouped(files))

    def _grouped(self, files: Sequence[Any]) -> Sequence[Any]:
        return grouped(files, self.groups, datetime.now(UTC), self._handed_back()) if self.groups and files else files

    def _handed_back(self) -> frozenset[str]:
        """The paths of files that wait for another run; none where the ledger does not answer.

        Not those behind a question: they would take the places that they gave to other tables again and again.
        """
        try:
            unfinished = [row for row, _ in wiring.connect().ledger.unfinished()]
            held = {row.table_name for row in unfinished if row.status is FileStatus.REVIEW}
            return frozenset(row.file_path for row in unfinished if row.table_name not in held)
        except RefdataError as error:
            self.log.info("Which of the files were handed back is not known: %s", error)
            return frozenset()

    def _watched_settings(self) -> dict[str, Any]:
        return {"dropoff_root": self.filepath, **self._watched}  # filepath is final only when the task runs

    def _trigger_arguments(self) -> dict[str, Any]:
        return {"asset": self.asset.name, "idle_timeout": self.idle_timeout, **self._watched_settings()}

    def _log_files(self, files: Sequence[dict[str, Any]]) -> None:
        for file in files:
            self.log.info("Stable: %s, %d bytes", file["path"], file["size"])


def _carrier(context: Context) -> str:
    return f"{context['ti'].dag_id}/{context['ti'].run_id}"
