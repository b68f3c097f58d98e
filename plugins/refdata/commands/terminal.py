"""What every command prints with, and the exit codes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime

from rich.console import Console

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_TRANSIENT = 0, 1, 2, 3

Run = Callable[[argparse.Namespace], int]
Subcommands = argparse._SubParsersAction  # noqa: SLF001  argparse gives its result no public name


def add_command(
    commands: Subcommands[argparse.ArgumentParser], name: str, run: Run, summary: str
) -> argparse.ArgumentParser:
    """A command with the options that all have."""
    command = commands.add_parser(name, help=summary, description=summary)
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.set_defaults(run=run)
    return command


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; wide enough for the tables where the output goes to a file or a pipe."""
    found = Console(stderr=stderr)
    return found if found.is_terminal else Console(stderr=stderr, width=140)


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
