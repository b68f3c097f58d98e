"""The steps of a load, defined once: the DAG, ``process()``, the error branch and the page use this list. Pure.

The values of ``Step`` are the ids of the tasks in ``refdata_load``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps, named by their task ids in ``refdata_load``."""

    DETECT = "detect_format"
    ALIGN = "align_table"
    LOAD = "load_rows"
    REVIEW = "review"
    PUBLISH = "publish_rows"
    CONFIGURE = "write_config"
    ARCHIVE = "move_to_processed"
    REFUSE = "move_to_error"


@dataclass(frozen=True, slots=True)
class _StepInfo:
    """One step: its name on the page once it is done, and its place in a load.

    ``asking``: it exists only to ask a person and act on the answer, and is skipped if there is nothing to ask.
    ``waiting`` is its name on the page until it is done. ``published``: the rows are in the table by then, so a
    failure never brings the file back. ``stoppable``: stopping the load stops this step.
    """

    step: Step
    title: str
    waiting: str = ""
    asking: bool = False
    published: bool = False
    stoppable: bool = True


STEPS = (
    _StepInfo(Step.DETECT, "Format detected, rows scanned"),
    _StepInfo(Step.ALIGN, "Table aligned"),
    _StepInfo(Step.LOAD, "Rows staged and published"),
    _StepInfo(Step.REVIEW, "Reviewed", waiting="Waiting for an answer", asking=True),
    _StepInfo(Step.PUBLISH, "Rows published", asking=True),
    _StepInfo(Step.CONFIGURE, "Table registered", published=True, stoppable=False),
    _StepInfo(Step.ARCHIVE, "File archived", published=True, stoppable=False),
)
"""In order; each begins when the previous one has succeeded."""
ERROR_BRANCH = _StepInfo(Step.REFUSE, "File refused", stoppable=False)
"""Runs when one of the steps failed, instead of the steps after it."""

STAGED = "Rows staged"
"""The title of ``load_rows`` in a load that was held: publishing is then a separate step."""

AFTER_PUBLISHING = frozenset(info.step.value for info in STEPS if info.published)
"""Steps that run once the rows are in the table: from there on the file must not be loaded again."""
LAST_FIRST = tuple(info.step.value for info in reversed(STEPS))
"""The order in which to look for a failure: the step that failed last explains it."""
MARKED_KEY = "marked"
"""XCom of a step that somebody marked failed in Airflow, written by the server that took the request."""
ASKING = frozenset(info.step.value for info in STEPS if info.asking)
"""Steps that have work only where a load was held."""


def pipeline(*, asking: bool) -> tuple[Step, ...]:
    """The steps of a successful load, in order.

    >>> pipeline(asking=False)[2:4]
    (<Step.LOAD: 'load_rows'>, <Step.CONFIGURE: 'write_config'>)
    """
    return tuple(info.step for info in STEPS if asking or not info.asking)


def guarded(*, asking: bool) -> tuple[Step, ...]:
    """The steps whose failure the error branch handles: all but the last, which is retried by itself."""
    return pipeline(asking=asking)[:-1]


def info_of(step: Step) -> _StepInfo:
    """The details of a step."""
    return next(info for info in (*STEPS, ERROR_BRANCH) if info.step is step)


def failed_step(states: Mapping[str, str | None]) -> str:
    """The step that failed last, by the states of a run's tasks; ``unknown`` when none did.

    >>> failed_step({"detect_format": "success", "align_table": "failed"})
    'align_table'
    """
    return next((task for task in LAST_FIRST if states.get(task) == "failed"), "unknown")


def place_of(task: str) -> int:
    """A task's position in a load; tasks that are not steps come last."""
    order = [info.step.value for info in (*STEPS, ERROR_BRANCH)]
    return order.index(task) if task in order else len(order)


def title_of(task: str, state: str | None, *, held: bool) -> str:
    """The name of a task on the page.

    :param held: whether a person was asked about the load.

    >>> title_of("load_rows", "success", held=True), title_of("review", "deferred", held=True)
    ('Rows staged', 'Waiting for an answer')
    """
    info = next((info for info in (*STEPS, ERROR_BRANCH) if info.step.value == task), None)
    if info is None:
        return task.replace("_", " ").capitalize()
    if held and info.step is Step.LOAD:
        return STAGED
    return info.waiting if info.waiting and state != "success" else info.title
