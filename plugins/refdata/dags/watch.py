"""Watches the dropoff folder and starts one run of ``refdata_load`` per stable file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset

from refdata.core.runid import LOAD_DAG
from refdata.core.settings import Settings
from refdata.core.statecodec import ASSET
from refdata.dags.chosen import Chooser
from refdata.notifications.deadlines import watch_deadline
from refdata.notifications.failure import alert_on_failure
from refdata.operators.start_load import StartLoadOperator
from refdata.sensors.stable_file import DROPOFF, StableFileSensor
from refdata.watching import load_runs

START_TASKS = 25
"""Most mapped tasks that start the loads of one release; of 200 files each then starts eight."""
START_AT_A_TIME = 1
"""Of them so many run at a time. Runs are then created in the files' order, little faster than two cores load files: an
API server that creates runs for 16 tasks at once answers nobody else for half a second, nor the tasks of loads."""


def watch_dag(settings: Settings, chosen: Mapping[str, str]) -> DAG:
    """``refdata_watch`` of a set.

    :param chosen: the set's settings that differ from Airflow's configuration.
    """
    prefix = settings.dag_prefix
    with DAG(
        dag_id=f"{prefix}refdata_watch",
        schedule="@continuous",
        start_date=datetime(2024, 1, 1, tzinfo=UTC),  # a continuous DAG without one never runs
        catchup=False,
        max_active_runs=1,
        # A wrong setting or a missing mount is retried too: until somebody fixes it there is nothing else to do.
        default_args={
            "retries": settings.retries,
            "retry_delay": timedelta(seconds=settings.retry_delay),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(seconds=min(settings.max_retry_delay, 120)),
        },
        on_failure_callback=Chooser(chosen, alert_on_failure),
        deadline=watch_deadline(settings, chosen),
        tags=["refdata"],
        doc_md=__doc__,
    ) as dag:
        stable_files = StableFileSensor(
            task_id="stable_files",
            filepath=settings.dropoff_root,
            processed_root=settings.processed_root,
            error_root=settings.error_root,
            file_types=settings.file_types,
            checks=settings.stability_checks,
            poke_interval=settings.stability_interval,
            max_releases=settings.max_releases,
            groups=START_TASKS,
            idle_timeout=settings.watch_timeout,
            asset=Asset(f"{prefix}{ASSET}", uri=f"x-refdata://{prefix}dropoff") if prefix else DROPOFF,
            deferrable=True,
            start_from_trigger=True,
            pre_execute=Chooser(chosen),
        )
        StartLoadOperator.partial(
            task_id="start_load",
            trigger_dag_id=f"{prefix}{LOAD_DAG}",
            logical_date=None,
            # While this waits nothing is watched. A load that cannot be started is offered again by the next run.
            retries=2,
            retry_delay=timedelta(seconds=5),
            retry_exponential_backoff=False,
            map_index_template="{{ task.label }}",
            max_active_tis_per_dagrun=START_AT_A_TIME,
        ).expand_kwargs(stable_files.output.map(load_runs))
    return dag
