"""Commands for those who run it: ``refdata health``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import (
    EXIT_FAILED,
    EXIT_OK,
    EXIT_TRANSIENT,
    Subcommands,
    add_command,
    console,
    print_json,
)

if TYPE_CHECKING:
    from refdata.core.health import Check


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    add_command(commands, "health", health, "whether all that loads need is ready: database, folders, memory, Airflow")


def health(options: argparse.Namespace) -> int:
    """``refdata health``: 0 when nothing fails, 3 when all that fails may pass by itself, else 1."""
    from refdata.core.health import State, worst
    from refdata.health import as_json, examine

    found = examine()
    if options.json:
        print_json(as_json(found, worst(found)))
    else:
        _show_checks(found)
    failing = [check for check in found if check.state is State.FAIL]
    if not failing:
        return EXIT_OK
    return EXIT_TRANSIENT if all(check.transient for check in failing) else EXIT_FAILED


def _show_checks(found: Sequence[Check]) -> None:
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    grid = Grid("Check", "State", "Figure", "What", "What to do")
    for check in found:
        state = f"[{colours[check.state]}]{check.state}[/]"
        grid.add_row(escape(check.name), state, *map(escape, (check.figure, check.message, check.advice)))
    console().print(grid)
