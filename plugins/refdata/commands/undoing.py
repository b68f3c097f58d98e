"""``refdata rollback`` and ``refdata take-back``."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, EXIT_USAGE, Subcommands, add_command, console, print_json
from refdata.commands.versions import show_diff

if TYPE_CHECKING:
    from refdata.api import ReferenceData, Revised


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    back = add_command(commands, "rollback", rollback)
    back.add_argument("table", help="name of the table, without its schema")
    back.add_argument("version", type=int, help="number of the version to return to (see `refdata versions`)")
    _common(back)
    back.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    taken = add_command(commands, "take-back", take_back)
    taken.add_argument("load", type=int, help="number of the load (see `refdata versions` or `refdata history`)")
    _common(taken)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reason", default="", help="why; recorded in the audit trail")
    command.add_argument("--by", default=None, help="who requests it; default: the login name")
    command.add_argument(
        "--accept-orphans",
        action="store_true",
        help="also where rows of other tables refer to nothing afterwards (on_orphans: hold)",
    )
    command.add_argument("--yes", action="store_true", help="do not ask; required if no person can answer")


def rollback(options: argparse.Namespace) -> int:
    """``refdata rollback``: shows the difference, asks, then rolls back the version that was shown."""
    from refdata.api import ReferenceData

    if not options.dry_run and not _has_reason(options):
        return EXIT_USAGE
    data = ReferenceData.connect()
    live = data.live_version(options.table)
    if options.dry_run or not options.yes:
        difference = data.diff(options.table, live, options.version)
        if options.json and options.dry_run:
            print_json(asdict(difference))
        elif not options.json:
            show_diff(difference)
    if options.dry_run:
        return EXIT_OK
    if (code := may_go_on(options, f"Roll {options.table} back to version {options.version}?")) is not None:
        return code
    return _print(options, data.rollback(options.table, options.version, expected=live, **_who(options)))


def take_back(options: argparse.Namespace) -> int:
    """``refdata take-back``."""
    from refdata.api import ReferenceData

    if not _has_reason(options):
        return EXIT_USAGE
    data: ReferenceData = ReferenceData.connect()
    if (code := may_go_on(options, f"Take the rows of load {options.load} back?")) is not None:
        return code
    return _print(options, data.take_back(options.load, **_who(options)))


def _who(options: argparse.Namespace) -> dict[str, Any]:
    who = options.by or getpass.getuser()
    return {"reason": options.reason, "by": who, "accept_orphans": options.accept_orphans}


def _has_reason(options: argparse.Namespace) -> bool:
    if not options.reason.strip():
        console(stderr=True).print("Give a reason: --reason TEXT (not needed with --dry-run)", highlight=False)
        return False
    return True


def may_go_on(options: argparse.Namespace, question: str) -> int | None:
    """Asks; the exit code when it stops here, because no person can answer or the answer is no."""
    if options.yes:
        return None
    if not sys.stdin.isatty():
        console(stderr=True).print("Nobody can be asked here: add --yes", highlight=False)
        return EXIT_USAGE
    from rich.prompt import Confirm

    return None if Confirm.ask(question, default=False) else EXIT_FAILED


def _print(options: argparse.Namespace, done: Revised) -> int:
    if options.json:
        print_json(asdict(done))
    else:
        rows = f"{done.rows_before:,} → {done.rows:,} rows"
        console().print(f"{done.table} is now at version {done.version}: {rows} (load {done.load_id})", highlight=False)
        for warning in done.warnings:
            console().print(f"Warning: {warning}", highlight=False, markup=False)
    return EXIT_OK
