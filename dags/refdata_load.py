"""Loads one dropped file into its table: one run per file, triggered by ``refdata_watch`` or by hand."""

from __future__ import annotations

from airflow.sdk import DAG, Param, TriggerRule

from refdata import wiring
from refdata.notifications.deadlines import load_deadline
from refdata.notifications.failure import alert_on_failure
from refdata.operators.load import (
    AlignTableOperator,
    DetectFormatOperator,
    LoadRowsOperator,
    MoveToErrorOperator,
    MoveToProcessedOperator,
    WriteConfigOperator,
)

settings = wiring.settings()

with DAG(
    dag_id="refdata_load",
    schedule=None,
    catchup=False,
    max_active_runs=settings.max_parallel_loads,
    default_args=wiring.task_defaults(settings),
    on_failure_callback=alert_on_failure,
    deadline=load_deadline(settings),
    params={
        "path": Param(
            "",
            type="string",
            title="File",
            description="Path under the dropoff root, e.g. reference_data_table/fullload/airports.csv",
        ),
        "identity": Param(None, type=["null", "object"], description="Set by refdata_watch; leave empty by hand."),
        "load_type": Param(None, type=["null", "string"], description="Set by refdata_watch; leave empty by hand."),
        "is_reference_data": Param(None, type=["null", "boolean"], description="Set by refdata_watch; leave empty."),
    },
    tags=["refdata"],
    doc_md=__doc__,
):
    detect_format = DetectFormatOperator(task_id="detect_format")
    align_table = AlignTableOperator(task_id="align_table")
    load_rows = LoadRowsOperator(task_id="load_rows")
    write_config = WriteConfigOperator(task_id="write_config")
    move_to_processed = MoveToProcessedOperator(task_id="move_to_processed")
    move_to_error = MoveToErrorOperator(task_id="move_to_error", trigger_rule=TriggerRule.ONE_FAILED)

    detect_format >> align_table >> load_rows >> write_config >> move_to_processed
    [detect_format, align_table, load_rows, write_config] >> move_to_error
