"""Whether an installed distribution registers the plugin by its entry point."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution


@cache
def is_registered() -> bool:
    """Asked once in a process and those forked from it: a look through the installed packages takes 5 ms."""
    try:
        return bool(distribution("airflow-provider-refdata").entry_points.select(group="airflow.plugins"))
    except PackageNotFoundError:
        return False
