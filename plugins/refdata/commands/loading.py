"""``refdata load``: runs all steps for one dropped file, with a progress bar; Ctrl-C cancels the load cleanly."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from refdata.commands.questions import chosen_answers
from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Subcommands, add_command, console, show_files, show_warnings
from refdata.core.errors import PermanentError
from refdata.core.loadstates import DONE

if TYPE_CHECKING:
    from refdata.core.model import Load
    from refdata.core.questions import Given, Question
    from refdata.ingest.context import Deps
    from refdata.ingest.process import Answers, OnEvent, ProgressEvent
    from refdata.ingest.review import Approval


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    load = add_command(commands, "load", load_file)
    load.add_argument("path", help="path under the dropoff root, e.g. reference_data_table/fullload/airports.csv")
    load.add_argument(
        "--approve",
        metavar="REASON",
        default="",
        help="load it even beyond the change gate's limits; recorded in the audit trail",
    )

    load.add_argument(
        "--answer",
        metavar="QUESTION=ANSWER",
        action="append",
        default=[],
        help="answer to a question of the load, such as column_missing:price=empty; the error of a load with open"
        " questions lists them. May be given several times",
    )
    load.add_argument("--keep", action="store_true", help="also apply the answers to the table's later files")
    load.add_argument("--reason", default="", help="why you chose this answer; recorded in the audit trail")


def load_file(options: argparse.Namespace) -> int:
    """``refdata load``: the steps of ``refdata_load`` in this process; 0 when the file is loaded or a duplicate."""
    from refdata import wiring
    from refdata.ingest.review import Approval

    deps = wiring.connect()
    deps.warehouse.initialise()
    approval = Approval(getpass.getuser(), options.approve) if options.approve else None
    row = _load(deps, options.path, approval, _answers(options))
    show_files(options, [row] if row else [])
    if row and row.rows_compared and not options.json:
        console().print(f"Rows: {row.rows_compared}.", highlight=False)
    if row and not options.json:
        show_warnings(row)
    return EXIT_OK if row and row.status in DONE else EXIT_FAILED


def _answers(options: argparse.Namespace) -> Answers:
    """The answers of the command line, by the questions' names.

    An answer that a question does not offer is none: the question comes again.

    :raises ConfigurationError: one that is not written as QUESTION=ANSWER.
    """
    from refdata.core.questions import Given

    chosen = chosen_answers(options.answer)

    def answer(question: Question) -> Given | None:
        choice = chosen.get(question.name)
        if choice is None:
            return None
        keep = options.keep and any(one.key == choice and one.keepable for one in question.choices)
        return Given(question.fingerprint, choice, getpass.getuser(), options.reason, keep)

    return answer


def _load(deps: Deps, path: str, approval: Approval | None, answers: Answers) -> Load | None:
    from refdata.ingest.asking import QuestionsError
    from refdata.ingest.process import own_run, process

    file, run_id = deps.dropoff.find(_below(Path(deps.settings.dropoff_root), path)), own_run(deps)
    try:
        # In its own thread: in the main thread ADBC handles Ctrl-C itself, and its SQLite driver cannot cancel.
        with _interruptible() as stop, _bar() as on_event, ThreadPoolExecutor(1, "load") as thread:
            return thread.submit(process, deps, file, run_id, on_event, stop.is_set, approval, answers).result()
    except PermanentError as error:
        text = f"[red]{error.category}[/red]: {escape(str(error))}"
        console(stderr=True).print(text, highlight=False, soft_wrap=True)
    except QuestionsError as error:
        for line in (line for question in error.questions for line in (*question.evidence, *question.examples)):
            console(stderr=True).print(escape(line), highlight=False, soft_wrap=True)
        raise
    return deps.ledger.by_run(run_id)


def _below(root: Path, path: str) -> str:
    """The path relative to the root, also of a file named by its path from here or from ``/``, as a shell completes it.

    >>> _below(Path("/data/dropoff"), "/data/dropoff/reference_data_table/append/rates.csv")
    'reference_data_table/append/rates.csv'
    >>> _below(Path("/data/dropoff"), "reference_data_table/append/rates.csv")
    'reference_data_table/append/rates.csv'
    """
    here = Path.cwd() / path
    return here.relative_to(root).as_posix() if here.is_relative_to(root) else path


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C ends the process as usual."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _bar() -> Iterator[OnEvent]:
    """Shows the step and a progress bar on stderr; nothing where that is not a terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    shown = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def hear(event: ProgressEvent) -> None:
            bar.update(task, description=event.step, completed=event.rows, total=event.total)

        yield hear
