"""Commands for operators: ``refdata health``, ``refdata maintenance`` and ``refdata move-archives``."""

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
    from refdata.ingest.maintenance import Done, Plan
    from refdata.ingest.relocate import Relocation


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    add_command(commands, "health", health)
    kept = add_command(commands, "maintenance", maintain)
    kept.add_argument("--apply", action="store_true", help="do it; without this, only show what would be done")
    kept.add_argument(
        "--convert-heaps",
        action="store_true",
        help="with --apply, also give tables without a clustered index one; each is rewritten once",
    )
    moved = add_command(commands, "move-archives", move_archives)
    moved.add_argument("--apply", action="store_true", help="do it; without this, only show what would be moved")


def health(options: argparse.Namespace) -> int:
    """``refdata health``: 0 when nothing fails, 3 when every failure may pass by itself, else 1."""
    from refdata.core.health import State, worst
    from refdata.health import as_json, run_checks

    checks = run_checks()
    if options.json:
        print_json(as_json(checks, worst(checks)))
    else:
        _show_checks(checks)
    return exit_code(check.transient for check in checks if check.state is State.FAIL)


def maintain(options: argparse.Namespace) -> int:
    """``refdata maintenance``: a dry run unless ``--apply``; 1 when something could not be repaired."""
    from refdata import wiring
    from refdata.ingest import maintenance

    deps = wiring.connect()
    deps.warehouse.initialise()
    planned = maintenance.plan(deps, wiring.run_state)
    convert = options.convert_heaps or deps.settings.maintenance_convert_heaps
    actor = getpass.getuser()
    done = maintenance.carry_out(deps, planned, actor, convert_heaps=convert) if options.apply else None
    if options.json:
        print_json(_as_json(planned, done, applied=options.apply))
    else:
        _show_plan(planned, applied=options.apply)
        _show_heaps(planned, done if convert else None)
    return EXIT_FAILED if done is not None and (done.left or done.heaps) else EXIT_OK


def move_archives(options: argparse.Namespace) -> int:
    """``refdata move-archives``: shows the moves unless ``--apply``; 1 when a file stays that should move."""
    from refdata import wiring
    from refdata.ingest import relocate

    deps = wiring.connect()
    deps.warehouse.initialise()
    planned = relocate.plan(deps)
    results = tuple((one, one.why) for one in planned)
    if options.apply:
        results = relocate.carry_out(deps, planned, getpass.getuser())
    if options.json:
        files = [{"path": str(one.path), "target": one.target and str(one.target), "left": left}
                 for one, left in results]  # fmt: skip
        print_json({"applied": options.apply, "files": files})
    else:
        _show_moves(results, applied=options.apply)
    return EXIT_FAILED if any(left for _, left in results) else EXIT_OK


def _show_moves(results: Sequence[tuple[Relocation, str]], *, applied: bool) -> None:
    grid = Grid("File", "To", "Why it stays")
    for one, left in results:
        grid.add_row(escape(str(one.path)), escape(str(one.target or "")), escape(left))
    if grid.row_count:
        console().print(grid)
    count = sum(1 for _, left in results if not left)
    what = "moved" if applied else "to move; `refdata move-archives --apply` moves them"
    console().print(f"{count} files {what}." if results else "No old archives, or nothing in them.")


def _as_json(planned: Plan, done: Done | None, *, applied: bool) -> dict[str, object]:
    from refdata.ingest.maintenance import in_total

    return {
        "applied": applied,
        "total": in_total(planned.deletions),
        "deletions": [asdict(one) for one in planned.deletions],
        "repairs": [{"kind": one.kind, "where": one.where, "what": one.what} for one in planned.findings],
        "left": [{"where": one.where, "why": why} for one, why in (done.left if done else ())],
        "heaps": [
            {
                "table": str(heap.table),
                "rows": heap.rows,
                "pages": heap.pages,
                "converted": done is not None and heap in done.converted,
                "why": next((why for one, why in (done.heaps if done else ()) if one is heap), ""),
            }
            for heap in planned.heaps
        ],
    }


def _show_heaps(planned: Plan, done: Done | None) -> None:
    """The tables without a clustered index, and what became of them.

    :param done: None where they were not to be converted.
    """
    if not planned.heaps:
        return
    left = {str(heap.table): why for heap, why in done.heaps} if done else {}
    grid = Grid("Heap", "Rows", "Pages", "")
    for heap in planned.heaps:
        outcome = f"stays: {left[str(heap.table)]}" if str(heap.table) in left else "converted" if done else ""
        grid.add_row(escape(str(heap.table)), f"{heap.rows:,}", f"{heap.pages:,}", escape(outcome))
    console().print(grid)
    if done is None:
        console().print("They only grow; `refdata maintenance --apply --convert-heaps` gives them a clustered index.")


def _show_plan(planned: Plan, *, applied: bool) -> None:
    grid = Grid("Kind", "What", "Why", "Bytes")
    for one in planned.deletions:
        grid.add_row(
            one.kind,
            escape(f"{one.folder}/{one.subject}" if one.folder else one.subject),
            one.why,
            f"{one.size:,}" if one.size else "",
        )
    for finding in planned.findings:
        grid.add_row(finding.kind, escape(finding.where), escape(f"{finding.what}: {finding.remedy}"), "")
    if grid.row_count:
        console().print(grid)
    count = len(planned.deletions) + len(planned.findings)
    outcome = "was done" if applied else "would be done; `refdata maintenance --apply` does it"
    console().print(f"{count} actions: this {outcome}." if count else "Nothing is due.")


def _show_checks(checks: Sequence[Check]) -> None:
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    grid = Grid("Check", "State", "Figure", "What", "What to do")
    for check in checks:
        state = f"[{colours[check.state]}]{check.state}[/]"
        grid.add_row(escape(check.name), state, *map(escape, (check.figure, check.message, check.advice)))
    console().print(grid)
