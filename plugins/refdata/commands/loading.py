"""``refdata load``: runs all steps for one dropped file, with a progress bar; Ctrl-C cancels the load cleanly."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Subcommands, add_command, console, show_files
from refdata.core.errors import PermanentError
from refdata.core.loadstates import DONE

if TYPE_CHECKING:
    from refdata.core.model import LedgerRow
    from refdata.ingest.context import Deps
    from refdata.ingest.process import OnEvent, ProgressEvent
    from refdata.ingest.review import Approval


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    load = add_command(commands, "load", load_file, "load one file from the dropoff folder now, without Airflow's DAGs")
    load.add_argument("path", help="path under the dropoff root, e.g. reference_data_table/fullload/airports.csv")
    load.add_argument(
        "--approve",
        metavar="REASON",
        default="",
        help="load it even beyond the change gate's limits; recorded in the audit trail",
    )


def load_file(options: argparse.Namespace) -> int:
    """``refdata load``: the steps of ``refdata_load`` in this process; 0 when the file is loaded or a duplicate."""
    from refdata import wiring
    from refdata.ingest.review import Approval

    deps = wiring.connect()
    deps.warehouse.initialise()
    row = _load(deps, options.path, Approval(getpass.getuser(), options.approve) if options.approve else None)
    show_files(options, [row] if row else [])
    return EXIT_OK if row and row.status in DONE else EXIT_FAILED


def _load(deps: Deps, path: str, approval: Approval | None) -> LedgerRow | None:
    from refdata.ingest.process import own_run, process

    file, run_id = deps.dropoff.find(path), own_run(deps)
    try:
        # In its own thread: in the main thread ADBC handles Ctrl-C itself, and its SQLite driver cannot cancel.
        with _interruptible() as stop, _bar() as on_event, ThreadPoolExecutor(1, "load") as thread:
            return thread.submit(process, deps, file, run_id, on_event, stop.is_set, approval).result()
    except PermanentError as error:
        text = f"[red]{error.category}[/red]: {escape(str(error))}"
        console(stderr=True).print(text, highlight=False, soft_wrap=True)
    return deps.ledger.by_run(run_id)


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
    shown = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def hear(event: ProgressEvent) -> None:
            bar.update(task, description=event.step, completed=event.rows, total=event.total)

        yield hear
