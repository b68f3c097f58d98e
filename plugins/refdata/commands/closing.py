"""``refdata table``: retires, renames and deletes tables, and opens them again."""

from __future__ import annotations

import argparse
import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.listed import COMMANDS
from refdata.commands.terminal import EXIT_OK, Run, Subcommands, add_command, console, filled, moment, print_json
from refdata.commands.undoing import may_go_on

if TYPE_CHECKING:
    from refdata.api import Closing
    from refdata.tableapi import ClosedDown


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    group = commands.add_parser("table", help=COMMANDS["table"][1], description="What becomes of tables.")
    below = group.add_subparsers(required=True, metavar="COMMAND")
    _change(below, "retire", retire, "close a table to new files; its rows and versions stay")
    _change(below, "reopen", reopen, "let a retired or deleted table take files again")
    renamed = _change(below, "rename", rename, "give a table another name, with its versions, history and contract")
    renamed.add_argument("new_name", help="the new name")
    _change(below, "delete", delete, "drop a table with its rows and all versions")
    named = add_command(below, "dependents", dependents, "list what depends on a table")
    named.add_argument("table", help="name of the table, without its schema")
    add_command(below, "closed", closed, "list the tables that take no more files")


def _change(
    commands: Subcommands[argparse.ArgumentParser], name: str, run: Run, summary: str
) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, summary)
    command.add_argument("table", help="name of the table, without its schema")
    command.add_argument("--reason", required=True, type=filled, help="why; recorded in the audit trail")
    command.add_argument("--by", default=None, help="who requests it; default: the login name")
    command.add_argument("--yes", action="store_true", help="do not ask; required if no person can answer")
    return command


def retire(options: argparse.Namespace) -> int:
    """``refdata table retire``."""
    found = _closing()
    if (code := _agreed(options, found, f"Close {options.table} to new files?")) is not None:
        return code
    return _show(options, found.retire(options.table, **_who(options)), "takes no more files")


def reopen(options: argparse.Namespace) -> int:
    """``refdata table reopen``."""
    if (code := may_go_on(options, f"Let {options.table} take files again?")) is not None:
        return code
    _closing().reopen(options.table, **_who(options))
    if options.json:
        print_json({"table": options.table})
    else:
        console().print(f"{escape(options.table)} takes files again.", highlight=False)
    return EXIT_OK


def rename(options: argparse.Namespace) -> int:
    """``refdata table rename``."""
    found = _closing()
    if (code := _agreed(options, found, f"Rename {options.table} to {options.new_name}?")) is not None:
        return code
    done = found.rename(options.table, options.new_name, **_who(options))
    return _show(options, done, f"is called {options.new_name} now")


def delete(options: argparse.Namespace) -> int:
    """``refdata table delete``."""
    found = _closing()
    if (code := _agreed(options, found, f"Delete {options.table} with its rows and all versions?")) is not None:
        return code
    done = found.delete(options.table, **_who(options))
    return _show(options, done, f"is deleted: {done.rows:,} rows")


def dependents(options: argparse.Namespace) -> int:
    """``refdata table dependents``."""
    found = _closing().dependents(options.table)
    if options.json:
        print_json([asdict(one) for one in found])
        return EXIT_OK
    for one in found:
        console().print(f"- {escape(one.what)}", highlight=False, soft_wrap=True)
    if not found:
        console().print("Nothing that refdata knows depends on it.")
    return EXIT_OK


def closed(options: argparse.Namespace) -> int:
    """``refdata table closed``."""
    found = _closing().closed()
    if options.json:
        print_json([asdict(one) for one in found])
        return EXIT_OK
    grid = Grid("Table", "State", "New name", "Since", "By", "Reason")
    for one in found:
        texts = (one.table_name, one.state, one.new_name or "", moment(one.closed_at), one.closed_by, one.reason)
        grid.add_row(*map(escape, texts))
    console().print(grid if found else "Every table takes files.")
    return EXIT_OK


def _closing() -> Closing:
    from refdata.api import ReferenceData

    return ReferenceData.connect().closing


def _agreed(options: argparse.Namespace, found: Closing, question: str) -> int | None:
    """Shows what depends on the table, and asks; the exit code when it stops here."""
    if not options.yes and not options.json:
        for one in found.dependents(options.table):
            console().print(f"- {escape(one.what)}", highlight=False, soft_wrap=True)
    return may_go_on(options, question)


def _who(options: argparse.Namespace) -> dict[str, str]:
    return {"reason": options.reason, "by": options.by or getpass.getuser()}


def _show(options: argparse.Namespace, done: ClosedDown, what: str) -> int:
    if options.json:
        print_json(asdict(done))
        return EXIT_OK
    console().print(f"{escape(done.closed.table_name)} {escape(what)}.", highlight=False)
    for line in done.advice:
        console().print(f"Check: {escape(line)}", highlight=False, soft_wrap=True)
    return EXIT_OK
