"""Runs in a process of its own: prints as JSON what Airflow made of the plugin and the provider."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.configuration import conf

import airflow  # noqa: F401  initialises Airflow, which puts its plugins folder on the path
from airflow import plugins_manager, settings

settings.initialize()  # type: ignore[no-untyped-call]
found, errors = plugins_manager._get_plugins()
built = "refdata.plugin.app" in sys.modules

from airflow.providers_manager import ProvidersManager  # noqa: E402

import refdata  # noqa: E402
from refdata import sqlfiles  # noqa: E402

providers = ProvidersManager()  # type: ignore[no-untyped-call]
providers.initialize_providers_configuration()
reported = {
    "plugins": [[plugin.name, str(plugin.source)] for plugin in found],
    "errors": errors,
    "built": built,
    "package": str(Path(refdata.__file__).parent),
    "version": refdata.__version__,
    "sql": str(sqlfiles.root()),
    "setting": conf.get("refdata", "stability_checks", fallback=None),
}
sys.stdout.write(json.dumps(reported) + "\n")
