"""Waits for files that a DAG of somebody's own loads: see docs/own-dags.md."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf

from refdata import wiring
from refdata.core.addresses import with_connection
from refdata.core.errors import ConfigurationError
from refdata.sources import require_outside
from refdata.triggers.stable_path import StablePathTrigger
from refdata.watching import PathWatch, files_of

if TYPE_CHECKING:
    from airflow.sdk import Context

_NEARLY = 1.0


class StablePathSensor(BaseSensorOperator):
    """Waits until files exist and none of them has changed for several checks; returns their paths, the oldest first.

    The rule is that of the dropoff folders. Several files are returned together, once all of them are stable.

    >>> ready = StablePathSensor(task_id="ready", path="/data/in/rates_*.csv")

    :param path: absolute path of a file; of a folder, or an address with ``/`` at its end, for the files directly in
        it; or a path or address with wildcards in its last part, such as ``s3://landing/in/rates_*.csv`` (templated).
    :param conn_id: Airflow connection of an address that names none.
    :param checks: consecutive unchanged checks that make a file stable; None: the setting ``stability_checks``.
    :param interval: seconds between two checks; None: the setting ``stability_interval``.
    :param deferrable: whether the wait takes place in the triggerer.
    :raises ConfigurationError: when an argument is wrong.
    """

    template_fields = ("path",)

    def __init__(
        self,
        *,
        path: str,
        conn_id: str = "",
        checks: int | None = None,
        interval: float | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        settings = wiring.settings()
        self.checks = settings.stability_checks if checks is None else checks
        self.interval = settings.stability_interval if interval is None else interval
        super().__init__(poke_interval=self.interval, **kwargs)
        _require_rule(self.checks, self.interval, self.task_id)
        if self.mode != "poke":
            raise _no_memory(self.task_id)
        self.path = path
        self.conn_id = conn_id
        self.deferrable = deferrable
        self._watch: PathWatch | None = None

    def execute(self, context: Context) -> Any:
        """Defers or pokes until the files are stable; returns their paths."""
        place = self._place()
        if self.deferrable:
            self.defer(
                trigger=StablePathTrigger(path=place, checks=self.checks, interval=self.interval),
                method_name="execute_complete",
                timeout=timedelta(seconds=self.timeout),
            )
        self._watch = PathWatch(place, self.checks, self.interval)
        return super().execute(context)

    def execute_complete(self, context: Context, event: Any = None) -> list[str]:  # noqa: ARG002  Airflow's signature
        """Takes the trigger's event; a failure is raised as the original error."""
        return files_of(event)

    def poke(self, context: Context) -> PokeReturnValue:  # noqa: ARG002
        """One check; done when it finds all files stable."""
        watch = self._watch = self._watch or PathWatch(self._place(), self.checks, self.interval)
        # The pause between two pokes and the wall clock differ slightly; that must not make a check come too early.
        time.sleep(min(watch.pause(time.time_ns()), _NEARLY))
        paths = list(watch.look())
        return PokeReturnValue(bool(paths), paths)

    def _place(self) -> str:
        """The path as it is once templates are rendered, with its connection."""
        path = with_connection(self.path, self.conn_id)
        require_outside(path, wiring.settings())
        return path


def _require_rule(checks: int, interval: float, task_id: str) -> None:
    if checks < 1 or interval <= 0:
        raise ConfigurationError(
            "A file is stable after at least one check, some time after the first look",
            where=f"checks and interval of task {task_id}",
            advice="Give checks of 1 or more and an interval above 0, or leave both to the settings.",
        )


def _no_memory(task_id: str) -> ConfigurationError:
    return ConfigurationError(
        "In mode reschedule each check is a new process, which does not know the checks before",
        where=f"mode of task {task_id}",
        advice="Leave mode out and give deferrable=True: the wait then costs no worker either.",
    )
