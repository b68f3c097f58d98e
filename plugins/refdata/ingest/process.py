"""All steps of a load in one call, for loading without Airflow: the same use cases in the same order."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from refdata.core.errors import CancelledError, DataError, LockTimeoutError, RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, Load
from refdata.core.questions import Given, Question
from refdata.core.runid import CLI_RUN
from refdata.core.steps import Step, info_of, pipeline
from refdata.core.turns import Wait
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.asking import QuestionsError, answer
from refdata.ingest.cancel import cancellation
from refdata.ingest.configure import run_post_load, write_config
from refdata.ingest.context import Deps, Loaded, on_one_connection
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_approved
from refdata.ingest.review import Approval
from refdata.ingest.turn import NotYetError


class TurnTakenError(LockTimeoutError):
    """Another load has the table's turn; nothing happened to the file, which waits in its folder."""

    wait: Wait | None = None
    """For what; None in a copy from another process."""


class Moment(StrEnum):
    """The kinds of events of a step."""

    BEGAN = "began"
    ROWS = "rows"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """An event. At the moment ``rows``, ``rows`` of ``total`` are staged; ``text`` describes a failure."""

    step: Step
    moment: Moment
    rows: int | None = None
    total: int | None = None
    text: str = ""


OnEvent = Callable[[ProgressEvent], None]


def unheard(event: ProgressEvent) -> None:
    """Used when events are not reported."""


def never() -> bool:
    """Used when the load cannot be stopped."""
    return False


Answers = Callable[[Question], Given | None]
MOST_ROUNDS = 5
"""Rounds of questions that one load may raise."""


def unanswering(question: Question) -> Given | None:  # noqa: ARG001
    """Nobody answers."""
    return None


def own_run(deps: Deps) -> str:
    """A run id for a load outside Airflow."""
    return f"{CLI_RUN}{deps.clock().isoformat()}"


@on_one_connection
def process(
    deps: Deps,
    file: DroppedFile,
    run_id: str,
    on_event: OnEvent = unheard,
    stopped: Callable[[], bool] = never,
    approval: Approval | None = None,
    answers: Answers = unanswering,
) -> Load:
    """Runs all steps of a file's load; returns its final ledger row, ``completed`` or ``duplicate``.

    A refused file goes to ``error`` before the error is raised, as in Airflow. A load that the change gate would hold
    needs an approval, because no person can be asked here.

    :param run_id: identifies the load in the ledger; ``own_run`` makes one.
    :param stopped: asked before each step and at each batch of rows; once it returns true, the load is cancelled.
    :param answers: answers a question of the load, or gives None; then the load fails with ``QuestionsError``.
    :param approval: who approves the load, whatever it changes.
    :raises RefdataError: why the file was refused or handed back to the watcher; ``CancelledError`` when stopped,
        ``HeldError`` when the change gate requires an approval.
    """
    work = _Process(replace(deps, on_rows=_rows_reported(on_event, stopped, file)), file, on_event, stopped, approval)
    try:
        _run_answering(work, run_id, answers)
    except NotYetError as wait:
        taken = TurnTakenError(str(wait), where=file.path, advice="Retry when that file is loaded.")
        taken.wait = wait.wait
        raise taken from None
    except RefdataError as error:
        failure = Failure.of(error, work.at)
        with work.step(Step.REFUSE, stoppable=False):
            move_to_error(deps, file, failure, run_id)
        raise
    row = deps.ledger.by_run(run_id)
    if row is None:
        raise DataError("Another run has taken over the file", where=file.path, advice="Check `refdata history`.")
    return row


def _run_answering(work: _Process, run_id: str, answers: Answers) -> None:
    """All steps, again from the first one after each round of answers: they may say how the file is to be read."""
    for _ in range(MOST_ROUNDS):
        try:
            work.run(run_id)
        except QuestionsError as error:
            given = [(question, answers(question)) for question in error.questions]
            row = work.deps.ledger.get(error.load_id)
            if row is None or not all(_is_answer(work.deps, question, one) for question, one in given):
                raise
            for question, one in given:
                if one is not None:
                    answer(work.deps, row, question, one)
        else:
            return
    work.run(run_id)


def _is_answer(deps: Deps, question: Question, given: Given | None) -> bool:
    """Whether a question is answered with one of its choices; a slip in a command must not send the file away."""
    if given is None or question.offers(given.choice):
        return given is not None
    deps.log.error("%r is no answer to %s; choose one of those below.", given.choice, question.name)
    return False


@dataclass(frozen=True, slots=True)
class _Process:
    deps: Deps
    file: DroppedFile
    on_event: OnEvent
    stopped: Callable[[], bool]
    approval: Approval | None
    begun: list[Step] = field(default_factory=list)

    @property
    def at(self) -> str:
        """The step that began last; ``process`` before the first."""
        return self.begun[-1].value if self.begun else "process"

    def run(self, run_id: str) -> None:
        """All steps but those that ask, in the order of the list."""
        results: dict[Step, Any] = {}
        for step in pipeline(asking=False):
            with self.step(step, stoppable=info_of(step).stoppable):
                results[step] = _CALLS[step](self, run_id, results)

    @contextlib.contextmanager
    def step(self, step: Step, *, stoppable: bool = True) -> Iterator[None]:
        """Reports the beginning and the end of the step."""
        if stoppable and self.stopped():
            raise _stop(self.file)
        self.on_event(ProgressEvent(step, Moment.BEGAN))
        self.begun.append(step)
        try:
            yield
        except RefdataError as error:
            self.on_event(ProgressEvent(step, Moment.FAILED, text=str(error)))
            raise
        self.on_event(ProgressEvent(step, Moment.ENDED))


def _configure(work: _Process, loaded: Loaded) -> None:
    write_config(work.deps, loaded)
    run_post_load(work.deps, loaded)


_CALLS: Mapping[Step, Callable[[_Process, str, Mapping[Step, Any]], object]] = {
    Step.DETECT: lambda work, run_id, _: detect_format(work.deps, work.file, run_id),
    Step.ALIGN: lambda work, _, done: align_table(work.deps, work.file, done[Step.DETECT]),
    Step.LOAD: lambda work, _, done: load_approved(work.deps, work.file, done[Step.DETECT], work.approval),
    # Published: from here on a stop comes too late, and the file must not look refused.
    Step.CONFIGURE: lambda work, _, done: _configure(work, done[Step.LOAD]),
    Step.ARCHIVE: lambda work, *_: move_to_processed(work.deps, work.file),
}
"""The action of each step, given the results of those before it."""


def _rows_reported(on_event: OnEvent, stopped: Callable[[], bool], file: DroppedFile) -> Callable[[int, int], None]:
    def report(rows: int, total: int) -> None:
        if stopped():
            raise _stop(file)
        on_event(ProgressEvent(Step.LOAD, Moment.ROWS, rows, total))

    return report


def _stop(file: DroppedFile) -> CancelledError:
    return cancellation("The load was cancelled by its caller", file.path)


async def aprocess(deps: Deps, file: DroppedFile, on_event: OnEvent, approval: Approval | None = None) -> Load:
    """``process`` in a thread. Events arrive in the event loop; cancelling the awaiting task cancels the load.

    It waits until the load has stopped, so that nothing continues unseen.
    """
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def post(event: ProgressEvent) -> None:
        loop.call_soon_threadsafe(on_event, event)

    work = asyncio.ensure_future(asyncio.to_thread(process, deps, file, own_run(deps), post, stop.is_set, approval))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(RefdataError):
            await asyncio.shield(work)
        raise
