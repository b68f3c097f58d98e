"""Runs a command: its log lines, its errors and what it needs of Airflow."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder

from rich.logging import RichHandler
from rich.markup import escape

from refdata.commands.terminal import EXIT_FAILED, EXIT_TRANSIENT, console
from refdata.core.errors import RefdataError, TransientError, unforeseen
from refdata.warehouse.connect import needs_airflow


def run_command(options: argparse.Namespace) -> int:
    """Runs the command of a parsed command line; returns the exit code."""
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        _prepare(light=options.light)
        with log_on_stderr():
            return run(options)
    except RefdataError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  the last resort of every command; a traceback may quote a row
        failure = unforeseen(error)
    console(stderr=True).print(
        f"[red]{failure.category}[/red]: {escape(str(failure))}", highlight=False, soft_wrap=True
    )
    return EXIT_TRANSIENT if isinstance(failure, TransientError) else EXIT_FAILED


class _NoPandas(MetaPathFinder):
    """Keeps pandas out of a process, as if it were not installed.

    pyarrow imports it with the first value that it converts, which takes a quarter of a second, and does without it.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        """See ``MetaPathFinder``."""
        if name == "pandas":
            raise ModuleNotFoundError("No command without Airflow uses pandas", name=name)


def _prepare(*, light: bool) -> None:
    """Imports Airflow where the command needs it: its import sets up logging, which ``log_on_stderr`` redirects."""
    if light and not needs_airflow():
        sys.meta_path.insert(0, _NoPandas())
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts a thread for each core otherwise, unused here
    else:
        import airflow  # noqa: F401


@contextlib.contextmanager
def log_on_stderr() -> Iterator[None]:
    """Sends log lines to stderr, apart from the command's answer: Airflow writes logs to stdout."""
    log, handler = logging.getLogger("refdata"), RichHandler(console=console(stderr=True), show_path=False)
    propagated, log.propagate = log.propagate, False
    log.addHandler(handler)
    # Airflow warns once in each process that a value of a connection, such as "no", is too short to be masked.
    masker = logging.getLogger("airflow.sdk._shared.secrets_masker.secrets_masker")
    warned = masker.level
    masker.setLevel(logging.ERROR)
    # Airflow's own lines too.
    theirs = [
        one
        for one in logging.getLogger().handlers
        if isinstance(one, logging.StreamHandler) and one.stream is sys.stdout
    ]
    for one in theirs:
        one.setStream(sys.stderr)
    try:
        yield
    finally:
        masker.setLevel(warned)
        for one in theirs:
            one.setStream(sys.stdout)
        log.removeHandler(handler)
        log.propagate = propagated
