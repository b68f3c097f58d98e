"""Loads one dropped file into its table: one run per file, triggered by ``refdata_watch`` or by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from airflow.sdk import DAG, BaseOperator, Param, TriggerRule, chain

from refdata import wiring
from refdata.core.runid import LOAD_DAG
from refdata.core.settings import Settings
from refdata.core.steps import Step, guarded, pipeline
from refdata.core.turns import most_active
from refdata.dags.chosen import Chooser
from refdata.notifications.deadlines import load_deadline
from refdata.notifications.failure import alert_on_failure
from refdata.operators.asking import PublishRowsOperator, ReviewOperator, StageRowsOperator
from refdata.operators.load import (
    AlignTableOperator,
    DetectFormatOperator,
    MoveToErrorOperator,
    MoveToProcessedOperator,
    WriteConfigOperator,
)

_FIRST_LAST = (Step.DETECT, Step.ALIGN, Step.LOAD, Step.REVIEW, Step.PUBLISH, Step.CONFIGURE, Step.ARCHIVE)
"""The steps by their priority, the least urgent first: what has begun is finished before other files are begun. So
``align_table``, which may do no more than ask for its turn, neither takes the place of the step that it waits for, nor
asks long before its turn."""

_PARAMS = {
    "path": Param(
        "",
        type="string",
        title="File",
        description="Path under the dropoff root, e.g. reference_data_table/fullload/airports.csv",
    ),
    "identity": Param(
        None, type=["null", "string", "object"], description="Set by refdata_watch; leave empty by hand."
    ),
    "load_type": Param(None, type=["null", "string"], description="Set by refdata_watch; leave empty by hand."),
    "is_reference_data": Param(None, type=["null", "boolean"], description="Set by refdata_watch; leave empty."),
}


def load_dag(settings: Settings, chosen: Mapping[str, str]) -> DAG:
    """``refdata_load`` of a set.

    :param chosen: the set's settings that differ from Airflow's configuration.
    """
    with DAG(
        dag_id=f"{settings.dag_prefix}{LOAD_DAG}",
        schedule=None,
        catchup=False,
        # A load that is held for approval is an idle run: it must not keep others from running.
        max_active_runs=most_active(settings.max_parallel_loads),
        max_active_tasks=settings.max_parallel_loads,
        default_args={
            **wiring.task_defaults(settings),
            "pre_execute": Chooser(chosen),
            "weight_rule": "absolute",
        },
        on_failure_callback=Chooser(chosen, alert_on_failure),
        deadline=load_deadline(settings, chosen),
        params=_PARAMS,
        tags=["refdata"],
        doc_md=__doc__,
    ) as dag:
        operators = _operators(settings)
        tasks = {
            step: operators[step](task_id=step.value, priority_weight=_FIRST_LAST.index(step) + 1)
            for step in pipeline(asking=True)
        }
        refuse = MoveToErrorOperator(
            task_id=Step.REFUSE.value, trigger_rule=TriggerRule.ONE_FAILED, priority_weight=len(_FIRST_LAST) + 1
        )

        chain(*tasks.values())
        [tasks[step] for step in guarded(asking=True)] >> refuse
    return dag


def _operators(settings: Settings) -> dict[Step, Callable[..., BaseOperator]]:
    review = partial(
        ReviewOperator,
        subject="Publish the load?",
        timeout=timedelta(seconds=settings.gate_timeout),
        default=settings.gate_default,
    )
    return {
        Step.DETECT: DetectFormatOperator,
        Step.ALIGN: AlignTableOperator,
        Step.LOAD: StageRowsOperator,
        Step.REVIEW: review,
        Step.PUBLISH: PublishRowsOperator,
        # The tasks that ask are skipped if there is nothing to ask, and the next if there is nothing to register.
        Step.CONFIGURE: partial(WriteConfigOperator, trigger_rule=TriggerRule.NONE_FAILED),
        Step.ARCHIVE: partial(MoveToProcessedOperator, trigger_rule=TriggerRule.NONE_FAILED),
    }
