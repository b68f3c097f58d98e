"""What Airflow does with the load DAG, in one process: runs, their steps, retries, the error branch, the next run.

What Airflow would know (which runs there are, the results of their steps) is kept in a file outside the site, so it
survives the death of the process that works, as Airflow's database does.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refdata import serial
from refdata.core.errors import RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, FileStatus
from refdata.core.questions import Given
from refdata.core.runid import run_id_of
from refdata.ingest.align import align_table
from refdata.ingest.answered import load_answered
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.asking import take_answers
from refdata.ingest.configure import write_config
from refdata.ingest.context import Deps, Detection, Loaded
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_or_hold, load_reviewed
from refdata.ingest.review import Answer, Held
from refdata.ingest.turn import NotYetError
from refdata.questionlog import QuestionLog

STEPS = ("detect_format", "align_table", "load_rows", "publish_rows", "write_config", "move_to_processed")
KILLED = Failure("internal", "A step was killed", "run", "Drop it again.", transient=False, task="unknown")

Disturb = Callable[[str, int], None]
"""Called before a step with its name and the number of runs so far; may raise what the step shall raise."""


@dataclass(slots=True)
class Run:
    """One DAG run: its file, the results of the steps that are done, why one failed."""

    run_id: str
    file: DroppedFile
    results: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    ended: bool = False

    @property
    def next_step(self) -> str:
        """The first step without a result, ``""`` when all have one."""
        return next((step for step in STEPS if step not in self.results), "")


class Book:
    """All runs, in a file to which lines are appended; without a path they are in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.runs: dict[str, Run] = {}
        for line in path.read_text().splitlines() if path and path.exists() else ():
            self._apply(json.loads(line))

    @classmethod
    def of(cls, run: Run) -> Book:
        """A book of one run, in memory."""
        book = cls()
        book.runs[run.run_id] = run
        return book

    @property
    def open_run(self) -> Run | None:
        """The run that has not ended."""
        return next((run for run in self.runs.values() if not run.ended), None)

    def start(self, file: DroppedFile) -> Run | None:
        """A run for a released file; None when there was one of this id."""
        run_id = run_id_of(file)
        if run_id in self.runs:
            return None
        self._write(run_id, "file", serial.to_json(file))
        return self.runs[run_id]

    def done(self, run: Run, step: str, result: Any) -> None:
        """Keeps the result of a step."""
        self._write(run.run_id, "step", [step, result])

    def failed(self, run: Run, failure: Failure) -> None:
        """Keeps why a step failed for good."""
        self._write(run.run_id, "failure", serial.to_json(failure))

    def cleared(self, run: Run) -> None:
        """Somebody clears the run from its first task."""
        self._write(run.run_id, "clear", None)

    def end(self, run: Run) -> None:
        """The run is over."""
        self._write(run.run_id, "end", None)

    def _write(self, run_id: str, kind: str, value: Any) -> None:
        entry = [run_id, kind, value]
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps(entry) + os.linesep)
        self._apply(entry)

    def _apply(self, entry: list[Any]) -> None:
        run_id, kind, value = entry
        if kind == "file":
            self.runs[run_id] = Run(run_id, serial.from_json(DroppedFile, value))
            return
        run = self.runs[run_id]
        if kind == "step":
            run.results[value[0]] = value[1]
        elif kind == "failure":
            run.failure = serial.from_json(Failure, value)
        elif kind == "clear":
            run.results, run.failure = {}, None
        else:
            run.ended = True


def undisturbed(step: str, runs: int) -> None:
    """Nothing fails."""


def work(deps: Deps, book: Book, disturb: Disturb = undisturbed) -> None:
    """Goes on where the book ends, until no file waits that has had no run, and no run can go on."""
    while True:
        moved = [go_on(deps, book, run, disturb) for run in tuple(book.runs.values()) if not run.ended]
        if not any(moved) and _released(deps, book) is None:
            return


def _released(deps: Deps, book: Book) -> Run | None:
    """The watcher, with every file stable: the oldest file that never had a run gets one.

    One that was handed back with a question stays there until somebody answers, and nobody does.
    """
    asked = any(run.failure is not None and run.failure.category == "held" for run in book.runs.values())
    files = sorted(deps.dropoff.scan().files, key=lambda file: (file.changed_ns, file.name))
    return next(filter(None, (book.start(file) for file in files if not (asked and _lies_there(deps, file)))), None)


def _lies_there(deps: Deps, file: DroppedFile) -> bool:
    row = deps.ledger.by_path(file.path)
    return row is not None and row.status is FileStatus.PENDING and row.error_category == "held"


def go_on(deps: Deps, book: Book, run: Run, disturb: Disturb = undisturbed) -> bool:
    """Does the steps of a run that can be done now; whether that was any."""
    done = len(run.results)
    while run.failure is None and len(run.results) < len(STEPS):
        step = run.next_step
        try:
            disturb(step, len(book.runs))
            book.done(run, step, _perform(deps, run, step))
        except NotYetError:
            return len(run.results) > done
        except RefdataError as error:
            book.failed(run, Failure.of(error, step))
    if run.failure is not None and run.next_step != "move_to_processed":
        move_to_error(deps, run.file, run.failure, run.run_id)
    book.end(run)
    return True


def _perform(deps: Deps, run: Run, step: str) -> Any:
    """One step, with what the earlier ones left, as the operators do it."""
    if step == "detect_format":
        return serial.to_json(detect_format(deps, run.file, run.run_id))
    if step == "move_to_processed":
        return move_to_processed(deps, run.file)
    if step == "write_config":
        return write_config(deps, serial.from_json(Loaded, run.results["publish_rows"]))
    detection = serial.from_json(Detection, run.results["detect_format"])
    if step == "align_table":
        return align_table(deps, run.file, detection)
    if step == "load_rows":
        # Without the gate that is load_rows.
        return [found and serial.to_json(found) for found in load_or_hold(deps, run.file, detection)]
    loaded, held = run.results["load_rows"]
    if loaded["status"] == FileStatus.REVIEW and held is None:
        return serial.to_json(load_answered(deps, run.file, run.run_id, loaded["load_id"], _answers(deps, loaded))[1])
    if held is None:
        return loaded
    answer = Answer(approved=True, by="ada", reason="seen", facts=serial.from_json(Held, held).facts)
    return serial.to_json(load_reviewed(deps, run.file, detection, answer))


def align_answered(deps: Deps, run: Run) -> None:
    """What ``load_answered`` does before it loads: the answers are recorded, and the table is aligned."""
    alone = dataclasses.replace(deps, asks=False)
    loaded = run.results["load_rows"][0]
    row = alone.ledger.get(loaded["load_id"])
    if row is not None and row.status is FileStatus.REVIEW:
        take_answers(alone, row, _answers(deps, loaded))
        align_table(alone, run.file, detect_format(alone, run.file, run.run_id))


def _answers(deps: Deps, loaded: dict[str, Any]) -> list[Given]:
    """The first answer of each open question, kept for later files where that is possible."""
    asked = QuestionLog(deps.warehouse).of_load(loaded["load_id"])
    choices = [(one.question, one.question.choices[0]) for one in asked if one.given is None]
    return [
        Given(question.fingerprint, choice.key, "ada", "as agreed", kept=choice.keepable)
        for question, choice in choices
    ]
