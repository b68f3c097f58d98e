"""What Airflow knows of a load's run: when each step began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refdata.core.runid import LOAD_DAG
from refdata.plugin.schemas import StepView

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

_ASKING = ("review", "publish_rows")
"""What stands in every run while the change gate is on, and has work only where a load was held."""
_ORDER = ("detect_format", "align_table", "load_rows", *_ASKING, "write_config", "move_to_processed", "move_to_error")
_NEVER_RAN = ("skipped", "upstream_failed")


def steps_of(run_id: str) -> Sequence[StepView]:
    """The steps of a run of ``refdata_load`` that had work, in their order; none when Airflow does not know the run."""
    from airflow.models.dagrun import DagRun

    found = DagRun.find(dag_id=LOAD_DAG, run_id=run_id)
    steps: Sequence[Any] = found[0].get_task_instances() if found else ()
    left_out = () if _was_asked(steps) else _ASKING
    shown = [step for step in steps if step.task_id not in left_out and step.state not in _NEVER_RAN]
    return [_step(step) for step in sorted(shown, key=_place)]


def _was_asked(steps: Sequence[TaskInstance]) -> bool:
    """Whether a person was asked about the load; Airflow keeps the question."""
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session

    with create_session() as session:
        return any(step.task_id == "review" and session.get(HITLDetail, step.id) is not None for step in steps)


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
