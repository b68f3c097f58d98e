"""Commands for those who run it: ``refdata health`` and ``refdata maintenance``."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import (
    EXIT_FAILED,
    EXIT_OK,
    Subcommands,
    add_command,
    console,
    exit_code,
    print_json,
)

if TYPE_CHECKING:
    from refdata.core.health import Check
    from refdata.ingest.maintenance import Plan
    from refdata.ingest.reconcile import Finding


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    add_command(commands, "health", health, "whether all that loads need is ready: database, folders, memory, Airflow")
    kept = add_command(commands, "maintenance", maintain, "delete what is past its age, mend what a crash left")
    kept.add_argument("--apply", action="store_true", help="do it; without this it is only told what would be done")


def health(options: argparse.Namespace) -> int:
    """``refdata health``: 0 when nothing fails, 3 when all that fails may pass by itself, else 1."""
    from refdata.core.health import State, worst
    from refdata.health import as_json, examine

    found = examine()
    if options.json:
        print_json(as_json(found, worst(found)))
    else:
        _show_checks(found)
    return exit_code(check.transient for check in found if check.state is State.FAIL)


def maintain(options: argparse.Namespace) -> int:
    """``refdata maintenance``: a dry run unless ``--apply``; 1 when something could not be mended."""
    from refdata import wiring
    from refdata.ingest import maintenance

    deps = wiring.connect()
    deps.warehouse.initialise()
    planned = maintenance.plan(deps, wiring.run_state)
    done = maintenance.carry_out(deps, planned, getpass.getuser()) if options.apply else None
    if options.json:
        print_json(_as_json(planned, done.left if done else (), applied=options.apply))
    else:
        _show_plan(planned, applied=options.apply)
    return EXIT_FAILED if done is not None and done.left else EXIT_OK


def _as_json(planned: Plan, left: Sequence[tuple[Finding, str]], *, applied: bool) -> dict[str, object]:
    from refdata.ingest.maintenance import in_total

    return {
        "applied": applied,
        "total": in_total(planned.deletions),
        "deletions": [asdict(one) for one in planned.deletions],
        "repairs": [{"kind": one.kind, "where": one.where, "what": one.what} for one in planned.findings],
        "left": [{"where": one.where, "why": why} for one, why in left],
    }


def _show_plan(planned: Plan, *, applied: bool) -> None:
    grid = Grid("Kind", "What", "Why", "Bytes")
    for one in planned.deletions:
        grid.add_row(one.kind, escape(one.subject), one.why, f"{one.size:,}" if one.size else "")
    for finding in planned.findings:
        grid.add_row(finding.kind, escape(finding.where), escape(f"{finding.what}: {finding.remedy}"), "")
    if grid.row_count:
        console().print(grid)
    count = len(planned.deletions) + len(planned.findings)
    told = "was done" if applied else "would be done; `refdata maintenance --apply` does it"
    console().print(f"{count} things: this {told}." if count else "Nothing is due.")


def _show_checks(found: Sequence[Check]) -> None:
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    grid = Grid("Check", "State", "Figure", "What", "What to do")
    for check in found:
        state = f"[{colours[check.state]}]{check.state}[/]"
        grid.add_row(escape(check.name), state, *map(escape, (check.figure, check.message, check.advice)))
    console().print(grid)
