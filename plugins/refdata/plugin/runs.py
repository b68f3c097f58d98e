"""What Airflow knows of a load's run: when each step began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refdata.core.runid import LOAD_DAG
from refdata.plugin.schemas import StepView

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

_ORDER = ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed", "move_to_error")


def steps_of(run_id: str) -> Sequence[StepView]:
    """The steps of a run of ``refdata_load``, in their order; none when Airflow does not know it any more."""
    from airflow.models.dagrun import DagRun

    found = DagRun.find(dag_id=LOAD_DAG, run_id=run_id)
    steps: Sequence[Any] = found[0].get_task_instances() if found else ()
    return [_step(step) for step in sorted(steps, key=_place)]


def _place(step: TaskInstance) -> int:
    return _ORDER.index(step.task_id) if step.task_id in _ORDER else len(_ORDER)


def _step(step: TaskInstance) -> StepView:
    return StepView(
        name=step.task_id,
        state=str(step.state) if step.state else None,
        started_at=step.start_date,
        ended_at=step.end_date,
        seconds=step.duration,
        tries=step.try_number,
    )
