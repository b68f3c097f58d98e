"""Imports what the tasks need once, in the processes that tasks are forked from.

A task of Airflow is a forked process that imports its operators and their libraries by itself: of the CPU of a task of
``refdata_load``, five sixths were imports (pandas and pyarrow half of all). What the scheduler has imported before its
executor forks workers is there for every task, in memory that all of them share. The same serves the files that the DAG
processor parses and the triggers.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
from collections.abc import Callable, Iterable

from airflow.listeners import hookimpl

from refdata.core.errors import RefdataError

log = logging.getLogger("refdata.preload")

MODULES = (
    "refdata.dags.health",
    "refdata.dags.load",
    "refdata.dags.maintenance",
    "refdata.dags.rollback",
    "refdata.dags.watch",
    "refdata.operators.load",
    "refdata.operators.asking",
    "refdata.operators.health",
    "refdata.operators.maintenance",
    "refdata.operators.reconcile",
    "refdata.operators.start_load",
    "refdata.sensors.stable_file",
    "refdata.triggers.stable_file",
    "refdata.triggers.turn",
    "refdata.notifications.deadlines",
    "refdata.notifications.failure",
    "refdata.warehouse.sqlite.engine",
    "refdata.warehouse.sqlite.staging",
    "refdata.warehouse.mssql.engine",
    "refdata.warehouse.tsql.jsonrows",
    "refdata.warehouse.tsql.rowliterals",
    "refdata.csvformat.detection",
    "refdata.csvformat.placing",
    "refdata.csvformat.reader",
    "refdata.csvformat.rowwatch",
    "refdata.csvformat.scan",
    "refdata.csvformat.stated",
    "refdata.copyreader",
    "pandas",
    "pyarrow.csv",
    # What Airflow itself imports in each task.
    "airflow.sdk.bases.decorator",
    "airflow.sdk.definitions.asset.metadata",
    "airflow.sdk.definitions.retry_policy",
    "airflow.sdk.execution_time.cache",
    "airflow.dag_processing.bundles.local",
    "airflow.providers.sqlite.hooks.sqlite",
    "jinja2.ext",
)
"""What the DAGs and their tasks import; each is imported without asking a database or reading a setting."""
IF_INSTALLED = ("airflow.providers.openlineage.plugins.listener",)
"""What Airflow's own operators import for a provider that need not be there (``TriggerDagRunOperator``)."""


@hookimpl
def on_starting(component: object) -> None:
    """Airflow is about to start a scheduler, DAG processor or triggerer: the components that run as a ``Job``.

    It says so in each task, too. A task that was forked has everything, and another one, such as a pod's, imports less
    by itself.
    """
    from airflow.sdk.execution_time.task_runner import TaskRunnerMarker

    if not isinstance(component, TaskRunnerMarker):
        import_ahead()


def import_ahead() -> None:
    """Imports ``MODULES`` and prepares what each task would make for itself."""
    preload((*MODULES, *filter(_is_installed, IF_INSTALLED)), importlib.import_module)
    _prepare()


def _prepare() -> None:
    """Reads the settings, and builds the readers of what the steps hand on: each takes a task some milliseconds."""
    from refdata import serial
    from refdata.config import load_settings
    from refdata.ingest.context import Detection, Loaded

    serial.prepare(Detection, Loaded)
    with contextlib.suppress(RefdataError):  # said by the DAGs and the health checks, which read them too
        load_settings()


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False


def preload(modules: Iterable[str], load: Callable[[str], object]) -> None:
    """Imports ``modules``. One that cannot be imported is left to the task that needs it, which says so."""
    for module in modules:
        try:
            load(module)
        except ImportError as error:
            log.warning("%s is not imported ahead of the tasks: %s", module, error)
