"""Reads the settings from Airflow's configuration, once per process."""

from __future__ import annotations

import dataclasses
import os
from functools import lru_cache
from pathlib import Path

from airflow.configuration import conf

from refdata.core import settings as core_settings
from refdata.core.settings import SECTION, Settings


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of section ``[refdata]``, with every path made absolute.

    :raises ConfigurationError: naming the setting, when a value is wrong.
    """
    values = {
        spec.name: value
        for spec in core_settings.specs()
        if (value := conf.get(SECTION, spec.name, fallback=None)) is not None
    }
    return absolute(core_settings.parse(values), Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser())


def absolute(settings: Settings, home: Path) -> Settings:
    """Relative folders resolved: the dropoff root under ``home``, the others under the dropoff root."""
    root = home / Path(settings.dropoff_root).expanduser()
    return dataclasses.replace(
        settings,
        dropoff_root=str(root),
        processed_root=str(root / Path(settings.processed_root or "processed").expanduser()),
        error_root=str(root / Path(settings.error_root or "error").expanduser()),
        tables_file=str(root / Path(settings.tables_file or "tables.yaml").expanduser()),
    )
