"""The package's description for Airflow's provider registry: settings, hooks, operators and the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

from refdata.connectionform import FORMS
from refdata.core import settings

_TYPES: Mapping[str, str] = {"str": "string", "int": "integer", "float": "float", "bool": "boolean"}
_INTEGRATION = "refdata"
_KINDS = ("hooks", "operators", "sensors", "triggers")

CONNECTION_TYPES: tuple[Mapping[str, Any], ...] = tuple(
    {
        "connection-type": f"refdata_{engine}",
        "hook-class-name": f"refdata.hooks.{engine}.Refdata{name}Hook",
        "hook-name": f"refdata: {shown}",
        **FORMS[engine],
    }
    for engine, name, shown in (("mssql", "MsSql", "SQL Server"), ("odbc", "Odbc", "SQL Server by ODBC"))
)
"""The types that refdata adds, whose test button diagnoses. Airflow's own ``mssql``, ``odbc`` and ``sqlite``,
which their providers declare, work as well."""


def get_provider_info() -> dict[str, Any]:
    """The entry point ``apache_airflow_provider``, in the shape of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-provider-refdata",
        "name": "refdata",
        "description": "Turns a dropoff folder of CSV files into trusted, versioned reference tables in SQL Server.",
        "integrations": [{"integration-name": _INTEGRATION, "tags": ["software"]}],
        **{kind: [{"integration-name": _INTEGRATION, "python-modules": _modules(kind)}] for kind in _KINDS},
        "connection-types": list(CONNECTION_TYPES),
        "plugins": [{"name": "refdata", "plugin-class": "refdata.plugin.RefDataPlugin"}],
        "config": {
            settings.SECTION: {
                "description": "Settings of refdata; times are in seconds.",
                "options": {spec.name: _option(spec) for spec in settings.specs()},
            }
        },
    }


def _modules(kind: str) -> list[str]:
    """The modules of ``refdata.<kind>``, found by their file names; nothing is imported."""
    folder = Path(__file__).parent / kind
    return [f"refdata.{kind}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))]


def _option(spec: Field[Any]) -> dict[str, Any]:
    return {
        "description": _meaning(spec),
        "version_added": spec.metadata.get("version_added", "0.1.0"),
        "type": _TYPES[str(spec.type)],
        "example": None,
        # Hidden where Airflow shows its configuration: an alert's arguments may contain a chat room's address.
        **({"sensitive": True} if spec.metadata["sensitive"] else {}),
        # Airflow reads it as a line of airflow.cfg, where a single percent sign starts an interpolation.
        "default": str(spec.default).replace("%", "%%"),
    }


def _meaning(spec: Field[Any]) -> str:
    """The meaning with the allowed values."""
    allowed = settings.allowed(spec)
    return f"{spec.metadata['meaning']} Must be {allowed}." if allowed else spec.metadata["meaning"]
