"""``refdata config check|repair``."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Subcommands, add_command, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refdata.api import ConfigFinding


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    command = add_command(commands, "config", config)
    command.add_argument("what", choices=("check", "repair"), help="`check` changes nothing")
    command.add_argument("--by", default=None, help="who requests it; default: the login name")


def config(options: argparse.Namespace) -> int:
    """``refdata config``: 0 when only rows that a person switched off differ, or everything is repaired."""
    from refdata.api import ReferenceData

    data = ReferenceData.connect()
    if options.what == "check":
        results = [
            (one, "not repaired" if one.is_repairable else "a person has to decide") for one in data.config_check()
        ]
    else:
        done = data.config_repair(by=options.by or getpass.getuser())
        results = [(repair.finding, repair.left) for repair in done]
    _show(options, results)
    return EXIT_FAILED if any(left for one, left in results if one.kind != "disabled") else EXIT_OK


def _show(options: argparse.Namespace, results: Sequence[tuple[ConfigFinding, str]]) -> None:
    if options.json:
        print_json([{**asdict(one), "left": left} for one, left in results])
        return
    if not results:
        console().print("Nothing differs: the register and the tables agree.")
        return
    grid = Grid("Table", "Kind", "What", "Remedy", "State")
    for one, left in results:
        grid.add_row(*map(escape, (one.table, one.kind, one.what, one.remedy, left or "repaired")))
    console().print(grid)
