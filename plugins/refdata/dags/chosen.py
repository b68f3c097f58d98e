"""Lets the tasks and callbacks of a set of DAGs work with the set's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from refdata.config import choose


class Chooser:
    """Called before a task, or with a callback to call afterwards: the set's settings count in the process.

    :param chosen: the settings that differ from Airflow's configuration, by name.
    """

    def __init__(self, chosen: Mapping[str, str], then: Callable[[Any], None] | None = None) -> None:
        self._chosen = dict(chosen)
        self._then = then

    def __call__(self, context: Any) -> None:
        """As Airflow calls ``pre_execute`` and ``on_failure_callback``."""
        choose(self._chosen)
        if self._then is not None:
            self._then(context)
