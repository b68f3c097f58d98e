"""Registers refdata's page when the package is in Airflow's plugins folder.

An installed distribution registers it through its entry point; Airflow counts the same name seen
twice as an import error, so this module then registers nothing.

Each task runs this module again, so what it asks is remembered in a package that the task's parent has imported.
"""

from __future__ import annotations

from refdata.plugin.registered import is_registered

if not is_registered():
    from refdata.plugin import RefDataPlugin  # noqa: F401  Airflow looks for the class in this module
