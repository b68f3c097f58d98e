"""Output helpers that every command uses, and the exit codes."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Column
from rich.table import Table as Grid

from refdata.commands.listed import COMMANDS

if TYPE_CHECKING:
    from refdata.core.model import Load

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_TRANSIENT = 0, 1, 2, 3

Run = Callable[[argparse.Namespace], int]
_Number = TypeVar("_Number", int, float)
Subcommands = argparse._SubParsersAction  # noqa: SLF001  argparse gives its result no public name


def add_command(
    commands: Subcommands[argparse.ArgumentParser], name: str, run: Run, summary: str = "", *, light: bool = False
) -> argparse.ArgumentParser:
    """Adds a command with the options that all commands have.

    :param summary: only for a command below another one; the others have theirs in ``listed.COMMANDS``.
    :param light: it needs no Airflow where settings and connection can be read without.
    """
    text = summary or COMMANDS[name][1]
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.set_defaults(run=run, light=light)
    return command


def between(least: _Number, most: _Number) -> Callable[[str], _Number]:
    """The type of a number as an option, within limits of the same type.

    >>> between(1, 500)("20")
    20
    """

    def number(text: str) -> _Number:
        with contextlib.suppress(ValueError):
            value = type(least)(text)
            if least <= value <= most:
                return value
        kind = "a whole number" if isinstance(least, int) else "a number"
        raise argparse.ArgumentTypeError(f"{text!r} is not {kind} between {least} and {most}")

    return number


def filled(text: str) -> str:
    """The type of an option that must not be blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it must not be empty")
    return text


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; wide enough for the tables where the output goes to a file or a pipe."""
    terminal = Console(stderr=stderr)
    return terminal if terminal.is_terminal else Console(stderr=stderr, width=140)


def exit_code(failures: Iterable[bool]) -> int:
    """The exit code of a command with several findings; ``failures``: whether each failure may pass by itself."""
    transient = list(failures)
    if not transient:
        return EXIT_OK
    return EXIT_TRANSIENT if all(transient) else EXIT_FAILED


def say(options: argparse.Namespace, facts: dict[str, object]) -> None:
    """Facts on one line, or as JSON."""
    if options.json:
        print_json(facts)
    else:
        console().print(", ".join(f"{name}: {value}" for name, value in facts.items()))


def print_json(value: object) -> None:
    """A value as JSON; times and decimals as text."""
    print(json.dumps(value, default=str, ensure_ascii=False, indent=2))


def moment(value: datetime | None) -> str:
    """A time to the second, empty for none."""
    return value.strftime("%Y-%m-%d %H:%M:%S") if value else ""


def figures(*names: str) -> tuple[Column, ...]:
    """Headings of number columns, which are right-aligned."""
    return tuple(Column(name, justify="right") for name in names)


def show_files(options: argparse.Namespace, rows: Sequence[Load]) -> None:
    """Prints files and their status as a table, or as JSON."""
    if options.json:
        print_json([asdict(row) for row in rows])
        return
    rows_and_rejects = figures("Rows", "Rejected", "Warnings")
    grid = Grid(*figures("Load"), "File", "Status", "Table", *rows_and_rejects, "Seen (UTC)", "Error")
    for row in rows:
        numbers = (row.rows_loaded, row.rows_rejected, len(row.warnings) or None)
        counts = ("" if count is None else f"{count:,}" for count in numbers)
        seen = moment(row.created_at)
        grid.add_row(
            str(row.id),
            escape(row.file_name),
            row.status,
            row.table_name,
            *counts,
            seen,
            escape(row.error_message or ""),
        )
    console().print(grid)


def show_warnings(row: Load) -> None:
    """Prints what a load warns of, each warning on a line of its own."""
    for warning in row.warnings:
        console().print(f"[yellow]Warning[/yellow]: {escape(warning)}", highlight=False, soft_wrap=True)
