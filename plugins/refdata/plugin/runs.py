"""What Airflow knows of a load's run: when each step began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from refdata import wiring
from refdata.core.runid import LOAD_DAG
from refdata.core.steps import ASKING, Step, place_of, title_of
from refdata.plugin.schemas import StepView

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

_NEVER_RAN = ("skipped", "upstream_failed")


def steps_of(run_id: str) -> Sequence[StepView]:
    """The steps of a run of ``refdata_load`` that had work, in their order; none when Airflow does not know the run."""
    from airflow.models.dagrun import DagRun

    runs = DagRun.find(dag_id=wiring.dag_id(LOAD_DAG), run_id=run_id)
    steps: Sequence[Any] = runs[0].get_task_instances() if runs else ()
    held = _was_asked(steps)
    left_out = frozenset() if held else ASKING
    shown = [step for step in steps if step.task_id not in left_out and step.state not in _NEVER_RAN]
    return [_step(step, held=held) for step in sorted(shown, key=lambda step: place_of(step.task_id))]


def _was_asked(steps: Sequence[TaskInstance]) -> bool:
    """Whether a person was asked about the load; Airflow keeps the question."""
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session

    with create_session() as session:
        return any(step.task_id == Step.REVIEW and session.get(HITLDetail, step.id) is not None for step in steps)


def _step(step: TaskInstance, *, held: bool) -> StepView:
    return StepView(
        name=step.task_id,
        title=title_of(step.task_id, step.state, held=held),
        state=str(step.state) if step.state else None,
        started_at=step.start_date,
        ended_at=step.end_date,
        seconds=step.duration,
        tries=step.try_number,
    )
