"""Reads the settings from Airflow's configuration, once per process."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from refdata import plainairflow
from refdata.core import settings as core_settings
from refdata.core.addresses import is_address
from refdata.core.settings import SECTION, Settings

_chosen: dict[str, str] = {}
"""What counts in this process before Airflow's configuration: the settings of the set of DAGs whose task it runs."""


def choose(settings: Mapping[str, str]) -> None:
    """Makes these settings count before Airflow's configuration, for the rest of this process or until the next call.

    :param settings: by name, as text; the others are those of the configuration.
    """
    if settings != _chosen:
        _chosen.clear()
        _chosen.update(settings)
        load_settings.cache_clear()


def chosen() -> dict[str, str]:
    """What ``choose`` was given last."""
    return dict(_chosen)


def dag_id(name: str) -> str:
    """The id of one of refdata's DAGs in the set that this process serves."""
    return f"{load_settings().dag_prefix}{name}"


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of section ``[refdata]``, with every path made absolute.

    :raises ConfigurationError: naming the setting, when a value is wrong.
    """
    return settings_with(_chosen)


def settings_with(chosen: Mapping[str, str]) -> Settings:
    """The settings where these count before Airflow's configuration.

    :raises ConfigurationError: naming the setting, when a value is wrong.
    """
    known = {spec.name for spec in core_settings.specs()}
    return absolute(core_settings.parse({**_written(known), **chosen}), airflow_home())


def airflow_home() -> Path:
    """The folder that relative paths in the settings start from."""
    return Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()


def _written(known: set[str]) -> dict[str, str]:
    """What Airflow's configuration states, by name; read without Airflow where it is not loaded.

    A misspelt name would silently leave its setting at the default, so the parser gets it too, and refuses it.
    """
    if not plainairflow.is_loaded():
        with contextlib.suppress(plainairflow.OnlyAirflowKnowsError):
            return plainairflow.options(SECTION)
    return _in_airflow(known)


def _in_airflow(known: set[str]) -> dict[str, str]:
    from airflow.configuration import conf

    values = {name: value for name in known if (value := conf.get(SECTION, name, fallback=None)) is not None}
    return {**dict.fromkeys(_written_names(known) - known, ""), **values}


def _written_names(known: set[str]) -> set[str]:
    """The section's names in the environment and, if those are all known, in ``airflow.cfg``."""
    from airflow.configuration import conf

    prefix = f"AIRFLOW__{SECTION.upper()}__"
    written = {name.removeprefix(prefix).lower() for name in os.environ if name.startswith(prefix)}
    if not written <= known:
        return written  # Airflow itself would refuse a name such as CONN_ID_CMD, with a message about another setting
    return written | set(conf.getsection(SECTION) or ())


def absolute(settings: Settings, home: Path) -> Settings:
    """Relative folders resolved: the dropoff root under ``home``, the others under the dropoff root.

    Where the root is an address, the others are under ``home``. An archive without a setting stays empty: it is inside
    each load folder.
    """
    if is_address(settings.dropoff_root):
        return _beside_home(settings, home)
    root = home / Path(settings.dropoff_root).expanduser()
    tables = root / Path(settings.tables_file or "tables.yaml").expanduser()
    contracts = Path(settings.contracts_folder).expanduser()
    return dataclasses.replace(
        settings,
        dropoff_root=str(root),
        processed_root=_under(root, settings.processed_root),
        error_root=_under(root, settings.error_root),
        tables_file=str(tables),
        contracts_folder=str(root / contracts if settings.contracts_folder else tables.parent / "contracts"),
    )


def _beside_home(settings: Settings, home: Path) -> Settings:
    """For an object store: what people write by hand is read from ``home``; archives are below the address."""
    tables = home / Path(settings.tables_file or "tables.yaml").expanduser()
    contracts = Path(settings.contracts_folder).expanduser()
    return dataclasses.replace(
        settings,
        tables_file=str(tables),
        contracts_folder=str(home / contracts if settings.contracts_folder else tables.parent / "contracts"),
        spool_folder=_under(home, settings.spool_folder),
    )


def _under(root: Path, folder: str) -> str:
    return str(root / Path(folder).expanduser()) if folder else ""


def utc_now() -> datetime:
    """The time as the ledger stores it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
