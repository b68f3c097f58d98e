"""Registers refdata's page when the package is in Airflow's plugins folder.

An installed distribution registers it through its entry point; Airflow counts the same name seen
twice as an import error, so this module then registers nothing.

Each task imports it again. To search all distributions for the entry point would take 5 ms, their own 0.2 ms.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

try:
    _REGISTERED = bool(distribution("airflow-provider-refdata").entry_points.select(group="airflow.plugins"))
except PackageNotFoundError:
    _REGISTERED = False

if not _REGISTERED:
    from refdata.plugin import RefDataPlugin  # noqa: F401  Airflow looks for the class in this module
