"""Registers refdata's page when the package is in Airflow's plugins folder.

An installed distribution registers it through its entry point; Airflow counts the same name seen
twice as an import error, so this module then registers nothing.
"""

from __future__ import annotations

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="refdata"):
    from refdata.plugin import RefDataPlugin  # noqa: F401  Airflow looks for the class in this module
