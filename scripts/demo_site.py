"""The demo's site: the caller's settings over those of the demo, and one query of the ledger at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from refdata.core import settings as core_settings
from refdata.core.naming import quote
from refdata.core.settings import SECTION, Settings
from refdata.dropoff import Dropoff
from scripts.demo_source import Bucket, DemoSource, Folders
from scripts.local_airflow import LocalAirflow

PREFIX = f"AIRFLOW__{SECTION.upper()}__"
FASTER = {f"{PREFIX}STABILITY_INTERVAL": "1", f"{PREFIX}TURN_POLL_INTERVAL": "2"}
"""Six checks of a second instead of 15 seconds each, so that a file is released after six seconds."""


def callers(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of refdata among the caller's variables.

    >>> callers({"AIRFLOW__REFDATA__GATE": "True", "AIRFLOW__CORE__PARALLELISM": "4"})
    {'AIRFLOW__REFDATA__GATE': 'True'}
    """
    return {name: value for name, value in sorted(environment.items()) if name.startswith(PREFIX)}


def variables(environment: Mapping[str, str], *, gate: bool) -> dict[str, str]:
    """The demo's settings: ``--gate`` wins over the caller's, and the caller's over the faster checks."""
    return FASTER | callers(environment) | ({f"{PREFIX}GATE": "True"} if gate else {})


def settings_of(chosen: Mapping[str, str]) -> Settings:
    """The variables, parsed.

    :raises ConfigurationError: when a variable is unknown or its value wrong.
    """
    values = {name.removeprefix(PREFIX).lower(): value for name, value in chosen.items() if name.startswith(PREFIX)}
    return core_settings.parse(values, source="the environment")


@dataclass(frozen=True)
class DemoSite:
    """Airflow and the settings that it runs with. ``own`` are the names of the variables that the caller set,
    ``bucket_port`` the port of the S3 server that the files are dropped on, where they are.
    """

    airflow: LocalAirflow
    settings: Settings
    own: tuple[str, ...] = ()
    bucket_port: int | None = None

    @property
    def dropoff(self) -> Dropoff:
        """The folders."""
        return Dropoff.of(replace(self.settings, dropoff_root=str(self.airflow.dropoff)))

    @property
    def source(self) -> DemoSource:
        """Where files are dropped."""
        if self.bucket_port is None:
            return Folders(self.airflow, self.dropoff)
        return Bucket(self.airflow, self.bucket_port)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the embedded database; ``{ledger}`` stands for the ledger. Nothing before the first load made it."""
        statement = sql.format(ledger=quote(self.settings.ledger_table))
        try:
            with closing(
                sqlite3.connect(f"file:{self.airflow.ref_database}?mode=ro", uri=True, timeout=5)
            ) as connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError:
            return []
