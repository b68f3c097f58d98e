"""``refdata doctor``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Subcommands, add_command, console, print_json

if TYPE_CHECKING:
    from refdata.ingest.reconcile import Defect


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    checked = add_command(commands, "doctor", doctor)
    checked.add_argument("--repair", action="store_true", help="repair every finding that has only one possible repair")


def doctor(options: argparse.Namespace) -> int:
    """``refdata doctor``: 0 when nothing is wrong, or everything is repaired."""
    from refdata import wiring
    from refdata.ingest import reconcile

    deps = wiring.connect()
    deps.warehouse.initialise()
    defects = reconcile.find_defects(deps, wiring.run_state)
    results = reconcile.repair(defects) if options.repair else tuple((one, "not repaired") for one in defects)
    _show_findings(options, results)
    return EXIT_FAILED if any(left for _, left in results) else EXIT_OK


def _show_findings(options: argparse.Namespace, results: Sequence[tuple[Defect, str]]) -> None:
    rows = [
        {"kind": one.kind, "load_id": one.load_id, "where": one.where, "what": one.what, "remedy": one.remedy,
         "repaired": not left, "left": left}
        for one, left in results
    ]  # fmt: skip
    if options.json:
        print_json(rows)
        return
    if not rows:
        console().print("Nothing is wrong: ledger, tables and folders agree.")
        return
    grid = Grid("Kind", "Load", "Where", "What", "Remedy", "Repaired")
    for row in rows:
        repaired = "yes" if row["repaired"] else f"no: {row['left']}"
        grid.add_row(*(escape(str(row[name])) for name in ("kind", "load_id", "where", "what", "remedy")), repaired)
    console().print(grid)
