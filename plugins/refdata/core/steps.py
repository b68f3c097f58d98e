"""The steps of a load, once: the DAG, ``process()``, the error branch and the page's story follow this list. Pure.

The values of ``Step`` are the ids of the tasks in ``refdata_load``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps, by the ids of their tasks in ``refdata_load``."""

    DETECT = "detect_format"
    ALIGN = "align_table"
    LOAD = "load_rows"
    REVIEW = "review"
    PUBLISH = "publish_rows"
    CONFIGURE = "write_config"
    ARCHIVE = "move_to_processed"
    REFUSE = "move_to_error"


@dataclass(frozen=True, slots=True)
class StepInfo:
    """One step: what the page calls it once it is done, and its place in a load.

    ``asking``: it is there only to ask a person and act on the answer, so it is left out where nobody is asked.
    ``waiting`` is its name on the page until it is done. ``published``: by its time the rows are in the table, so a
    failure never brings the file back. ``stoppable``: stopping the load stops it.
    """

    step: Step
    title: str
    waiting: str = ""
    asking: bool = False
    published: bool = False
    stoppable: bool = True


STEPS = (
    StepInfo(Step.DETECT, "Format detected, rows scanned"),
    StepInfo(Step.ALIGN, "Table aligned"),
    StepInfo(Step.LOAD, "Rows staged and published"),
    StepInfo(Step.REVIEW, "Reviewed", waiting="Waits for approval", asking=True),
    StepInfo(Step.PUBLISH, "Rows published", asking=True),
    StepInfo(Step.CONFIGURE, "Table registered", published=True, stoppable=False),
    StepInfo(Step.ARCHIVE, "File archived", published=True, stoppable=False),
)
"""In their order; each begins when the one before has ended well."""
ERROR_BRANCH = StepInfo(Step.REFUSE, "File refused", stoppable=False)
"""Runs when one of the steps failed, in place of those that would have followed it."""

STAGED = "Rows staged"
"""The title of ``load_rows`` in a load that was held: publishing is a step of its own there."""

AFTER_PUBLISHING = frozenset(info.step.value for info in STEPS if info.published)
"""Steps by whose time the rows are in the table: the file is not to be loaded again, whatever happens."""
LAST_FIRST = tuple(info.step.value for info in reversed(STEPS))
"""The order in which a failure is looked for: the step that failed last is the one to explain."""
ASKING = frozenset(info.step.value for info in STEPS if info.asking)
"""Steps that have work only where a load was held."""


def pipeline(*, asking: bool) -> tuple[Step, ...]:
    """The steps of a load that ends well, in order.

    >>> pipeline(asking=False)[2:4]
    (<Step.LOAD: 'load_rows'>, <Step.CONFIGURE: 'write_config'>)
    """
    return tuple(info.step for info in STEPS if asking or not info.asking)


def guarded(*, asking: bool) -> tuple[Step, ...]:
    """The steps whose failure the error branch takes up: all but the last, which is repeated by itself."""
    return pipeline(asking=asking)[:-1]


def info_of(step: Step) -> StepInfo:
    """What is known of a step."""
    return next(info for info in (*STEPS, ERROR_BRANCH) if info.step is step)


def failed_step(states: Mapping[str, str | None]) -> str:
    """The step that failed last, by the states of a run's tasks; ``unknown`` when none did.

    >>> failed_step({"detect_format": "success", "align_table": "failed"})
    'align_table'
    """
    return next((task for task in LAST_FIRST if states.get(task) == "failed"), "unknown")


def place_of(task: str) -> int:
    """Where a task stands in a load; tasks that are no step come last."""
    order = [info.step.value for info in (*STEPS, ERROR_BRANCH)]
    return order.index(task) if task in order else len(order)


def title_of(task: str, state: str | None, *, held: bool) -> str:
    """What the page calls a task.

    :param held: whether a person was asked about the load.

    >>> title_of("load_rows", "success", held=True), title_of("review", "deferred", held=True)
    ('Rows staged', 'Waits for approval')
    """
    info = next((info for info in (*STEPS, ERROR_BRANCH) if info.step.value == task), None)
    if info is None:
        return task.replace("_", " ").capitalize()
    if held and info.step is Step.LOAD:
        return STAGED
    return info.waiting if info.waiting and state != "success" else info.title
